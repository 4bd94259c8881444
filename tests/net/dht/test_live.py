"""The same operations on real threads: over calls in this process, and over TLS between nodes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.net.dht.simulation import Shelves

from enigma.errors import AccessRefused, NetworkError, NobodyAnswered, PeerSilent, WireError
from enigma.keys.node import NodeKey
from enigma.net import PEERS, AddressBook, Endpoint, Gate, Listener, PeerClient, PeerServer
from enigma.net.dht import DhtNode, Kind, NodeId, Record, Settings, content, node_id, signed
from enigma.net.dht.carrier import PeersTransport, serving
from enigma.net.dht.live import Dht, Transport
from enigma.net.dht.messages import LIMITS, answer
from enigma.net.dht.shelf import RECORDS
from enigma.wire.codec import Tree, encode

OWNER = NodeKey.from_private_bytes(bytes(range(32)))
SETTINGS = Settings(bucket_size=8, replicas=6, call_deadline=20.0)


class Direct:
    """Calls within this process; `hooks` stand in for a node's answers."""

    def __init__(self) -> None:
        self.nodes: dict[NodeId, DhtNode] = {}
        self.hooks: dict[NodeId, Callable[[], Tree]] = {}

    def to(self, caller: NodeId) -> Transport:
        world = self

        class Line:
            def call(self, node: NodeId, method: str, fields: Tree, deadline: float) -> Tree:
                if node in world.hooks:
                    return world.hooks[node]()
                answered = world.nodes[node].serve(caller, method, fields)
                assert len(encode(answered)) <= LIMITS[method]
                return answered

        return Line()


def made(own: NodeId, registered: list[NodeId], store: Shelves | None = None) -> DhtNode:
    return DhtNode(
        own,
        admitted=registered.__contains__,
        lease=lambda record: record.expires,
        store=store or Shelves(),
        clock=time.time,
        randomness=random.Random(own).randbytes,
        settings=SETTINGS,
    )


@pytest.fixture
def world() -> Iterator[tuple[Direct, list[Dht]]]:
    direct = Direct()
    registered = [node_id(number.to_bytes(20, "big"), b"h" * 32) for number in range(30)]
    direct.nodes = {own: made(own, registered) for own in registered}
    with ExitStack() as stack:
        running = [stack.enter_context(Dht(node, direct.to(own))) for own, node in direct.nodes.items()]
        for number, dht in enumerate(running[1:], start=1):
            assert dht.join(registered[max(0, number - 3) : number]) > 0
        yield direct, running


def a_record(number: int = 0) -> Record:
    return signed(OWNER, Kind.PUBLIC, b"%d" % number, b"v%d" % number, sequence=1, expires=int(time.time()) + 9999)


def test_many_threads_put_and_get(world: tuple[Direct, list[Dht]]) -> None:
    _, running = world
    records = [a_record(number) for number in range(24)]
    problems: list[Exception] = []

    def work(part: int) -> None:
        try:
            for number in range(part, 24, 6):
                assert len(running[part].put(records[number]).nodes) >= 5
                assert running[part + 10].get(records[number].key) == records[number]
                assert running[part + 10].maintain([]) == 0
        except Exception as problem:  # noqa: BLE001 - shown below, on the thread that can fail the test
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert running[29].get(b"k" * 32) is None
    key = b"p" * 32
    assert running[3].provide(key, int(time.time()) + 999) >= 5
    assert running[4].providers(key) == (running[3].node.own,)
    share = signed(OWNER, Kind.SHARE, b"s", b"noise", sequence=1, expires=int(time.time()) + 999)
    holder = running[7].node.own
    assert running[3].put_at(share, [holder]).nodes == (holder,)
    assert running[3].get_from(share.key, [holder]) is None  # by default a share is given to nobody
    assert len(running[5].lookup(key).nodes) == 8


