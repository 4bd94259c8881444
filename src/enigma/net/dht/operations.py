"""What a node asks the others: generators, driven as `enigma.net.dht.searching` says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from enigma.errors import ArgumentProblem, NobodyAnswered, RecordRefused
from enigma.net.dht import messages
from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.messages import Answer
from enigma.net.dht.node import DhtNode
from enigma.net.dht.records import Kind, Record
from enigma.net.dht.searching import XOR, Found, Operation, ask_all, search


@dataclass(frozen=True, slots=True)
class Stored:
    """Who holds a record now, and why others refused it. `here`: whether this node is one of the holders."""

    nodes: tuple[NodeId, ...]
    here: bool
    refused: tuple[str, ...]


def lookup(node: DhtNode, key: Key) -> Operation[Found]:
    """The nodes nearest to a key. All that are asked learn the key, and that this node asked for it."""
    return search(node, key, messages.find(key), lambda _peer, _answer: False)


def get(node: DhtNode, key: Key) -> Operation[Record | None]:
    """The record at a key, checked; None where the nearest nodes were asked and none has it.

    The first content that fits its key ends the search; of an owned record all the nearest are asked, and the highest
    sequence number holds, so that one node with an old record deceives nobody. Raises NobodyAnswered, also where the
    time was up before all had been asked.
    """
    found = node.shelf.find(key, node.clock())
    if found is not None and not found.owner:
        return found

    def take(_peer: NodeId, answer: Answer) -> bool:
        nonlocal found
        if answer.record is not None:
            _check(node, key, answer.record)
            if found is None or answer.record.rank > found.rank:
                found = answer.record
        return found is not None and not found.owner

    ended = yield from search(node, key, messages.get(key), take)
    if found is not None and not found.owner:
        return found
    if not ended.nodes or not ended.complete:
        raise _nobody(key)
    return found


def get_from(node: DhtNode, key: Key, holders: Sequence[NodeId]) -> Operation[Record | None]:
    """The record at a key from nodes that are known to hold it, such as a placement's; the highest one, checked.

    None where they answered and none has it, or none lets this node have it. Raises NobodyAnswered.
    """
    found = node.shelf.find(key, node.clock()) if node.own in holders else None
    answered = found is not None

    def take(_peer: NodeId, answer: Answer) -> None:
        nonlocal found, answered
        if answer.record is not None:
            _check(node, key, answer.record)
            if found is None or answer.record.rank > found.rank:
                found = answer.record
        answered = True

    yield from ask_all(node, [holder for holder in holders if holder != node.own], messages.get(key), take)
    if not answered:
        raise _nobody(key)
    return found


def put(node: DhtNode, record: Record) -> Operation[Stored]:
    """Hold a record on the nodes nearest to its key, this one among them if it is.

    Raises ArgumentProblem for a share (it would lie on nodes that must not hold two of them: `put_at`), RecordRefused
    where everybody who answered refused it, NobodyAnswered.
    """
    if record.kind is Kind.SHARE:
        raise ArgumentProblem("a share lies on the nodes where it is placed, not on those near its key: use put_at")
    record.check(node.clock(), node.settings.longest)
    found = yield from lookup(node, record.key)
    return (yield from put_at(node, record, _holders(node, found, record.key)))


def put_at(node: DhtNode, record: Record, holders: Sequence[NodeId]) -> Operation[Stored]:
    """Hold a record on exactly these nodes. Raises RecordRefused and NobodyAnswered as `put` does."""
    refused: list[str] = []
    stored: list[NodeId] = []
    here = node.own in holders
    if here:
        try:
            node.shelf.offer(record, node.own, node.clock())
        except RecordRefused as problem:
            here = False
            refused.append(problem.message)

    def take(peer: NodeId, answer: Answer) -> None:
        if answer.refused:
            refused.append(answer.refused)
        else:
            stored.append(peer)

    yield from ask_all(node, [holder for holder in holders if holder != node.own], messages.put(record), take)
    if not stored and not here:
        if refused:
            raise RecordRefused(f"no node took the record {record.key.hex()[:16]}: {refused[0]}")
        raise _nobody(record.key)
    return Stored(tuple(stored), here, tuple(refused))


def provide(node: DhtNode, key: Key, expires: int) -> Operation[int]:
    """Announce, near a key, that this node has what it stands for; on how many nodes. To be repeated every hour.

    Raises RecordRefused, NobodyAnswered.
    """
    found = yield from lookup(node, key)
    refused: list[str] = []
    taken: list[NodeId] = []

    def take(peer: NodeId, answer: Answer) -> None:
        if answer.refused:
            refused.append(answer.refused)
        else:
            taken.append(peer)

    nearest = found.nodes[: node.settings.replicas]
    yield from ask_all(node, nearest, messages.provide(key, expires), take)
    if not taken and refused:
        raise RecordRefused(f"no node took the announcement for {key.hex()[:16]}: {refused[0]}")
    if not taken:
        raise _nobody(key)
    return len(taken)


def providers(node: DhtNode, key: Key) -> Operation[tuple[NodeId, ...]]:
    """Who says that it has what a key stands for; admitted nodes only, most often named first.

    Nodes near the key may name whom they like: what a provider streams has to be checked. Raises NobodyAnswered.
    """
    named = dict.fromkeys(node.providers.of(key, node.clock()), 1)

    def take(_peer: NodeId, answer: Answer) -> bool:
        for provider in answer.providers[: node.settings.providers_of_key]:
            if node.admitted(provider):
                named[provider] = named.get(provider, 0) + 1
        return False

    ended = yield from search(node, key, messages.providers(key), take)
    if not named and not (ended.nodes and ended.complete):
        raise _nobody(key)
    return tuple(sorted(named, key=lambda provider: (-named[provider], provider)))


def join(node: DhtNode, seeds: Iterable[NodeId]) -> Operation[int]:
    """Become known: look up the own id by way of some registered nodes, then refresh the buckets; contacts then known.

    `seeds` come from the chain, or from before a restart (`saved_contacts`). Raises NobodyAnswered.
    """
    found = yield from search(node, node.own, messages.find(node.own), lambda _peer, _answer: False, seeds=seeds)
    if not found.nodes:
        raise _nobody(node.own)
    node.neighbourhood_at = node.clock()
    for bucket in node.table.stale(node.clock()):
        yield from lookup(node, node.table.key_in(bucket, node.randomness))
    node.save_contacts()
    return len(node.table)


def maintain(node: DhtNode, seeds: Iterable[NodeId] = ()) -> Operation[int]:
    """What a node does every few minutes: expire, drop who is admitted no longer, refresh, republish; keys republished.

    `seeds`: some registered nodes, by chance, asked along with the contacts: so the halves of a network that was cut
    find each other again, and a node that has lost all its contacts joins anew.
    """
    now = node.clock()
    node.table.prune()
    node.shelf.expire(now)
    node.providers.expire(now)
    if node.neighbourhood_at <= now - node.settings.refresh or not len(node.table):
        yield from search(node, node.own, messages.find(node.own), lambda _peer, _answer: False, seeds=seeds)
        node.neighbourhood_at = now
    for bucket in node.table.stale(now - node.settings.refresh)[:1]:
        yield from lookup(node, node.table.key_in(bucket, node.randomness))
    republished = 0
    for key in node.shelf.due(now - node.settings.republish):
        republished += yield from republish(node, key)
    node.save_contacts()
    return republished


def republish(node: DhtNode, key: Key) -> Operation[int]:
    """Send a held record to the nodes nearest to its key now, and let go of it when enough nearer ones hold it.

    1 where somebody took it, else 0: it stays here, and is sent again at the next maintenance. A share is never sent.
    """
    record = node.shelf.find(key, node.clock())
    if record is None or record.kind is Kind.SHARE:
        return 0
    found = yield from lookup(node, key)
    nearest = _holders(node, found, key)
    stored: list[NodeId] = []
    refused: list[NodeId] = []

    def take(peer: NodeId, answer: Answer) -> None:
        (refused if answer.refused else stored).append(peer)

    yield from ask_all(node, [each for each in nearest if each != node.own], messages.put(record), take)
    if stored:
        node.shelf.touch(key, node.clock())
    if refused and record.owner:
        # Perhaps because they have a newer one: then this node has missed it.
        try:
            newer = yield from get(node, key)
        except NobodyAnswered:
            newer = None  # the next maintenance asks again
        if newer is not None and newer.rank > record.rank:
            _replace(node, newer)
    if node.own not in nearest and len(stored) >= node.settings.replicas:
        node.shelf.drop(key)
    return 1 if stored else 0


def _replace(node: DhtNode, newer: Record) -> None:
    """Hold a newer record in the place of the one held here; let go of both where the newer may not lie here."""
    try:
        node.shelf.offer(newer, node.own, node.clock())
    except RecordRefused:
        node.shelf.drop(newer.key)


def _check(node: DhtNode, key: Key, record: Record) -> None:
    """Goes on only with a record that is what its key promises. Raises RecordRefused."""
    if record.key != key:
        raise RecordRefused(f"a record of another key than {key.hex()[:16]}")
    record.check(node.clock(), node.settings.longest)


def _holders(node: DhtNode, found: Found, key: Key) -> list[NodeId]:
    """The nodes that should hold a record, by what a lookup found; this one may be among them."""
    near = sorted((*found.nodes, node.own), key=lambda each: XOR.distance(each, key))
    return near[: node.settings.replicas]


def _nobody(key: Key) -> NobodyAnswered:
    return NobodyAnswered(
        f"no node near {key.hex()[:16]} answered in time", hint="Is this node connected, and are other nodes logged in?"
    )
