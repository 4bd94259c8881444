"""The one peer port of a node, and the rooms behind it.

One thread accepts, reads 40 bytes from each connection, and passes it on; it does no TLS and waits for nobody. Whoever
says something else, says nothing, or asks for a room that is not open, is closed at once: a dialling seat tries again
by itself. How many may stand before the gate is bounded, in all and for one source; where there are too many, the
oldest goes, since one who means it has spoken long ago.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import select
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from enigma.errors import ArgumentProblem, NetworkError
from enigma.net.door import MAGIC, PREAMBLE_BYTES, ROOM_BYTES, HandedDoor
from enigma.net.listener import Listener

WAITING = 512
"""Connections that may stand before the gate."""
WAITING_FROM_ONE_SOURCE = 64
"""The same, from one IPv4 address or one IPv6 network of 64 bits."""
PREAMBLE_SECONDS = 5.0
"""How long a connection may take for its 40 bytes."""
ACCEPTED_AT_ONCE = 64
"""Accepted in a row before those who wait are looked at again."""
PAUSE_SECONDS = 0.1
"""How long nobody is accepted when the system cannot: it has no descriptors left, say."""
QUEUE_BYTES = 16 * 1024
"""The send buffer towards a door: room for a few dozen connections that its holder has not taken yet."""

_SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Counts(NamedTuple):
    """What came to a gate: those who wait now, those passed on to a room, and those who were closed."""

    waiting: int
    admitted: int
    refused: int


@dataclass(slots=True)
class _Knock:
    """What one connection has said so far."""

    source: str
    until: float
    words: bytearray = field(default_factory=bytearray)


class Gate:
    """The peer port of a node on an open listener, which stays the caller's: to be closed after the gate.

    `open` and `hand_over` may be called from any thread.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._listening = listener.listening
        self._lock = threading.Lock()  # guards the rooms
        self._rooms: dict[bytes, socket.socket] = {}
        self._knocks: dict[socket.socket, _Knock] = {}
        self._sources: dict[str, dict[socket.socket, None]] = {}
        self._admitted = 0
        self._refused = 0
        self._paused_until = 0.0
        self._closing = False
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="gate", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the listener."""
        return self._listener.address

    @property
    def counts(self) -> Counts:
        """What came so far."""
        return Counts(len(self._knocks), self._admitted, self._refused)

    @property
    def rooms(self) -> frozenset[bytes]:
        """The rooms whose doors are open."""
        with self._lock:
            self._sweep()
            return frozenset(self._rooms)

    def open(self, room: bytes) -> HandedDoor:
        """The door of a new room, for this process. Raises as `hand_over` does."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.hand_over(room, ours)
        except BaseException:
            ours.close()
            theirs.close()
            raise
        return HandedDoor(theirs)

    def hand_over(self, room: bytes, door: socket.socket) -> None:
        """Open a room whose connections go over `door`, as descriptors, to the holder of the pair's other end.

        `door`: one end of a pair of Unix stream sockets, from now on the gate's; the other end becomes a `HandedDoor`,
        usually in another process, and must be closed in this one. The room closes when the last copy of that end does.
        Raises ArgumentProblem when the name has not 32 bytes, is taken, or `door` is another kind of socket;
        NetworkError after `close`. The socket then stays the caller's.
        """
        if len(room) != ROOM_BYTES:
            raise ArgumentProblem(f"the name of a room has {ROOM_BYTES} bytes, not {len(room)}")
        if door.family != socket.AF_UNIX or door.type != socket.SOCK_STREAM:
            raise ArgumentProblem("a room is handed over on one end of a pair of Unix stream sockets")
        with self._lock:
            if self._closing:
                raise NetworkError("this gate was closed", hint="Open a new one.")
            self._sweep()
            if room in self._rooms:
                raise ArgumentProblem(f"the room {room.hex()[:16]}... is open already")
            door.setblocking(False)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, QUEUE_BYTES)
            self._rooms[bytes(room)] = door

    def close(self) -> None:
        """Close all rooms and whoever waits; a second call does nothing. The listener stays open."""
        with self._lock:
            already, self._closing = self._closing, True
        if already:
            return
        self._wake.send(b"\0")
        self._thread.join()
        for connection in list(self._knocks):
            self._drop(connection)
        for door in self._rooms.values():
            door.close()
        self._rooms.clear()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sweep(self) -> None:
        """Close the rooms whose doors are closed. With the lock."""
        for room, door in list(self._rooms.items()):
            if _ended(door):
                self._rooms.pop(room).close()

    # ------------------------------------------------ what follows runs on the gate's thread

    def _serve(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif key.fileobj is self._listening:
                    self._accept()
                elif key.fileobj in self._knocks:  # else: gone since, to make place for another
                    self._read(key.data)
            now = time.monotonic()
            while self._knocks and next(iter(self._knocks.values())).until <= now:
                self._refuse(next(iter(self._knocks)))
            if self._paused_until and self._paused_until <= now:
                self._paused_until = 0.0
                self._selector.register(self._listening, selectors.EVENT_READ)

    def _patience(self) -> float | None:
        """Seconds until something is due."""
        due = [next(iter(self._knocks.values())).until] if self._knocks else []
        if self._paused_until:
            due.append(self._paused_until)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection = self._listener.accept()
            except OSError as error:
                # Whoever has waited longest gives his descriptor. Other errors are the network's (accept(2) names a
                # dozen), and pass. In both cases a pause, so that this thread does not spin.
                if error.errno in _SCARCE and self._knocks:
                    self._refuse(next(iter(self._knocks)))
                self._selector.unregister(self._listening)
                self._paused_until = time.monotonic() + PAUSE_SECONDS
                return
            if connection is None:
                return
            self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        """Let a new connection wait for its 40 bytes, which may be there already."""
        try:
            source = source_of(connection.getpeername()[0])
        except OSError:  # gone before it was looked at
            connection.close()
            self._refused += 1
            return
        same = self._sources.get(source)
        if same and len(same) >= WAITING_FROM_ONE_SOURCE:
            self._refuse(next(iter(same)))
        elif len(self._knocks) >= WAITING:
            self._refuse(next(iter(self._knocks)))
        connection.setblocking(False)
        self._knocks[connection] = _Knock(source, time.monotonic() + PREAMBLE_SECONDS)
        self._sources.setdefault(source, {})[connection] = None
        self._selector.register(connection, selectors.EVENT_READ, connection)
        self._read(connection)

    def _read(self, connection: socket.socket) -> None:
        words = self._knocks[connection].words
        try:
            piece = connection.recv(PREAMBLE_BYTES - len(words))
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        words += piece
        if not piece or not words.startswith(MAGIC[: len(words)]):
            self._refuse(connection)
        elif len(words) == PREAMBLE_BYTES:
            if self._pass_on(connection, bytes(words[len(MAGIC) :])):
                self._admitted += 1
                self._drop(connection)
            else:
                self._refuse(connection)

    def _pass_on(self, connection: socket.socket, room: bytes) -> bool:
        """Give the connection to whoever opened the room; False when nobody did, or he takes none at the moment."""
        with self._lock:
            door = self._rooms.get(room)
            if door is None:
                return False
            connection.setblocking(True)  # a mark that travels with the descriptor
            try:
                socket.send_fds(door, [b"\0"], [connection.fileno()])
            except (BrokenPipeError, ConnectionError):
                self._rooms.pop(room).close()
                return False
            except OSError:  # his queue is full, or too many descriptors are on their way
                return False
            return True

    def _refuse(self, connection: socket.socket) -> None:
        self._refused += 1
        self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        """Forget a connection, and close this process's hold of it."""
        knock = self._knocks.pop(connection)
        same = self._sources[knock.source]
        del same[connection]
        if not same:
            del self._sources[knock.source]
        self._selector.unregister(connection)
        connection.close()


def source_of(host: str) -> str:
    """What is bounded together: an IPv4 address, or the network that one subscriber of IPv6 usually has."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped is not None:
                return str(address.ipv4_mapped)
            return str(ipaddress.IPv6Network((address.packed[:8] + bytes(8), 64)))
    return host


def _ended(door: socket.socket) -> bool:
    """Whether the other end is closed. A door says nothing, so that whatever can be read is an end as well."""
    poll = select.poll()
    poll.register(door, select.POLLIN)
    return bool(poll.poll(0))
