from __future__ import annotations

import numpy as np
import pytest

import enigma.array as xp
from enigma.errors import ArgumentProblem
from enigma.local.plain import PlainCommittee


def test_shares_computes_and_reveals() -> None:
    with PlainCommittee() as committee:
        x = committee.share([[0.0, 3.0], [4.0, 0.0]], lo=-10, hi=10)
        distances = committee.compute(xp.sqrt(xp.sum(x * x, axis=1)))
        assert distances.secret
        assert np.allclose(committee.reveal(distances), [3.0, 4.0], atol=4e-6)


def test_costs_nothing() -> None:
    with PlainCommittee() as committee:
        x = committee.share([1.0], lo=0, hi=1)
        cost = committee.cost(x * x)
    assert (cost.rounds, cost.bytes_per_seat) == (0, 0)


def test_forgets_when_closed() -> None:
    committee = PlainCommittee()
    x = committee.share([1.0], lo=0, hi=1)
    committee.close()
    committee.close()
    for act in (lambda: committee.reveal(x), lambda: committee.share([True])):
        with pytest.raises(ArgumentProblem, match="closed"):
            act()
