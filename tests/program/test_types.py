"""Kinds, scales and proven ranges."""

from __future__ import annotations

import pytest

from enigma.errors import RangeError
from enigma.program.types import BOOL, Kind, Type, number, product_bounds, signed_width

LOW, HIGH = -(1 << 63), (1 << 63) - 1


@pytest.mark.parametrize(
    ("lo", "hi", "width"),
    [
        (0, 0, 1), (-1, 0, 1), (0, 1, 2), (-1, 1, 2), (-2, 1, 2), (-2, 2, 3), (0, 255, 9), (-256, 0, 9), (-257, 0, 10),
        (LOW, 0, 64), (0, HIGH, 64), (LOW, HIGH, 64), (LOW - 1, 0, 65), (0, HIGH + 1, 65),
    ],
)  # fmt: skip
def test_widths(lo: int, hi: int, width: int) -> None:
    assert signed_width(lo, hi) == width
    half = 1 << (width - 1)
    assert -half <= lo <= hi <= half - 1
    assert width == 1 or not (-half // 2 <= lo and hi <= half // 2 - 1)
    if width <= 64:
        assert number(lo, hi).width == width


def test_the_whole_ring_is_a_range_and_one_more_is_not() -> None:
    assert number(LOW, HIGH).magnitude == 1 << 63
    for lo, hi in ((LOW - 1, 0), (0, HIGH + 1)):
        with pytest.raises(RangeError, match="leave the 64-bit ring") as caught:
            number(lo, hi, 20)
        assert "lo=, hi=" in caught.value.hint


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(RangeError, match=r"empty range: 2 \.\. 1"):
        number(2, 1)


def test_kinds_follow_scales() -> None:
    assert (number(0, 5).kind, number(0, 5, 3).kind) == (Kind.INT, Kind.FIXED)
    assert number(0, 5, 0, Kind.FIXED).kind is Kind.FIXED
    assert BOOL.is_bool
    assert not number(0, 1).is_bool


def test_containing() -> None:
    whole = number(-8, 7)
    assert whole.contains(whole)
    assert whole.contains(number(-8, 0))
    for other in (number(-9, 7), number(-8, 8), number(-8, 7, 1), number(-8, 7, 0, Kind.FIXED), BOOL):
        assert not whole.contains(other)


@pytest.mark.parametrize("a", [(-3, 5), (2, 7), (-9, -4), (0, 0)])
@pytest.mark.parametrize("b", [(-6, 1), (3, 3), (-2, -1), (0, 8)])
def test_bounds_of_products_hold_and_are_reached(a: tuple[int, int], b: tuple[int, int]) -> None:
    products = [x * y for x in range(a[0], a[1] + 1) for y in range(b[0], b[1] + 1)]
    assert product_bounds(number(*a), number(*b)) == (min(products), max(products))


def test_how_types_read() -> None:
    assert str(BOOL) == "bool"
    assert str(number(-2, 3)) == "int(-2, 3)"
    assert str(Type(Kind.FIXED, 2, -2, 3)) == "fixed(-0.5, 0.75) with 2 fractional bits"
