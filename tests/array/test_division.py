"""Whole quotients and remainders: Python's own, over the whole proven range, plain and under MPC."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, RangeError
from enigma.testing.committee import WorldCommittee

TOP = 2**61
"""Integers up to here divide by any public integer."""

UNIT = 2.0**-20


def spread(lo: int, hi: int, divisors: list[int], random: np.random.Generator) -> list[int]:
    """Numbers of a range: its ends, what lies around 0, and around multiples of the divisors."""
    near = [lo, hi, 0, 1, -1]
    for d in divisors:
        near += [lo // d * d, hi // d * d, d, -d, int(random.integers(lo, hi, endpoint=True)) // d * d]
    around = {v + step for v in near for step in (-1, 0, 1)} | set(random.integers(lo, hi, 20, endpoint=True).tolist())
    return sorted(v for v in around if lo <= v <= hi)


@st.composite
def divisions(draw: st.DrawFn) -> tuple[int, int, int]:
    """A range and a divisor of any size."""
    top = 1 << draw(st.integers(1, 61))
    lo, hi = sorted([draw(st.integers(-top, top)), draw(st.integers(-top, top))])
    divisor = draw(st.one_of(
        st.sampled_from([1, -1, 2, -2, 3, 5, 7, 10, 1000, 2**20, -(2**20)]),
        st.integers(1, 2**61), st.integers(1, 61).map(lambda bits: (1 << bits) - 1), st.integers(-(2**30), -1),
        st.integers(2, 10**6),
    ))  # fmt: skip
    return lo, hi, divisor


@settings(max_examples=150, deadline=None)
@given(divisions(), st.integers(0, 9))
@example((-TOP, TOP, 1), 0)
@example((-TOP, TOP, -1), 0)
@example((-TOP, TOP, 2), 1)
@example((-TOP, TOP, 3), 2)
@example((-TOP, TOP, -7), 3)
@example((-TOP, TOP, 10**9 + 7), 4)
@example((-TOP, TOP, TOP), 5)
@example((-TOP, TOP, 2**31 - 1), 6)
@example((-TOP, TOP, -(2**45) + 1), 7)
@example((5, 5, 3), 0)
@example((0, 6, 7), 0)
def test_by_public_integers(case: tuple[int, int, int], seed: int) -> None:
    lo, hi, divisor = case
    values = spread(lo, hi, [divisor], np.random.default_rng(seed))
    with CheckingCommittee() as committee, either_rounding(seed):
        x = committee.share(np.array(values, dtype=np.int64), lo=lo, hi=hi)
        whole, rest = x // divisor, x % divisor
        got = committee.reveal(whole, rest)
    assert [(int(q), int(r)) for q, r in zip(*got, strict=True)] == [divmod(v, divisor) for v in values]
    assert (got[0].dtype, got[1].dtype) == (np.int64, np.int64)
    ends = {lo // divisor, hi // divisor}
    assert whole.range == (min(ends), max(ends))
    assert min(divisor + 1, 0) <= rest.range[0] <= rest.range[1] <= max(divisor - 1, 0)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(0, 9))
def test_by_secret_integers(data: st.DataObject, seed: int) -> None:
    top = 1 << data.draw(st.integers(0, 42))
    lo, hi = sorted([data.draw(st.integers(-top, top)), data.draw(st.integers(-top, top))])
    low = data.draw(st.sampled_from([1, 2, 3, 100, 2**20]))
    high = low + data.draw(st.one_of(st.integers(0, 100), st.integers(0, 2**18)))
    sign = data.draw(st.sampled_from([1, -1]))
    random = np.random.default_rng(seed)
    pairs = [(v, sign * int(d)) for d in (low, high, *random.integers(low, high, 3, endpoint=True))
             for v in spread(lo, hi, [int(d)], random)]  # fmt: skip
    a, b = (np.array(each, dtype=np.int64) for each in zip(*pairs, strict=True))
    with CheckingCommittee() as committee, either_rounding(seed):
        x, y = (
            committee.share(a, lo=lo, hi=hi),
            committee.share(b, lo=min(sign * low, sign * high), hi=max(sign * low, sign * high)),
        )
        whole, rest = divmod(x, y)
        got = committee.reveal(whole, rest)
    assert [(int(q), int(r)) for q, r in zip(*got, strict=True)] == [divmod(v, d) for v, d in pairs]
    corners = [v // (sign * d) for v in (lo, hi) for d in (low, high)]
    assert min(corners) <= whole.range[0] <= whole.range[1] <= max(corners)
    assert min(sign * high + 1, 0) <= rest.range[0] <= rest.range[1] <= max(sign * high - 1, 0)


reals = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 1000.0, -1000.0, UNIT, -UNIT, 0.5]),
    st.floats(-1000, 1000).map(lambda v: round(v / UNIT) * UNIT),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(reals, min_size=3, max_size=3), st.lists(reals, min_size=3, max_size=3), st.integers(0, 9))
def test_reals_as_they_stand(a: list[float], b: list[float], seed: int) -> None:
    b = [max(abs(v), 0.25) for v in b]
    with CheckingCommittee() as committee, either_rounding(seed):
        x, y = committee.share(a, lo=-1000, hi=1000), committee.share(b, lo=0.25, hi=1000)
        found = committee.reveal(x // y, x % y, x // b[0], x % b[0], x // 3, x % 3, a[0] // y, a[0] % y)
    exact = [divmod(Fraction(v), Fraction(d)) for v, d in zip(a, b, strict=True)]
    by_first = [divmod(Fraction(v), Fraction(b[0])) for v in a]
    by_three = [divmod(Fraction(v), 3) for v in a]
    of_first = [divmod(Fraction(a[0]), Fraction(d)) for d in b]
    for i, wanted in enumerate([exact, by_first, by_three, of_first]):
        assert [Fraction(float(v)) for v in found[2 * i]] == [q for q, _ in wanted]
        assert [Fraction(float(v)) for v in found[2 * i + 1]] == [r for _, r in wanted]


def test_kinds_scales_and_ranges(committee: CheckingCommittee) -> None:
    n, x = committee.share([7, -7], lo=-10, hi=10), committee.share([7.5, -7.5], lo=-10, hi=10)
    assert [(v.dtype, v.range) for v in (n // 3, n % 3, n // -3, n % -3, n // 2.0)] == [
        (xp.int64, (-4, 3)), (xp.int64, (0, 2)), (xp.int64, (-4, 3)), (xp.int64, (-2, 0)), (xp.fixed(0), (-5, 5)),
    ]  # fmt: skip
    assert (x // 3).dtype == xp.fixed(0)
    assert (x % 3).dtype == xp.fixed(20)
    assert (x % 3).range == (0, 3 - UNIT)
    positive = committee.share([3], lo=1, hi=8)
    assert (n % positive).range == (0, 7)
    assert (n % -positive).range == (-7, 0)
    assert (committee.share([3], lo=0, hi=5) % positive).range == (0, 5)
    assert (positive // committee.share([3], lo=2, hi=4)).range == (0, 4)
    assert (positive % 9).range == (1, 8)
    assert committee.reveal(x // 2.5, x % 2.5)[0].tolist() == [3, -3]


def test_public_divisors_of_many_kinds(committee: CheckingCommittee) -> None:
    values = np.arange(-12, 12).reshape(4, 6)
    x = committee.share(values, lo=-12, hi=12)
    divisors: list[Any] = [
        np.array([1, 2, 3, -4, 5, 2]), np.array([[3], [-3], [3], [5]]), np.int64(5), xp.asarray(7),
        xp.asarray([2, 3, 4, 5, 6, 7]), np.arange(1, 25).reshape(4, 6), np.full((2, 4, 6), 4),
    ]  # fmt: skip
    for d in divisors:
        exact = np.asarray(d) if isinstance(d, xp.Array) else d
        assert np.array_equal(committee.reveal(x // d), values // exact)
        assert np.array_equal(committee.reveal(x % d), values % exact)
        assert np.array_equal(committee.reveal(*divmod(x, d))[1], values % exact)
    y = committee.share([1, 2, 3, 4, 5, 6], lo=1, hi=6)
    lefts: list[Any] = [100, -7, np.arange(-3, 3), np.arange(4).reshape(4, 1)]
    for left in lefts:
        assert np.array_equal(committee.reveal(left // y), left // np.arange(1, 7))
        assert np.array_equal(committee.reveal(left % y), left % np.arange(1, 7))
        assert np.array_equal(committee.reveal(divmod(left, y)[0]), left // np.arange(1, 7))
    assert committee.reveal(xp.asarray([7, -7]) // 2).tolist() == [3, -4]


def test_single_and_no_elements(committee: CheckingCommittee) -> None:
    one, none = committee.share(-7, lo=-10, hi=10), committee.share(np.zeros((0, 2), int), lo=-10, hi=10)
    y = committee.share(np.zeros((0, 2), int) + 1, lo=1, hi=10)
    assert [int(v) for v in committee.reveal(one // 2, one % 2, one // 4, one % 4)] == [-4, 1, -2, 1]
    for found in committee.reveal(none // 3, none % 3, none // y, none % y):
        assert found.shape == (0, 2)


@pytest.mark.parametrize("act", [operator.floordiv, operator.mod, divmod])
def test_division_by_zero_is_refused(committee: CheckingCommittee, act: Any) -> None:
    x = committee.share([1, 2], lo=-10, hi=10)
    for divisor in (0, 0.0, np.array([1, 0]), xp.asarray(0), 1e-9):
        with pytest.raises(ArgumentProblem, match=r"test_division\.py:\d+: division by a public zero"):
            act(x, divisor)
    for lo, hi in ((0, 4), (-4, 0), (-4, 4)):
        with pytest.raises(RangeError, match="does not keep away from zero") as caught:
            act(x, committee.share([1, 2] if hi else [-1, -2], lo=lo, hi=hi))
        assert "clip(" in caught.value.hint
    with pytest.raises(KindError):
        act(x, x > 0)
    with pytest.raises(KindError):
        act(x > 0, 2)


def test_what_could_leave_64_bits_is_refused(committee: CheckingCommittee) -> None:
    wide = committee.share([5], lo=-(2**63), hi=2**63 - 1)
    refused: list[Any] = [lambda: wide // 3, lambda: wide % 3, lambda: wide // -1]
    for act in refused:
        with pytest.raises(RangeError) as caught:
            act()
        assert "clip()" in caught.value.hint
    assert [int(v[0]) for v in committee.reveal(*divmod(wide, 1))] == [5, 0]
    with pytest.raises(RangeError, match="leave the 64-bit ring"):
        committee.share([0.5], lo=0, hi=1, scale=40) // 2**30
    with pytest.raises(RangeError):
        committee.share([5], lo=0, hi=2**50) // committee.share([5], lo=1, hi=2**30)


def test_costs() -> None:
    with WorldCommittee() as committee:
        x, y = committee.share(np.arange(100), lo=0, hi=1000), committee.share(np.ones(100, int), lo=1, hi=100)
        assert committee.cost(x % 7) == committee.cost(x // 7) == committee.cost(divmod(x, 7)[0])
        assert committee.cost(x // 7).rounds <= 9
        assert committee.cost(x // 600).rounds <= 8
        assert committee.cost(x % 1001).rounds == committee.cost(x // 1).rounds == committee.cost(x // -1).rounds == 1
        assert committee.cost(*divmod(x, y)).rounds == committee.cost(x % y).rounds <= 40
        assert committee.cost(x // (y + 60)).rounds <= 10


def test_under_mpc() -> None:
    random = np.random.default_rng(5)
    values = np.array(spread(-1000, 1000, [7, 16], random))
    wide = np.array(spread(-TOP, TOP, [7, 10**9 + 7], random))
    divisors = np.resize([1, 2, 3, 99, 100, 57], values.shape)
    with WorldCommittee() as committee:
        x, w = committee.share(values, lo=-1000, hi=1000), committee.share(wide, lo=-TOP, hi=TOP)
        y = committee.share(divisors, lo=1, hi=100)
        z = committee.share(-divisors / 4, lo=-100, hi=-0.25)
        outputs = [x // 7, x % 7, x // 16, x % -16, x // 600, w // 7, w % (10**9 + 7), x // y, x % y, x // z, x % z]
        found = committee.reveal(*outputs)
        assert committee.measured == committee.cost(*outputs)
    wanted = [values // 7, values % 7, values // 16, values % -16, values // 600, wide // 7, wide % (10**9 + 7),
              values // divisors, values % divisors, values // (-divisors / 4), values % (-divisors / 4)]  # fmt: skip
    for got, exact in zip(found, wanted, strict=True):
        assert np.array_equal(got, exact)


def test_wide_ranges_under_mpc() -> None:
    random = np.random.default_rng(6)
    divisors = [1, -1, 2, -3, 10, 2**20, 10**6, 2**31 - 1, -(2**45) + 1, TOP]
    wide = np.array(spread(-TOP, TOP, divisors, random))
    large = np.array(spread(-(2**40), 2**40, [1, 7, 2**18], random))
    by = np.resize([1, 2**18, 7, 100_003, 2], large.shape)
    with WorldCommittee() as committee:
        w = committee.share(wide, lo=-TOP, hi=TOP)
        x, y = committee.share(large, lo=-(2**40), hi=2**40), committee.share(by, lo=1, hi=2**18)
        quotients, rests = zip(*(divmod(w, d) for d in divisors), strict=True)
        whole, rest, *found = committee.reveal(*divmod(x, y), *quotients, *rests)
    assert np.array_equal(whole, large // by)
    assert np.array_equal(rest, large % by)
    wanted = [*(wide // d for d in divisors), *(wide % d for d in divisors)]
    assert all(np.array_equal(got, exact) for got, exact in zip(found, wanted, strict=True))
