"""Truncation: on small rings every value, mask and shift; at full width, draws. No large error, no bias, no leak."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import numpy as np
import pytest
from tests.engine.checking import secure

from enigma.algebra.kernels import plain
from enigma.program import build
from enigma.program.types import number
from enigma.protocol.session import Words

U = np.uint64


def everything(ring: int, shift: int) -> Iterator[tuple[Words, Words, Words]]:
    """(x, W, low) for all values below 2**(ring - 2) in magnitude, all sums of masks, all low bits; by low bits."""
    values = np.arange(-(1 << (ring - 2)), 1 << (ring - 2)).astype(np.int64).view(U)
    total = np.arange(1 << ring, dtype=U)
    x, w = (np.ascontiguousarray(v).reshape(-1) for v in np.broadcast_arrays(values[:, None], total[None, :]))
    for low in range(1 << shift):
        yield x, w, np.full(x.shape, low, U)


def close(
    ring: int, shift: int, x: Words, wa: Words, wb: Words, low: Words, random: np.random.Generator, blinds: bool
) -> tuple[Words, Words, Words]:
    """(the third piece of the result, what was opened, K): the three kernels in a row, all seats' steps."""
    count, width, modulus = len(x), (shift + 7) // 8, U((1 << ring) - 1)
    ab = random.integers(0, 1 << 64, count, dtype=U)
    pair = tuple(random.integers(0, 1 << 64, count, dtype=U) for _ in range(2)) if blinds else None
    shares = random.integers(0, 256, (count, 2, width), dtype=np.uint8)
    message, hints = np.empty(count, U), np.empty((count, 2, width), np.uint8)
    plain.truncate_deal(
        x - ab, (pair[0], pair[1]) if pair else None, wa, wb, low, shares, shift, message, hints, ring=ring
    )
    opened, mine, theirs = np.empty(count, U), np.empty((count, width), np.uint8), np.empty((count, width), np.uint8)
    first, second = (ab + pair[0], pair[1]) if pair else (ab, None)
    plain.truncate_pick(first, second, message, shares, opened, mine, ring=ring)
    plain.truncate_pick(first, second, message, hints, opened, theirs, ring=ring)
    out = np.empty(count, U)
    plain.truncate_close(opened, mine, theirs, shift, out, ring=ring)
    number = (plain._load(mine) + plain._load(theirs)) & U((1 << 8 * width) - 1)
    return out & modulus, opened, number


def want_exact(ring: int, shift: int, blinds: bool) -> None:
    random = np.random.default_rng(ring * 64 + shift)
    modulus, half = (1 << ring) - 1, 1 << (ring - 1)
    sums: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
    signed = None
    for x, total, low in everything(ring, shift):
        wb = random.integers(0, 1 << 64, len(x), dtype=U)
        third, _, _ = close(ring, shift, x, total - wb, wb, low, random, blinds)
        result = ((third + total) & U(modulus)).astype(np.int64)
        result = np.where(result >= half, result - (1 << ring), result)
        signed = x.view(np.int64)
        floor = signed >> shift
        assert np.isin(result - floor, [0, 1]).all(), f"ring {ring}, shift {shift}: neither of the two neighbours"
        sums = result if sums is None else sums + result
    assert sums is not None
    assert signed is not None
    assert np.array_equal(sums, signed), f"ring {ring}, shift {shift}: the mean over the low bits is not x / 2**shift"


@pytest.mark.parametrize("blinds", [False, True])
@pytest.mark.parametrize("shift", range(1, 7))
def test_every_value_and_mask_of_a_ring_of_8_bits(shift: int, blinds: bool) -> None:
    want_exact(8, shift, blinds)


@pytest.mark.long
@pytest.mark.parametrize(("ring", "shift"), [(9, s) for s in range(1, 8)] + [(10, s) for s in range(1, 9)])
def test_every_value_and_mask_of_larger_rings(ring: int, shift: int) -> None:
    want_exact(ring, shift, False)


@pytest.mark.parametrize(("ring", "shift"), [(8, s) for s in range(1, 7)] + [(11, 9)])
def test_what_the_evaluators_open_does_not_depend_on_the_value(ring: int, shift: int) -> None:
    """An evaluator knows one summand of W. Over all others and all low bits, (c, K) is the same distribution for
    every value: exactly, not statistically. It is the evaluators' whole view besides words that mask each other."""
    random = np.random.default_rng(shift)
    unknown, low = (
        np.ascontiguousarray(v).reshape(-1)
        for v in np.broadcast_arrays(np.arange(1 << ring, dtype=U)[:, None], np.arange(1 << shift, dtype=U)[None, :])
    )
    views = []
    limit = 1 << (ring - 2)
    for value in (0, 1, -1, limit - 1, -limit, limit // 3):
        for known in (5, (1 << ring) - 1):
            x, wa = np.full(len(low), value, np.int64).view(U), np.full(len(low), known, U)
            _, opened, number = close(ring, shift, x, wa, unknown, low, random, False)
            views.append((known, np.sort(opened << U(32) | number)))
    for known in (5, (1 << ring) - 1):
        same = [view for its, view in views if its == known]
        assert all(np.array_equal(view, same[0]) for view in same), "what is opened tells values apart"


def mean_error(draws: int, shift: int, value: int, seed: int) -> tuple[float, float]:
    """The mean of result - value / 2**shift over so many truncations, in its standard deviations; and the largest."""
    size, total, largest = 250_000, 0.0, 0.0
    x = build.input_(0, (size,), number(-(1 << 62), (1 << 62) - 1, 62))
    exact_part = (value & ((1 << shift) - 1)) / 2.0**shift
    for batch in range(draws // size):
        raw = np.full(size, value)
        found, _ = secure([build.truncate(x, shift)], [raw], seed=b"%d/%d" % (seed, batch))
        up = found[0] - (value >> shift)
        assert np.isin(up, [0, 1]).all()
        total += float(up.sum()) - size * exact_part
        largest = max(largest, float(np.abs(up - exact_part).max()))
    count = draws // size * size
    deviation = max((exact_part * (1 - exact_part) * count) ** 0.5, 1e-9)
    return total / deviation, largest


HARD = [
    (20, (1 << 62) - 1),
    (20, -(1 << 62) + 12345),
    (20, (1 << 19) + (1 << 40)),
    (1, -1),
    (62, (1 << 61) + 7),
]


@pytest.mark.parametrize(("shift", "value"), HARD[:2])
def test_no_bias_at_full_width(shift: int, value: int) -> None:
    """False alarm: |z| > 5, once in 1.7 million runs of one case."""
    seed = secrets.randbits(64)
    z, largest = mean_error(500_000, shift, value, seed)
    assert abs(z) < 5, f"seed {seed}: the mean error is {z:.2f} deviations from 0"
    assert largest < 1, f"seed {seed}"


@pytest.mark.long
@pytest.mark.parametrize(("shift", "value"), HARD)
def test_no_bias_at_full_width_over_ten_million_draws(shift: int, value: int) -> None:
    """False alarm: |z| > 5, once in 1.7 million runs of one case."""
    seed = secrets.randbits(64)
    z, largest = mean_error(10_000_000, shift, value, seed)
    assert abs(z) < 5, f"seed {seed}: the mean error is {z:.2f} deviations from 0"
    assert largest < 1, f"seed {seed}"
