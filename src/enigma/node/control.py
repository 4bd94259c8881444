"""How a running node is asked how it is, by its operator on this machine: a Unix socket in its folder.

Whoever may enter the folder may ask: one connection, a question or none, one line of JSON, closed. Nothing can be
commanded here (see `enigma.node.ordering`); to end a node is a signal to its process, whose number the system itself
tells about the other end of the socket.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from enigma.errors import ArgumentProblem, EnigmaError, NetworkError
from enigma.node.folder_socket import ANSWER_SECONDS, FolderSocket, line_of, reachable

NAME = "control"
QUESTION_SECONDS = 1.0
"""How long one who connects is waited for to say what it asks: others wait meanwhile."""
MOST_ASKED = 1 << 12
"""Bytes of a question."""


class ControlSocket(FolderSocket):
    """Answers on `folder`'s socket with what `tell` gives, on a thread of its own.

    `answer` is given what is asked beyond that, a tree of JSON, and may raise EnigmaError.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[], dict[str, Any]],
        answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        self._tell, self._answer = tell, answer
        super().__init__(folder, NAME, lambda connection: self._told(_asked(connection)))

    def _told(self, asked: bytes) -> dict[str, Any]:
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
            with reachable(folder / NAME) as path:
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


def _process_at(connection: socket.socket) -> int | None:
    """The process that listens, as the system knows it; None where it does not say."""
    which = getattr(socket, "SO_PEERCRED", None)
    if which is None:
        return None
    pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, which, struct.calcsize("3i")))
    return int(pid)
