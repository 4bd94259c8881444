"""Counts, sums and means by a secret category: one-hot rows times a matrix."""

from __future__ import annotations

import numpy as np

from enigma.array.array import Array
from enigma.array.comparison import where
from enigma.array.elementwise import divide
from enigma.array.literals import Bound
from enigma.array.lookup import indicators, inside
from enigma.array.operands import Operand, narrow, node_of, scalar, wrap
from enigma.array.products import dot
from enigma.errors import ArgumentProblem, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import Type


def group_count(by: Operand, classes: int) -> Array:
    """How many of a vector of secret integers are 0, 1 .. classes - 1; proven within 0 .. n.

    `RangeError` unless the integers are proven to be classes. An equality and a conversion for each row and class but
    one; two classes cost nothing.
    """
    labels, ones = _members(by, classes)
    return wrap(narrow(build.sum_(ones, (0,)), 0, labels.size), by)


def group_sum(values: Operand, by: Operand, classes: int) -> Array:
    """The sum of the values of each class: exact. `values` has a row for each label; further axes stay.

    Of booleans, how many are true. Costs those of `group_count`, and 8 bytes for each element of the result.
    """
    return wrap(_sums(values, by, classes)[0], values, by)


def group_mean(values: Operand, by: Operand, classes: int, *, empty: Bound = 0) -> Array:
    """The mean of the values of each class: within 4 units of the last place and 2**-26; `empty` for a class of none.

    At 20 fractional bits, or those of the values if they have more. Costs those of `group_sum`, one quotient for each
    element of the result, and, for an `empty` other than 0, one comparison for each class.
    """
    sums, counts, values_type = _sums(values, by, classes)
    counts = build.reshape(counts, (classes, *(1,) * (len(sums.shape) - 1)))
    mean = divide(wrap(sums, values, by), wrap(counts, values, by), zero=True)
    up = mean.scale - values_type.scale
    lo, hi = min(values_type.lo << up, 0), max(values_type.hi << up, 0)
    off = 4 + (max(-lo, hi) >> 26)
    # A mean lies between the extremes, and that of none is 0.
    found = wrap(narrow(mean.node, lo - off, hi + off), values, by)
    return found if empty == 0 else where(wrap(build.zero(counts), by), empty, found)


def _members(by: Operand, classes: int) -> tuple[Node, Node]:
    """The labels, and for each a row of 0 and 1 over all classes."""
    if classes < 1:
        raise ArgumentProblem(f"{caller()}: {classes} classes", hint="labels are 0 .. classes - 1")
    labels = node_of(by)
    if len(labels.shape) != 1:
        raise ShapeError(f"{caller()}: labels of shape {labels.shape}", hint="a vector, one label for each row")
    labels = inside(by, classes, 0)
    first, last = labels.type.lo, labels.type.hi
    ones = indicators(labels, first, last)
    # Classes that the range of the labels leaves out have no members.
    sides = [build.broadcast(scalar(0), (labels.size, n)) for n in (first, classes - 1 - last)]
    return labels, build.concat([part for part in (sides[0], ones, sides[1]) if part.shape[1]], 1)


def _sums(values: Operand, by: Operand, classes: int) -> tuple[Node, Node, Type]:
    labels, ones = _members(by, classes)
    node = node_of(values)
    node = build.to_int(node) if node.type.is_bool else node
    if not node.shape or node.shape[0] != labels.size:
        raise ShapeError(
            f"{caller()}: values of shape {node.shape} by {labels.size} labels", hint="one row of values for each label"
        )
    rest = node.shape[1:]
    if not labels.size:
        zero = scalar(0, node.type.scale, node.type.kind)
        return build.broadcast(zero, (classes, *rest)), build.broadcast(scalar(0), (classes,)), node.type
    table = build.reshape(node, (labels.size, int(np.prod(rest, dtype=np.int64))))
    sums = build.reshape(dot(build.permute_dims(ones, (1, 0)), table), (classes, *rest))
    return sums, narrow(build.sum_(ones, (0,)), 0, labels.size), node.type
