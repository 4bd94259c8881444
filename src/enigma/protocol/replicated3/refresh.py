"""Refresh: all pieces made anew, the values unchanged, so that what somebody once learned of them is worth nothing.

    y_j = x_j + z_j,  z_0 and z_1 from a key that all three seats share,  z_2 = -(z_0 + z_1)

The renewal of shares by a fresh sharing of zero: Herzberg, Jarecki, Krawczyk, Yung, "Proactive secret sharing or: how
to cope with perpetual leakage", CRYPTO 1995. Departures: the zero comes from a key drawn by commit and reveal, instead
of from polynomials that the seats deal to each other. That all three know z gives nothing away: each knows the
differences of its own two pieces, new minus old, and the third follows from them in any protocol whatever.

So a refresh protects against who is gone, or was thrown out, once both other seats have erased their old pieces and
this z; against one who sat in during the refresh it does not.

Cost: 0 rounds, 0 bytes.
"""

from __future__ import annotations

import numpy as np

from enigma.protocol.renewal import Change
from enigma.protocol.replicated3.ring import Row, add, draw, reserved, subtract
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Session


def refresh(session: Session, change: Change, pieces: Row) -> Joint[Row]:
    """A seat's (2, n) pieces, made anew."""
    seat = change.after.index(session.seat)
    zeros = zero(session, tuple(sorted(change.after)), 0, pieces.shape[1], pieces.dtype == np.uint8)
    fresh = np.stack([add(pieces[row], zeros[(seat + row) % SEATS]) for row in range(2)])
    yield from ()
    return fresh


def zero(session: Session, holders: tuple[int, ...], first: int, size: int, bits: bool) -> dict[int, Row]:
    """A fresh sharing of zero that all of `holders` know, by piece; `first` and the one after it are drawn words."""
    blocks = [session.block(holders, reserved(size, bits)) for _ in range(2)]
    drawn = [draw(block, bits, size) for block in blocks]
    rest = subtract(np.zeros_like(drawn[0]), add(drawn[0], drawn[1]))
    return {first: drawn[0], (first + 1) % SEATS: drawn[1], (first + 2) % SEATS: rest}
