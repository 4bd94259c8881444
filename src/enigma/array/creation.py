"""Public arrays, which mix freely with secret ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from enigma.array.array import Array
from enigma.array.dtypes import DEFAULT_SCALE, DType
from enigma.array.literals import Bound, is_bool, literal, to_raw
from enigma.array.operands import constant
from enigma.array.rounding import astype
from enigma.errors import KindError
from enigma.program import build
from enigma.program.node import caller
from enigma.program.types import Kind

Extent = int | tuple[int, ...]


def asarray(values: Any, *, dtype: DType | None = None) -> Array:
    """A public array of `values`; floats keep the fractional bits that they need, at most 20 unless `dtype` says."""
    if isinstance(values, Array):
        return values if dtype is None else astype(values, dtype)
    value = literal(values)
    if dtype is None:
        return Array(constant(value, DEFAULT_SCALE))
    if is_bool(value) or dtype.kind is Kind.BOOL:
        return astype(Array(constant(value, DEFAULT_SCALE)), dtype)
    if dtype.kind is Kind.INT:
        return astype(Array(constant(value, DEFAULT_SCALE)), dtype)
    return Array(build.const(to_raw(value, dtype.scale), dtype.scale, Kind.FIXED))


def zeros(shape: Extent, *, dtype: DType | None = None) -> Array:
    """A public array of zeros; fixed point of scale 0, which takes any other, unless `dtype` says."""
    return asarray(np.zeros(shape), dtype=dtype)


def ones(shape: Extent, *, dtype: DType | None = None) -> Array:
    """A public array of ones."""
    return asarray(np.ones(shape), dtype=dtype)


def full(shape: Extent, fill: Bound | bool, *, dtype: DType | None = None) -> Array:
    """A public array of one number."""
    one = asarray(fill, dtype=dtype)
    target = (shape,) if isinstance(shape, int) else tuple(shape)
    return Array(build.broadcast(one.node, target))


def zeros_like(x: Array, *, dtype: DType | None = None) -> Array:
    """A public array of zeros of the shape and dtype of x."""
    return full(x.shape, False if x.node.type.is_bool else 0, dtype=dtype or x.dtype)


def ones_like(x: Array, *, dtype: DType | None = None) -> Array:
    """A public array of ones of the shape and dtype of x."""
    return full(x.shape, True if x.node.type.is_bool else 1, dtype=dtype or x.dtype)


def full_like(x: Array, fill: Bound | bool, *, dtype: DType | None = None) -> Array:
    """A public array of one number, of the shape and dtype of x."""
    return full(x.shape, fill, dtype=dtype or x.dtype)


def arange(start: float, stop: float | None = None, step: float = 1, *, dtype: DType | None = None) -> Array:
    """start, start + step, ... up to stop, which is excluded; from 0 where only one bound is given."""
    if step == 0:
        raise KindError(f"{caller()}: arange() by steps of 0")
    return asarray(np.arange(start, step=step) if stop is None else np.arange(start, stop, step), dtype=dtype)


def linspace(start: float, stop: float, num: int, *, dtype: DType | None = None, endpoint: bool = True) -> Array:
    """`num` evenly spaced numbers."""
    return asarray(np.linspace(start, stop, num, endpoint=endpoint), dtype=dtype)


def eye(rows: int, columns: int | None = None, *, k: int = 0, dtype: DType | None = None) -> Array:
    """Ones on the k-th diagonal of a public matrix."""
    return asarray(np.eye(rows, columns, k=k), dtype=dtype)
