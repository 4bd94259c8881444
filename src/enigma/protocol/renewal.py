"""Pieces that move: what a family offers so that its pieces are made anew, rebuilt, and handed to other holders.

A *change* says whose pieces become whose. All who take part are *parties*, numbered from 0; each may have a seat before
the change, after it, or both. In a session of a change, `seat` is a party's number.

    refresh   the same parties before and after: every piece is made anew, the values stay
    repair    one seat was lost, and another party takes it: its pieces are rebuilt, and all pieces made anew
    reshare   any other parties after, all seats of before being there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy.typing as npt

from enigma.errors import ArgumentProblem
from enigma.protocol.session import Joint, Session

Value = npt.NDArray[Any]
"""A seat's pieces as they rest: (pieces, n) 64-bit words added modulo 2^64, or octets of packed bits added by XOR."""

Label = tuple[str, int]
"""Something that several parties have alike: ("piece", its number after the change), or what a family adds to that."""

PIECE = "piece"

Holders = tuple[int, ...]


class Kind(StrEnum):
    """What a change is."""

    REFRESH = "refresh"
    REPAIR = "repair"
    RESHARE = "reshare"


@dataclass(frozen=True, slots=True)
class Change:
    """The party at each seat before, None where the seat was lost, and after. Raises `ArgumentProblem`."""

    before: tuple[int | None, ...]
    after: tuple[int, ...]

    def __post_init__(self) -> None:
        there = [party for party in self.before if party is not None]
        parties = {*there, *self.after}
        repeated = len(set(there)) < len(there) or len(set(self.after)) < len(self.after)
        if len(self.before) != len(self.after) or repeated:
            raise ArgumentProblem("each seat has one party before a change and one after it, and no party has two")
        if parties != set(range(len(parties))):
            raise ArgumentProblem(f"the parties of a change are numbered from 0, and not {sorted(parties)}")
        lost = self.before.count(None)
        moved = any(old is not None and old != new for old, new in zip(self.before, self.after, strict=True))
        if lost > 1 or (lost and (moved or len(parties) != len(self.after))):
            raise ArgumentProblem(
                "only one lost seat can be rebuilt, by a new party, while all others stay",
                hint="rebuild it first, and then change the committee",
            )

    @property
    def kind(self) -> Kind:
        """What this change is."""
        if None in self.before:
            return Kind.REPAIR
        return Kind.REFRESH if self.before == self.after else Kind.RESHARE

    @property
    def parties(self) -> int:
        """How many take part."""
        return len({*self.before, *self.after} - {None})

    @property
    def lost(self) -> int:
        """The lost seat of a repair."""
        return self.before.index(None)

    def seat_before(self, party: int) -> int | None:
        """The seat that a party had."""
        return self.before.index(party) if party in self.before else None

    def seat_after(self, party: int) -> int | None:
        """The seat that a party will have."""
        return self.after.index(party) if party in self.after else None

    @property
    def tree(self) -> list[list[int | None]]:
        """What is hashed."""
        return [list(self.before), list(self.after)]


@dataclass(frozen=True, slots=True, repr=False)
class Renewed:
    """What a party has after a change: its pieces, None without a seat, and what it must have alike with others."""

    pieces: Value | None
    alike: Mapping[Label, Value]

    def __repr__(self) -> str:
        return f"<renewed: {sorted(self.alike)}>"


@dataclass(frozen=True, slots=True)
class Shown:
    """A key that its `holders` show to `party` in a repair, so that it can trace its pieces back to the old ones."""

    holders: Holders
    party: int


class Renewal(Protocol):
    """What a family offers. Protocols work on slices of `size` words (or octets, `bits`), each with new randomness."""

    def holders(self, change: Change) -> tuple[Holders, ...]:
        """The sets of parties that share a key in a change, those of `alike` among them."""
        ...

    def alike(self, change: Change) -> Mapping[Label, Holders]:
        """Who has what alike after a change: whoever compares it finds a party that departed from the protocol."""
        ...

    def renew(self, session: Session, change: Change, pieces: Value | None, size: int, bits: bool) -> Joint[Renewed]:
        """One slice's new pieces, given this party's old ones, None where it has none."""
        ...

    def shown(self, change: Change) -> Shown | None:
        """In a repair, the key that makes the new party's pieces traceable; None elsewhere."""
        ...

    def source(self, change: Change, number: int) -> int:
        """In a repair, the party that the new one has piece `number` from."""
        ...

    def traced(self, session: Session, change: Change, pieces: Value) -> Value:
        """The lost seat's old pieces, from the new party's new ones; `session` has the key that was shown."""
        ...

    def renew_cost(self, change: Change, size: int, bits: bool) -> Sequence[tuple[int, ...]]:
        """Bytes by round and party of one slice."""
        ...


def together(protocols: Sequence[Joint[Any]]) -> Joint[list[Any]]:
    """Several protocols in the rounds of the longest: the result of each."""
    results: dict[int, Any] = {}
    while True:
        for number, protocol in enumerate(protocols):
            if number in results:
                continue
            try:
                next(protocol)
            except StopIteration as finished:
                results[number] = finished.value
        if len(results) == len(protocols):
            return [results[number] for number in range(len(protocols))]
        yield
