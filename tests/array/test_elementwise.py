"""Arithmetic, comparison, logic and rounding against NumPy; and the ranges that they prove."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, RangeError

UNIT = 2.0**-20

integers = st.one_of(st.sampled_from([0, 1, -1, 1000, -1000]), st.integers(-1000, 1000))
reals = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 1000.0, -1000.0, UNIT, -UNIT, 0.5, -0.5, 2.5]),
    st.floats(-1000, 1000).map(lambda v: round(v / UNIT) * UNIT),
)
vectors = st.lists(integers, min_size=4, max_size=4)
real_vectors = st.lists(reals, min_size=4, max_size=4)

EXACT: list[Any] = [
    operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
]  # fmt: skip


@pytest.mark.parametrize("act", [*EXACT, operator.mul])
@settings(max_examples=40)
@given(vectors, vectors)
def test_integers_exactly(act: Any, a: list[int], b: list[int]) -> None:
    with CheckingCommittee() as committee:
        x, y = committee.share(a, lo=-1000, hi=1000), committee.share(b, lo=-1000, hi=1000)
        wanted = act(np.array(a), np.array(b))
        found = committee.reveal(
            act(x, y), act(x, np.array(b)), act(np.array(a), y), act(x, b[0]), act(a[0], y), act(x, x)
        )
        for got, exact in zip(
            found,
            [wanted, wanted, wanted, act(np.array(a), b[0]), act(a[0], np.array(b)), act(np.array(a), np.array(a))],
            strict=True,
        ):  # fmt: skip
            assert got.dtype == exact.dtype
            assert (got == exact).all()


@pytest.mark.parametrize("act", EXACT)
@settings(max_examples=40)
@given(real_vectors, real_vectors)
def test_reals_exactly(act: Any, a: list[float], b: list[float]) -> None:
    with CheckingCommittee() as committee:
        x, y = committee.share(a, lo=-1000, hi=1000), committee.share(b, lo=-1000, hi=1000, scale=22)
        wanted = act(np.array(a), np.array(b))
        for got in committee.reveal(act(x, y), act(x, np.array(b)), act(np.array(a), y)):
            assert (got == wanted).all()


@settings(max_examples=40)
@given(real_vectors, real_vectors, st.integers(0, 9))
def test_products_within_one_unit(a: list[float], b: list[float], seed: int) -> None:
    with CheckingCommittee() as committee, either_rounding(seed):
        x, y = committee.share(a, lo=-1000, hi=1000), committee.share(b, lo=-1000, hi=1000)
        u, v = np.array(a), np.array(b)
        found = committee.reveal(x * y, xp.square(x), xp.multiply(x, y, scale=24), x * b[0], a[0] * y, x * v)
        for got, wanted in zip(found, [u * v, u * u, u * v, u * b[0], a[0] * v, u * v], strict=True):
            assert np.abs(got - wanted).max() < 1.51 * UNIT


@settings(max_examples=40)
@given(real_vectors, st.floats(-1000, 1000), st.integers(0, 9))
def test_literals_of_any_size(a: list[float], c: float, seed: int) -> None:
    with CheckingCommittee() as committee, either_rounding(seed):
        x, u = committee.share(a, lo=-1000, hi=1000), np.array(a)
        found = committee.reveal(x * c, x + c, c - x, x * np.array([c] * 4))
        for got, wanted in zip(found, [u * c, u + c, c - u, u * c], strict=True):
            assert np.abs(got - wanted).max() < 1.51 * UNIT + 1000 * abs(c) * 2.0**-23
        if abs(c) > 2.0**-8:
            for got in committee.reveal(x / c, x / np.array([c] * 4)):
                assert np.abs(got - u / c).max() < 1.51 * UNIT + 1000 / abs(c) * 2.0**-23


def test_precise_literals(committee: CheckingCommittee) -> None:
    u = np.array([1000.0, -999.5, 0.25])
    x = committee.share(u, lo=-1000, hi=1000)
    for c in (0.1, 1 / 3, 0.001, 1e-5, 7.7, Fraction(1, 7)):
        assert np.abs(committee.reveal(x * c) - u * float(c)).max() <= UNIT
        assert np.abs(committee.reveal(x / (1 / c)) - u * float(c)).max() <= UNIT


def test_scales(committee: CheckingCommittee) -> None:
    x = committee.share([1.5], lo=-4, hi=4)
    n = committee.share([3], lo=0, hi=10)
    c = committee.share([0.75], lo=-1, hi=1, scale=8)
    scales = {
        "x * x": x * x, "x + 0.1": x + 0.1, "x * 3": x * 3, "x * n": x * n, "n * n": n * n, "n * 0.5": n * 0.5,
        "n / 4": n / 4, "c * c": c * c, "x / 1024": x / 1024, "n + 0.1": n + 0.1, "n * 0.1": n * 0.1, "c + x": c + x,
        "all": xp.multiply(x, x, scale=40), "few": xp.multiply(x, x, scale=10), "n / 3": n / 3, "c * 0.1": c * 0.1,
    }  # fmt: skip
    assert {name: found.scale for name, found in scales.items()} == {
        "x * x": 20, "x + 0.1": 20, "x * 3": 20, "x * n": 20, "n * n": 0, "n * 0.5": 1, "n / 4": 2, "c * c": 16,
        "x / 1024": 30, "n + 0.1": 20, "n * 0.1": 20, "c + x": 20, "all": 40, "few": 10, "n / 3": 20, "c * 0.1": 20,
    }  # fmt: skip
    exact = [2.25, 1.6, 4.5, 4.5, 9, 1.5, 0.75, 0.5625, 1.5 / 1024, 3.1, 0.3, 2.25, 2.25, 2.25, 1, 0.075]
    assert np.allclose([float(v[0]) for v in committee.reveal(*scales.values())], exact, atol=2 * UNIT, rtol=0)


def test_products_wider_than_the_headroom_are_split(committee: CheckingCommittee) -> None:
    random = np.random.default_rng(0)
    for size, other in [(1e5, 1e5), (3e6, 1e6), (1e10, 100.0)]:
        a, b = random.uniform(-size, size, 200), random.uniform(-other, other, 200)
        x, y = committee.share(a, lo=-size, hi=size), committee.share(b, lo=-other, hi=other)
        with either_rounding(3):
            u, v, got = committee.reveal(x, y, x * y)
        exact = np.array([float(Fraction(p) * Fraction(q)) for p, q in zip(u, v, strict=True)])
        assert np.abs(got - exact).max() <= 4 * UNIT + np.abs(exact).max() * 2.0**-52
    x = committee.share(np.ones((3, 1000)), lo=-1e4, hi=1e4)
    assert (committee.reveal(x @ x.T) == 1000.0).all()


def test_products_beyond_64_bits_are_refused(committee: CheckingCommittee) -> None:
    x = committee.share([1.0], lo=-1e8, hi=1e8)
    with pytest.raises(RangeError) as caught:
        x * x
    assert "clip()" in caught.value.hint
    assert "test_elementwise.py:" in caught.value.message
    n = committee.share([1], lo=-(2**40), hi=2**40)
    with pytest.raises(RangeError):
        n * n


UNARY: list[tuple[Any, Any]] = [
    (operator.neg, np.negative),
    (operator.pos, np.positive),
    (abs, np.abs),
    (xp.sign, np.sign),
    (xp.floor, np.floor),
    (xp.ceil, np.ceil),
    (xp.trunc, np.trunc),
    (xp.round, np.round),
    (lambda x: xp.clip(x, -1.5, 2.25), lambda v: v.clip(-1.5, 2.25)),
    (lambda x: xp.clip(x, None, 0), lambda v: v.clip(None, 0)),
    (lambda x: xp.clip(x, 3), lambda v: v.clip(3)),
    (lambda x: xp.clip(x, 2000, 3000), lambda v: v.clip(2000, 3000)),
    (lambda x: xp.clip(x, x[0], 5), lambda v: v.clip(v[0], 5)),
    (lambda x: xp.astype(x, xp.int64), lambda v: v.astype(int)),
    (lambda x: xp.astype(x, xp.bool), lambda v: v.astype(bool)),
    (lambda x: xp.astype(x, xp.fixed(30)), lambda v: v),
    (lambda x: xp.maximum(x, 1.5), lambda v: np.maximum(v, 1.5)),
    (lambda x: xp.minimum(-2, x), lambda v: np.minimum(-2, v)),
    (lambda x: xp.minimum(x, x[::-1]), lambda v: np.minimum(v, v[::-1])),
    (lambda x: xp.maximum(x, x[::-1]), lambda v: np.maximum(v, v[::-1])),
    (lambda x: xp.where(x > x[::-1], x, 7), lambda v: np.where(v > v[::-1], v, 7)),
]


@pytest.mark.parametrize(("act", "exact"), UNARY)
@settings(max_examples=40)
@given(real_vectors, st.integers(0, 9))
def test_exact_functions_of_reals(act: Any, exact: Any, a: list[float], seed: int) -> None:
    with CheckingCommittee() as committee, either_rounding(seed):
        assert (committee.reveal(act(committee.share(a, lo=-1000, hi=1000))) == exact(np.array(a))).all()


@pytest.mark.parametrize(("act", "exact"), UNARY)
@settings(max_examples=40)
@given(vectors)
def test_exact_functions_of_integers(act: Any, exact: Any, a: list[int]) -> None:
    with CheckingCommittee() as committee:
        assert (committee.reveal(act(committee.share(a, lo=-1000, hi=1000))) == exact(np.array(a))).all()


@settings(max_examples=40)
@given(st.lists(st.sampled_from([k / 2 for k in range(-9, 10)]), min_size=3, max_size=9), st.integers(0, 9))
def test_halves_round_to_even(a: list[float], seed: int) -> None:
    with CheckingCommittee() as committee, either_rounding(seed):
        assert (committee.reveal(xp.round(committee.share(a, lo=-5, hi=5, scale=1))) == np.round(a)).all()
        assert (committee.reveal(xp.round(committee.share(a, lo=-5, hi=5))) == np.round(a)).all()


def test_proven_ranges(committee: CheckingCommittee) -> None:
    x = committee.share([1.0, -2.0], lo=-4, hi=3)
    n = committee.share([1, 2], lo=1, hi=5)
    ranges = {
        "abs": abs(x), "sign": xp.sign(x), "sign n": xp.sign(n), "clip": xp.clip(x, -0.1, 2),
        "clip n": xp.clip(n, 0, 3),
        "square": x * x, "min": xp.minimum(x, 1), "max": xp.maximum(x, 1), "where": xp.where(x > 0, x, 9), "x-x": x - x,
        "floor": xp.floor(x * 0.75), "mean": xp.mean(n), "argmin": xp.argmin(n), "one_hot": xp.one_hot(n, 3),
        "abs n": abs(-n),
    }  # fmt: skip
    tenth = round(0.1 / UNIT) * UNIT
    assert {name: found.range for name, found in ranges.items()} == {
        "abs": (0, 4), "sign": (-1, 1), "sign n": (0, 1), "clip": (-tenth, 2), "clip n": (1, 3), "square": (0, 16),
        "min": (-4, 1), "max": (1, 3), "where": (-4, 9), "x-x": (0, 0), "floor": (-3, 2),
        "mean": (1, 5), "argmin": (0, 1), "one_hot": (0, 1), "abs n": (1, 5),
    }  # fmt: skip
    assert xp.clip(n, 0.5, 4.5).scale == 1
    with pytest.raises(RangeError, match="empty"):
        xp.clip(x, 2, 1)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 5, 8])
def test_powers(committee: CheckingCommittee, power: int) -> None:
    n, x = np.array([-3, -1, 0, 2]), np.array([-1.5, 0.25, 2.0])
    assert (committee.reveal(committee.share(n, lo=-3, hi=3) ** power) == n**power).all()
    assert np.allclose(committee.reveal(committee.share(x, lo=-2, hi=2) ** power), x**power, atol=40 * UNIT)
    assert np.allclose(committee.reveal(committee.share([2.0], lo=1, hi=4) ** -2), 0.25, atol=8 * UNIT)


def test_logic(committee: CheckingCommittee) -> None:
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    x, y = committee.share(a), committee.share(b)
    for act in (operator.and_, operator.or_, operator.xor, operator.eq, operator.ne):
        for left, right in ((x, y), (x, b), (a, y)):
            assert (committee.reveal(act(left, right)) == act(a, b)).all()
    assert (committee.reveal(~x) == ~a).all()
    assert (committee.reveal(xp.where(x, y, ~y)) == np.where(a, b, ~b)).all()
    assert (committee.reveal(xp.where(a, y, x)) == np.where(a, b, a)).all()
    assert committee.reveal(x * committee.share([1.5, 2.5, 3.5, 4.5], lo=0, hi=5)).tolist() == [1.5, 2.5, 0, 0]
    assert committee.reveal(x * 3).tolist() == [3, 3, 0, 0]
    assert committee.reveal(xp.astype(x, xp.fixed(20))).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert committee.reveal(xp.where(a, committee.share(1, lo=0, hi=1), 5)).tolist() == [1, 1, 5, 5]


@pytest.mark.parametrize(
    "act",
    [
        lambda x, b: x + b,
        lambda x, b: x & b,
        lambda x, b: ~x,
        lambda x, b: -b,
        lambda x, b: b * b,
        lambda x, b: b < True,
        lambda x, b: xp.where(x, 1, 2),
        lambda x, b: xp.where(b, x, b),
        lambda x, b: xp.concat([x, b]),
        lambda x, b: xp.any(x),
        lambda x, b: xp.sqrt(b),
        lambda x, b: x**0.5,
        lambda x, b: x / True,
        lambda x, b: xp.minimum(b, b),
        lambda x, b: xp.one_hot(x, 2),
    ],
)
def test_kinds_that_do_not_go_together(committee: CheckingCommittee, act: Any) -> None:
    with pytest.raises(KindError):
        act(committee.share([1.5], lo=0, hi=4), committee.share([True]))


@pytest.mark.parametrize(
    "act", [lambda x: x / 0, lambda x: x / np.array([1, 0]), lambda x: x * np.nan, lambda x: x + np.inf]
)
def test_no_number(committee: CheckingCommittee, act: Any) -> None:
    with pytest.raises(ArgumentProblem):
        act(committee.share([1.5, 2], lo=0, hi=4))
