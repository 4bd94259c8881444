"""The protocols' kernels have the bits of the twin at every SIMD level, for every size, width and alignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.algebra.kernels import Kernels, Octets, Words, layout, load, plain
from enigma.algebra.kernels.native import NotBuilt, levels

SIZES = [0, 1, 63, 64, 65, 511, 1000, 32768]
GUARD = 24
"""Elements around every array that no kernel may touch."""


def native_levels() -> list[str]:
    try:
        return levels()
    except NotBuilt:
        return []


class Draw:
    """Arrays of random elements, sometimes all 0 or all ones, that start anywhere in a larger buffer."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def _place(self, values: Any) -> Any:
        offset = int(self.rng.integers(GUARD))
        buffer = np.full(values.size + 2 * GUARD, 0xA5, values.dtype)
        view = buffer[offset : offset + values.size].reshape(values.shape)
        view[...] = values
        return view

    def words(self, *shape: int) -> Words:
        values = self.rng.integers(0, 2**64, shape, dtype=np.uint64)
        special = self.rng.random(shape)
        values[special < 0.05] = 0
        values[special > 0.95] = 2**64 - 1
        kind = self.rng.integers(12)
        values = values * np.uint64(kind != 0) | np.uint64(2**64 - 1 if kind == 1 else 0)
        return self._place(values)  # type: ignore[no-any-return]

    def octets(self, *shape: int) -> Octets:
        return self._place(self.rng.integers(0, 256, shape, dtype=np.uint8))  # type: ignore[no-any-return]

    def bits(self, *shape: int) -> Octets:
        values = self.rng.integers(0, 2, shape, dtype=np.uint8)
        kind = self.rng.integers(8)
        return self._place(values if kind > 1 else np.full(shape, kind, np.uint8))  # type: ignore[no-any-return]

    def flag(self) -> bool:
        return bool(self.rng.integers(2))


def same(name: str, *arguments: Any, out: list[tuple[tuple[int, ...], Any]], draw: Draw) -> None:
    """Check a kernel at every level against the twin; an `Out` among the arguments stands for one of its outputs."""
    expected: list[Any] = [np.zeros(shape, kind) for shape, kind in out]
    getattr(plain, name)(*_filled(arguments, expected))
    for level in native_levels():
        buffers = [np.full(want.size + 2 * GUARD, 0x5A, want.dtype) for want in expected]
        offset = int(draw.rng.integers(GUARD))
        pairs = zip(buffers, expected, strict=True)
        found = [buffer[offset : offset + want.size].reshape(want.shape) for buffer, want in pairs]
        getattr(load("native", level=level), name)(*_filled(arguments, found))
        for buffer, got, want in zip(buffers, found, expected, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=f"{name} at {level}")
            assert (buffer[:offset] == 0x5A).all(), f"{name} at {level} wrote before the result"
            assert (buffer[offset + want.size :] == 0x5A).all(), f"{name} at {level} wrote past the result"


def _filled(arguments: tuple[Any, ...], outputs: list[Any]) -> list[Any]:
    return [outputs[a.index] if isinstance(a, Out) else a for a in arguments]


class Out:
    """The place of an output among the arguments."""

    def __init__(self, index: int) -> None:
        self.index = index


FIRST, SECOND = Out(0), Out(1)
U64, U8 = np.uint64, np.uint8


def check_cross(draw: Draw, n: int) -> None:
    x0, x1, y0, y1, plus, minus = (draw.words(n) for _ in range(6))
    for some in ((plus, minus), (plus, None), (None, minus), (None, None)):
        same("cross", x0, x1, y0, y1, *some, FIRST, out=[((n,), U64)], draw=draw)
    bits = [draw.bits(n) for _ in range(4)]
    size = (n + 7) // 8
    same("cross_bits", *bits, draw.octets(size), FIRST, out=[((size,), U8)], draw=draw)


