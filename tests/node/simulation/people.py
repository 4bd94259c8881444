"""Owners and askers: what they bring to every seat before they ask, again until it is there, and what they ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from tests.node.simulation.chain import CHAIN_ID, Chain
from tests.node.simulation.contract import CONTRACT, functions
from tests.node.simulation.network import Network
from tests.node.simulation.scheduling import Died, Scheduler
from tests.node.simulation.seat import Seat

from enigma.engine.families import FAMILIES
from enigma.errors import ChainRefused, EnigmaError, InputError, NetworkError
from enigma.keys.account import Account
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context

EVERYBODY = f"0x{0:040x}"
TRIES = 40
AGAIN = 3.0


@cache
def owner(number: int) -> str:
    return Account(bytes([100 + number] * 32)).address


@dataclass
class Parcel:
    """One contribution: one row, of an amount that no other has; `uploads` by seat, in sealed chunks."""

    owner: str
    amount: int
    commitment: bytes
    uploads: list[list[bytes]]
    arrived: set[int] = field(default_factory=set)


class People:
    """Everybody who is no node. They reach the chain always, and the seats as the network allows."""

    def __init__(self, scheduler: Scheduler, chain: Chain, network: Network) -> None:
        self._scheduler, self._chain, self._network = scheduler, chain, network
        self.parcels: list[Parcel] = []
        self.asked: dict[bytes, Parcel] = {}
        self._granted: set[str] = set()

    # ------------------------------------------------------------ what they do

    def contribute(self, number: int) -> None:
        """Bring one more row to every seat, then ask that it is added."""
        who, amount = owner(number), 1 << len(self.parcels)
        _, sharing = FAMILIES["replicated3"]
        context = Context(CHAIN_ID, CONTRACT, who, functions().add, "rows")
        made = Contribution.make(
            {"amount": np.array([amount], np.int64)}, 1, context=context, family=sharing,
            secret=hashlib.sha256(b"%d" % amount).digest(),
        )  # fmt: skip
        uploads = [list(made.upload(s.number, s.identity.sealing.public_bytes).chunks()) for s in self._network.seats]
        parcel = Parcel(who, amount, made.commitment, uploads)
        self.parcels.append(parcel)
        self.asked[parcel.commitment] = parcel

        def run() -> None:
            if all(self._surely(lambda seat=seat: self._bring(parcel, seat)) for seat in self._network.seats):  # type: ignore[misc]
                self._grant(who)
                self._ask(who, functions().add, [parcel.commitment])

        self._scheduler.task(f"owner of {amount}", run).start()

    def ask(self, number: int, function: bytes) -> None:
        """Ask something that brings nothing."""
        self._scheduler.task("asker", lambda: self._ask(owner(number), function, [])).start()

    def bring_again(self, place: int, seat: int) -> None:
        """An upload comes once more, whatever became of it."""
        if self.parcels:
            parcel = self.parcels[place % len(self.parcels)]
            self._scheduler.task("upload again", lambda: self._try(parcel, self._network.seats[seat])).start()

    def ask_again(self, place: int) -> None:
        """What was asked with a contribution is asked once more, with the same contribution."""
        if self.parcels:
            parcel = self.parcels[place % len(self.parcels)]
            self._scheduler.task(
                "asked again", lambda: self._ask(parcel.owner, functions().add, [parcel.commitment])
            ).start()

    def withdraw(self, number: int) -> None:
        """Take back every agreement, say so on the chain, and have the rows taken out."""
        who = owner(number)
        self._granted.discard(who)
        self._chain.submit(who, "grant", (EVERYBODY, 0, 0))
        self._chain.submit(who, "withdraw", ())
        self.ask(number, functions().leave)

    def grant_all(self) -> None:
        """Everybody who ever brought something agrees, and once more who did so before."""
        self._granted.clear()
        for who in dict.fromkeys(parcel.owner for parcel in self.parcels):
            self._grant(who)

    def expire(self) -> None:
        """Whoever likes ends what is over; here somebody always does."""
        for job in self._chain.kept.jobs.values():
            if job.standing == 1 and self._chain.now > job.deadline:
                self._chain.submit(EVERYBODY, "expire", (job.number,))

    # ------------------------------------------------------------ how

    def _surely(self, step: Callable[[], bool]) -> bool:
        for _ in range(TRIES):
            if step():
                return True
            self._scheduler.sleep(AGAIN)
        return False

    def _bring(self, parcel: Parcel, seat: Seat) -> bool:
        if not self._try(parcel, seat):
            return False
        if self._network.faults.lost_answers:
            self._network.faults.lost_answers -= 1
            return False
        parcel.arrived.add(seat.number)
        return True

    def _try(self, parcel: Parcel, seat: Seat) -> bool:
        """Whether a seat has taken an upload. It may not, and it may die over it."""
        try:
            seat.want_reached()
            seat.inbox.take_contribution(
                CONTRACT, "add", "rows", parcel.owner, parcel.commitment, iter(parcel.uploads[seat.number])
            )
        except Died:
            return False
        except InputError as refusal:
            seat.said.append(refusal.message)
            return False
        except EnigmaError as error:
            if not isinstance(error, NetworkError):
                seat.said.append(error.message)
            return False
        return True

    def _grant(self, who: str) -> None:
        if who not in self._granted:
            self._granted.add(who)
            self._chain.submit(who, "grant", (EVERYBODY, self._chain.now + 10**6, 1000))

    def _ask(self, who: str, function: bytes, commitments: list[bytes]) -> None:
        from eth_utils.crypto import keccak

        args = (function, keccak(b""), commitments)

        def taken() -> bool:
            try:
                self._chain.want_taken(who, "request", args)
            except ChainRefused:
                return False
            self._chain.submit(who, "request", args)
            return True

        self._surely(taken)
