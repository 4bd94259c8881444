"""Rooms and doors: how one port serves everything that a node has open.

Every connection to a node's peer port begins, before TLS, with 40 bytes: `MAGIC` and the name of a room. The gate
(`enigma.net.gate`) reads them and passes the raw connection to whoever opened that room, in this process or another.
The name of a room is public and proves nothing; who comes is found out by TLS, by whoever holds the door.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Protocol, Self

from enigma.errors import ArgumentProblem, NetworkError

MAGIC = b"enigma/1"
ROOM_BYTES = 32
PREAMBLE_BYTES = len(MAGIC) + ROOM_BYTES
PEERS = b"enigma/peers/1".ljust(ROOM_BYTES, b"\0")
"""The room of calls between the nodes themselves."""

# A descriptor that arrives must not be inherited by a process that is started at that moment.
_NOT_INHERITED: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Door(Protocol):
    """Where connections come in. One thread at a time may use it."""

    def fileno(self) -> int:
        """A descriptor that polls readable when `accept` has something to give or to say."""

    def accept(self) -> socket.socket | None:
        """A connection, blocking and now the caller's; None when nobody is there. Never waits.

        Raises NetworkError when nobody can come any more, OSError when the system is out of descriptors.
        """

    def close(self) -> None:
        """Let nobody in any more; a second call does nothing."""


class HandedDoor:
    """The door of one room of a gate. The gate may be in another process: connections come as descriptors.

    `handed`: the other end of the pair of which the gate got one (`Gate.hand_over`); the door takes it over. When the
    door is closed, or its process ends in whatever way, the gate closes the room.
    """

    def __init__(self, handed: socket.socket) -> None:
        self._handed = handed
        handed.setblocking(False)

    def fileno(self) -> int:
        """The descriptor to poll; -1 after `close`."""
        return self._handed.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection that the gate passed on; None when there is none. Raises NetworkError at the end."""
        while True:
            try:
                word, descriptors, _, _ = socket.recv_fds(self._handed, 1, 1, _NOT_INHERITED)
            except BlockingIOError:
                return None
            except OSError as error:
                raise _closed() from error
            if descriptors:
                os.set_inheritable(descriptors[0], False)
                return socket.socket(fileno=descriptors[0])
            if not word:
                raise _closed()
            # A word without a descriptor: this process has as many open as it may, and the system dropped that one.

    def close(self) -> None:
        """Give up the room."""
        self._handed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def preamble(room: bytes) -> bytes:
    """The 40 bytes that ask for `room`. Raises ArgumentProblem when its name has not 32 bytes."""
    if len(room) != ROOM_BYTES:
        raise ArgumentProblem(f"the name of a room has {ROOM_BYTES} bytes, not {len(room)}")
    return MAGIC + room


def knock(host: str, port: int, room: bytes, seconds: float) -> socket.socket:
    """A new connection that has asked for `room` (empty: no preamble), with `seconds` left as its time-out.

    Raises OSError when nobody listens there, or nothing was said in time. Resolving a name takes as long as it takes.
    """
    connection = socket.create_connection((host, port), timeout=seconds)
    try:
        if connection.getsockname() == connection.getpeername():
            # The system gave that very port to our own end: TCP then meets itself.
            raise ConnectionRefusedError("nobody listens there yet")
        if room:
            with contextlib.suppress(OSError):  # only a matter of speed
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(preamble(room))
    except BaseException:
        connection.close()
        raise
    return connection


def _closed() -> NetworkError:
    return NetworkError(
        "the gate closed this room", hint="See why the node's peer port ended, then open the room again."
    )
