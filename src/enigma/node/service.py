"""One running node: every part, put together, started and ended in order."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.history import History
from enigma.chain.nodes import Registered
from enigma.chain.sending import Sender
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.keys.sealing import SealingKey
from enigma.net.book import AddressBook
from enigma.net.door import PEERS
from enigma.net.gate import Gate
from enigma.net.listener import Listener
from enigma.net.peers import PeerClient, PeerServer
from enigma.node.attempts import Means, Work
from enigma.node.chores import Chores
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket
from enigma.node.following import Follower
from enigma.node.hearing import Hearing
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.assignment import Peer
from enigma.node.logs import event as log
from enigma.node.neighbours import Neighbours
from enigma.node.paying import Paying
from enigma.node.people.uploads import Uploads
from enigma.node.watching import Watch
from enigma.node.working import Worker
from enigma.storage import Store
from enigma.wire import Tree

MOST_INPUT_BYTES = 1 << 30
"""Memory that one contribution may take at this seat."""
KEEP_INPUTS = 3600
"""Seconds that inputs wait for their question."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A node's keys: `account` signs receipts, `tls` is its peers' to check, `sealing` opens contributions."""

    account: Account
    tls: NodeKey
    sealing: SealingKey
    store: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What its operator decides. `accepts`: the publishers for whom it takes a named seat, None for all of them."""

    folder: Path
    chain_url: str
    controllers: Controllers
    confirmations: int
    listen: tuple[str, int]
    accepts: frozenset[str] | None
    work: Work


class Node:
    """A node. `start` returns when it serves its peers; `ready` when it has read the chain."""

    def __init__(self, keys: Keys, settings: Settings) -> None:
        self.keys, self.settings = keys, settings
        controllers = settings.controllers
        # First: what another process has open refuses it, and nothing else is open yet.
        self.store = Store.open(settings.folder / "store.db", keys.store)
        self.connection = Connection(settings.chain_url)
        self._sender = Sender(self.connection, keys.account, journal=settings.folder / "transactions.jsonl")
        self.jobs = controllers.jobs(self.connection, self._sender)
        self.ledger = controllers.ledger(self.connection)
        committees = controllers.committees(self.connection, self._sender)
        for damage in self.store.found:
            log("store is damaged", level=logging.ERROR, problem=str(damage))
        self.holdings = Holdings(self.store)
        self.watch = Watch()
        self.docket = Docket(self.watch)
        self.contracts = Contracts(self.connection, committees, self.holdings, self.name)
        self.inbox = Inbox(
            self.contracts, self.holdings, keys.sealing, controllers.chain_id, family=settings.work.family,
            most_bytes=MOST_INPUT_BYTES, keep=KEEP_INPUTS, now=lambda: int(time.time()),
        )  # fmt: skip
        self.uploads = Uploads(
            self.store, self.contracts, self.holdings, self.inbox, node=self.name, chain=controllers.chain_id,
            want_paying=Paying(self.jobs).want,
        )  # fmt: skip
        self.book = AddressBook()
        self.neighbours = Neighbours(self.name, controllers.nodes(self.connection), self.book)
        self._chores = Chores(self.name, committees, self.jobs, self.contracts, settings.accepts)
        self._ready = threading.Event()

    @property
    def name(self) -> str:
        """The address of its signing key: what the chain calls it."""
        return self.keys.account.address

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its peer port."""
        return self._listener.address

    @property
    def ready(self) -> bool:
        """Whether it has read the chain to its end, still does, and works."""
        return self._ready.is_set() and not self.problem

    @property
    def problem(self) -> str:
        """Why it does not go on; empty while all is well."""
        return self.follower.problem or self.worker.problem

    @property
    def registered(self) -> Registered | None:
        """Itself as the chain has it, as far as that has been read; None where it is not registered, or has left."""
        return self.neighbours.registered(self.name)

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Open the peer port, and begin to follow the chain."""
        settings = self.settings
        self._listener = Listener(*settings.listen)
        self.gate = Gate(self._listener)
        self.client = PeerClient(self.keys.tls, self.book)
        self.hearing = Hearing(
            self.name, self.connection, self.jobs, self.contracts, self.holdings, self.inbox, self.docket,
            self.neighbours, self._chores, self._job_ended,
        )  # fmt: skip
        means = Means(
            self.keys.tls, self.keys.account, self.gate, self.docket, self.contracts, self.holdings, self.inbox,
            self.jobs, self.hearing.consent, self._peer, self._call,
        )  # fmt: skip
        self.worker = Worker(means, settings.work)
        history = History(self.connection, settings.controllers, confirmations=settings.confirmations)
        self.follower = Follower(history, self.hearing.take, self._caught_up)
        self.server = PeerServer(self.gate.open(PEERS), self.keys.tls, self.book, self._serve)
        self.neighbours.start()
        self._chores.start()
        self.follower.start()
        self.worker.start()

    def stop(self, patience: float = 30.0) -> None:
        """End: nothing new begins, running jobs get so many seconds, then all is closed."""
        self.worker.stop(patience)
        self.follower.stop()
        self._chores.stop()
        self.neighbours.stop()
        self.client.close()
        self.server.close()
        self.gate.close()
        self._listener.close()
        self.store.close()
        self._sender.close()
        self.connection.close()

    def wait_ready(self, seconds: float) -> bool:
        """Until the chain has been read once; False after so many seconds."""
        return self._ready.wait(seconds)

    # ------------------------------------------------------------ what its parts ask of each other

    def _caught_up(self, block: int) -> None:
        self.neighbours.refresh()
        now = self.connection.head().timestamp
        if not self._ready.is_set():
            for each in self.contracts.all():
                self._chores.wake(each.published.contract)
        self.worker.caught_up(block, now)
        self.watch.live = True
        self._ready.set()

    def _job_ended(self, number: int) -> None:
        self.worker.attempts.ended(number)

    def _peer(self, name: str) -> Peer:
        if name == self.name:
            return Peer(*self.address, self.keys.tls.certificate_pem())
        return self.neighbours.peer(name)

    def _call(self, name: str, method: str, tree: Tree) -> Any:
        return self.neighbours.call(self.client, name, method, tree)

    def _serve(self, fingerprint: bytes, method: str, tree: Tree) -> Tree:
        if not self.neighbours.knows(fingerprint):
            raise ProtocolError("the caller is not registered")
        match method, tree:
            case "ready", {"job": int(number)}:
                return self.worker.ready(number)
            case "begin", {
                "job": int(number),
                "block": int(block),
                "attempt": bytes(attempt),
                "refuses": bool(refuses),
            }:
                is_shown = partial(self.neighbours.is_shown, fingerprint)
                return self.worker.begin(number, block, attempt, is_shown, refuses=refuses)
            case "failed", {"job": int(number), "attempt": bytes(attempt)}:
                return self.worker.failed(number, attempt, partial(self.neighbours.is_shown, fingerprint))
            case "began", {**nothing} if not nothing:
                return self.worker.began(partial(self.neighbours.is_shown, fingerprint))
        raise ArgumentProblem(f"a node knows no call {method!r} of this form")
