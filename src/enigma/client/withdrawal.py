"""A withdrawal, and the deletion receipts by which the seats answer it, each checked against the chain."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from enigma.chain.answers import Receipt as Mined
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.deletions import Deletion, Withdrawal
from enigma.chain.events import EventReader
from enigma.errors import EnigmaError, NetworkError, ProtocolError, WireError

if TYPE_CHECKING:
    from enigma.client.network import Network

LOOK_EVERY = 0.2


class Withdrawn:
    """An owner's data, withdrawn from a contract. `receipts()` waits until every seat has deleted them and signed so.

    `at` is where it stands on the chain, `seats` who must sign. `signed` has what came so far, by node, and `waits`
    why the others have not signed, in words.
    """

    def __init__(self, network: Network, at: Withdrawal, seats: tuple[str, ...]) -> None:
        self._network, self.at, self.seats = network, at, seats
        self.signed: dict[str, Deletion] = {}
        self.waits: dict[str, str] = {}
        self._wrong: dict[str, EnigmaError] = {}

    @classmethod
    def of(cls, network: Network, contract: bytes, mined: Mined) -> Withdrawn:
        """The withdrawal that a transaction made."""
        identities = network.identities
        entry = next(e for e in identities.abi if e["type"] == "event" and e["name"] == "Withdrawn")
        log = next(log for log in mined.logs if log.topics[0] == event_topic(entry))
        owner = str(decode_event(entry, log.topics, log.data)["owner"])
        at = Withdrawal(contract, owner, log.block, log.index, bytes.fromhex(log.transaction.removeprefix("0x")))
        return cls(network, at, _seats(network, contract))

    @classmethod
    def all(cls, network: Network, contract: bytes, owner: str) -> list[Withdrawn]:
        """All of an owner's withdrawals from a contract that the chain knows, the oldest first."""
        identities, seats = network.identities, _seats(network, contract)
        first = network.controllers.first_block
        reader = EventReader(
            network.connection, identities.address, identities.abi, start=first, names=["Withdrawn"]
        )  # fmt: skip
        return [
            cls(network, Withdrawal(contract, owner, e.block, e.index, bytes.fromhex(e.transaction[2:])), seats)
            for e in reader.read()
            if (bytes(e.values["contract_id"]), str(e.values["owner"])) == (contract, owner)
        ]

    @property
    def missing(self) -> tuple[str, ...]:
        """The seats that have not signed."""
        return tuple(node for node in self.seats if node not in self.signed)

    def look(self) -> bool:
        """Ask the seats that have not signed, once; whether all have now."""
        for node in self.missing:
            self._wrong.pop(node, None)
            try:
                self._ask(node)
            except (ProtocolError, WireError) as error:
                self._wrong[node], self.waits[node] = error, error.message
            except EnigmaError as error:
                self.waits[node] = error.message
        return not self.missing

    def receipts(self, timeout: float | None = None) -> list[Deletion]:
        """The receipts of all seats, in their order. Raises ProtocolError for one that is not what it must be.

        Jobs that were asked before the withdrawal may still end with the data: seats delete them after that, at the
        latest when the last such job's time is over. Raises NetworkError, naming who is missing, after `timeout`.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not self.look():
            if self._wrong:
                raise next(iter(self._wrong.values()))
            if until is not None and time.monotonic() > until:
                missing = "; ".join(f"{node}: {self.waits[node]}" for node in self.missing)
                raise NetworkError(
                    f"{len(self.signed)} of {len(self.seats)} seats have signed that they deleted: {missing}",
                    hint="the withdrawal stands, and the others delete when they can: ask for receipts() again",
                )
            time.sleep(LOOK_EVERY)
        return [self.signed[node] for node in self.seats]

    def __repr__(self) -> str:
        return f"<withdrawal of {self.at.owner}: {len(self.signed)} of {len(self.seats)} seats have signed>"

    def _ask(self, node: str) -> None:
        told = self._network.seat(node).withdrawals(self.at.contract, self.at.owner)
        mine = next((each for each in told if _place(each) == (self.at.block, self.at.index)), None)
        if mine is None:
            self.waits[node] = "it has not read the withdrawal on the chain yet"
            return
        if mine.get("signature") is None:
            self.waits[node] = _waits(mine)
            return
        deletion = Deletion.read(mine)
        if deletion.withdrawal != self.at or deletion.node != node:
            raise ProtocolError(f"the deletion receipt of node {node} is of something else")
        deletion.check_signed(self._network.identities.domain(), _signature(mine))
        self.signed[node] = deletion
        self.waits.pop(node, None)


def _seats(network: Network, contract: bytes) -> tuple[str, ...]:
    published = network.committees.published(contract)
    return () if published is None else tuple(published.seats)


def _place(told: dict[str, Any]) -> tuple[Any, Any]:
    return told.get("block"), told.get("index")


def _waits(told: dict[str, Any]) -> str:
    jobs = told.get("waits")
    if isinstance(jobs, list) and jobs:
        return f"it waits for the end of {'job' if len(jobs) == 1 else 'jobs'} {', '.join(map(str, jobs[:8]))}"
    return "it is deleting"


def _signature(told: dict[str, Any]) -> bytes:
    try:
        return bytes.fromhex(told["signature"])
    except (TypeError, ValueError) as error:
        raise WireError("the signature of a deletion receipt is not in hexadecimal digits") from error
