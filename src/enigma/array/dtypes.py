"""What an element is: `bool`, `int64` or `fixed(scale)`, under the standard's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from enigma.errors import KindError
from enigma.program.node import caller
from enigma.program.types import LINEAR_BITS, Kind, Type

DEFAULT_SCALE = 20
"""Fractional bits of a shared float, and the least that a product or quotient of finer numbers keeps."""


MIXED = "convert: astype(x, int64), or compare: x != 0"
"""What to write where booleans meet numbers."""


@dataclass(frozen=True, slots=True)
class DType:
    """The kind of an array's elements and, for fixed point, the number of fractional bits."""

    kind: Kind
    scale: int = 0

    def __repr__(self) -> str:
        return f"fixed({self.scale})" if self.kind is Kind.FIXED else {"bool": "bool", "int": "int64"}[self.kind]

    @property
    def numpy(self) -> np.dtype[np.bool_] | np.dtype[np.int64] | np.dtype[np.float64]:
        """The NumPy dtype in which revealed values come."""
        if self.kind is Kind.BOOL:
            return np.dtype(np.bool_)
        return np.dtype(np.int64) if self.kind is Kind.INT else np.dtype(np.float64)


bool_ = DType(Kind.BOOL)
int64 = DType(Kind.INT)


def fixed(scale: int = DEFAULT_SCALE) -> DType:
    """Fixed point of `scale` fractional bits."""
    return DType(Kind.FIXED, scale)


float64 = fixed()
"""The standard's name for the default real dtype: here fixed point of 20 fractional bits."""


@dataclass(frozen=True, slots=True)
class FInfo:
    """Limits of a fixed-point dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True, slots=True)
class IInfo:
    """Limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


def dtype_of(type_: Type) -> DType:
    """The dtype of a value of this type."""
    return DType(type_.kind, type_.scale)


def finfo(dtype: DType) -> FInfo:
    """Limits of a fixed-point dtype: everything is a multiple of `eps`."""
    if dtype.kind is not Kind.FIXED:
        raise KindError(f"{caller()}: {dtype} is not fixed point", hint="iinfo() describes integers")
    step = 2.0**-dtype.scale
    return FInfo(LINEAR_BITS + 1, step, 2.0**LINEAR_BITS * step, -(2.0**LINEAR_BITS) * step, step, dtype)


def iinfo(dtype: DType) -> IInfo:
    """Limits of an integer dtype."""
    if dtype.kind is not Kind.INT:
        raise KindError(f"{caller()}: {dtype} is not an integer dtype", hint="finfo() describes fixed point")
    return IInfo(LINEAR_BITS + 1, 2**LINEAR_BITS - 1, -(2**LINEAR_BITS), dtype)


_CATEGORIES: dict[str, frozenset[Kind]] = {
    "bool": frozenset({Kind.BOOL}),
    "signed integer": frozenset({Kind.INT}),
    "unsigned integer": frozenset(),
    "integral": frozenset({Kind.INT}),
    "real floating": frozenset({Kind.FIXED}),
    "complex floating": frozenset(),
    "numeric": frozenset({Kind.INT, Kind.FIXED}),
}


def isdtype(dtype: DType, kind: DType | str | Sequence[DType | str]) -> bool:
    """Whether `dtype` is of a kind, as the standard names them; fixed point is "real floating"."""
    if isinstance(kind, DType):
        return dtype == kind
    if isinstance(kind, str):
        if kind not in _CATEGORIES:
            raise KindError(f"{caller()}: no dtype kind {kind!r}", hint=f"one of {', '.join(_CATEGORIES)}")
        return dtype.kind in _CATEGORIES[kind]
    return any(isdtype(dtype, each) for each in kind)


def promote(*dtypes: DType) -> DType:
    """The dtype that holds them all: booleans only with booleans; fixed point wins, with the most fractional bits."""
    if len({each.kind is Kind.BOOL for each in dtypes}) > 1:
        raise KindError(f"{caller()}: booleans and numbers together", hint=MIXED)
    kind = next((k for k in (Kind.FIXED, Kind.INT) if any(each.kind is k for each in dtypes)), Kind.BOOL)
    return DType(kind, max(each.scale for each in dtypes))
