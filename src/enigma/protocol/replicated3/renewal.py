"""The replicated3 family's renewal of pieces: which protocol makes which change. See `enigma.protocol.renewal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enigma.errors import ArgumentProblem
from enigma.protocol.renewal import PIECE, Change, Holders, Kind, Label, Renewed, Shown, Value
from enigma.protocol.replicated3 import repair, reshare
from enigma.protocol.replicated3.refresh import refresh
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Session


class Replicated3Renewal:
    """Refresh, repair and reshare of three seats' pieces."""

    def holders(self, change: Change) -> tuple[Holders, ...]:
        """See `Renewal.holders`."""
        sets = set(self.alike(change).values())
        if change.kind is Kind.REFRESH:
            sets.add(tuple(sorted(change.after)))
        elif change.kind is Kind.RESHARE:
            sets |= {reshare.drawing(change, i, j) for i in range(SEATS) for j in range(reshare.LONG)}
        return tuple(sorted(sets))

    def alike(self, change: Change) -> Mapping[Label, Holders]:
        """See `Renewal.alike`."""
        if len(change.after) != SEATS:
            raise ArgumentProblem(f"replicated3 has {SEATS} seats, not {len(change.after)}")
        if change.kind is Kind.RESHARE:
            return reshare.alike(change)
        return {(PIECE, j): tuple(sorted(reshare.after(change, j))) for j in range(SEATS)}

    def renew(self, session: Session, change: Change, pieces: Value | None, size: int, bits: bool) -> Joint[Renewed]:
        """See `Renewal.renew`."""
        if change.kind is Kind.RESHARE:
            return (yield from reshare.reshare(session, change, pieces, size, bits))
        if change.kind is Kind.REPAIR:
            fresh = yield from repair.repair(session, change, pieces, size, bits)
        elif pieces is None:
            raise ArgumentProblem("every party of a refresh has pieces")
        else:
            fresh = yield from refresh(session, change, pieces)
        seat = change.after.index(session.seat)
        return Renewed(fresh, {(PIECE, (seat + row) % SEATS): fresh[row] for row in range(2)})

    def shown(self, change: Change) -> Shown | None:
        """See `Renewal.shown`."""
        if change.kind is not Kind.REPAIR:
            return None
        return Shown(tuple(sorted(repair.helpers(change))), change.after[change.lost])

    def source(self, change: Change, number: int) -> int:
        """See `Renewal.source`."""
        a, b = repair.helpers(change)
        return b if number == change.lost else a

    def traced(self, session: Session, change: Change, pieces: Value) -> Value:
        """See `Renewal.traced`."""
        return repair.traced(session, change, pieces)

    def renew_cost(self, change: Change, size: int, bits: bool) -> Sequence[tuple[int, ...]]:
        """See `Renewal.renew_cost`."""
        octets = size if bits else 8 * size
        if change.kind is Kind.REFRESH or not size:
            return []
        return (repair.repair_cost if change.kind is Kind.REPAIR else reshare.reshare_cost)(change, octets)
