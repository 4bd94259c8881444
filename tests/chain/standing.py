"""Controllers on a test's chain, with a contract that stands in for Jobs and does whatever it is told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tests.chain.conftest import Chain

from enigma.chain.answers import Receipt
from enigma.chain.artifacts import Artifact, load
from enigma.chain.coding import decode_event, encode_call, event_topic, function_entry
from enigma.chain.compiling import compile_file, compile_source
from enigma.chain.controller import Controller
from enigma.chain.identities import Identities
from enigma.chain.ledger import Ledger
from enigma.chain.nodes import Listing, Nodes, Terms
from enigma.keys.account import Account

C = TypeVar("C", Nodes, Identities, Ledger)

ETHER = 10**18
TERMS = Terms(minimum=ETHER, unbonding=6000, epoch=2000, reputation_cap=5)
LISTING = Listing(bytes([1]) * 32, bytes([2]) * 32, "tls://192.0.2.1:4100", 4, 7)
OTHER_LISTING = Listing(bytes([3]) * 32, bytes([4]) * 32, "tls://[2001:db8::1]:4100", 9, 11)


@cache
def attacker(name: str) -> Artifact:
    """A contract of tests/chain/attackers, compiled."""
    return compile_file(Path(__file__).parent / "attackers" / f"{name}.vy")


@cache
def compiled(name: str) -> Artifact:
    """A controller, compiled from its source, once for all tests."""
    return compile_source(name)


def call_of(controller: Controller, function: str, *args: Any) -> bytes:
    """The bytes of a call, for a contract to make."""
    return encode_call(function_entry(controller.abi, function, len(args)), args)


def events(controller: Controller, receipt: Receipt) -> list[tuple[str, dict[str, Any]]]:
    """The controller's events in a receipt: name and values."""
    known = {event_topic(entry): entry for entry in controller.abi if entry["type"] == "event"}
    logs = [(known[log.topics[0]], log) for log in receipt.logs]
    return [(entry["name"], decode_event(entry, log.topics, log.data)) for entry, log in logs]


def next_epoch(chain: Chain) -> None:
    """To the first second of the next epoch of Nodes, so that a test stays within one."""
    chain.pass_time(TERMS.epoch - chain.connection.head().timestamp % TERMS.epoch)


@dataclass(frozen=True)
class Proxy:
    """A contract at an address that calls whatever it is told to."""

    chain: Chain
    address: str
    artifact: Artifact

    def act(self, controller: Controller, function: str, *args: Any, value: int = 0) -> Receipt:
        data = call_of(controller, function, *args)
        return self.send("act", controller.address, data, value=value)

    def send(self, function: str, *args: Any, value: int = 0) -> Receipt:
        return self.chain.sender().send(self.address, self.artifact.abi, function, *args, value=value)

    def read(self, function: str, *args: Any) -> Any:
        return self.chain.connection.read(self.address, self.artifact.abi, function, *args)


def put(chain: Chain, name: str) -> Proxy:
    """An attacker on the chain."""
    artifact = attacker(name)
    return Proxy(chain, chain.sender().deploy(artifact.abi, artifact.bytecode), artifact)


def nodes_of(
    chain: Chain, terms: Terms = TERMS, *, bound: bool = True, artifact: Artifact | None = None
) -> tuple[Nodes, Proxy]:
    """Nodes (or another that was compiled) with a Jobs of straw, seen by account 0."""
    artifact, sender = artifact or load("Nodes"), chain.sender()
    constants = (terms.minimum, terms.unbonding, terms.epoch, terms.reputation_cap)
    nodes = Nodes(chain.connection, sender.deploy(artifact.abi, artifact.bytecode, *constants), sender)
    jobs = put(chain, "StandIn")
    if bound:
        nodes.bind(jobs.address)
    return nodes, jobs


def identities_of(chain: Chain) -> Identities:
    """Identities, seen by account 0."""
    artifact, sender = load("Identities"), chain.sender()
    return Identities(chain.connection, sender.deploy(artifact.abi, artifact.bytecode), sender)


def ledger_of(chain: Chain, identities: Identities) -> Ledger:
    """A Ledger, seen by account 0."""
    artifact, sender = load("Ledger"), chain.sender()
    return Ledger(chain.connection, sender.deploy(artifact.abi, artifact.bytecode, identities.address), sender)


def seen_by(chain: Chain, controller: C, index: int) -> C:
    """The same controller, with the account `index` as sender."""
    return type(controller)(chain.connection, controller.address, chain.sender(index))


def signer(number: int) -> Account:
    """A signing key of a test's node."""
    return Account.from_key(number.to_bytes(32, "big"))


def registered(nodes: Nodes, key: Account, deposit: int = 2 * ETHER) -> str:
    """Register a node for the sender of `nodes`; its name."""
    assert nodes.sender is not None
    nodes.register(key.address, LISTING, nodes.proof(key, nodes.sender.address), deposit=deposit)
    return key.address
