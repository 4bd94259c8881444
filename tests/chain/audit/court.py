"""A whole deployment on a test's chain, with a contract, its committee, askers, and jobs to be audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak
from tests.chain.conftest import Chain
from tests.chain.seated import (
    ARGUMENTS,
    ASKER,
    BOND,
    COMMITMENTS,
    DRAW_FEE,
    FEES,
    IDLE,
    KEYS,
    LIE,
    MAXIMUM,
    MINIMUM,
    NODE_TERMS,
    PATIENCE,
    PUBLISHER,
    SEATS,
    SILENCE,
    World,
    fund,
    join,
    seat,
)
from tests.chain.standing import ETHER

from enigma.chain.artifacts import Artifact
from enigma.chain.audit import Audit, Verdict, audit
from enigma.chain.committees import Fees
from enigma.chain.compiling import compile_file
from enigma.chain.connection import Connection
from enigma.chain.deployment import USUAL, Controllers
from enigma.chain.identities import Identities
from enigma.chain.jobs import Request
from enigma.chain.jobs import Terms as JobTerms
from enigma.chain.receipts import Receipt
from enigma.chain.sortition import DELAY

TERMS = replace(USUAL, nodes=NODE_TERMS, jobs=JobTerms(MINIMUM, PATIENCE, IDLE, BOND, LIE, SILENCE), draw_fee=DRAW_FEE)
TEXT = b"""
class Pay(Contract):
    salaries: map[address, private[int(0, 10**6)]]

    @private
    def submit(self, salary: private[int(0, 10**6)]):
        self.salaries[sender] = salary
"""  # the public half of these tests is another: the chain knows the source's hash only
OTHER_ASKER = 17
CONTRIBUTE = bytes(keccak(b"submit(bytes32)")[:4])


@cache
def public_half() -> Artifact:
    """The public half of these tests, compiled."""
    return compile_file(Path(__file__).parent / "PublicHalf.vy")


@dataclass(frozen=True)
class Court:
    """A deployment, its world as other tests know it, and the audit of its jobs."""

    world: World
    controllers: Controllers

    @property
    def chain(self) -> Chain:
        return self.world.chain

    def identities(self, index: int) -> Identities:
        return self.controllers.identities(self.chain.connection, self.chain.sender(index))

    def audit(self, number: int, connection: Connection | None = None, **options: Any) -> Audit:
        return audit(connection or self.chain.connection, self.controllers, number, **options)

    def ask(
        self, index: int = ASKER, *, function: bytes = CONTRIBUTE, commitments: Iterable[bytes] = COMMITMENTS
    ) -> Request:
        mined = self.chain.sender(index).send(
            self.world.half, public_half().abi, "ask", function, ARGUMENTS, list(commitments)
        )
        return self.world.jobs().requests_in(mined)[0]

    def signed(self, receipt: Receipt, seats: Iterable[int] = range(SEATS)) -> Mapping[int, bytes]:
        """Signatures of the nodes that hold the seats now."""
        keys = {key.address: key for key in KEYS}
        nodes = self.world.committees().seating(self.world.contract).seats
        return {number: receipt.sign(self.world.domain, keys[nodes[number]]) for number in seats}

    def settled(
        self, index: int = ASKER, *, mark: int = 1, seats: Iterable[int] = range(SEATS), **changes: Any
    ) -> Receipt:
        """A job of this asker, asked and settled; `changes` are to its receipt."""
        receipt = replace(self.world.answered(self.ask(index), mark), **changes)
        self.world.jobs().settle(receipt, self.signed(receipt, seats))
        return receipt


def opened(chain: Chain) -> Court:
    """All controllers, five nodes, a contract without a committee, two askers who have paid in."""
    import hashlib

    controllers = Controllers.deploy(chain.sender(PUBLISHER), TERMS)
    at = controllers.addresses
    world = World(chain, at["Nodes"], at["Committees"], at["Jobs"], "", b"")
    join(world, SEATS + 1, deposits=[ETHER * n for n in (2, 3, 5, 4, 2)])
    return Court(published(world, hashlib.sha256(TEXT).digest()), controllers)


def published(world: World, source: bytes, *, fees: Fees = FEES) -> World:
    """A contract whose source has this hash."""
    artifact = public_half()
    half = world.chain.sender(PUBLISHER).deploy(artifact.abi, artifact.bytecode, world.jobs_at)
    contract = world.committees().publish(source, half, seats=SEATS, quorum=3, fees=fees)
    return replace(world, half=half, contract=contract)


def named(chain: Chain) -> Court:
    """A named committee, and two askers."""
    court = opened(chain)
    seat(court.world)
    return _funded(court)


def drawn(chain: Chain) -> Court:
    """A drawn committee, and two askers."""
    court = opened(chain)
    world = court.world
    chain.pass_time(NODE_TERMS.epoch)
    world.committees().request_draw(world.contract)
    chain.mine(DELAY + 1)
    world.committees().finish_draw(world.contract)
    return _funded(court)


def _funded(court: Court) -> Court:
    for index in (ASKER, OTHER_ASKER):
        fund(court.world, index, amount=2 * ETHER, maximum=MAXIMUM)
    return court


def wrong(found: Audit) -> list[str]:
    """The sentences of what an audit found wrong."""
    return [finding.sentence for finding in found if finding.verdict is Verdict.WRONG]


def proven(found: Audit) -> list[str]:
    """The sentences of what an audit found proven."""
    return [finding.sentence for finding in found if finding.verdict is Verdict.PROVEN]


def open_questions(found: Audit) -> list[str]:
    """The sentences of what an audit could not prove."""
    return [finding.sentence for finding in found if finding.verdict is Verdict.UNPROVABLE]
