"""A plain committee that remembers its programs."""

from __future__ import annotations

from collections.abc import Sequence

from enigma.array.literals import Raw
from enigma.local.plain import PlainCommittee
from enigma.program.program import Program


class Recording(PlainCommittee):
    """What was asked of it lies in `programs`."""

    def __init__(self) -> None:
        super().__init__()
        self.programs: list[Program] = []

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        self.programs.append(program)
        return super().run(program, stored)
