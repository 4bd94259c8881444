"""What a node's work on jobs reaches for outside of it: clocks, threads, and the processes of attempts.

The usual ones are the machine's. Others let all nodes of a network run in one process, on one clock that nobody waits
for: what is tested then is the code that runs everywhere else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from enigma.node.running import JobProcess


class Thread(Protocol):
    """Something that is done beside everything else."""

    def start(self) -> None:
        """Begin."""

    def join(self, timeout: float | None = None) -> None:
        """Until it has ended, or for so many seconds."""


class Process(Protocol):
    """One attempt at one job. See `enigma.node.running.JobProcess`."""

    def run(self) -> dict[int, bytes]:
        """The signatures of all seats."""

    def stop(self) -> None:
        """End it, at once, from another thread."""

    @property
    def process_id(self) -> int | None:
        """The operating system's number of the process, None where there is none."""


def _thread(name: str, work: Callable[[], None]) -> Thread:
    return threading.Thread(target=work, name=name, daemon=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`seconds` never goes back, `date` is seconds since 1970; `thread` and `process` make what is then begun.

    `pause(ending, seconds)` waits for so long, or until `ending` is set.
    """

    seconds: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    thread: Callable[[str, Callable[[], None]], Thread] = _thread
    process: Callable[..., Process] = JobProcess
    pause: Callable[[threading.Event, float], object] = threading.Event.wait
