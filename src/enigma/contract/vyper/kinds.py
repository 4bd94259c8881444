"""Kinds of values on the chain, and how Vyper writes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from enigma.contract.types import (
    AddressType,
    BoolType,
    CategoryType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PrivateType,
    SetType,
    TextType,
    ValueType,
)

if TYPE_CHECKING:
    from decimal import Decimal

MOST_ITEMS = 1024
"""Of a list, set or map on the chain: a call that would add one more is refused."""
MOST_TEXT = 256
"""Bytes of a text on the chain, in UTF-8."""
MOST_ROUNDS = 100_000
"""Of one loop: no block has gas for more."""
LEAST, MOST = -(2**255), 2**255 - 1
"""The whole numbers of the chain."""
FIXED_DIGITS = 18
"""Digits of a decimal after the point."""
FIXED_UNIT = 10**FIXED_DIGITS
MOST_FIXED = 10**34 - 1
"""Of a decimal in units of 10^-18: with 34 digits in all, sums are exact in the language and on the chain."""


class Sort(StrEnum):
    """What sort of value; the text is how messages name it."""

    INT = "a whole number"
    FIXED = "a decimal number"
    BOOL = "a boolean"
    TEXT = "a text"
    ADDRESS = "an address"
    NONE = "None"
    LIST = "a list"
    SET = "a set"
    MAP = "a map"
    TUPLE = "a tuple"
    NOTHING = "an empty list"
    """An empty display: of whatever it is put into."""


@dataclass(frozen=True)
class Kind:
    """One kind; `of` has the element of a list or set, key and value of a map, the items of a tuple."""

    sort: Sort
    of: tuple[Kind, ...] = ()

    @property
    def scalar(self) -> bool:
        """Whether it is one value, and no container."""
        return self.sort in _SCALARS

    @property
    def number(self) -> bool:
        """Whether it can be computed with."""
        return self.sort in (Sort.INT, Sort.FIXED, Sort.BOOL)

    @property
    def sequence(self) -> bool:
        """Whether Vyper holds it as a list."""
        return self.sort in (Sort.LIST, Sort.SET)

    @property
    def item(self) -> Kind:
        """The element of a list or set, the key of a map."""
        return self.of[0]

    @property
    def vyper(self) -> str:
        """Its type in Vyper."""
        if self.sequence:
            return f"DynArray[{self.item.vyper}, {MOST_ITEMS}]"
        if self.sort is Sort.TUPLE:
            return f"({', '.join(each.vyper for each in self.of)})"
        return _SCALARS[self.sort]

    @property
    def abi(self) -> str:
        """Its type in signatures and encodings."""
        if self.sequence:
            return f"{self.item.abi}[]"
        return _ABI[self.sort]

    @property
    def empty(self) -> str:
        """Its first value, before there is another."""
        return f"empty({self.vyper})"

    def __str__(self) -> str:
        return str(self.sort)


_SCALARS = {
    Sort.INT: "int256", Sort.FIXED: "int256", Sort.BOOL: "bool", Sort.TEXT: f"String[{MOST_TEXT}]",
    Sort.ADDRESS: "address",
}  # fmt: skip
_ABI = {Sort.INT: "int256", Sort.FIXED: "int256", Sort.BOOL: "bool", Sort.TEXT: "string", Sort.ADDRESS: "address"}

INT, FIXED, BOOL = Kind(Sort.INT), Kind(Sort.FIXED), Kind(Sort.BOOL)
TEXT, ADDRESS, NONE, NOTHING = Kind(Sort.TEXT), Kind(Sort.ADDRESS), Kind(Sort.NONE), Kind(Sort.NOTHING)


def list_of(item: Kind) -> Kind:
    """A list."""
    return Kind(Sort.LIST, (item,))


def set_of(item: Kind) -> Kind:
    """A set, in the order of insertion."""
    return Kind(Sort.SET, (item,))


def tuple_of(*items: Kind) -> Kind:
    """Several values side by side."""
    return Kind(Sort.TUPLE, items)


def kind_of(type_: ValueType) -> Kind | None:
    """The kind of a declared type; None where the chain has nothing of that type.

    A private map counts: its keys are on the chain.
    """
    match type_:
        case IntType():
            fits = type_.lo is None or type_.hi is None or (type_.lo >= LEAST and type_.hi <= MOST)
            return INT if fits else None
        case CategoryType():
            return INT
        case FixedType():
            fits = type_.lo is None or type_.hi is None or (spelled(type_.lo) and spelled(type_.hi)) is not None
            return FIXED if fits else None
        case BoolType():
            return BOOL
        case TextType():
            return TEXT
        case AddressType():
            return ADDRESS
        case ListType() | SetType():
            item = kind_of(type_.of)
            if item is None or not item.scalar:
                return None
            return list_of(item) if isinstance(type_, ListType) else set_of(item)
        case MapType():
            key = kind_of(type_.key)
            value = NONE if isinstance(type_.value, PrivateType) else kind_of(type_.value)
            if key is None or value is None or not (value.scalar or value.sort in (Sort.LIST, Sort.NONE)):
                return None
            return Kind(Sort.MAP, (key, value))
    return None


def decimal_of(units: int) -> Decimal:
    """The decimal of so many units of 10^-18, with all its digits, whatever the precision of decimals here."""
    from decimal import Decimal

    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -FIXED_DIGITS))


def spelled(value: object) -> int | None:
    """A decimal in units of 10^-18; None where it has more digits than that."""
    from decimal import Decimal
    from fractions import Fraction

    assert isinstance(value, int | Decimal)
    units = Fraction(value) * FIXED_UNIT
    return int(units) if units.denominator == 1 and abs(units) <= MOST_FIXED else None
