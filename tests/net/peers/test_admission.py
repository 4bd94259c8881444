"""Who may call: exactly those who are in the book at that moment; everybody else gets a closed connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import pytest
from tests.net.peers.nodes import Node, pair
from tests.net.states import until

from enigma.errors import CertificateProblem, NetworkError, PeerLost
from enigma.keys import NodeKey
from enigma.net import PEERS, Endpoint
from enigma.net.door import knock
from enigma.net.peers import server as servers
from enigma.net.peers import serving
from enigma.net.tls import dialling_context, shown_fingerprint
from enigma.net.tls_stream import TlsStream


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_a_stranger_is_refused_and_told_so(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    stranger = Node(stack)
    stranger.knows(nodes[0])
    with pytest.raises(CertificateProblem, match="refused the certificate that this node showed"):
        stranger.client().call(nodes[0].fingerprint, "echo", 1)
    assert (nodes[0].handlers.calls, server.connected) == ([], {})
    assert nodes[1].client().call(nodes[0].fingerprint, "echo", 1) == 1, "others are not concerned"


def test_a_peer_that_changed_its_key_is_found_out(stack: contextlib.ExitStack) -> None:
    """The caller's book is out of date: somebody else answers at the address."""
    nodes = pair(stack)
    server = nodes[0].serve()
    old = NodeKey.generate()
    nodes[1].book.keep(nodes[0].endpoint, old.fingerprint, old.certificate_pem())
    with pytest.raises(CertificateProblem, match=rf"{old.fingerprint.hex()[:16]}.*showed another certificate"):
        nodes[1].client().call(old.fingerprint, "echo", 1)
    assert server.connected == {}


def test_no_peer_can_stand_in_for_another(stack: contextlib.ExitStack) -> None:
    """Node 2 is trusted, and answers at node 0's address."""
    nodes = [*pair(stack), Node(stack)]
    nodes[2].knows(nodes[1])
    nodes[2].serve()
    nodes[1].knows(nodes[2])
    nodes[1].knows(nodes[0], nodes[2].endpoint)
    client = nodes[1].client()
    assert client.call(nodes[2].fingerprint, "echo", 1) == 1
    with pytest.raises(CertificateProblem, match="showed another certificate"):
        client.call(nodes[0].fingerprint, "echo", 1)


