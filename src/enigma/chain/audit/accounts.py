"""The money of the controller Jobs, computed again from its events: accounts of askers, and what nodes have earned.

The rules are those of `controllers/Jobs.vy` and `controllers/accounts.vy`. One thing no event says: whose bond an
unanswered challenge gives back. So accounts are exact up to `bonds`, the sum of those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.seats import seats_at
from enigma.chain.jobs import Terms
from enigma.chain.receipts import seats_in
from enigma.errors import LyingNode


@dataclass(frozen=True, slots=True)
class Part:
    """How a settled job's cost was divided: wei of each seat, and the seats that the receipt paid."""

    asker: str
    contract: bytes
    share: int
    refund: int
    seats: tuple[str, ...]
    paid: tuple[int, ...]


class Accounts:
    """Accounts as they stood after some events of the record."""

    def __init__(self, record: Record, terms: Terms, said: Iterable[Said]) -> None:
        self._record, self._terms = record, terms
        self.balances: Counter[str] = Counter()
        self.earned: Counter[str] = Counter()
        self.bonds = 0
        self.parts: dict[int, Part] = {}
        self._open: dict[int, tuple[str, bytes, int]] = {}  # asker, contract, maximum
        for each in said:
            if each.controller == "Jobs":
                try:
                    self._take(each)
                except (KeyError, IndexError, ZeroDivisionError):
                    raise LyingNode(
                        f"{each.name} of job {each.event.values.get('job')} does not follow from the events before it"
                    ) from None

    def _take(self, said: Said) -> None:
        match said.name:
            case "Funded":
                self.balances[str(said["account"])] += int(said["amount"])
            case "Withdrawn":
                self.balances[str(said["account"])] -= int(said["amount"])
            case "Requested":
                asker, maximum = str(said["asker"]), int(said["maximum"])
                self.balances[asker] -= maximum
                self._open[int(said["job"])] = (asker, bytes(said["contract"]), maximum)
            case "Settled":
                self._settle(said)
            case "SignedLate":
                part = self.parts[int(said["job"])]
                seats = seats_at(self._record, part.contract, said.place)
                self.earned[seats[int(said["seat"])]] += part.share
            case "Closed":
                self.balances[self.parts[int(said["job"])].asker] += int(said["refund"])
            case "Refused" | "Expired":
                asker, _, maximum = self._open.pop(int(said["job"]))
                self.balances[asker] += maximum
            case "Answered":
                self.earned[str(said["node"])] += self._terms.bond
            case "Unanswered":
                self.bonds += self._terms.bond
            case "Collected":
                self.earned[str(said["node"])] -= int(said["amount"])

    def _settle(self, said: Said) -> None:
        asker, contract, maximum = self._open.pop(int(said["job"]))
        seats = seats_at(self._record, contract, said.place)
        share = int(said["cost"]) // len(seats)
        paid = seats_in(int(said["seats"]))
        refund = maximum - share * len(seats)
        self.balances[asker] += refund
        for seat in paid:
            self.earned[seats[seat]] += share
        self.parts[int(said["job"])] = Part(asker, contract, share, refund, seats, paid)
