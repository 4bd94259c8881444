"""Comparison, zero test, bits and conversions on every small value under every split between evaluators and dealer."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.protocol.replicated3.splits import crafted, crafted_bits, run

from enigma.protocol.replicated3 import bits, carry, convert
from enigma.protocol.session import Joint, Octets, Session

Numbers = npt.NDArray[np.int64]


def every_split(width: int) -> tuple[Numbers, list[npt.NDArray[np.uint64]]]:
    """All numbers of `width` bits, under all low bits of the evaluators' piece; the bits above are random."""
    random = np.random.default_rng(width)
    lo, hi = -(1 << (width - 1)), 1 << (width - 1)
    values, low = np.meshgrid(np.arange(lo, hi), np.arange(1 << width), indexing="ij")
    flat = np.ascontiguousarray(values.reshape(-1), np.int64)
    high = random.integers(0, 1 << (64 - width), flat.size, dtype=np.uint64) << np.uint64(width)
    return flat, crafted(flat, low.reshape(-1).astype(np.uint64) | high, random)


def want_right(width: int) -> None:
    values, pieces = every_split(width)
    assert np.array_equal(run(lambda s: carry.negative(s, pieces[s.seat], width)), values < 0)
    assert np.array_equal(run(lambda s: carry.zero(s, pieces[s.seat], width)), values == 0)


def want_bits(width: int) -> None:
    values, pieces = every_split(width)

    def protocol(s: Session) -> Joint[Octets]:
        words = yield from bits.bits(s, pieces[s.seat], width)
        return bits.expand(words, width)

    assert np.array_equal(run(protocol), [(values >> i) & 1 == 1 for i in range(width)])


@pytest.mark.parametrize("width", range(1, 9))
def test_comparison(width: int) -> None:
    want_right(width)


@pytest.mark.parametrize("width", range(1, 9))
def test_bits(width: int) -> None:
    want_bits(width)


@pytest.mark.long
@pytest.mark.parametrize("width", [9, 10])
def test_wider(width: int) -> None:
    want_right(width)
    want_bits(width)


def test_conversion_of_every_sharing_of_a_bit() -> None:
    rows = np.array(list(product([0, 1], repeat=3)) * 40, np.uint8)
    values, common, own = rows[:, 0].astype(np.bool_), rows[:, 1].copy(), rows[:, 2].copy()
    pieces = crafted_bits(values, common, own)
    assert np.array_equal(run(lambda s: convert.to_int(s, pieces[s.seat])), values.astype(np.int64))


def chosen_by(bit: Any, pieces: Any, session: Session) -> Joint[Any]:
    return convert.choose(session, bit[session.seat], pieces[session.seat])


def test_choosing_every_small_value() -> None:
    """All 8-bit values and evaluators' pieces, times all sharings of the bit."""
    values, pieces = every_split(8)
    random = np.random.default_rng(0)
    for chosen, common, own in product([0, 1], repeat=3):
        ones = np.ones(len(values), np.uint8)
        bit = crafted_bits((ones * chosen).astype(np.bool_), ones * common, ones * own)
        found = run(partial(chosen_by, bit, pieces))
        assert np.array_equal(found, values * chosen)
    wide = random.integers(-(1 << 63), 1 << 63, 100)
    bit = crafted_bits(np.ones(100, np.bool_), np.ones(100, np.uint8), np.zeros(100, np.uint8))
    numbers = crafted(wide, np.zeros(100, np.uint64), random)
    assert np.array_equal(run(lambda s: convert.choose(s, bit[s.seat], numbers[s.seat])), wide)


@pytest.mark.parametrize("width", range(1, 65))
def test_trees_have_the_stated_depth_and_planes(width: int) -> None:
    """Levels of threes over leaves of three; every level's wires are counted once."""
    tree = carry.tree_of(width, True)
    assert tree.blocks[0] == -(-width // 3)
    assert tree.blocks[-1] == 1
    assert all(after == -(-before // 3) for before, after in zip(tree.blocks, tree.blocks[1:], strict=False))
    assert len(tree.exchanges) == len(tree.monomials) == len(tree.blocks)
