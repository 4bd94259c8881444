"""What the checker knows of a value: its kind, and who may know it.

A value of the checker stands for every value that an expression can have, on any path. Shapes and ranges are not here:
they are proven when a call is traced. What is not known is of kind UNKNOWN, about which nothing is refused; secrecy is
always known, since where a public and a private value meet the result is private.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    DocumentType,
    FixedType,
    IntType,
    ListType,
    MapType,
    ParameterType,
    PrivateType,
    SetType,
    TableType,
    TextType,
)

MOST_NESTED = 6
"""Containers inside of containers, beyond which the kind is no longer followed."""


class Secrecy(IntEnum):
    """Who may know a value; the join of two is the larger."""

    PUBLIC = 0
    DOCUMENT = 1  # read from DHT: public where it was stored in the clear, else opaque
    PRIVATE = 2  # in pieces, on the committee
    SEALED = 3  # on its way to somebody: can only be returned


class Kind(StrEnum):
    """What sort of value; the text is how messages name it."""

    NEVER = "nothing"  # of an expression that never ends: the bottom
    BOOL = "a boolean"
    INT = "a whole number"
    NUMBER = "a decimal number"
    CATEGORY = "a category"
    TEXT = "a text"
    ADDRESS = "an address"
    NONE = "None"
    LIST = "a list"
    RANGE = "a range"
    TUPLE = "a tuple"
    SET = "a set"
    MAP = "a map"
    TABLE = "a table"
    PREDICATE = "a predicate"
    DICTIONARY = "a dictionary of the network"
    SELF = "the contract"
    SEALED = "a sealed value"
    UNSET = "a variable that may not exist"
    UNKNOWN = "a value"
    REFUSED = "a refused value"  # of an expression that was refused: nothing more is said about what hangs on it


ELEMENTS = frozenset({Kind.BOOL, Kind.INT, Kind.NUMBER, Kind.CATEGORY})
"""What private values are made of."""

NUMBERS = frozenset({Kind.INT, Kind.NUMBER, Kind.CATEGORY})
SEQUENCES = frozenset({Kind.LIST, Kind.RANGE})
CONTAINERS = frozenset({Kind.LIST, Kind.RANGE, Kind.TUPLE, Kind.SET, Kind.MAP})


@dataclass(frozen=True)
class Value:
    """One abstract value.

    `of`: the element of a list, range or set; the items of a tuple; key and value of a map; what is sealed. `ndim`: the
    axes of an array, 0 of a single element, None where not known. `name`: of a table, a dictionary, a function or a
    predicate. `labels`: of a category.
    """

    kind: Kind
    secrecy: Secrecy = Secrecy.PUBLIC
    of: tuple[Value, ...] = ()
    ndim: int | None = 0
    name: str = ""
    labels: tuple[str, ...] = ()
    table: TableType | None = None

    @property
    def private(self) -> bool:
        """Whether any part of it is private."""
        return self.secrecy is Secrecy.PRIVATE or (self.kind is not Kind.SEALED and any(v.private for v in self.of))

    @property
    def sealed(self) -> bool:
        """Whether any part of it is sealed."""
        return self.secrecy is Secrecy.SEALED or any(v.sealed for v in self.of)

    @property
    def document(self) -> bool:
        """Whether any part of it may be an opaque document."""
        return self.secrecy is Secrecy.DOCUMENT or any(v.document for v in self.of)

    @property
    def unknown(self) -> bool:
        """Whether its kind is not known."""
        return self.kind in (Kind.UNKNOWN, Kind.NEVER, Kind.REFUSED)

    @property
    def element(self) -> bool:
        """Whether it is made of numbers or booleans: one of them, or an array."""
        return self.kind in ELEMENTS

    @property
    def array(self) -> bool:
        """Whether it surely has axes."""
        return self.element and self.ndim not in (0, None)

    @property
    def item(self) -> Value:
        """What a loop over it gives, as far as it is known."""
        if self.kind is Kind.TUPLE:
            return join_all(self.of)
        if self.element:
            return replace(self, ndim=None if self.ndim is None else max(self.ndim - 1, 0))
        if self.kind is Kind.TEXT:
            return TEXT
        if self.kind in CONTAINERS and self.of:
            return self.of[0]
        return unknown(self.secrecy)

    def hidden(self) -> Value:
        """The same kind, private."""
        if self.kind in CONTAINERS:
            keys = self.of[:1] if self.kind is Kind.MAP else ()
            return replace(self, of=(*keys, *(v.hidden() for v in self.of[len(keys) :])))
        return self if self.kind in (Kind.NEVER, Kind.UNSET, Kind.REFUSED) else replace(self, secrecy=Secrecy.PRIVATE)

    def opened(self) -> Value:
        """The same kind, public."""
        return replace(self, secrecy=Secrecy.PUBLIC, of=tuple(v.opened() for v in self.of))

    def can_hide(self) -> bool:
        """Whether a choice between two such values can be made in private."""
        if self.kind is Kind.TUPLE:
            return all(v.can_hide() for v in self.of)
        return self.element or self.unknown or self.kind is Kind.UNSET

    def __str__(self) -> str:
        return "an array" if self.array else str(self.kind)


NEVER = Value(Kind.NEVER)
REFUSED = Value(Kind.REFUSED, ndim=None)
BOOL = Value(Kind.BOOL)
INT = Value(Kind.INT)
NUMBER = Value(Kind.NUMBER)
TEXT = Value(Kind.TEXT)
ADDRESS = Value(Kind.ADDRESS)
NONE = Value(Kind.NONE)
PREDICATE = Value(Kind.PREDICATE)
EVERYONE = Value(Kind.PREDICATE, name="everyone")


def unknown(secrecy: Secrecy = Secrecy.PUBLIC) -> Value:
    """A value of which only the secrecy is known."""
    return Value(Kind.UNKNOWN, secrecy, ndim=None)


def list_of(element: Value) -> Value:
    """A list."""
    return Value(Kind.LIST, of=(element,))


def set_of(element: Value) -> Value:
    """A set."""
    return Value(Kind.SET, of=(element,))


def tuple_of(*items: Value) -> Value:
    """A tuple."""
    return Value(Kind.TUPLE, of=items)


def map_of(key: Value, value: Value) -> Value:
    """A map."""
    return Value(Kind.MAP, of=(key, value))


def total_secrecy(*values: Value) -> Secrecy:
    """The most secret of all parts."""
    parts = [v.secrecy for v in values] + [total_secrecy(*v.of) for v in values if v.of]
    return max(parts, default=Secrecy.PUBLIC)


def used_secrecy(*values: Value) -> Secrecy:
    """Of what is computed from values: private where one is. A document that computes was stored in the clear."""
    return Secrecy.PRIVATE if any(v.private for v in values) else Secrecy.PUBLIC


def _depth(value: Value) -> int:
    return 1 + max((_depth(v) for v in value.of), default=0)


def number_kind(a: Kind, b: Kind) -> Kind:
    """Of numbers that meet: a category is a whole number there."""
    return Kind.NUMBER if Kind.NUMBER in (a, b) else Kind.INT


def joined_ndim(a: int | None, b: int | None) -> int | None:
    """Of two values of which either may be meant."""
    return a if a == b else None


def join(a: Value, b: Value) -> Value:
    """What either of two values may be."""
    if Kind.REFUSED in (a.kind, b.kind):
        return REFUSED
    if a == b or b.kind in (Kind.NEVER, Kind.UNSET):
        return a
    if a.kind in (Kind.NEVER, Kind.UNSET):
        return b
    secrecy = max(a.secrecy, b.secrecy)
    if a.kind is b.kind:
        if a.kind in CONTAINERS or a.kind is Kind.SEALED:
            return _joined_parts(a, b, secrecy)
        return Value(
            a.kind,
            secrecy,
            ndim=joined_ndim(a.ndim, b.ndim),
            name=a.name if a.name == b.name else "",
            labels=a.labels if a.labels == b.labels else (),
            table=a.table if a.table == b.table else None,
        )
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return Value(number_kind(a.kind, b.kind), secrecy, ndim=joined_ndim(a.ndim, b.ndim))
    if a.kind in SEQUENCES and b.kind in SEQUENCES:
        return list_of(join(a.item, b.item))
    return unknown(total_secrecy(a, b))


def _joined_parts(a: Value, b: Value, secrecy: Secrecy) -> Value:
    if a.kind is Kind.TUPLE and len(a.of) != len(b.of):
        return unknown(total_secrecy(a, b))
    parts = a.of or b.of if not a.of or not b.of else tuple(join(x, y) for x, y in zip(a.of, b.of, strict=True))
    out = Value(a.kind, secrecy, parts)
    return unknown(total_secrecy(out)) if _depth(out) > MOST_NESTED else out


def join_all(values: tuple[Value, ...] | list[Value]) -> Value:
    """What any of several values may be; NEVER of none."""
    out = NEVER
    for value in values:
        out = join(out, value)
    return out


def fits(value: Value, place: Value) -> bool:
    """Whether a value may be put where a declared one belongs, by kind alone."""
    if value.unknown or place.unknown:
        return True
    if place.element:
        if place.ndim != 0 and value.kind in CONTAINERS - {Kind.SET, Kind.MAP}:
            return all(fits(v, replace(place, ndim=None)) for v in value.of)
        if not value.element:
            return place.kind is Kind.CATEGORY and value.kind is Kind.TEXT
        if place.kind is Kind.NUMBER:
            return value.kind in NUMBERS
        return value.kind is place.kind or {value.kind, place.kind} == {Kind.INT, Kind.CATEGORY}
    if place.kind is Kind.LIST and value.kind in (Kind.TUPLE, Kind.RANGE):
        return all(fits(v, place.item) for v in value.of)
    if place.kind is not value.kind:
        return False
    if place.kind is Kind.TABLE:
        return value.table is None or place.table is None or value.table.columns == place.table.columns
    return all(fits(v, p) for v, p in zip(value.of, place.of, strict=False))


def declared(type_: ParameterType, secrecy: Secrecy = Secrecy.PUBLIC) -> Value:
    """The value of a declared type."""
    match type_:
        case PrivateType(of):
            if isinstance(of, TableType):
                return Value(Kind.TABLE, Secrecy.PRIVATE, name=of.name, table=of)
            if isinstance(of, ArrayType):
                return replace(declared(of.element, Secrecy.PRIVATE), ndim=len(of.shape))
            return declared(of, Secrecy.PRIVATE)
        case IntType():
            return Value(Kind.INT, secrecy)
        case FixedType():
            return Value(Kind.NUMBER, secrecy)
        case BoolType():
            return Value(Kind.BOOL, secrecy)
        case CategoryType(_, labels):
            return Value(Kind.CATEGORY, secrecy, labels=labels)
        case TextType() | AddressType():
            return TEXT if isinstance(type_, TextType) else ADDRESS
        case DocumentType():
            return unknown(Secrecy.DOCUMENT)
        case ListType(of):
            return list_of(declared(of))
        case SetType(of):
            return set_of(declared(of))
        case MapType(key, value):
            return map_of(declared(key), declared(value))
