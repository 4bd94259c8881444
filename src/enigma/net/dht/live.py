"""The DHT over real channels: operations driven by threads, a deadline for every call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Protocol, Self, TypeVar

from enigma.errors import NetworkError, WireError
from enigma.net.dht import operations
from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.node import DhtNode
from enigma.net.dht.operations import Stored
from enigma.net.dht.records import Record
from enigma.net.dht.searching import Call, Found, Operation, Reply
from enigma.wire.codec import Tree

T = TypeVar("T")


class Transport(Protocol):
    """A way to other nodes. Called on several threads at once."""

    def call(self, node: NodeId, method: str, fields: Tree, deadline: float) -> Tree:
        """The answer of a node, within `deadline` seconds. Raises NetworkError or WireError."""


class Dht:
    """A running node of the DHT; may be used by several threads. `threads`: calls in flight at once, of all operations.

    The caller serves what comes in with `node.serve`, and calls `maintain` every few minutes.
    """

    def __init__(self, node: DhtNode, transport: Transport, *, threads: int = 16) -> None:
        self.node = node
        self._transport = transport
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="dht")

    def join(self, seeds: Iterable[NodeId]) -> int:
        """Become known by way of some registered nodes, and of those known before a restart; contacts then known."""
        return self._run(operations.join(self.node, [*self.node.saved_contacts(), *seeds]))

    def maintain(self, seeds: Iterable[NodeId]) -> int:
        """Expire, refresh, republish; how many records were sent. `seeds`: a few registered nodes, drawn at random."""
        return self._run(operations.maintain(self.node, seeds))

    def lookup(self, key: Key) -> Found:
        """The nodes nearest to a key."""
        return self._run(operations.lookup(self.node, key))

    def get(self, key: Key) -> Record | None:
        """The record at a key, checked; None where there is none. Raises NobodyAnswered."""
        return self._run(operations.get(self.node, key))

    def put(self, record: Record) -> Stored:
        """Hold a record on the nodes nearest to its key. Raises ArgumentProblem, RecordRefused, NobodyAnswered."""
        return self._run(operations.put(self.node, record))

    def get_from(self, key: Key, holders: Sequence[NodeId]) -> Record | None:
        """The record at a key, from nodes where it was placed. Raises NobodyAnswered."""
        return self._run(operations.get_from(self.node, key, holders))

    def put_at(self, record: Record, holders: Sequence[NodeId]) -> Stored:
        """Hold a record on exactly these nodes. Raises RecordRefused, NobodyAnswered."""
        return self._run(operations.put_at(self.node, record, holders))

    def provide(self, key: Key, expires: int) -> int:
        """Announce that this node has what a key stands for; on how many nodes.

        Raises RecordRefused, NobodyAnswered.
        """
        return self._run(operations.provide(self.node, key, expires))

    def providers(self, key: Key) -> tuple[NodeId, ...]:
        """Who says that it has what a key stands for. Raises NobodyAnswered."""
        return self._run(operations.providers(self.node, key))

    def close(self) -> None:
        """Wait for the calls in flight, each of which has its deadline; nothing can be asked afterwards."""
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, operation: Operation[T]) -> T:
        """Drive an operation to its end on this thread; what is still in flight then is answered to nobody."""
        replies: SimpleQueue[tuple[Call, Future[Tree]]] = SimpleQueue()
        try:
            calls = next(operation)
            while True:
                for call in calls:
                    future = self._pool.submit(self._ask, call)
                    future.add_done_callback(_noted(replies, call))
                # No deadline here: every call has one, and every call ends in this queue.
                call, asked = replies.get()
                calls = operation.send(Reply(call, _answer(asked)))
        except StopIteration as ended:
            result: T = ended.value
            return result

    def _ask(self, call: Call) -> Tree:
        deadline = self.node.settings.call_deadline
        return self._transport.call(call.node, call.request.method, call.request.fields, deadline)


def _noted(replies: SimpleQueue[tuple[Call, Future[Tree]]], call: Call) -> Callable[[Future[Tree]], None]:
    return lambda future: replies.put((call, future))


def _answer(asked: Future[Tree]) -> Tree | None:
    """The answer, or None where the way or the node failed. Any other error is a defect, and is raised."""
    try:
        return asked.result()
    except (NetworkError, WireError):
        return None
