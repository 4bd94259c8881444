"""What stands behind `self.field`: private tables and maps, seen through the call's fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from enigma.array import Array
from enigma.contract.evaluator.choice import want_visible
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.types import MapType
from enigma.contract.values.conform import public
from enigma.contract.values.containers import Rows
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import ITEMS_A_STEP
from enigma.contract.values.numbers import Unfit


@runtime_checkable
class Subscripted(Protocol):
    """What has elements by key, behind a door of its own."""

    def get(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> Any:
        """`x[key]`."""
        ...

    def set(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any) -> None:
        """`x[key] = value`."""
        ...

    def remove(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> None:
        """`del x[key]`."""
        ...


class PrivateMap:
    """`self.field` of type `map[K, private[T]]`: keys are public, values are not."""

    def __init__(self, name: str, m: Machine) -> None:
        self.name, self._machine = name, m

    def _key(self, key: Any) -> Any:
        type_ = self._machine.fields.declared[self.name].type
        assert isinstance(type_, MapType)
        return public(key_of(key), type_.key, f"a key of self.{self.name}")

    def get(self, m: Machine, _f: Frame, _node: ast.AST, key: Any) -> Any:
        """The private value under a key."""
        place = (self.name, self._key(key))
        if not m.fields.has(place):
            raise Unfit(f"self.{self.name} has no value for this key", f"ask first: if key in self.{self.name}: ...")
        return m.labelled(m.fields.get(place, m.input), m.fields.element(self.name))

    def set(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any) -> None:
        """Write the private value under a key."""
        place = (self.name, self._key(key))
        if not m.fields.has(place):
            want_visible(m, f, node, f"a new key of self.{self.name}", "write a first value before")
        m.fields.set(place, value)

    def remove(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> None:
        """Take a key out."""
        want_visible(m, f, node, "removing a key", "write another value instead")
        place = (self.name, self._key(key))
        if not m.fields.has(place):
            raise Unfit(f"self.{self.name} has no value for this key")
        m.fields.remove(place)

    def values(self) -> list[Array]:
        """All private values, in the order of their keys."""
        fields = self._machine.fields
        return [fields.get((self.name, key), self._machine.input) for key in self._keys()]

    def _keys(self) -> list[Any]:
        keys = self._machine.fields.keys(self.name)
        self._machine.meter.step(len(keys) // ITEMS_A_STEP)
        return keys

    def __contains__(self, key: Any) -> bool:
        return self._machine.fields.has((self.name, self._key(key)))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())


class PrivateTable:
    """`self.field` of type `private[SomeTable]`."""

    def __init__(self, name: str, m: Machine) -> None:
        self.name, self._machine = name, m

    def __len__(self) -> int:
        return self._machine.fields.count(self.name)

    def column(self, column: str) -> Array:
        """One column: all owners' rows."""
        return self._machine.fields.column(self.name, column, self._machine.input)

    def rows(self) -> Rows:
        """The whole table as a value."""
        type_ = self._machine.fields.table_type(self.name)
        return Rows(type_, {name: self.column(name) for name, _ in type_.columns}, len(self))