def test_nodes_that_fail_are_worked_around_and_defects_are_not_hidden(world: tuple[Direct, list[Dht]]) -> None:
    direct, running = world
    record = a_record()
    running[0].put(record)

    def silent() -> Tree:
        raise PeerSilent("some node", "an answer", 5.0)

    direct.hooks = dict.fromkeys(list(direct.nodes)[1:15], silent)
    assert running[0].get(record.key) == record
    direct.hooks = dict.fromkeys(direct.nodes, silent)
    with pytest.raises(NobodyAnswered):
        running[0].get(b"k" * 32)

    def broken() -> Tree:
        raise ZeroDivisionError

    direct.hooks = dict.fromkeys(direct.nodes, broken)
    with pytest.raises(ZeroDivisionError):
        running[20].lookup(b"k" * 32)


def test_an_operation_does_not_wait_for_calls_that_no_longer_matter(world: tuple[Direct, list[Dht]]) -> None:
    direct, running = world
    record = content(b"found at once", expires=int(time.time()) + 999)
    caller = running[0]
    release = threading.Event()

    def slow() -> Tree:
        release.wait()
        return answer()

    first, *_ = caller.node.table.closest(record.key, 20)
    direct.hooks = {node: slow for node in direct.nodes if node != first}
    direct.nodes[first].shelf.offer(record, first, time.time())
    try:
        assert caller.get(record.key) == record
    finally:
        release.set()


# ---------------------------------------------------------------- over TLS


class Networked:
    """A node of the DHT with a port of its own."""

    def __init__(self, stack: ExitStack, seed: int) -> None:
        self.key = NodeKey.from_private_bytes(bytes([seed]) * 32)
        self.own = node_id(bytes([seed]) * 20, b"h" * 32)
        self.book = AddressBook()
        self.gate = stack.enter_context(Gate(stack.enter_context(Listener())))
        self.store = Shelves()

    def start(self, stack: ExitStack, chain: dict[NodeId, bytes]) -> None:
        by_key = {fingerprint: own for own, fingerprint in chain.items()}
        self.node = made(self.own, list(chain), self.store)
        self.server = PeerServer(
            self.gate.open(PEERS), self.key, self.book, serving(self.node, by_key.get), limits=LIMITS
        )
        stack.callback(self.server.close)
        self.client = stack.enter_context(PeerClient(self.key, self.book, limits=LIMITS))
        self.dht = stack.enter_context(Dht(self.node, PeersTransport(self.client, chain.get)))


@pytest.mark.processes
def test_nodes_over_tls() -> None:
    with ExitStack() as stack:
        nodes = [Networked(stack, seed) for seed in range(1, 6)]
        for one in nodes:
            for other in nodes:
                if other is not one:
                    one.book.keep(Endpoint(*other.gate.address), other.key.fingerprint, other.key.certificate_pem())
        chain = {each.own: each.key.fingerprint for each in nodes}
        for each in nodes:
            each.start(stack, chain)
        for each in nodes[1:]:
            assert each.dht.join([nodes[0].own]) > 0
        largest = content(bytes(1 << 16), expires=int(time.time()) + 9999)
        assert len(nodes[1].dht.put(largest).nodes) == 4
        assert nodes[3].dht.get(largest.key) == largest
        with pytest.raises(NetworkError, match="not registered"):
            PeersTransport(nodes[0].client, lambda node: None).call(nodes[1].own, "dht.find", {"key": b"k" * 32}, 20.0)
        unregistered = dict(list(chain.items())[1:])
        with pytest.raises(NetworkError, match="not registered"):
            serving(nodes[1].node, {v: k for k, v in unregistered.items()}.get)(
                nodes[0].key.fingerprint, "dht.find", {"key": b"k" * 32}
            )
        with pytest.raises(WireError, match="no such method"):
            nodes[0].client.call(nodes[1].key.fingerprint, "dht.dance", {}, deadline=20.0)
        again = made(nodes[2].own, list(chain), nodes[2].store)
        assert again.shelf.find(largest.key, time.time()) == largest
        assert nodes[2].store.keys(RECORDS) == [largest.key]


def test_an_error_that_a_peer_chose_is_only_ever_no_answer() -> None:
    class Choosing:
        def call(self, *_: object, **__: object) -> Tree:
            raise AccessRefused("a peer may say this; it must not end the caller's operation")

    transport = PeersTransport(Choosing(), lambda node: b"f" * 32)  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="refused"):
        transport.call(b"n" * 32, "dht.find", {"key": b"k" * 32}, 1.0)
