"""The moving of elements, which costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from enigma.array.array import Array
from enigma.array.indexing import index
from enigma.array.lookup import is_secret_index, picked
from enigma.array.operands import (
    Operand,
    align,
    broadcast_shape,
    node_of,
    nodes_of,
    normalised_axis,
    wrap,
)
from enigma.errors import KindError, ShapeError
from enigma.program import build
from enigma.program.node import Node, Shape, caller
from enigma.program.types import Kind, Type


def _joinable(arrays: Sequence[Operand]) -> list[Node]:
    if not len(arrays):
        raise ShapeError(f"{caller()}: nothing to join")
    nodes = align(nodes_of(*arrays))
    if any(x.type.kind is Kind.FIXED for x in nodes):
        nodes = [build.retype(x, Type(Kind.FIXED, x.type.scale, x.type.lo, x.type.hi)) for x in nodes]
    return nodes


def concat(arrays: Sequence[Operand], *, axis: int | None = 0) -> Array:
    """Joined along an axis; flattened first when `axis` is None."""
    nodes = _joinable(arrays)
    if axis is None:
        nodes, axis = [build.reshape(x, (x.size,)) for x in nodes], 0
    if any(len(x.shape) != len(nodes[0].shape) for x in nodes) or not nodes[0].shape:
        listed = " and ".join(str(x.shape) for x in nodes)
        raise ShapeError(f"{caller()}: shapes {listed} do not join", hint="stack() joins along a new axis")
    return wrap(build.concat(nodes, normalised_axis(axis, len(nodes[0].shape))), *arrays)


def stack(arrays: Sequence[Operand], *, axis: int = 0) -> Array:
    """Joined along a new axis."""
    nodes = _joinable(arrays)
    place = normalised_axis(axis, len(nodes[0].shape) + 1)
    if any(x.shape != nodes[0].shape for x in nodes):
        raise ShapeError(f"{caller()}: shapes {[x.shape for x in nodes]} do not stack")
    return wrap(build.concat([build.reshape(x, _with_axis(x.shape, place)) for x in nodes], place), *arrays)


def unstack(x: Array, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices along an axis."""
    place = normalised_axis(axis, x.ndim)
    return tuple(x[(*[slice(None)] * place, i)] for i in range(x.shape[place]))


def _with_axis(shape: Shape, place: int) -> Shape:
    return (*shape[:place], 1, *shape[place:])


def reshape(x: Operand, shape: int | Sequence[int]) -> Array:
    """The same elements in row-major order; one extent may be -1."""
    node = node_of(x)
    extents = (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)
    if extents.count(-1) == 1:
        known = prod(n for n in extents if n != -1)
        if known == 0 or node.size % known:
            raise ShapeError(f"{caller()}: {node.shape} does not reshape to {extents}")
        extents = tuple(node.size // known if n == -1 else n for n in extents)
    if any(n < 0 for n in extents):
        raise ShapeError(f"{caller()}: {node.shape} does not reshape to {extents}")
    return wrap(build.reshape(node, extents), x)


def permute_dims(x: Operand, axes: Sequence[int]) -> Array:
    """Axes in another order."""
    node = node_of(x)
    return wrap(build.permute_dims(node, tuple(normalised_axis(a, len(node.shape)) for a in axes)), x)


def matrix_transpose(x: Operand) -> Array:
    """The last two axes swapped."""
    ndim = len(node_of(x).shape)
    if ndim < 2:
        raise ShapeError(f"{caller()}: the transpose of a shape {node_of(x).shape}")
    return permute_dims(x, (*range(ndim - 2), ndim - 1, ndim - 2))


def moveaxis(x: Operand, source: int, destination: int) -> Array:
    """One axis moved to another place."""
    ndim = len(node_of(x).shape)
    place = normalised_axis(source, ndim)
    axes = [i for i in range(ndim) if i != place]
    axes.insert(normalised_axis(destination, ndim), place)
    return permute_dims(x, axes)


def expand_dims(x: Operand, *, axis: int = 0) -> Array:
    """A new axis of extent 1."""
    node = node_of(x)
    return wrap(build.reshape(node, _with_axis(node.shape, normalised_axis(axis, len(node.shape) + 1))), x)


def squeeze(x: Operand, axis: int | Sequence[int]) -> Array:
    """Without axes of extent 1."""
    node = node_of(x)
    places = {normalised_axis(a, len(node.shape)) for a in ([axis] if isinstance(axis, int) else axis)}
    if any(node.shape[i] != 1 for i in places):
        raise ShapeError(f"{caller()}: only axes of extent 1 can be squeezed out of {node.shape}")
    return wrap(build.reshape(node, tuple(n for i, n in enumerate(node.shape) if i not in places)), x)


def broadcast_to(x: Operand, shape: Sequence[int]) -> Array:
    """Repeated along new axes and along axes of extent 1."""
    return wrap(build.broadcast(node_of(x), tuple(shape)), x)


def broadcast_arrays(*arrays: Operand) -> list[Array]:
    """All at the shape that they broadcast to."""
    shape = broadcast_shape([node_of(x).shape for x in arrays])
    return [broadcast_to(x, shape) for x in arrays]


def flip(x: Operand, *, axis: int | Sequence[int] | None = None) -> Array:
    """In reverse order along axes; along all of them by default."""
    node = node_of(x)
    ndim = len(node.shape)
    chosen = range(ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    places = {normalised_axis(a, ndim) for a in chosen}
    return wrap(index(node, tuple(slice(None, None, -1 if i in places else 1) for i in range(ndim))), x)


def roll(x: Operand, shift: int, *, axis: int | None = None) -> Array:
    """Moved on by `shift` places, the last elements to the front; over the flattened array without an axis."""
    node = node_of(x)
    if axis is None:
        flat = build.reshape(node, (node.size,))
        return wrap(build.reshape(_rolled(flat, shift, 0), node.shape), x)
    return wrap(_rolled(node, shift, normalised_axis(axis, len(node.shape))), x)


def _rolled(node: Node, shift: int, axis: int) -> Node:
    extent = node.shape[axis]
    return build.gather(node, (np.arange(extent) - shift) % max(extent, 1), axis)


def take(x: Operand, indices: Operand, *, axis: int | None = None) -> Array:
    """Elements at positions along an axis, which may be left out for a vector.

    Public positions cost nothing. Secret ones, proven within the axis (else `RangeError`), cost an equality for each
    position and candidate, and for numbers 8 bytes for each element of the result; x keeps its range.
    """
    node = node_of(x)
    if axis is None and len(node.shape) != 1:
        raise ShapeError(f"{caller()}: take() from a shape {node.shape} needs an axis")
    place = normalised_axis(axis or 0, len(node.shape))
    if is_secret_index(indices):
        return wrap(picked(node, indices, place), x, indices)
    positions = indices if isinstance(indices, Array) else np.asarray(indices)
    if isinstance(positions, np.ndarray) and positions.dtype.kind not in "iu" and positions.size:
        raise KindError(f"{caller()}: take() by {positions.dtype}")
    return wrap(index(node, (*[slice(None)] * place, positions)), x)


def repeat(x: Operand, repeats: int, *, axis: int | None = None) -> Array:
    """Each element `repeats` times, along an axis or over the flattened array."""
    node = node_of(x)
    if axis is None:
        node, axis = build.reshape(node, (node.size,)), 0
    place = normalised_axis(axis, len(node.shape))
    return wrap(build.gather(node, np.repeat(np.arange(node.shape[place]), repeats), place), x)
