"""One running node: every part, put together, started and ended in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enigma.chain.committees import Phase
from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.chain.nodes import Registered, Status
from enigma.chain.sending import Sender
from enigma.errors import ArgumentProblem, ChainProblem, ChainRefused, EnigmaError, NetworkError, ProtocolError
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.keys.sealing import SealingKey
from enigma.net.book import AddressBook
from enigma.net.door import PEERS
from enigma.net.endpoint import Endpoint
from enigma.net.gate import Gate
from enigma.net.listener import Listener
from enigma.net.peers import PeerClient, PeerServer
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket, Job
from enigma.node.following import Follower
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.assignment import Peer
from enigma.node.logs import event as log
from enigma.node.states import JobEvent
from enigma.node.watching import Watch
from enigma.node.working import Work, Worker
from enigma.storage import Store
from enigma.wire import Tree

LEARN_SECONDS = 5.0
LEARN_AGAIN = 2.0
"""Seconds between two tries to reach a node whose certificate is not known yet."""
CALL_SECONDS = 10.0
ACCEPT_AGAIN = 1.0
MOST_INPUT_BYTES = 1 << 32
KEEP_INPUTS = 3600


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
        self.connection = Connection(settings.chain_url)
        controllers = settings.controllers
        self._sender = Sender(self.connection, keys.account, journal=settings.folder / "transactions.jsonl")
        self.nodes = controllers.nodes(self.connection, self._sender)
        self.committees = controllers.committees(self.connection, self._sender)
        self.jobs = controllers.jobs(self.connection, self._sender)
        self.ledger = controllers.ledger(self.connection)
        self.store = Store.open(settings.folder / "store.db", keys.store)
        for damage in self.store.found:
            log("store is damaged", level=logging.ERROR, problem=str(damage))
        self.holdings = Holdings(self.store)
        self.watch = Watch()
        self.docket = Docket(self.watch)
        self.contracts = Contracts(self.connection, self.committees, self.holdings, self.name)
        self.inbox = Inbox(
            self.contracts, self.holdings, keys.sealing, controllers.chain_id, family=settings.work.family,
            most_bytes=MOST_INPUT_BYTES, keep=KEEP_INPUTS, now=lambda: int(time.time()),
        )  # fmt: skip
        self.book = AddressBook()
        self._consent = Consent()
        self._consent_turn = threading.Lock()
        self._registered: dict[str, Registered] = {}
        self._changed_nodes: set[str] = set()
        self._registered_turn = threading.Lock()
        self._ending = threading.Event()
        self._ready = threading.Event()
        self._chores: list[Callable[[], None]] = []
        self._chores_turn = threading.Condition()
        self.follower = Follower(History(self.connection, controllers), self._take, self._caught_up)
        self._listener: Listener | None = None

    @property
    def name(self) -> str:
        """The address of its signing key: what the chain calls it."""
        return self.keys.account.address

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its peer port."""
        assert self._listener is not None
        return self._listener.address

    @property
    def ready(self) -> bool:
        """Whether it has read the chain to its end, and still does."""
        return self._ready.is_set() and not self.follower.problem

    @property
    def registered(self) -> Registered | None:
        """Itself as the chain has it, as far as that has been read; None where it is not registered, or has left."""
        with self._registered_turn:
            return self._registered.get(self.name)

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Open the peer port, and begin to follow the chain."""
        self._listener = Listener(*self.settings.listen)
        self.gate = Gate(self._listener)
        self.server = PeerServer(self.gate.open(PEERS), self.keys.tls, self.book, self._serve)
        self.client = PeerClient(self.keys.tls, self.book)
        self.worker = Worker(
            self.keys.tls, self.keys.account, self.gate, self.docket, self.contracts, self.holdings, self.inbox,
            self.jobs, self._ask_consent, self._peer, self._call, self.settings.work,
        )  # fmt: skip
        self._threads = [
            threading.Thread(target=self._introduce, name="introductions", daemon=True),
            threading.Thread(target=self._do_chores, name="chores", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.follower.start()
        self.worker.start()

    def stop(self, patience: float = 30.0) -> None:
        """End: nothing new begins, running jobs get so many seconds, then all is closed."""
        self._ending.set()
        with self._chores_turn:
            self._chores_turn.notify_all()
        self.worker.stop(patience)
        self.follower.stop()
        for thread in self._threads:
            thread.join()
        self.client.close()
        self.server.close()
        self.gate.close()
        if self._listener is not None:
            self._listener.close()
        self.store.close()
        self._sender.close()
        self.connection.close()

    def wait_ready(self, seconds: float) -> bool:
        """Until the chain has been read once; False after so many seconds."""
        return self._ready.wait(seconds)

    # ------------------------------------------------------------ what the chain says

    def _take(self, event: Event, controller: str) -> None:
        with self._consent_turn:
            self._consent.take(event, controller)
        match controller, event.name:
            case "Nodes", _ if "node" in event.values:
                self._changed_nodes.add(str(event.values["node"]))
            case "Committees", "Named":
                if self.name in event.values["nodes"]:
                    self._later(lambda: self._accept(bytes(event.values["contract"])))
            case "Committees", "Seated" | "Replaced" | "Retired":
                self.contracts.look(bytes(event.values["contract"]))
            case "Jobs", "Requested":
                self._requested(event)
            case "Jobs", "Settled":
                self._settled(event)
            case "Jobs", "Refused" | "Expired":
                self._ended(event)

    def _caught_up(self, block: int) -> None:
        while self._changed_nodes:
            self._look_at_node(self._changed_nodes.pop())
        if not self._ready.is_set():
            for each in self.contracts.all():
                self._later(lambda contract=each.published.contract: self._wake(contract))  # type: ignore[misc]
        self.worker.block = block
        self.watch.live = True
        self._ready.set()
        self.docket.wake()

    def _requested(self, event: Event) -> None:
        contract, number = bytes(event.values["contract"]), int(event.values["job"])
        if event.removed:
            self.docket.drop(number)
            return
        seated = self.contracts.seated(contract)
        if seated is None:
            return
        block = self.connection.block(event.block)
        if block is None:
            raise ChainProblem(f"block {event.block} has left the chain while it was read")
        request = self.jobs.request_of(event)
        self.docket.add(Job(request, event.block, block.timestamp, seated.seat))

    def _settled(self, event: Event) -> None:
        contract, number = bytes(event.values["contract"]), int(event.values["job"])
        if event.removed:
            raise ChainProblem(
                f"the receipt of job {number} has left the chain",
                hint="give the node more confirmations than this chain's reorganisations are deep",
            )
        pending = self.holdings.pending(contract, number)
        if pending is not None:
            moves = bytes(event.values["state"]) == pending.finding.state_after
            self.holdings.settle(contract, number, moves=moves)
            reason = pending.finding.refusal
            self.docket.happen(number, JobEvent.SETTLED, lambda found: setattr(found, "reason", reason))
        else:
            self.docket.happen(number, JobEvent.SETTLED)

    def _ended(self, event: Event) -> None:
        number = int(event.values["job"])
        job = self.docket.get(number)
        if job is None:
            return
        pending = self.holdings.pending(job.request.contract, number)
        reason = "" if pending is None else pending.finding.refusal
        self.holdings.drop_pending(job.request.contract, number)
        if event.name == "Expired":
            self._later(lambda: self._wake(job.request.contract))
        happened = JobEvent.REFUSED if event.name == "Refused" else JobEvent.EXPIRED
        self.docket.happen(number, happened, lambda found: setattr(found, "reason", reason))

    def _look_at_node(self, name: str) -> None:
        found = self.nodes.node(name)
        with self._registered_turn:
            known = self._registered.get(name)
            if found is None or found.status is Status.LEFT:
                self._registered.pop(name, None)
            else:
                self._registered[name] = found
        if known is not None and (found is None or found.listing.tls != known.listing.tls):
            self.book.forget(known.listing.tls)
            log("peer forgotten", peer=name)

    # ------------------------------------------------------------ peers

    def _introduce(self) -> None:
        """Learn where every registered node is, and which certificate it shows; again and again for those not there."""
        while not self._ending.is_set():
            with self._registered_turn:
                wanted = [each for name, each in self._registered.items() if name != self.name]
            for each in wanted:
                if self._ending.is_set():
                    return
                try:
                    endpoint = Endpoint.parse(each.listing.endpoint)
                    if each.listing.tls not in self.book or self._moved(each, endpoint):
                        self.book.learn(endpoint, each.listing.tls, LEARN_SECONDS)
                        log("peer found", peer=each.node, endpoint=str(endpoint))
                except EnigmaError as error:
                    # It is not there, or not itself: later, perhaps.
                    log("peer not found", level=logging.DEBUG, peer=each.node, problem=error.message)
            self._ending.wait(LEARN_AGAIN)

    def _moved(self, node: Registered, endpoint: Endpoint) -> bool:
        address = self.book.address(node.listing.tls)
        return (address.host, address.port) != (endpoint.host, endpoint.port)

    def _fingerprint(self, name: str) -> bytes:
        with self._registered_turn:
            found = self._registered.get(name)
        if found is None:
            raise NetworkError(f"the node {name} is not registered")
        return found.listing.tls

    def _peer(self, name: str) -> Peer:
        if name == self.name:
            return Peer(*self.address, self.keys.tls.certificate_pem())
        address = self.book.address(self._fingerprint(name))
        return Peer(address.host, address.port, address.certificate)

    def _call(self, name: str, method: str, tree: Tree) -> Any:
        return self.client.call(self._fingerprint(name), method, tree, deadline=CALL_SECONDS, repeatable=True)

    def _serve(self, fingerprint: bytes, method: str, tree: Tree) -> Tree:
        with self._registered_turn:
            caller = next((n for n, each in self._registered.items() if each.listing.tls == fingerprint), None)
        if caller is None:
            raise ProtocolError("the caller is not registered")
        match method, tree:
            case "ready", {"job": int(number)}:
                return self.worker.ready(number)
            case "begin", {"job": int(number), "block": int(block)}:
                return self.worker.begin(caller, number, block)
        raise ArgumentProblem(f"a node knows no call {method!r} of this form")

    # ------------------------------------------------------------ consent, and what takes a transaction

    def _ask_consent(self, question: Callable[[Consent], Sequence[str]]) -> Sequence[str]:
        with self._consent_turn:
            return question(self._consent)

    def _accept(self, contract: bytes) -> None:
        """Take the seat that a publisher has named this node for, if its operator wants to work for that publisher."""
        while not self._ending.is_set():
            published = self.committees.published(contract)
            if published is None or published.phase is not Phase.NAMED or self.name not in published.seats:
                return
            if self.settings.accepts is not None and published.publisher not in self.settings.accepts:
                log("seat declined", contract=contract.hex(), publisher=published.publisher)
                return
            try:
                self.committees.accept(contract, published.seats.index(self.name))
                log("seat accepted", contract=contract.hex(), publisher=published.publisher)
                return
            except ChainRefused:
                # The last to accept pays for seating all: who did not expect to be the last has sent too little gas.
                self._ending.wait(ACCEPT_AGAIN)

    def _wake(self, contract: bytes) -> None:
        """Say that this seat is there, where the chain takes it to be asleep: else its contract cannot be asked."""
        seated = self.contracts.seated(contract)
        if seated is not None and seated.seat in self.jobs.health(contract).asleep:
            self.jobs.wake(contract, seated.seat)

    def _later(self, chore: Callable[[], None]) -> None:
        with self._chores_turn:
            self._chores.append(chore)
            self._chores_turn.notify_all()

    def _do_chores(self) -> None:
        while True:
            with self._chores_turn:
                self._chores_turn.wait_for(lambda: self._chores or self._ending.is_set())
                if self._ending.is_set():
                    return
                chore = self._chores.pop(0)
            try:
                chore()
            except ChainProblem as error:
                self.follower.problem = error.message
                log("a transaction failed", level=logging.ERROR, problem=error.message)
