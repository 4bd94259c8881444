"""One clock that nobody waits for, and tasks of which exactly one runs at a time: the seed decides which is next.

A task is a thread that holds the baton; it gives it up where it waits, and nowhere else. So a run is its list of
operations and its seed: nothing depends on how fast the machine is.
"""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable


class Died(BaseException):
    """The process that a task belongs to is gone. No handler of errors sees it."""


class Waits(AssertionError):
    """Somebody waits without a deadline, or beyond it."""


def _never() -> bool:
    return False


class Task:
    """Something that is done beside everything else; `dead` says whether its process is gone."""

    def __init__(self, scheduler: Scheduler, name: str, work: Callable[[], object], dead: Callable[[], bool]) -> None:
        self.name, self.dead = name, dead
        self._scheduler, self._work = scheduler, work
        self.ready: Callable[[], bool] = lambda: True
        self.until = 0.0
        self.ended = False
        self.error: BaseException | None = None
        self.go = threading.Lock()  # a plain lock is the fastest baton: whoever waits acquires what another releases
        self.go.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._scheduler.add(self)
        self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        self._scheduler.wait(lambda: self.ended, timeout, f"the end of {self.name}")

    def _run(self) -> None:
        self.go.acquire()
        try:
            if not self.dead():
                self._work()
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - told to whoever runs the scheduler
            self.error = error
        finally:
            self.ended = True
            self._scheduler.back.release()


class Scheduler:
    """`wait` is for tasks, `run` for whoever has none of them. `most` is the longest wait that may be asked for."""

    def __init__(self, chance: random.Random, most: float) -> None:
        self.now = 0.0
        self.back = threading.Lock()
        self.back.acquire()
        self.fault: Waits | None = None  # told by `run`: whoever waits may have a handler for every error
        self._chance, self._most = chance, most
        self._tasks: list[Task] = []
        self._alarms: list[float] = []
        self._current: Task | None = None

    def task(self, name: str, work: Callable[[], object], dead: Callable[[], bool] = _never) -> Task:
        return Task(self, name, work, dead)

    def add(self, task: Task) -> None:
        self._tasks.append(task)

    def alarm(self, at: float) -> None:
        """At this time somebody's `ready` may change."""
        heapq.heappush(self._alarms, at)

    def wait(self, ready: Callable[[], bool], seconds: float | None, what: str) -> bool:
        """Whether it came about before the time was over."""
        task = self._current
        assert task is not None
        if seconds is None or seconds > self._most:
            # Joining what itself waits with deadlines is bounded by them; nothing else may be endless.
            if not what.startswith("the end of "):
                self.fault = self.fault or Waits(f"{task.name} waits for {what} without a deadline")
            seconds = self._most
        task.ready, task.until = ready, self.now + seconds
        self.back.release()
        task.go.acquire()
        if task.dead():
            raise Died
        return ready()

    def sleep(self, seconds: float) -> None:
        self.wait(_never, seconds, "time to pass")

    def run(self, seconds: float, done: Callable[[], bool] = _never) -> None:
        """Let time pass, until it is over or something is done. Raises what a task raised."""
        until = self.now + seconds
        while not done():
            able = [each for each in self._tasks if each.dead() or self.now >= each.until or each.ready()]
            if able:
                self._resume(able[0] if len(able) == 1 else self._chance.choice(able))
                continue
            while self._alarms and self._alarms[0] <= self.now:
                heapq.heappop(self._alarms)
            times = [each.until for each in self._tasks] + self._alarms[:1]
            soonest = min(times, default=until)
            if soonest > until:
                self.now = until
                return
            self.now = soonest

    def close(self) -> None:
        """End every task where it waits."""
        for task in self._tasks:
            task.dead = lambda: True
        while self._tasks:
            self._resume(self._tasks[0], quiet=True)

    def _resume(self, task: Task, *, quiet: bool = False) -> None:
        self._current = task
        task.go.release()
        self.back.acquire()
        self._current = None
        if task.ended:
            self._tasks.remove(task)
            if task.error is not None and not quiet:
                raise task.error
        if self.fault is not None and not quiet:
            raise self.fault
