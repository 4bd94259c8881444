"""The controller Committees, typed: private contracts, their terms, and who holds their pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Any, ClassVar

from enigma.chain.answers import Log, Receipt
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.connection import At
from enigma.chain.controller import Controller
from enigma.chain.nodes import Nodes
from enigma.chain.sortition import Draw, check_draw
from enigma.errors import LyingNode, ProtocolError


class Phase(IntEnum):
    """What a contract is doing."""

    UNKNOWN = 0
    PUBLISHED = 1
    NAMED = 2
    DRAWING = 3
    SEATED = 4
    RETIRED = 5


@dataclass(frozen=True, slots=True)
class Fees:
    """What a contract's jobs cost, in wei: at least `smallest`, else so much per round and operation.

    `term` is the time of a job in seconds, from its request to its deadline.
    """

    smallest: int
    round: int
    operation: int
    term: int


@dataclass(frozen=True, slots=True)
class Published:
    """A private contract as the chain knows it. `source` is the SHA-256 of its source; seats may still be empty."""

    contract: bytes
    publisher: str
    source: bytes
    public_half: str
    size: int
    quorum: int
    phase: Phase
    drawn: bool
    fees: Fees
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seating:
    """Quorum, whether it was drawn, fees and seats of a contract that has its committee."""

    quorum: int
    drawn: bool
    fees: Fees
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A draw that was requested: `fee` in wei; `abandoned` counts those before it."""

    epoch: int
    seed_block: int
    fee: int
    abandoned: int


class Committees(Controller):
    """The registry of private contracts and their committees."""

    NAME: ClassVar[str] = "Committees"

    # ------------------------------------------------------------ a publisher

    def publish(self, source: bytes, public_half: str, *, seats: int, quorum: int, fees: Fees) -> bytes:
        """Register a contract; its id. `public_half` is deployed by the sender, or is the sender."""
        receipt = self.send("publish", source, public_half, seats, quorum, astuple(fees))
        return bytes(self._one(receipt.logs, "Published")["contract"])

    def name(self, contract: bytes, nodes: Sequence[str]) -> Receipt:
        """Name the committee, in seat order; it holds when each node has accepted."""
        return self.send("name", contract, list(nodes))

    def request_draw(self, contract: bytes) -> Receipt:
        """Pay the fee of a draw, and fix its weights and the block of its seed."""
        return self.send("request_draw", contract, value=self.draw_fee(contract))

    # ------------------------------------------------------------ a node, or anybody

    def accept(self, contract: bytes, seat: int) -> Receipt:
        """A named node takes its seat; sent by the node or its operator."""
        return self.send("accept", contract, seat)

    def finish_draw(self, contract: bytes) -> Receipt:
        """Fix the committee that the seed gives; by anybody, once the seed's block is past."""
        return self.send("finish_draw", contract)

    def collect(self, node: str) -> Receipt:
        """Pay a node's part of draw fees to its operator, who sends this."""
        return self.send("collect", node)

    # ------------------------------------------------------------ what the chain says

    def published(self, contract: bytes, *, at: At = "latest") -> Published | None:
        """A contract, None where there is none of that id."""
        publisher, source, half, size, quorum, phase, drawn, fees, _, seats = self.read("info", contract, at=at)
        if phase == Phase.UNKNOWN:
            return None
        return Published(
            contract, publisher, source, half, size, quorum, Phase(phase), drawn, Fees(*fees), tuple(seats)
        )

    def has_accepted(self, contract: bytes, seat: int, *, at: At = "latest") -> bool:
        """Has the node that is named for a seat taken it? The contract waits for the others."""
        accepted = self.read("info", contract, at=at)[8]
        return bool(int(accepted) >> seat & 1)

    def seating(self, contract: bytes, *, at: At = "latest") -> Seating:
        """Who holds a contract. Raises ChainRefused where it has no committee yet."""
        quorum, drawn, fees, seats = self.read("committee", contract, at=at)
        return Seating(quorum, drawn, Fees(*fees), tuple(seats))

    def contract_of(self, public_half: str, *, at: At = "latest") -> bytes | None:
        """The contract whose public half is at an address, None where there is none."""
        found = bytes(self.read("contract_of", public_half, at=at))
        return found if any(found) else None

    def drawing(self, contract: bytes, *, at: At = "latest") -> Drawing:
        """The last draw that was requested."""
        return Drawing(*self.read("draw_of", contract, at=at))

    def draw_fee(self, contract: bytes, *, at: At = "latest") -> int:
        """Wei for the contract's next draw: twice as much after each that it abandoned."""
        return int(self.read("draw_fee", contract, at=at))

    def drawn_by(self, seed: bytes, epoch: int, seats: int, *, at: At = "latest") -> tuple[str, ...]:
        """The committee that the controller computes from a seed and the weights of an epoch."""
        return tuple(self.read("draw", seed, epoch, seats, at=at))

    def earned(self, node: str, *, at: At = "latest") -> int:
        """Wei of draw fees that wait for a node's operator."""
        return int(self.read("earned", node, at=at))

    def check_drawn(self, nodes: Nodes, contract: bytes, *, first_block: int) -> Draw:
        """Compute a contract's draw again from the chain alone, and compare. `first_block` is where events begin.

        It reads Nodes as of the block of the draw, for which a node of the chain must hold that block's state. Raises
        ProtocolError where the committee is not the one that seed and weights give, or was never drawn.
        """
        last = self.connection.head().number
        entry = self._event("Drawn")
        topics = [event_topic(entry), "0x" + contract.hex()]
        logs = self.connection.logs(self.address, topics, first_block, last)
        if not logs:
            raise ProtocolError("this contract's committee was not drawn")
        told = decode_event(entry, logs[-1].topics, logs[-1].data)
        seats = self._one(
            self.connection.logs(
                self.address, [event_topic(self._event("Seated")), topics[1]], logs[-1].block, logs[-1].block
            ),
            "Seated",
        )["nodes"]
        at = logs[-1].block
        draw = Draw(
            contract,
            int(told["epoch"]),
            self.drawing(contract, at=at).seed_block,
            bytes(told["seed"]),
            tuple(told["weights"]),
            tuple(seats),
        )
        block = self.connection.block(draw.seed_block)
        if block is None:
            raise LyingNode(f"{self.connection.url} has no block {draw.seed_block}, and a later one")
        check_draw(
            draw,
            block_hash=bytes.fromhex(block.hash[2:]),
            weights=nodes.weights(draw.epoch, at=at),
            node_at=lambda place: str(nodes.read("node_at", place, at=at)),
            operator_of=lambda node: str(nodes.read("info", node, at=at)[0]),
        )
        return draw

    # ------------------------------------------------------------ events

    def _event(self, name: str) -> dict[str, Any]:
        return next(entry for entry in self.abi if entry["type"] == "event" and entry["name"] == name)

    def _one(self, logs: Sequence[Log], name: str) -> dict[str, Any]:
        entry = self._event(name)
        mine = [
            log for log in logs if log.address.lower() == self.address.lower() and log.topics[0] == event_topic(entry)
        ]
        if len(mine) != 1:
            raise LyingNode(f"{self.connection.url} gave {len(mine)} events {name}, not one")
        return decode_event(entry, mine[0].topics, mine[0].data)
