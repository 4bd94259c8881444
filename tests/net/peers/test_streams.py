"""Streams between nodes: whole, in order, no faster than they are taken, and broken off with a reason."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.net.peers.nodes import blocks, pair
from tests.net.peers.test_admission import connection
from tests.net.peers.test_peers import Two
from tests.net.states import until

from enigma.errors import (
    AccessRefused,
    ArgumentProblem,
    NetworkError,
    PeerLost,
    PeerSilent,
    WireError,
)
from enigma.net.peers import serving
from enigma.net.peers.calls import Head
from enigma.wire import encode


@pytest.fixture
def two() -> Iterator[Two]:
    with contextlib.ExitStack() as stack:
        yield Two(stack)


def drink(stream: Iterator[bytes], taken: bytearray) -> None:
    """Keep what comes, up to the end or an error."""
    for piece in stream:
        taken += piece


def whole(count: int) -> bytes:
    return b"".join(blocks(count))


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_stream_comes_whole(two: Two, count: int) -> None:
    assert b"".join(two.client.call_stream(two.peer, "fetch", {"count": count})) == whole(count)
    assert two.handlers.closed == ["fetch"]
    assert two.call("echo", 1) == 1
    assert two.called.gate.counts.admitted == 1, "the connection is kept"


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_stream_goes_whole(two: Two, count: int) -> None:
    sent = two.client.call_upload(two.peer, "keep", None, blocks(count))
    assert sent == hashlib.sha256(whole(count)).digest()
    assert two.call("echo", 1) == 1
    assert two.called.gate.counts.admitted == 1, "the connection is kept"


def test_big_chunks_are_cut_and_empty_ones_left_out(two: Two) -> None:
    chunks = [b"", bytes(3 << 20), b"", b"x"]
    assert two.client.call_upload(two.peer, "keep", None, chunks) == hashlib.sha256(b"".join(chunks)).digest()


def test_a_reason_arrives_after_what_was_good(two: Two) -> None:
    two.handlers.errors = {"fetch": AccessRefused("the lease ended"), "defect": ZeroDivisionError()}
    for method, kind in (("fetch", AccessRefused), ("defect", NetworkError)):
        taken = bytearray()
        with pytest.raises(kind, match=r"the lease ended|a defect"):
            drink(two.client.call_stream(two.peer, method, {"count": 10, "breaks": 3}), taken)
        assert taken == whole(3), "so that the caller may ask for the rest"
    assert two.call("echo", 1) == 1
    assert two.called.gate.counts.admitted == 1
    assert len(two.called.defects) == 1


def test_the_taker_sets_the_pace(two: Two) -> None:
    """What the peer has made stays within what connections buffer, however long the stream is."""
    made = 0

    def endless(peer: bytes, method: str, tree: object) -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1 << 20
            yield bytes(1 << 20)

    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        server = called.serve(serve_download=endless)
        stream = caller.client().call_stream(called.fingerprint, "endless", None)
        taken = len(next(stream))
        pace = [0]

        def has_stopped() -> bool:
            pace.append(made)
            return len(pace) > 50 and pace[-1] == pace[-50]

        until(has_stopped, "it stops making more")
        assert made < 64 << 20
        for _ in range(400):
            taken += len(next(stream))
        assert made >= taken
        stream.close()  # type: ignore[attr-defined]
        until(lambda: server.connected == {}, "who hangs up ends the stream")


def test_a_taker_that_takes_nothing_loses_the_stream(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(serving, "SLOWEST_RATE", 1 << 40)
    stream = two.client.call_stream(two.peer, "fetch", {"count": 1000})
    next(stream)
    until(lambda: two.server.connected == {}, "the peer gives up")
    with pytest.raises(PeerLost, match="the stream of fetch"):
        drink(stream, bytearray())
    assert two.handlers.closed == ["fetch"]
    assert two.called.defects == []


def test_a_taker_that_leaves_is_noticed_at_once(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it has left, but takes nothing: the full socket would not tell."""
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 1e6)
    stream = connection(two.caller, two.called)
    head, body = Head("fetch", "download").encoded(), encode({"count": 1000})
    stream.sendall(b"\x71" + len(head).to_bytes(4, "little") + head + b"\x72" + len(body).to_bytes(4, "little") + body)
    until(lambda: bool(two.handlers.calls), "it gives")
    with socket.socket(fileno=os.dup(stream.fileno())) as raw:
        raw.shutdown(socket.SHUT_WR)
        until(lambda: two.server.connected == {}, "the peer gives up")
    stream.close()


