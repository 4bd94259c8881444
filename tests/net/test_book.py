"""A certificate is learned from whoever answers, kept only if it is the registered one; the learner shows nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from tests.net.peers.nodes import Node, pair

from enigma.errors import ArgumentProblem, CertificateProblem, NetworkError, PeerLost, PeerSilent
from enigma.keys import NodeKey
from enigma.keys.node import certificate_fingerprint
from enigma.net import AddressBook, Endpoint, Listener, PeerAddress
from enigma.net import book as books
from enigma.net.door import PEERS, preamble
from enigma.net.tls import listening_context
from enigma.net.tls_stream import TlsStream

HERE = Endpoint("127.0.0.1", 1)


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_a_registered_nodes_certificate_is_learned(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    book = AddressBook()
    learned = book.learn(nodes[0].endpoint, nodes[0].fingerprint, 60.0)
    assert learned == PeerAddress(*nodes[0].gate.address, nodes[0].key.certificate_pem())
    assert book.address(nodes[0].fingerprint) == learned
    assert book.certificate(nodes[0].fingerprint) == nodes[0].key.certificate_pem()
    assert nodes[0].fingerprint in book


def test_another_key_is_not_kept(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    book = AddressBook()
    with pytest.raises(CertificateProblem, match=f"{nodes[1].fingerprint.hex()[:16]}"):
        book.learn(nodes[0].endpoint, nodes[1].fingerprint, 60.0)
    assert book.peers() == (0, {})


def answering(key: NodeKey, listener: Listener, *trusted: NodeKey) -> tuple[bytes, bytes | None]:
    """Answer one who dials, asking for a certificate; the preamble, and what it showed."""
    raw, _ = _accept(listener)
    asked = raw.recv(40, socket.MSG_WAITALL)
    context = listening_context(key, [known.certificate_pem() for known in trusted])
    context.verify_mode = ssl.CERT_OPTIONAL
    stream = TlsStream(raw, context, server_side=True)
    try:
        stream.settimeout(60)
        stream.do_handshake()
        return asked, stream.shown_certificate()
    finally:
        stream.close()


def _accept(listener: Listener) -> tuple[socket.socket, object]:
    listener.listening.setblocking(True)
    return listener.listening.accept()


def test_whoever_learns_shows_no_certificate(stack: contextlib.ExitStack) -> None:
    key = NodeKey.generate()
    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        seen = pool.submit(answering, key, listener)
        AddressBook().learn(Endpoint(*listener.address), key.fingerprint, 60.0)
        assert seen.result() == (preamble(PEERS), None)


def test_and_whoever_calls_shows_one(stack: contextlib.ExitStack) -> None:
    """The control of the test above: there, a certificate would have been seen."""
    key, caller = NodeKey.generate(), Node(stack)
    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        caller.book.keep(Endpoint(*listener.address), key.fingerprint, key.certificate_pem())
        seen = pool.submit(answering, key, listener, caller.key)
        with pytest.raises(PeerLost, match="connecting"):
            caller.client().call(key.fingerprint, "echo", None)
        _, shown = seen.result()
        assert shown is not None
        assert certificate_fingerprint(shown) == caller.fingerprint


def test_a_known_certificate_is_not_asked_for_again() -> None:
    book, key = AddressBook(), NodeKey.generate()
    book.keep(HERE, key.fingerprint, key.certificate_pem())
    assert book.learn(Endpoint("10.1.2.3", 5), key.fingerprint, 60.0).host == "10.1.2.3"
    assert book.peers()[0] == 2
    book.keep(Endpoint("10.1.2.3", 5), key.fingerprint, key.certificate_pem())
    assert book.peers()[0] == 2, "nothing changed"


def test_who_answers_with_something_else_is_named() -> None:
    key = NodeKey.generate()
    name = key.fingerprint.hex()[:16]

    def garbage(listener: Listener) -> None:
        raw, _ = _accept(listener)
        with raw:
            raw.recv(40, socket.MSG_WAITALL)
            raw.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with contextlib.suppress(OSError):
                while raw.recv(4096):
                    pass

    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        endpoint = Endpoint(*listener.address)
        done = pool.submit(garbage, listener)
        with pytest.raises(PeerLost, match=rf"{name} .*learning its certificate(?s:.*)no node"):
            AddressBook().learn(endpoint, key.fingerprint, 60.0)
        done.result()
    with pytest.raises(PeerLost, match=rf"{name} .*port {listener.address[1]}"):
        AddressBook().learn(endpoint, key.fingerprint, 60.0)
    with pytest.raises(PeerLost, match="cannot be resolved"):
        AddressBook().learn(Endpoint("nowhere.invalid", 1), key.fingerprint, 60.0)


def test_who_does_not_answer_is_named_when_the_deadline_is_over() -> None:
    key = NodeKey.generate()
    with Listener() as listener, pytest.raises(PeerSilent, match=r"since .*: learning its certificate") as caught:
        AddressBook().learn(Endpoint(*listener.address), key.fingerprint, 0.1)
    assert caught.value.peer.startswith(key.fingerprint.hex()[:16])


def test_a_certificate_too_big_to_keep_is_refused(monkeypatch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    monkeypatch.setattr(books, "MAX_CERTIFICATE_BYTES", 100)
    with pytest.raises(CertificateProblem):
        AddressBook().learn(nodes[0].endpoint, nodes[0].fingerprint, 60.0)


def expired(key: NodeKey | ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate of the very key, out of date."""
    private = Ed25519PrivateKey.from_private_bytes(key.private_bytes()) if isinstance(key, NodeKey) else key
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2002, 1, 1, tzinfo=dt.UTC))
        .sign(private, None if isinstance(private, Ed25519PrivateKey) else hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def test_what_is_kept_must_be_the_registered_key() -> None:
    book, keys = AddressBook(), [NodeKey.generate() for _ in range(2)]
    with pytest.raises(CertificateProblem):
        book.keep(HERE, keys[0].fingerprint, keys[1].certificate_pem())
    with pytest.raises(CertificateProblem, match="not an X"):
        book.keep(HERE, keys[0].fingerprint, b"hello")
    smuggled = keys[0].certificate_pem() + keys[1].certificate_pem()
    with pytest.raises(CertificateProblem, match="no certificate of a node"):
        book.keep(HERE, keys[0].fingerprint, smuggled)
    elliptic = ec.generate_private_key(ec.SECP256R1())
    certificate = expired(elliptic)
    with pytest.raises(CertificateProblem, match="no certificate of a node"):
        book.keep(HERE, certificate_fingerprint(certificate), certificate)
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        book.learn(HERE, b"short", 1.0)
    assert book.peers() == (0, {})


def test_a_certificate_out_of_date_opens_nothing(stack: contextlib.ExitStack) -> None:
    nodes = pair(stack)
    nodes[0].serve()
    nodes[0].book.forget(nodes[1].fingerprint)
    nodes[0].book.keep(HERE, nodes[1].fingerprint, expired(nodes[1].key))
    nodes[1].key._certificate = expired(nodes[1].key)
    with pytest.raises(CertificateProblem, match="refused the certificate"):
        nodes[1].client().call(nodes[0].fingerprint, "echo", 1)
    assert nodes[0].handlers.calls == []


def test_who_is_forgotten_is_unknown() -> None:
    book, key = AddressBook(), NodeKey.generate()
    changes: list[int] = []
    stop = book.watch(lambda: changes.append(book.peers()[0]))
    book.keep(HERE, key.fingerprint, key.certificate_pem())
    book.forget(key.fingerprint)
    book.forget(key.fingerprint)
    stop()
    stop()
    book.keep(HERE, key.fingerprint, key.certificate_pem())
    book.forget(key.fingerprint)
    assert changes == [1, 2]
    for ask in (book.address, book.certificate):
        with pytest.raises(NetworkError, match=f"{key.fingerprint.hex()[:16]} is not in"):
            ask(key.fingerprint)


def test_a_book_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MAX_PEERS", 1)
    book, keys = AddressBook(), [NodeKey.generate() for _ in range(2)]
    book.keep(HERE, keys[0].fingerprint, keys[0].certificate_pem())
    with pytest.raises(ArgumentProblem, match="at most 1"):
        book.keep(HERE, keys[1].fingerprint, keys[1].certificate_pem())
    book.keep(Endpoint("10.0.0.1", 1), keys[0].fingerprint, keys[0].certificate_pem())


def test_many_threads_write_at_once() -> None:
    book, keys = AddressBook(), [NodeKey.generate() for _ in range(8)]

    def write(key: NodeKey) -> None:
        for port in range(1, 51):
            book.keep(Endpoint("127.0.0.1", port), key.fingerprint, key.certificate_pem())
            book.forget(key.fingerprint)
        book.keep(HERE, key.fingerprint, key.certificate_pem())

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(partial(write, key)) for key in keys]:
            done.result()
    version, peers = book.peers()
    assert version == 8 * 101
    assert peers.keys() == {key.fingerprint for key in keys}


def test_a_node_learns_the_others_and_calls_them(stack: contextlib.ExitStack) -> None:
    """From nothing but fingerprints and endpoints, as they stand on a chain."""
    nodes = [Node(stack) for _ in range(3)]
    for node in nodes:
        node.serve()
    for node in nodes:
        for other in nodes:
            if other is not node:
                node.book.learn(other.endpoint, other.fingerprint, 60.0)
    for node in nodes:
        client = node.client()
        assert [client.call(peer, "who", None) for peer in node.book.peers()[1]] == [node.fingerprint] * 2
