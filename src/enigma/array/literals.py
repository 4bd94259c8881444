"""Public numbers as raw ones: what a program's constants hold, and what an owner's values become.

A Python float stands for its shortest decimal, exactly; a NumPy float for its binary value.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from enigma.array.dtypes import DType
from enigma.errors import ArgumentProblem, KindError, RangeError
from enigma.program.node import caller
from enigma.program.types import LINEAR_BITS, Kind, Type, number

Raw: TypeAlias = npt.NDArray[Any]
Literal: TypeAlias = Fraction | Raw
Bound: TypeAlias = int | float | Decimal | Fraction


def literal(value: Any) -> Literal:
    """A public value as an exact fraction (a real scalar), or as an array of bool, int64 or float64."""
    if isinstance(value, (float, Decimal)):
        if not isfinite(value):
            raise ArgumentProblem(f"{caller()}: a constant that is not finite")
        return Fraction(Decimal(repr(float(value))) if isinstance(value, float) else value)
    if isinstance(value, Fraction):
        return value
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise KindError(f"{caller()}: not an array of numbers: {error}") from error
    if array.dtype.kind == "f":
        if array.ndim == 0:
            return literal(float(array))
        if not np.isfinite(array).all():
            raise ArgumentProblem(f"{caller()}: a constant that is not finite")
        return array.astype(np.float64, copy=False)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind in "iu" or array.size == 0:
        if array.dtype == np.uint64 and array.size and int(array.max()) >> LINEAR_BITS:
            raise RangeError(f"{caller()}: an integer constant beyond 64 signed bits")
        return array.astype(np.int64, copy=False)
    if array.dtype == object and all(isinstance(each, int) for each in array.flat):
        raise RangeError(f"{caller()}: an integer constant beyond 64 signed bits")
    raise KindError(f"{caller()}: {type(value).__name__} of {array.dtype} is no array of booleans, integers or reals")


def is_bool(value: Literal) -> bool:
    """Whether it holds booleans."""
    return not isinstance(value, Fraction) and value.dtype == np.bool_


def shape_of(value: Literal) -> tuple[int, ...]:
    """Its shape."""
    return () if isinstance(value, Fraction) else value.shape


def exact_bits(value: Literal, most: int) -> int:
    """The least number of fractional bits, up to `most`, that hold the value exactly; `most` if none does."""
    if isinstance(value, Fraction):
        bits = value.denominator.bit_length() - 1
        return bits if value.denominator == 1 << bits and bits < most else most
    if value.dtype != np.float64 or value.size == 0:
        return 0
    scaled = np.ldexp(value, most)
    if (scaled != np.rint(scaled)).any() or np.abs(scaled).max() >= 2.0**LINEAR_BITS:
        return most
    union = int(np.bitwise_or.reduce(np.abs(scaled.astype(np.int64)), axis=None))
    return most - min(most, (union & -union).bit_length() - 1 if union else most)


def largest(value: Literal) -> Fraction:
    """The largest absolute value."""
    if isinstance(value, Fraction):
        return abs(value)
    return Fraction(max(abs(value.max().item()), abs(value.min().item()))) if value.size else Fraction(0)


def to_raw(value: Literal, scale: int) -> Raw:
    """The value times 2**scale, rounded half to even."""
    if largest(value) * (1 << scale) > (1 << LINEAR_BITS) - 1:
        raise RangeError(
            f"{caller()}: a constant up to 2^{float(largest(value)):.3g} at {scale} fractional bits leaves 64 bits",
            hint="use a smaller constant, or keep fewer fractional bits (scale=)",
        )
    if isinstance(value, Fraction):
        return np.asarray(round(value * (1 << scale)), dtype=np.int64)
    if value.dtype == np.float64:
        return np.rint(np.ldexp(value, scale)).astype(np.int64)
    return value << scale if scale else value


def bound_raw(value: Bound, scale: int) -> int:
    """A public bound times 2**scale, rounded half to even."""
    exact = literal(value)
    if not isinstance(exact, Fraction):
        if exact.ndim or is_bool(exact):
            raise ArgumentProblem(f"{caller()}: a bound is one public number")
        exact = Fraction(int(exact))
    return round(exact * (1 << scale))


def encode(values: Any, lo: Bound | None, hi: Bound | None, dtype: DType | None, scale: int) -> tuple[Raw, Type]:
    """An owner's values as raw ones, and their public type; raises `ArgumentProblem` without quoting any value."""
    array = np.asarray(values)
    if dtype is None:
        if array.dtype.kind not in "biuf":
            raise ArgumentProblem(f"{caller()}: values of {array.dtype} are no booleans, integers or reals")
        kind = {"b": Kind.BOOL, "i": Kind.INT, "u": Kind.INT, "f": Kind.FIXED}[array.dtype.kind]
        dtype = DType(kind, scale if kind is Kind.FIXED else 0)
    allowed = {Kind.BOOL: "b", Kind.INT: "iu", Kind.FIXED: "iuf"}[dtype.kind]
    if array.dtype.kind not in allowed:
        raise ArgumentProblem(f"{caller()}: values of {array.dtype} cannot be shared as {dtype}")
    if dtype.kind is Kind.BOOL:
        return np.ascontiguousarray(array).reshape(array.shape), Type(Kind.BOOL, 0, 0, 1)
    if lo is None or hi is None:
        raise ArgumentProblem(
            f"{caller()}: share() needs the public range of the values",
            hint="say share(values, lo=..., hi=...): a range taken from the values themselves would give them away",
        )
    if not (isfinite(lo) and isfinite(hi)) or lo > hi:
        raise ArgumentProblem(f"{caller()}: {lo} .. {hi} is no range")
    _want_inside(array, lo, hi)
    type_ = number(bound_raw(lo, dtype.scale), bound_raw(hi, dtype.scale), dtype.scale, dtype.kind)
    if array.dtype.kind == "f":
        # A bound is its shortest decimal and a value its binary number: at a tie they may round apart, by one.
        raw = np.clip(np.rint(np.ldexp(array.astype(np.float64), dtype.scale)).astype(np.int64), type_.lo, type_.hi)
    else:
        raw = array.astype(np.int64) << dtype.scale
    return raw, type_


def _want_inside(array: Raw, lo: Bound, hi: Bound) -> None:
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
        if bad.any():
            raise ArgumentProblem(f"{caller()}: {_where(bad)} not finite (NaN or infinity)")
        outside = (array < float(lo)) | (array > float(hi))
    else:
        # Integers compare with integers: a float64 bound would lose bits beyond 2**53.
        outside = (array < -((-Fraction(lo)) // 1)) | (array > Fraction(hi) // 1)
    if outside.any():
        raise ArgumentProblem(
            f"{caller()}: {_where(outside)} outside the public range {lo} .. {hi}",
            hint="state a range that holds every value, or clip the values before sharing them",
        )


def _where(bad: npt.NDArray[np.bool_]) -> str:
    count, first = int(bad.sum()), tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
    place = f", the first at index {first[0] if len(first) == 1 else first}," if bad.ndim else ""
    return f"{count} of {bad.size} values{place} {'is' if count == 1 else 'are'}"


def decode(raw: Raw, type_: Type) -> Raw:
    """What raw values stand for: bool, int64, or float64 for fixed point."""
    if type_.is_bool:
        return raw.astype(np.bool_)
    return np.ldexp(raw.astype(np.float64), -type_.scale) if type_.kind is Kind.FIXED else raw.astype(np.int64)
