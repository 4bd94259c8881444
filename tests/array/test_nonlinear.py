"""Accuracy of the nonlinear functions over their ranges, for either rounding of every truncation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.array import Array
from enigma.errors import RangeError

UNIT = 2.0**-20

Reals = np.ndarray[Any, np.dtype[np.float64]]


def points(lo: float, hi: float) -> Reals:
    """Evenly and geometrically spaced, and around every power of two."""
    found = [np.linspace(lo, hi, 400), np.array([lo, hi, 0.0, 1.0, -1.0])]
    if hi > 0:
        found.append(np.exp(np.linspace(np.log(max(lo, UNIT)), np.log(hi), 400)))
        powers = 2.0 ** np.arange(-20, 43)
        found += [powers, powers - UNIT, powers + UNIT]
    clipped: Reals = np.clip(np.concatenate(found), lo, hi)
    return clipped


def logistic(x: Reals) -> Reals:
    return 1 / (1 + np.exp(-x))


CASES: list[tuple[Callable[..., Array], Callable[..., Reals], float, float]] = [
    *((xp.reciprocal, np.reciprocal, lo, hi) for lo, hi in [
        (1e-3, 1e3), (1, 1e6), (UNIT, 1e6), (UNIT, 2.0**40), (0.5, 0.5), (3, 4), (2.0**20, 2.0**40), (-8, -0.25),
    ]),
    *((xp.sqrt, np.sqrt, lo, hi) for lo, hi in [(0, 1), (0, 1e6), (0, 2.0**41), (4, 4), (0, UNIT), (2.0**25, 2.0**41)]),
    *((xp.log, np.log, lo, hi) for lo, hi in [(1e-5, 1e6), (1, 2), (UNIT, 2.0**41), (1, 1)]),
    *((xp.exp, np.exp, lo, hi) for lo, hi in [(-20, 10), (-100, 26), (-1000, -999), (0, 0), (-0.5, 0.3), (5, 5.1)]),
    *((xp.sigmoid, logistic, lo, hi) for lo, hi in [
        (-30, 30), (-3, 2), (0, 0), (20, 30), (-30, -20), (14.5, 40), (-100, 0), (-1, 1e5),
    ]),
    *((xp.tanh, np.tanh, lo, hi) for lo, hi in [(-10, 10), (0, 0.5)]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "exact", "lo", "hi"), CASES)
@pytest.mark.parametrize("rounding", ["nearest", "either"])
def test_within_four_units_and_2_to_minus_26(
    committee: CheckingCommittee, function: Any, exact: Any, lo: float, hi: float, rounding: str
) -> None:
    x = committee.share(points(lo, hi), lo=lo, hi=hi)
    with either_rounding(7) if rounding == "either" else nullcontext():
        values, got = committee.reveal(x, function(x))
    wanted = exact(values)
    assert (np.abs(got - wanted) <= 4 * UNIT + np.abs(wanted) * 2.0**-26).all()


@pytest.mark.parametrize("function", [xp.sqrt, xp.exp, xp.sigmoid])
def test_integers(committee: CheckingCommittee, function: Any) -> None:
    values = np.arange(0, 17)
    exact: Any = {xp.sqrt: np.sqrt, xp.exp: np.exp, xp.sigmoid: logistic}[function]
    got = committee.reveal(function(committee.share(values, lo=0, hi=16)))
    assert np.abs(got - exact(values.astype(float))).max() <= 4 * UNIT + np.exp(16) * 2.0**-26


@pytest.mark.parametrize("scale", [8, 15, 20, 21, 24, 28])
@pytest.mark.parametrize("name", ["sqrt", "log", "exp", "reciprocal", "sigmoid"])
def test_at_other_scales(committee: CheckingCommittee, name: str, scale: int) -> None:
    exact: dict[str, Any] = {
        "sqrt": np.sqrt, "log": np.log, "exp": np.exp, "reciprocal": np.reciprocal, "sigmoid": logistic,
    }  # fmt: skip
    x = committee.share(np.linspace(0.25, 8, 300), lo=0.25, hi=8, scale=scale)
    values, got = committee.reveal(x, getattr(xp, name)(x))
    wanted = exact[name](values)
    least = 2.0 ** -min(max(scale, 20), 24 if name != "sigmoid" else 20)
    assert np.abs(got - wanted).max() <= 4 * least + np.abs(wanted).max() * 2.0**-26


DIVISIONS = [
    (-180.0, 180.0, 1, 100_000, True),
    (-1e7, 1e7, 1, 100_000, True),
    (-1.0, 1.0, 0.001, 1000.0, False),
    (0.0, 1e-3, 0.5, 2.0**20, False),
    (-50.0, -2.0, -7.0, -0.5, False),
    (1.0, 2.0, 3.0, 3.0, False),
    (-1e4, 1e4, 2.0**-10, 2.0**20, False),
]


@pytest.mark.parametrize(("lo", "hi", "least", "most", "whole"), DIVISIONS)
@pytest.mark.parametrize("rounding", ["nearest", "either"])
def test_quotients(
    committee: CheckingCommittee, lo: float, hi: float, least: float, most: float, whole: bool, rounding: str
) -> None:
    random = np.random.default_rng(3)
    a = np.concatenate([random.uniform(lo, hi, 500), [lo, hi, lo, hi]])
    low, high = sorted((abs(least), abs(most)))
    b = np.exp(random.uniform(np.log(low), np.log(high), 500)) * np.sign(least)
    b = np.clip(np.concatenate([b, [least, most, most, least]]), min(least, most), max(least, most))
    x = committee.share(a, lo=lo, hi=hi)
    y = committee.share(b.astype(int) if whole else b, lo=least, hi=most)
    with either_rounding(5) if rounding == "either" else nullcontext():
        values, divisors, got = committee.reveal(x, y, x / y)
    wanted = values / divisors
    assert (np.abs(got - wanted) <= 4 * UNIT + np.abs(wanted) * 2.0**-26).all()


@pytest.mark.parametrize("most", [1, 3, 1000, 2**20])
@pytest.mark.parametrize("rounding", ["nearest", "either"])
def test_a_quotient_by_zero_is_zero_where_asked(committee: CheckingCommittee, most: int, rounding: str) -> None:
    random = np.random.default_rng(8)
    divisors = np.concatenate([[0, 0, 1, most], random.integers(0, most, 300, endpoint=True)])
    sums = np.concatenate([[5.0, 0.0, -7.5, 7.5], random.uniform(-100, 100, 300)])
    x, y = committee.share(sums, lo=-100, hi=100), committee.share(divisors, lo=0, hi=most)
    with either_rounding(5) if rounding == "either" else nullcontext():
        values, got = committee.reveal(x, xp.divide(x, y, zero=True))
    wanted = np.where(divisors == 0, 0, values / np.maximum(divisors, 1))
    assert (np.abs(got - wanted) <= 4 * UNIT + np.abs(wanted) * 2.0**-26).all()
    assert (got[divisors == 0] == 0).all()


def test_integer_quotients_are_fixed_point(committee: CheckingCommittee) -> None:
    q = committee.share([7, -9], lo=-10, hi=10) / committee.share([2, 3], lo=1, hi=5)
    assert q.dtype == xp.fixed(20)
    assert np.allclose(committee.reveal(q), [3.5, -3.0], atol=4 * UNIT)


@pytest.mark.parametrize(
    ("expression", "fragment"),
    [
        (lambda x: 1 / x, "clip(y, lo, hi)"),
        (lambda x: x / x, "clip(y, lo, hi)"),
        (xp.sqrt, "clip(x, 0, hi)"),
        (xp.log, "clip(x, lo, hi)"),
        (xp.exp, "clip(x, lo, hi)"),
        (lambda x: x**-2, "clip(y, lo, hi)"),
    ],
)
def test_refusals_say_the_rewrite_and_the_line(committee: CheckingCommittee, expression: Any, fragment: str) -> None:
    x = committee.share([1.0, 2.0], lo=-100, hi=100)
    with pytest.raises(RangeError) as caught:
        expression(x)
    assert fragment in caught.value.hint
    assert "test_nonlinear.py:" in caught.value.message


def test_a_clip_makes_it_possible(committee: CheckingCommittee) -> None:
    x = committee.share([0.001, 2.0], lo=-100, hi=100)
    assert np.allclose(committee.reveal(1 / xp.clip(x, 0.5, 100)), [2.0, 0.5], atol=4 * UNIT)
