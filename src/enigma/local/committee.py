"""A committee of processes on this machine: `enigma.local(seats=3)`.

Each seat is a process with keys of its own; seats talk over mutual TLS 1.3. This process is the data owner and the
reader: it splits secrets before they leave it, and puts revealed outputs together from all seats' pieces.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enigma.array.committee import Committee, want_stored
from enigma.array.literals import Raw
from enigma.engine.families import FAMILIES
from enigma.engine.plain import fold
from enigma.errors import ArgumentProblem
from enigma.local.processes import SeatProcesses
from enigma.program.cost import Cost, cost
from enigma.program.node import Node
from enigma.program.program import Program
from enigma.program.types import Type

KERNELS = ("auto", "native", "plain")

Progress = Callable[[str, int, int], None]
"""Told (phase, rounds done, rounds in all) while a program runs."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one run took: wall seconds of the slowest seat, processor seconds of all, bytes by seat, peak memory."""

    seconds: float
    cpu_seconds: float
    rounds: int
    seat_bytes: tuple[int, ...]
    max_rss_mb: float

    @property
    def bytes_per_seat(self) -> float:
        """The mean over the seats."""
        return sum(self.seat_bytes) / len(self.seat_bytes)


class LocalCommittee(Committee):
    """Seats as processes of this machine."""

    def __init__(
        self, seats: int = 3, *, kernels: str = "auto", deadline: float = 60.0, progress: Progress | None = None
    ) -> None:
        names = {family.seats: name for name, (family, _) in FAMILIES.items()}
        if seats not in names:
            raise ArgumentProblem(
                f"a committee of {seats} seats",
                hint=f"a protocol family exists for {', '.join(map(str, sorted(names)))} seats",
            )
        if kernels not in KERNELS:
            raise ArgumentProblem(f"kernels {kernels!r}", hint=f"there are {', '.join(KERNELS)}")
        self._name = names[seats]
        self._family, self._sharing = FAMILIES[self._name]
        self._indices = itertools.count()
        self._stored: set[int] = set()
        self.progress = progress
        self.phase = "computing"
        self.reports: list[Report] = []
        self._processes = SeatProcesses(seats, family=self._name, kernels=kernels, deadline=deadline)

    @property
    def report(self) -> Report:
        """What the latest run took."""
        if not self.reports:
            raise ArgumentProblem("nothing has run yet")
        return self.reports[-1]

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The operating system's process of each seat."""
        return self._processes.ids

    @property
    def kernels(self) -> str:
        """The instruction set that the seats' kernels use."""
        return self._processes.kernels

    def _store(self, raw: Raw, type_: Type) -> int:
        index = next(self._indices)
        requests = [
            {"do": "store", "index": index, "shape": list(raw.shape), "boolean": type_.is_bool, "pieces": pieces}
            for pieces in self._sharing.share(raw, os.urandom)
        ]
        self._processes.ask(requests, "storing a secret")
        self._stored.add(index)
        return index

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        """See `Committee.run`."""
        want_stored(stored, self._stored)
        keeps = [next(self._indices) for _ in program.keeps]
        request = {
            "do": "run",
            "program": program.encode(self._name),
            "stored": list(stored),
            "keeps": keeps,
            "progress": self.progress is not None,
        }
        answers = self._processes.ask([request] * self._family.seats, self.phase, self._on_progress)
        self._stored.update(keeps)
        secret = [i for i, node in enumerate(program.reveals) if node.secret]
        self.reports.append(
            Report(
                max(a["nanoseconds"] for a in answers) / 1e9,
                sum(a["cpu_nanoseconds"] for a in answers) / 1e9,
                answers[0]["rounds"] + bool(secret),
                tuple(a["sent"] + sum(len(a["revealed"][i]) for i in secret) for a in answers),
                max(a["max_rss_kib"] for a in answers) / 1024,
            )
        )
        values = [
            self._reconstruct([a["revealed"][i] for a in answers], node) if node.secret else fold(node)
            for i, node in enumerate(program.reveals)
        ]
        return values, keeps

    def _reconstruct(self, sent: list[bytes], node: Node) -> Raw:
        return self._sharing.reconstruct(
            [self._sharing.read_output(data, node.shape, node.type.is_bool) for data in sent]
        )

    def forget(self, stored: Sequence[int]) -> None:
        """See `Committee.forget`."""
        want_stored(stored, self._stored)
        self._stored.difference_update(stored)
        self._processes.ask([{"do": "drop", "indices": list(stored)}] * self._family.seats, "forgetting secrets")

    def _on_progress(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(self.phase, done, total)

    def cost_of(self, program: Program) -> Cost:
        """See `Committee.cost_of`."""
        return cost(program, self._family)

    def close(self) -> None:
        """See `Committee.close`: no process is left behind."""
        self._processes.close()

    def __del__(self) -> None:
        if hasattr(self, "_processes"):
            self._processes.close()
