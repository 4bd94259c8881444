"""Declared types: what an annotation says about a field, a parameter or a column."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from enigma.array.dtypes import DEFAULT_SCALE


@dataclass(frozen=True)
class IntType:
    """`int`, or `int(lo, hi)` with both ends inclusive; a private one has both."""

    lo: int | None = None
    hi: int | None = None

    def __str__(self) -> str:
        return "int" if self.lo is None else f"int({self.lo}, {self.hi})"


@dataclass(frozen=True)
class FixedType:
    """`fixed(lo, hi)`, `fixed(lo, hi, scale)`: a real number in a range, of `scale` fractional bits where private.

    A public one is a decimal number, and `fixed` without a range is allowed there.
    """

    lo: Decimal | None = None
    hi: Decimal | None = None
    scale: int = DEFAULT_SCALE

    def __str__(self) -> str:
        if self.lo is None:
            return "fixed"
        return f"fixed({self.lo}, {self.hi}" + (")" if self.scale == DEFAULT_SCALE else f", {self.scale})")


@dataclass(frozen=True)
class BoolType:
    """`bool`."""

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class CategoryType:
    """`category(n)`: 0 .. n - 1; or `category("a", "b")`: the place of a label."""

    count: int
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"category({', '.join(map(repr, self.labels)) if self.labels else self.count})"


@dataclass(frozen=True)
class TextType:
    """`text`: public only."""

    def __str__(self) -> str:
        return "text"


@dataclass(frozen=True)
class AddressType:
    """`address`: public only; 20 bytes as 0x and 40 hexadecimal digits."""

    def __str__(self) -> str:
        return "address"


ElementType: TypeAlias = IntType | FixedType | BoolType | CategoryType


@dataclass(frozen=True)
class ArrayType:
    """`T[3]`, `T[3, 4]`, `T[:]`: an array of elements; None is an extent that the caller chooses."""

    element: ElementType
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"{self.element}[{', '.join(':' if n is None else str(n) for n in self.shape)}]"


@dataclass(frozen=True)
class TableType:
    """`Name = table(column=T, ...)`: rows of named elements."""

    name: str
    columns: tuple[tuple[str, ElementType], ...]

    def __str__(self) -> str:
        return self.name

    def column(self, name: str) -> ElementType | None:
        """The type of a column, None where there is none of that name."""
        return dict(self.columns).get(name)


@dataclass(frozen=True)
class PrivateType:
    """`private[T]`: held in pieces by the committee."""

    of: ElementType | ArrayType | TableType

    def __str__(self) -> str:
        return f"private[{self.of}]"


@dataclass(frozen=True)
class DocumentType:
    """`document`, of a parameter: sealed by the caller's own client; only `DHT.set` takes it, and nobody reads it."""

    def __str__(self) -> str:
        return "document"


@dataclass(frozen=True)
class ListType:
    """`list[T]`, public."""

    of: PublicType

    def __str__(self) -> str:
        return f"list[{self.of}]"


@dataclass(frozen=True)
class SetType:
    """`set[T]`, public, in the order of insertion."""

    of: PublicType

    def __str__(self) -> str:
        return f"set[{self.of}]"


@dataclass(frozen=True)
class MapType:
    """`map[K, V]` with public keys, in the order of insertion; V may be `private[T]` for a field."""

    key: PublicType
    value: PublicType | PrivateType

    def __str__(self) -> str:
        return f"map[{self.key}, {self.value}]"


PublicType: TypeAlias = ElementType | TextType | AddressType | ListType | SetType | MapType
ValueType: TypeAlias = PublicType | PrivateType
"""Of a field or a parameter. A public field's is what stands inside of `public[...]`."""

ParameterType: TypeAlias = ValueType | DocumentType
