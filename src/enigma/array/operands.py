"""From what a user wrote to nodes that fit together: one committee, one shape, one scale.

A Python or NumPy number is *weak*: it takes the scale of the arrays that it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from enigma.array.array import Array
from enigma.array.committee import Committee
from enigma.array.dtypes import DEFAULT_SCALE, MIXED
from enigma.array.literals import Literal, exact_bits, is_bool, literal, to_raw
from enigma.errors import ArgumentProblem, KindError, ShapeError
from enigma.program import build
from enigma.program.node import Node, Shape, caller
from enigma.program.types import LINEAR_BITS, Kind, Type, signed_width

Operand: TypeAlias = Any
"""An `Array`, a Python number or bool, a `Decimal`, a `Fraction`, or whatever `numpy.asarray` takes."""


def committee_of(*operands: Operand) -> Committee | None:
    """The one committee of all arrays among `operands`."""
    found = {id(x.committee): x.committee for x in operands if isinstance(x, Array) and x.committee is not None}
    if len(found) > 1:
        raise ArgumentProblem(
            f"{caller()}: arrays of two committees together",
            hint="reveal one side, or share both values with the same committee",
        )
    return next(iter(found.values()), None)


def wrap(node: Node, *operands: Operand) -> Array:
    """The array of a node that was made from `operands`."""
    return Array(node, committee_of(*operands))


def constant(value: Literal, most: int = DEFAULT_SCALE) -> Node:
    """A public node with as few fractional bits as hold the value exactly, and at most `most`."""
    if is_bool(value):
        return build.const(to_raw(value, 0))
    scale = exact_bits(value, most)
    real = not isinstance(value, np.ndarray) or value.dtype == np.float64
    return build.const(to_raw(value, scale), scale, Kind.FIXED if real else Kind.INT)


def scalar(raw: int, scale: int = 0, kind: Kind | None = None) -> Node:
    """One public raw number."""
    return build.const(np.asarray(raw, dtype=np.int64), scale, kind)


def node_of(x: Operand) -> Node:
    """The node of one operand on its own."""
    return x.node if isinstance(x, Array) else constant(literal(x))


def number_of(x: Operand) -> Node:
    """The node of one operand that must be a number."""
    node = node_of(x)
    if node.type.is_bool:
        raise KindError(f"{caller()}: a boolean where a number belongs", hint="convert it: astype(x, int64)")
    return node


def nodes_of(*operands: Operand) -> list[Node]:
    """The nodes of operands that meet in a sum, a comparison or a choice, before alignment."""
    most = max([DEFAULT_SCALE, *(x.scale for x in operands if isinstance(x, Array))])
    return [x.node if isinstance(x, Array) else constant(literal(x), most) for x in operands]


def rescale(x: Node, scale: int) -> Node:
    """The same number at another scale: exact when finer, truncated when coarser."""
    if scale >= x.type.scale:
        return build.shift_left(x, scale - x.type.scale)
    return build.truncate(x, x.type.scale - scale)


def align(nodes: Sequence[Node]) -> list[Node]:
    """The same numbers at one scale: the finest that keeps all of them, and one sum of two, within 64 bits."""
    if not nodes or all(x.type.is_bool for x in nodes):
        return list(nodes)
    if any(x.type.is_bool for x in nodes):
        raise KindError(f"{caller()}: booleans and numbers together", hint=MIXED)
    scales = sorted({x.type.scale for x in nodes}, reverse=True)
    best = next((s for s in scales if all(_fits(x.type, s) for x in nodes)), scales[-1])
    return [rescale(x, best) for x in nodes]


def _fits(type_: Type, scale: int) -> bool:
    more = scale - type_.scale
    return more <= 0 or signed_width(type_.lo << more, type_.hi << more) < LINEAR_BITS


def same_shape(nodes: Sequence[Node]) -> list[Node]:
    """Broadcast against each other."""
    shape = broadcast_shape([x.shape for x in nodes])
    return [build.broadcast(x, shape) for x in nodes]


def broadcast_shape(shapes: Sequence[Shape]) -> Shape:
    """The shape that all broadcast to."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(str(s) for s in shapes)
        hint = "extents agree or are 1, from the last axis on"
        raise ShapeError(f"{caller()}: shapes {listed} do not broadcast", hint=hint) from None


def paired(*operands: Operand) -> list[Node]:
    """Nodes of one shape and one scale."""
    return same_shape(align(nodes_of(*operands)))


def choose(bit: Node, x: Node) -> Node:
    """`x` where the bit is set, else 0; without a joint choice when either is public."""
    bit, x = same_shape([bit, x])
    if bit.secret and x.secret:
        return build.choose(bit, x)
    return build.mul(x, build.to_int(bit))


def select(bit: Node, x: Node, y: Node) -> Node:
    """`x` where the bit is set, else `y`: y + choose(bit, x - y)."""
    if x.type.is_bool:
        bit, x, y = same_shape([bit, x, y])
        return build.xor(y, build.and_(bit, build.xor(x, y)))
    chosen = build.add(*same_shape([y, choose(bit, build.sub(*same_shape([x, y])))]))
    # The result is one of the two, so that it lies in the hull of their ranges.
    return narrow(chosen, min(x.type.lo, y.type.lo), max(x.type.hi, y.type.hi))


def narrow(x: Node, lo: int, hi: int) -> Node:
    """`x` with the range cut to raw bounds that the caller has proven."""
    lo, hi = max(lo, x.type.lo), min(hi, x.type.hi)
    return build.retype(x, Type(x.type.kind, x.type.scale, lo, hi))


def as_integer(x: Node) -> Node:
    """The raw numbers as integers."""
    return build.retype(x, Type(Kind.INT, 0, x.type.lo, x.type.hi))


def as_fixed(x: Node, scale: int) -> Node:
    """The raw numbers read at a scale."""
    return build.retype(x, Type(Kind.FIXED, scale, x.type.lo, x.type.hi))


def reshaped_const(values: Sequence[int], ndim: int) -> Node:
    """Public raw integers along a new first axis before `ndim` others."""
    raw: npt.NDArray[np.int64] = np.asarray(values, dtype=np.int64)
    return build.const(raw.reshape(len(values), *(1,) * ndim))


def normalised_axis(axis: int, ndim: int) -> int:
    """A non-negative axis; raises `ShapeError` beyond `ndim`."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{caller()}: axis {axis} of an array with {ndim} axes")
    return axis % ndim
