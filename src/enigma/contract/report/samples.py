"""Sample values of declared types: random private ones with the ends of their range among them, small public ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import prod
from typing import Any

import numpy as np

from enigma.contract.dictionaries.addresses import Address, address_of
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
    TableType,
    TextType,
    ValueType,
)
from enigma.contract.values.containers import OrderedSet

DEPLOYER = "the deployer"
ASKER = "a member"
OWNERS = ("owner 1", "owner 2", "owner 3")
PARTIES = (ASKER, *OWNERS, DEPLOYER)
"""Who is there on sample data: all of them are in every public set of addresses and have a key in every map."""

NOW = 1_700_000_000
"""Block time of the sample, in seconds; `SOON` and `LATER` are 30 days and ten years on."""

SOON = NOW + 30 * 86_400
LATER = NOW + 10 * 365 * 86_400

SHORT = 8
"""An extent that the caller chooses, after the first one, which is the number of rows."""


@dataclass(frozen=True, slots=True)
class Style:
    """How public samples are chosen where a type leaves it open: an integer without a range, and lists of addresses."""

    integer: int = 2
    addresses: tuple[str, ...] = OWNERS


STYLES = (
    Style(),
    Style(integer=SOON),
    Style(integer=10),
    Style(addresses=(ASKER, DEPLOYER)),
    Style(addresses=PARTIES),
    Style(integer=SOON, addresses=PARTIES),
)
"""The plainest first; the others for calls that refuse it."""

Columns = Mapping[str, Sequence[Any]]


def name_of(address: Address) -> str:
    """A party of the samples by its name, anybody else by the address."""
    return {address_of(name): name for name in PARTIES}.get(address, str(address))


def named(text: str) -> str:
    """A sentence with the sample's parties by their names."""
    for name in PARTIES:
        text = text.replace(str(address_of(name)), name)
    return text


@dataclass(frozen=True)
class Samples:
    """Sample values; `tables` has rows from files by the name of the row type, a mapping of columns for each owner."""

    rows: int
    random: np.random.Generator
    tables: Mapping[str, Sequence[Columns]] = field(default_factory=dict)

    def private(self, type_: ElementType | ArrayType | TableType) -> Any:
        """A private value as a caller would hand it over."""
        if isinstance(type_, TableType):
            given = self.tables.get(type_.name)
            return given[0] if given else self._rows(type_, self.rows)
        if isinstance(type_, ArrayType):
            shape = tuple(
                n if n is not None else self.rows if axis == 0 else SHORT for axis, n in enumerate(type_.shape)
            )
            return self._elements(type_.element, shape)
        return self._elements(type_, ()).item()

    def contributions(self, type_: TableType) -> list[Any]:
        """A private table's rows, by owner."""
        given = self.tables.get(type_.name)
        if given:
            return list(given)
        share = self.rows // len(OWNERS)
        counts = [self.rows - share * (len(OWNERS) - 1), *[share] * (len(OWNERS) - 1)]
        return [self._rows(type_, count) for count in counts if count]

    def _rows(self, type_: TableType, count: int) -> dict[str, Any]:
        return {name: self._elements(element, (count,)) for name, element in type_.columns}

    def _elements(self, type_: ElementType, shape: tuple[int, ...]) -> Any:
        count = prod(shape)
        values: Any = None
        match type_:
            case BoolType():
                values = self.random.integers(0, 2, count).astype(np.bool_)
            case CategoryType():
                values = self.random.integers(0, type_.count, count)
            case IntType():
                assert type_.lo is not None
                assert type_.hi is not None
                values = self.random.integers(type_.lo, type_.hi, count, endpoint=True)
                values = _with_ends(values, [type_.lo, type_.hi])
            case FixedType():
                assert type_.lo is not None
                assert type_.hi is not None
                step = 1 << type_.scale
                lo, hi = (round(Decimal(bound) * step) for bound in (type_.lo, type_.hi))
                raw = _with_ends(self.random.integers(lo, hi, count, endpoint=True), [lo, hi])
                # Numbers that fixed point holds as they are: a caller's own rounding is no matter of the contract.
                values = np.clip(np.ldexp(raw.astype(np.float64), -type_.scale), float(type_.lo), float(type_.hi))
        return values.reshape(shape)

    def public(self, type_: PublicType, style: Style = STYLES[0]) -> Any:
        """A public value of a declared type: the least of a range, the deployer for an address."""
        match type_:
            case IntType():
                return style.integer if type_.lo is None else type_.lo
            case FixedType():
                return Decimal(1) if type_.lo is None else Decimal(type_.lo)
            case BoolType():
                return False
            case CategoryType():
                return 0
            case TextType():
                return "text"
            case AddressType():
                return address_of(DEPLOYER)
            case ListType():
                return self._several(type_.of, style)[:5]
            case SetType():
                return OrderedSet(self._several(type_.of, style))
            case MapType():
                value: Any = type_.value
                return {key: self.public(value) for key in self.keys(type_.key)}
        raise AssertionError(type_)

    def _several(self, type_: PublicType, style: Style) -> list[Any]:
        if isinstance(type_, AddressType):
            return [address_of(name) for name in style.addresses]
        return self.keys(type_)[:3]

    def keys(self, type_: PublicType) -> list[Any]:
        """Some different values of a public type."""
        match type_:
            case AddressType():
                return [address_of(name) for name in PARTIES]
            case IntType():
                first = 0 if type_.lo is None else type_.lo
                last = first + 4 if type_.hi is None else min(type_.hi, first + 4)
                return list(range(first, last + 1))
            case TextType():
                return [f"text {i}" for i in range(1, 6)]
            case CategoryType():
                return list(range(min(type_.count, 5)))
            case BoolType():
                return [False, True]
        return [self.public(type_)]


def _with_ends(values: Any, ends: Sequence[int]) -> Any:
    """The ends of the range stand among the first, where there is room: that is where errors are largest."""
    if len(values) > len(ends):
        values[: len(ends)] = ends
    return values


def shown(value: Any, type_: ValueType | None = None) -> str:
    """A public value as the report writes it."""
    if isinstance(value, Address):
        return name_of(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(type_, CategoryType) and type_.labels and isinstance(value, int):
        return type_.labels[value]
    if isinstance(value, (list, tuple, OrderedSet)):
        return f"[{', '.join(shown(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{shown(k)}: {shown(v)}' for k, v in value.items())}}}"
    return repr(value) if isinstance(value, str) else str(value)
