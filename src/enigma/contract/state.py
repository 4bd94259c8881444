"""What a contract remembers between calls: public values, and which stored secrets are its private ones."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Held, Version

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

    `answered` has, for each function and private table or map that it told something about, the versions that it was
    computed on; `contributed` what the numbers in them mean, (owner, rows). The release policy compares them.
    """

    public: dict[str, Any] = field(default_factory=dict)
    private: dict[Place, Entry] = field(default_factory=dict)
    tables: dict[str, tuple[Chunk, ...]] = field(default_factory=dict)
    answered: dict[tuple[str, str], frozenset[Version]] = field(default_factory=dict)
    contributed: dict[int, tuple[Address, int]] = field(default_factory=dict)

    def copy(self) -> State:
        """Another that changes on its own. What is stored is not copied."""
        return State(
            deepcopy(self.public), dict(self.private), dict(self.tables), dict(self.answered), dict(self.contributed)
        )

    def version(self, name: str) -> Version:
        """What a private table or map consists of now."""
        if name in self.tables:
            parts = {chunk.number: (chunk.owner, chunk.count) for chunk in self.tables[name]}
        else:
            parts = {e.held.index: (e.owner, 1) for (its_field, _), e in self.private.items() if its_field == name}
        self.contributed.update(parts)
        return frozenset(parts)

    def stored(self) -> set[int]:
        """The index of every stored secret that this state names."""
        found = {entry.held.index for entry in self.private.values()}
        for chunks in self.tables.values():
            found.update(held.index for chunk in chunks for held in chunk.columns.values())
        return found
