"""A committee that compares, for every program that it runs, what was foretold with what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from enigma.array.committee import Committee
from enigma.array.literals import Raw
from enigma.local.committee import LocalCommittee
from enigma.program.cost import Cost
from enigma.program.program import Program
from enigma.program.types import Type
from enigma.testing.committee import WorldCommittee


class Accounted(Committee):
    """Another committee, whose every run must cost what was foretold: rounds, and bytes of each seat."""

    def __init__(self, inner: LocalCommittee | WorldCommittee) -> None:
        self.inner = inner
        self.runs = 0

    def _store(self, raw: Raw, type_: Type) -> int:
        return self.inner._store(raw, type_)

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        found = self.inner.run(program, stored)
        self.runs += 1
        measured = self.inner.report if isinstance(self.inner, LocalCommittee) else self.inner.measured
        foretold = self.inner.cost_of(program)
        assert (measured.rounds, measured.seat_bytes) == (foretold.rounds, foretold.seat_bytes)
        return found

    def forget(self, stored: Sequence[int]) -> None:
        self.inner.forget(stored)

    def cost_of(self, program: Program) -> Cost:
        return self.inner.cost_of(program)

    def close(self) -> None:
        self.inner.close()
