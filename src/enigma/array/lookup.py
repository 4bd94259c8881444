"""Elements at secret positions: every candidate is read, so that nobody learns which one it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from enigma.array.array import Array
from enigma.array.operands import (
    Operand,
    align,
    narrow,
    node_of,
    nodes_of,
    normalised_axis,
    number_of,
    same_shape,
    select,
    wrap,
)
from enigma.errors import KindError, RangeError, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.ops import Op
from enigma.program.types import LINEAR_BITS, Kind, Type


def put(x: Operand, index: Operand, value: Operand, *, axis: int = 0) -> Array:
    """x with what stands at one position along an axis replaced; neither position nor value becomes known.

    `index` is one integer, proven within the extent (else `RangeError`); `value` broadcasts to one slice. Costs an
    equality for each position and a choice for each element.
    """
    node = node_of(x)
    place = normalised_axis(axis, len(node.shape))
    position = inside(index, node.shape[place], place)
    if position.shape:
        raise ShapeError(f"{caller()}: put() at positions of shape {position.shape}", hint="it replaces one at a time")
    here = _equalities(position, range(node.shape[place]))
    old, new = align(nodes_of(x, value))
    rest = (*node.shape[:place], *node.shape[place + 1 :])
    shape = (*rest[:place], 1, *rest[place:])
    bit = build.reshape(here, tuple(n if i == place else 1 for i, n in enumerate(node.shape)))
    replaced = select(*same_shape([bit, build.reshape(build.broadcast(new, rest), shape), old]))
    return wrap(replaced, x, index, value)


def inside(index: Operand, extent: int, axis: int) -> Node:
    """The node of integers that are proven within an axis; a range that is all negative counts from the end."""
    node = number_of(index)
    if node.type.scale:
        raise KindError(f"{caller()}: {node.type} as an index", hint="astype(x, int64) first")
    if -extent <= node.type.lo and node.type.hi < 0:
        node = build.add(node, build.broadcast(build.const(np.asarray(extent)), node.shape))
    if not 0 <= node.type.lo <= node.type.hi < extent:
        raise RangeError(
            f"{caller()}: an index proven within {node.type.lo} .. {node.type.hi}, for axis {axis} of extent {extent}",
            hint=f"clip(index, 0, {extent - 1}), or index % {extent}" if extent else "there is no element to choose",
        )
    return build.retype(node, Type(Kind.INT, 0, node.type.lo, node.type.hi))


def _equalities(index: Node, candidates: range) -> Node:
    """Along a new last axis: whether it is each of the candidates."""
    shape = (*index.shape, len(candidates))
    column = build.broadcast(build.reshape(index, (*index.shape, 1)), shape)
    row = build.broadcast(build.const(np.arange(candidates.start, candidates.stop)), shape)
    return build.zero(build.sub(column, row))


def indicators(index: Node, first: int, last: int) -> Node:
    """0 or 1 for each of first .. last along a new last axis, exactly one 1, for an index proven to be among them.

    The last one is what the others leave; of two candidates, the index itself says it all, at no cost.
    """
    column = build.reshape(index, (*index.shape, 1))
    if first == last:
        return build.broadcast(build.const(np.ones(1, dtype=np.int64)), (*index.shape, 1))
    if last - first == 1:
        ends = [build.broadcast(build.const(np.asarray(v)), column.shape) for v in (last, first)]
        ones = [build.sub(ends[0], column), build.sub(column, ends[1])]
    else:
        others = build.to_int(_equalities(index, range(first, last)))
        total = build.reshape(build.sum_(others, (len(index.shape),)), column.shape)
        rest = build.sub(build.broadcast(build.const(np.asarray(1)), column.shape), total)
        ones = [others, build.retype(rest, Type(Kind.INT, 0, 0, 1))]
    return build.concat(ones, len(index.shape))


def picked(x: Node, index: Operand, axis: int) -> Node:
    """x at secret positions along an axis; the positions' axes take its place.

    One equality for each position and candidate within the range of the index; then, for numbers, the price of the
    result: a one-hot row times a matrix. Exactly one candidate counts, so the range stays that of x.
    """
    position = inside(index, x.shape[axis], axis)
    first, last = position.type.lo, position.type.hi
    rows = build.permute_dims(_among(x, first, last, axis), (axis, *(i for i in range(len(x.shape)) if i != axis)))
    rest = rows.shape[1:]
    flat = build.reshape(rows, (rows.shape[0], int(np.prod(rest, dtype=np.int64))))
    at = build.reshape(position, (position.size,))
    found = _bit(flat, at) if x.type.is_bool else _number(flat, indicators(at, first, last))
    return _moved(build.reshape(found, (*position.shape, *rest)), len(position.shape), axis)


def _among(x: Node, first: int, last: int, axis: int) -> Node:
    """The candidates; a public table's have a range of their own."""
    if x.op is Op.CONST:
        value = np.take(x.attrs["value"], range(first, last + 1), axis=axis)
        return build.const(value, x.type.scale, None if x.type.is_bool else x.type.kind)
    return build.slice_(x, [(first, last + 1, 1) if i == axis else (0, n, 1) for i, n in enumerate(x.shape)])


def _moved(x: Node, leading: int, axis: int) -> Node:
    """The first `leading` axes put behind the `axis` ones that follow them."""
    count = len(x.shape)
    order = (*range(leading, leading + axis), *range(leading), *range(leading + axis, count))
    return x if order == tuple(range(count)) else build.permute_dims(x, order)


def _number(rows: Node, ones: Node) -> Node:
    """One-hot rows times a matrix, in as many parts as keep the sum that could be within 64 bits."""
    lo, hi = min(rows.type.lo, 0), max(rows.type.hi, 0)
    count = rows.shape[0]
    block = max((1 << LINEAR_BITS) // max(rows.type.magnitude + 1, 1), 1)
    total: Node | None = None
    for start in range(0, count, block):
        stop = min(start + block, count)
        left = build.slice_(ones, [(0, ones.shape[0], 1), (start, stop, 1)])
        right = build.slice_(rows, [(start, stop, 1), (0, rows.shape[1], 1)])
        part = narrow(build.dot(left, right), lo, hi)
        total = part if total is None else narrow(build.add(total, part), lo, hi)
    assert total is not None
    return narrow(total, rows.type.lo, rows.type.hi)


def _bit(rows: Node, at: Node) -> Node:
    """Booleans: each candidate where its equality holds, and the exclusive or of all."""
    shape = (at.shape[0], *rows.shape)
    here = build.reshape(_equalities(at, range(at.type.lo, at.type.hi + 1)), (*shape[:2], 1))
    each = build.and_(build.broadcast(here, shape), build.broadcast(build.reshape(rows, (1, *rows.shape)), shape))
    count = shape[1]
    while count > 1:
        half = count // 2
        spans = [(0, half), (half, 2 * half), (2 * half, count)]
        left, right, odd = (build.slice_(each, [(0, shape[0], 1), (*s, 1), (0, shape[2], 1)]) for s in spans)
        joined = build.xor(left, right)
        each = build.concat([joined, odd], 1) if count % 2 else joined
        count = each.shape[1]
    return build.reshape(each, (shape[0], shape[2]))


def is_secret_index(key: Any) -> bool:
    """Whether a key is a secret array of numbers."""
    return isinstance(key, Array) and key.secret and not key.node.type.is_bool
