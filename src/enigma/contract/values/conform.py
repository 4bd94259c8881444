"""Brings values to declared types: private ones by proof, public ones by check."""

from __future__ import annotations

from decimal import Decimal, Overflow
from fractions import Fraction
from typing import Any

import numpy as np

from enigma import array as xp
from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    ElementType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PublicType,
    SetType,
    TextType,
)
from enigma.contract.values.containers import OrderedSet, Sealed
from enigma.contract.values.meter import expanded
from enigma.contract.values.numbers import Beyond, Unfit, as_decimal, described
from enigma.program import build
from enigma.program.types import BOOL, Kind, Type, number

MOST_ITEMS = 1 << 22
"""Of a list that becomes an array."""


def element_type(type_: ElementType) -> Type:
    """The raw type of a private element; raises `RangeError` beyond the ring."""
    match type_:
        case BoolType():
            return BOOL
        case CategoryType():
            return number(0, type_.count - 1)
        case IntType():
            assert type_.lo is not None
            assert type_.hi is not None
            return number(type_.lo, type_.hi)
        case FixedType():
            assert type_.lo is not None
            assert type_.hi is not None
            # As fractions: a product of decimals would be rounded as the interpreter happens to be set.
            lo, hi = (round(Fraction(bound) * (1 << type_.scale)) for bound in (type_.lo, type_.hi))
            return number(lo, hi, type_.scale, Kind.FIXED)


def private(value: Any, type_: ElementType | ArrayType, what: str) -> Array:
    """`value` as a private array of a declared type; `what` names it in messages. Raises `Unfit`, `RangeError`."""
    element = type_.element if isinstance(type_, ArrayType) else type_
    array = value if isinstance(value, Array) else constant(_placed(value, element))
    _want_shape(array, type_, what)
    raw = element_type(element)
    if raw.is_bool != array.node.type.is_bool:
        raise Unfit(
            f"{what} is {type_}, and this is {array.dtype}",
            "compare to get a bool (x != 0); int(x) makes 0 or 1 of a bool",
        )
    if raw.is_bool:
        return array
    if raw.kind is Kind.INT and array.node.type.kind is Kind.FIXED:
        raise Unfit(f"{what} is {type_}, and this is a fixed-point number", "round(x) or int(x) makes it whole")
    if raw.scale != array.scale:
        array = xp.astype(array, xp.fixed(raw.scale))
    have = array.node.type
    if not (raw.lo <= have.lo and have.hi <= raw.hi):
        lo, hi = array.range
        bounds = f"{element.lo}, {element.hi}" if isinstance(element, (IntType, FixedType)) else f"0, {raw.hi}"
        raise Beyond(
            f"{what} is {type_}, and this may lie anywhere in {lo:.6g} .. {hi:.6g}",
            f"declare a wider range, or say that it saturates: clip(..., {bounds})",
        )
    return Array(build.retype(array.node, Type(raw.kind, raw.scale, raw.lo, raw.hi)))


def _placed(value: Any, type_: PublicType) -> Any:
    """A category's label as its place; anything else as it is."""
    labelled = isinstance(type_, CategoryType) and type(value) is str and value in type_.labels
    return type_.labels.index(value) if labelled else value  # type: ignore[union-attr]