def test_who_is_added_may_call_at_once(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    nodes[0].book.forget(nodes[1].fingerprint)
    client = nodes[1].client()
    with pytest.raises(CertificateProblem):
        client.call(nodes[0].fingerprint, "echo", 1)
    nodes[0].knows(nodes[1])
    assert client.call(nodes[0].fingerprint, "echo", 1) == 1


def test_who_is_forgotten_loses_its_connections(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    client = nodes[1].client()
    client.call(nodes[0].fingerprint, "echo", 1, repeatable=True)
    assert server.connected == {nodes[1].fingerprint: 1}
    assert server._kept.peers() == {nodes[1].fingerprint}
    nodes[0].book.forget(nodes[1].fingerprint)
    until(lambda: server.connected == {}, "its connection closes")
    assert server._kept.peers() == frozenset()
    with pytest.raises((CertificateProblem, PeerLost)):
        client.call(nodes[0].fingerprint, "echo", 2)
    assert nodes[0].handlers.calls == [(nodes[1].fingerprint, "echo")]


def test_who_is_forgotten_in_the_middle_of_a_call_gets_no_answer(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    calling = stack.enter_context(Background(nodes[1], nodes[0]))
    nodes[0].handlers.waiting.acquire()
    nodes[0].book.forget(nodes[1].fingerprint)
    calling.raises(PeerLost, "the answer to wait")
    nodes[0].handlers.open.set()
    until(lambda: server.connected == {}, "its connection closes")


def test_who_is_forgotten_during_its_handshake_does_not_come_in(
    monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack
) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    forgotten = []

    def late(stream: TlsStream) -> bytes:
        peer = shown_fingerprint(stream)
        nodes[0].book.forget(peer)
        forgotten.append(peer)
        return peer

    monkeypatch.setattr(servers, "shown_fingerprint", late)
    with pytest.raises(PeerLost, match="connecting, to call echo"):
        nodes[1].client().call(nodes[0].fingerprint, "echo", 1)
    assert forgotten == [nodes[1].fingerprint], "TLS had let it in"
    until(lambda: server.connected == {}, "it is gone")


def test_a_caller_that_forgets_a_peer_ends_its_calls(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    client = nodes[1].client()
    client.call(nodes[0].fingerprint, "echo", 1)
    calling = stack.enter_context(Background(nodes[1], nodes[0]))
    nodes[0].handlers.waiting.acquire()
    nodes[1].book.forget(nodes[0].fingerprint)
    calling.raises(PeerLost, "the answer to wait")
    nodes[0].handlers.open.set()
    until(lambda: server.connected == {}, "both clients hang up")
    with pytest.raises(NetworkError, match="is not in this node's address book"):
        client.call(nodes[0].fingerprint, "echo", 1)


def test_a_peer_that_moved_is_called_at_its_new_address(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    client = nodes[1].client()
    client.call(nodes[0].fingerprint, "echo", 1)
    nodes[1].knows(nodes[0], Endpoint("localhost", nodes[0].endpoint.port))
    until(lambda: server.connected == {}, "the old connection closes")
    assert client.call(nodes[0].fingerprint, "echo", 2) == 2


class Background:
    """One call of "wait" on a thread of its own, with a client of its own."""

    def __init__(self, caller: Node, called: Node) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.called = called
        self.future = self.pool.submit(caller.client().call, called.fingerprint, "wait", 1)

    def __enter__(self) -> Self:
        return self

    def raises(self, kind: type[Exception], words: str) -> None:
        with pytest.raises(kind, match=words):
            self.future.result()

    def __exit__(self, *_: object) -> None:
        self.called.handlers.open.set()
        self.pool.shutdown()


def test_strangers_cannot_keep_a_peer_out(monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
    """More of them in the room than may be in their handshake at once, silent or talking garbage."""
    monkeypatch.setattr(servers, "HANDSHAKES", 4)
    nodes = pair(stack)
    server = nodes[0].serve()
    silent = [stack.enter_context(knock(*nodes[0].gate.address, PEERS, 60.0)) for _ in range(12)]
    garbage = stack.enter_context(knock(*nodes[0].gate.address, PEERS, 60.0))
    garbage.sendall(b"GET / HTTP/1.1\r\n\r\n")
    until(lambda: nodes[0].gate.counts.admitted == 13, "all are in the room")
    assert nodes[1].client().call(nodes[0].fingerprint, "echo", 1) == 1
    until(lambda: len(server._handshakes) <= 4, "no more than may be")
    ended = sum(is_closed(visitor) for visitor in silent)
    assert ended >= 8
    assert server.connected == {nodes[1].fingerprint: 1}


def is_closed(visitor: socket.socket) -> bool:
    visitor.settimeout(0.01)
    try:
        return visitor.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_silent_stranger_is_shut_out(monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
    monkeypatch.setattr(servers, "HANDSHAKE_SECONDS", 0.05)
    nodes = pair(stack)
    nodes[0].serve()
    silent = stack.enter_context(knock(*nodes[0].gate.address, PEERS, 60.0))
    assert silent.recv(1) == b""


def connection(caller: Node, called: Node) -> TlsStream:
    """A peer's connection, spoken to by hand."""
    stream = TlsStream(
        knock(*called.gate.address, PEERS, 60.0),
        dialling_context(caller.key, [called.key.certificate_pem()]),
        server_side=False,
    )
    stream.do_handshake()
    assert stream.recv(5) == b"\x70\0\0\0\0"
    return stream


def test_a_peer_has_a_bounded_number_of_connections(
    monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack
) -> None:
    monkeypatch.setattr(servers, "LINES_PER_PEER", 3)
    nodes = pair(stack)
    server = nodes[0].serve()
    streams = []
    for number in range(5):
        streams.append(connection(nodes[1], nodes[0]))
        stack.callback(streams[-1].close)
        until(lambda number=number: idle(server) == min(number + 1, 3), "it waits for calls")  # type: ignore[misc]
    assert [stream.recv(1) for stream in streams[:2]] == [b"", b""], "the oldest went"
    until(lambda: server.connected == {nodes[1].fingerprint: 3}, "the oldest is forgotten")


def idle(server: servers.PeerServer) -> int:
    return sum(link.idle_since is not None for link in server._links)


def test_connections_without_calls_are_closed(monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
    monkeypatch.setattr(servers, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(servers, "LOOK_SECONDS", 0.05)
    nodes = pair(stack)
    server = nodes[0].serve()
    client = nodes[1].client()
    for number in range(2):
        assert client.call(nodes[0].fingerprint, "echo", number, repeatable=True) == number
        until(lambda: server.connected == {}, "nobody is left")


@pytest.mark.parametrize(
    "words",
    [
        b"\x73\0\0\0\0",
        b"\x71\xff\xff\xff\xff",
        b"\x71\x01\0\0\0\x01",
        b"\x71\x05\0\0\0hello",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_known_peer_that_talks_nonsense_is_cut_off(words: bytes, stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    server = nodes[0].serve()
    stream = connection(nodes[1], nodes[0])
    stack.callback(stream.close)
    stream.sendall(words)
    assert stream.recv(1) == b""
    until(lambda: server.connected == {}, "it is gone")
    assert nodes[0].defects == []
    assert nodes[1].client().call(nodes[0].fingerprint, "echo", 1) == 1


def test_a_call_on_a_trickle_is_cut_off(monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.1)
    nodes = pair(stack)
    server = nodes[0].serve()
    stream = connection(nodes[1], nodes[0])
    stack.callback(stream.close)
    stream.settimeout(0.02)
    with contextlib.suppress(OSError, ssl.SSLError):
        for _ in range(200):
            stream.sendall(b"\x71"[:1] if not _ else b"\0")
            with contextlib.suppress(TimeoutError):
                if stream.recv(1) == b"":
                    break
    until(lambda: server.connected == {}, "it is gone")
    assert nodes[0].handlers.calls == []


def test_the_server_goes_on_without_its_gate(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    client = nodes[1].client()
    client.call(nodes[0].fingerprint, "echo", 1)
    nodes[0].gate.close()
    assert client.call(nodes[0].fingerprint, "echo", 2) == 2, "the connection stands"
