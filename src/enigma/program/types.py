"""What a value is: boolean, integer or fixed point, with its scale and its proven range."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from enigma.errors import RangeError

LINEAR_BITS = 63
"""A number and every linear combination stay within -2**63 .. 2**63 - 1, so that nothing wraps unseen."""

TRUNCATED_BITS = 62
"""What a truncation reads stays within -2**62 .. 2**62 - 1, the headroom of its mask."""


class Kind(StrEnum):
    """The three kinds of value."""

    BOOL = "bool"
    INT = "int"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Type:
    """Kind, fractional bits and proven bounds of every element of an array.

    `lo` and `hi` are inclusive and *raw*: the number that they stand for is `lo / 2**scale`.
    """

    kind: Kind
    scale: int
    lo: int
    hi: int

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise RangeError(f"an empty range: {self.lo} .. {self.hi}")

    @property
    def is_bool(self) -> bool:
        """Whether this is a boolean."""
        return self.kind is Kind.BOOL

    @property
    def width(self) -> int:
        """Bits of a two's complement word that holds every value of the range; at least 1."""
        return signed_width(self.lo, self.hi)

    @property
    def magnitude(self) -> int:
        """The largest absolute raw value."""
        return max(abs(self.lo), abs(self.hi))

    def contains(self, other: Type) -> bool:
        """Whether every value of `other` is one of this type, at the same scale."""
        return self.kind is other.kind and self.scale == other.scale and self.lo <= other.lo and other.hi <= self.hi

    def __str__(self) -> str:
        if self.is_bool:
            return "bool"
        step = 1 << self.scale
        lo, hi = (f"{v / step:.6g}" for v in (self.lo, self.hi))
        return f"{self.kind}({lo}, {hi})" + (f" with {self.scale} fractional bits" if self.scale else "")


BOOL = Type(Kind.BOOL, 0, 0, 1)


def number(lo: int, hi: int, scale: int = 0, kind: Kind | None = None) -> Type:
    """The type of raw numbers `lo` to `hi`; raises `RangeError` when they do not fit in 64 bits."""
    if signed_width(lo, hi) > LINEAR_BITS + 1:
        raise RangeError(
            f"values up to 2^{max(abs(lo), abs(hi)).bit_length()} at {scale} fractional bits leave the 64-bit ring",
            hint="narrow the inputs' ranges (lo=, hi=), clip() the operand, or keep fewer fractional bits (scale=)",
        )
    return Type(kind or (Kind.FIXED if scale else Kind.INT), scale, lo, hi)


def signed_width(lo: int, hi: int) -> int:
    """Bits of the narrowest two's complement word that holds both bounds."""
    return (
        max(lo.bit_length() if lo >= 0 else (~lo).bit_length(), hi.bit_length() if hi >= 0 else (~hi).bit_length()) + 1
    )


def product_bounds(a: Type, b: Type) -> tuple[int, int]:
    """The raw bounds of one product."""
    corners = (a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi)
    return min(corners), max(corners)
