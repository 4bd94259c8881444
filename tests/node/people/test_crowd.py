"""The port for people: who is silent, or one of too many, goes; who is answered stays."""

from __future__ import annotations

import gc
import socket
import ssl
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from enigma.keys.node import NodeKey
from enigma.node.people import crowd
from enigma.node.people.serving import PeoplePort
from enigma.node.service import Node

HOST = "127.0.0.1"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # the first bytes of a TLS hello that has 512 more


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[PeoplePort]:
    """A port whose node is not asked for anything: only /health and /ready are."""
    for name in ("asking", "cancelling", "content", "loading", "storing", "telling", "withdrawals"):
        monkeypatch.setattr(f"enigma.node.people.{name}.{name}", _no_routes)
    node = cast(Node, SimpleNamespace(ready=True))
    with PeoplePort(node, NodeKey.generate(), (HOST, 0)) as opened:
        yield opened


def _no_routes(_: Any) -> Any:
    from fastapi import APIRouter

    return APIRouter()


@pytest.fixture
def visitors() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def come(port: PeoplePort, visitors: ExitStack, words: bytes = b"") -> socket.socket:
    connection = visitors.enter_context(socket.create_connection(port.address, timeout=60))
    connection.sendall(words)
    return connection


def tls(port: PeoplePort, visitors: ExitStack) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return visitors.enter_context(context.wrap_socket(come(port, visitors)))


def healthy(connection: ssl.SSLSocket) -> bool:
    connection.sendall(b"GET /health HTTP/1.1\r\nhost: node\r\n\r\n")
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def gone(connection: socket.socket) -> bool:
    """Waits until the other side has ended it."""
    try:
        while connection.recv(4096):
            continue
    except (ConnectionError, ssl.SSLError):
        return True
    return True


def test_whoever_is_one_too_many_pushes_out_the_oldest_of_the_silent(
    port: PeoplePort, visitors: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_FROM_ONE_SOURCE", 4)
    silent = [come(port, visitors, HELLO) for _ in range(4)]
    assert healthy(tls(port, visitors))
    assert gone(silent[0])
    # Those who said nothing after their handshake go when there are no others.
    named = [tls(port, visitors) for _ in range(5)]
    assert all(gone(each) for each in silent)
    assert healthy(named[-1])
    assert gone(named[0])


def test_too_many_of_all_sources(port: PeoplePort, visitors: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "MOST", 3)
    silent = [come(port, visitors, HELLO) for _ in range(3)]
    assert healthy(tls(port, visitors))
    assert gone(silent[0])


@pytest.mark.parametrize(
    "words",
    [b"", b"GET /health HTTP/1.1\r\n", b"PUT /v1/x HTTP/1.1\r\nhost: node\r\ncontent-length: 9\r\n\r\nwords"],
    ids=["nothing", "half a head", "half a body"],
)
def test_whoever_says_nothing_more_goes(
    port: PeoplePort, visitors: ExitStack, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    monkeypatch.setattr(crowd, "REQUEST_SECONDS", 0.5)
    connection = tls(port, visitors)
    connection.sendall(words)
    assert gone(connection)


def test_a_hello_without_an_end_has_its_time(
    port: PeoplePort, visitors: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "HANDSHAKE_SECONDS", 0.5)
    assert gone(come(port, visitors, HELLO))


def test_drops_of_a_head_give_no_more_time(
    port: PeoplePort, visitors: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "REQUEST_SECONDS", 1.0)
    connection = tls(port, visitors)
    connection.settimeout(0.05)
    assert _drips_until_gone(connection, lambda: connection.sendall(b"x"))


def _drips_until_gone(connection: ssl.SSLSocket, drip: Callable[[], None]) -> bool:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            drip()
            if not connection.recv(1):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_a_port_that_closes_ends_all_who_stand_there(port: PeoplePort, visitors: ExitStack) -> None:
    standing = [come(port, visitors, HELLO), tls(port, visitors)]
    assert healthy(tls(port, visitors))
    port.close()
    assert all(gone(each) for each in standing)


def test_whoever_went_leaves_nothing_behind_that_waits_for_a_garbage_collection(
    port: PeoplePort, visitors: ExitStack
) -> None:
    def held() -> int:
        return sum(isinstance(each, SSLProtocol) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        silent = [come(port, visitors, HELLO) for _ in range(10)]
        wrong = [come(port, visitors, b"no TLS at all, but enough octets for a record of it") for _ in range(10)]
        named = [tls(port, visitors) for _ in range(5)]
        assert all(healthy(each) for each in named)
        assert all(gone(each) for each in wrong)
        assert held() >= len(named)  # this does see them
        for each in silent + wrong + named:
            each.close()
        until = time.monotonic() + 60
        while held():
            assert time.monotonic() < until, f"{held()} are still held"
            assert healthy(tls(port, visitors))  # the loop goes on
            visitors.pop_all().close()
    finally:
        gc.enable()


def test_one_connection_reads_into_little(port: PeoplePort, visitors: ExitStack) -> None:
    named = tls(port, visitors)
    assert healthy(named)
    found = [each for each in gc.get_objects() if isinstance(each, SSLProtocol)]
    assert found
    assert all(len(each.get_buffer(-1)) <= crowd.BUFFER_BYTES for each in found)
