"""The controller Nodes, computed again from its events: operators, deposits, places, and the weights of each epoch.

The rules are those of `controllers/Nodes.vy` and `controllers/weights.vy`; times are the blocks'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from enigma.chain.audit.record import Said
from enigma.chain.nodes import Terms
from enigma.errors import LyingNode

_GWEI = 10**9


@dataclass(slots=True)
class Member:
    """A node of the register: what counts for draws and penalties."""

    operator: str
    place: int
    deposit: int
    reputation: int = 0
    locks: int = 0
    logged_in: bool = False


@dataclass(slots=True)
class _Kept:
    """A place's weight before, in and after the epoch of its last change."""

    changed: int = 0
    before: int = 0
    during: int = 0
    after: int = 0

    def settled(self, epoch: int) -> int:
        if epoch > self.changed:
            return self.after
        return self.during if epoch == self.changed else self.before


class Register:
    """Nodes as they stood after some events."""

    def __init__(self, terms: Terms, said: Iterable[Said] = ()) -> None:
        self._terms = terms
        self.nodes: dict[str, Member] = {}
        self._places: list[str | None] = []
        self._freed: list[int] = []
        self._kept: dict[int, _Kept] = {}
        for each in said:
            self.take(each)

    def take(self, said: Said) -> None:
        """One more event; those of other controllers change nothing. Raises LyingNode where it cannot follow."""
        if said.controller != "Nodes" or said.name in {"Described", "Awarded", "Claimed", "Bound"}:
            return
        name = str(said["node"])
        if said.name == "Registered":
            self._register(name, said)
            return
        if name not in self.nodes:
            raise LyingNode(f"{said.name} of the node {name}, which never registered")
        node = self.nodes[name]
        match said.name:
            case "ToppedUp":
                node.deposit = int(said["deposit"])
            case "LoggedIn":
                node.logged_in = True
            case "LoggedOut" | "Suspended" | "Leaving":
                node.logged_in = False
            case "Locked" | "Unlocked":
                node.locks = int(said["locks"])
            case "Credited":
                node.reputation = int(said["reputation"])
            case "Forfeited":
                node.deposit, node.reputation = int(said["deposit"]), 0
            case "Withdrawn":
                node.deposit, node.logged_in = 0, False
                self._places[node.place] = None
                self._freed.append(node.place)
                return
        self._weigh(node, said.time // self._terms.epoch)

    def weights(self, epoch: int) -> tuple[int, ...]:
        """The settled weights of all places in an epoch, not later than that of the last event."""
        return tuple(self._kept.get(place, _Kept()).settled(epoch) for place in range(len(self._places)))

    def node_at(self, place: int) -> str:
        """The node at a place; empty where one has left."""
        return self._places[place] or ""

    def operator_of(self, node: str) -> str:
        """Who runs a node; empty for none."""
        found = self.nodes.get(node)
        return "" if found is None else found.operator

    def _register(self, name: str, said: Said) -> None:
        place = self._freed.pop() if self._freed else len(self._places)
        if place == len(self._places):
            self._places.append(None)
        self._places[place] = name
        self.nodes[name] = Member(str(said["operator"]), place, int(said["deposit"]))

    def _weigh(self, node: Member, now: int) -> None:
        full = node.logged_in and node.deposit >= self._terms.minimum
        weight = node.deposit // _GWEI * (1 + node.reputation) // (1 + node.locks) if full else 0
        kept = self._kept.get(node.place, _Kept())
        self._kept[node.place] = _Kept(now, kept.settled(now - 1), kept.settled(now), weight)
