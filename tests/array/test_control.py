"""Loops against the same written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.array.checking import CheckingCommittee

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, RangeError, ShapeError
from enigma.local.plain import PlainCommittee
from enigma.program.node import ancestors
from enigma.program.ops import Op


def test_is_a_node_and_computes_what_it_says(committee: CheckingCommittee) -> None:
    target, start = np.array([4.0, 9.0, 2.0]), np.ones(3)
    goal = committee.share(target, lo=1, hi=10)
    root = xp.loop(
        6, lambda r: xp.clip((r + goal / r) * 0.5, 1, 10), xp.with_range(committee.share(start, lo=1, hi=1), 1, 10)
    )
    assert sum(x.op is Op.LOOP for x in ancestors([root.node])) == 1
    assert np.allclose(committee.reveal(root), np.sqrt(target), atol=1e-5)


def test_carries_several(committee: CheckingCommittee) -> None:
    a = xp.with_range(committee.share(0, lo=0, hi=0), 0, 1000)
    b = xp.with_range(committee.share(1, lo=1, hi=1), 0, 1000)
    x, y = xp.loop(10, lambda a, b: (b, xp.minimum(a + b, 1000)), a, b)
    assert [int(v) for v in committee.reveal(x, y)] == [55, 89]
    (bit,) = (xp.loop(3, lambda p: ~p, committee.share([True, False])),)
    assert committee.reveal(bit).tolist() == [False, True]


def test_no_rounds_and_public_starts(committee: CheckingCommittee) -> None:
    start = xp.with_range(xp.asarray([1, 2]), 0, 50)
    grown = committee.share(2, lo=0, hi=3)
    assert xp.loop(0, lambda x: xp.minimum(x + grown, 50), start).shape == (2,)
    assert committee.reveal(xp.loop(0, lambda x: xp.minimum(x + grown, 50), start)).tolist() == [1, 2]
    assert committee.reveal(xp.loop(3, lambda x: xp.minimum(x + grown, 50), start)).tolist() == [7, 8]


def test_results_come_to_the_carried_scale(committee: CheckingCommittee) -> None:
    x = xp.astype(committee.share([3], lo=0, hi=8), xp.fixed(20))
    assert committee.reveal(xp.loop(4, lambda v: v * 0.5, x)).tolist() == [0.1875]
    assert committee.reveal(xp.loop(2, xp.floor, x)).tolist() == [3.0]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (lambda x: x + 1, RangeError),
        (lambda x: x * 0.3, KindError),
        (lambda x: x > 0, KindError),
        (lambda x: x[:1], ShapeError),
        (lambda x: (x, x), ShapeError),
    ],
)
def test_refusals(committee: CheckingCommittee, body: Any, error: type[Exception]) -> None:
    x = committee.share([1, 2], lo=0, hi=5)
    with pytest.raises(error):
        xp.loop(3, body, x)


def test_refusals_around(committee: CheckingCommittee) -> None:
    x = committee.share([1, 2], lo=0, hi=5)
    with pytest.raises(ShapeError):
        xp.loop(-1, lambda v: v, x)
    with pytest.raises(ShapeError):
        xp.loop(1, lambda: ())
    with PlainCommittee() as other, pytest.raises(ArgumentProblem):
        xp.loop(1, lambda v: v, x, other.share(1, lo=0, hi=1))
    with pytest.raises(RangeError, match="does not lie within"):
        xp.with_range(x, 1, 5)
    with pytest.raises(KindError):
        xp.with_range(x, 0, 5.5)
