"""Counts, sums and means by a secret category against NumPy, plain and under MPC."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, RangeError, ShapeError
from enigma.testing.committee import WorldCommittee

UNIT = 2.0**-20

Values = np.ndarray[Any, Any]


def by_class(values: Values, labels: Values, classes: int, what: Any) -> Values:
    return np.array([what(values[labels == c]) for c in range(classes)])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(0, 9))
def test_as_numpy(data: st.DataObject, classes: int, seed: int) -> None:
    first = data.draw(st.integers(0, classes - 1))
    last = data.draw(st.integers(first, classes - 1))
    labels = data.draw(hnp.arrays(np.int64, st.integers(0, 9), elements=st.integers(first, last)))
    shape = (len(labels), *data.draw(st.sampled_from([(), (2,), (2, 3)])))
    numbers = st.one_of(st.sampled_from([0, 1, -1, 100, -100]), st.integers(-100, 100))
    values = data.draw(hnp.arrays(np.int64, shape, elements=numbers))
    reals = values / 8
    count = len(labels)
    with CheckingCommittee() as committee, either_rounding(seed):
        x, by = committee.share(values, lo=-100, hi=100), committee.share(labels, lo=first, hi=last)
        counts, sums = xp.group_count(by, classes), xp.group_sum(x, by, classes)
        assert counts.range[0] >= 0
        assert counts.range[1] <= count
        assert -100 * count <= sums.range[0] <= sums.range[1] <= 100 * count
        found = committee.reveal(
            counts, sums, xp.group_sum(x > 0, by, classes), xp.group_sum(x * 0.125, by, classes),
            *([xp.group_mean(x, by, classes), xp.group_mean(x * 0.125, by, classes, empty=-7)] if count else []),
        )  # fmt: skip
    wanted = [by_class(labels, labels, classes, len), by_class(values, labels, classes, lambda v: v.sum(axis=0)),
              by_class(values > 0, labels, classes, lambda v: v.sum(axis=0)),
              by_class(reals, labels, classes, lambda v: v.sum(axis=0))]  # fmt: skip
    for got, exact in zip(found, wanted, strict=False):
        assert np.array_equal(got, exact)
    if count:
        for got, exact, empty in ((found[4], values, 0), (found[5], reals, -7)):
            mean = by_class(exact, labels, classes,
                            lambda v, e=empty: v.mean(axis=0) if len(v) else np.full(shape[1:], e))  # fmt: skip
            assert np.abs(got - mean).max() <= 6 * UNIT


def test_ranges(committee: CheckingCommittee) -> None:
    x, by = committee.share([5, 6, 7], lo=2, hi=9), committee.share([0, 1, 1], lo=0, hi=2)
    assert xp.group_count(by, 3).range == (0, 3)
    assert xp.group_sum(x, by, 3).range == (0, 27)
    assert xp.group_sum(-x, by, 3).range == (-27, 0)
    lo, hi = xp.group_mean(x, by, 3).range
    assert -5 * UNIT < lo <= hi < 9 + 5 * UNIT


def test_what_is_refused(committee: CheckingCommittee) -> None:
    x, by = committee.share([5, 6, 7], lo=2, hi=9), committee.share([0, 1, 1], lo=0, hi=2)
    with pytest.raises(RangeError) as caught:
        xp.group_count(by, 2)
    assert "clip(" in caught.value.hint
    with pytest.raises(RangeError):
        xp.group_sum(x, by - 1, 3)
    with pytest.raises(ArgumentProblem):
        xp.group_count(by, 0)
    misfits: list[Any] = [
        lambda: xp.group_sum(x[:2], by, 3), lambda: xp.group_count(by[None], 3), lambda: xp.group_sum(x[0], by, 3),
    ]  # fmt: skip
    for act in misfits:
        with pytest.raises(ShapeError):
            act()
    with pytest.raises(KindError):
        xp.group_count(by * 0.5, 3)
    with pytest.raises(KindError):
        xp.group_count(x > 5, 2)


def test_under_mpc() -> None:
    labels, values = np.array([2, 0, 2, 2, 0, 3, 2]), np.arange(14).reshape(7, 2) - 6
    pairs = labels % 2
    with WorldCommittee() as committee:
        x, by = committee.share(values, lo=-6, hi=7), committee.share(labels, lo=0, hi=3)
        two = committee.share(pairs, lo=0, hi=1)
        outputs = [xp.group_count(by, 4), xp.group_sum(x, by, 4), xp.group_mean(x, by, 4, empty=9),
                   xp.group_sum(x, two, 2), xp.group_sum(x > 0, by, 4)]  # fmt: skip
        found = committee.reveal(*outputs)
        assert committee.measured == committee.cost(*outputs)
        assert committee.cost(xp.group_count(two, 2)).rounds == 1

    def add(v: Values) -> Any:
        return v.sum(axis=0)

    wanted = [np.bincount(labels), by_class(values, labels, 4, add),
              by_class(values, labels, 4, lambda v: v.mean(axis=0) if len(v) else np.full(2, 9)),
              by_class(values, pairs, 2, add), by_class(values > 0, labels, 4, add)]  # fmt: skip
    for got, exact in zip(found, wanted, strict=True):
        assert np.allclose(got, exact, rtol=0, atol=6 * UNIT if got.dtype == np.float64 else 0)
