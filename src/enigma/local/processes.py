"""Starting, asking and ending the seat processes of a local committee."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any

from enigma.errors import EnigmaError, NetworkError, SeatLost, StreamEnded, WireError, rebuilt
from enigma.wire.stream import read_message, write_message

LIMIT = 1 << 36
PATIENCE = 5.0
"""Seconds that a seat has to end by itself before it is killed."""


class SeatProcesses:
    """The processes of all seats. After the first error they are ended, and every further request is refused."""

    def __init__(self, seats: int, *, family: str, kernels: str, deadline: float) -> None:
        self._threads = ThreadPoolExecutor(seats, thread_name_prefix="seat")
        self._lock = threading.Lock()
        self._broken: EnigmaError | None = None
        self._running = [self._start() for _ in range(seats)]
        job = os.urandom(32)
        hello = {"family": family, "kernels": kernels, "deadline": max(1, round(deadline)), "job": job}
        introductions = self._each([{**hello, "seat": i} for i in range(seats)], "starting", None, bare=True)
        self.kernels = str(introductions[0]["kernels"])
        introduction = {"seats": [{k: _owned(v) for k, v in i.items()} for i in introductions]}
        self._each([introduction] * seats, "meeting the other seats", None, bare=True)

    @property
    def ids(self) -> tuple[int, ...]:
        """Process numbers, by seat."""
        return tuple(p.pid for p in self._running)

    def ask(
        self, requests: Sequence[dict[str, Any]], step: str, progress: Callable[[int, int], None] | None = None
    ) -> list[dict[str, Any]]:
        """Each seat's answer to its request; `step` says in errors what was going on.

        Raises the error that a seat reports, or `SeatLost` when its process ended.
        """
        if self._broken is not None:
            raise NetworkError(
                f"the committee ended earlier: {self._broken.message}", hint="start another with enigma.local()"
            )
        return self._each(requests, step, progress)

    def close(self) -> None:
        """End every process; none is left behind. Twice is fine."""
        with self._lock:
            if self._broken is None:
                self._broken = NetworkError("it was closed")
            for process in self._running:
                if process.stdin is not None and not process.stdin.closed:
                    try:
                        process.stdin.close()
                    except OSError:
                        process.kill()  # it is gone already, or will be
            for process in self._running:
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            self._threads.shutdown(wait=True)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "enigma.local.seat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 16
        )

    def _each(
        self,
        requests: Sequence[dict[str, Any]],
        step: str,
        progress: Callable[[int, int], None] | None,
        *,
        bare: bool = False,
    ) -> list[dict[str, Any]]:
        pending = [
            self._threads.submit(self._exchange, seat, request, step, progress if seat == 0 else None, bare)
            for seat, request in enumerate(requests)
        ]
        try:
            done, _ = wait(pending, return_when=FIRST_EXCEPTION)
            if any(f.exception() for f in done):
                wait(pending, timeout=PATIENCE)
        except BaseException:
            self._kill()
            raise
        failures = [f.exception() for f in pending if f.done() and f.exception() is not None]
        if failures:
            self._kill()
            wait(pending)
            self._fail(pending, step)
        return [f.result() for f in pending]

    def _fail(self, pending: list[Future[dict[str, Any]]], step: str) -> None:
        """Raise what explains the most: a seat's own refusal before a lost seat, a lost process before its echo."""
        found = [f.exception() for f in pending]
        known = [e for e in found if isinstance(e, EnigmaError)]
        for error in found:
            if error is not None and not isinstance(error, EnigmaError):
                raise error
        chosen = min(known, key=lambda e: (isinstance(e, NetworkError), not isinstance(e, _Ended)))
        if isinstance(chosen, _Ended):
            chosen = SeatLost(
                chosen.seat, step, hint="its process ended; start the committee again and repeat the call"
            )
        self._broken = chosen
        self.close()
        raise chosen

    def _exchange(
        self, seat: int, request: dict[str, Any], step: str, progress: Callable[[int, int], None] | None, bare: bool
    ) -> dict[str, Any]:
        process = self._running[seat]
        if process.stdin is None or process.stdout is None:
            raise _Ended(seat, step)
        try:
            write_message(process.stdin, request)
        except (StreamEnded, ValueError) as error:
            raise _Ended(seat, step) from error
        while True:
            # Only what the pipe does is the seat's end: a WireError that the seat reports is raised as that.
            try:
                message: Any = read_message(process.stdout, limit=LIMIT)
            except (WireError, ValueError) as error:
                raise _Ended(seat, step) from error
            if "error" in message:
                name, text, hint = message["error"]
                raise rebuilt(name, text, hint)
            if "progress" in message:
                if progress is not None:
                    progress(*message["progress"])
                continue
            answer: dict[str, Any] = message if bare else message["answer"]
            return answer

    def _kill(self) -> None:
        for process in self._running:
            process.kill()


class _Ended(SeatLost):
    """The process of a seat is gone: the cause, where other seats report only its consequence."""


def _owned(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
