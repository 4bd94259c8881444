"""Matrix products: a whole dot product costs one product's communication, and one truncation."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from enigma.array.array import Array
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.array.operands import Operand, broadcast_shape, nodes_of, normalised_axis, number_of, rescale, wrap
from enigma.array.products import default_product_scale, dot
from enigma.errors import ShapeError
from enigma.program import build
from enigma.program.node import Node, caller


def matmul(x: Operand, y: Operand, *, scale: int | None = None) -> Array:
    """x @ y over the last two axes, the others broadcast; vectors count as one row or one column.

    `scale` is the number of fractional bits to keep; the sum of both operands' keeps all and saves the truncation.
    """
    a, b = (number_of(wrap(n)) for n in nodes_of(x, y))
    if not a.shape or not b.shape:
        raise ShapeError(f"{caller()}: matmul() of a single number", hint="write x * y")
    row, column = len(a.shape) == 1, len(b.shape) == 1
    a = build.reshape(a, (1, *a.shape)) if row else a
    b = build.reshape(b, (*b.shape, 1)) if column else b
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(f"{caller()}: matrix product of shapes {a.shape} and {b.shape}")
    lead = broadcast_shape([a.shape[:-2], b.shape[:-2]])
    a, b = build.broadcast(a, (*lead, *a.shape[-2:])), build.broadcast(b, (*lead, *b.shape[-2:]))
    out = _scaled(a, b, scale)
    shape = (*lead, *(() if row else a.shape[-2:-1]), *(() if column else b.shape[-1:]))
    return wrap(build.reshape(out, shape), x, y)


def _scaled(a: Node, b: Node, scale: int | None) -> Node:
    target = default_product_scale(a.type.scale, b.type.scale, DEFAULT_SCALE) if scale is None else scale
    out = dot(a, b, max(a.type.scale + b.type.scale - target, 0))
    return rescale(out, target) if target > out.type.scale else out


def vecdot(x: Operand, y: Operand, *, axis: int = -1, scale: int | None = None) -> Array:
    """The dot product along an axis, the others broadcast."""
    a, b = (number_of(wrap(n)) for n in nodes_of(x, y))
    if not a.shape or not b.shape:
        raise ShapeError(f"{caller()}: vecdot() of a single number", hint="write x * y")
    a, b = _last(a, axis), _last(b, axis)
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(f"{caller()}: dot product of shapes {a.shape} and {b.shape}")
    rows = wrap(build.reshape(a, (*a.shape[:-1], 1, a.shape[-1])))
    columns = wrap(build.reshape(b, (*b.shape, 1)))
    product = matmul(rows, columns, scale=scale).node
    return wrap(build.reshape(product, product.shape[:-2]), x, y)


def _last(x: Node, axis: int) -> Node:
    place = normalised_axis(axis, len(x.shape))
    return build.permute_dims(x, (*(i for i in range(len(x.shape)) if i != place), place))


def tensordot(x: Operand, y: Operand, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Array:
    """Summed products over axes of both: the last `axes` of x with the first of y, or two sequences of axes."""
    a, b = (number_of(wrap(n)) for n in nodes_of(x, y))
    if isinstance(axes, int):
        left, right = list(range(len(a.shape) - axes, len(a.shape))), list(range(axes))
    else:
        left = [normalised_axis(i, len(a.shape)) for i in axes[0]]
        right = [normalised_axis(i, len(b.shape)) for i in axes[1]]
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ShapeError(f"{caller()}: axes {left} of {a.shape} against axes {right} of {b.shape}")
    kept = [i for i in range(len(a.shape)) if i not in left]
    others = [i for i in range(len(b.shape)) if i not in right]
    inner = prod(a.shape[i] for i in left)
    rows = build.reshape(build.permute_dims(a, (*kept, *left)), (prod(a.shape[i] for i in kept), inner))
    columns = build.reshape(build.permute_dims(b, (*right, *others)), (inner, prod(b.shape[i] for i in others)))
    out = _scaled(rows, columns, None)
    return wrap(build.reshape(out, (*(a.shape[i] for i in kept), *(b.shape[i] for i in others))), x, y)