def check_truncate(draw: Draw, n: int, k: int, shift: int) -> None:
    z, b0, b1, wa, wb, low = (draw.words(n) for _ in range(6))
    wa[: n // 4] = 0 - wb[: n // 4]
    shares = draw.octets(n, 2, k)
    for blinds in (None, (b0, b1)):
        same(
            "truncate_deal", z, blinds, wa, wb, low, shares, shift, FIRST, SECOND,
            out=[((n,), U64), ((n, 2, k), U8)], draw=draw,
        )  # fmt: skip
    for mb in (None, b0):
        same("truncate_pick", z, mb, low, shares, FIRST, SECOND, out=[((n,), U64), ((n, k), U8)], draw=draw)
    same("truncate_close", z, draw.octets(n, k), draw.octets(n, k), shift, FIRST, out=[((n,), U64)], draw=draw)


def check_convert(draw: Draw, n: int) -> None:
    l0, l1, a, b, mask = draw.bits(n), draw.bits(n), draw.words(n), draw.words(n), draw.words(n)
    for rows, numbers in ((1, None), (2, (a, b))):
        dealt = draw.words(rows, n)
        same("convert_deal", l0, l1, numbers, dealt, FIRST, out=[((rows, n), U64)], draw=draw)
        for first in (False, True):
            same("convert_evaluate", l0, numbers, dealt, mask, first, FIRST, out=[((n,), U64)], draw=draw)


def check_planes(draw: Draw, n: int, count: int) -> None:
    width = (n + 63) // 64
    same("to_planes", draw.words(n), FIRST, out=[((count, width), U64)], draw=draw)
    same("from_planes", draw.words(count, width), FIRST, out=[((n,), U64)], draw=draw)


def check_pack(draw: Draw, n: int) -> None:
    width = (n + 63) // 64
    same("pack", draw.bits(n), FIRST, out=[((width,), U64)], draw=draw)
    same("unpack", draw.words(width), FIRST, out=[((n,), U8)], draw=draw)


def check_tree(draw: Draw, bits: int, width: int, ones: bool) -> None:
    """The leaves of so many bits, and a level over so many blocks."""
    shares, planes = draw.words(layout.leaf_monomials(bits), width), draw.words(bits, width)
    same("deal_leaves", planes, shares, FIRST, out=[(shares.shape, U64)], draw=draw)
    blinds = draw.words(layout.wires((bits + 2) // 3, ones), width)
    for public in (False, True):
        same("evaluate_leaves", planes, shares, blinds, ones, public, FIRST, out=[(blinds.shape, U64)], draw=draw)
    shares = draw.words(layout.level_monomials(bits, ones), width)
    m, mask = draw.words(layout.wires(bits, ones), width), draw.words(layout.wires(bits, ones), width)
    same("deal_level", mask, shares, ones, FIRST, out=[(shares.shape, U64)], draw=draw)
    blinds = draw.words(layout.fresh_wires(bits, ones), width)
    for public in (False, True):
        same("evaluate_level", m, mask, shares, blinds, ones, public, FIRST, out=[(blinds.shape, U64)], draw=draw)


@pytest.mark.parametrize("n", SIZES)
def test_sizes(n: int) -> None:
    draw = Draw(n)
    check_cross(draw, n)
    check_convert(draw, n)
    check_pack(draw, n)
    for count in (1, 7, 8, 31, 32, 33, 63, 64):
        check_planes(draw, n, count)
    for k, shift in ((1, 8), (3, 20), (8, 62)):
        check_truncate(draw, n, k, shift)


@pytest.mark.parametrize("count", range(1, 65))
def test_every_number_of_planes(count: int) -> None:
    for n in (1, 65, 1000):
        check_planes(Draw(n), n, count)


@pytest.mark.parametrize("shift", range(1, 63))
def test_every_shift(shift: int) -> None:
    for n in (1, 9, 300):
        check_truncate(Draw(n + shift), n, (shift + 7) // 8, shift)


@pytest.mark.parametrize("k", range(1, 9))
def test_every_width_of_a_number_and_every_tail(k: int) -> None:
    for n in range(1, 40):
        check_truncate(Draw(n), n, k, 20)


def test_counts_of_monomials_and_wires_follow_from_the_groups() -> None:
    for count in range(1, 200):
        sizes = layout.group_sizes(count)
        assert layout.leaf_monomials(count) == sum((1 << size) - 1 for size in layout.block_sizes(count))
        assert layout.level_monomials(count, ones=True) == sum((0, 0, 1, 4)[size] for size in sizes)
        assert layout.level_monomials(count, ones=False) == (0, 0, 1, 5)[sizes[0]] + 8 * (len(sizes) - 1)
        for ones in (False, True):
            assert layout.fresh_wires(count, ones) == layout.wires(len(sizes), ones) - (sizes[0] == 1)


@pytest.mark.parametrize("ones", [False, True])
@pytest.mark.parametrize("bits", range(1, 65))
def test_every_tree(bits: int, ones: bool) -> None:
    for width in (1, 2, 7, 16) if bits % 8 else (0, 33, 512):
        check_tree(Draw(bits + width), bits, width, ones)


@given(seed=st.integers(0, 2**32), n=st.integers(0, 700), bits=st.integers(1, 64), k=st.integers(1, 8))
def test_any_case(seed: int, n: int, bits: int, k: int) -> None:
    draw = Draw(seed)
    check_cross(draw, n)
    check_convert(draw, n)
    check_pack(draw, n)
    check_planes(draw, n, bits)
    check_truncate(draw, n, k, int(draw.rng.integers(1, 63)))
    check_tree(draw, bits, int(draw.rng.integers(0, 20)), draw.flag())


W1, W2, W3 = (np.zeros(n, np.uint64) for n in (1, 2, 3))
B1, B2 = np.zeros(1, np.uint8), np.zeros(2, np.uint8)


def locked() -> Words:
    array = np.zeros(2, np.uint64)
    array.flags.writeable = False
    return array


def misaligned() -> Words:
    return np.zeros(17, np.uint8)[1:].view(np.uint64)


REFUSED: list[Callable[[Kernels], None]] = [
    lambda k: k.cross(W2, W3, W2, W2, None, None, W2.copy()),
    lambda k: k.cross(W2, W2, W2, W2, W3, None, W2.copy()),
    lambda k: k.cross(W2, W2, W2, W2.astype(np.int64), None, None, W2.copy()),
    lambda k: k.cross(W2, W2, W2, np.zeros(4, np.uint64)[::2], None, None, W2.copy()),
    lambda k: k.cross(W2, W2, W2, W2, None, None, locked()),
    lambda k: k.cross(W2, W2, W2, misaligned(), None, None, W2.copy()),
    lambda k: k.cross(W2, W2, W2, W2, None, None, misaligned()),
    lambda k: k.cross_bits(B2, B2, B2, B2, B2, B1.copy()),
    lambda k: k.truncate_close(W1, np.zeros((1, 9), np.uint8), np.zeros((1, 9), np.uint8), 20, W1.copy()),
    lambda k: k.truncate_close(W1, np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8), 63, W1.copy()),
    lambda k: k.truncate_close(W1, np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8), 0, W1.copy()),
    lambda k: k.truncate_pick(W1, None, W1, np.zeros((1, 3), np.uint8), W1.copy(), np.zeros((1, 3), np.uint8)),
    lambda k: k.convert_deal(B2, B2, (W2, W2), np.zeros((1, 2), np.uint64), np.zeros((1, 2), np.uint64)),
    lambda k: k.to_planes(W2, np.zeros((65, 1), np.uint64)),
    lambda k: k.to_planes(W2, np.zeros((0, 1), np.uint64)),
    lambda k: k.from_planes(np.zeros((3, 2), np.uint64), W2.copy()),
    lambda k: k.pack(B2, W2.copy()),
    lambda k: k.unpack(W2, B2.copy()),
    lambda k: k.deal_leaves(np.zeros((3, 2), np.uint64), np.zeros((6, 2), np.uint64), np.zeros((7, 2), np.uint64)),
    lambda k: k.deal_level(np.zeros((2, 1), np.uint64), W1.reshape(1, 1), False, W1.copy()),
    lambda k: k.deal_level(np.zeros((0, 1), np.uint64), W1.reshape(1, 1), True, W1.copy()),
]


@pytest.mark.parametrize("call", REFUSED)
def test_native_refuses_what_does_not_fit(call: Callable[[Kernels], None]) -> None:
    for level in native_levels():
        with pytest.raises(ValueError, match=r"kernel|contiguous|read-only|planes|truncation|wires|writ"):
            call(load("native", level=level))
