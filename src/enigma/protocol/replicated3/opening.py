"""The inner door: opening values that a named mask makes meaningless, inside a protocol.

`ShuffledPositions` is the only such type: positions of rows after all three seats' permutations, of which each seat
knows two; the third makes them a uniformly random permutation to it. What becomes known even when the check fails: the
same. Both holders of the piece that a seat lacks answer for it: one sends it, the other its SHA-256.

Cost: 1 round, 8 bytes per value and seat, and 32 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np

from enigma.errors import ProtocolError
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Octets, Session, Words

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class ShuffledPositions:
    """(2, n) pieces of positions, shuffled together with their rows by every pair of seats."""

    pieces: Words

    def __repr__(self) -> str:
        return f"<shuffled positions, {self.pieces.shape[1]}>"


def open_masked(session: Session, positions: ShuffledPositions) -> Joint[Words]:
    """The opened positions, a permutation of 0 .. n - 1; raises `ProtocolError` when copies differ or it is none."""
    pieces = positions.pieces
    before, after = (session.seat - 1) % SEATS, (session.seat + 1) % SEATS
    mine = np.ascontiguousarray(pieces[0])
    vouched = np.ascontiguousarray(pieces[1])
    session.send(after, mine, ())
    session.send(before, _digest(vouched), ())
    yield
    missing, digest = np.empty(pieces.shape[1], np.uint64), np.empty(DIGEST_BYTES, np.uint8)
    session.receive(before, missing)
    session.receive(after, digest)
    if not hmac.compare_digest(_digest(missing).tobytes(), digest.tobytes()):
        raise ProtocolError(
            f"seats {before} and {after} hold different copies of a piece that seat {session.seat} opens"
        )
    opened: Words = pieces[0] + pieces[1] + missing
    found = np.zeros(len(opened), np.bool_)
    found[opened[opened < len(opened)]] = True
    if not found.all():
        raise ProtocolError("the opened positions are no permutation: a seat departed from the protocol")
    return opened


def _digest(piece: Words) -> Octets:
    return np.frombuffer(hashlib.sha256(piece.tobytes()).digest(), np.uint8)


def open_cost(count: int) -> tuple[int, ...]:
    """Bytes by seat."""
    return (8 * count + DIGEST_BYTES,) * SEATS
