"""One column of a batch against its declared type: values as NumPy has them, and what is wrong, as masks of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from enigma.contract.types import BoolType, CategoryType, ElementType, FixedType
from enigma.contract.values.conform import element_type
from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    import pyarrow as pa

Mask: TypeAlias = npt.NDArray[np.bool_]
Values: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64] | Mask

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# NaN and infinity count as numbers here, so that the report can call them by their names.
_SPECIAL = r"(?i)^[+-]?(nan|inf|infinity)$"
_WHOLE = r"^[+-]?[0-9]{1,19}$"
_EXACT = 2.0**53
_TRUE, _FALSE = ("true", "1"), ("false", "0")

EMPTY = "there is no value"


@dataclass(frozen=True, eq=False)
class Fault:
    """The rows that have one kind of mistake; CELL in `why` stands for the value."""

    rows: Mask
    why: str


@dataclass(frozen=True, eq=False)
class Judged:
    """A column of a batch: int64, float64 or bool; where a fault is, anything."""

    values: Values
    faults: Sequence[Fault]


def judged(cells: pa.Array, element: ElementType) -> Judged:
    """The values of a column, and every fault. Raises `ArgumentProblem` for a column of other things."""
    import pyarrow as pa

    kinds = pa.types
    if kinds.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if kinds.is_decimal(cells.type) or kinds.is_string_view(cells.type) or kinds.is_large_string(cells.type):
        # Decimals by way of text: Arrow's own cast multiplies by a rounded power of ten.
        cells = cells.cast(pa.string())
    if kinds.is_null(cells.type):
        cells = cells.cast(pa.float64())
    text, boolean = kinds.is_string(cells.type), kinds.is_boolean(cells.type)
    if not (text or boolean or kinds.is_integer(cells.type) or kinds.is_floating(cells.type)):
        raise ArgumentProblem(f"holds {cells.type}, and {element} is asked for")
    if isinstance(element, BoolType):
        return _booleans(cells, text=text)
    if boolean:
        raise ArgumentProblem(f"holds {cells.type}, and {element} is asked for")
    if isinstance(element, CategoryType) and element.labels and (text or cells.null_count == len(cells)):
        return _labels(cells.cast(pa.string()), element)
    found, faults = _texts(cells) if text else _numbers(cells)
    return _inside(found, faults, element, cells if text else None)


# ---------------------------------------------------------------- kinds


def _booleans(cells: pa.Array, *, text: bool) -> Judged:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(cells.type):
        return Judged(_numpy(pc.fill_null(cells, fill_value=False)), _some(Fault(_nulls(cells), EMPTY)))
    if text:
        words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(cells, "")))
        empty = _numpy(pc.equal(words, ""))
        true = _numpy(pc.is_in(words, pa.array(_TRUE)))
        either = true | _numpy(pc.is_in(words, pa.array(_FALSE)))
    else:
        numbers, _ = _numbers(cells)
        empty = _nulls(cells) | np.isnan(numbers)
        true, either = numbers == 1, (numbers == 1) | (numbers == 0)
    return Judged(true, _some(Fault(empty, EMPTY), Fault(~either & ~empty, "CELL is not true or false")))


def _labels(cells: pa.Array, element: CategoryType) -> Judged:
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.utf8_trim_whitespace(pc.fill_null(cells, ""))
    found = pc.index_in(words, pa.array(element.labels))
    empty, strange = _numpy(pc.equal(words, "")) & _nulls(found), _nulls(found)
    values = _numpy(pc.fill_null(found, 0)).astype(np.int64)
    why = f"CELL is not one of the labels {', '.join(element.labels)}"
    return Judged(values, _some(Fault(empty, EMPTY), Fault(strange & ~empty, why)))


def _numbers(cells: pa.Array) -> tuple[npt.NDArray[np.int64] | npt.NDArray[np.float64], list[Fault]]:
    """Integers and floats as they are; what is beyond int64 as floats."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nulls = _nulls(cells)
    kind = cells.type
    if pa.types.is_floating(kind):
        values = _numpy(pc.fill_null(cells.cast(pa.float64()), float("nan")))
        # A frame has NaN where there is nothing.
        return values, _not_finite(values, np.isnan(values))
    values = _numpy(pc.fill_null(cells, 0) if nulls.any() else cells)
    if kind == pa.uint64() and len(values) and int(values.max()) >> 63:
        return values.astype(np.float64), _some(Fault(nulls, EMPTY))
    return values.astype(np.int64, copy=False), _some(Fault(nulls, EMPTY))


