"""Rows in order, positions, ranks, quantiles, buckets and membership against NumPy, plain and under MPC."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, ShapeError
from enigma.testing.committee import WorldCommittee

UNIT = 2.0**-20

numbers = st.one_of(st.sampled_from([0, 1, -1, 100, -100]), st.integers(-100, 100))
vectors = hnp.arrays(np.int64, st.integers(1, 9), elements=numbers)
LEVELS = st.sampled_from([0, 1, 0.5, 0.25, 0.1, 0.9, 0.33, 0.999])
tables = hnp.arrays(np.int64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=numbers)


def stable(values: np.ndarray[Any, Any], axis: int, descending: bool) -> np.ndarray[Any, Any]:
    return np.argsort(-values if descending else values, axis=axis, kind="stable")


@settings(max_examples=40, deadline=None)
@given(vectors, st.booleans(), st.data())
def test_sort_by(key: np.ndarray[Any, Any], descending: bool, data: st.DataObject) -> None:
    key = key // data.draw(st.sampled_from([1, 60]))  # often with equals
    order = stable(key, 0, descending)
    places = np.arange(len(key))
    with CheckingCommittee() as committee:
        x = committee.share(key, lo=-100, hi=100)
        columns = [x / 8, x > 0, places, committee.share(places * 10**9, lo=0, hi=2**40)]
        found = xp.sort_by(x, *columns, descending=descending)
        assert [v.dtype for v in found] == [xp.int64, xp.fixed(3), xp.bool, xp.int64, xp.int64]
        assert [v.range for v in found] == [(-100, 100), (-12.5, 12.5), (0, 1), (0, len(key) - 1), (0, 2**40)]
        revealed = committee.reveal(*found)
    for got, exact in zip(revealed, [key, key / 8, key > 0, places, places * 10**9], strict=True):
        assert np.array_equal(got, exact[order])


@settings(max_examples=40, deadline=None)
@given(tables, st.booleans(), st.data())
def test_argsort_and_rank(values: np.ndarray[Any, Any], descending: bool, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    with CheckingCommittee() as committee:
        x = committee.share(values, lo=-100, hi=100)
        found, smaller = xp.argsort(x, axis=axis, descending=descending), xp.rank(x, axis=axis)
        assert found.range == smaller.range == (0, values.shape[axis] - 1)
        order, counts = committee.reveal(found, smaller)
    assert np.array_equal(order, stable(values, axis, descending))
    below = np.apply_along_axis(lambda lane: (lane[None, :] < lane[:, None]).sum(axis=1), axis, values)
    assert np.array_equal(counts, below)


def test_order_of_bits_of_extremes_and_of_little(committee: CheckingCommittee) -> None:
    bits = np.array([True, False, True, False])
    assert np.array_equal(committee.reveal(xp.argsort(committee.share(bits))), [1, 3, 0, 2])
    assert committee.reveal(*xp.sort_by(committee.share(bits), np.arange(4)))[1].tolist() == [1, 3, 0, 2]
    ends = np.array([2**63 - 1, -(2**63), 0, -1])
    x = committee.share(ends, lo=-(2**63), hi=2**63 - 1)
    assert committee.reveal(xp.argsort(x)).tolist() == [1, 3, 2, 0]
    assert committee.reveal(*xp.sort_by(x, np.arange(4)))[0].tolist() == sorted(ends)
    for count in (0, 1):
        little = committee.share(np.arange(count), lo=0, hi=5)
        assert committee.reveal(xp.argsort(little)).tolist() == [0] * count
        assert committee.reveal(xp.rank(little)).tolist() == [0] * count
        assert [v.shape for v in xp.sort_by(little, little > 1)] == [(count,)] * 2
    assert committee.reveal(xp.argsort(committee.share(np.zeros((3, 0)), lo=0, hi=1), axis=0)).shape == (3, 0)


def test_a_sort_costs_what_its_key_is_wide() -> None:
    key = np.array([3, -4, 0, 2, -1])
    with WorldCommittee() as committee:
        small, wide = committee.share(key, lo=-4, hi=3), committee.share(key - 2**40, lo=-(2**41), hi=2**41)
        assert committee.cost(*xp.sort_by(small, wide)).rounds == committee.cost(*xp.sort_by(small, small * 2)).rounds
        assert committee.cost(*xp.sort_by(small, wide)).rounds < committee.cost(*xp.sort_by(wide, small)).rounds / 5
        order = np.argsort(-key)
        assert np.array_equal(committee.reveal(*xp.sort_by(small, wide, descending=True))[1], (key - 2**40)[order])
        for lo, hi in ((0, 0), (-1, -1), (-1, 0), (0, 1)):  # keys of one bit, and of none
            found = committee.reveal(*xp.sort_by(committee.share([hi, lo, hi], lo=lo, hi=hi), wide[:3]))
            assert found[1].tolist() == [(key - 2**40)[i] for i in ([0, 1, 2] if lo == hi else [1, 0, 2])]


def test_rows_that_do_not_fit(committee: CheckingCommittee) -> None:
    x = committee.share([1, 2, 3], lo=0, hi=3)
    acts: list[Any] = [
        lambda: xp.sort_by(x, x[:2]), lambda: xp.sort_by(x[:, None]), lambda: xp.argsort(x[0]), lambda: xp.rank(x[0]),
        lambda: xp.argsort(x, axis=1), lambda: xp.median(x[0]), lambda: xp.median(x[:0]), lambda: xp.median(x[None]),
        lambda: xp.searchsorted(x[None], x), lambda: xp.cumulative_sum(x[None]), lambda: xp.cumulative_sum(x[0]),
        lambda: xp.diff(x[0]), lambda: xp.diff(x, axis=1),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(ShapeError, match=r"test_ordering\.py:"):
            act()
    for level in (-0.1, 1.5, [0.5, 2], [[0.5]], True):
        with pytest.raises(ArgumentProblem):
            xp.quantile(x, level)  # type: ignore[arg-type]
    with pytest.raises(ArgumentProblem, match="ascend"):
        xp.searchsorted([3, 1], x)
    with pytest.raises(ArgumentProblem, match="side"):
        xp.searchsorted([1, 3], x, side="middle")  # type: ignore[arg-type]
    for act in (lambda: xp.median(x > 1), lambda: xp.rank(x > 1), lambda: xp.isin(x > 1, [2]), lambda: xp.diff(x > 1)):
        with pytest.raises(KindError):
            act()
    with pytest.raises(ArgumentProblem):
        xp.diff(x, n=-1)


@settings(max_examples=60, deadline=None)
@given(vectors, st.lists(LEVELS, min_size=1, max_size=4), st.integers(0, 9))
def test_quantiles(values: np.ndarray[Any, Any], levels: list[float], seed: int) -> None:
    with CheckingCommittee() as committee, either_rounding(seed):
        x = committee.share(values, lo=-100, hi=100)
        found = committee.reveal(xp.median(x), xp.quantile(x, levels), xp.quantile(x, levels[0]), xp.median(x * 0.125))
        assert float(found[0]) == np.median(values)
        assert float(found[3]) == np.median(values * 0.125)
        assert found[1].shape == (len(levels),)
        assert np.abs(found[1] - np.quantile(values, levels)).max() <= 1.51 * UNIT
        assert abs(found[2] - np.quantile(values, levels[0])) <= 1.51 * UNIT
    assert xp.median(x).range == (-100, 100)


def test_quantiles_of_a_wide_range(committee: CheckingCommittee) -> None:
    values = np.array([-(2**40), 2**40, 12345, -1, 0, 7])
    x = committee.share(values, lo=-(2**40), hi=2**40)
    got = committee.reveal(xp.quantile(x, [0, 0.1, 0.5, 0.77, 1]))
    assert np.allclose(got, np.quantile(values, [0, 0.1, 0.5, 0.77, 1]), rtol=1e-15, atol=4 * UNIT)


@settings(max_examples=40, deadline=None)
@given(tables, st.lists(numbers, max_size=5).map(sorted), st.sampled_from(["left", "right"]))
def test_buckets_and_membership(values: np.ndarray[Any, Any], levels: list[int], side: Any) -> None:
    with CheckingCommittee() as committee:
        x = committee.share(values, lo=-100, hi=100)
        bucket = xp.searchsorted(levels, x, side=side)
        assert bucket.range == (0, len(levels))
        secret = committee.share(np.array(levels, dtype=np.int64), lo=-100, hi=100)
        found = committee.reveal(
            bucket, xp.searchsorted(secret, x, side=side), xp.searchsorted(levels, x / 8, side=side),
            xp.isin(x, levels), xp.isin(x, levels, invert=True), xp.isin(x, secret), xp.isin(x / 2, [0.5, -50]),
        )  # fmt: skip
    wanted = [np.searchsorted(levels, values, side), np.searchsorted(levels, values, side),
              np.searchsorted(levels, values / 8, side), np.isin(values, levels), ~np.isin(values, levels),
              np.isin(values, levels), np.isin(values / 2, [0.5, -50])]  # fmt: skip
    for got, exact in zip(found, wanted, strict=True):
        assert np.array_equal(got, exact)


@settings(max_examples=40, deadline=None)
@given(tables, st.booleans(), st.integers(0, 3), st.data())
def test_running_sums_and_differences(
    values: np.ndarray[Any, Any], initial: bool, times: int, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    with CheckingCommittee() as committee:
        x = committee.share(values, lo=-100, hi=100)
        running = xp.cumulative_sum(x, axis=axis, include_initial=initial)
        assert running.range == (-100 * values.shape[axis], 100 * values.shape[axis])
        found = committee.reveal(running, xp.cumulative_sum(x > 0, axis=axis), xp.diff(x, axis=axis, n=times),
                                 xp.diff(x, axis=axis, prepend=x, append=x * 0.5))  # fmt: skip
    wanted = [np.cumsum(values, axis=axis), np.cumsum(values > 0, axis=axis), np.diff(values, axis=axis, n=times),
              np.diff(values, axis=axis, prepend=values, append=values * 0.5)]  # fmt: skip
    if initial:
        first = np.zeros_like(values.take([0], axis=axis))
        wanted[0] = np.concatenate([first, wanted[0]], axis=axis)
    for got, exact in zip(found, wanted, strict=True):
        assert got.shape == exact.shape
        assert np.array_equal(got, exact)


def test_little_to_add_up(committee: CheckingCommittee) -> None:
    none, one = committee.share(np.zeros(0, int), lo=1, hi=5), committee.share([4], lo=1, hi=5)
    assert committee.reveal(xp.cumulative_sum(none)).shape == committee.reveal(xp.diff(none)).shape == (0,)
    assert committee.reveal(xp.cumulative_sum(none, include_initial=True)).tolist() == [0]
    assert committee.reveal(xp.cumulative_sum(one)).tolist() == [4]
    assert committee.reveal(xp.diff(one)).shape == (0,)
    assert committee.reveal(xp.isin(none, [1])).shape == committee.reveal(xp.searchsorted([1], none)).shape == (0,)
    assert committee.reveal(xp.isin(committee.share([True, False]), [True])).tolist() == [True, False]


@settings(max_examples=40, deadline=None)
@given(st.lists(hnp.arrays(np.int64, 3, elements=numbers), min_size=2, max_size=6))
def test_smallest_and_largest_of_several(several: list[np.ndarray[Any, Any]]) -> None:
    with CheckingCommittee() as committee:
        arrays = [committee.share(v, lo=-100, hi=100) for v in several]
        found = committee.reveal(xp.minimum(*arrays), xp.maximum(*arrays), xp.maximum(arrays[0], 3.5, arrays[1]))
    assert np.array_equal(found[0], np.min(several, axis=0))
    assert np.array_equal(found[1], np.max(several, axis=0))
    assert np.array_equal(found[2], np.maximum(np.maximum(several[0], 3.5), several[1]))


def test_under_mpc() -> None:
    key, values = np.array([3, -1, 3, 0, -1, 7]), np.array([0.5, 1.5, -2.5, 3, 4, 5])
    order = stable(key, 0, False)
    with WorldCommittee() as committee:
        x, v = committee.share(key, lo=-8, hi=7), committee.share(values, lo=-10, hi=10)
        outputs = [*xp.sort_by(x, v, x > 0), xp.argsort(x, descending=True), xp.rank(x), xp.median(v), xp.median(x),
                   xp.quantile(x, [0.25, 0.1]), xp.searchsorted([-1, 0, 4], x), xp.isin(x, [3, 7]),
                   xp.cumulative_sum(x), xp.diff(v), xp.maximum(x, 0, v)]  # fmt: skip
        found = committee.reveal(*outputs)
        assert committee.measured == committee.cost(*outputs)
        assert committee.cost(xp.cumulative_sum(x), xp.diff(v)).rounds == 1
    wanted = [key[order], values[order], (key > 0)[order], stable(key, 0, True), [3, 0, 3, 2, 0, 5], 2.25, 1.5,
              np.quantile(key, [0.25, 0.1]), np.searchsorted([-1, 0, 4], key), np.isin(key, [3, 7]), np.cumsum(key),
              np.diff(values), np.maximum(np.maximum(key, 0), values)]  # fmt: skip
    for got, exact in zip(found, wanted, strict=True):
        assert np.allclose(got, exact, rtol=0, atol=2 * UNIT if got.dtype == np.float64 else 0)
