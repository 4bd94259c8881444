"""A caller's Python values as private arguments: all checked before anything leaves the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.contract.reading.names import suggestion
from enigma.contract.types import (
    ArrayType,
    BoolType,
    CategoryType,
    ElementType,
    FixedType,
    TableType,
)
from enigma.contract.values.conform import element_type
from enigma.errors import ArgumentProblem

Values = npt.NDArray[Any]
Place = tuple[int, ...]

NOTHING_LEFT = "rows and places count from 0; nothing was shared: mend the value, or leave it out"


@dataclass(frozen=True, eq=False)
class Checked:
    """A private argument that fits its declared type. `rows`: of a table; None for one value or array."""

    columns: Mapping[str, tuple[Values, ElementType]]
    rows: int | None


def checked(value: Any, type_: ElementType | ArrayType | TableType, what: str) -> Checked:
    """A private argument as arrays of NumPy; `what` names it in messages.

    Tables come as columns (a mapping), as rows (a list of mappings), or as a table of pandas, polars, pyarrow or
    whatever exports Arrow. Raises `ArgumentProblem`, which names the row and the column and never quotes a value.
    """
    if isinstance(type_, TableType):
        return _rows(value, type_, what)
    element = type_.element if isinstance(type_, ArrayType) else type_
    shape = type_.shape if isinstance(type_, ArrayType) else ()
    array = _array(value, what)
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape, strict=True))
    if not fits:
        raise ArgumentProblem(f"{what} is {type_}, and this has the shape {array.shape}", hint=_shape_hint(shape))
    return Checked({"": (_conformed(array, element, lambda place: f"{what}{_at(place)}"), element)}, None)


# ---------------------------------------------------------------- tables


def _rows(value: Any, type_: TableType, what: str) -> Checked:
    columns, found = _columns(value, type_, what), {}
    for name, element in type_.columns:
        array = _array(columns[name], f"{what}, column {name}")
        if array.ndim != 1:
            raise ArgumentProblem(
                f"{what}, column {name}: a column is a list of values", hint="one value for each row, also for one row"
            )
        found[name] = array, element
    counts = {name: len(array) for name, (array, _) in found.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ArgumentProblem(
            f"{what}: columns of different lengths: {listed}", hint="each row has a value in each column"
        )
    fit = {
        name: (_conformed(array, element, _in_column(what, name)), element) for name, (array, element) in found.items()
    }
    return Checked(fit, next(iter(counts.values())))


def _in_column(what: str, name: str) -> Callable[[Place], str]:
    return lambda place: f"{what}{f', row {place[0]}' if place else ''}, column {name}"


def _columns(value: Any, type_: TableType, what: str) -> dict[str, Any]:
    """The columns that were handed over, by name."""
    names = [name for name, _ in type_.columns]
    if hasattr(value, "to_pydict") and hasattr(value, "schema"):
        given = {name: value.column(name) for name in value.schema.names}
    elif hasattr(value, "columns") and hasattr(value, "__getitem__"):
        given = {str(name): value[name] for name in value.columns}
    elif isinstance(value, Mapping):
        given = {str(name): column for name, column in value.items()}
    elif isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(row, Mapping) for row in value):
        for place, row in enumerate(value):
            _want_columns(row, names, f"{what}, row {place}", type_)
        given = {name: [row[name] for row in value] for name in names}
    elif hasattr(value, "__arrow_c_stream__"):
        import pyarrow as pa

        return _columns(pa.table(value), type_, what)
    else:
        raise ArgumentProblem(
            f"{what} is rows of {type_.name}, and this is a {type(value).__name__}",
            hint=f"give columns {{{', '.join(f'{n!r}: [...]' for n in names)}}}, a list of rows, or a data frame",
        )
    _want_columns(given, names, what, type_)
    return given


def _want_columns(given: Iterable[str], names: list[str], what: str, type_: TableType) -> None:
    missing, more = [n for n in names if n not in given], [str(n) for n in given if n not in names]
    near = suggestion(more[0], missing) if more else ""
    if missing and not near:
        raise ArgumentProblem(f"{what}: no column {missing[0]}", hint=f"{type_.name} has {', '.join(names)}")
    if more:
        raise ArgumentProblem(
            f"{what}: a column {more[0]} that is not asked for",
            hint=near or f"{type_.name} has {', '.join(names)}; what is not needed should not leave your hands",
        )


# ---------------------------------------------------------------- values


def _array(value: Any, what: str) -> Values:
    """Values as NumPy has them; of mixed kinds, each as it is."""
    try:
        array = np.asarray(value)
        mixed = array.ndim == 1 and isinstance(value, (list, tuple)) and len(set(map(type, value))) > 1
        if isinstance(value, np.ndarray) or (array.dtype.kind in "biuf" and not mixed):
            return array
        # NumPy would make texts of the numbers beside a text, and a number of a bool beside numbers.
        return np.asarray(value, dtype=object)
    except ValueError:
        raise ArgumentProblem(
            f"{what}: lists of different lengths", hint="an array has one length in each direction"
        ) from None


def _conformed(array: Values, element: ElementType, named: Callable[[Place], str]) -> Values:
    """The array, proven to hold elements of a declared type; `named` says where a place is."""
    if array.size == 0:
        return array.astype(np.bool_ if isinstance(element, BoolType) else np.int64)
    if array.dtype.kind in "OUST":
        places = (
            {label: place for place, label in enumerate(element.labels)} if isinstance(element, CategoryType) else {}
        )
        plain = [_plain(each, element, places, named, place) for place, each in np.ndenumerate(array.astype(object))]
        array = np.array(plain).reshape(array.shape)
    kinds = {BoolType: "b", FixedType: "iuf"}.get(type(element), "iu")
    if array.dtype.kind not in kinds:
        missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, dtype=np.bool_)
        if missing.any():
            raise ArgumentProblem(f"{named(_first(missing))}: there is no value", hint=NOTHING_LEFT)
        raise ArgumentProblem(f"{named(())} is {element}, and this is {array.dtype}", hint=_kind_hint(element))
    if isinstance(element, BoolType):
        return array
    raw = element_type(element)
    bounds = (float(element.lo or 0), float(element.hi or 0)) if isinstance(element, FixedType) else (raw.lo, raw.hi)
    # Written so that NaN is outside too.
    outside = ~((array >= bounds[0]) & (array <= bounds[1]))
    if outside.any():
        raise ArgumentProblem(f"{named(_first(outside))}: a value outside {element}", hint=NOTHING_LEFT)
    return array


def _plain(
    each: Any, element: ElementType, places: Mapping[str, int], named: Callable[[Place], str], place: Place
) -> Any:
    """One value of a mixed array as a bool, an int or a float."""
    if each is None or (isinstance(each, (float, Decimal)) and each != each):  # noqa: PLR0124 - NaN
        raise ArgumentProblem(f"{named(place)}: there is no value", hint=NOTHING_LEFT)
    if isinstance(each, str) and each in places:
        return places[each]
    if isinstance(each, str) and places:
        hint = suggestion(each, places) or f"there is {', '.join(places)}"
        raise ArgumentProblem(f"{named(place)}: not one of the labels of {element}", hint=hint)
    each = each.item() if isinstance(each, np.generic) else each
    wanted = {BoolType: (bool,), FixedType: (int, float, Decimal, Fraction)}.get(type(element), (int,))
    if not isinstance(each, wanted) or isinstance(each, bool) is not isinstance(element, BoolType):
        kind = "a text" if isinstance(each, str) else f"a {type(each).__name__}"
        raise ArgumentProblem(f"{named(place)} is {element}, and this is {kind}", hint=_kind_hint(element))
    if isinstance(each, int) and each.bit_length() > 63:
        raise ArgumentProblem(f"{named(place)}: a value outside {element}", hint=NOTHING_LEFT)
    return float(each) if isinstance(element, FixedType) else each


def _kind_hint(element: ElementType) -> str:
    match element:
        case BoolType():
            return "True or False"
        case CategoryType(labels=labels) if labels:
            return f"one of the labels {', '.join(labels)}, or its place"
        case FixedType():
            return "real numbers: int, float, Decimal, or arrays of them"
    return "whole numbers: int(round(x)) makes one of a float"


def _shape_hint(shape: tuple[int | None, ...]) -> str:
    if not shape:
        return "one value, no list"
    return f"an array of shape ({', '.join('any' if n is None else str(n) for n in shape)}{',' * (len(shape) == 1)})"


def _first(bad: npt.NDArray[np.bool_]) -> Place:
    return tuple(int(i) for i in np.argwhere(bad)[0])


def _at(place: Place) -> str:
    return f"[{', '.join(map(str, place))}]" if place else ""
