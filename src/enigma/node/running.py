"""A process of a job or a renewal, from the node's side: started, given its assignment, answered, and ended."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from enigma.errors import NetworkError, StreamEnded, WireError, rebuilt
from enigma.net.gate import Gate
from enigma.node.job.assignment import Assignment
from enigma.node.job.finding import Finding
from enigma.wire import Tree
from enigma.wire.stream import read_message, write_message

LIMIT = 1 << 36
PATIENCE = 5.0
"""Seconds that a process has to end by itself before it is killed."""


class Prepared:
    """A process that has loaded everything and waits for its assignment; `ours` is our end of its door."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "enigma.node.job", str(theirs.fileno())],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 16, pass_fds=[theirs.fileno()],
                )  # fmt: skip
            except BaseException:
                self.ours.close()
                raise

    def end(self) -> None:
        """Let it end, or end it."""
        process = self.process
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


class Spares:
    """Keeps processes ready for the next jobs, since starting one takes longer than most jobs do."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._ready: list[Prepared] = []
        self._closed = False

    def take(self) -> Prepared:
        """A process for one job; one that has ended while it waited is not handed out."""
        with self._lock:
            while self._ready:
                found = self._ready.pop()
                if found.process.poll() is None:
                    return found
                found.ours.close()
                found.end()
        return Prepared()

    def fill(self) -> None:
        """Start as many as are missing."""
        with self._lock:
            while not self._closed and len(self._ready) < self._count:
                self._ready.append(Prepared())

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            self._closed = True
            waiting, self._ready = self._ready, []
        for each in waiting:
            each.ours.close()
            each.end()


class NodeProcess(ABC):
    """One attempt at something, `what`. `_run` blocks until the process has ended; `stop` ends it from another thread.

    `first` is its assignment, `session` the room in which it meets others, `phase(what, done, total)` is told what goes
    on. `memory`: bytes of address space, 0 for no limit.
    """

    def __init__(
        self, what: str, first: Tree, session: bytes, gate: Gate, spares: Spares,
        *, phase: Callable[[str, int, int], None], memory: int,
    ) -> None:  # fmt: skip
        self._what, self._first, self._session = what, first, session
        self._gate, self._spares, self._memory, self._phase = gate, spares, memory, phase
        self._prepared: Prepared | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def _take_transcript(self, _: Any) -> None:
        raise WireError("this process was not told to write down anything")

    @abstractmethod
    def _answer(self, message: Any) -> Any:
        """What the process is told that needs something. Raises EnigmaError: then the attempt has failed."""

    def _run(self) -> Any:
        """Its last message. Raises the error that the process reports, NetworkError where it just ended."""
        prepared = self._begin()
        try:
            try:
                if self._memory:
                    resource.prlimit(prepared.process.pid, resource.RLIMIT_AS, (self._memory, self._memory))
                # The room closes by itself when the process, which alone has the other end, is gone.
                self._gate.hand_over(self._session, prepared.ours)
            except BaseException:
                prepared.ours.close()
                raise
            return self._serve(prepared.process)
        finally:
            prepared.end()

    def stop(self) -> None:
        """End the process, at once."""
        with self._lock:
            self._stopped = True
            if self._prepared is not None:
                self._prepared.process.kill()

    @property
    def process_id(self) -> int | None:
        """The operating system's number of the process, None before it has begun."""
        with self._lock:
            return None if self._prepared is None else self._prepared.process.pid

    def _begin(self) -> Prepared:
        with self._lock:
            if self._stopped:
                raise NetworkError(f"{self._what} was stopped before its process began")
            self._prepared = self._spares.take()
            return self._prepared

    def _serve(self, process: subprocess.Popen[bytes]) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            write_message(process.stdin, self._first)
            while True:
                message: Any = read_message(process.stdout, limit=LIMIT)
                if "phase" in message:
                    self._phase(message["phase"], message["done"], message["total"])
                elif "need" in message:
                    write_message(process.stdin, self._answer(message))
                elif "error" in message:
                    raise rebuilt(*message["error"])
                elif "transcript" in message:
                    self._take_transcript(message["transcript"])
                else:
                    return message
        except (StreamEnded, BrokenPipeError) as error:
            raise NetworkError(
                f"the process of {self._what} ended in the middle",
                hint="it was killed, or reached its limit of memory; it is tried again",
            ) from error


class JobProcess(NodeProcess):
    """One attempt at one job. `run` blocks until the process has ended.

    `pieces(indices)` gives this seat's pieces, `store(finding)` keeps one durably, `sign(digest)` signs what is
    pending, `opening(overruled)` hears that something is about to become known, `chain(question)` says what is on the
    chain, `keeper` answers what is asked about generations; `heard(tree)` is given the transcript where the assignment
    asks for one.
    """

    def __init__(
        self,
        assignment: Assignment,
        gate: Gate,
        spares: Spares,
        *,
        pieces: Callable[[list[int]], list[bytes]],
        store: Callable[[Finding], None],
        sign: Callable[[bytes], bytes],
        opening: Callable[[bool], None],
        chain: Callable[[bytes], bytes],
        keeper: Callable[[Any], Any],
        heard: Callable[[Tree], None],
        phase: Callable[[str, int, int], None],
        memory: int = 0,
    ) -> None:
        super().__init__(
            f"job {assignment.question.job}", {"assignment": assignment.tree()}, assignment.session, gate, spares,
            phase=phase, memory=memory,
        )  # fmt: skip
        self._pieces, self._store, self._sign = pieces, store, sign
        self._opening, self._chain, self._keeper, self._heard = opening, chain, keeper, heard

    def run(self) -> dict[int, bytes]:
        """The signatures of all seats. Raises the error that the process reports, NetworkError where it just ended."""
        return {int(seat): bytes(signature) for seat, signature in self._run()["signed"]}

    def _take_transcript(self, transcript: Any) -> None:
        self._heard(transcript)

    def _answer(self, message: Any) -> Any:
        match message["need"]:
            case "pieces":
                return {"pieces": self._pieces([int(index) for index in message["indices"]])}
            case "store":
                self._store(Finding.read(message["finding"]))
                return {"stored": True}
            case "opening":
                self._opening(bool(message["overruled"]))
                return {"goes_on": True}
            case "chain":
                return {"answer": self._chain(bytes(message["question"]))}
            case "sign":
                return {"signature": self._sign(bytes(message["digest"]))}
        return self._keeper(message)
