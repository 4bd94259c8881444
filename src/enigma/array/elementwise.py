"""Arithmetic, element by element: the standard's chapter, with proven ranges.

Sums align scales exactly. A product keeps `min(a + b, max(a, b, 20))` fractional bits, so that products of coarse
numbers are exact and free of truncation; `scale=` asks for others. Integers times anything are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from enigma.array import nonlinear
from enigma.array.array import Array
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.array.literals import Bound, bound_raw, exact_bits, is_bool, literal, shape_of
from enigma.array.operands import (
    Operand,
    align,
    as_fixed,
    choose,
    narrow,
    node_of,
    nodes_of,
    number_of,
    paired,
    rescale,
    scalar,
    select,
    wrap,
)
from enigma.array.products import default_product_scale, multiply_public, product
from enigma.errors import ArgumentProblem, KindError, RangeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import LINEAR_BITS, Kind, Type


def add(x: Operand, y: Operand) -> Array:
    """x + y."""
    return wrap(build.add(*_numbers(x, y)), x, y)


def subtract(x: Operand, y: Operand) -> Array:
    """x - y."""
    return wrap(build.sub(*_numbers(x, y)), x, y)


def _numbers(x: Operand, y: Operand) -> tuple[Node, Node]:
    if x is y:
        node = number_of(x)
        return node, node
    a, b = paired(x, y)
    return a, b


def multiply(x: Operand, y: Operand, *, scale: int | None = None) -> Array:
    """x * y; a boolean factor keeps or clears the other one.

    `scale` is the number of fractional bits to keep; the sum of both operands' keeps all and saves the truncation.
    """
    if not isinstance(x, Array) and isinstance(y, Array):
        x, y = y, x
    if isinstance(x, Array) and not isinstance(y, Array):
        factor = literal(y)
        if not (is_bool(factor) or x.node.type.is_bool):
            full = x.scale + exact_bits(factor, LINEAR_BITS)
            target = min(full, max(x.scale, DEFAULT_SCALE)) if scale is None else scale
            out = multiply_public(x.node, factor, target)
            return wrap(out if scale is None else rescale(out, scale), x)
    a, b = node_of(x), node_of(y)
    if a.type.is_bool or b.type.is_bool:
        if a.type.is_bool and b.type.is_bool:
            raise KindError(f"{caller()}: a product of booleans", hint="write x & y")
        bit, number = (a, b) if a.type.is_bool else (b, a)
        return wrap(choose(bit, number if scale is None else rescale(number, scale)), x, y)
    return wrap(scaled_product(a, b, scale), x, y)


def scaled_product(a: Node, b: Node, scale: int | None) -> Node:
    """a * b at `scale` fractional bits, or at the default."""
    full = a.type.scale + b.type.scale
    target = default_product_scale(a.type.scale, b.type.scale, DEFAULT_SCALE) if scale is None else scale
    out = product(a, b, max(full - target, 0))
    return rescale(out, target) if target > full else out


def square(x: Operand) -> Array:
    """x * x, with a range that starts at 0 or above."""
    node = number_of(x)
    return wrap(scaled_product(node, node, None), x)


def pow_(x: Operand, exponent: int) -> Array:
    """x to a public integer power, by repeated squaring; a negative one needs a proven positive x."""
    if isinstance(exponent, bool) or not isinstance(exponent, (int, np.integer)):
        raise KindError(f"{caller()}: a power that is no public integer", hint="write exp(y * log(x)) for others")
    node = number_of(x)
    if exponent < 0:
        return pow_(reciprocal(wrap(node, x)), -exponent)
    result: Node | None = None
    power = node
    left = int(exponent)
    while left:
        if left & 1:
            result = power if result is None else scaled_product(result, power, None)
        left >>= 1
        if left:
            power = scaled_product(power, power, None)
    if result is None:
        return wrap(build.broadcast(scalar(1 << node.type.scale, node.type.scale, node.type.kind), node.shape), x)
    return wrap(result, x)


def divide(x: Operand, y: Operand, *, scale: int | None = None, zero: bool = False) -> Array:
    """x / y, at `scale` fractional bits: 20 by default, or those of the finer operand beyond.

    By a public y: within one unit of the last place. By a secret y: within 4 units and 2**-26 of the quotient; its
    proven range must lie on one side of zero, else `RangeError`: clip(y, lo, hi). With `zero` it may touch zero, and
    the quotient is 0 where y is 0 (as a mean over nothing often is wanted). A public power of two only moves the point.
    """
    if isinstance(x, Array) and not isinstance(y, Array):
        node = number_of(x)
        target = max(node.type.scale, DEFAULT_SCALE) if scale is None else scale
        out = multiply_public(node, _inverse_literal(y), target)
        return wrap(out if scale is None else rescale(out, scale), x)
    a, b = nodes_of(x, y)
    a, b = number_of(wrap(a)), number_of(wrap(b))
    if b.type.hi < 0 or (zero and b.type.hi == 0):
        a, b = build.neg(a), build.neg(b)
    target = max(a.type.scale, b.type.scale, DEFAULT_SCALE) if scale is None else scale
    return wrap(nonlinear.quotient(a, b, target, zero=zero), x, y)


def _inverse_literal(y: Operand) -> Fraction | np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    divisor = literal(y)
    if is_bool(divisor):
        raise KindError(f"{caller()}: a boolean where a number belongs")
    if isinstance(divisor, np.ndarray) and not shape_of(divisor):
        divisor = Fraction(int(divisor))
    if not (np.all(divisor) if isinstance(divisor, np.ndarray) else divisor):
        raise ArgumentProblem(f"{caller()}: division by a public zero")
    return 1 / divisor if isinstance(divisor, Fraction) else np.true_divide(1.0, divisor)


def reciprocal(x: Operand) -> Array:
    """1 / x for a proven positive (or negative) x: within 4 units of the last place and 2**-26 of the result."""
    return divide(1, x if isinstance(x, Array) else wrap(node_of(x)))


def negative(x: Operand) -> Array:
    """-x."""
    return wrap(build.neg(number_of(x)), x)


def positive(x: Operand) -> Array:
    """x."""
    return wrap(number_of(x), x)


def abs_(x: Operand) -> Array:
    """x without its sign."""
    node = number_of(x)
    return wrap(absolute(node, build.negative(node)), x)


def absolute(x: Node, below: Node) -> Node:
    """|x|, given whether x is below zero."""
    if x.type.lo >= 0:
        return x
    if x.type.hi <= 0:
        return build.neg(x)
    size = build.add(x, choose(below, build.neg(build.add(x, x))))
    return narrow(size, 0, x.type.magnitude)  # |x| by definition


def sign(x: Operand) -> Array:
    """-1, 0 or 1, in the dtype of x."""
    node = number_of(x)
    below, above = build.negative(node), build.negative(build.neg(node))
    difference = build.sub(build.to_int(above), build.to_int(below))
    # One of the two comparisons decides alone where the range lies on one side of zero.
    raw = narrow(difference, -1 if node.type.lo < 0 else 0, 1 if node.type.hi > 0 else 0)
    return wrap(build.retype(rescale(raw, node.type.scale), _like(raw, node)), x)


def _like(raw: Node, model: Node) -> Type:
    scale = model.type.scale
    return Type(model.type.kind, scale, raw.type.lo << scale, raw.type.hi << scale)


def minimum(x: Operand, y: Operand, *more: Operand) -> Array:
    """The smallest of all, element by element: of n operands, log2(n) levels of one comparison and one choice."""
    return wrap(_best((x, y, *more), smaller), x, y, *more)


def maximum(x: Operand, y: Operand, *more: Operand) -> Array:
    """The largest of all, element by element: of n operands, log2(n) levels of one comparison and one choice."""
    return wrap(_best((x, y, *more), larger), x, y, *more)


def _best(operands: Sequence[Operand], better: Callable[[Node, Node], Node]) -> Node:
    nodes = paired(*operands)
    number_of(wrap(nodes[0]))
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        nodes = [*(better(a, b) for a, b in pairs), *(nodes[-1:] if len(nodes) % 2 else [])]
    return nodes[0]


def smaller(a: Node, b: Node) -> Node:
    """min(a, b), at one shape and scale."""
    out = select(build.negative(build.sub(b, a)), b, a)
    return narrow(out, min(a.type.lo, b.type.lo), min(a.type.hi, b.type.hi))  # never above either


def larger(a: Node, b: Node) -> Node:
    """max(a, b), at one shape and scale."""
    out = select(build.negative(build.sub(a, b)), b, a)
    return narrow(out, max(a.type.lo, b.type.lo), max(a.type.hi, b.type.hi))  # never below either


def clip(x: Operand, lo: Operand = None, hi: Operand = None) -> Array:
    """x moved into lo .. hi; with public numbers as bounds, the result's proven range is within them.

    Both comparisons run side by side. Raises `RangeError` for public bounds with lo above hi.
    """
    if isinstance(lo, Array) or isinstance(hi, Array) or np.ndim(lo) or np.ndim(hi):
        lower = wrap(number_of(x), x) if lo is None else maximum(x, lo)
        return lower if hi is None else minimum(lower, hi)
    return wrap(_clipped(number_of(x), lo, hi), x)


def _clipped(node: Node, lo: Bound | None, hi: Bound | None) -> Node:
    bounds = [literal(b) for b in (lo, hi) if b is not None]
    if lo is not None and hi is not None and lo > hi:
        raise RangeError(f"{caller()}: clip() to {lo} .. {hi}, which is empty")
    finest = max([node.type.scale, *(exact_bits(b, max(DEFAULT_SCALE, node.type.scale)) for b in bounds)])
    node = align([node, scalar(0, finest, Kind.FIXED if finest else Kind.INT)])[0]
    scale = node.type.scale
    least = node.type.lo if lo is None else bound_raw(lo, scale)
    most = node.type.hi if hi is None else bound_raw(hi, scale)
    out = node
    if node.type.lo < least:
        edge = build.broadcast(scalar(least, scale, node.type.kind), node.shape)
        under = build.sub(edge, node)
        out = build.add(out, choose(build.negative(build.sub(node, edge)), under))
    if node.type.hi > most:
        edge = build.broadcast(scalar(most, scale, node.type.kind), node.shape)
        over = build.sub(edge, node)
        out = build.add(out, choose(build.negative(over), over))
    # What lies within stays, what lies beyond becomes the bound.
    bottom, top = min(max(node.type.lo, least), most), max(min(node.type.hi, most), least)
    return build.retype(out, Type(node.type.kind, scale, bottom, top))


def sqrt(x: Operand) -> Array:
    """The square root of x >= 0: within 4 units of the last place and 2**-26 of the result.

    Raises `RangeError` unless the proven range starts at 0 or above. About 18 rounds.
    """
    node = number_of(x)
    return wrap(nonlinear.sqrt(node, max(node.type.scale, DEFAULT_SCALE)), x)


def exp(x: Operand) -> Array:
    """e to the x: within 4 units of the last place and 2**-26 of the result.

    Raises `RangeError` where e**hi would leave 64 bits: clip(x, lo, hi). About 15 rounds.
    """
    node = number_of(x)
    return wrap(nonlinear.exp(node, max(node.type.scale, DEFAULT_SCALE)), x)


def expm1(x: Operand) -> Array:
    """e to the x, less 1; as exact as `exp`."""
    return subtract(exp(x), 1)


def log(x: Operand) -> Array:
    """The natural logarithm of a proven positive x: within 4 units of the last place (of 20 to 24 fractional bits).

    About 16 rounds.
    """
    node = number_of(x)
    return wrap(nonlinear.log(node, max(node.type.scale, DEFAULT_SCALE)), x)


def log1p(x: Operand) -> Array:
    """The natural logarithm of 1 + x; as exact as `log`."""
    return log(add(x, 1))


def sigmoid(x: Operand) -> Array:
    """1 / (1 + e**-x), at 20 fractional bits, within 2 units of the last place everywhere. About 12 rounds."""
    return wrap(nonlinear.sigmoid(number_of(x)), x)


def tanh(x: Operand) -> Array:
    """The hyperbolic tangent, 2 sigmoid(2 x) - 1, within 4 units of the 20th fractional bit."""
    node = number_of(x)
    doubled = nonlinear.sigmoid(build.mul(node, build.broadcast(scalar(2), node.shape)))
    twice = as_fixed(doubled, doubled.type.scale - 1)
    one = build.broadcast(scalar(1 << twice.type.scale, twice.type.scale), node.shape)
    return wrap(build.sub(twice, one), x)
