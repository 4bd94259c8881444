"""`PlainCommittee`: the committee's own surface on plain numbers, in the same fixed point. Nothing is secret here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from enigma.array.committee import Committee, want_stored
from enigma.array.literals import Raw
from enigma.engine.plain import evaluate
from enigma.errors import ArgumentProblem
from enigma.program.cost import Cost
from enigma.program.node import caller
from enigma.program.program import Program
from enigma.program.types import Type


class PlainCommittee(Committee):
    """Computes in this process, in the clear: for trying a program out, and as the definition of what it computes.

    `seed` fixes the order of shuffles.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._stored: dict[int, Raw] = {}
        self._count = 0
        self._open = True
        self._random = np.random.default_rng(seed)

    def _store(self, raw: Raw, type_: Type) -> int:
        self._want_open()
        index = self._count
        self._count += 1
        # The owner's array may change later; what was shared does not.
        self._stored[index] = np.array(raw, dtype=np.bool_ if type_.is_bool else np.int64)
        return index

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        """See `Committee.run`."""
        self._want_open()
        want_stored(stored, self._stored)
        inputs = {x.attrs["index"]: self._stored[index] for x, index in zip(program.inputs, stored, strict=True)}
        values = evaluate(program.outputs, inputs, self._random)
        count = len(program.reveals)
        kept = [self._store(raw, x.type) for raw, x in zip(values[count:], program.keeps, strict=True)]
        return [np.array(raw) for raw in values[:count]], kept

    def forget(self, stored: Sequence[int]) -> None:
        """See `Committee.forget`."""
        want_stored(stored, self._stored)
        for index in stored:
            self._stored.pop(index, None)

    def cost_of(self, program: Program) -> Cost:  # noqa: ARG002 - whatever it computes, nobody is asked
        """See `Committee.cost_of`."""
        return Cost(0, (0,))

    def close(self) -> None:
        """Forgets everything that was shared."""
        self._open = False
        self._stored.clear()

    def _want_open(self) -> None:
        if not self._open:
            raise ArgumentProblem(f"{caller()}: this committee is closed", hint="work inside its `with` block")
