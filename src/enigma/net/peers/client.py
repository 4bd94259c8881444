"""The calling side: a few connections to each peer, kept between calls."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from enigma.errors import NetworkError, PeerLost, WireError
from enigma.keys.node import NodeKey
from enigma.net.book import AddressBook
from enigma.net.peers.calls import (
    ID_BYTES,
    PIECE_BYTES,
    REFUSAL_LIMIT,
    Head,
    encoded_within,
    limit_of,
    pieces_of,
    raised,
)
from enigma.net.peers.line import Frame, Line, Wait
from enigma.net.peers.pool import Pool
from enigma.wire.codec import decode

if TYPE_CHECKING:
    from enigma.wire.codec import Tree

CALL_SECONDS = 30.0
"""The deadline of a call where none is given."""
LINES_PER_PEER = 4
STREAM_LIMIT = 1 << 36
"""Bytes of a stream, where nothing else is said: what a peer sends beyond that ends it."""

_REFUSALS = {Frame.REFUSAL: REFUSAL_LIMIT, Frame.PARTING: REFUSAL_LIMIT}


class PeerClient:
    """Calls the peers in `book`. For any number of threads; a call runs on its caller's.

    `limits`: bytes for request and answer by method, where it is not 1 MiB. `lines`: connections to each peer; more
    calls at once wait for one. Every call raises ArgumentProblem for what may not be sent, NetworkError for a peer that
    is not in the book, PeerSilent and PeerLost naming peer and step, CertificateProblem when one side shows another key
    than registered, WireError for an answer that does not decode, and the error that the peer answered with.
    """

    def __init__(
        self, key: NodeKey, book: AddressBook, *, limits: Mapping[str, int] | None = None, lines: int = LINES_PER_PEER
    ) -> None:
        self._key = key
        self._book = book
        self._limits = dict(limits or {})
        self._lines = lines
        self._lock = threading.Lock()
        self._pools: dict[bytes, Pool] = {}
        self._closed = False
        self._stop_watching = book.watch(self._book_changed)

    def call(
        self, peer: bytes, method: str, tree: Tree, *, deadline: float = CALL_SECONDS, repeatable: bool = False
    ) -> Tree:
        """The peer's answer to `method` with `tree`, within `deadline` seconds in all.

        `repeatable`: where a connection that had been idle turns out dead, the call is said once more, on a new one;
        the peer may hear both, and serves one. Otherwise PeerLost is raised, and nobody knows whether it was served.
        """
        call = secrets.token_bytes(ID_BYTES) if repeatable else b""
        frames = self._frames(Head(method, "plain", call), tree)
        wait = Wait(self._name(peer), "", deadline)
        for fresh in (False, True):
            with self._held(peer, method, wait, fresh=fresh) as (line, idle):
                try:
                    wait.step = f"sending {method}"
                    line.send(*frames, wait=wait, unless_answered=True)
                    return self._answer(line, method, wait)
                except PeerLost:
                    if fresh or not idle or not repeatable:
                        raise
        raise AssertionError("a fresh connection gives an answer or an error")

    def call_stream(
        self, peer: bytes, method: str, tree: Tree, *, deadline: float = CALL_SECONDS, limit: int = STREAM_LIMIT
    ) -> Iterator[bytes]:
        """The pieces (at most 256 KiB each) of the stream that the peer answers with; it is asked at the first one.

        `deadline`: seconds for each wait. `limit`: bytes of the whole stream; WireError when more comes. The peer sends
        no faster than the pieces are taken. Closing the iterator ends the stream; after an error, what came before it
        is good, and the caller may ask for the rest in a new call.
        """
        return self._download(peer, method, self._frames(Head(method, "download"), tree), deadline, limit)

    def call_upload(
        self, peer: bytes, method: str, tree: Tree, pieces: Iterable[bytes], *, deadline: float = CALL_SECONDS
    ) -> Tree:
        """Send a stream along with a call; the peer's answer, which may come before all of the stream was sent.

        `deadline`: seconds for each wait.
        """
        frames = self._frames(Head(method, "upload"), tree)
        wait = Wait(self._name(peer), "", deadline)
        with self._held(peer, method, wait) as (line, _):
            wait.step = f"sending the stream of {method}"
            try:
                whole = line.send(*frames, wait=wait, unless_answered=True) and self._send_all(line, pieces, wait)
            except BaseException:
                line.broken = True  # in the middle of a stream, whoever failed
                raise
            line.broken = line.broken or not whole
            wait.renew()
            return self._answer(line, method, wait)

    def close(self) -> None:
        """Close all connections; calls in progress end with PeerLost. A second call does nothing."""
        self._stop_watching()
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _frames(self, head: Head, tree: Tree) -> tuple[tuple[Frame, bytes], tuple[Frame, bytes]]:
        body = encoded_within(tree, limit_of(self._limits, head.method), f"the request of {head.method}")
        return (Frame.HEAD, head.encoded()), (Frame.BODY, body)

    def _answer(self, line: Line, method: str, wait: Wait) -> Tree:
        wait.step = f"the answer to {method}"
        limit = limit_of(self._limits, method)
        kind, payload = line.receive({Frame.ANSWER: limit, **_REFUSALS}, wait)
        if kind is Frame.ANSWER:
            return decode(payload, limit=limit)
        line.broken = line.broken or kind is Frame.PARTING
        raise raised(payload, line.peer)

    def _download(
        self, peer: bytes, method: str, frames: tuple[tuple[Frame, bytes], ...], deadline: float, limit: int
    ) -> Iterator[bytes]:
        wait = Wait(self._name(peer), "", deadline)
        with self._held(peer, method, wait) as (line, _):
            complete = False
            try:
                wait.step = f"sending {method}"
                line.send(*frames, wait=wait, unless_answered=True)
                wait.step = f"the stream of {method}"
                received = 0
                while True:
                    wait.renew()
                    kind, payload = line.receive({Frame.PIECE: PIECE_BYTES, Frame.END: 0, **_REFUSALS}, wait)
                    if kind is not Frame.PIECE:
                        complete = kind is not Frame.PARTING
                        break
                    received += len(payload)
                    if received > limit:
                        raise WireError(f"node {line.peer} sent more than the {limit} bytes that {method} may give")
                    yield bytes(payload)
            finally:
                line.broken = line.broken or not complete
            if kind is not Frame.END:
                raise raised(payload, line.peer)

    @staticmethod
    def _send_all(line: Line, pieces: Iterable[bytes], wait: Wait) -> bool:
        """Send a stream to its end; False when the peer answered before."""
        for chunk in pieces:
            for piece in pieces_of(chunk):
                wait.renew()
                if not line.quiet() or not line.send((Frame.PIECE, piece), wait=wait, unless_answered=True):
                    return False
        wait.renew()
        return line.send((Frame.END, b""), wait=wait, unless_answered=True)

    @contextmanager
    def _held(self, peer: bytes, method: str, wait: Wait, *, fresh: bool = False) -> Iterator[tuple[Line, bool]]:
        """A connection to the peer for one call, and whether it had been idle."""
        pool = self._pool(peer)
        wait.step = f"connecting, to call {method}"
        line, idle = pool.take(wait, fresh=fresh)
        try:
            yield line, idle
        finally:
            pool.give_back(line)

    def _pool(self, peer: bytes) -> Pool:
        with self._lock:
            if self._closed:
                raise NetworkError("this node's calls to its peers have ended")
            # Read with the lock: whoever takes the peer out of the book then finds the pool, and closes it.
            address = self._book.address(peer)
            pool = self._pools.get(peer)
            if pool is not None and pool.address != address:
                pool.close()  # the book has changed, and is about to say so
                pool = None
            if pool is None:
                pool = self._pools[peer] = Pool(self._key, peer, address, self._lines)
            return pool

    def _book_changed(self) -> None:
        _, known = self._book.peers()
        with self._lock:
            gone = [peer for peer, pool in self._pools.items() if known.get(peer) != pool.address]
            pools = [self._pools.pop(peer) for peer in gone]
        for pool in pools:
            pool.close()

    def _name(self, peer: bytes) -> str:
        address = self._book.address(peer)
        return f"{peer.hex()[:16]} ({address.host}, port {address.port})"
