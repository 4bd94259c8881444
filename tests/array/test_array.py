"""What an array says of itself, what it refuses to give away, and how committees share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.checking import CheckingCommittee

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, LeakError, RangeError, ShapeError
from enigma.local.plain import PlainCommittee


def test_what_is_public(committee: CheckingCommittee) -> None:
    x = committee.share([[1.5, 2.0, -3.0]], lo=-180, hi=180)
    assert (x.shape, x.ndim, x.size, len(x), x.secret, x.scale) == ((1, 3), 2, 3, 1, True, 20)
    assert (x.dtype, x.range) == (xp.fixed(20), (-180.0, 180.0))
    assert x.dtype == xp.float64
    assert x.__array_namespace__() is xp.Array.__array_namespace__(x, api_version="2022.12") is xp
    with pytest.raises(KindError):
        x.__array_namespace__(api_version="1999.01")
    assert repr(x) == "<secret fixed(20) array, shape (1, 3), range -180 .. 180>"
    assert repr(x > 0) == "<secret bool array, shape (1, 3)>"
    assert repr(xp.asarray([1, 2])) == "<public int64 array, shape (2,), range 1 .. 2>"


@pytest.mark.parametrize(
    ("act", "instead"),
    [
        (bool, "where("),
        (lambda x: 1 if x > 0 else 2, "where("),
        (lambda x: x > 0 and x < 3, "where("),
        (float, "reveal("),
        (int, "astype("),
        (complex, "reveal("),
        (np.asarray, "__array_namespace__"),
        (np.array, "__array_namespace__"),
        (lambda x: 3 in x, "any("),
        (range, "one_hot("),
        (lambda x: np.arange(5)[x], "reveal("),
        (lambda x: [1, 2][x], "one_hot("),
    ],
)
def test_what_would_leak(committee: CheckingCommittee, act: Any, instead: str) -> None:
    with pytest.raises(LeakError) as caught:
        act(committee.share(2, lo=0, hi=4))
    assert instead in caught.value.hint
    assert "test_array.py:" in caught.value.message


def test_public_arrays_are_known() -> None:
    x = xp.asarray([1.5, 2.0])
    assert np.array_equal(np.asarray(x), [1.5, 2.0])
    assert 2.0 in x
    assert int(xp.asarray(3)) == 3
    assert [10, 20][xp.asarray(1)] == 20
    assert bool(xp.asarray(True))
    with pytest.raises(KindError, match="reveal"):
        float(xp.asarray(3) + 1)


def test_a_single_number_is_no_sequence(committee: CheckingCommittee) -> None:
    x = committee.share(2, lo=0, hi=4)
    with pytest.raises(KindError):
        len(x)
    with pytest.raises(KindError):
        iter(x)


def test_two_committees_do_not_mix(committee: CheckingCommittee) -> None:
    with PlainCommittee() as other:
        x, y = committee.share(1, lo=0, hi=1), other.share(1, lo=0, hi=1)
        mixtures: list[Any] = [lambda: x + y, lambda: xp.where(x > 0, x, y), lambda: xp.concat([x[None], y[None]])]
        for act in mixtures:
            with pytest.raises(ArgumentProblem, match="two committees"):
                act()
        with pytest.raises(ArgumentProblem, match="another committee"):
            committee.reveal(y)


def test_reveals_several_by_one_program(committee: CheckingCommittee) -> None:
    x = committee.share([1, 2], lo=0, hi=9)
    a, b, c = committee.reveal(x + 1, x > 1, x * 0.5)
    assert (a.dtype, b.dtype, c.dtype) == (np.int64, np.bool_, np.float64)
    assert (a.tolist(), b.tolist(), c.tolist()) == ([2, 3], [False, True], [0.5, 1.0])
    assert committee.reveal(xp.asarray([3])).tolist() == [3]


def test_computed_arrays_stay_shared(committee: CheckingCommittee) -> None:
    x = committee.share([1.0, 2.0], lo=0, hi=4)
    y, bit = committee.compute(x * x, x > 1)
    assert (y.secret, y.node.op, y.range) == (True, "input", (0.0, 16.0))
    assert committee.reveal(xp.where(bit, y, 0)).tolist() == [0.0, 4.0]
    assert committee.reveal(committee.compute(x)).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("values", "options", "fragment"),
    [
        ([1.0], {}, "public range"),
        ([1], {}, "public range"),
        ([1.0, np.nan], {"lo": 0, "hi": 1}, "1 of 2 values, the first at index 1, is not finite"),
        ([[np.inf, -np.inf]], {"lo": 0, "hi": 1}, "2 of 2 values, the first at index (0, 0), are not finite"),
        ([0.5, 77.125], {"lo": 0, "hi": 1}, "1 of 2 values, the first at index 1, is outside the public range 0 .. 1"),
        (77, {"lo": 0, "hi": 1}, "outside the public range"),
        ([1], {"lo": 2, "hi": 1}, "is no range"),
        ([1.0], {"lo": 0, "hi": np.inf}, "is no range"),
        (["77"], {"lo": 0, "hi": 1}, "no booleans, integers or reals"),
        ([1j], {"lo": 0, "hi": 1}, "no booleans, integers or reals"),
        ([0.5], {"lo": 0, "hi": 1, "dtype": xp.int64}, "cannot be shared as int64"),
        ([1], {"lo": 0, "hi": 1, "dtype": xp.bool}, "cannot be shared as bool"),
        ([1.0], {"lo": 0, "hi": 1, "scale": 70}, "fractional bits"),
    ],
)
def test_refused_values(committee: CheckingCommittee, values: Any, options: Any, fragment: str) -> None:
    with pytest.raises(ArgumentProblem) as caught:
        committee.share(values, **options)
    assert fragment in str(caught.value)
    assert "77" not in str(caught.value)


def test_a_range_beyond_the_ring(committee: CheckingCommittee) -> None:
    with pytest.raises(RangeError, match="64-bit ring"):
        committee.share([1.0], lo=0, hi=1e13)


@settings(max_examples=40)
@given(st.floats(-1000, 1000), st.integers(0, 40))
def test_encoding_rounds_half_to_even_exactly(value: float, scale: int) -> None:
    from fractions import Fraction

    with PlainCommittee() as plain:
        x = plain.share(value, lo=-1000, hi=1000, scale=scale)
        assert Fraction(float(plain.reveal(x))) == Fraction(round(Fraction(value) * 2**scale), 2**scale)


def test_bounds_are_included_and_whole_integers_exact(committee: CheckingCommittee) -> None:
    big = 2**62
    assert committee.reveal(committee.share([big, -big], lo=-big, hi=big)).tolist() == [big, -big]
    assert committee.reveal(committee.share([0.1, -0.1], lo=-0.1, hi=0.1)).shape == (2,)
    assert committee.share([1, 2], lo=0, hi=3, dtype=xp.fixed(8)).dtype == xp.fixed(8)
    assert committee.share(np.array([1, 2], dtype=np.uint8), lo=0, hi=3).dtype == xp.int64
    assert committee.reveal(committee.share([True, False])).tolist() == [True, False]
    with pytest.raises(ArgumentProblem):
        committee.share([2**53 + 1], lo=0, hi=2**53)


def test_what_was_shared_does_not_change(committee: CheckingCommittee) -> None:
    values = np.array([1, 2])
    x = committee.share(values, lo=0, hi=9)
    values[0] = 7
    assert committee.reveal(x).tolist() == [1, 2]


def test_reveal_takes_arrays_only(committee: CheckingCommittee) -> None:
    for wrong in ((), (3,)):
        with pytest.raises(ArgumentProblem):
            committee.reveal(*wrong)
    with pytest.raises(ArgumentProblem):
        committee.share(xp.asarray([1]), lo=0, hi=1)


def test_dtypes() -> None:
    assert xp.isdtype(xp.fixed(8), "real floating")
    assert xp.isdtype(xp.int64, ("integral", "bool"))
    assert not xp.isdtype(xp.bool, "numeric")
    assert xp.isdtype(xp.bool, xp.bool)
    with pytest.raises(KindError):
        xp.isdtype(xp.bool, "number")
    assert xp.result_type(xp.int64, xp.fixed(8), xp.fixed(12)) == xp.fixed(12)
    assert xp.result_type(xp.asarray([1]), 2) == xp.int64
    with pytest.raises(KindError):
        xp.result_type(xp.bool, xp.int64)
    assert xp.can_cast(xp.int64, xp.fixed(20))
    assert not xp.can_cast(xp.fixed(20), xp.int64)
    assert not xp.can_cast(xp.bool, xp.int64)
    assert xp.finfo(xp.fixed(20)).eps == xp.finfo(xp.fixed(20)).smallest_normal == 2.0**-20
    assert xp.iinfo(xp.int64).max == 2**63 - 1
    assert [repr(d) for d in (xp.bool, xp.int64, xp.float64)] == ["bool", "int64", "fixed(20)"]
    assert [d.numpy for d in (xp.bool, xp.int64, xp.float64)] == [np.bool_, np.int64, np.float64]


def test_creation(committee: CheckingCommittee) -> None:
    def known(x: xp.Array) -> Any:
        return committee.reveal(x).tolist()

    assert known(xp.zeros((2, 1))) == [[0.0], [0.0]]
    assert known(xp.ones(2, dtype=xp.int64)) == [1, 1]
    assert known(xp.full((2,), 2.5)) == [2.5, 2.5]
    assert known(xp.arange(3)) == [0, 1, 2]
    assert known(xp.arange(1, 2, 0.25)) == [1.0, 1.25, 1.5, 1.75]
    assert known(xp.linspace(0, 1, 5)) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert known(xp.eye(2, 3, k=1)) == np.eye(2, 3, k=1).tolist()
    assert known(xp.asarray([1, 2], dtype=xp.bool)) == [True, True]
    assert known(xp.zeros_like(xp.asarray([True]))) == [False]
    assert known(xp.ones_like(xp.asarray([0.5]))) == [1.0]
    assert known(xp.full_like(xp.asarray([0.5]), 1.5)) == [1.5]
    assert xp.asarray([0.5, 0.25]).dtype == xp.fixed(2)
    assert xp.asarray(0.1).dtype == xp.fixed(20)
    assert xp.asarray(Decimal("0.1"), dtype=xp.fixed(30)).dtype == xp.fixed(30)
    for wrong in (np.nan, [np.inf]):
        with pytest.raises(ArgumentProblem):
            xp.asarray(wrong)
    for beyond in (2**64, [2**70], np.uint64(2**63)):
        with pytest.raises(RangeError):
            xp.asarray(beyond)
    for strange in ("1", [1, "2"], object(), 1j):
        with pytest.raises(KindError):
            xp.asarray(strange)
    with pytest.raises(ShapeError):
        xp.asarray([1, 2]) + np.ones(3)
