"""Indexing and the moving of elements, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.checking import CheckingCommittee

import enigma.array as xp
from enigma.errors import KindError, LeakError, ShapeError
from enigma.local.plain import PlainCommittee

CUBE = np.arange(60).reshape(3, 4, 5)

KEYS: list[Any] = [
    0, -1, (1, 2), (1, 2, 3), (-1, -2, -3), slice(None), slice(1, 3), slice(None, None, -1), slice(None, None, 2),
    slice(5, None, -2), slice(-2, None), slice(2, 2), slice(0, 3, -1), slice(10, -10, -3),
    (slice(None), 1), (slice(None), slice(3, 0, -2), slice(None, None, 3)), ..., (..., 0), (0, ...), (..., None),
    None, (None, 1, None, ..., 2), (slice(None), None, 1), (1, ..., slice(None, None, -1)), (),
    [0, 2], [2, 2, -1], np.array([[0, 1], [2, 0]]), np.array(1), (slice(None), [3, 0]), (..., [4, 0, 1]),
    (slice(None), np.array([[0, 1], [2, 3]])), (0, [1, 2]), ([1, 2], 0), (0, slice(None), [1, 2]),
    ([1, 2], slice(None), 0),
    (slice(1, None), [0, 3], slice(None, None, 2)), ([0, 1], [1, 2]), ([0, 1], slice(None), [1, 2]),
    (slice(None), [[0], [1]], [2, 3]), (None, [0, 2], ..., None), (slice(None), None, [1, 2]), ([1], None, [2]),
    CUBE[:, 0, 0] > 10, CUBE > 20, CUBE[..., 0] % 3 == 0, (slice(None), CUBE[0, :, 0] > 4), (..., CUBE[0, 0] % 2 == 0),
    (0, CUBE[0, :, 0] > 4), CUBE > 100, [], np.array([], dtype=int), np.zeros(3, dtype=bool), (slice(None), []),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_as_numpy(committee: CheckingCommittee, key: Any) -> None:
    x = committee.share(CUBE, lo=0, hi=60)
    wanted = CUBE[np.array([], dtype=int) if isinstance(key, list) and not key else key]
    if isinstance(key, tuple) and any(isinstance(k, list) and not k for k in key):
        wanted = CUBE[:, np.array([], dtype=int)]
    found = x[key]
    assert found.shape == wanted.shape
    assert (committee.reveal(found) == wanted).all()


@settings(max_examples=40)
@given(st.data())
def test_any_basic_index(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    values = np.arange(np.prod(shape)).reshape(shape)
    with PlainCommittee() as plain:
        assert np.array_equal(plain.reveal(plain.share(values, lo=0, hi=100)[key]), values[key])


@settings(max_examples=40)
@given(st.data())
def test_any_integer_array_index(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    key = data.draw(hnp.integer_array_indices(shape))
    values = np.arange(np.prod(shape)).reshape(shape)
    with PlainCommittee() as plain:
        assert np.array_equal(plain.reveal(plain.share(values, lo=0, hi=100)[key]), values[key])


def test_by_a_public_array(committee: CheckingCommittee) -> None:
    x = committee.share(CUBE, lo=0, hi=60)
    assert (committee.reveal(x[xp.asarray([2, 0])]) == CUBE[[2, 0]]).all()
    assert (committee.reveal(x[xp.asarray(1)]) == CUBE[1]).all()


@pytest.mark.parametrize("key", [3, -4, (0, 0, 5), (0, 0, 0, 0), [3], (..., ...), np.zeros(4, dtype=bool)])
def test_out_of_bounds(committee: CheckingCommittee, key: Any) -> None:
    with pytest.raises(ShapeError, match=r"test_indexing\.py:"):
        committee.share(CUBE, lo=0, hi=60)[key]


@pytest.mark.parametrize("key", [1.5, [0.5], True])
def test_no_index_at_all(committee: CheckingCommittee, key: Any) -> None:
    with pytest.raises(KindError):
        committee.share(CUBE, lo=0, hi=60)[key]


def test_by_a_secret_that_is_no_position(committee: CheckingCommittee) -> None:
    x, i = committee.share(CUBE, lo=0, hi=60), committee.share([1], lo=0, hi=2)
    for key in (x > 3, (slice(None), i), (None, i), (..., i), ([0, 1], i), (i[0], x[0] > 3)):
        with pytest.raises(LeakError) as caught:
            x[key]
        assert "where(" in caught.value.hint
        assert "one_hot" in caught.value.hint


def test_no_assignment(committee: CheckingCommittee) -> None:
    x = committee.share(CUBE, lo=0, hi=60)
    with pytest.raises(KindError) as caught:
        x[0] = 1
    assert "where(" in caught.value.hint


MOVES: list[tuple[Any, Any]] = [
    (lambda x: xp.reshape(x, (4, -1)), lambda v: v.reshape(4, -1)),
    (lambda x: x.reshape(-1), lambda v: v.reshape(-1)),
    (lambda x: x.reshape(12, 5), lambda v: v.reshape(12, 5)),
    (lambda x: xp.permute_dims(x, (2, 0, 1)), lambda v: v.transpose(2, 0, 1)),
    (lambda x: xp.permute_dims(x, (-1, 0, 1)), lambda v: v.transpose(2, 0, 1)),
    (lambda x: x.mT, lambda v: v.swapaxes(1, 2)),
    (lambda x: x[0].T, lambda v: v[0].T),
    (lambda x: xp.moveaxis(x, 0, -1), lambda v: np.moveaxis(v, 0, -1)),
    (lambda x: xp.expand_dims(x, axis=1), lambda v: np.expand_dims(v, 1)),
    (lambda x: xp.expand_dims(x, axis=-1), lambda v: np.expand_dims(v, -1)),
    (lambda x: xp.squeeze(x[:1], 0), lambda v: v[0]),
    (lambda x: xp.broadcast_to(x[0, 0], (2, 3, 5)), lambda v: np.broadcast_to(v[0, 0], (2, 3, 5))),
    (lambda x: xp.broadcast_arrays(x[:, :1], x[0])[1], lambda v: np.broadcast_arrays(v[:, :1], v[0])[1]),
    (xp.flip, np.flip),
    (lambda x: xp.flip(x, axis=(0, -1)), lambda v: np.flip(v, (0, -1))),
    (lambda x: xp.roll(x, 7), lambda v: np.roll(v, 7)),
    (lambda x: xp.roll(x, -2, axis=1), lambda v: np.roll(v, -2, axis=1)),
    (lambda x: xp.take(x, np.array([1, 1, 0]), axis=2), lambda v: v.take([1, 1, 0], axis=2)),
    (lambda x: xp.repeat(x, 2, axis=1), lambda v: np.repeat(v, 2, axis=1)),
    (lambda x: xp.repeat(x, 2), lambda v: np.repeat(v, 2)),
    (lambda x: xp.concat([x, x[:1]], axis=0), lambda v: np.concatenate([v, v[:1]])),
    (lambda x: xp.concat([x, x[..., :2]], axis=-1), lambda v: np.concatenate([v, v[..., :2]], -1)),
    (lambda x: xp.concat([x, x[0]], axis=None), lambda v: np.concatenate([v, v[0]], None)),
    (lambda x: xp.concat([x, np.ones((1, 4, 5), int)]), lambda v: np.concatenate([v, np.ones((1, 4, 5), int)])),
    (lambda x: xp.concat([x, x * 0.5]), lambda v: np.concatenate([v, v * 0.5])),
    (lambda x: xp.stack([x, -x], axis=-1), lambda v: np.stack([v, -v], -1)),
    (lambda x: xp.stack(xp.unstack(x, axis=1)), lambda v: v.swapaxes(0, 1)),
    (lambda x: xp.stack(list(x)), lambda v: v),
]  # fmt: skip


@pytest.mark.parametrize(("move", "exact"), MOVES)
def test_moves(committee: CheckingCommittee, move: Any, exact: Any) -> None:
    found = move(committee.share(CUBE, lo=0, hi=60))
    assert found.shape == exact(CUBE).shape
    assert (committee.reveal(found) == exact(CUBE)).all()


@pytest.mark.parametrize(
    "move",
    [
        lambda x: xp.reshape(x, (7, -1)),
        lambda x: xp.permute_dims(x, (0, 0, 1)),
        lambda x: xp.concat([x, x[0]]),
        lambda x: xp.concat([]),
        lambda x: xp.stack([x, x[:1]]),
        lambda x: xp.squeeze(x, 0),
        lambda x: xp.broadcast_to(x, (3, 4, 6)),
        lambda x: xp.take(x, [0]),
        lambda x: xp.flip(x, axis=3),
        lambda x: x.T,
        lambda x: x[0, 0].mT,
    ],
)
def test_moves_that_do_not_fit(committee: CheckingCommittee, move: Any) -> None:
    with pytest.raises(ShapeError, match=r"test_indexing\.py:"):
        move(committee.share(CUBE, lo=0, hi=60))
