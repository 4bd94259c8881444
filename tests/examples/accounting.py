"""A committee that keeps account: what each program opened, and that it cost what was foretold."""

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
    """Another committee, whose every secure run must cost what was foretold: rounds, and bytes of each seat."""

    def __init__(self, inner: Committee) -> None:
        self.inner = inner
        self.opened: list[str] = []
        """The kind and shape of every value that left the committee, in order: `bool`, `fixed(2, 3)`."""

    def _store(self, raw: Raw, type_: Type) -> int:
        return self.inner._store(raw, type_)

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        found = self.inner.run(program, stored)
        opened = [node for node in program.reveals if node.secret]
        self.opened += [f"{node.type.kind.value}{node.shape or ''}" for node in opened]
        if isinstance(self.inner, LocalCommittee | WorldCommittee):
            measured = self.inner.report if isinstance(self.inner, LocalCommittee) else self.inner.measured
            foretold = self.inner.cost_of(program)
            assert (measured.rounds, measured.seat_bytes) == (foretold.rounds, foretold.seat_bytes)
            assert (measured.rounds > 0) == any(measured.seat_bytes)
        return found

    def forget(self, stored: Sequence[int]) -> None:
        self.inner.forget(stored)

    def cost_of(self, program: Program) -> Cost:
        return self.inner.cost_of(program)

    def close(self) -> None:
        self.inner.close()
