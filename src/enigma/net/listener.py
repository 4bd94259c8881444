"""The listening socket of a seat or a node."""

from __future__ import annotations

import errno
import socket
from typing import Self

from enigma.errors import NetworkError, PortTaken

BACKLOG = 256


class Listener:
    """A bound, listening TCP socket; port 0 takes a free one, and `address` says which. It is a `Door`.

    Raises PortTaken when another process listens there, and NetworkError when the host is not this machine's.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket: socket.socket | None = None
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listening = socket.socket(family, kind, protocol)
        except OSError as error:
            raise NetworkError(f"cannot listen on {host}: {error}", hint="Name an address of this machine.") from error
        try:
            # Old connections of an ended process must not keep its port; a living listener still does.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"port {port} on {host} is in use",
                    hint="Stop the process that listens there, or choose another port (0 takes a free one).",
                ) from error
            raise NetworkError(
                f"cannot listen on {host}, port {port}: {error.strerror}",
                hint="Name an address of this machine and a port that you may use.",
            ) from error
        self._socket = listening
        name = listening.getsockname()
        self.address: tuple[str, int] = (name[0], name[1])

    @property
    def listening(self) -> socket.socket:
        """The socket itself. Raises NetworkError after `close`."""
        if self._socket is None:
            raise NetworkError("this listener was closed", hint="Open a new one.")
        return self._socket

    def fileno(self) -> int:
        """The descriptor to poll. Raises NetworkError after `close`."""
        return self.listening.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection, blocking and the caller's; None when nobody is there.

        Raises OSError when the system is out of descriptors, NetworkError after `close`.
        """
        try:
            connection, _ = self.listening.accept()
        except (BlockingIOError, ConnectionError):  # nobody, or gone already
            return None
        connection.setblocking(True)
        return connection

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