def _want_shape(array: Array, type_: ElementType | ArrayType, what: str) -> None:
    shape = type_.shape if isinstance(type_, ArrayType) else ()
    fits = len(shape) == array.ndim and all(
        n is None or n == extent for n, extent in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise Unfit(f"{what} is {type_}, and this has the shape {array.shape}", "one value for each place of the type")


def constant(value: Any) -> Array:
    """A public number, boolean, or list of these as an array; raises `Unfit`."""
    if isinstance(value, (bool, int, Decimal)):
        return xp.asarray(value)
    if isinstance(value, (list, tuple)):
        return xp.asarray(plain_array(value))
    raise Unfit(f"a {described(value)} where a private value is asked for", "private values are numbers and booleans")


def plain_array(value: list[Any] | tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """Nested lists of public numbers as NumPy's: integers, booleans, or the binary numbers nearest to decimals."""
    expanded(value, MOST_ITEMS)
    flat = _flat(value)
    if any(isinstance(item, Array) for item in flat):
        raise Unfit("a list of private values where an array is asked for", "stack([...]) makes one array of them")
    if not all(isinstance(item, (int, Decimal)) for item in flat):
        wrong = next(item for item in flat if not isinstance(item, (int, Decimal)))
        raise Unfit(
            f"a list with a {described(wrong)} where an array is asked for", "arrays are of numbers or booleans"
        )
    kinds = {bool if isinstance(item, bool) else int if isinstance(item, int) else Decimal for item in flat}
    if bool in kinds and len(kinds) > 1:
        raise Unfit("booleans and numbers in one array", "int(x) makes 0 or 1 of a bool")
    if any(isinstance(item, int) and item.bit_length() > 63 for item in flat):
        raise Unfit("an integer beyond 64 signed bits in an array")
    try:
        return np.array(_floats(value) if Decimal in kinds else value, dtype=None if flat else np.int64)
    except ValueError:
        raise Unfit("lists of different lengths in one array") from None


def _flat(value: Any) -> list[Any]:
    items: list[Any] = []
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, (list, tuple)):
            stack.extend(each)
        else:
            items.append(each)
    return items


def _floats(value: Any) -> Any:
    return [_floats(each) for each in value] if isinstance(value, (list, tuple)) else float(value)


def public(value: Any, type_: PublicType, what: str) -> Any:
    """`value` if it is one of a declared public type (an integer becomes a decimal for `fixed`); raises `Unfit`."""
    if isinstance(value, (Array, Sealed)):
        raise Unfit(f"{what} is public: what is stored there becomes known", "reveal it to everyone first", leaks=True)
    match type_:
        case ListType():
            return [public(item, type_.of, what) for item in _items(value, (list, tuple), type_, what)]
        case SetType():
            return OrderedSet(public(item, type_.of, what) for item in _items(value, (OrderedSet,), type_, what))
        case MapType():
            assert not hasattr(type_.value, "of") or isinstance(type_.value, (ListType, SetType))
            pairs = _items(value, (dict,), type_, what).items()
            return {public(key, type_.key, what): public(item, type_.value, what) for key, item in pairs}
    return _scalar(value, type_, what)


def _items(value: Any, kinds: tuple[type, ...], type_: PublicType, what: str) -> Any:
    if not isinstance(value, kinds):
        raise Unfit(f"{what} is {type_}, and this is a {described(value)}")
    return value


def _scalar(value: Any, type_: PublicType, what: str) -> Any:
    value = _placed(value, type_)
    match type_:
        case BoolType():
            fits = isinstance(value, bool)
        case TextType():
            fits = type(value) is str
        case AddressType():
            fits = isinstance(value, Address)
        case IntType():
            fits = isinstance(value, int) and not isinstance(value, bool)
        case CategoryType():
            fits = isinstance(value, int) and not isinstance(value, bool)
        case _:
            fits = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if not fits:
        raise Unfit(f"{what} is {type_}, and this is a {described(value)}")
    lo, hi = (0, type_.count - 1) if isinstance(type_, CategoryType) else _bounds(type_)
    if lo is not None and hi is not None and not lo <= value <= hi:
        raise Beyond(f"{what} is {type_}, and this lies outside", f"it is {lo} at least and {hi} at most")
    if not isinstance(type_, FixedType):
        return value
    try:
        return as_decimal(value)
    except Overflow:
        raise Beyond(f"{what} is {type_}, and this lies beyond all decimals", "they reach up to 10^200") from None


def _bounds(type_: PublicType) -> tuple[Any, Any]:
    return (type_.lo, type_.hi) if isinstance(type_, (IntType, FixedType)) else (None, None)
