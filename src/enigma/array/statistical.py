"""Sums, means, extremes, running sums and differences."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from enigma.array.array import Array
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.array.elementwise import clip, larger, scaled_product, smaller, sqrt
from enigma.array.operands import Operand, narrow, node_of, normalised_axis, number_of, rescale, scalar, wrap
from enigma.array.products import multiply_public
from enigma.array.reduction import Axis, axes_of, merged_last, reduced_shape, tree
from enigma.errors import ArgumentProblem, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import TRUNCATED_BITS


def _number(x: Operand) -> Node:
    node = node_of(x)
    return build.to_int(node) if node.type.is_bool else node


def _summed(node: Node, axes: tuple[int, ...], keepdims: bool) -> Node:
    total = build.sum_(node, axes) if axes else node
    return build.reshape(total, reduced_shape(node.shape, axes, keepdims))


def sum_(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum along axes; of booleans, how many are true. Free of cost for numbers."""
    node = _number(x)
    return wrap(_summed(node, axes_of(axis, len(node.shape)), keepdims), x)


def mean(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean along axes, within one unit of the last place; of integers and booleans, with 20 fractional bits."""
    node = _number(x)
    return wrap(_mean(node, axes_of(axis, len(node.shape)), keepdims), x)


def _mean(node: Node, axes: tuple[int, ...], keepdims: bool) -> Node:
    count = _count(node, axes)
    scale = node.type.scale or DEFAULT_SCALE
    total = _summed(node, axes, keepdims)
    out = _divided(total, count, scale)
    up = scale - node.type.scale
    return narrow(out, (node.type.lo << up) - 2, (node.type.hi << up) + 2)  # between the extremes, but for rounding


def _divided(total: Node, count: int, scale: int) -> Node:
    """total / count at `scale` fractional bits, within one unit."""
    if count == 1:
        return rescale(total, scale)
    out = multiply_public(total, Fraction(1, count), scale, exact=True)
    return rescale(out, scale)


def _count(node: Node, axes: tuple[int, ...]) -> int:
    count = int(np.prod([node.shape[i] for i in axes], dtype=np.int64))
    if count == 0:
        raise ShapeError(f"{caller()}: a mean of no elements")
    return count


def var(x: Operand, *, axis: Axis = None, correction: int = 0, keepdims: bool = False) -> Array:
    """The variance along axes, divided by n - correction; squares are summed whole where they fit, then truncated.

    Of a wide range its last place may fall below zero: clip it before dividing by it.
    """
    node = _number(x)
    axes = axes_of(axis, len(node.shape))
    count = _count(node, axes)
    if count <= correction:
        raise ArgumentProblem(f"{caller()}: the variance of {count} values with correction {correction}")
    scale = node.type.scale or DEFAULT_SCALE
    centre = build.broadcast(_mean(node, axes, keepdims=True), node.shape)
    node = rescale(node, scale)
    # A deviation from the mean is no larger than the range, but for the mean's rounding.
    width = node.type.hi - node.type.lo + 2
    gap = narrow(build.sub(node, centre), -width, width)
    excess = max((gap.type.magnitude**2 * count).bit_length() - TRUNCATED_BITS + 1, 0)
    squares = scaled_product(gap, gap, max(2 * scale - excess, scale))
    return wrap(_divided(_summed(squares, axes, keepdims), count - correction, scale), x)


def std(x: Operand, *, axis: Axis = None, correction: int = 0, keepdims: bool = False) -> Array:
    """The standard deviation along axes: the root of `var`."""
    variance = var(x, axis=axis, correction=correction, keepdims=keepdims)
    return sqrt(variance if variance.node.type.lo >= 0 else clip(variance, 0))


def prod(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product along axes, as a tree of products."""
    node = _number(x)
    axes = axes_of(axis, len(node.shape))
    shape = reduced_shape(node.shape, axes, keepdims)
    merged = merged_last(node, axes)
    if merged.shape[-1] == 0:
        return wrap(build.broadcast(scalar(1 << node.type.scale, node.type.scale, node.type.kind), shape), x)

    def join(left: Sequence[Node], right: Sequence[Node]) -> list[Node]:
        return [scaled_product(left[0], right[0], None)]

    return wrap(build.reshape(tree([merged], join)[0], shape), x)


def min_(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest along axes: log2(n) levels of one comparison and one choice."""
    node = number_of(x)
    axes = axes_of(axis, len(node.shape))
    merged = merged_last(node, axes)
    least = tree([merged], lambda left, right: [smaller(left[0], right[0])])[0]
    return wrap(build.reshape(least, reduced_shape(node.shape, axes, keepdims)), x)


def max_(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest along axes: log2(n) levels of one comparison and one choice."""
    node = number_of(x)
    axes = axes_of(axis, len(node.shape))
    merged = merged_last(node, axes)
    most = tree([merged], lambda left, right: [larger(left[0], right[0])])[0]
    return wrap(build.reshape(most, reduced_shape(node.shape, axes, keepdims)), x)


def cumulative_sum(x: Operand, *, axis: int | None = None, include_initial: bool = False) -> Array:
    """Running sums along an axis, which may be left out for a vector; of booleans, running counts. Free of cost.

    `include_initial` puts a zero before them.
    """
    node = _number(x)
    if not node.shape or (axis is None and len(node.shape) != 1):
        raise ShapeError(f"{caller()}: running sums of a shape {node.shape} need an axis")
    place = normalised_axis(axis or 0, len(node.shape))
    extent = node.shape[place]
    lo, hi = min(node.type.lo, node.type.lo * extent), max(node.type.hi, node.type.hi * extent)
    found, reach = node, 1
    while reach < extent:
        # Each is the sum of the `reach` elements up to it, or of all where there are fewer.
        joined = build.add(_span(found, place, reach, extent), _span(found, place, 0, extent - reach))
        found = narrow(build.concat([_span(found, place, 0, reach), joined], place), lo, hi)
        reach *= 2
    if include_initial:
        shape = tuple(1 if i == place else n for i, n in enumerate(node.shape))
        zero = build.broadcast(scalar(0, node.type.scale, node.type.kind), shape)
        found = build.concat([zero, found], place)
    return wrap(found, x)


def _span(x: Node, axis: int, start: int, stop: int) -> Node:
    return build.slice_(x, [(start, stop, 1) if i == axis else (0, n, 1) for i, n in enumerate(x.shape)])


def diff(
    x: Operand, *, axis: int = -1, n: int = 1, prepend: Operand | None = None, append: Operand | None = None
) -> Array:
    """Differences of neighbours along an axis, n times over, once other arrays are joined to x. Free of cost."""
    from enigma.array.manipulation import concat

    parts = [each for each in (prepend, x, append) if each is not None]
    node = number_of(concat(parts, axis=axis) if len(parts) > 1 else x)
    if not node.shape:
        raise ShapeError(f"{caller()}: the differences of a single number")
    if n < 0:
        raise ArgumentProblem(f"{caller()}: differences taken {n} times")
    place = normalised_axis(axis, len(node.shape))
    for _ in range(n):
        extent = node.shape[place]
        node = build.sub(_span(node, place, 1, extent), _span(node, place, 0, max(extent - 1, 0)))
    return wrap(node, *parts)
