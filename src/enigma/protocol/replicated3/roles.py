"""Who does what: the seats' pieces, and the roles that they take in asymmetric protocols.

x = x0 + x1 + x2 modulo 2**64 (or by XOR); seat i holds the pieces i and i + 1, as rows 0 and 1 of one array. So two
seats hold each piece: `own` is shared with the seat before, `next` with the seat after.

The asymmetric protocols (truncate, carry, convert) see a sharing as a *masked value*: of its three pieces, two belong
to a *dealer* D, who knows their sum and so the mask; the third is known to the two *evaluators* A and B. The dealer
prepares shares of whatever products of masks are needed and receives nothing; the evaluators exchange little. This is
the masked evaluation of ABY2.0 (Patra, Schneider, Suresh, Yalame, USENIX Security 2021, section 3) carried to three
seats, as in Trio (Harth-Kitzerow, Suresh, Wang, Yalame, Carle, Annavaram, PETS 2025); here the sharing stays the
ordinary replicated one before and after, and the dealer rotates over thirds of an array, which balances the load.

    dealer t: seat t is D (holds pieces BD, AD), seat t + 1 is A (AD, AB), seat t + 2 is B (AB, BD)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from enigma.algebra.prg import Block
from enigma.protocol.session import Octets, Session, Words

SEATS = 3
SPLIT = 6144
"""Arrays below this many elements have one dealer, seat 0; larger ones are dealt in thirds."""

CHUNK = 64 * 520
"""Elements worked on at once: they stay in the cache, and sending overlaps computing. Rows of bit planes are then 520
words apart, and not a power of two, at which they would fall on each other in the first-level cache."""

D, A, B = 0, 1, 2

Pair = Words | tuple[Words, Words]
"""The two pieces of a seat, (n,) each: the rows of one array, or two arrays, which spares a copy of slices."""

OctetPair = Octets | tuple[Octets, Octets]
"""The same for shared bits."""


@dataclass(frozen=True, slots=True)
class Part:
    """Elements `start` to `stop` of an array, dealt by seat `dealer`; `role` is what this seat is in it."""

    dealer: int
    role: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.stop - self.start

    @property
    def a(self) -> int:
        """The seat that is A."""
        return (self.dealer + 1) % SEATS

    @property
    def b(self) -> int:
        """The seat that is B."""
        return (self.dealer + 2) % SEATS

    @property
    def other(self) -> int:
        """For an evaluator, the other one."""
        return self.b if self.role == A else self.a


def shares(count: int) -> list[tuple[int, int, int]]:
    """(dealer, start, stop) of the parts of `count` elements; inner boundaries are multiples of 64."""
    if count == 0:
        return []
    if count < SPLIT:
        return [(0, 0, count)]
    first, second = count // (3 * 64) * 64, 2 * count // (3 * 64) * 64
    return [(0, 0, first), (1, first, second), (2, second, count)]


def parts(seat: int, count: int) -> list[Part]:
    """The parts of `count` elements as this seat sees them."""
    return [Part(dealer, (seat - dealer) % SEATS, start, stop) for dealer, start, stop in shares(count)]


def chunks(size: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the chunks of a part."""
    for start in range(0, size, CHUNK):
        yield start, min(start + CHUNK, size)


def own(session: Session, words: int) -> Block:
    """Randomness known to this seat and the one before: the key of piece `seat`."""
    return session.block(_pair((session.seat - 1) % SEATS, session.seat), words)


def next_(session: Session, words: int) -> Block:
    """Randomness known to this seat and the one after: the key of piece `seat` + 1."""
    return session.block(_pair(session.seat, (session.seat + 1) % SEATS), words)


def private(session: Session, words: int) -> Block:
    """Randomness that this seat alone knows."""
    return session.block((session.seat,), words)


def _pair(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)
