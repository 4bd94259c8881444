"""The control of the examples' accounts: a run that costs anything else is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.examples.accounting import Accounted

from enigma.program.cost import Cost
from enigma.program.program import Program
from enigma.testing.committee import WorldCommittee


class Cheap(WorldCommittee):
    """Foretells a round too few."""

    def cost_of(self, program: Program) -> Cost:
        cost = super().cost_of(program)
        return replace(cost, rounds=cost.rounds - 1)


def test_what_was_foretold_must_be_what_was_measured() -> None:
    for inner, fits in ((WorldCommittee(), True), (Cheap(), False)):
        committee = Accounted(inner)
        product = committee.share([2, 3], lo=0, hi=9) * committee.share([4, 5], lo=0, hi=9)
        if fits:
            assert committee.reveal(product).tolist() == [8, 15]
            assert committee.opened == ["int(2,)"]
        else:
            with pytest.raises(AssertionError):
                committee.reveal(product)
