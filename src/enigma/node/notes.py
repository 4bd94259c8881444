"""What a node has looked up on the chain, and what it still has to do there: kept, so that no start asks it all again.

The nodes as the chain had them when it was last asked, the contracts in which this node has a seat, and those for whose
committee it was named and has not yet answered. Written before the event that led to it is kept in the journal.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from enigma.chain.nodes import Listing, Registered, Status
from enigma.storage import Store
from enigma.wire import Tree, codec

LIMIT = 1 << 16
_NODES, _SEATS, _NAMED = "notes.nodes", "notes.seats", "notes.named"
NOTES = (_NODES, _SEATS, _NAMED)
"""The spaces of the store in which notes lie."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A node. `registered`: as the chain had it; None where that has changed since, or there is none of that name.

    `asked`: whether that is the chain's answer. `fallen`: it was suspended, and has not logged in again.
    """

    registered: Registered | None = None
    asked: bool = False
    fallen: bool = False


class Notes:
    """Of one node, in its store. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def nodes(self) -> dict[str, Noted]:
        """Every node of which the chain has said anything."""
        found = {}
        for key in self._store.keys(_NODES):
            octets = self._store.get(_NODES, key)
            if octets is not None:
                found[key.decode()] = _noted(key.decode(), codec.decode(octets, limit=LIMIT))
        return found

    def note(self, name: str, noted: Noted) -> None:
        """Write down what is known of a node."""
        found = noted.registered
        tree: Tree = None
        if found is not None:
            tree = [
                found.operator, list(astuple(found.listing)), found.deposit, found.reputation, found.locks,
                int(found.status), found.until, found.place,
            ]  # fmt: skip
        self._store.put(_NODES, name.encode(), codec.encode([noted.asked, noted.fallen, tree]))

    def seats(self) -> list[bytes]:
        """The contracts in which this node had a seat."""
        return self._store.keys(_SEATS)

    def seated(self, contract: bytes, has_seat: bool) -> None:
        """Write down that this node has a seat in a contract's committee, or none any more."""
        self._mark(_SEATS, contract, has_seat)

    def named(self) -> list[bytes]:
        """The contracts whose publisher has named this node, and which it has not answered."""
        return self._store.keys(_NAMED)

    def to_answer(self, contract: bytes, is_open: bool) -> None:
        """Write down that this node is named for a contract's committee, or that this has come to its end."""
        self._mark(_NAMED, contract, is_open)

    def _mark(self, space: str, contract: bytes, there: bool) -> None:
        if not there:
            self._store.delete(space, contract)
        elif self._store.size(space, contract) is None:
            self._store.put(space, contract, b"")


def _noted(name: str, tree: Any) -> Noted:
    asked, fallen, found = tree
    if found is None:
        return Noted(None, asked, fallen)
    operator, listing, deposit, reputation, locks, status, until, place = found
    registered = Registered(name, operator, Listing(*listing), deposit, reputation, locks, Status(status), until, place)
    return Noted(registered, asked, fallen)
