"""How operations ask: generators that yield calls and are resumed with replies, one at a time.

A driver sends the calls that an operation yields (all at once, they do not wait for each other), and resumes it with
each reply as it comes, a failed one too: every call ends within its own deadline, so an operation never waits for
nothing. `enigma.net.dht.live` drives them over channels; a test drives a thousand nodes with a clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from enigma.errors import RecordRefused, WireError
from enigma.net.dht import messages
from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.lookup import Lookup
from enigma.net.dht.messages import Answer, Request
from enigma.net.dht.metric import Xor
from enigma.net.dht.node import DhtNode
from enigma.wire.codec import Tree

T = TypeVar("T")

XOR = Xor()  # what finds: routing tables are made for it


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A request to send; each is itself, also when the same node is asked the same again."""

    node: NodeId
    request: Request


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call: the answer's tree, or None where there was none in time.

    A search that ends early leaves calls behind; their replies still come, to whatever the operation does next.
    """

    call: Call
    answer: Tree | None


Operation: TypeAlias = Generator[list[Call], Reply, T]


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a lookup: the nearest nodes that answered, nearest first; the hops to the first; the nodes asked.

    `strangers`: ids that were named and are not admitted. `complete`: False where the time was up, or what was sought
    was found, before all the nearest had answered.
    """

    nodes: tuple[NodeId, ...]
    hops: int
    asked: int
    strangers: int
    complete: bool


def search(
    node: DhtNode, key: Key, request: Request, take: Callable[[NodeId, Answer], bool], *, seeds: Iterable[NodeId] = ()
) -> Operation[Found]:
    """A lookup that sends `request` on its way. `take` sees every answer, and ends the search by returning True."""
    settings = node.settings
    ends = node.clock() + settings.operation_deadline
    start = [*node.table.closest(key, settings.bucket_size * settings.paths), *seeds]
    walk = Lookup(
        key,
        start,
        own=node.own,
        admitted=node.admitted,
        metric=XOR,
        width=settings.bucket_size,
        alpha=settings.alpha,
        paths=settings.paths,
    )
    node.table.looked_up(key, node.clock())
    done = False
    calls = [Call(peer, request) for peer in walk.next()]
    waiting = set(calls)
    while waiting and not done and node.clock() < ends:
        reply = yield calls
        calls = []
        peer, answer = reply.call.node, _read(node, reply)
        if reply.call not in waiting:
            continue  # of an earlier search
        waiting.discard(reply.call)
        try:
            done = answer is not None and take(peer, answer)
        except RecordRefused:
            answer = None
            node.table.failed(peer)
        if answer is None:
            walk.failed(peer)
        else:
            node.table.heard(peer)
            walk.answered(peer, answer.nodes)
        calls = [Call(each, request) for each in walk.next()]
        waiting.update(calls)
    nearest = tuple(walk.closest(settings.bucket_size))
    return Found(nearest, walk.hops, walk.asked, walk.strangers, complete=not waiting and not done)


def ask_all(
    node: DhtNode, peers: Sequence[NodeId], request: Request, take: Callable[[NodeId, Answer], None]
) -> Operation[None]:
    """The same request to several nodes at once; `take` sees the answers."""
    calls = [Call(peer, request) for peer in peers if node.admitted(peer)]
    waiting = set(calls)
    while waiting:
        reply = yield calls
        calls = []
        peer, answer = reply.call.node, _read(node, reply)
        if reply.call not in waiting:
            continue  # of an earlier search
        waiting.discard(reply.call)
        try:
            if answer is not None:
                take(peer, answer)
                node.table.heard(peer)
        except RecordRefused:
            node.table.failed(peer)


def _read(node: DhtNode, reply: Reply) -> Answer | None:
    """The answer of a reply; None, and noted against the node, where there is none or it does not decode."""
    try:
        if reply.answer is not None:
            return messages.read_answer(reply.answer)
    except WireError:
        pass  # counts as no answer, just below
    node.table.failed(reply.call.node)
    return None
