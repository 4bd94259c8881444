"""Changes of committees in one process: the parties' world, what each begins with, and what one of them sees."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from tests.engine.checking import FAMILY, Raw, loaded
from tests.protocol.replicated3.views import RUNS, View

from enigma.protocol.family import Family
from enigma.protocol.renewal import Change, Holders, Renewed
from enigma.testing.world import Tamper, World

RENEWAL = FAMILY.renewal
SEATS = 3

CHANGES = {
    "refresh": Change((0, 1, 2), (0, 1, 2)),
    "refresh, numbered otherwise": Change((2, 0, 1), (2, 0, 1)),
    "repair of seat 0": Change((None, 1, 2), (0, 1, 2)),
    "repair of seat 1": Change((0, None, 1), (0, 2, 1)),
    "repair of seat 2": Change((0, 1, None), (0, 1, 2)),
    "one seat moves": Change((0, 1, 2), (0, 3, 2)),
    "two seats move": Change((0, 1, 2), (3, 4, 2)),
    "nobody stays": Change((0, 1, 2), (3, 4, 5)),
    "all stay, at other seats": Change((0, 1, 2), (1, 2, 0)),
    "two stay, at other seats": Change((0, 1, 2), (2, 3, 1)),
}


@dataclass(frozen=True)
class Parties:
    """As much of a family as a world asks for."""

    holders: tuple[Holders, ...]
    seats: int


class Gathered(World):
    """The parties of a change. What none of `knowing` knows comes from the seed `outside`."""

    def __init__(
        self,
        change: Change,
        seed: bytes = b"world",
        *,
        audit: bool = True,
        tamper: Tamper | None = None,
        knowing: Sequence[int] = (),
        outside: bytes = b"",
    ) -> None:
        self._inside, self._outside, self._knowing = seed, outside or seed, knowing
        parties = cast(Family, Parties(RENEWAL.holders(change), change.parties))
        super().__init__(parties, loaded(), seed, tamper, audit=audit)

    def key(self, holders: Holders) -> bytes:
        seed = self._inside if set(holders) & set(self._knowing) else self._outside
        return hashlib.sha256(seed + bytes(holders)).digest()[:16]


def rows_of(raw: Raw, random: np.random.Generator, fixed: Sequence[int] = ()) -> Any:
    """The three pieces of a value as they rest; those numbered in `fixed` do not depend on it."""
    bits = raw.dtype == np.bool_
    value = np.packbits(raw, bitorder="little") if bits else raw.view(np.uint64)
    parts = random.integers(0, 256 if bits else 1 << 64, (SEATS, len(value)), dtype=value.dtype)
    free = next(number for number in (2, 1, 0) if number not in fixed)
    others = [parts[number] for number in range(SEATS) if number != free]
    parts[free] = value ^ others[0] ^ others[1] if bits else value - others[0] - others[1]
    return parts


def held_by(seat: int | None, parts: Any) -> Any:
    return None if seat is None else np.stack([parts[seat], parts[(seat + 1) % SEATS]])


def renewed(change: Change, parts: Any, world: World) -> list[Renewed]:
    """What each party has after a change of these pieces."""
    bits, size = parts.dtype == np.uint8, parts.shape[1]
    found: list[Renewed] = world.run(
        lambda session: RENEWAL.renew(session, change, held_by(change.seat_before(session.seat), parts), size, bits)
    )
    return found


def value_of(change: Change, found: Sequence[Renewed]) -> Any:
    """The value behind new pieces, after comparing all copies."""
    held = [found[party].pieces for party in change.after]
    assert all(each is not None for each in held)
    pieces: list[Any] = [each for each in held if each is not None]
    for seat in range(SEATS):
        assert np.array_equal(pieces[seat][1], pieces[(seat + 1) % SEATS][0])
    rows = [each[0] for each in pieces]
    return rows[0] ^ rows[1] ^ rows[2] if rows[0].dtype == np.uint8 else (rows[0] + rows[1] + rows[2]).view(np.int64)


def seen(change: Change, raw: Raw, knowing: Sequence[int], seed: bytes) -> list[View]:
    """What the parties `knowing` receive together, over runs in which only what they do not know is fresh.

    Their old pieces, and the keys of any of them, are the same in all runs and for all values.
    """
    seats = [seat for party in knowing if (seat := change.seat_before(party)) is not None]
    fixed = {number for seat in seats for number in (seat, (seat + 1) % SEATS)}
    parts = rows_of(raw, np.random.default_rng(7), sorted(fixed))
    runs = []
    for number in range(RUNS):
        world = Gathered(change, b"inside", audit=False, knowing=knowing, outside=seed + b"/%d" % number)
        renewed(change, parts, world)
        runs.append([each for each in world.traffic.sent if each.receiver in knowing])
    found = []
    for messages in zip(*runs, strict=True):
        octets = np.stack([each.message.reshape(-1).view(np.uint8) for each in messages])
        found.append(View(octets.reshape(RUNS, -1, messages[0].message.itemsize), whole=True))
    return found