def _texts(cells: pa.Array) -> tuple[npt.NDArray[np.float64], list[Fault]]:
    """Decimal texts as the nearest floats."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.utf8_trim_whitespace(pc.fill_null(cells, ""))
    blank = pc.equal(words, "")
    empty = _numpy(blank)
    filled = pc.if_else(blank, "0", words) if empty.any() else words
    strange = np.zeros(len(cells), dtype=np.bool_)
    try:
        values = _numpy(filled.cast(pa.float64()))
    except pa.ArrowInvalid:
        numeric = pc.or_(pc.match_substring_regex(filled, _NUMBER), pc.match_substring_regex(filled, _SPECIAL))
        strange = ~_numpy(numeric)
        values = _numpy(pc.if_else(numeric, filled, "0").cast(pa.float64()))
    faults = [Fault(empty, EMPTY), Fault(strange, "CELL is not a number"), *_not_finite(values, None)]
    return values, _some(*faults)


def _not_finite(values: npt.NDArray[np.float64], nothing: Mask | None) -> list[Fault]:
    if nothing is None:
        return _some(Fault(np.isnan(values), "CELL is not a number"), Fault(np.isinf(values), "CELL is not finite"))
    return _some(Fault(nothing, EMPTY), Fault(np.isinf(values), "CELL is not finite"))


# ---------------------------------------------------------------- ranges


def _inside(
    values: npt.NDArray[np.int64] | npt.NDArray[np.float64],
    faults: Sequence[Fault],
    element: ElementType,
    texts: pa.Array | None,
) -> Judged:
    """The values as the type has them, with what is not whole or outside among the faults."""
    bad = np.logical_or.reduce([each.rows for each in faults]) if faults else np.zeros(len(values), dtype=np.bool_)
    if isinstance(element, FixedType):
        lo, hi = float(element.lo or 0), float(element.hi or 0)
        outside = (values < Fraction(element.lo or 0).__ceil__()) | (values > Fraction(element.hi or 0).__floor__()) \
            if values.dtype == np.int64 else ~((values >= lo) & (values <= hi))  # fmt: skip
        fault = Fault(outside & ~bad, f"CELL is outside of {element}")
        return Judged(np.where(bad | outside, lo, values).astype(np.float64, copy=False), [*faults, *_some(fault)])
    type_ = element_type(element)
    broken = np.zeros(len(values), dtype=np.bool_)
    if values.dtype == np.int64:
        whole = values.astype(np.int64, copy=False)
    else:
        safe = np.where(bad, 0.0, values)
        broken = safe != np.floor(safe)
        near = np.abs(safe) < _EXACT
        whole = np.where(near, safe, 0.0).astype(np.int64)
        far = ~near & ~broken
        # Beyond 2^53 a float is not the number that was written: read again, exactly, or beyond every range.
        whole = _exactly(whole, far, texts, safe) if far.any() else whole
        outside_int64 = far & (np.abs(safe) >= 2.0**63)
        bad_range = ~broken & (outside_int64 | (whole < type_.lo) | (whole > type_.hi))
        faults = [*faults, *_some(Fault(broken & ~bad, "CELL is not a whole number"))]
        return _ranged(whole, bad_range & ~bad, faults, element)
    return _ranged(whole, ((whole < type_.lo) | (whole > type_.hi)) & ~bad, faults, element)


def _ranged(whole: npt.NDArray[np.int64], outside: Mask, faults: Sequence[Fault], element: ElementType) -> Judged:
    return Judged(whole, [*faults, *_some(Fault(outside, f"CELL is outside of {element}"))])


def _exactly(
    whole: npt.NDArray[np.int64], far: Mask, texts: pa.Array | None, values: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = far & (np.abs(values) < 2.0**63)
    whole[inside] = values[inside].astype(np.int64)
    if texts is not None:
        words = pc.utf8_trim_whitespace(texts)
        plain = inside & _numpy(pc.fill_null(pc.match_substring_regex(words, _WHOLE), fill_value=False))
        chosen = pc.replace_substring(words.filter(pa.array(plain)), "+", "")
        whole[plain] = _numpy(chosen.cast(pa.int64()))
    return whole


def _some(*faults: Fault) -> list[Fault]:
    """Those that any row has."""
    return [fault for fault in faults if fault.rows.any()]


def _nulls(cells: pa.Array) -> Mask:
    if not cells.null_count:
        return np.zeros(len(cells), dtype=np.bool_)
    found: Mask = _numpy(cells.is_null())
    return found


def _numpy(cells: pa.Array) -> Any:
    """An array of NumPy, of the kind that Arrow has."""
    return cells.to_numpy(zero_copy_only=False)
