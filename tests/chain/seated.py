"""Nodes, Committees and Jobs on a test's chain, with a committee of four and an asker who has paid in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.chain.conftest import Chain
from tests.chain.standing import ETHER, attacker, registered, signer

from enigma.chain.artifacts import load
from enigma.chain.committees import Committees, Fees
from enigma.chain.jobs import Jobs, Request
from enigma.chain.nodes import Nodes
from enigma.chain.nodes import Terms as NodeTerms
from enigma.chain.receipts import Receipt
from enigma.keys.account import Account

GWEI = 10**9
SEATS = 4
PUBLISHER, ASKER, STRANGER = 0, 18, 19  # accounts; the operator of seat i is account i + 1
NODE_TERMS = NodeTerms(minimum=ETHER, unbonding=3000, epoch=600, reputation_cap=50)
MINIMUM, PATIENCE, IDLE, BOND, LIE, SILENCE = ETHER // 10, 300, 5000, ETHER // 100, 10_000, 1000
DRAW_FEE = ETHER // 5
FEES = Fees(smallest=1000 * GWEI, round=50 * GWEI, operation=3, term=1000)
MAXIMUM = 100_000 * GWEI
MOST_GAS = 400_000  # of a whole job, request and settlement, for a committee of four
SOURCE, FUNCTION, ARGUMENTS = bytes([7]) * 32, bytes.fromhex("c1a0e53d"), bytes([8]) * 32
COMMITMENTS = (bytes([9]) * 32, bytes([10]) * 32)
KEYS = tuple(signer(3000 + seat) for seat in range(8))


@dataclass(frozen=True)
class World:
    """Where everything is. Clients are made anew in each test, because each test begins with the same nonces."""

    chain: Chain
    nodes_at: str
    committees_at: str
    jobs_at: str
    half: str  # the public half
    contract: bytes

    def nodes(self, index: int = PUBLISHER) -> Nodes:
        return Nodes(self.chain.connection, self.nodes_at, self.chain.sender(index))

    def committees(self, index: int = PUBLISHER) -> Committees:
        return Committees(self.chain.connection, self.committees_at, self.chain.sender(index))

    def jobs(self, index: int = PUBLISHER) -> Jobs:
        return Jobs(self.chain.connection, self.jobs_at, self.chain.sender(index))

    @property
    def domain(self) -> dict[str, Any]:
        return self.jobs().domain()

    @property
    def asker(self) -> str:
        return self.chain.accounts[ASKER].address

    def ask(self, index: int = ASKER, *, half: str | None = None) -> Request:
        """The asker asks through the public half."""
        mined = self.chain.sender(index).send(
            half or self.half, attacker("Half").abi, "ask", FUNCTION, ARGUMENTS, list(COMMITMENTS)
        )
        return self.jobs().requests_in(mined)[0]

    def answered(self, request: Request, mark: int = 1, *, before: bytes | None = None, rounds: int = 100) -> Receipt:
        """A receipt from the contract's present state, or another."""
        return request.receipt(
            programs=bytes([mark, 1]) * 16,
            state_before=self.jobs().state(request.contract) if before is None else before,
            state_after=bytes([mark, 2]) * 16,
            result=bytes([mark, 3]) * 16,
            rounds=rounds,
            operations=10_000,
        )

    def signed(self, receipt: Receipt, seats: Iterable[int] = range(SEATS)) -> dict[int, bytes]:
        """The signatures of some seats, by seat."""
        return {seat: receipt.sign(self.domain, KEYS[seat]) for seat in seats}

    def settled(self, mark: int = 1, seats: Iterable[int] = range(SEATS)) -> Receipt:
        """A job that was asked and settled."""
        receipt = self.answered(self.ask(), mark)
        self.jobs().settle(receipt, self.signed(receipt, seats))
        return receipt

    def held(self) -> int:
        return self.chain.connection.balance(self.jobs_at)


def bare(chain: Chain, *, node_terms: NodeTerms = NODE_TERMS) -> World:
    """The three controllers, bound to each other; no node, no contract."""
    sender = chain.sender(PUBLISHER)

    def put(name: str, *constants: Any) -> str:
        artifact = load(name)
        return sender.deploy(artifact.abi, artifact.bytecode, *constants)

    nodes = put("Nodes", node_terms.minimum, node_terms.unbonding, node_terms.epoch, node_terms.reputation_cap)
    committees = put("Committees", nodes, DRAW_FEE)
    jobs = put("Jobs", nodes, committees, MINIMUM, PATIENCE, IDLE, BOND, LIE, SILENCE)
    made = World(chain, nodes, committees, jobs, "", b"")
    made.nodes().bind(jobs)
    made.committees().bind(jobs)
    return made


def join(world: World, count: int, *, deposits: Iterable[int] = ()) -> None:
    """Register and log in the first nodes, each by an operator of its own; they can be drawn an epoch later."""
    given = [*deposits] or [2 * ETHER] * count
    for seat in range(count):
        nodes = world.nodes(seat + 1)
        registered(nodes, KEYS[seat], given[seat])
        nodes.log_in(KEYS[seat].address)


def put_half(world: World) -> str:
    """A public half, deployed by the publisher."""
    artifact = attacker("Half")
    return world.chain.sender(PUBLISHER).deploy(artifact.abi, artifact.bytecode, world.jobs_at)


def publish(world: World, *, quorum: int = 3, seats: int = SEATS, fees: Fees = FEES) -> World:
    """A contract without a committee."""
    half = put_half(world)
    contract = world.committees().publish(SOURCE, half, seats=seats, quorum=quorum, fees=fees)
    return replace(world, half=half, contract=contract)


def seat(world: World, keys: Iterable[Account] = KEYS[:SEATS]) -> None:
    """Name a committee; everybody accepts."""
    world.committees().name(world.contract, [key.address for key in keys])
    for number in range(SEATS):
        world.committees(number + 1).accept(world.contract, number)


def fund(world: World, index: int = ASKER, *, amount: int = ETHER, maximum: int = MAXIMUM) -> None:
    """Pay into an account and allow the contract to draw on it."""
    jobs = world.jobs(index)
    jobs.fund(amount)
    jobs.allow(world.contract, maximum)


def seated(chain: Chain) -> World:
    """Four named nodes hold a contract, and an asker has paid in."""
    world = bare(chain)
    join(world, SEATS + 1)
    world = publish(world)
    seat(world)
    fund(world)
    return world
