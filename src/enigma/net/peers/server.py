"""The called side: who may connect, how many at once, and what happens to a call.

One thread accepts and watches the connections on which nothing happens; handshakes have threads of their own, bounded,
so that strangers cannot keep peers waiting; calls and streams run on two sets of threads (`Lanes`). A connection is in
one hand at a time: the handshake's, the watching thread's, or a call's. Whoever else wants it to end only shuts it.
"""

from __future__ import annotations

import contextlib
import functools
import selectors
import socket
import ssl
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Self

from enigma.errors import EnigmaError, NetworkError
from enigma.keys.node import NodeKey
from enigma.net.book import AddressBook
from enigma.net.peers.answers import KeptAnswers
from enigma.net.peers.lanes import Lanes
from enigma.net.peers.line import Frame, Line, Wait
from enigma.net.peers.serving import After, Service
from enigma.net.tls import listening_context, shown_fingerprint
from enigma.net.tls_stream import TlsStream

if TYPE_CHECKING:
    from enigma.net.door import HandedDoor
    from enigma.wire.codec import Tree

THREADS = 16
"""Calls that are served at once; and as many streams."""
THREADS_PER_PEER = 4
LINES = 512
"""Connections that are kept; the one on which nothing has happened for longest goes first."""
LINES_PER_PEER = 16
HANDSHAKES = 64
"""Connections that may be in their handshake at once; then the oldest has to go."""
HANDSHAKE_SECONDS = 5.0
IDLE_SECONDS = 300.0
"""How long a connection is kept without a call, give or take the time between two looks."""
LOOK_SECONDS = 30.0
"""The time between two looks for connections without calls."""


class _Link:
    """A peer's connection."""

    def __init__(self, peer: bytes, line: Line) -> None:
        self.peer = peer
        self.line = line
        self.idle_since: float | None = None


