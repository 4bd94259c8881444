"""What each event of the chain leads to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

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
from enigma.node.states import JobEvent


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

    def consent(self, question: Callable[[Consent], Sequence[str]]) -> Sequence[str]:
        """Ask what owners have granted."""
        with self._turn:
            return question(self._consent)

    def take(self, event: Event, controller: str) -> None:
        """One event, in the chain's order. Raises `ChainProblem`: then it is told again."""
        match controller, event.name:
            case "Nodes", _ if "node" in event.values:
                self._neighbours.changed(str(event.values["node"]))
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
        # Last: it takes an event once, and what comes before may have to be repeated.
        with self._turn:
            self._consent.take(event, controller)

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
        job = self._docket.get(number)
        if job is None:
            return
        self._holdings.drop_pending(job.request.contract, number)
        if event.name == "Expired":
            self._chores.wake(job.request.contract)
            self._end(number, JobEvent.EXPIRED, "")
        else:
            self._end(number, JobEvent.REFUSED, self._holdings.reason(number))

    def _closed(self, event: Event) -> None:
        job = self._docket.get(int(event.values["job"]))
        if job is not None and not event.removed:
            self._chores.wake(job.request.contract)

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
