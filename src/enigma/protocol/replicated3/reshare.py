"""Reshare: from the three seats of one committee to those of another; the two may have parties in common.

Old piece i is held by the parties H_i (old seats i - 1 and i), new piece j will be by G_j (new seats j - 1 and j). For
j = 0 and 1 the parties H_i and G_j draw together r_ij, from a key of their own; and x_i is shared among the new seats:

    part_i = x_i - r_i0 - r_i1       sent to those of G_2 that are not in H_i, under the mask r_ij that they cannot draw
    y_0 = r_00 + r_10 + r_20         y_1 = r_01 + r_11 + r_21         y_2 = part_0 + part_1 + part_2

Each old piece is shared anew and the parts are added up: Desmedt, Jajodia, "Redistributing secret shares to new access
structures and its applications", 1997; committees that change are those of CHURP (Maram et al., CCS 2019). Departures:
no polynomials, and so no commitments to them. What replaces their proof is that everything exists twice: both parties
of H_i compute part_i, the two receivers get it from different ones of them, all of H_i and G_2 compare it (`alike`),
and the two holders of each new piece compare that.

One party of the old committee and one of the new may pool what they have, or be the same one: the old one lacks a piece
x_i, and so part_i and all r_ij; of these the new one lacks r_ij for the j that it does not hold, or part_i for j = 2.
That is why the streams r are not a key of all three old seats, with which the move would cost 16 bytes less.

Cost: 1 round; for each old piece 8 bytes per element (1 bit per boolean) to each of the new seats 1 and 2, unless that
party held the piece before: 48 bytes between committees that have nobody in common.
"""

from __future__ import annotations

import numpy as np

from enigma.protocol.renewal import PIECE, Change, Holders, Label, Renewed
from enigma.protocol.replicated3.ring import Row, add, draw, reserved, subtract
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Session

LONG = 2
"""The new piece that is not drawn but sent."""

PART = "part"


def before(change: Change, piece: int) -> Holders:
    """H_i: the parties that held an old piece, seat i - 1 first."""
    pair = change.before[(piece - 1) % SEATS], change.before[piece]
    return tuple(party for party in pair if party is not None)


def after(change: Change, piece: int) -> Holders:
    """G_j: the parties that will hold a new piece, seat j - 1 first."""
    return change.after[(piece - 1) % SEATS], change.after[piece]


def drawing(change: Change, old: int, new: int) -> Holders:
    """The parties that draw r_ij together."""
    return tuple(sorted({*before(change, old), *after(change, new)}))


def alike(change: Change) -> dict[Label, Holders]:
    """Who has the parts, and the new pieces."""
    parts = {(PART, i): drawing(change, i, LONG) for i in range(SEATS)}
    return {**parts, **{(PIECE, j): tuple(sorted(after(change, j))) for j in range(SEATS)}}


def deliveries(change: Change, piece: int) -> list[tuple[int, int]]:
    """(sender, receiver) of a part: different senders where both receivers need it."""
    needing = [party for party in after(change, LONG) if party not in before(change, piece)]
    return list(zip(before(change, piece), needing, strict=False))


def reshare(session: Session, change: Change, pieces: Row | None, size: int, bits: bool) -> Joint[Renewed]:
    """This party's (2, n) new pieces, None where it will have no seat; `pieces` are its old ones, if it had any."""
    me = session.seat
    seat = change.seat_before(me)
    streams = _streams(session, change, size, bits)
    parts: dict[int, Row] = {}
    for i in range(SEATS):
        if pieces is None or seat is None or me not in before(change, i):
            continue
        parts[i] = subtract(subtract(pieces[(i - seat) % SEATS], streams[i, 0]), streams[i, 1])
        for sender, receiver in deliveries(change, i):
            if sender == me:
                masks = [streams[i, j] for j in range(LONG) if receiver not in drawing(change, i, j)]
                session.send(receiver, parts[i], masks)
    yield
    for i in range(SEATS):
        for sender, receiver in deliveries(change, i):
            if receiver == me:
                parts[i] = np.empty(size, np.uint8 if bits else np.uint64)
                session.receive(sender, parts[i])
    new: dict[int, Row] = {}
    for j in range(SEATS):
        if me in after(change, j):
            summands = [parts[i] if j == LONG else streams[i, j] for i in range(SEATS)]
            new[j] = add(add(summands[0], summands[1]), summands[2])
    taken = change.seat_after(me)
    fresh = None if taken is None else np.stack([new[taken], new[(taken + 1) % SEATS]])
    return Renewed(fresh, {**{(PART, i): part for i, part in parts.items()}, **{(PIECE, j): y for j, y in new.items()}})


def _streams(session: Session, change: Change, size: int, bits: bool) -> dict[tuple[int, int], Row]:
    """The r_ij that this party can draw; every party reserves them in the same order."""
    streams = {}
    for i in range(SEATS):
        for j in range(LONG):
            holders = drawing(change, i, j)
            if session.seat in holders:
                streams[i, j] = draw(session.block(holders, reserved(size, bits)), bits, size)
    return streams


def reshare_cost(change: Change, octets: int) -> list[tuple[int, ...]]:
    """Bytes by round and party; `octets` of one piece."""
    sent = [0] * change.parties
    for i in range(SEATS):
        for sender, _ in deliveries(change, i):
            sent[sender] += octets
    return [tuple(sent)]
