"""The jobs of a network, from its controllers' events: what each is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.errors import LyingNode


@dataclass(frozen=True, slots=True)
class Listed:
    """A job: ids and hashes as 0x text, `maximum` and `cost` in wei, `time` in seconds since 1970.

    `state` is open, settled, part signed (some seats may still sign), refused or expired. `cost` is None while it is
    open, and 0 where everything went back.
    """

    number: int
    contract: str
    source: str
    function: str
    asker: str
    maximum: int
    state: str
    cost: int | None
    block: int
    time: int


class Listing:
    """Follows a network's jobs. Where a block leaves the chain again, all is read anew."""

    def __init__(self, connection: Connection, controllers: Controllers) -> None:
        self._connection, self._controllers = connection, controllers
        self._given: dict[int, Listed] = {}
        self._begin()

    def read(self) -> list[Listed]:
        """The jobs that are new or have changed since the last call, by number. Raises ChainProblem."""
        while batch := self._history.read():
            if any(event.removed for event in batch):
                self._begin()
                continue
            for event in batch:
                self._take(event, self._history.controller(event))
        changed = [job for number, job in sorted(self._jobs.items()) if self._given.get(number) != job]
        self._given = dict(self._jobs)
        return changed

    def _begin(self) -> None:
        self._history = History(self._connection, self._controllers)
        self._jobs: dict[int, Listed] = {}
        self._contracts: dict[str, tuple[str, int]] = {}  # source, seats
        self._time_of = lru_cache(maxsize=1024)(self._asked_time)

    def _take(self, event: Event, controller: str) -> None:
        told = event.values
        if (controller, event.name) == ("Committees", "Published"):
            self._contracts["0x" + told["contract"].hex()] = ("0x" + told["source"].hex(), int(told["seats"]))
        if controller != "Jobs" or "job" not in told:
            return
        number = int(told["job"])
        if event.name == "Requested":
            contract = "0x" + told["contract"].hex()
            self._jobs[number] = Listed(
                number,
                contract,
                self._contracts[contract][0] if contract in self._contracts else "",
                "0x" + told["function"].hex(),
                str(told["asker"]),
                int(told["maximum"]),
                "open",
                None,
                event.block,
                self._time_of(event.block),
            )
            return
        job = self._jobs.get(number)
        if job is None:
            raise LyingNode(f"{self._connection.url}: {event.name} of job {number}, which nobody asked")
        match event.name:
            case "Settled":
                _, seats = self._contracts.get(job.contract, ("", 0))
                whole = int(told["seats"]).bit_count() >= seats
                self._jobs[number] = replace(job, state="settled" if whole else "part signed", cost=int(told["cost"]))
            case "Closed":
                self._jobs[number] = replace(job, state="settled", cost=(job.cost or 0) - int(told["refund"]))
            case "Refused" | "Expired":
                self._jobs[number] = replace(job, state=event.name.lower(), cost=0)

    def _asked_time(self, number: int) -> int:
        block = self._connection.block(number)
        if block is None:
            raise LyingNode(f"{self._connection.url} gave an event of block {number}, and has no such block")
        return block.timestamp
