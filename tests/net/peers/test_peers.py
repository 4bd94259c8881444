"""Calls between nodes: answered once, in time or with an error that names peer and step, many at once."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.net.peers.nodes import Node, pair
from tests.net.states import until

from enigma.errors import (
    AccessRefused,
    ArgumentProblem,
    ChainProblem,
    ChainUnreachable,
    NetworkError,
    PeerLost,
    PeerSilent,
    SeatSilent,
    WireError,
)
from enigma.net import Endpoint, Listener, PeerClient, PeerServer
from enigma.net.peers import calls
from enigma.net.peers.line import Line, Wait
from enigma.wire.codec import Tree


class Two:
    """Node `server` serves node `client`."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack = stack
        self.called, self.caller = pair(stack)
        self.server: PeerServer = self.called.serve()
        self.client: PeerClient = self.caller.client()
        self.peer = self.called.fingerprint
        self.handlers = self.called.handlers

    def call(self, method: str, tree: Tree = None, **options: float) -> Tree:
        return self.client.call(self.peer, method, tree, **options)  # type: ignore[arg-type]


@pytest.fixture
def two() -> Iterator[Two]:
    with contextlib.ExitStack() as stack:
        yield Two(stack)


@pytest.mark.parametrize("tree", [None, 0, -(1 << 70), "text", b"", [], {"a": [True, {"b": b"\0" * 70_000}]}])
def test_a_call_is_answered(two: Two, tree: Tree) -> None:
    assert two.call("echo", tree) == tree
    assert two.call("who") == two.caller.fingerprint, "the server knows who calls"


def test_connections_are_kept(two: Two) -> None:
    for number in range(20):
        assert two.call("echo", number) == number
    assert two.called.gate.counts.admitted == 1


def test_errors_arrive_as_what_they_are(two: Two) -> None:
    with pytest.raises(AccessRefused, match=rf"node {two.peer.hex()[:16]} \(127.*answered: nobody may fly") as caught:
        two.call("fly")
    assert caught.value.__cause__ is None
    two.handlers.errors = {
        "chain": ChainUnreachable("no answer from https://user:SECRET@rpc"),
        "seat": SeatSilent(2, "compare", 1.0),
        "defect": ZeroDivisionError("SECRET"),
    }
    with pytest.raises(ChainProblem, match="its own log says why") as told:
        two.call("chain")
    assert "SECRET" not in str(told.value)
    with pytest.raises(NetworkError, match="waiting for seat 2"):
        two.call("seat")
    with pytest.raises(NetworkError, match="a defect of the node") as told_defect:
        two.call("defect")
    assert "SECRET" not in str(told_defect.value)
    assert [type(defect) for defect in two.called.defects] == [ZeroDivisionError]
    assert two.call("echo", 1) == 1
    assert two.called.gate.counts.admitted == 1, "errors of handlers keep the connection"


def test_requests_and_answers_are_capped(two: Two) -> None:
    with pytest.raises(ArgumentProblem, match=r"the request of echo has .* at most 1048576"):
        two.call("echo", bytes(1 << 20))
    assert two.handlers.calls == [], "it did not leave this node"
    with pytest.raises(ArgumentProblem, match=r"the answer to long has .* at most 1048576"):
        two.call("long", 1 << 20)
    assert len(two.call("long", (1 << 20) - 100)) == (1 << 20) - 100  # type: ignore[arg-type]


def test_a_method_may_be_allowed_more() -> None:
    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        called.serve(limits={"echo": 9 << 20})
        big = bytes(range(256)) * (32 << 10)
        assert caller.client(limits={"echo": 9 << 20}).call(called.fingerprint, "echo", big) == big


def test_a_server_allows_less_than_its_caller() -> None:
    """The caller hears why, although it is still sending."""
    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        called.serve(limits={"echo": 1000})
        client = caller.client(limits={"echo": 64 << 20})
        with pytest.raises(WireError, match=r"answered: .*announces .* where 1000 may come \(the request of echo\)"):
            client.call(called.fingerprint, "echo", bytes(32 << 20))
        assert called.handlers.calls == []
        assert client.call(called.fingerprint, "echo", 1) == 1


def test_an_answer_longer_than_the_caller_allows_is_not_read() -> None:
    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        called.serve()
        with pytest.raises(WireError, match=r"announces .* where 1000 may come \(the answer to long\)"):
            caller.client(limits={"long": 1000}).call(called.fingerprint, "long", 5000)


