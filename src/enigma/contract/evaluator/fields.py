"""A contract's fields during one call: read from what is stored, written only if the whole call succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from enigma import array as xp
from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Held, Version
from enigma.contract.reading.declarations import Field
from enigma.contract.state import Chunk, Entry, Place, State
from enigma.contract.types import ElementType, MapType, PrivateType, TableType
from enigma.contract.values.conform import element_type, private, public
from enigma.contract.values.containers import Rows
from enigma.errors import CallRefused
from enigma.program import build

Load = Callable[[Held, str], Array]
Snapshot = tuple[dict[Place, Array], dict[Place, None], dict[Place, None]]


class Fields:
    """The fields of one contract, seen by one call."""

    def __init__(self, declared: Mapping[str, Field], state: State, tracked_by: Address | None = None) -> None:
        """`tracked_by`: the contract, where its release policy asks what was computed on."""
        self.declared, self.state, self._tracked_by = declared, state, tracked_by
        self.public: dict[str, Any] = deepcopy(state.public)
        self.handed_out: dict[str, None] = {}
        """Public lists, sets and maps that this call has seen, and so may have changed in place."""
        self._values: dict[Place, Array] = {}
        self._places: dict[Place, None] = dict.fromkeys(state.private)
        self._written: dict[Place, None] = {}
        self._appended: dict[str, list[Rows]] = {}
        self._versions: dict[str, Version] = {}
        self.read: dict[tuple[Address, str, Version], None] = {}
        """What this call has computed on: private tables and maps, in which version."""

    # ------------------------------------------------------------ private values

    def has(self, place: Place) -> bool:
        """Whether there is a value."""
        return place in self._places

    def _reads(self, name: str) -> None:
        if self._tracked_by is not None:
            if name not in self._versions:
                self._versions[name] = self.state.version(name)
            self.read[self._tracked_by, name, self._versions[name]] = None

    def reads_what(self, held: Held) -> None:
        """This call computes on a stored value, and so on what that was computed on."""
        self.read.update(dict.fromkeys(sorted(held.basis, key=_order)))

    def count_of_places(self) -> int:
        """How many private values there are, in all fields."""
        return len(self._places)

    def keys(self, name: str) -> list[Any]:
        """The keys of a private map, in the order of their first writing."""
        return [key for field, key in self._places if field == name]

    def get(self, place: Place, load: Load) -> Array:
        """A private value; `CallRefused` where nothing was written yet."""
        name, key = place
        if key is not None:
            self._reads(name)
        if place not in self._places:
            what = f"self.{name}" if key is None else f"self.{name} for this key"
            raise CallRefused(f"{what} has no value yet", hint="it is written by an earlier call")
        if place not in self._values:
            entry = self.state.private[place]
            self.reads_what(entry.held)
            self._values[place] = load(entry.held, self.label(place))
        return self._values[place]

    def set(self, place: Place, value: Any) -> None:
        """Write a private value, proven to lie within the declared type."""
        self._values[place] = private(value, self.element(place[0]), f"self.{place[0]}")
        self._places[place] = None
        self._written[place] = None

    def remove(self, place: Place) -> None:
        """Take a key out of a private map."""
        self._places.pop(place)
        self._values.pop(place, None)
        self._written.pop(place, None)

    def element(self, name: str) -> Any:
        """The declared type of a private field's value, or of a private map's values."""
        type_ = self.declared[name].type
        inner = type_.value if isinstance(type_, MapType) else type_
        assert isinstance(inner, PrivateType)
        return inner.of

    @staticmethod
    def label(place: Place) -> str:
        """What a stored value is, in a program's account of its inputs."""
        name, key = place
        return f"self.{name}" if key is None else f"self.{name}[{key}]"

    # ------------------------------------------------------------ what a branch on a secret may change

    def snapshot(self) -> Snapshot:
        """The private values as they are."""
        return dict(self._values), dict(self._places), dict(self._written)

    def restore(self, saved: Snapshot) -> None:
        """Back to a snapshot."""
        values, places, written = saved
        self._values, self._places, self._written = dict(values), dict(places), dict(written)

    def written_since(self, saved: Snapshot) -> list[Place]:
        """The places whose value is another than in the snapshot."""
        return [place for place in self._written if self._values[place] is not saved[0].get(place)]

    def live(self) -> Iterator[Array]:
        """Every private value that a later program may need."""
        yield from self._values.values()
        for batches in self._appended.values():
            for rows in batches:
                yield from rows.columns.values()

    # ------------------------------------------------------------ tables

    def table_type(self, name: str) -> TableType:
        """The declared row type of a private table."""
        type_ = self.declared[name].type
        assert isinstance(type_, PrivateType)
        assert isinstance(type_.of, TableType)
        return type_.of

    def chunks(self, name: str) -> tuple[Chunk, ...]:
        """The contributions at rest that this call sees."""
        return self.state.tables.get(name, ())

    def withdraw(self, name: str, sender: Address) -> int:
        """Takes the sender's rows out; how many they were."""
        kept = tuple(chunk for chunk in self.state.tables.get(name, ()) if chunk.owner != sender)
        gone = sum(chunk.count for chunk in self.state.tables.get(name, ()) if chunk.owner == sender)
        gone += sum(rows.count for rows in self._appended.pop(name, []))
        self.state.tables[name] = kept
        self._versions.pop(name, None)
        return gone

    def append(self, name: str, rows: Rows) -> None:
        """The sender's rows come last."""
        self._appended.setdefault(name, []).append(rows)

    def count(self, name: str) -> int:
        """Rows of a private table: public."""
        return sum(c.count for c in self.chunks(name)) + sum(r.count for r in self._appended.get(name, []))

    def owners(self, name: str, sender: Address) -> int:
        """How many owners have rows in a private table: public."""
        found = {chunk.owner for chunk in self.chunks(name)}
        appended = any(rows.count for rows in self._appended.get(name, []))
        return len(found | ({sender} if appended else set()))

    def column(self, name: str, column: str, load: Load) -> Array:
        """One column of a private table, all owners' rows in the order of their contribution."""
        self._reads(name)
        parts = []
        for place, chunk in enumerate(self.chunks(name)):
            self.reads_what(chunk.columns[column])
            parts.append(load(chunk.columns[column], f"self.{name}[{place}].{column}"))
        parts += [rows.columns[column] for rows in self._appended.get(name, [])]
        if not parts:
            element = self.table_type(name).column(column)
            assert element is not None
            return empty(element)
        return parts[0] if len(parts) == 1 else xp.concat(parts)

    # ------------------------------------------------------------ the end of a call

    def want_public(self) -> None:
        """Public fields are what they were declared, also where a list or a map in them was changed."""
        # As they are declared: in which order they got their values is nothing that a contract remembers.
        for name, declared in self.declared.items():
            if name in self.public:
                assert not isinstance(declared.type, PrivateType)
                self.public[name] = public(self.public[name], declared.type, f"self.{name}")

    def pending(self) -> list[Array]:
        """What the committee must keep for the contract to remember this call."""
        kept = [self._values[place] for place in self._written]
        for batches in self._appended.values():
            for rows in batches:
                kept.extend(rows.columns.values())
        return kept

    def commit(self, kept: Mapping[int, Held], sender: Address) -> State:
        """The state after this call; `kept` has what the committee keeps, by the identity of its node."""
        state = self.state
        owners = {place: entry.owner for place, entry in state.private.items()}
        private_values = {}
        for place in self._places:
            if place in self._written:
                owner = sender if place[1] is not None else owners.get(place, sender)
                private_values[place] = Entry(owner, kept[id(self._values[place].node)])
            else:
                private_values[place] = state.private[place]
        tables = dict(state.tables)
        for name, batches in self._appended.items():
            new = tuple(
                Chunk(sender, rows.count, {c: kept[id(array.node)] for c, array in rows.columns.items()})
                for rows in batches
                if rows.count
            )
            tables[name] = tables.get(name, ()) + new
        return State(self.public, private_values, tables, dict(state.answered), dict(state.contributed))


def _order(basis: tuple[Address, str, Version]) -> tuple[Address, str, list[int]]:
    return basis[0], basis[1], sorted(basis[2])


def empty(element: ElementType) -> Array:
    """An array of no elements of a declared type."""
    raw = element_type(element)
    node = build.const(np.zeros((0,), dtype=np.bool_ if raw.is_bool else np.int64), raw.scale, raw.kind)
    return Array(node)
