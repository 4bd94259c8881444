"""A network that lives: a real chain, nodes that follow it, and people. Jobs run in processes of their own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import USUAL, Controllers
from enigma.chain.identities import EVERYBODY, Use
from enigma.chain.nodes import Listing
from enigma.chain.sending import Sender
from enigma.client.network import Network
from enigma.engine.families import FAMILY
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.keys.sealing import SealingKey
from enigma.net.endpoint import Endpoint
from enigma.node.means import Work
from enigma.node.people.serving import PeoplePort
from enigma.node.renewals import RenewalTerms
from enigma.node.service import Keys, Node, Settings

ROOT = Path(__file__).parents[2]
GWEI, ETHER = 10**9, 10**18
HOST = "127.0.0.1"
DAYS = 10 * 86_400


@dataclass
class Place:
    """One node's keys, folder and operator: what outlives its process."""

    operator: Account
    keys: Keys
    folder: Path
    ports: tuple[int, int] = (0, 0)
    node: Node | None = None
    people: PeoplePort | None = None

    @property
    def name(self) -> str:
        return self.keys.account.address

    @property
    def running(self) -> Node:
        assert self.node is not None
        return self.node


@dataclass
class Living:
    """The network of one test. `accounts` are people with ether, and no node."""

    url: str
    connection: Connection
    controllers: Controllers
    deployment: Path
    places: list[Place]
    accounts: Sequence[Account]
    transcript_room: int = 0
    renewal: RenewalTerms = field(default_factory=RenewalTerms)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def names(self) -> list[str]:
        return [place.name for place in self.places]

    def person(self, index: int) -> Network:
        """The network as one person uses it."""
        return self._stack.enter_context(Network(self.url, self.controllers, self.accounts[index]))

    def start(self, place: Place, *, patience: int = 30) -> None:
        """Start a node, on the ports that it had before."""
        work = Work(FAMILY, at_once=2, patience=patience, memory=0, kernels="auto")
        settings = Settings(
            place.folder, self.url, self.controllers, 0, (HOST, place.ports[0]), None, work, self.renewal,
            transcript_room=self.transcript_room, transcript_life=DAYS,
        )  # fmt: skip
        place.node = Node(place.keys, settings)
        place.node.start()
        place.people = PeoplePort(place.node, place.keys.tls, (HOST, place.ports[1]))
        place.ports = (place.node.address[1], place.people.address[1])

    def stop(self, place: Place, patience: float = 0.0) -> None:
        """End a node; its folder stays."""
        if place.people is not None:
            place.people.close()
        if place.node is not None:
            place.node.stop(patience)
        place.people, place.node = None, None

    def register(self, place: Place) -> None:
        """Say on the chain who the node is and where, with a deposit, and log it in."""
        endpoint = Endpoint(HOST, place.ports[0], f"https://{HOST}:{place.ports[1]}")
        listing = Listing(place.keys.tls.fingerprint, place.keys.sealing.public_bytes, str(endpoint), 2, GWEI)
        with sending_as(self.connection, place.operator) as sender:
            nodes = self.controllers.nodes(self.connection, sender)
            proof = nodes.proof(place.keys.account, place.operator.address)
            nodes.register(place.name, listing, proof, deposit=ETHER)
            nodes.log_in(place.name)

    def wait_ready(self) -> None:
        assert all(place.running.wait_ready(60) for place in self.places)

    @contextmanager
    def blocks_going_on(self) -> Iterator[None]:
        """Blocks are made without anybody's transaction, as on every other chain."""
        ending = threading.Event()

        def mine() -> None:
            while not ending.wait(0.1):
                self.connection.ask("evm_mine")

        thread = threading.Thread(target=mine)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()

    def pass_time(self, seconds: int) -> None:
        self.connection.ask("evm_increaseTime", hex(seconds))
        self.connection.ask("evm_mine")


@contextmanager
def sending_as(connection: Connection, account: Account) -> Iterator[Sender]:
    """A sender of this account, without a journal."""
    sender = Sender(connection, account)
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def living(
    connection: Connection, accounts: Sequence[Account], folder: Path, *, nodes: int = 3, transcript_room: int = 0
) -> Iterator[Living]:
    """Controllers, `nodes` nodes that are registered and running, and the people who are left of `accounts`."""
    with sending_as(connection, accounts[0]) as sender:
        controllers = Controllers.deploy(sender, USUAL)
    deployment = folder / "controllers.json"
    controllers.save(deployment)
    operators, signers = accounts[1 : nodes + 1], accounts[nodes + 1 : 2 * nodes + 1]
    places = []
    for number, (operator, signer) in enumerate(zip(operators, signers, strict=True)):
        own = folder / f"node{number}"
        own.mkdir()
        keys = Keys(signer, NodeKey.generate(), SealingKey.generate(), os.urandom(32))
        places.append(Place(operator, keys, own))
    alive = Living(connection.url, connection, controllers, deployment, places, accounts[2 * nodes + 1 :],
                   transcript_room)  # fmt: skip
    try:
        for place in places:
            alive.start(place)
            alive.register(place)
        alive.wait_ready()
        yield alive
    finally:
        alive._stack.close()
        for place in places:
            alive.stop(place)


def grant_everybody(person: Network, contract: bytes, now: int) -> Any:
    """The owner agrees to every function, for whoever the contract lets ask."""
    use = Use(person.account.address, contract, EVERYBODY)
    return person.identities.grant(use, until=now + DAYS, uses=1000)
