"""Positions of extremes and among thresholds, membership, and positions as rows of zeros with a one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from enigma.array.array import Array
from enigma.array.comparison import equal, less, logical_not
from enigma.array.operands import Operand, node_of, number_of, paired, select, wrap
from enigma.array.reduction import axes_of, merged_last, reduced_shape, tree
from enigma.array.utility import any_
from enigma.errors import ArgumentProblem, KindError, ShapeError
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


def searchsorted(x1: Operand, x2: Operand, *, side: Literal["left", "right"] = "left") -> Array:
    """How many of the ascending vector x1 are below each element of x2 (`side="left"`), or not above it ("right").

    That is the number of the bucket of x2 between the thresholds x1, within 0 .. len(x1). One comparison and one
    conversion for each element and threshold. Raises `ArgumentProblem` for public thresholds that do not ascend; that
    secret ones do is the caller's word, on which nothing but the meaning of the count depends.
    """
    from enigma.array.statistical import sum_ as total

    if side not in ("left", "right"):
        raise ArgumentProblem(f"{caller()}: side={side!r}", hint='"left" or "right"')
    levels = number_of(x1)
    if len(levels.shape) != 1:
        raise ShapeError(f"{caller()}: thresholds of shape {levels.shape}", hint="a vector in ascending order")
    value = levels.attrs.get("value")
    if value is not None and (np.diff(value) < 0).any():
        raise ArgumentProblem(f"{caller()}: thresholds that do not ascend", hint="sort them")
    row = x1 if isinstance(x1, Array) else np.asarray(x1)
    values = number_of(x2)
    column = wrap(build.reshape(values, (*values.shape, 1)), x2)
    if not levels.size:
        return wrap(build.broadcast(build.const(np.asarray(0)), values.shape), x1, x2)
    below = less(row, column) if side == "left" else logical_not(less(column, row))
    return total(below, axis=-1)


def isin(x1: Operand, x2: Operand, *, invert: bool = False) -> Array:
    """Whether each element of x1 is one of x2 (or, with `invert`, is none of them): public numbers, as a rule.

    An equality for each element and candidate, and a tree of `and`.
    """
    candidates = node_of(x2)
    found = node_of(x1)
    if not candidates.size:
        return wrap(build.broadcast(build.const(np.asarray(invert)), found.shape), x1, x2)
    if isinstance(x2, Array):
        row: Operand = wrap(build.reshape(candidates, (candidates.size,)), x2)
    else:
        row = np.unique(np.asarray(x2))
    there = any_(equal(wrap(build.reshape(found, (*found.shape, 1)), x1), row), axis=-1)
    return logical_not(there) if invert else there
