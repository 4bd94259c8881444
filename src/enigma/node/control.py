"""How a running node is asked how it is, by its operator on this machine: a Unix socket in its folder.

Whoever may enter the folder may ask: one connection, one line of JSON, closed. Nothing can be commanded here (see
`enigma.node.ordering`); to end a node is a signal to its process, whose number the system itself tells about the other
end of the socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from enigma.errors import NetworkError

NAME = "control"
ANSWER_SECONDS = 10.0
LIMIT = 1 << 24
_ROOM = 100
"""Characters of a Unix socket's path that every system takes."""


class ControlSocket:
    """Answers on `folder`'s socket with what `tell` gives, on a thread of its own. The caller has the folder alone."""

    def __init__(self, folder: Path, tell: Callable[[], dict[str, Any]]) -> None:
        self._tell, self._folder = tell, folder
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        (folder / NAME).unlink(missing_ok=True)  # left behind by a process that was killed
        with reachable(folder, NAME) as path:
            self._listening.bind(path)
        (folder / NAME).chmod(0o600)
        self._listening.listen(16)
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        (self._folder / NAME).unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # closed
            with connection, contextlib.suppress(OSError):
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(json.dumps(self._tell()).encode() + b"\n")


def ask(folder: Path) -> dict[str, Any] | None:
    """What the process of this folder tells, with its number as `pid`; None where none runs. Raises NetworkError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with reachable(folder, NAME) as path:
                connection.connect(path)
            pid = _process_at(connection)
            answer = line_of(connection)
        except (FileNotFoundError, ConnectionError):
            return None
        except OSError as error:
            raise NetworkError(f"the process of {folder} does not answer: {error}") from None
    if not answer:
        return None
    told: dict[str, Any] = json.loads(answer)
    return {**told, "pid": told["pid"] if pid is None else pid}


def line_of(connection: socket.socket) -> bytes:
    """One line that the other side sends, or what it sent of it before it ended."""
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < LIMIT:
        part = connection.recv(1 << 16)
        if not part:
            break
        found += part
    return bytes(found)


def _process_at(connection: socket.socket) -> int | None:
    """The process that listens, as the system knows it; None where it does not say."""
    which = getattr(socket, "SO_PEERCRED", None)
    if which is None:
        return None
    pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, which, struct.calcsize("3i")))
    return int(pid)


@contextlib.contextmanager
def reachable(folder: Path, name: str) -> Iterator[str]:
    """A socket's path, in the form that fits into an address of the system."""
    path = str(folder / name)
    if len(os.fsencode(path)) <= _ROOM:
        yield path
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = f"/proc/self/fd/{opened}/{name}"
        if not Path(short).parent.exists():
            raise NetworkError(f"{folder}: the name is too long for a socket in it", hint="choose a shorter one")
        yield short
    finally:
        os.close(opened)
