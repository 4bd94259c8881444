"""What sorting gives: rows in order, positions, ranks, quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import numpy as np

from enigma.array.array import Array
from enigma.array.comparison import less
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.array.literals import Bound, is_bool, literal
from enigma.array.manipulation import expand_dims, stack
from enigma.array.operands import Operand, as_integer, committee_of, narrow, node_of, normalised_axis, number_of, wrap
from enigma.array.products import FINEST_SCALE, multiply_public
from enigma.array.statistical import sum_ as total
from enigma.errors import ArgumentProblem, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import Kind, Type

OFF = 4
"""Units by which an interpolation between two neighbours may be off, when its product has to be split."""


def sort_by(key: Operand, *columns: Operand, descending: bool = False) -> tuple[Array, ...]:
    """Rows of equally long vectors in the order of the first; equal keys keep their order.

    Returns the key in order and each column with it, in their own dtypes and ranges. One sort, by the bits of the key's
    range: for every two of them 8 rounds and, for each row, 72 bytes and 16 more for each column.
    """
    nodes = [node_of(x) for x in (key, *columns)]
    if any(len(x.shape) != 1 or x.shape != nodes[0].shape for x in nodes):
        listed = " and ".join(str(x.shape) for x in nodes)
        raise ShapeError(f"{caller()}: sort_by() of shapes {listed}", hint="it takes vectors of one length")
    committee = committee_of(key, *columns)
    return tuple(Array(x, committee) for x in ordered(nodes, descending=descending))


def ordered(columns: Sequence[Node], *, descending: bool) -> list[Node]:
    """Vectors of one length, rows in the stable order of the first."""
    count = columns[0].size
    if count < 2:
        return list(columns)
    raw = [build.to_int(x) if x.type.is_bool else as_integer(x) for x in columns]
    rows = build.concat([build.reshape(x, (count, 1)) for x in raw], 1)
    # The sort looks at the key's bits alone, however wide the other columns are.
    rows = build.sort(rows, descending=descending, width=raw[0].type.width)
    found = []
    for i, (x, column) in enumerate(zip(raw, columns, strict=True)):
        part = build.reshape(build.slice_(rows, [(0, count, 1), (i, i + 1, 1)]), (count,))
        # A column in another order has the range it had.
        part = narrow(part, x.type.lo, x.type.hi)
        found.append(build.not_(build.zero(part)) if column.type.is_bool else build.retype(part, column.type))
    return found


def argsort(x: Operand, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The positions, along an axis, of its elements in order; equal ones keep their order, `stable` or not.

    One sort with one more column for each lane, all side by side.
    """
    del stable  # the sort is stable anyway
    node = node_of(x)
    if not node.shape:
        raise ShapeError(f"{caller()}: a single number cannot be sorted")
    place = normalised_axis(axis, len(node.shape))
    axes = (place, *(i for i in range(len(node.shape)) if i != place))
    moved = build.permute_dims(node, axes)
    extent, lanes = moved.shape[0], prod(moved.shape[1:])
    if extent < 2 or not lanes:
        return wrap(build.const(np.zeros(node.shape, dtype=np.int64)), x)
    columns = build.reshape(moved, (extent, lanes))
    places = build.const(np.arange(extent, dtype=np.int64))
    found = []
    for i in range(lanes):
        lane = build.reshape(build.slice_(columns, [(0, extent, 1), (i, i + 1, 1)]), (extent,))
        found.append(build.reshape(ordered([lane, places], descending=descending)[1], (extent, 1)))
    joined = build.reshape(build.concat(found, 1), moved.shape)
    return wrap(build.permute_dims(joined, tuple(axes.index(i) for i in range(len(axes)))), x)


def rank(x: Operand, *, axis: int = -1) -> Array:
    """How many along an axis are strictly smaller than each element: 0 for the smallest, equal for equals.

    Compares every two elements of a lane, in 7 rounds: n**2 comparisons, so for some hundreds of elements at most. For
    more there is `argsort(argsort(x))`, which numbers equals one after the other.
    """
    node = number_of(x)
    if not node.shape:
        raise ShapeError(f"{caller()}: the rank of a single number")
    place = normalised_axis(axis, len(node.shape))
    lanes = wrap(node, x)
    below = total(less(expand_dims(lanes, axis=place), expand_dims(lanes, axis=place + 1)), axis=place + 1)
    # No element is below itself.
    return wrap(narrow(below.node, 0, max(node.shape[place] - 1, 0)), x)


def median(x: Operand) -> Array:
    """The middle of a vector in order, or the mean of the two in the middle, exactly; one sort."""
    return quantile(x, Fraction(1, 2))


def quantile(x: Operand, q: Bound | Sequence[Bound]) -> Array:
    """The quantile of a vector at a public q in 0 .. 1, or at each of several, interpolated as NumPy's `linear`.

    Between s[i] and s[i + 1] of the vector in order, at i + f = q (n - 1), q taken as its decimal: within 1.5 units of
    the last place (of 20 fractional bits, or those of x if it has more), exact where f is 0, 1/2, 1/4 ... One sort.
    """
    node = number_of(x)
    if len(node.shape) != 1 or not node.size:
        raise ShapeError(f"{caller()}: a quantile of a shape {node.shape}", hint="it takes a vector: reshape(x, -1)")
    several = isinstance(q, (Sequence, np.ndarray))
    levels = [_fraction(each) for each in (q if isinstance(q, (Sequence, np.ndarray)) else [q])]
    rows = ordered([node], descending=False)[0]
    found = [wrap(_between(rows, level * (node.size - 1)), x) for level in levels]
    return stack(found) if several else found[0]


def _fraction(q: Bound) -> Fraction:
    level = literal(q)
    if isinstance(level, np.ndarray):
        if level.ndim or is_bool(level):
            raise ArgumentProblem(f"{caller()}: {q!r} as a quantile's level", hint="one number, or a flat list of them")
        level = Fraction(int(level))
    if not 0 <= level <= 1:
        raise ArgumentProblem(f"{caller()}: {float(level)} as a quantile's level", hint="0 .. 1; 0.5 is the median")
    return level


def _between(rows: Node, place: Fraction) -> Node:
    """The vector's element at a public place, which may lie between two."""
    first = int(place)
    low = _element(rows, first)
    scale, lo, hi = rows.type.scale, rows.type.lo, rows.type.hi
    if place == first:
        return build.retype(low, Type(Kind.FIXED, scale, lo, hi))
    # The next is no smaller: the vector is in order.
    gap = narrow(build.sub(_element(rows, first + 1), low), 0, hi - lo)
    part = place - first
    bits = part.denominator.bit_length() - 1
    whole = part.denominator == 1 << bits and scale + bits <= FINEST_SCALE
    target = scale + bits if whole else max(scale, DEFAULT_SCALE)
    if whole:
        step = build.mul(gap, build.const(np.asarray(part.numerator)))
        step = build.retype(step, Type(Kind.FIXED, target, step.type.lo, step.type.hi))
    else:
        step = multiply_public(gap, part, target, exact=True)
        step = build.shift_left(step, target - step.type.scale)
    found = build.add(build.shift_left(low, target - scale), step)
    more, off = target - scale, 0 if whole else OFF
    return narrow(found, (lo << more) - off, (hi << more) + off)


def _element(rows: Node, place: int) -> Node:
    return build.reshape(build.slice_(rows, [(place, place + 1, 1)]), ())