class PeerServer:
    """Serves calls from the peers in `book`, which come in by `door`; it takes the door over.

    `serve(peer, method, tree)` answers a call: `peer` is the caller's fingerprint; what is returned is the answer, and
    an EnigmaError that is raised reaches the caller (see `calls.py`). `serve_download(peer, method, tree)`
    gives a stream of bytes; `serve_upload(peer, method, tree, pieces)` takes one. All of them are called on several
    threads at once. `limits`: bytes for request and answer by method, where it is not 1 MiB. `defect`: told of every
    exception that nobody raised on purpose; printed otherwise.
    """

    def __init__(
        self,
        door: HandedDoor,
        key: NodeKey,
        book: AddressBook,
        serve: Callable[[bytes, str, Tree], Tree],
        *,
        serve_download: Callable[[bytes, str, Tree], Iterable[bytes]] | None = None,
        serve_upload: Callable[[bytes, str, Tree, Iterator[bytes]], Tree] | None = None,
        limits: Mapping[str, int] | None = None,
        threads: int = THREADS,
        threads_per_peer: int = THREADS_PER_PEER,
        defect: Callable[[Exception], None] = traceback.print_exception,
    ) -> None:
        self._door = door
        self._key = key
        self._book = book
        self._defect = defect
        self._kept = KeptAnswers()
        self._service = Service(serve, serve_download, serve_upload, limits or {}, self._kept, defect)
        self._calls = Lanes("calls", threads, threads_per_peer)
        self._streams = Lanes("streams", threads, threads_per_peer)
        self._context: tuple[int, ssl.SSLContext] | None = None
        self._lock = threading.Lock()  # guards the next four, and `idle_since` of links
        self._links: dict[_Link, None] = {}
        self._handshakes: dict[socket.socket, None] = {}
        self._returned: deque[_Link] = deque()
        self._closing = False
        self._handshaking: list[threading.Thread] = []
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(door.fileno(), selectors.EVENT_READ, door)
        self._stop_watching = book.watch(self._book_changed)
        self._thread = threading.Thread(target=self._watch, name="peers", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> dict[bytes, int]:
        """How many connections each peer has."""
        with self._lock:
            counts: dict[bytes, int] = {}
            for link in self._links:
                counts[link.peer] = counts.get(link.peer, 0) + 1
            return counts

    def close(self) -> None:
        """Close the door and all connections, and wait for calls that are being served; a second call does nothing."""
        with self._lock:
            already, self._closing = self._closing, True
            for link in self._links:
                link.line.shut()
            for raw in self._handshakes:
                _shut(raw)
        if already:
            return
        self._stop_watching()
        self._notify()
        self._thread.join()
        for thread in self._handshaking:
            thread.join()
        self._calls.close()
        self._streams.close()
        with self._lock:
            links = list(self._links)
        for link in links:
            self._end(link)
        self._selector.close()
        self._door.close()
        self._wake.close()
        self._woken.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------ any thread

    def _notify(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full of wakes already
            self._wake.send(b"\0")

    def _end(self, link: _Link) -> None:
        with self._lock:
            self._links.pop(link, None)
        link.line.close()

    def _give_back(self, link: _Link) -> None:
        """Have the connection watched until the next call comes on it."""
        with self._lock:
            link.idle_since = time.monotonic()
            self._returned.append(link)
        self._notify()

    def _book_changed(self) -> None:
        """Whoever is not in the book any more loses its connections and what was kept for it."""
        _, known = self._book.peers()
        with self._lock:
            for link in self._links:
                if link.peer not in known:
                    link.line.shut()
        for peer in self._kept.peers() - known.keys():
            self._kept.forget(peer)

    # ------------------------------------------------ the watching thread

    def _watch(self) -> None:
        look = time.monotonic() + LOOK_SECONDS
        while not self._closing:
            ready = self._selector.select(max(0.0, look - time.monotonic()))
            if time.monotonic() >= look:
                self._close_idle()
                look = time.monotonic() + LOOK_SECONDS
            for key, _ in ready:
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif key.data is self._door:
                    self._accept()
                else:
                    self._selector.unregister(key.fileobj)
                    self._begin(key.data)
            self._take_back()

    def _close_idle(self) -> None:
        """Shut what nobody uses; that makes it readable, and so it ends."""
        with self._lock:
            longest = time.monotonic() - IDLE_SECONDS
            for link in self._links:
                if link.idle_since is not None and link.idle_since < longest:
                    link.line.shut()

    def _take_back(self) -> None:
        while True:
            with self._lock:
                if not self._returned:
                    return
                link = self._returned.popleft()
            self._selector.register(link.line.fileno(), selectors.EVENT_READ, link)

    def _begin(self, link: _Link) -> None:
        """Something came on a connection, perhaps its end."""
        with self._lock:
            link.idle_since = None
        if not self._calls.submit(link.peer, lambda: self._serve(link)):
            self._end(link)

    def _accept(self) -> None:
        try:
            raw = self._door.accept()
        except NetworkError:
            # The gate is gone. Connections that stand go on; nobody new can come.
            self._selector.unregister(self._door.fileno())
            return
        if raw is None:
            return
        with self._lock:
            if self._closing:
                raw.close()
                return
            if len(self._handshakes) >= HANDSHAKES:
                oldest = next(iter(self._handshakes))
                del self._handshakes[oldest]  # at once: its thread needs a moment to notice
                _shut(oldest)
            self._handshakes[raw] = None
        self._handshaking = [thread for thread in self._handshaking if thread.is_alive()]
        thread = threading.Thread(target=self._admit, args=(raw,), name="peers: handshake", daemon=True)
        self._handshaking.append(thread)
        thread.start()

    # ------------------------------------------------ a thread for each handshake

    def _admit(self, raw: socket.socket) -> None:
        """Make a link of a connection whose certificate is in the book now; everybody else is only closed."""
        try:
            context = self._trusting()
        except Exception as error:  # noqa: BLE001 - a defect of ours, which would otherwise look like a stranger's
            self._forget_handshake(raw)
            raw.close()
            self._defect(error)
            return
        try:
            stream = TlsStream(raw, context, server_side=True)
            try:
                stream.settimeout(HANDSHAKE_SECONDS)
                stream.do_handshake()
                peer = shown_fingerprint(stream)
            except BaseException:
                self._forget_handshake(raw)
                stream.close()
                raise
        except (OSError, ValueError, EnigmaError):  # a stranger, or somebody who went: there is nothing to be done
            return
        finally:
            self._forget_handshake(raw)
        link = _Link(peer, Line(stream, peer.hex()[:16]))
        self._guarded(link, lambda: self._greet(link))

    def _greet(self, link: _Link) -> After:
        if not self._enter(link):
            return After.END
        link.line.send((Frame.HELLO, b""), wait=Wait(link.line.peer, "greeting it", HANDSHAKE_SECONDS))
        return After.AGAIN

    def _trusting(self) -> ssl.SSLContext:
        """The context that trusts exactly those who are in the book now."""
        version, peers = self._book.peers()
        known = self._context
        if known is None or known[0] != version:
            known = version, listening_context(self._key, [peer.certificate for peer in peers.values()])
            self._context = known
        return known[1]

    def _enter(self, link: _Link) -> bool:
        """Count the link in, where there is a place; from here on a change of the book ends it."""
        with self._lock:
            same = [other for other in self._links if other.peer == link.peer]
            crowd = same if len(same) >= LINES_PER_PEER else list(self._links) if len(self._links) >= LINES else []
            idle = [(other.idle_since, number) for number, other in enumerate(crowd) if other.idle_since is not None]
            if self._closing or (crowd and not idle):
                return False
            if idle:
                crowd[min(idle)[1]].line.shut()
            self._links[link] = None
            return link.peer in self._book  # it may have been taken out during the handshake

    def _forget_handshake(self, raw: socket.socket) -> None:
        with self._lock:
            self._handshakes.pop(raw, None)

    # ------------------------------------------------ the threads of calls and streams

    def _serve(self, link: _Link) -> None:
        """One call: read, then answered here, or given to the threads of streams."""
        self._guarded(link, lambda: self._call(link))

    def _call(self, link: _Link) -> After:
        head, tree = self._service.request(link.line)
        if head.form == "plain":
            return self._service.answer(link.line, link.peer, head, tree)
        streaming = functools.partial(self._service.stream, link.line, link.peer, head, tree)
        if self._streams.submit(link.peer, lambda: self._guarded(link, streaming)):
            return After.ELSEWHERE
        return After.END

    def _guarded(self, link: _Link, work: Callable[[], After]) -> None:
        """Do the work on a connection, then what is to be done with the connection."""
        try:
            after = work()
        except EnigmaError:  # the peer went, was silent, or said what has no place there
            after = After.END
        except Exception as error:  # noqa: BLE001 - a defect of ours ends one connection, and is shown in full
            after = After.END
            self._defect(error)
        if after is After.AGAIN:
            self._give_back(link)
        elif after is After.END:
            self._end(link)


def _shut(raw: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already
        raw.shutdown(socket.SHUT_RDWR)