def test_a_silent_giver_is_named(two: Two) -> None:
    def stuck(peer: bytes, method: str, tree: object) -> Iterator[bytes]:
        yield b"first"
        assert two.handlers.open.wait(60)

    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        called.serve(serve_download=stuck)
        stream = caller.client().call_stream(called.fingerprint, "stuck", None, deadline=0.2)
        assert next(stream) == b"first"
        with pytest.raises(PeerSilent, match="the stream of stuck"):
            next(stream)
        two.handlers.open.set()


def test_more_than_was_allowed_is_not_taken(two: Two) -> None:
    stream = two.client.call_stream(two.peer, "fetch", {"count": 10}, limit=250_000)
    taken = bytearray()
    with pytest.raises(WireError, match="more than the 250000 bytes"):
        drink(stream, taken)
    assert len(taken) <= 250_000
    until(lambda: two.server.connected == {}, "the connection is given up")


@pytest.mark.parametrize(("method", "answered"), [("ignore", "not looked at"), ("refuse", None)])
def test_an_early_answer_ends_an_upload(two: Two, method: str, answered: str | None) -> None:
    """The sender has an endless stream and would never come to its end."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    if answered is None:
        with pytest.raises(AccessRefused, match="enough"):
            two.client.call_upload(two.peer, method, None, endless())
    else:
        assert two.client.call_upload(two.peer, method, None, endless()) == answered
    assert sent > 0
    assert two.client._pools[two.peer]._idle == [], "it is not used again"
    until(lambda: two.server.connected == {}, "the connection is given up")
    assert two.call("echo", 1) == 1


def test_a_sender_that_fails_keeps_no_connection(two: Two) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        two.client.call_upload(two.peer, "keep", None, broken())
    until(lambda: two.server.connected == {}, "the connection is given up")
    assert two.called.defects == []


def test_a_sender_that_stalls_is_given_up(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(serving, "SLOWEST_RATE", 1 << 40)

    def stalling() -> Iterator[bytes]:
        yield b"some"
        until(lambda: two.server.connected == {}, "the peer gives up")
        yield b"more"

    with pytest.raises(PeerLost, match="the answer to keep"):
        two.client.call_upload(two.peer, "keep", None, stalling())
    assert two.handlers.calls == [(two.caller.fingerprint, "keep")]


def test_a_node_without_streams_says_so() -> None:
    with contextlib.ExitStack() as stack:
        called, caller = pair(stack)
        called.serve(serve_download=None, serve_upload=None)
        client = caller.client()
        with pytest.raises(ArgumentProblem, match="gives no streams"):
            next(client.call_stream(called.fingerprint, "fetch", None))
        with pytest.raises(ArgumentProblem, match="takes no streams"):
            client.call_upload(called.fingerprint, "keep", None, [])


def test_calls_are_answered_while_streams_flow(two: Two) -> None:
    """As many streams as the peer has threads for, none of them taken."""
    client = two.caller.client(lines=5)
    streams = [client.call_stream(two.peer, "fetch", {"count": 200}) for _ in range(4)]
    firsts = [next(stream) for stream in streams]
    assert two.call("echo", 1) == 1
    with ThreadPoolExecutor(4) as pool:
        rests = [pool.submit(b"".join, stream) for stream in streams]
        assert all(first + rest.result() == whole(200) for first, rest in zip(firsts, rests, strict=True))


def test_a_client_that_closes_ends_its_streams(two: Two) -> None:
    stream = two.client.call_stream(two.peer, "fetch", {"count": 1000})
    next(stream)
    two.client.close()
    with pytest.raises(PeerLost, match="the stream of fetch"):
        drink(stream, bytearray())
    until(lambda: two.handlers.closed == ["fetch"], "the peer stops too")
