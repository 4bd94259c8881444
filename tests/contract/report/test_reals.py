"""Programs over float64: as close to NumPy's own functions as fixed point is to them, and never rounded by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import enigma
import enigma.array as xp
from enigma.array.committee import indices
from enigma.contract.report import reals
from enigma.engine import plain
from enigma.program.program import trace

_RANDOM = np.random.default_rng(3)
X = np.rint(_RANDOM.uniform(-90, 90, 300) * 2**20) / 2**20
Y = np.rint(_RANDOM.uniform(0.5, 100, 300) * 2**20) / 2**20
I = _RANDOM.integers(-1000, 1000, 300)  # noqa: E741 - beside X and Y

Function = Callable[[Any, Any, Any], Any]


def both(function: Function) -> tuple[Any, Any, Any]:
    """What fixed point gives, what float64 gives, and the type of both."""
    with enigma.plain() as committee:
        arrays = (
            committee.share(X, lo=-90, hi=90), committee.share(Y, lo=0.5, hi=100), committee.share(I, lo=-1000, hi=1000)
        )  # fmt: skip
        out = function(*arrays)
        program = trace([out.node])
        values = {index: committee.reveal(xp.asarray(arrays[index])) for index in indices(program)}
        raws = {
            index: np.rint(np.ldexp(value, arrays[index].node.type.scale)).astype(np.int64)
            for index, value in values.items()
        }
    exact = {index: reals.real_of(raw, arrays[index].node.type) for index, raw in raws.items()}
    fixed = plain.evaluate(program.outputs, raws)[0]
    found = reals.evaluate(program.outputs, exact, np.random.default_rng(0))[0]
    return reals.real_of(fixed, out.node.type), found, out.node.type


@pytest.mark.parametrize(
    ("function", "truth", "near"),
    [
        (lambda x, y, i: xp.mean(x), X.mean(), 1e-8),
        (lambda x, y, i: x * y, X * Y, 1e-12),
        (lambda x, y, i: x / 7 * y, X / 7 * Y, 1e-4),
        (lambda x, y, i: x / y, X / Y, 2e-7),
        (lambda x, y, i: xp.sqrt(y), np.sqrt(Y), 5e-8),
        (lambda x, y, i: xp.exp(x / 20), np.exp(X / 20), 1e-5),
        (lambda x, y, i: xp.log(y), np.log(Y), 1e-6),
        (lambda x, y, i: xp.var(x), X.var(), 1e-6),
        (lambda x, y, i: xp.sigmoid(x), 1 / (1 + np.exp(-X)), 1e-6),
    ],
)
def test_numbers_lose_nothing_to_rounding(function: Function, truth: Any, near: float) -> None:
    _, found, _ = both(function)
    assert np.abs(found - truth).max() < near


@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (lambda x, y, i: xp.floor(x), np.floor(X)),
        (lambda x, y, i: xp.floor(x) / 2, np.floor(X) / 2),
        (lambda x, y, i: xp.ceil(x), np.ceil(X)),
        (lambda x, y, i: xp.round(x), np.round(X)),
        (lambda x, y, i: xp.astype(x, xp.int64), np.trunc(X)),
        (lambda x, y, i: x // 3, X // 3),
        (lambda x, y, i: x // y, X // Y),
        (lambda x, y, i: i // 7, I // 7),
        (lambda x, y, i: i % 7, I % 7),
        (lambda x, y, i: xp.sort(x), np.sort(X)),
        (lambda x, y, i: xp.sort(i, descending=True), np.sort(I)[::-1]),
        (lambda x, y, i: xp.argmax(y), np.argmax(Y)),
        (lambda x, y, i: x > xp.mean(x), X.mean() < X),
        (lambda x, y, i: i == 5, I == 5),
        (lambda x, y, i: xp.where(i > 0, i, -i), np.abs(I)),
    ],
)
def test_what_is_meant_to_be_whole_is(function: Function, truth: Any) -> None:
    fixed, found, _ = both(function)
    assert np.array_equal(np.asarray(found, np.float64), np.asarray(truth, np.float64))
    assert np.array_equal(np.asarray(fixed, np.float64), np.asarray(truth, np.float64))


def test_rounding_is_seen() -> None:
    for function in (lambda x, y, i: x * y, lambda x, y, i: xp.mean(x), lambda x, y, i: xp.sqrt(y)):
        fixed, found, type_ = both(function)
        error = np.abs(fixed - found).max()
        assert 0 < error <= 2.0**-type_.scale


def test_integers_stay_exact() -> None:
    with enigma.plain() as committee:
        x = committee.share(np.asarray([2**61 + 1, -(2**61) - 1]), lo=-(2**62), hi=2**62)
        program = trace([(x + 1).node])
        found = reals.evaluate(program.outputs, {0: np.asarray([2**61 + 1, -(2**61) - 1])}, np.random.default_rng(0))[0]
    assert found.tolist() == [2**61 + 2, -(2**61)]


def test_loops() -> None:
    with enigma.plain() as committee:
        x = committee.share(np.asarray([0.5, 0.25]), lo=0, hi=1)
        out = xp.loop(3, lambda v: v * v, x)
        out = out[0] if isinstance(out, tuple) else out
        found = reals.evaluate([out.node], {0: np.asarray([0.5, 0.25])}, np.random.default_rng(0))[0]
    assert found == pytest.approx([0.5**8, 0.25**8])
