"""The jobs that concern this node, from the events of the chain to their end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from enigma.chain.jobs import Request
from enigma.node.states import ENDED, WAITS, JobEvent, JobState, after


@dataclass
class Job:
    """One job: what was asked, in which block (`block`, at `time`, seconds), and how far this seat is with it.

    `doing`, `done`, `total`: its phase, and rounds. `problem` is why the latest attempt failed, `reason` why the
    contract or the seats refused. `version` grows with every change.
    """

    request: Request
    block: int
    time: int
    seat: int
    state: JobState = JobState.ASKED
    attempts: int = 0
    doing: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""
    reason: str = ""
    signatures: dict[int, bytes] = field(default_factory=dict)
    version: int = 0

    @property
    def number(self) -> int:
        """Its number on the chain."""
        return self.request.job

    @property
    def waits(self) -> str:
        """What it does, or waits for, in words."""
        return self.doing if self.state is JobState.RUNNING and self.doing else WAITS.get(self.state, str(self.state))


class Docket:
    """All jobs of this node's contracts. Safe between threads; `wait` sleeps until something changes.

    `listener` hears every new job and every change; it must be quick, and must not call back.
    """

    def __init__(self, listener: Callable[[Job], None] = lambda _: None) -> None:
        self._changed = threading.Condition()
        self._listener = listener
        self._jobs: dict[int, Job] = {}

    def add(self, job: Job) -> None:
        """A job that the chain has just named; twice is once."""
        with self._changed:
            if job.number not in self._jobs:
                self._jobs[job.number] = job
                self._listener(job)
            self._changed.notify_all()

    def drop(self, number: int) -> None:
        """A job whose request has left the chain."""
        with self._changed:
            self._jobs.pop(number, None)
            self._changed.notify_all()

    def get(self, number: int) -> Job | None:
        """A job of this node, None where there is none of that number."""
        with self._changed:
            return self._jobs.get(number)

    def happen(
        self, number: int, event: JobEvent, change: Callable[[Job], None] | None = None, *, of: Job | None = None
    ) -> None:
        """Something happens to a job; `change` writes down what else there is to know. Ended jobs stay as they are.

        `of`: to this one alone, and not to another that took its number when the chain was reorganised.
        """
        with self._changed:
            job = self._jobs.get(number)
            if job is None or job.state in ENDED or (of is not None and job is not of):
                return
            job.state = after(job.state, event)
            if change is not None:
                change(job)
            self._tell(job)

    def note(self, number: int, change: Callable[[Job], None]) -> None:
        """Write something down about a job that does not change its state."""
        with self._changed:
            job = self._jobs.get(number)
            if job is not None:
                change(job)
                self._tell(job)

    def in_state(self, *states: JobState) -> list[Job]:
        """The jobs that are in one of these states, in the order of their numbers."""
        with self._changed:
            return [job for _, job in sorted(self._jobs.items()) if job.state in states]

    def all(self) -> list[Job]:
        """Every job, in the order of numbers."""
        with self._changed:
            return [job for _, job in sorted(self._jobs.items())]

    def wait(self, seconds: float) -> None:
        """Until something changes, or so long."""
        with self._changed:
            self._changed.wait(seconds)

    def wake(self) -> None:
        """Whoever waits looks again."""
        with self._changed:
            self._changed.notify_all()

    def follow(self, number: int, patience: float) -> Iterator[Job]:
        """A job each time that it changes, and every `patience` seconds as it stands, until it has ended."""
        seen = -1
        while True:
            with self._changed:
                if self._version(number) == seen:
                    self._changed.wait(patience)
                job = self._jobs.get(number)
                if job is None:
                    return
                seen = job.version
            yield job
            if job.state in ENDED:
                return

    def _version(self, number: int) -> int:
        job = self._jobs.get(number)
        return -2 if job is None else job.version

    def _tell(self, job: Job) -> None:
        job.version += 1
        self._listener(job)
        self._changed.notify_all()
