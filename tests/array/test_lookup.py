"""Reading and replacing at secret positions, against NumPy, plain and under MPC."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.checking import CheckingCommittee

import enigma.array as xp
from enigma.errors import ArgumentProblem, KindError, LeakError, RangeError, ShapeError
from enigma.testing.committee import WorldCommittee

CUBE = np.arange(60).reshape(3, 4, 5) - 30


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_take_as_numpy(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    extent = shape[axis]
    lo = data.draw(st.integers(0, extent - 1))
    hi = data.draw(st.integers(lo, extent - 1))
    places = data.draw(hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
                                  elements=st.integers(lo, hi)))  # fmt: skip
    values = np.random.default_rng(0).integers(-9, 9, shape)
    with CheckingCommittee() as committee:
        x, i = committee.share(values, lo=-9, hi=9), committee.share(places, lo=lo, hi=hi)
        found = [xp.take(x, i, axis=axis), xp.take(x > 2, i, axis=axis), xp.take(xp.asarray(values), i, axis=axis),
                 xp.take(x / 4, i, axis=axis)]  # fmt: skip
        if (lo, hi) == (0, extent - 1):
            ends = [(-9, 9), (0, 1), (values.min(), values.max()), (-2.25, 2.25)]
            assert [v.range for v in found] == ends
        revealed = committee.reveal(*found)
    wanted = [values, values > 2, values, values / 4]
    for got, exact in zip(revealed, wanted, strict=True):
        assert got.shape == np.take(exact, places, axis=axis).shape
        assert np.array_equal(got, np.take(exact, places, axis=axis))


def test_keys(committee: CheckingCommittee) -> None:
    x = committee.share(CUBE, lo=-30, hi=29)
    i, j, k = (committee.share(v, lo=0, hi=2) for v in (1, 2, [2, 0, 2, 1]))
    many = np.array([2, 0, 2, 1])
    keys: list[tuple[Any, Any]] = [
        (i, 1), (k, many), ((i, j), (1, 2)), ((i, j, i), (1, 2, 1)), ((0, j), (0, 2)), ((-1, j, 3), (-1, 2, 3)),
        ((i, slice(1, 3)), (1, slice(1, 3))), ((k, slice(1, 3)), (many, slice(1, 3))), ((i, None), (1, None)),
        ((k, None), (many, None)), ((k, 2), (many, 2)), ((k, ..., 2), (many, slice(None), 2)), ((i, ...), (1, ...)),
        ((i, [1, 3]), (1, [1, 3])), ((i, CUBE[0] % 2 == 0), (1, CUBE[0] % 2 == 0)), ((2, k), (2, many)),
        ((0, 1, j), (0, 1, 2)), ((i, -2), (1, -2)), (xp.asarray(1), 1), (k[None], many[None]),
    ]  # fmt: skip
    for key, plain in keys:
        found = x[key]
        assert found.shape == CUBE[plain].shape
        assert np.array_equal(committee.reveal(found), CUBE[plain])


def test_extremes_and_single_elements(committee: CheckingCommittee) -> None:
    ends = np.array([-(2**63), 2**63 - 1, 0, -1])
    for lo, hi in ((-(2**62), 2**62 - 1), (-(2**61), 2**61)):
        values = np.clip(ends, lo, hi)
        x = committee.share(values, lo=lo, hi=hi)
        for place in range(4):
            assert int(committee.reveal(x[committee.share(place, lo=0, hi=3)])) == values[place]
    one = committee.share([5], lo=0, hi=9)
    assert int(committee.reveal(one[committee.share(0, lo=0, hi=0)])) == 5
    none = committee.share(np.zeros(0, int), lo=0, hi=1)
    assert committee.reveal(committee.share(CUBE, lo=-30, hi=29)[none]).shape == (0, 4, 5)
    table = xp.asarray([10, 20, 30])
    assert committee.reveal(table[committee.share([2, 1], lo=0, hi=2)]).tolist() == [30, 20]
    assert int(committee.reveal(table[committee.share(-1, lo=-3, hi=-1)])) == 30
    assert table[committee.share(1, lo=0, hi=1)].range == (10, 20)


@pytest.mark.parametrize(("lo", "hi"), [(0, 3), (-1, 2), (-4, -1), (3, 9), (-(2**40), 2**40)])
def test_positions_that_might_lie_outside(committee: CheckingCommittee, lo: int, hi: int) -> None:
    x, i = committee.share(CUBE, lo=-30, hi=29), committee.share(lo, lo=lo, hi=hi)
    acts: list[Any] = [
        lambda: x[i], lambda: x[i, 0], lambda: x[i[None]], lambda: xp.take(x, i, axis=0), lambda: xp.put(x, i, 0),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(RangeError, match=r"test_lookup\.py:\d+: an index proven within") as caught:
            act()
        assert caught.value.hint == "clip(index, 0, 2), or index % 3"
    assert x[xp.clip(i, 0, 2)].shape == x[i % 3].shape == (4, 5)


def test_what_does_not_go_together(committee: CheckingCommittee) -> None:
    x, i = committee.share(CUBE, lo=-30, hi=29), committee.share([1, 2], lo=0, hi=2)
    for key in ((i, i), (i, [0, 1])):
        with pytest.raises(KindError) as caught:
            x[key]
        assert "take(" in caught.value.hint
    with pytest.raises(KindError, match="as an index"):
        x[i * 0.5]
    with pytest.raises(ShapeError):
        x[0, 0, 0, i]
    with pytest.raises(ShapeError):
        x[i[0], 0, 0, 0]
    with pytest.raises(ShapeError, match="needs an axis"):
        xp.take(x, i)
    with pytest.raises(RangeError):
        committee.share(np.zeros(0, int), lo=0, hi=1)[i]
    with CheckingCommittee() as other, pytest.raises(ArgumentProblem, match="two committees"):
        x[other.share(1, lo=0, hi=2)]
    with pytest.raises(LeakError):
        [1, 2, 3][i[0]]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_put_as_assignment(committee: CheckingCommittee, axis: int) -> None:
    extent = CUBE.shape[axis]
    x = committee.share(CUBE, lo=-30, hi=29)
    for place in range(extent):
        wanted = CUBE.copy()
        np.moveaxis(wanted, axis, 0)[place] = 77
        for index in (committee.share(place, lo=0, hi=extent - 1), place):
            found = xp.put(x, index, committee.share(77, lo=50, hi=99), axis=axis)
            assert found.range == (-30, 99)
            assert np.array_equal(committee.reveal(found), wanted)


def test_put_values_of_many_kinds(committee: CheckingCommittee) -> None:
    x, i = committee.share([1, 2, 3], lo=0, hi=3), committee.share(1, lo=0, hi=2)
    assert committee.reveal(xp.put(x, i, 9)).tolist() == [1, 9, 3]
    assert committee.reveal(xp.put(x, i, 0.5)).tolist() == [1, 0.5, 3]
    assert committee.reveal(xp.put(x > 1, i, False)).tolist() == [False, False, True]
    assert committee.reveal(xp.put(np.array([4, 5, 6]), i, x[0])).tolist() == [4, 1, 6]
    assert committee.reveal(xp.put(x[:1], committee.share(0, lo=0, hi=0), 8)).tolist() == [8]
    table = committee.share(np.arange(6).reshape(3, 2), lo=0, hi=5)
    assert committee.reveal(xp.put(table, i, [7, 8])).tolist() == [[0, 1], [7, 8], [4, 5]]
    with pytest.raises(ShapeError):
        xp.put(table, i, [7, 8, 9])
    with pytest.raises(ShapeError):
        xp.put(x, committee.share([1], lo=0, hi=2), 0)
    with pytest.raises(KindError):
        xp.put(x, i, True)


def test_under_mpc() -> None:
    with WorldCommittee() as committee:
        x = committee.share(CUBE, lo=-30, hi=29)
        i, k, pair = (
            committee.share(1, lo=0, hi=2),
            committee.share([2, 0, 2], lo=0, hi=2),
            committee.share([1, 0], lo=0, hi=1),
        )
        outputs = [x[i], x[k], x[i, i], (x > 0)[k], (x / 8)[pair], xp.asarray(CUBE)[k], xp.take(x, k, axis=2),
                   xp.put(x, i, 5), xp.put(x > 0, i, True, axis=1)]  # fmt: skip
        found = committee.reveal(*outputs)
        assert committee.measured == committee.cost(*outputs)
        assert committee.cost(committee.share([1, 2], lo=0, hi=9)[pair]).rounds == 2  # the pair says it all
    five, true = CUBE.copy(), CUBE > 0
    five[1], true[:, 1] = 5, True
    wanted = [CUBE[1], CUBE[[2, 0, 2]], CUBE[1, 1], (CUBE > 0)[[2, 0, 2]], (CUBE / 8)[[1, 0]], CUBE[[2, 0, 2]],
              CUBE.take([2, 0, 2], axis=2), five, true]  # fmt: skip
    for got, exact in zip(found, wanted, strict=True):
        assert np.array_equal(got, exact)
