"""Axes to reduce over, and trees that halve an axis level by level: log2(n) levels, each one batched operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TypeAlias

from enigma.array.operands import normalised_axis
from enigma.errors import ShapeError
from enigma.program import build
from enigma.program.node import Node, Shape, caller

Axis: TypeAlias = int | Sequence[int] | None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes, ascending; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    chosen = [axis] if isinstance(axis, int) else list(axis)
    places = sorted({normalised_axis(a, ndim) for a in chosen})
    if len(places) != len(chosen):
        raise ShapeError(f"{caller()}: an axis twice in {axis}")
    return tuple(places)


def reduced_shape(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape after a reduction."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape) if keepdims or i not in axes)


def merged_last(x: Node, axes: tuple[int, ...]) -> Node:
    """The axes merged to one, which comes last."""
    rest = [i for i in range(len(x.shape)) if i not in axes]
    moved = build.permute_dims(x, (*rest, *axes)) if (*rest, *axes) != tuple(range(len(x.shape))) else x
    return build.reshape(moved, (*(x.shape[i] for i in rest), prod(x.shape[i] for i in axes)))


def part(x: Node, start: int, stop: int, step: int = 1) -> Node:
    """A slice of the last axis."""
    if start >= stop:
        return build.slice_(x, [*((0, n, 1) for n in x.shape[:-1]), (0, 0, 1)])
    return build.slice_(x, [*((0, n, 1) for n in x.shape[:-1]), (start, stop, step)])


def tree(values: Sequence[Node], join: Callable[[Sequence[Node], Sequence[Node]], Sequence[Node]]) -> list[Node]:
    """The values along the last axis joined in neighbouring pairs, in order, until one is left; that axis goes."""
    found = list(values)
    extent = found[0].shape[-1]
    if extent == 0:
        raise ShapeError(f"{caller()}: a reduction of no elements")
    while extent > 1:
        even = extent - extent % 2
        joined = join([part(x, 0, even, 2) for x in found], [part(x, 1, even, 2) for x in found])
        if extent % 2:
            joined = [
                build.concat([new, _like(part(x, even, extent), new)], len(x.shape) - 1)
                for new, x in zip(joined, found, strict=True)
            ]
        found, extent = list(joined), (extent + 1) // 2
    return [build.reshape(x, x.shape[:-1]) for x in found]


def _like(x: Node, model: Node) -> Node:
    return x if x.type.is_bool else build.shift_left(x, model.type.scale - x.type.scale)
