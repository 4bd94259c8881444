"""What an expression of the language can be, beside Python's own numbers, texts and containers.

Private values are `enigma.array.Array`. Public containers are Python's `list`, `tuple` and `dict`; a set is an
`OrderedSet`, since the order of Python's own differs from process to process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.types import TableType


class OrderedSet:
    """A set of public values in the order of their insertion."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._items: dict[Any, None] = dict.fromkeys(items)

    def add(self, item: Any) -> None:
        """Put an item in; twice is once."""
        self._items[item] = None

    def discard(self, item: Any) -> None:
        """Take an item out, if it is there."""
        self._items.pop(item, None)

    def __contains__(self, item: Any) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderedSet) and self._items.keys() == other._items.keys()

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self._items)) + "}"


@dataclass(frozen=True, eq=False)
class Rows:
    """A private table as a value: columns of one length."""

    type: TableType
    columns: Mapping[str, Array]
    count: int


@dataclass(frozen=True, eq=False)
class Sealed:
    """A private value on its way out: it opens to `to` once the whole call has succeeded."""

    value: Any
    to: tuple[Address, ...]


@dataclass(frozen=True, eq=False)
class Enclosed:
    """A document on its way to DHT: encrypted by the caller's client, to be stored and handed on unread."""

    content: Ciphertext
