"""What a contract remembers between calls: public values, and which stored secrets are its private ones."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from enigma.contract.addresses import Address
from enigma.contract.held import Held

Place: TypeAlias = tuple[str, Any]
"""A field's name, and the key where the field is a map; else None."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rows of one contribution: one stored secret for each column."""

    owner: Address
    count: int
    columns: Mapping[str, Held]

    @property
    def number(self) -> int:
        """What tells it from all others."""
        return next(iter(self.columns.values())).index


@dataclass(frozen=True, eq=False)
class Entry:
    """One private value, and who wrote it."""

    owner: Address
    held: Held


@dataclass(eq=False)
class State:
    """`public` by field; `private` by place, in the order of writing; `tables` by field.

    `answered` has, for each function and private table or map that it told something about, the contributions that
    were there then: number -> (owner, rows). The release policy compares them.
    """

    public: dict[str, Any] = field(default_factory=dict)
    private: dict[Place, Entry] = field(default_factory=dict)
    tables: dict[str, tuple[Chunk, ...]] = field(default_factory=dict)
    answered: dict[tuple[str, str], dict[int, tuple[Address, int]]] = field(default_factory=dict)

    def copy(self) -> State:
        """Another that changes on its own. What is stored is not copied."""
        return State(deepcopy(self.public), dict(self.private), dict(self.tables), dict(self.answered))

    def contributions(self, name: str) -> dict[int, tuple[Address, int]]:
        """What a private table or map consists of: number -> (owner, rows)."""
        if name in self.tables:
            return {chunk.number: (chunk.owner, chunk.count) for chunk in self.tables[name]}
        return {e.held.index: (e.owner, 1) for (field_name, _), e in self.private.items() if field_name == name}

    def stored(self) -> set[int]:
        """The index of every stored secret that this state names."""
        found = {entry.held.index for entry in self.private.values()}
        for chunks in self.tables.values():
            found.update(held.index for chunk in chunks for held in chunk.columns.values())
        return found
