"""Sorting."""

from __future__ import annotations

from math import prod

from enigma.array.array import Array
from enigma.array.dtypes import bool_
from enigma.array.operands import Operand, node_of, normalised_axis, wrap
from enigma.array.rounding import astype
from enigma.errors import ShapeError
from enigma.program import build
from enigma.program.node import Node, caller


def sort(x: Operand, *, axis: int = -1, descending: bool = False) -> Array:
    """Sorted along an axis; one sort for each lane, all side by side."""
    node = node_of(x)
    if node.type.is_bool:
        return astype(sort(wrap(build.to_int(node), x), axis=axis, descending=descending), bool_)
    if not node.shape:
        raise ShapeError(f"{caller()}: a single number cannot be sorted")
    place = normalised_axis(axis, len(node.shape))
    if node.size == 0:
        return wrap(node, x)
    order = (place, *(i for i in range(len(node.shape)) if i != place))
    moved = build.permute_dims(node, order)
    extent, lanes = moved.shape[0], prod(moved.shape[1:])
    columns = build.reshape(moved, (extent, lanes))
    ordered = [_sorted(build.slice_(columns, [(0, extent, 1), (i, i + 1, 1)]), descending) for i in range(lanes)]
    joined = build.reshape(build.concat(ordered, 1), moved.shape)
    back = tuple(order.index(i) for i in range(len(order)))
    return wrap(build.permute_dims(joined, back), x)


def _sorted(column: Node, descending: bool) -> Node:
    return build.sort(column, descending=descending)
