"""One running node: every part, put together, started and ended in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
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
from enigma.node.cancelling import Cancellations
from enigma.node.chores import Chores
from enigma.node.contracts import Contracts
from enigma.node.convening import Convener
from enigma.node.data.parts import LIMITS, METHODS, Data
from enigma.node.docket import Docket
from enigma.node.facts import ChainFacts
from enigma.node.following import Follower
from enigma.node.healing import Healing, began, mend
from enigma.node.hearing import Hearing
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.assignment import Peer
from enigma.node.journal import EventJournal
from enigma.node.logs import event as log
from enigma.node.means import Means, Work
from enigma.node.neighbours import Neighbours
from enigma.node.notes import Notes
from enigma.node.ordering import contract_of, node_of, seat_of
from enigma.node.paying import Paying
from enigma.node.people.uploads import Uploads
from enigma.node.renewals import RenewalTerms
from enigma.node.replacing import Replacing
from enigma.node.transcripts import Transcripts
from enigma.node.watching import Watch
from enigma.node.withdrawing import Withdrawals
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
    """What its operator decides. `accepts`: the publishers for whom it takes a named seat, None for all of them.

    `transcript_room`: bytes of its store for transcripts of jobs, 0 for none; `transcript_life`: seconds of each.
    """

    folder: Path
    chain_url: str
    controllers: Controllers
    confirmations: int
    listen: tuple[str, int]
    accepts: frozenset[str] | None
    work: Work
    renewal: RenewalTerms = field(default_factory=RenewalTerms)
    transcript_room: int = 0
    transcript_life: int = 0


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
        self.identities = controllers.identities(self.connection)
        committees = controllers.committees(self.connection, self._sender)
        for damage in self.store.found:
            log("store is damaged", level=logging.ERROR, problem=str(damage))
        mend(self.store)
        self.holdings = Holdings(self.store)
        self.transcripts = Transcripts(
            self.store, settings.transcript_room, settings.transcript_life, now=lambda: int(time.time())
        )
        self.watch = Watch()
        self.docket = Docket(self.watch)
        notes = Notes(self.store)
        self.contracts = Contracts(self.connection, committees, self.holdings, notes, self.name)
        self.inbox = Inbox(
            self.contracts, self.holdings, keys.sealing, controllers.chain_id, family=settings.work.family,
            most_bytes=MOST_INPUT_BYTES, keep=KEEP_INPUTS, now=lambda: int(time.time()),
        )  # fmt: skip
        self.uploads = Uploads(
            self.store, self.contracts, self.holdings, self.inbox, node=self.name, chain=controllers.chain_id,
            want_paying=Paying(self.jobs).want,
        )  # fmt: skip
        self.cancellations = Cancellations(self.store, self.holdings, self.docket, controllers.chain_id)
        self.book = AddressBook()
        self.neighbours = Neighbours(self.name, controllers.nodes(self.connection), self.book, notes, self._shut_out)
        self._chores = Chores(
            self.name, self._sender, committees, self.jobs, self.contracts, notes, settings.accepts
        )  # fmt: skip
        self._committees, self._nodes = committees, controllers.nodes(self.connection)
        self._ready = threading.Event()
        self._doubt = ""

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
        return self.follower.problem or self._doubt or self.worker.problem

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
        self.client = PeerClient(self.keys.tls, self.book, limits=LIMITS)
        self.data = Data(
            self.name, self.store, self.connection, settings.controllers, settings.confirmations, self.neighbours,
            self.client, self._sender,
        )  # fmt: skip
        self.hearing = Hearing(
            self.name, self.connection, self.jobs, self.contracts, self.holdings, self.inbox, self.docket,
            self.neighbours, self._chores, self._job_ended, self._seat_moved,
        )  # fmt: skip
        self.withdrawals = Withdrawals(
            self.store, self.contracts, self.holdings, self.inbox, self.docket, self.keys.account,
            self.identities.domain(), self.hearing.consent,
        )  # fmt: skip
        self.holdings.shelves.withdrawn = self.withdrawals
        self.hearing.also(self.data.hear)
        self.hearing.also(self.withdrawals.take)
        means = Means(
            self.keys.tls, self.keys.account, self.gate, self.docket, self.contracts, self.holdings, self.inbox,
            self.jobs, self.hearing.consent, self.cancellations, self._peer, self._call, self.transcripts,
            ChainFacts(self.contracts, self.ledger, self.identities),
        )  # fmt: skip
        self.worker = Worker(means, settings.work)
        self.replacing = Replacing(
            self.name, self.connection, self._committees, self._nodes, self.jobs, self.contracts, self.holdings,
            self._call, lambda publisher: settings.accepts is None or publisher in settings.accepts,
            replace=settings.renewal.replace, first_block=settings.controllers.first_block,
        )  # fmt: skip
        healing = Healing(
            self.name, self.connection, self.jobs, self.contracts, self.holdings, self._call, lambda: self.worker.block
        )
        self.convener = Convener(
            self.name, means, settings.work, self.worker.attempts, settings.renewal, healing, self.replacing
        )
        history = History(self.connection, settings.controllers, confirmations=settings.confirmations)
        journal = EventJournal(
            self.store, settings.controllers, lambda event: Consent.takes(event, history.controller(event))
        )
        self.follower = Follower(self.connection, history, journal, self.hearing, self._caught_up)
        self.server = PeerServer(
            self.gate.open(PEERS), self.keys.tls, self.book, self._serve, serve_download=self._stream, limits=LIMITS
        )
        self.neighbours.start()
        self.data.start()
        self._chores.start()
        self.follower.start()
        self.worker.start()
        self.convener.start()

    def stop(self, patience: float = 30.0) -> None:
        """End: nothing new begins, running jobs get so many seconds, then all is closed."""
        self._sender.stop_waiting()
        self.convener.stop()
        self.worker.stop(patience)
        self.follower.stop()
        self._chores.stop()
        self.neighbours.stop()
        self.client.close()
        self.data.stop()
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
        self.data.caught_up(now)
        if not self._ready.is_set():
            self._doubt = self.hearing.doubt()
            if self._doubt:  # nothing is computed on it; it may pass, as the chain goes on
                return
            for each in self.contracts.all():
                self._chores.wake(each.published.contract)
            self.worker.attempts.began = began(self.store, block)
        self.withdrawals.act(now)
        self.worker.caught_up(block, now)
        self.convener.caught_up()
        self.watch.live = True
        self._ready.set()

    def _shut_out(self, node: str) -> None:
        self.worker.attempts.without(node)

    def _job_ended(self, number: int) -> None:
        self.worker.attempts.ended(number)

    def obey(self, order: dict[str, Any]) -> None:
        """Do what the operator orders; see `enigma.node.ordering`. Raises `EnigmaError`."""
        match order.get("order"):
            case "refresh":
                self.convener.refresh(contract_of(order))
            case "allow":
                self.replacing.allow(contract_of(order), seat_of(order), node_of(order))
            case "take":
                self.replacing.take(contract_of(order), seat_of(order))
            case other:
                raise ArgumentProblem(f"a node knows no order {other!r}")

    def _seat_moved(self, event: Event) -> None:
        self.replacing.moved(event)

    def _peer(self, name: str) -> Peer:
        if name == self.name:
            return Peer(*self.address, self.keys.tls.certificate_pem())
        return self.neighbours.peer(name)

    def _call(self, name: str, method: str, tree: Tree) -> Any:
        return self.neighbours.call(self.client, name, method, tree)

    def _serve(self, fingerprint: bytes, method: str, tree: Tree) -> Tree:
        if not self.neighbours.knows(fingerprint):
            raise ProtocolError("the caller is not registered")
        if method in METHODS:
            return self.data.serve(fingerprint, method, tree)
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
        return self.convener.serve(method, tree, partial(self.neighbours.is_shown, fingerprint))

    def _stream(self, fingerprint: bytes, method: str, tree: Tree) -> Iterator[bytes]:
        if not self.neighbours.knows(fingerprint):
            raise ProtocolError("the caller is not registered")
        return self.data.stream(fingerprint, method, tree)
