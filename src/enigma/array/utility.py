"""Are all, or any, true: trees of `and`."""

from __future__ import annotations

import numpy as np

from enigma.array.array import Array
from enigma.array.operands import Operand, node_of, wrap
from enigma.array.reduction import Axis, axes_of, merged_last, reduced_shape, tree
from enigma.errors import KindError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import BOOL


def all_(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether all along axes are true; true of none."""
    return wrap(_conjunction(_bits(x), axis, keepdims), x)


def any_(x: Operand, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether any along axes is true; false of none."""
    return wrap(build.not_(_conjunction(build.not_(_bits(x)), axis, keepdims)), x)


def _bits(x: Operand) -> Node:
    node = node_of(x)
    if node.type != BOOL:
        raise KindError(f"{caller()}: a number where a boolean belongs", hint="compare it: x != 0")
    return node


def _conjunction(node: Node, axis: Axis, keepdims: bool) -> Node:
    axes = axes_of(axis, len(node.shape))
    shape = reduced_shape(node.shape, axes, keepdims)
    merged = merged_last(node, axes)
    if merged.shape[-1] == 0:
        return build.broadcast(build.const(np.asarray(True)), shape)
    return build.reshape(tree([merged], lambda left, right: [build.and_(left[0], right[0])])[0], shape)
