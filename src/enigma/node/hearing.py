"""What each event of the chain leads to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.events import Event
from enigma.chain.jobs import Jobs
from enigma.errors import ChainProblem, LyingNode
from enigma.node.chores import Chores
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket, Job
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.logs import event as log
from enigma.node.neighbours import Neighbours
from enigma.node.states import JobEvent, JobState

_ENDS = {"Settled": JobEvent.SETTLED, "Refused": JobEvent.REFUSED, "Expired": JobEvent.EXPIRED}

Answer = TypeVar("Answer")


class Hearing:
    """Of the node `name`. `ended` is told each job that the chain has ended. An event may be told twice."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        jobs: Jobs,
        contracts: Contracts,
        holdings: Holdings,
        inbox: Inbox,
        docket: Docket,
        neighbours: Neighbours,
        chores: Chores,
        ended: Callable[[int], None],
        moved: Callable[[Event], None],
    ) -> None:
        self._name, self._connection, self._jobs = name, connection, jobs
        self._contracts, self._holdings, self._inbox = contracts, holdings, inbox
        self._docket, self._neighbours, self._chores, self._tell_ended = docket, neighbours, chores, ended
        self._moved = moved
        self._consent, self._turn = Consent(), threading.Lock()
        self._not_taken: set[int] = set()
        self._others: list[Callable[[Event, str], None]] = []

    def consent(self, question: Callable[[Consent], Answer], /) -> Answer:
        """Ask what owners have granted, and withdrawn."""
        with self._turn:
            return question(self._consent)

    def also(self, take: Callable[[Event, str], None]) -> None:
        """Somebody else hears each new event, and each that has left the chain, before consent does."""
        self._others.append(take)

    def begin(self) -> None:
        """What was noted in earlier lives comes first. Raises `ChainProblem`."""
        self._neighbours.recall()
        self._contracts.recall()
        self._chores.recall()

    def left(self, event: Event, controller: str) -> None:
        """An event has left the chain while this node was down. Raises `ChainProblem`: then it is told again."""
        match controller, event.name:
            case "Nodes", _ if "node" in event.values:
                self._neighbours.changed(event)
            case "Committees", "Seated" | "Replaced" | "Retired":
                self._contracts.look(bytes(event.values["contract"]))
        self._tell_others(event, controller)

    def recall(self, event: Event, controller: str) -> None:
        """An event that was taken in an earlier life: what it did to the store is done."""
        with self._turn:
            self._consent.take(event, controller)
        if controller != "Jobs":
            return
        number = int(event.values["job"])
        if event.name == "Requested":
            seated = self._contracts.seated(bytes(event.values["contract"]))
            if seated is not None:
                time = self._consent.asked_at(number)
                self._docket.add(Job(self._jobs.request_of(event), event.block, time, seated.seat))
        elif self._docket.get(number) is not None:
            reason = self._holdings.reason(number) if event.name == "Refused" else ""
            self._docket.happen(number, _ENDS[event.name], lambda found: setattr(found, "reason", reason))

    def doubt(self) -> str:
        """Which contract's state this node has from a job whose end the chain does not show; empty where none.

        Then its receipt has left the chain since, or what the node of the chain serves is older than what it served.
        """
        for seated in self._contracts.all():
            contract = seated.published.contract
            standing = self._holdings.standing(contract).job
            job = self._docket.get(standing)
            if standing and (job is None or job.state is not JobState.SETTLED):
                return (
                    f"the state of contract {contract.hex()} is that of job {standing}, which the chain has not settled"
                )
        return ""

    def take(self, event: Event, controller: str) -> None:
        """One event, in the chain's order. Raises `ChainProblem`: then it is told again."""
        match controller, event.name:
            case "Nodes", _ if "node" in event.values:
                self._neighbours.changed(event)
            case "Committees", "Named" if self._name in event.values["nodes"]:
                self._chores.accept(bytes(event.values["contract"]))
            case "Committees", "Seated" | "Replaced" | "Retired":
                self._contracts.look(bytes(event.values["contract"]))
            case "Jobs", "Moved":
                self._moved(event)
            case "Jobs", "Requested":
                self._requested(event)
            case "Jobs", "OutcomeRefused":
                # Told right before the receipt: what the contract keeps on the chain, it does not keep of this job.
                self._not_taken.add(int(event.values["job"]))
            case "Jobs", "Settled":
                self._settled(event)
            case "Jobs", "Refused" | "Expired":
                self._ended(event)
            case "Jobs", "Closed":
                self._closed(event)
        self._tell_others(event, controller)
        # Last: it takes an event once, and what comes before may have to be repeated.
        with self._turn:
            self._consent.take(event, controller)

    def _tell_others(self, event: Event, controller: str) -> None:
        for take in self._others:
            take(event, controller)

    def _requested(self, event: Event) -> None:
        contract, number = bytes(event.values["contract"]), int(event.values["job"])
        if event.removed:
            self._docket.drop(number)
            self._tell_ended(number)
            return
        seated = self._contracts.seated(contract)
        if seated is None:
            return
        block = self._connection.block(event.block)
        if block is None:
            raise LyingNode(f"block {event.block} is not there, and an event of it was")
        request = self._jobs.request_of(event)
        self._docket.add(Job(request, event.block, block.timestamp, seated.seat))

    def _settled(self, event: Event) -> None:
        contract, number = bytes(event.values["contract"]), int(event.values["job"])
        self._want_for_good(event)
        if self._contracts.seated(contract) is None:
            return
        pending = self._holdings.pending(contract, number)
        fits = pending is not None and bytes(event.values["state"]) == pending.finding.state_after
        moves = fits and number not in self._not_taken
        if not self._holdings.settle(contract, number, bytes(event.values["receipt"]), moves=moves):
            log("this seat has not what a receipt says", level=logging.CRITICAL, contract=contract.hex(), job=number)
        reason = "" if pending is None else pending.finding.refusal
        self._end(number, JobEvent.SETTLED, reason)

    def _ended(self, event: Event) -> None:
        number = int(event.values["job"])
        self._want_for_good(event)
        if event.name == "Expired":
            self._wake(number)
        job = self._docket.get(number)
        if job is None:
            return
        self._holdings.drop_pending(job.request.contract, number)
        if event.name == "Expired":
            self._end(number, JobEvent.EXPIRED, "")
        else:
            self._end(number, JobEvent.REFUSED, self._holdings.reason(number))

    def _closed(self, event: Event) -> None:
        if not event.removed:
            self._wake(int(event.values["job"]))

    def _wake(self, number: int) -> None:
        """The chain has put seats of a job's contract to sleep; also of one that took its seat later."""
        contract = self.consent(lambda consent: consent.contract_of(number))
        if contract is not None and self._contracts.seated(contract) is not None:
            self._chores.wake(contract)

    def _end(self, number: int, happened: JobEvent, reason: str) -> None:
        job = self._docket.get(number)
        if job is not None:
            self._holdings.release(self._inbox.uploads_of(job.request))
        self._docket.happen(number, happened, lambda found: setattr(found, "reason", reason))
        self._tell_ended(number)

    @staticmethod
    def _want_for_good(event: Event) -> None:
        if event.removed:
            raise ChainProblem(
                f"the end of job {event.values['job']} has left the chain",
                hint="give the node more confirmations than this chain's reorganisations are deep",
            )