def test_what_has_no_encoding_is_not_sent(two: Two) -> None:
    with pytest.raises(WireError, match="cannot encode"):
        two.call("echo", 1.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentProblem, match="a method has a name"):
        two.call("")


def test_a_silent_peer_is_named_with_the_step(two: Two) -> None:
    two.call("echo", 1)
    with pytest.raises(PeerSilent, match=rf"{two.peer.hex()[:16]} \(127.0.0.1, port .*the answer to wait") as caught:
        two.call("wait", deadline=0.1)
    assert caught.value.step == "the answer to wait"
    two.handlers.open.set()
    assert two.call("echo", 1) == 1
    assert two.called.gate.counts.admitted == 2, "a connection out of step is not used again"


def test_a_peer_that_does_not_even_greet_is_named(two: Two) -> None:
    with Listener() as listener:
        two.caller.knows(two.called, Endpoint(*listener.address))
        with pytest.raises(PeerSilent, match="connecting, to call echo"):
            two.call("echo", deadline=0.1)
    with pytest.raises(PeerLost, match=r"connecting, to call echo(?s:.*)cannot be reached"):
        two.call("echo")


def test_a_node_without_that_room_is_named(two: Two) -> None:
    two.server.close()
    until(lambda: two.called.gate.rooms == frozenset(), "the room is closed")
    with pytest.raises(PeerLost, match="connecting, to call echo"):
        two.call("echo")


def test_waiting_for_a_free_connection_has_a_deadline(two: Two) -> None:
    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(two.call, "wait", number) for number in range(4)]
        for _ in busy:
            two.handlers.waiting.acquire()
        with pytest.raises(PeerSilent, match="connecting, to call echo"):
            two.call("echo", deadline=0.1)
        two.handlers.open.set()
        assert [call.result() for call in busy] == list(range(4))
    assert two.server.connected == {two.caller.fingerprint: 4}


def test_many_calls_at_once_get_their_own_answers() -> None:
    """Three nodes call each other from four threads each."""
    with contextlib.ExitStack() as stack:
        nodes = [Node(stack) for _ in range(3)]
        for node in nodes:
            node.serve(threads=4, threads_per_peer=2)
            for other in nodes:
                if other is not node:
                    node.knows(other)
        clients = [node.client() for node in nodes]

        def work(number: int, thread: int) -> int:
            for count in range(30):
                for other in nodes:
                    if other is not nodes[number]:
                        words: Tree = {"from": number, "thread": thread, "count": count, "bulk": bytes(count * 100)}
                        answer = clients[number].call(other.fingerprint, "echo", words, repeatable=count % 2 == 0)
                        assert answer == words
            return 60

        with ThreadPoolExecutor(12) as pool:
            made = [pool.submit(work, number, thread) for number in range(3) for thread in range(4)]
            assert sum(done.result() for done in made) == 720
        assert sum(len(node.handlers.calls) for node in nodes) == 720
        assert all(node.defects == [] for node in nodes)


def test_no_peer_gets_more_than_its_share_of_threads() -> None:
    """Two callers want everything; a third is served all the same."""
    with contextlib.ExitStack() as stack:
        called, *callers = [Node(stack) for _ in range(4)]
        called.serve(threads=5, threads_per_peer=2)
        for caller in callers:
            caller.knows(called)
            called.knows(caller)
        greedy = [callers[0].client(lines=8), callers[1].client(lines=8)]
        pool = stack.enter_context(ThreadPoolExecutor(16))
        busy = [pool.submit(client.call, called.fingerprint, "wait", n) for client in greedy for n in range(8)]
        for _ in range(4):
            called.handlers.waiting.acquire()
        assert callers[2].client().call(called.fingerprint, "echo", 1) == 1
        assert called.handlers.running == 4
        called.handlers.open.set()
        assert [call.result() for call in busy] == [*range(8)] * 2
        assert called.handlers.most_running <= 5


# ------------------------------------------------ connections that die


