"""What an expression becomes: text of Vyper, and what kind of value it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from enigma.contract.types import PublicType
from enigma.contract.vyper.kinds import BOOL, FIXED, INT, LEAST, TEXT, Kind, Sort, spelled, tuple_of
from enigma.contract.vyper.words import quoted


@dataclass(frozen=True, eq=False)
class Place:
    """A list, set or map of the chain that can be changed: a field, or a list under a key of a map.

    `type` is what is declared there. `text`: its items, or its keys, in order. `has`: of a set or map, whether a key is
    in it. `values`: of a map, the value under a key; empty where the values are private.
    """

    name: str
    type: PublicType
    text: str
    has: str = ""
    values: str = ""

    @property
    def what(self) -> str:
        """How messages name it."""
        return f"self.{self.name}"


@dataclass(frozen=True, eq=False)
class Term:
    """One expression. `steady`: what runs later does not change it.

    `parts` are those of a tuple, which exists only here; `literal` is the value of a constant.
    """

    text: str
    kind: Kind
    steady: bool = False
    parts: tuple[Term, ...] = ()
    place: Place | None = None
    literal: int | Decimal | bool | str | None = None
    variable: str = ""
    """The local variable that it is, by itself."""


def whole(value: int) -> Term:
    """A constant whole number within those of the chain."""
    text = "min_value(int256)" if value == LEAST else f"({value})" if value < 0 else str(value)
    return Term(text, INT, True, literal=value)


def decimal(value: Decimal) -> Term | None:
    """A constant decimal; None where the chain cannot write it."""
    units = spelled(value)
    return None if units is None else Term(whole(units).text, FIXED, True, literal=value)


def boolean(value: bool) -> Term:
    """`True`, `False`."""
    return Term(str(value), BOOL, True, literal=value)


def text(value: str) -> Term:
    """A constant text."""
    return Term(quoted(value), TEXT, True, literal=value)


def several(parts: list[Term] | tuple[Term, ...]) -> Term:
    """A tuple."""
    return Term("", tuple_of(*(part.kind for part in parts)), all(p.steady for p in parts), tuple(parts))


def combined(written: str, kind: Kind, *of: Term) -> Term:
    """An expression of others."""
    return Term(written, kind, all(each.steady for each in of))


EMPTY = Term("[]", Kind(Sort.NOTHING), True)
NOTHING = Term("", Kind(Sort.NONE), True)
