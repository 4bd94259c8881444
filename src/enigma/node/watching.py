"""What a node's operator is told about its jobs: each change as a log event, and counts and seconds for the metrics."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from enigma.node.docket import Job
from enigma.node.logs import Plain, event
from enigma.node.states import ENDED, JobState


@dataclass
class _Seen:
    state: JobState
    since: float
    doing: str
    doing_since: float
    problem: str


class Watch:
    """Hears every change of every job (`docket.listener`). Safe between threads. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[int, _Seen] = {}
        self.live = False
        """Whether the chain has been read to its end: what is read before is the past, and only told for debugging."""
        self.ended: Counter[str] = Counter()
        """Jobs by how they ended, since the node had read the chain."""
        self.failures = 0
        """Attempts that failed."""
        self._seconds: dict[str, float] = {}

    def __call__(self, job: Job) -> None:
        """A job has changed, or is new."""
        now = self._clock()
        with self._lock:
            seen = self._seen.get(job.number)
            if seen is None:
                self._seen[job.number] = _Seen(job.state, now, "", now, "")
                self._event(
                    "job asked", job=job.number, contract=job.request.contract.hex(), seat=job.seat, block=job.block
                )
                return
            self._phase(job, seen, now)
            if job.state is not seen.state:
                self._moved(job, seen, now)
            if job.problem and job.problem != seen.problem:
                event("job has a problem", level=logging.WARNING, job=job.number, problem=job.problem)
            seen.problem = job.problem
            if job.state in ENDED:
                del self._seen[job.number]

    def _phase(self, job: Job, seen: _Seen, now: float) -> None:
        # Programs are counted within a job; for the seconds all of them are one phase.
        doing = job.doing.rstrip("0123456789").rstrip() if job.state is JobState.RUNNING else ""
        if doing == seen.doing:
            return
        if seen.doing:
            self._seconds[seen.doing] = self._seconds.get(seen.doing, 0.0) + now - seen.doing_since
        if doing:
            event("job goes on", level=logging.DEBUG, job=job.number, phase=doing)
        seen.doing, seen.doing_since = doing, now

    def _moved(self, job: Job, seen: _Seen, now: float) -> None:
        took = round(now - seen.since, 3)
        if seen.state is JobState.RUNNING and job.state is JobState.READY:
            self.failures += 1
            event("job failed and is tried again", level=logging.WARNING, job=job.number, attempts=job.attempts)
        elif job.state in ENDED:
            self.ended[str(job.state)] += self.live
            self._event(f"job {job.state}", job=job.number, seconds=took, attempts=job.attempts, reason=job.reason)
        else:
            self._event(f"job {job.state}", job=job.number, seconds=took, attempts=job.attempts)
        seen.state, seen.since = job.state, now

    def _event(self, name: str, **fields: Plain) -> None:
        event(name, level=logging.INFO if self.live else logging.DEBUG, **fields)

    def phases(self) -> dict[str, float]:
        """Seconds by phase, those of phases that go on included."""
        now = self._clock()
        with self._lock:
            found: dict[str, float] = dict(self._seconds)
            for seen in self._seen.values():
                if seen.doing:
                    found[seen.doing] = found.get(seen.doing, 0.0) + now - seen.doing_since
            return found
