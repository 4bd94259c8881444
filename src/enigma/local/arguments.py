"""A caller's Python values as the arguments of a call: private ones are shared before they leave the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.array import DType
from enigma.array.committee import Committee
from enigma.contract.addresses import Address
from enigma.contract.call import HeldRows
from enigma.contract.conform import element_type
from enigma.contract.evaluator.values import OrderedSet
from enigma.contract.held import Held
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    ElementType,
    FixedType,
    ListType,
    MapType,
    SetType,
    TableType,
)
from enigma.errors import ArgumentProblem
from enigma.program.types import Kind

Values = npt.NDArray[Any]


def share_argument(
    committee: Committee, value: Any, type_: ElementType | ArrayType | TableType, what: str
) -> Held | HeldRows:
    """A private argument: split here, and held by the committee from now on.

    Tables come as a mapping of columns, a list of mappings (rows), a pandas or polars frame, or a pyarrow table. Raises
    `ArgumentProblem`, which names the row and the column and never quotes a value.
    """
    if isinstance(type_, TableType):
        columns = _columns(value, type_, what)
        counts = {len(column) for column in columns.values()}
        if len(counts) > 1:
            raise ArgumentProblem(f"{what}: columns of different lengths", hint="each row has a value in each column")
        # All are encoded before the first is shared: nothing is left behind by a bad row.
        encoded = {name: _encoded(columns[name], element, f"{what}: column {name}") for name, element in type_.columns}
        return HeldRows({name: _share(committee, *pair) for name, pair in encoded.items()}, counts.pop())
    element = type_.element if isinstance(type_, ArrayType) else type_
    shape = type_.shape if isinstance(type_, ArrayType) else ()
    array = np.asarray(_labelled(value, element, what))
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape, strict=True))
    if not fits:
        raise ArgumentProblem(f"{what} is {type_}, and this has the shape {array.shape}")
    return _share(committee, *_encoded(array, element, what))


def _share(committee: Committee, values: Values, element: ElementType) -> Held:
    raw = element_type(element)
    if raw.is_bool:
        array = committee.share(values.astype(np.bool_))
    else:
        step = 1 << raw.scale
        bounds = {"lo": raw.lo, "hi": raw.hi} if raw.kind is Kind.INT else _bounds(element)
        del step
        array = committee.share(values, dtype=DType(raw.kind, raw.scale), **bounds)
    return Held(array.node.attrs["index"], array.shape, array.node.type)


def _bounds(element: ElementType) -> dict[str, Any]:
    assert isinstance(element, FixedType)
    return {"lo": element.lo, "hi": element.hi}


def _encoded(values: Any, element: ElementType, what: str) -> tuple[Values, ElementType]:
    """Values as NumPy's, checked against the declared element."""
    array = np.asarray(_labelled(values, element, what))
    allowed = {BoolType: "b", FixedType: "iuf"}.get(type(element), "iu")
    if array.size == 0:
        array = array.astype(np.bool_ if isinstance(element, BoolType) else np.int64)
    if array.dtype.kind not in allowed:
        raise ArgumentProblem(
            f"{what} is {element}, and these are {array.dtype}",
            hint="whole numbers for int and category, True and False for bool, any real numbers for fixed",
        )
    if isinstance(element, BoolType):
        return array, element
    raw = element_type(element)
    lo, hi = (raw.lo, raw.hi) if raw.kind is Kind.INT else (float(element.lo or 0), float(element.hi or 0))  # type: ignore[union-attr]
    outside = ~((array >= lo) & (array <= hi))
    if outside.any():
        where = (
            "" if array.ndim == 0 else f" in row {int(np.argmax(outside.reshape(outside.shape[0], -1).any(axis=1)))}"
        )
        raise ArgumentProblem(
            f"{what}{where}: a value outside {element}", hint="nothing was shared; mend the value, or leave the row out"
        )
    return array, element


def _labelled(values: Any, element: ElementType, what: str) -> Any:
    """Labels of a category as their places."""
    if not (isinstance(element, CategoryType) and element.labels):
        return values
    places = {label: place for place, label in enumerate(element.labels)}
    flat = [values] if isinstance(values, (str, int)) else list(values)
    found = [places.get(each, -1) if isinstance(each, str) else each for each in flat]
    if -1 in found:
        raise ArgumentProblem(
            f"{what}{'' if isinstance(values, (str, int)) else f' in row {found.index(-1)}'}: not one of the labels",
            hint=f"there is {', '.join(element.labels)}",
        )
    return found[0] if isinstance(values, (str, int)) else found


def _columns(value: Any, type_: TableType, what: str) -> dict[str, Any]:
    names = [name for name, _ in type_.columns]
    if hasattr(value, "to_pydict"):
        value = value.to_pydict()
    elif hasattr(value, "to_dict") and hasattr(value, "columns"):
        value = {str(name): list(value[name]) for name in value.columns}
    if isinstance(value, Mapping):
        given = {str(name): column for name, column in value.items()}
    elif isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
        for place, row in enumerate(value):
            if set(row) != set(names):
                raise ArgumentProblem(
                    f"{what}: row {place} has other columns than {type_.name}", hint=f"{', '.join(names)}"
                )
        given = {name: [row[name] for row in value] for name in names}
    else:
        raise ArgumentProblem(
            f"{what} is rows of {type_.name}, and this is a {type(value).__name__}",
            hint=f"give columns {{{', '.join(repr(n) + ': [...]' for n in names)}}}, a list of rows, or a data frame",
        )
    if set(given) != set(names):
        raise ArgumentProblem(
            f"{what}: the columns are {', '.join(given)}", hint=f"{type_.name} has {', '.join(names)}"
        )
    return given


def wanted(value: Any, type_: Any, what: str, party: Callable[[Any], Address]) -> Any:
    """A public argument as the language has it: names of parties for addresses, decimals for floats."""
    if isinstance(type_, AddressType):
        return party(getattr(value, "address", value))
    if isinstance(type_, SetType):
        return OrderedSet(wanted(each, type_.of, what, party) for each in value)
    if isinstance(type_, ListType):
        return [wanted(each, type_.of, what, party) for each in value]
    if isinstance(type_, MapType):
        return {wanted(k, type_.key, what, party): wanted(v, type_.value, what, party) for k, v in value.items()}
    if isinstance(type_, CategoryType) and isinstance(value, str):
        return _labelled(value, type_, what)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, np.generic):
        return wanted(value.item(), type_, what, party)
    return value
