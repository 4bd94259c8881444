"""A Unix socket in a node's folder: whoever may enter the folder may connect, say one line, and is told one line."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from enigma.errors import NetworkError

ANSWER_SECONDS = 10.0
LIMIT = 1 << 24
WAITING = 16
_ROOM = 100
"""Characters of a Unix socket's path that every system takes."""


class FolderSocket:
    """Answers on the socket `name` of a folder with what `answered(connection)` gives, on a thread of its own.

    The caller has the folder alone: what a killed process has left there is replaced.
    """

    def __init__(self, folder: Path, name: str, answered: Callable[[socket.socket], dict[str, Any]]) -> None:
        self._place, self._answered = folder / name, answered
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._place.unlink(missing_ok=True)
        with reachable(self._place) as path:
            self._listening.bind(path)
        self._place.chmod(0o600)
        self._listening.listen(WAITING)
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        self._place.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # closed
            with connection, contextlib.suppress(OSError):
                connection.settimeout(ANSWER_SECONDS)
                answer = self._answered(connection)
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(json.dumps(answer).encode() + b"\n")


def line_of(connection: socket.socket, limit: int = LIMIT) -> bytes:
    """One line that the other side sends, or what it sent of it before it ended."""
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < limit:
        part = connection.recv(1 << 16)
        if not part:
            break
        found += part
    return bytes(found)


@contextlib.contextmanager
def reachable(place: Path) -> Iterator[str]:
    """A socket's path, in the form that fits into an address of the system. Raises NetworkError."""
    path = str(place)
    if len(os.fsencode(path)) <= _ROOM:
        yield path
        return
    opened = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = f"/proc/self/fd/{opened}/{place.name}"
        if not Path(short).parent.exists():
            raise NetworkError(f"{place.parent}: the name is too long for a socket in it", hint="choose a shorter one")
        yield short
    finally:
        os.close(opened)
