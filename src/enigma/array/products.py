"""Products of nodes: truncated in one step where the proven headroom allows it, and split exactly where it does not.

With a = high * 2**h + low, where `high` is a / 2**h rounded either way, a * b is high * b * 2**h + low * b exactly;
each part has h bits less to hold. A split costs one truncation more; every part adds at most one unit
of its own rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from enigma.array.literals import Literal, exact_bits, largest, shape_of, to_raw
from enigma.array.operands import as_fixed, as_integer, broadcast_shape, narrow, same_shape, scalar
from enigma.errors import RangeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import LINEAR_BITS, TRUNCATED_BITS, Kind, Type, product_bounds, signed_width

Product = Callable[[Node, Node, int], Node]
FINEST_SCALE = 40
"""Up to here a division by a power of two only moves the point; beyond, it truncates."""

Halves = list[tuple[Node, int]]


NEGLIGIBLE_BITS = 10
"""A part of a split product that is so many bits below one unit of the result is left out."""


def product(a: Node, b: Node, shift: int = 0) -> Node:
    """a * b, truncated by `shift` bits, broadcast; split where the whole product would leave the headroom."""
    a, b = same_shape([a, b]) if a is not b else (a, b)
    return _product(build.mul, a, b, shift, 1)


def dot(a: Node, b: Node, shift: int = 0) -> Node:
    """The matrix product of equal leading axes, truncated by `shift` bits after the sum; split where needed."""
    return _product(build.dot, a, b, shift, a.shape[-1])


def _product(op: Product, a: Node, b: Node, shift: int, inner: int) -> Node:
    lo, hi = product_bounds(a.type, b.type)
    limit = (TRUNCATED_BITS if shift else LINEAR_BITS) + 1
    if signed_width(lo * inner, hi * inner) <= limit or a.type.is_bool or b.type.is_bool:
        return op(a, b, shift)
    scale = a.type.scale + b.type.scale - shift
    cut = _cut(a.type, b.type, shift, inner)
    if cut is None:
        raise RangeError(
            f"{caller()}: a product or sum up to 2^{(max(abs(lo), abs(hi)) * inner).bit_length()} "
            f"(before {shift} bits are truncated) leaves 64 bits",
            hint="narrow the inputs' ranges (lo=, hi=), clip() an operand, or keep fewer fractional bits (scale=)",
        )
    parts = []
    for x, up in _halves(a, cut[0]):
        for y, up_too in _halves(b, cut[1]):
            left = shift - up - up_too
            if _bits(x.type.magnitude * y.type.magnitude * inner) + NEGLIGIBLE_BITS <= left:
                continue  # less than a thousandth of a unit in all
            parts.append(op(as_fixed(x, left), as_integer(y), left))
    total = parts[0]
    for part in parts[1:]:
        total = build.add(as_integer(total), as_integer(part))
    total = as_integer(total)
    # Each part is within one unit of its exact value, and the exact parts add up to a product of the proven bounds.
    slack = len(parts) + 1
    total = narrow(total, (lo * inner >> shift) - slack, -(-hi * inner >> shift) + slack)
    kind = Kind.FIXED if Kind.FIXED in (a.type.kind, b.type.kind) else Kind.INT
    return build.retype(total, Type(kind, scale, total.type.lo, total.type.hi))


def _cut(a: Type, b: Type, shift: int, inner: int) -> tuple[int, int] | None:
    """How many low bits to split from each operand, in as few parts as possible; None where nothing helps."""
    if signed_width(a.lo, a.hi) > TRUNCATED_BITS + 1 or signed_width(b.lo, b.hi) > TRUNCATED_BITS + 1:
        return None
    single = [(h, 0) for h in range(1, shift + 1)] + [(0, h) for h in range(1, shift + 1)]
    double = [(h, k) for h in range(1, shift + 1) for k in range(1, shift + 1 - h)]
    for cut in (*single, *double):
        if all(_bits(x * y * inner) <= (TRUNCATED_BITS if shift > up else LINEAR_BITS - 1) for x, y, up in (
            (x, y, i + j) for x, i in _sizes(a, cut[0]) for y, j in _sizes(b, cut[1])
        )):  # fmt: skip
            return cut
    return None


def _bits(magnitude: int) -> int:
    return magnitude.bit_length()


def _sizes(type_: Type, h: int) -> list[tuple[int, int]]:
    """The magnitudes of the halves, and by how many bits each counts more."""
    return [((type_.magnitude >> h) + 1, h), ((1 << h) - 1, 0)] if h else [(type_.magnitude, 0)]


def _halves(a: Node, h: int) -> Halves:
    if h == 0:
        return [(a, 0)]
    raw = as_fixed(a, h)
    high = build.truncate(raw, h)
    low = build.sub(raw, build.shift_left(high, h))
    # `high` is a / 2**h rounded up or down, so that what remains is less than 2**h on either side.
    return [(high, h), (narrow(low, 1 - (1 << h), (1 << h) - 1), 0)]


def multiply_public(x: Node, factor: Literal, scale: int, *, exact: bool = False) -> Node:
    """x times a public number, with `scale` fractional bits, or fewer where fewer hold the product exactly.

    The factor is encoded so finely that it adds at most half a unit of the result. Where that would leave the headroom,
    it keeps as many bits as fit but at least 24 significant ones, unless `exact` asks for the split product.
    """
    size = largest(factor)
    if size == 0:
        zero = scalar(0, scale, Kind.FIXED if scale else x.type.kind)
        return build.broadcast(zero, broadcast_shape([x.shape, shape_of(factor)]))
    bits = exact_bits(factor, LINEAR_BITS)
    power_of_two = isinstance(factor, Fraction) and abs(factor.numerator) == 1 and bits < LINEAR_BITS
    if power_of_two and not exact and x.type.scale + bits <= FINEST_SCALE:
        return as_fixed(x if np.all(np.asarray(factor) > 0) else build.neg(x), x.type.scale + bits)
    needed = max(x.type.magnitude.bit_length() + scale - x.type.scale + 1, scale - x.type.scale, 0)
    # Bits of the whole part of the largest factor, or (below 0) its leading zeros after the point.
    lead = (size.numerator // size.denominator).bit_length() or 1 - (size.denominator // size.numerator).bit_length()
    if not exact:
        room = TRUNCATED_BITS - 1 - x.type.magnitude.bit_length() - lead
        needed = max(min(needed, max(room, 24 - lead)), scale - x.type.scale)
    chosen = min(bits, needed, LINEAR_BITS - 1 - lead)
    kind = Kind.FIXED if chosen else x.type.kind
    return product(x, build.const(to_raw(factor, chosen), chosen, kind), max(x.type.scale + chosen - scale, 0))


def default_product_scale(a: int, b: int, least: int) -> int:
    """What a product keeps: everything up to `least` fractional bits, and the finer operand's beyond."""
    return min(a + b, max(a, b, least))
