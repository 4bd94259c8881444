"""A job's process, from the node's side: started, given its assignment, answered, and ended."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from enigma import errors
from enigma.errors import EnigmaError, NetworkError, StreamEnded, WireError
from enigma.net.gate import Gate
from enigma.node.job.assignment import Assignment
from enigma.node.job.finding import Finding
from enigma.wire.stream import read_message, write_message

LIMIT = 1 << 36
PATIENCE = 5.0
"""Seconds that a process has to end by itself before it is killed."""


class JobProcess:
    """One attempt at one job. `run` blocks until the process has ended; `stop` ends it from another thread.

    `pieces(indices)` gives this seat's pieces, `store(finding)` keeps one durably, `sign(digest)` signs what is
    pending, `phase(what, done, total)` is told what goes on. `memory`: bytes of address space, 0 for no limit.
    """

    def __init__(
        self,
        assignment: Assignment,
        gate: Gate,
        *,
        pieces: Callable[[list[int]], list[bytes]],
        store: Callable[[Finding], None],
        sign: Callable[[bytes], bytes],
        phase: Callable[[str, int, int], None],
        memory: int = 0,
    ) -> None:
        self._assignment, self._gate, self._memory = assignment, gate, memory
        self._pieces, self._store, self._sign, self._phase = pieces, store, sign, phase
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def run(self) -> dict[int, bytes]:
        """The signatures of all seats. Raises the error that the process reports, NetworkError where it just ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                # The room closes by itself when the process, which alone has the other end then, is gone.
                self._gate.hand_over(self._assignment.session, ours)
            except BaseException:
                ours.close()
                raise
            process = self._start(theirs)
        try:
            return self._serve(process)
        finally:
            self._end(process)

    def stop(self) -> None:
        """End the process, at once."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _start(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise NetworkError("the job was stopped before its process began")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "enigma.node.job", str(theirs.fileno())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 16, pass_fds=[theirs.fileno()],
            )  # fmt: skip
            if self._memory:
                # A process that was just started has allocated next to nothing: the limit comes in time.
                resource.prlimit(self._process.pid, resource.RLIMIT_AS, (self._memory, self._memory))
            return self._process

    def _serve(self, process: subprocess.Popen[bytes]) -> dict[int, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            write_message(process.stdin, {"assignment": self._assignment.tree()})
            while True:
                message: Any = read_message(process.stdout, limit=LIMIT)
                if "phase" in message:
                    self._phase(message["phase"], message["done"], message["total"])
                elif "need" in message:
                    write_message(process.stdin, self._answer(message))
                elif "signed" in message:
                    return {int(seat): bytes(signature) for seat, signature in message["signed"]}
                else:
                    raise _rebuilt(*message["error"])
        except (StreamEnded, BrokenPipeError) as error:
            raise NetworkError(
                f"the process of job {self._assignment.question.job} ended in the middle",
                hint="it was killed, or reached its limit of memory; the job is tried again",
            ) from error

    def _answer(self, message: Any) -> Any:
        match message["need"]:
            case "pieces":
                return {"pieces": self._pieces([int(index) for index in message["indices"]])}
            case "store":
                self._store(Finding.read(message["finding"]))
                return {"stored": True}
            case "sign":
                return {"signature": self._sign(bytes(message["digest"]))}
        raise WireError("a job's process asks for nothing else than pieces, storing and signing")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _rebuilt(name: str, text: str, hint: str) -> EnigmaError:
    kind = getattr(errors, name, NetworkError)
    error: EnigmaError = kind.__new__(kind)
    EnigmaError.__init__(error, text, hint=hint)
    return error
