"""How a running node is asked how it is, by its operator on this machine: a Unix socket in its folder.

Whoever may enter the folder may ask: one connection, a question or none, one line of JSON, closed. Nothing can be
commanded here (see `enigma.node.ordering`); to end a node is a signal to its process, whose number the system itself
tells about the other end of the socket.
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

from enigma.errors import ArgumentProblem, EnigmaError, NetworkError

NAME = "control"
ANSWER_SECONDS = 10.0
LIMIT = 1 << 24
QUESTION_SECONDS = 1.0
"""How long one who connects is waited for to say what it asks: others wait meanwhile."""
MOST_ASKED = 1 << 12
"""Bytes of a question."""
_ROOM = 100
"""Characters of a Unix socket's path that every system takes."""


class ControlSocket:
    """Answers on `folder`'s socket with what `tell` gives, on a thread of its own. The caller has the folder alone.

    `answer` is given what is asked beyond that, a tree of JSON, and may raise EnigmaError.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[], dict[str, Any]],
        answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        self._tell, self._answer, self._folder = tell, answer, folder
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
                asked = _asked(connection)
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(json.dumps(self._answered(asked)).encode() + b"\n")

    def _answered(self, asked: bytes) -> dict[str, Any]:
        if not asked:
            return self._tell()
        try:
            question = json.loads(asked)
            if self._answer is None or not isinstance(question, dict):
                raise ArgumentProblem("this process answers no such question")
            return self._answer(question)
        except EnigmaError as error:
            return {"error": error.message, "hint": error.hint}
        except ValueError:
            return {"error": "a question is one object of JSON on a line", "hint": ""}


def ask(
    folder: Path, question: dict[str, Any] | None = None, *, patience: float = ANSWER_SECONDS
) -> dict[str, Any] | None:
    """What the process of this folder tells, with its number as `pid`; None where none runs.

    `question`: what else is asked; `patience`: seconds for the answer. Raises NetworkError, and ArgumentProblem where
    the question has no answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        try:
            with reachable(folder, NAME) as path:
                connection.connect(path)
            if question is not None:
                connection.sendall(json.dumps(question).encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            pid = _process_at(connection)
            answer = line_of(connection)
        except (FileNotFoundError, ConnectionError):
            return None
        except OSError as error:
            raise NetworkError(f"the process of {folder} does not answer: {error}") from None
    if not answer:
        return None
    told: dict[str, Any] = json.loads(answer)
    if "error" in told:
        raise ArgumentProblem(str(told["error"]), hint=str(told["hint"]))
    if question is not None:
        return told
    return {**told, "pid": told["pid"] if pid is None else pid}


def _asked(connection: socket.socket) -> bytes:
    """The question of one who has just connected; empty where there is none, or it does not come at once."""
    connection.settimeout(QUESTION_SECONDS)
    try:
        return line_of(connection, MOST_ASKED)
    except TimeoutError:
        return b""


def line_of(connection: socket.socket, limit: int = LIMIT) -> bytes:
    """One line that the other side sends, or what it sent of it before it ended."""
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < limit:
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
