"""A lost seat goes to another node: who may take it, the moves that the seats sign, and what the chain then says.

A seat can go where the chain takes its node to be asleep, or leaving. Who takes it:

    a drawn committee   the chain's own numbers say it, anew every `WINDOW` blocks, once the seat has slept for as
                        long as the nodes' operators say (`RenewalTerms.replace`): no person is asked
    a named committee   the operators of the seats that stay (`allow`), and of the node that takes it (`take`)

The node that takes a seat convenes (`enigma.node.convening`): its pieces are rebuilt from the others', all pieces are
made anew, all sign the move, and the chain decides. The departed node erases what it has when it reads of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from enigma.chain.artifacts import load
from enigma.chain.coding import event_topic
from enigma.chain.committees import Committees, Phase, Published
from enigma.chain.connection import Connection
from enigma.chain.events import Event
from enigma.chain.jobs import Jobs
from enigma.chain.nodes import Nodes, Status
from enigma.chain.sortition import DELAY, places, seed_of
from enigma.errors import ArgumentProblem, ChainProblem, EnigmaError, ProtocolError
from enigma.node.contracts import Contracts, Seated
from enigma.node.holdings import Holdings
from enigma.node.job.moves import hand_in
from enigma.node.logs import event as log
from enigma.node.logs import words_of
from enigma.node.renewals import Asked, Wanted
from enigma.wire import Tree

TURN = 8.0
"""Seconds that a party waits for the one before it to bring a move to the chain."""
WINDOW = 16
"""Blocks for which one draw of a node that takes a seat counts."""
LOOK_EVERY = 10.0
"""Seconds between two looks at seats that sleep."""


class Replacing:
    """Of the node `name`. `wanted(publisher)` says whether it works for a publisher; safe between threads.

    `replace`: seconds that a seat of a drawn committee may sleep; 0: it is not replaced without a person.
    """

    def __init__(
        self, name: str, connection: Connection, committees: Committees, nodes: Nodes, jobs: Jobs, contracts: Contracts,
        holdings: Holdings, call: Callable[[str, str, Tree], Any], wanted: Callable[[str], bool], *,
        replace: int, first_block: int,
    ) -> None:  # fmt: skip
        self._name, self._connection, self._committees, self._nodes = name, connection, committees, nodes
        self._jobs, self._contracts, self._holdings = jobs, contracts, holdings
        self._call, self._wants, self._replace, self._first_block = call, wanted, replace, first_block
        self._ending = threading.Event()
        self._looked = 0.0

    def stop(self) -> None:
        """Wait for nobody's turn any more."""
        self._ending.set()

    # ------------------------------------------------------------ what operators say

    def allow(self, contract: bytes, seat: int, node: str) -> None:
        """The operator of a seat that stays agrees that `node` takes a seat. Raises `ArgumentProblem`."""
        seated = self._contracts.seated(contract)
        if seated is None or seated.seat == seat or not 0 <= seat < len(seated.published.seats):
            raise ArgumentProblem("a node agrees to the replacement of another seat of a committee in which it has one")
        if node in seated.published.seats or self._nodes.node(node) is None:
            raise ArgumentProblem(f"{node} has a seat already, or is not registered")
        self._holdings.handover.allow(contract, seat, node)
        log("replacement allowed", contract=contract.hex(), seat=seat, node=node)

    def take(self, contract: bytes, seat: int) -> None:
        """The operator of a node agrees that it takes a seat. Raises `ArgumentProblem`."""
        published = self._committees.published(contract)
        if published is None or published.phase is not Phase.SEATED or not 0 <= seat < len(published.seats):
            raise ArgumentProblem(f"there is no committee of {contract.hex()} with a seat {seat}")
        if self._name in published.seats:
            raise ArgumentProblem("this node has a seat in that committee already")
        if self._holdings.handover.taken(contract) is None:
            self._holdings.shelves.lose(contract)
        self._holdings.handover.take(contract, seat)
        log("seat to be taken", contract=contract.hex(), seat=seat)

    # ------------------------------------------------------------ who may

    def parties(self, contract: bytes) -> Sequence[str]:
        """The nodes that are to take a seat, as far as this one agrees."""
        seated = self._contracts.seated(contract)
        if seated is None:
            return []
        return [node for seat in range(len(seated.published.seats)) for node in self._takers(seated.published, seat)]

    def _takers(self, published: Published, seat: int) -> list[str]:
        """The nodes that may take one seat, as far as this one agrees."""
        found = [self._holdings.handover.allowed(published.contract, seat)]
        if published.drawn and self._replace and seat in self._overdue(published):
            found.append(self._drawn(published, seat))
        return [node for node in found if node is not None]

    def want_move(self, seated: Seated | None, seat: int, node: str) -> None:
        """Goes on only if this node agrees that `node` takes a seat. Raises `ProtocolError`, `ChainProblem`.

        Pieces are handed out before the chain sees the move: that nobody has two seats is found out here.
        """
        if seated is None:
            raise ProtocolError("this node has no seat in that committee")
        seats = seated.published.seats
        if node in seats:
            raise ProtocolError(f"{node} has a seat already")
        if not self._is_gone(seated.published, seat):
            raise ProtocolError(f"seat {seat} is awake, and stays")
        if node not in self._takers(seated.published, seat):
            raise ProtocolError(f"nobody has agreed here that {node} takes seat {seat}")
        staying = [self._nodes.node(name) for each, name in enumerate(seats) if each != seat]
        taker = self._nodes.node(node)
        if taker is None or any(each is not None and each.operator == taker.operator for each in staying):
            raise ProtocolError(f"{node} is not registered, or has a seat by another node of one operator")

    def taking(self) -> dict[bytes, Wanted]:
        """The seats that this node is to take, by contract. Raises `ChainProblem`."""
        found: dict[bytes, Wanted] = {}
        for contract, seat in self._holdings.handover.all_taken().items():
            published = self._committees.published(contract)
            if published is None or published.phase is not Phase.SEATED or self._name in published.seats:
                self._holdings.handover.take(contract, None)
                continue
            nodes = tuple(self._name if each == seat else node for each, node in enumerate(published.seats))
            found[contract] = Wanted(nodes, seat, self._jobs.moves(contract))
        return found

    def invited(self, contract: bytes, seat: int) -> Tree:
        """A seat that stays says that this node was drawn; it looks for itself."""
        published = self._committees.published(contract)
        if published is None or not published.drawn or not self._wants(published.publisher):
            raise ProtocolError("this node takes no such seat")
        if not self._is_gone(published, seat) or self._drawn(published, seat) != self._name:
            raise ProtocolError(f"this node was not drawn for seat {seat}, or it is not free")
        self.take(contract, seat)
        return {}

    def _is_gone(self, published: Published, seat: int) -> bool:
        """Whether the chain lets a seat go without its node."""
        if seat in self._jobs.health(published.contract).asleep:
            return True
        found = self._nodes.node(published.seats[seat])
        return found is None or found.status in (Status.LEAVING, Status.LEFT)

    def _overdue(self, published: Published) -> list[int]:
        """The seats that have been gone for longer than this node's operator allows."""
        found, now = [], int(time.time())
        for seat in range(len(published.seats)):
            since = self._holdings.handover.asleep(published.contract, seat)
            if since is not None and now >= since + self._replace:
                found.append(seat)
        return found

    def _drawn(self, published: Published, seat: int) -> str | None:
        """The node that takes a seat, by the chain's numbers; None where nobody is left.

        Weights were fixed before the seed could be known: who registers for it is not in this draw.
        """
        newest = self._connection.head().number - DELAY
        block = self._connection.block(max(0, newest - newest % WINDOW))
        if block is None:
            return None
        seed = seed_of(bytes.fromhex(block.hash[2:]), published.contract + seat.to_bytes(1, "big"))
        seats = [self._nodes.node(node) for node in published.seats]
        operators = {each.operator for each in seats if each is not None}
        weights = list(self._nodes.weights(self._nodes.epoch()))
        names = [str(self._nodes.read("node_at", place)) for place in range(len(weights))]
        for place, name in enumerate(names):
            found = self._nodes.node(name) if weights[place] else None
            if found is None or found.operator in operators or found.status is not Status.LOGGED_IN:
                weights[place] = 0
        if not any(weights):
            return None
        return names[places(seed, weights, lambda place: names[place], 1)[0]]

    # ------------------------------------------------------------ what the chain says

    def moved(self, event: Event) -> None:
        """A seat has moved, by the chain's word: a pending generation is current, or can never be."""
        contract, digest = bytes(event.values["contract"]), bytes(event.values["pieces"])
        shelves = self._holdings.shelves
        if all(pending.move is None for pending in shelves.generations(contract).pending):
            return
        if event.removed:
            raise ChainProblem(
                f"a move of a seat of {contract.hex()} has left the chain",
                hint="give the node more confirmations than this chain's reorganisations are deep",
            )
        topics = [event_topic(_moved()), "0x" + contract.hex()]
        logs = self._connection.logs(self._jobs.address, topics, self._first_block, event.block)
        count = sum((each.block, each.index) <= (event.block, event.index) for each in logs)
        shelves.moved(contract, digest, count)
        log("seat moved", contract=contract.hex(), seat=int(event.values["seat"]), moves=count)

    def look(self) -> None:
        """Erase what belongs to seats that others have; see which seats sleep, and ask who is drawn for them."""
        seated = {each.published.contract: each for each in self._contracts.all()}
        for contract in self._holdings.shelves.contracts():
            if contract not in seated and self._holdings.handover.taken(contract) is None:
                published = self._committees.published(contract)
                if published is not None and published.phase is Phase.SEATED and self._name not in published.seats:
                    self._holdings.shelves.erase(contract)
                    log("pieces erased", contract=contract.hex())
        if not self._replace or time.monotonic() < self._looked + LOOK_EVERY:
            return
        self._looked = time.monotonic()
        for contract, each in seated.items():
            if each.published.drawn:
                self._look_at(contract, each)

    def _look_at(self, contract: bytes, seated: Seated) -> None:
        published, now = seated.published, int(time.time())
        gone = [seat for seat in range(len(published.seats)) if self._is_gone(published, seat)]
        for seat in range(len(published.seats)):
            self._holdings.handover.falls_asleep(contract, seat, now if seat in gone else None)
        overdue = self._overdue(published)
        staying = [seat for seat in range(len(published.seats)) if seat not in gone]
        if len(overdue) != 1 or seated.seat != min(staying, default=None):
            return  # of two that are lost, none can be rebuilt
        node = self._drawn(published, overdue[0])
        if node is None:
            return
        try:
            self._call(node, "renewal invite", {"contract": contract, "seat": overdue[0]})
        except EnigmaError as error:
            log("node not invited", node=node, contract=contract.hex(), problem=words_of(error))

    def hand_in(self, asked: Asked, digest: bytes, signatures: dict[int, bytes]) -> None:
        """Bring the move that all have signed to the chain: the node that takes the seat first, then each in turn."""
        task, lost = asked.task, asked.task.change.lost
        turns = [lost, *(seat for seat in range(len(asked.nodes)) if seat != lost)]
        if self._ending.wait(TURN * turns.index(asked.nodes.index(self._name))):
            return
        try:
            if self._jobs.moves(task.contract) == task.move:
                for mined in hand_in(self._jobs, task, digest, asked.nodes, signatures):
                    log("move brought to the chain", contract=task.contract.hex(), seat=lost, gas=mined.gas_used)
        except ChainProblem as error:
            log("move not taken", contract=task.contract.hex(), seat=lost, problem=words_of(error))


def _moved() -> dict[str, Any]:
    return next(entry for entry in load("Jobs").abi if entry["type"] == "event" and entry["name"] == "Moved")
