"""Reductions, searches, sorting and matrix products against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.checking import CheckingCommittee, either_rounding

import enigma.array as xp
from enigma.errors import ArgumentProblem, ShapeError

UNIT = 2.0**-20

tables = hnp.arrays(
    np.int64,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=5),
    elements=st.one_of(st.sampled_from([0, 1, -1, 100, -100]), st.integers(-100, 100)),
)


@pytest.mark.parametrize("name", ["sum", "min", "max", "argmin", "argmax", "count_nonzero", "prod"])
@settings(max_examples=40)
@given(st.data(), tables)
def test_integers_exactly(name: str, data: st.DataObject, values: np.ndarray[Any, Any]) -> None:
    if name == "prod":
        values = np.sign(values)
    axis = data.draw(st.sampled_from([None, *range(-values.ndim, values.ndim)]))
    keepdims = data.draw(st.booleans())
    with CheckingCommittee() as committee:
        x = committee.share(values, lo=-100, hi=100) if name != "prod" else committee.share(values, lo=-1, hi=1)
        got = committee.reveal(getattr(xp, name)(x, axis=axis, keepdims=keepdims))
    wanted = np.asarray(getattr(np, name)(values, axis=axis, keepdims=keepdims))
    assert got.shape == wanted.shape
    assert (got == wanted).all()


@pytest.mark.parametrize("correction", [0, 1])
@settings(max_examples=40)
@given(st.data(), tables, st.integers(0, 9))
def test_moments(correction: int, data: st.DataObject, values: np.ndarray[Any, Any], seed: int) -> None:
    axis = data.draw(st.sampled_from([None, *range(values.ndim)]))
    reals = values / 7
    with CheckingCommittee() as committee, either_rounding(seed):
        x, n = committee.share(reals, lo=-15, hi=15), committee.share(values, lo=-100, hi=100)
        reals, *means = committee.reveal(x, x.mean(axis=axis), n.mean(axis=axis))
        assert np.abs(means[0] - reals.mean(axis=axis)).max() <= 1.51 * UNIT
        assert np.abs(means[1] - values.mean(axis=axis)).max() <= 1.51 * UNIT
        count = values.size if axis is None else values.shape[axis]
        if count <= correction:
            with pytest.raises(ArgumentProblem):
                x.var(axis=axis, correction=correction)
            return
        for array, exact, size in ((x, reals, 15), (n, values, 100)):
            var, std = committee.reveal(
                array.var(axis=axis, correction=correction), array.std(axis=axis, correction=correction)
            )
            # The mean is a unit or two off, its square is negligible, and the cross term vanishes but for rounding.
            slack = 4 * UNIT + 8 * size * UNIT * UNIT * count
            wanted = exact.var(axis=axis, ddof=correction)
            assert np.abs(var - wanted).max() <= slack
            assert np.abs(std**2 - wanted).max() <= slack + 10 * size * UNIT


def test_long_means(committee: CheckingCommittee) -> None:
    values = np.random.default_rng(0).uniform(-180, 180, 100_000)
    x = committee.share(values, lo=-180, hi=180)
    exact, mean, var = committee.reveal(x, x.mean(), x.var())
    assert abs(mean - exact.mean()) <= 1.51 * UNIT
    assert abs(var - exact.var()) <= 300 * UNIT
    assert abs(committee.reveal(committee.share(values > 0).mean()) - (values > 0).mean()) <= 1.51 * UNIT


@settings(max_examples=40)
@given(hnp.arrays(np.bool_, hnp.array_shapes(max_dims=3, max_side=5)), st.data())
def test_all_any(values: np.ndarray[Any, Any], data: st.DataObject) -> None:
    axis = data.draw(st.sampled_from([None, *range(values.ndim)]))
    with CheckingCommittee() as committee:
        x = committee.share(values)
        found = committee.reveal(x.all(axis=axis), x.any(axis=axis), x.sum(axis=axis), xp.sort(x))
    wanted = [values.all(axis=axis), values.any(axis=axis), values.sum(axis=axis), np.sort(values)]
    for got, exact in zip(found, wanted, strict=True):
        assert (got == exact).all()


def test_first_of_equals(committee: CheckingCommittee) -> None:
    x = committee.share([3, 1, 2, 1, 3, 3, 1], lo=0, hi=3)
    assert [int(v) for v in committee.reveal(x.argmin(), x.argmax())] == [1, 0]


def test_several_axes(committee: CheckingCommittee) -> None:
    values = np.arange(24).reshape(2, 3, 4) % 7
    x = committee.share(values, lo=0, hi=6)
    for axis in ((0, 2), (1, -1), (0, 1, 2)):
        assert (committee.reveal(xp.sum(x, axis=axis)) == values.sum(axis=axis)).all()
        assert (committee.reveal(xp.max(x, axis=axis, keepdims=True)) == values.max(axis=axis, keepdims=True)).all()
        assert (committee.reveal(xp.any(x > 5, axis=axis)) == (values > 5).any(axis=axis)).all()
    with pytest.raises(ShapeError):
        xp.sum(x, axis=(0, 0))


def test_nothing_to_reduce(committee: CheckingCommittee) -> None:
    x = committee.share(np.zeros((0, 2), int), lo=0, hi=6)
    assert committee.reveal(x.sum(axis=0)).tolist() == [0, 0]
    assert committee.reveal(xp.all(x > 1, axis=0), xp.any(x > 1, axis=0))[0].tolist() == [True, True]
    assert committee.reveal(xp.prod(x, axis=0)).tolist() == [1, 1]
    for act in (xp.min, xp.argmax, xp.mean, xp.var):
        with pytest.raises(ShapeError, match=r"test_reductions\.py:"):
            act(x, axis=0)


@settings(max_examples=40)
@given(tables, st.booleans(), st.data())
def test_sort(values: np.ndarray[Any, Any], descending: bool, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    wanted = np.flip(np.sort(values, axis=axis), axis) if descending else np.sort(values, axis=axis)
    with CheckingCommittee() as committee:
        x = committee.share(values, lo=-100, hi=100)
        assert (committee.reveal(xp.sort(x, axis=axis, descending=descending)) == wanted).all()


@pytest.mark.parametrize("shapes", [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 1, 2, 3), (6, 3, 4)),
    ((2, 0), (0, 3)),
])  # fmt: skip
@pytest.mark.parametrize("public", ["neither", "left", "right"])
def test_matmul(committee: CheckingCommittee, shapes: tuple[tuple[int, ...], tuple[int, ...]], public: str) -> None:
    random = np.random.default_rng(4)
    a, b = (random.integers(-9, 9, shape) for shape in shapes)
    x: Any = a if public == "left" else committee.share(a, lo=-9, hi=9)
    y: Any = b if public == "right" else committee.share(b, lo=-9, hi=9)
    assert (committee.reveal(x @ y) == a @ b).all()
    u, v = a / 8, b / 4 + 0.1
    p: Any = u if public == "left" else committee.share(u, lo=-9, hi=9)
    q: Any = v if public == "right" else committee.share(v, lo=-9, hi=9)
    assert np.allclose(committee.reveal(p @ q), u @ v, atol=40 * UNIT, rtol=0)
    assert xp.matmul(p, q, scale=30).scale == 30


def test_other_products(committee: CheckingCommittee) -> None:
    a, b = np.arange(24).reshape(2, 3, 4), np.arange(12).reshape(3, 4)
    x, y = committee.share(a, lo=0, hi=24), committee.share(b, lo=0, hi=24)
    assert (committee.reveal(xp.vecdot(x, y)) == (a * b).sum(axis=-1)).all()
    assert (committee.reveal(xp.vecdot(x, x, axis=0)) == (a * a).sum(axis=0)).all()
    assert (committee.reveal(xp.tensordot(x, y)) == np.tensordot(a, b)).all()
    assert (committee.reveal(xp.tensordot(x, y, axes=0)) == np.tensordot(a, b, 0)).all()
    assert (committee.reveal(xp.tensordot(x, y, axes=([2], [1]))) == np.tensordot(a, b, ([2], [1]))).all()
    misfits: list[Any] = [
        lambda: x @ y,
        lambda: x @ 2,
        lambda: xp.vecdot(x, y[0, 0]),
        lambda: xp.tensordot(x, y, axes=1),
    ]
    for act in misfits:
        with pytest.raises(ShapeError):
            act()


def test_one_hot(committee: CheckingCommittee) -> None:
    labels = np.array([[0, 2], [1, 5]])
    wanted = (labels[..., None] == np.arange(3)).astype(int)
    for given_labels in (labels, committee.share(labels, lo=0, hi=5)):
        assert (committee.reveal(xp.one_hot(given_labels, 3)) == wanted).all()
