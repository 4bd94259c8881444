"""To whole numbers, exactly: a truncation to one of the two nearest, and a comparison that says which one it was."""

from __future__ import annotations

from enigma.array.array import Array
from enigma.array.comparison import either
from enigma.array.dtypes import DType, dtype_of
from enigma.array.literals import Bound, bound_raw
from enigma.array.operands import Operand, as_fixed, narrow, node_of, number_of, rescale, scalar, wrap
from enigma.errors import KindError, RangeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import Kind, Type, number


def floor(x: Operand) -> Array:
    """The largest whole number not above x; fixed point of scale 0."""
    node = number_of(x)
    return wrap(floored(node), x)


def floored(x: Node) -> Node:
    """The floor of a node."""
    scale = x.type.scale
    if scale == 0:
        return x
    near, rest = _nearby(x)
    # `near` is the floor or the ceiling: it was the ceiling where x - near is below zero.
    out = build.sub(near, build.to_int(build.negative(rest)))
    return narrow(out, x.type.lo >> scale, x.type.hi >> scale)


def _nearby(x: Node) -> tuple[Node, Node]:
    """One of the two nearest whole numbers, and x less it (proven within -1 .. 1, both excluded)."""
    scale = x.type.scale
    near = build.truncate(x, scale)
    rest = build.sub(x, build.shift_left(near, scale))
    return near, narrow(rest, 1 - (1 << scale), (1 << scale) - 1)


def ceil(x: Operand) -> Array:
    """The smallest whole number not below x; fixed point of scale 0."""
    node = number_of(x)
    return wrap(build.neg(floored(build.neg(node))), x)


def trunc(x: Operand) -> Array:
    """x without its fraction, hence towards zero; fixed point of scale 0."""
    return wrap(truncated(number_of(x)), x)


def truncated(x: Node) -> Node:
    """A node without its fraction."""
    scale = x.type.scale
    if scale == 0:
        return x
    near, rest = _nearby(x)
    short, over = build.negative(rest), build.negative(build.neg(rest))
    up = build.and_(build.negative(x), either(short, over))
    # The floor, and one more where x is below zero and not whole.
    out = build.add(build.sub(near, build.to_int(short)), build.to_int(up))
    lo, hi = (v >> scale if v >= 0 else -(-v >> scale) for v in (x.type.lo, x.type.hi))
    return narrow(out, lo, hi)


def round_(x: Operand) -> Array:
    """The nearest whole number, halves to the even one as the standard asks; fixed point of scale 0."""
    node = number_of(x)
    scale = node.type.scale
    if scale == 0:
        return wrap(node, x)
    half = build.broadcast(scalar(1 << (scale - 1), scale, Kind.FIXED), node.shape)
    up = floored(build.add(node, half))
    # Rounded up wrongly where x = 2 n + 1/2: where (x - 1/2) / 2 is whole, which a truncation leaves exact.
    pair = as_fixed(build.sub(node, half), scale + 1)
    whole = build.shift_left(build.truncate(pair, scale + 1), scale + 1)
    rest = narrow(build.sub(pair, whole), -(2 << scale), 2 << scale)
    out = build.sub(up, build.to_int(build.zero(rest)))
    lo, hi = (_half_even(v, scale) for v in (node.type.lo, node.type.hi))
    return wrap(narrow(out, lo, hi), x)


def _half_even(raw: int, scale: int) -> int:
    up = (raw + (1 << (scale - 1))) >> scale
    return up - 1 if (raw - (1 << (scale - 1))) % (2 << scale) == 0 else up


def astype(x: Operand, dtype: DType) -> Array:
    """x as another dtype: fixed point to integer drops the fraction, to fewer bits rounds to one of the two nearest.

    A number is true where it is not zero.
    """
    node = node_of(x)
    if dtype == dtype_of(node.type):
        return wrap(node, x)
    if dtype.kind is Kind.BOOL:
        return wrap(build.not_(build.zero(node)), x)
    if node.type.is_bool:
        node = build.to_int(node)
    if dtype.kind is Kind.INT:
        whole = truncated(node)
        return wrap(build.retype(whole, Type(Kind.INT, 0, whole.type.lo, whole.type.hi)), x)
    scaled = rescale(node, dtype.scale)
    return wrap(as_fixed(scaled, dtype.scale), x)


def with_range(x: Operand, lo: Bound, hi: Bound) -> Array:
    """x under a wider declared range, as a value that is carried round a loop needs; `RangeError` for a narrower one.

    Only `clip` narrows a range, since it moves what lies outside.
    """
    node = number_of(x)
    if node.type.kind is Kind.INT and not all(float(b).is_integer() for b in (lo, hi)):
        raise KindError(f"{caller()}: an integer array with the range {lo} .. {hi}", hint="astype(x, fixed(20)) first")
    bottom, top = bound_raw(lo, node.type.scale), bound_raw(hi, node.type.scale)
    if bottom > node.type.lo or top < node.type.hi:
        hint = "clip(x, lo, hi) narrows a range"
        raise RangeError(f"{caller()}: {node.type} does not lie within {lo} .. {hi}", hint=hint)
    return wrap(build.retype(node, number(bottom, top, node.type.scale, node.type.kind)), x)
