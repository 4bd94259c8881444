"""One node in memory: everything between its door to the chain, its channels, its clock and its disk is the real code.

Its disk is a folder in memory. When its process dies, what the files hold at that moment is copied, and all else is
gone; the store is then opened as it is after any crash.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from tests.node.simulation.chain import CHAIN_ID, CONTROLLERS, Chain, Door
from tests.node.simulation.contract import compiled
from tests.node.simulation.disk import Fuse, FusedStore
from tests.node.simulation.network import CHAIN, Link, Network
from tests.node.simulation.process import Identity, InnerProcess, Pen
from tests.node.simulation.scheduling import Died, Scheduler

from enigma.chain.connection import Connection
from enigma.chain.history import History
from enigma.chain.sending import Sender
from enigma.errors import ChainProblem, ChainUnreachable, LyingNode, NetworkError, ProtocolError, StoreFull
from enigma.keys.account import Account
from enigma.net.gate import Gate
from enigma.node.cancelling import Cancellations
from enigma.node.chores import Chores
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket
from enigma.node.facts import ChainFacts
from enigma.node.hearing import Hearing
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.assignment import Peer
from enigma.node.means import Means, Work
from enigma.node.neighbours import Neighbours
from enigma.node.notes import Notes
from enigma.node.surroundings import Surroundings
from enigma.node.transcripts import Transcripts
from enigma.node.withdrawing import Withdrawals
from enigma.node.working import Worker
from enigma.storage import Store
from enigma.wire import Tree

FAMILY = "replicated3"
LOOK_SECONDS, READ_SECONDS = 2.0, 2.0
PATIENCE = 8
KEEP_INPUTS = 3600
KEY = bytes(range(32))
LIMIT = 1 << 26


@dataclass(frozen=True)
class Rules:
    """The parts in which a test may plant a fault."""

    holdings: Callable[[Store], Holdings] = Holdings
    process: Callable[..., InnerProcess] = InnerProcess
    patience: int = PATIENCE


class Seat:
    """The node of one seat. `signed` is told each message that it signs."""

    links: list[Link]
    store: FusedStore

    def __init__(
        self,
        number: int,
        folder: Path,
        scheduler: Scheduler,
        chain: Chain,
        network: Network,
        rules: Rules,
        signed: Callable[[Seat, Mapping[str, Any]], None],
    ) -> None:
        self.number, self.network, self.said = number, network, list[str]()
        self.identity = Identity.of(number)
        self.name = self.identity.account.address
        self._folder, self._scheduler, self._chain, self._rules, self._signed = folder, scheduler, chain, rules, signed
        self.running, self.read_up, self.full, self.skew = False, False, False, 0
        self._life = self._disk = 0
        self.links = []
        self._old: list[Store] = []
        self.fuse = Fuse(self.die)
        self.door = Door(chain, scheduler, self.name, lambda: network.together(number, CHAIN))
        self._open()

    # ------------------------------------------------------------ its disk

    def _open(self) -> None:
        store = FusedStore.open(self._place() / "store.db", KEY)
        assert isinstance(store, FusedStore)
        self.store = store
        self.store.fuse = Fuse(self.die)  # until it runs again, nothing happens to it
        self.store.fill(full=self.full)
        self.holdings = self._rules.holdings(self.store)

    def _place(self) -> Path:
        place = self._folder / f"{self.number}.{self._disk}"
        place.mkdir(exist_ok=True)
        return place

    def fill(self, *, full: bool) -> None:
        self.full = full
        self.store.fill(full=full)

    def close(self) -> None:
        for store in (*self._old, self.store):
            store.close()

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Its process begins; nothing is there but its disk."""
        assert not self.running
        self._life += 1
        self.running, self.links, self.read_up = True, [], False
        self.fuse = self.store.fuse = Fuse(self.die)
        connection, sender = cast("Connection", self.door), cast("Sender", self.door)
        jobs = CONTROLLERS.jobs(connection, sender)
        self.jobs = jobs
        committees = CONTROLLERS.committees(connection, sender)
        self.docket = Docket()
        self.contracts = Contracts(
            connection, committees, self.holdings, Notes(self.store), self.name, compiled=compiled
        )
        self.inbox = Inbox(
            self.contracts, self.holdings, self.identity.sealing, CHAIN_ID, family=FAMILY, most_bytes=1 << 20,
            keep=KEEP_INPUTS, now=lambda: int(self._date()),
        )  # fmt: skip
        self.hearing = Hearing(
            self.name, connection, jobs, self.contracts, self.holdings, self.inbox, self.docket,
            cast("Neighbours", None), cast("Chores", _Waking(self)), self._ended,
            lambda _: None,
        )  # fmt: skip
        self.withdrawals = Withdrawals(
            self.store, self.contracts, self.holdings, self.inbox, self.docket, self.identity.account,
            CONTROLLERS.identities(connection).domain(), self.hearing.consent,
        )  # fmt: skip
        self.holdings.shelves.withdrawn = self.withdrawals
        self.hearing.also(self.withdrawals.take)
        around = Surroundings(
            lambda: self._scheduler.now, self._date, self._task, self._rules.process,
            lambda _, seconds: self._scheduler.sleep(seconds),
        )  # fmt: skip
        means = Means(
            self.identity.tls, cast("Account", Pen(self.identity.account, partial(self._signed, self))),
            cast("Gate", self), self.docket, self.contracts, self.holdings, self.inbox, jobs, self.hearing.consent,
            Cancellations(self.store, self.holdings, self.docket, CHAIN_ID),
            lambda name: Peer(name, 0, self.identity.certificate), partial(self.network.call, self),
            Transcripts(self.store, 0, 0, lambda: int(self._date())),
            ChainFacts(self.contracts, CONTROLLERS.ledger(connection), CONTROLLERS.identities(connection)), around,
        )  # fmt: skip
        work = Work(FAMILY, at_once=2, patience=self._rules.patience, memory=0, kernels="auto", spares=0)
        self.worker = Worker(means, work)
        self._task("follower", self._follow).start()
        self._task("worker", self._work).start()

    def die(self) -> None:
        """Its process is gone, wherever it was; its disk is what the files hold now."""
        if not self.running:
            return
        self.running, self.read_up = False, False
        self.fuse.left = None
        before = self._place()
        self._disk += 1
        shutil.copytree(before, self._place(), ignore=shutil.ignore_patterns("*-shm", "*-lock"), dirs_exist_ok=True)
        self._old.append(self.store)
        self._open()
        for link in self.links:
            link.close()

    def stop(self) -> None:
        """What SIGTERM does: what runs gets some seconds to come to its end."""

        def run() -> None:
            self.worker.stop(5.0)
            self.die()

        self._task("stopping", run).start()

    # ------------------------------------------------------------ what runs in it

    def _ended(self, job: int) -> None:
        self.worker.attempts.ended(job)

    def _date(self) -> float:
        return self._chain.now + self.skew

    def _task(self, name: str, work: Callable[[], None]) -> Any:
        life = self._life
        return self._scheduler.task(f"{name} of {self.number}", work, lambda: not self.running or self._life != life)

    def _follow(self) -> None:
        history = History(cast("Connection", self.door), CONTROLLERS, confirmations=self.network.confirmations)
        while True:
            try:
                found = history.read()
            except (ChainUnreachable, LyingNode, StoreFull):
                self._scheduler.sleep(READ_SECONDS)
                continue
            for event in found:
                while True:
                    try:
                        self.hearing.take(event, history.controller(event))
                        break
                    except (ChainUnreachable, LyingNode, StoreFull):
                        self._scheduler.sleep(READ_SECONDS)
                    except Exception as error:
                        self.said.append(f"the chain cannot be followed any more: {error!r}")
                        self.die()
                        raise Died from error
            if not found and self.network.together(self.number, CHAIN):
                now = self.door.head().timestamp
                self.withdrawals.act(now)
                self.worker.caught_up(history.cursor.next, now)
                self.read_up = True
            if not found:
                self._scheduler.sleep(READ_SECONDS)

    def _work(self) -> None:
        while True:
            self.worker.look()
            if self.worker.problem:
                self.said.append(self.worker.problem)
            self._scheduler.sleep(LOOK_SECONDS)

    def serve(self, caller: Seat, method: str, tree: Tree) -> Tree:
        """A call of another node, as `enigma.node.service.Node` answers it."""
        is_caller = caller.name.__eq__
        match method, tree:
            case "ready", {"job": int(number)}:
                return self.worker.ready(number)
            case "begin", {"job": int(number), "block": int(block), "attempt": bytes(name), "refuses": bool(refuses)}:
                return self.worker.begin(number, block, name, is_caller, refuses=refuses)
            case "failed", {"job": int(number), "attempt": bytes(name)}:
                return self.worker.failed(number, name, is_caller)
            case "began", _:
                return self.worker.began(is_caller)
        raise ProtocolError(f"no call {method}")

    def wake(self, contract: bytes) -> None:
        """Say on the chain that this seat is there, until the chain has it."""

        def run() -> None:
            for _ in range(20):
                try:
                    if self.number not in self.jobs.health(contract).asleep:
                        return
                    self.jobs.wake(contract, self.number)
                except ChainProblem:
                    self._scheduler.sleep(READ_SECONDS)

        self._task("waking", run).start()

    def want_reached(self) -> None:
        """Goes on only if people reach this node. Raises `NetworkError`."""
        if not self.running or not self.read_up or not self.network.together(self.number, "people"):
            raise NetworkError(f"seat {self.number} does not answer")


class _Waking:
    """Stands for `enigma.node.chores.Chores`, which has a thread and a clock of its own."""

    def __init__(self, seat: Seat) -> None:
        self.wake = seat.wake
