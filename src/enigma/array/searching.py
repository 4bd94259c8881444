"""Positions of extremes, and positions as rows of zeros with a one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from enigma.array.array import Array
from enigma.array.operands import Operand, node_of, number_of, paired, select, wrap
from enigma.array.reduction import axes_of, merged_last, reduced_shape, tree
from enigma.errors import KindError
from enigma.program import build
from enigma.program.node import Node, caller


def argmin(x: Operand, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The first position of the smallest along an axis, or in the flattened array."""
    return wrap(_arg(number_of(x), axis, keepdims, lambda left, right: build.sub(right, left)), x)


def argmax(x: Operand, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The first position of the largest along an axis, or in the flattened array."""
    return wrap(_arg(number_of(x), axis, keepdims, build.sub), x)


def _arg(node: Node, axis: int | None, keepdims: bool, worse: Callable[[Node, Node], Node]) -> Node:
    axes = axes_of(axis, len(node.shape))
    merged = merged_last(node, axes)
    places = build.broadcast(build.const(np.arange(merged.shape[-1], dtype=np.int64)), merged.shape)

    def join(left: Sequence[Node], right: Sequence[Node]) -> list[Node]:
        # Only a strictly better right side wins, so that the first of equals stays.
        better = build.negative(worse(left[0], right[0]))
        return [select(better, b, a) for a, b in zip(left, right, strict=True)]

    return build.reshape(tree([merged, places], join)[1], reduced_shape(node.shape, axes, keepdims))


def one_hot(labels: Operand, classes: int) -> Array:
    """Integers 0 and 1 along a new last axis of `classes`: one where it is the label; no one for a label outside."""
    node = number_of(labels)
    if node.type.scale:
        raise KindError(f"{caller()}: labels of {node.type}", hint="astype(x, int64) first")
    column = wrap(build.reshape(node, (*node.shape, 1)), labels)
    a, b = paired(column, np.arange(classes, dtype=np.int64))
    return wrap(build.to_int(build.zero(build.sub(a, b))), labels)


def count_nonzero(x: Operand, *, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Array:
    """How many are not zero (or true) along axes."""
    from enigma.array.statistical import sum_ as total

    node = node_of(x)
    return total(wrap(node if node.type.is_bool else build.not_(build.zero(node)), x), axis=axis, keepdims=keepdims)
