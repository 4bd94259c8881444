"""Repair: the pieces of a lost seat d for the party that takes it, and with the same step all pieces made anew.

    A = seat d + 1 holds x_{d+1}, x_{d+2};  B = seat d + 2 holds x_{d+2}, x_d;  z a sharing of zero that A and B know
    B sends y_d = x_d + z_d,  A sends y_{d+1} = x_{d+1} + z_{d+1};  each keeps its own two pieces plus z

The recovery of a share (Herzberg et al., CRYPTO 1995) is simpler where pieces are replicated: A and B have what is
missing. Refresh and recovery are one step here, since the lost seat still knows its old pieces; and the new
party is sent nothing that is not masked by words which it cannot draw.

Each of the lost pieces has one living holder, so there is no second copy to compare with. Instead the new party is
afterwards shown z (`traced`; whoever takes part in a refresh may know it, see `refresh`), and compares the old pieces
x_d and x_{d+1} with the commitments that all seats agreed on at the last renewal, where there was one.

Cost: 1 round, 8 bytes per element from each of A and B (1 bit per boolean).
"""

from __future__ import annotations

import numpy as np

from enigma.protocol.renewal import Change
from enigma.protocol.replicated3.refresh import zero
from enigma.protocol.replicated3.ring import Row, add, subtract
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Session


def helpers(change: Change) -> tuple[int, int]:
    """The parties A and B."""
    return change.after[(change.lost + 1) % SEATS], change.after[(change.lost + 2) % SEATS]


def repair(session: Session, change: Change, pieces: Row | None, size: int, bits: bool) -> Joint[Row]:
    """This party's (2, n) new pieces; `pieces` are A's and B's old ones."""
    a, b = helpers(change)
    taker = change.after[change.lost]
    if pieces is None:
        yield
        fresh = np.empty((2, size), np.uint8 if bits else np.uint64)
        session.receive(b, fresh[0])
        session.receive(a, fresh[1])
        return fresh
    seat = change.after.index(session.seat)
    zeros = zero(session, tuple(sorted((a, b))), change.lost, size, bits)
    fresh = np.stack([add(pieces[row], zeros[(seat + row) % SEATS]) for row in range(2)])
    row = 0 if session.seat == a else 1
    session.send(taker, fresh[row], (zeros[(seat + row) % SEATS],))
    yield
    return fresh


def traced(session: Session, change: Change, pieces: Row) -> Row:
    """The lost seat's old (2, n) pieces, from the new ones."""
    zeros = zero(session, tuple(sorted(helpers(change))), change.lost, pieces.shape[1], pieces.dtype == np.uint8)
    return np.stack([subtract(pieces[row], zeros[(change.lost + row) % SEATS]) for row in range(2)])


def repair_cost(change: Change, octets: int) -> list[tuple[int, ...]]:
    """Bytes by round and party; `octets` of one piece."""
    return [tuple(octets if party in helpers(change) else 0 for party in range(change.parties))]
