"""Small contracts for tests of the simulator."""

from __future__ import annotations

from typing import Any

from enigma.array import Committee
from enigma.contract.reading.source import Source
from enigma.local.simulation import SimulatedContract, Simulation

POOL = '''
"""A pool of numbers."""

Row = table(age=int(0, 120), score=fixed(-1, 1), kind=category("a", "b"), member=bool)


class Pool(Contract):
    """Numbers of many, and what may be said about them."""

    smallest: public[int] = 2
    ratio: public[fixed(0, 1)] = 0.25
    friends: public[set[address]]
    notes: public[map[text, list[int]]]
    unset: public[int]
    total: private[int(0, 1000)] = 0
    numbers: map[address, private[int(0, 100)]]
    rows: private[Row]
    release = always

    @public
    def __init__(self, smallest: int(1, 10) = 2):
        self.smallest = smallest

    @public
    def befriend(self, friend: address):
        self.friends.add(friend)
        self.notes["friends"] = [len(self.friends)]
        emit("Friend", friend=friend, share=0.5)

    @private
    def put(self, number: private[int(0, 100)]):
        self.numbers[sender] = number

    @private
    def append(self, rows: private[Row]):
        self.rows.append(rows)
        return len(self.rows)

    @private
    def add_up(self):
        require(len(self.numbers) >= self.smallest, "too few numbers")
        return reveal(sum(self.numbers.values()), to=everyone)

    @private
    def twice(self, number: private[int(0, 100)], other: private[int(0, 100)] = 0):
        return reveal(2 * number + other)

    @private
    def halfway(self, number: private[int(0, 100)]):
        self.numbers[sender] = number
        L["halfway"] = now
        MPC["halfway"] = number
        self.smallest = 7
        emit("Halfway")
        require(reveal(number > 50, to=everyone), "fifty or less")
        return reveal(number * number, to=self.friends)

    @private
    def keep(self, number: private[int(0, 100)]):
        MPC["kept", sender] = number

    @private
    def give_up(self):
        del MPC["kept", sender]

    @private
    def forget(self):
        del self.numbers[sender]

    @public
    def who(self):
        return [each for each in self.numbers]

    @private
    def ages(self):
        return reveal(self.rows.age), reveal(mean(self.rows.score), to=self.friends)

    @public
    def signed(self):
        return len(senders), sender

    @public
    def time(self):
        return now

    def inner(self, x):
        return x
'''


def deploy(text: str, committee: Committee | None = None, **arguments: Any) -> SimulatedContract:
    """A contract of this text, in a simulation of its own."""
    return Simulation(committee).deploy_source(Source("pool.py", text), **arguments)


def pool(committee: Committee | None = None, **arguments: Any) -> SimulatedContract:
    """The contract above."""
    return deploy(POOL, committee, **arguments)


def picture(contract: SimulatedContract) -> dict[str, Any]:
    """All that a call may change, but for what the release policy remembers of openings."""
    state, simulation = contract.state, contract.simulation
    ledger = simulation.dictionaries.ledger.copy()
    return {
        "public": repr(state.public),
        "private": {place: (entry.owner, entry.held.index) for place, entry in state.private.items()},
        "tables": {name: [chunk.number for chunk in chunks] for name, chunks in state.tables.items()},
        "secrets": simulation.dictionaries.secrets.stored(),
        "documents": simulation.dictionaries.documents.stored(),
        "ledger": vars(ledger),
        "now": simulation.now,
        "receipts": contract.receipts,
        "received": {name: contract.as_(name).received for name in ("ann", "bob", "deployer")},
    }