class Wire:
    """Stands between a caller and a called node; `cut` ends all connections, `deaf` drops what the called one says."""

    def __init__(self, stack: contextlib.ExitStack, to: tuple[str, int]) -> None:
        self.to = to
        self.listener = stack.enter_context(Listener())
        self.listener.listening.setblocking(True)
        self.ends: list[socket.socket] = []
        self.deaf = threading.Event()
        self.dropped = threading.Event()
        stack.callback(self.cut)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(*self.listener.address)

    def cut(self) -> None:
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        poll = select.poll()
        poll.register(self.listener.listening, select.POLLIN)
        with contextlib.suppress(OSError, NetworkError):
            while True:
                near, _ = self.listener.listening.accept()
                far = socket.create_connection(self.to)
                self.ends += [near, far]
                threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        with contextlib.suppress(OSError):
            while words := source.recv(65536):
                if back and self.deaf.is_set():
                    self.dropped.set()
                    self.deaf.clear()
                    break
                sink.sendall(words)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(two: Two) -> Iterator[Wire]:
    with contextlib.ExitStack() as stack:
        wire = Wire(stack, two.called.gate.address)
        two.caller.knows(two.called, wire.endpoint)
        yield wire
    for end in wire.ends:
        end.close()


def test_an_idle_connection_that_died_is_replaced(two: Two, wire: Wire) -> None:
    for repeatable in (False, True):
        assert two.call("echo", 1, repeatable=repeatable) == 1
        wire.cut()
        until(lambda: two.server.connected == {}, "it is dead")
    assert two.call("echo", 2) == 2


def test_a_repeatable_call_whose_answer_was_lost_is_served_once(two: Two, wire: Wire) -> None:
    assert two.call("echo", 0) == 0
    wire.deaf.set()
    assert two.call("echo", 1, repeatable=True) == 1
    assert wire.dropped.is_set(), "the first answer really was lost"
    assert two.handlers.calls == [(two.caller.fingerprint, "echo")] * 2


def test_any_other_call_whose_answer_was_lost_is_an_error(two: Two, wire: Wire) -> None:
    assert two.call("echo", 0) == 0
    wire.deaf.set()
    with pytest.raises(PeerLost, match="the answer to echo"):
        two.call("echo", 1)
    assert wire.dropped.is_set()
    assert len(two.handlers.calls) == 2


def test_a_call_is_repeated_once_only(two: Two, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    assert two.call("echo", 0) == 0
    said = 0
    send = Line.send

    def counted(line: Line, *frames: object, wait: Wait, unless_answered: bool = False) -> bool:
        nonlocal said
        if unless_answered:
            said += 1
            wire.deaf.set()
        return send(line, *frames, wait=wait, unless_answered=unless_answered)  # type: ignore[arg-type]

    monkeypatch.setattr(Line, "send", counted)
    with pytest.raises(PeerLost):
        two.call("echo", 1, repeatable=True)
    assert said == 2
    assert len(two.handlers.calls) <= 2


def test_a_repeated_refusal_is_the_same_refusal(two: Two, wire: Wire) -> None:
    assert two.call("echo", 0) == 0
    wire.deaf.set()
    with pytest.raises(AccessRefused, match="nobody may fly"):
        two.call("fly", repeatable=True)
    assert wire.dropped.is_set()
    assert [method for _, method in two.handlers.calls] == ["echo", "fly"]


def test_a_server_that_stops_ends_its_callers_waits(two: Two) -> None:
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(two.call, "wait")
        two.handlers.waiting.acquire()
        stopping = pool.submit(two.server.close)
        with pytest.raises(PeerLost, match="the answer to wait"):
            waiting.result()
        two.handlers.open.set()
        stopping.result()
    two.server.close()
    assert two.called.defects == []


def test_a_restarted_server_is_called_again(two: Two) -> None:
    assert two.call("echo", 1) == 1
    two.server.close()
    two.called.serve()
    assert two.call("echo", 2) == 2


def test_a_closed_client_calls_nobody(two: Two) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(two.call, "wait")
        two.handlers.waiting.acquire()
        two.client.close()
        with pytest.raises(PeerLost, match="the answer to wait"):
            waiting.result()
        two.handlers.open.set()
    two.client.close()
    with pytest.raises(NetworkError, match="have ended"):
        two.call("echo")


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with contextlib.ExitStack() as stack:
        two = Two(stack)
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(partial(two.call, "echo", number)) for number in range(40)]:
                done.result()
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_limits_are_what_the_documents_say() -> None:
    assert calls.LIMIT == 1 << 20
