"""A contract of four seats on a test's chain, Leases beside it, and who pays."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import KEYS, PUBLISHER, SEATS, SOURCE, STRANGER, World
from tests.chain.standing import ETHER, LISTING, call_of

from enigma.chain.artifacts import load
from enigma.chain.leases import DAY, MEBIBYTE, Lease, Leases, Retrieval, cost

OWNER, READER, ANYBODY = 17, 18, STRANGER
GRACE = 5 * DAY
SIZE, TERM, CONTENT = 3 * MEBIBYTE + 1, 40 * DAY, bytes([5]) * 32
PRICES = (7 * 10**9, 11 * 10**9, 13, 0)  # wei for a mebibyte and a day, by seat
SUMS = tuple(cost(price, SIZE, TERM) for price in PRICES)
TOTAL = sum(SUMS)


@dataclass(frozen=True)
class Room:
    """A contract whose four seats ask PRICES, and Leases beside it. The operator of seat i is account i + 1."""

    world: World
    address: str

    @property
    def chain(self) -> Chain:
        return self.world.chain

    def leases(self, index: int = OWNER) -> Leases:
        return Leases(self.chain.connection, self.address, self.chain.sender(index))

    def who(self, index: int) -> str:
        return self.chain.accounts[index].address

    def paid_in(self, amount: int = 10 * ETHER, index: int = OWNER) -> Leases:
        leases = self.leases(index)
        leases.top_up(self.who(index), amount)
        return leases

    def opened(self, *, most: int = TOTAL) -> tuple[Leases, int]:
        leases = self.paid_in()
        return leases, leases.open(self.world.contract, CONTENT, size=SIZE, term=TERM, most=most)

    def lease(self, number: int) -> Lease:
        found = self.leases().lease(number)
        assert found is not None
        return found

    def retrieval(self, number: int) -> Retrieval:
        found = self.leases().retrieval(number)
        assert found is not None
        return found

    def to(self, time: int) -> None:
        """The next block has this time."""
        self.chain.connection.ask("evm_setNextBlockTimestamp", hex(time))

    def at(self, time: int) -> None:
        """A block of this time, and nothing in it."""
        self.to(time)
        self.chain.connection.ask("evm_mine")

    def time(self) -> int:
        return self.chain.connection.head().timestamp

    def asks(self, seat: int, price: int) -> None:
        self.world.nodes(seat + 1).describe(KEYS[seat].address, replace(LISTING, price=price))

    def earned(self) -> list[int]:
        leases = self.leases()
        return [leases.earned(key.address) for key in KEYS[:SEATS]]

    def held(self) -> int:
        return self.chain.connection.balance(self.address)


def room_on(chain: Chain) -> Room:
    """A room on a test's chain."""
    world = seated.bare(chain)
    seated.join(world, SEATS + 1)
    contract = world.committees().publish(
        SOURCE, chain.accounts[PUBLISHER].address, seats=SEATS, quorum=3, fees=seated.FEES
    )
    world = replace(world, contract=contract)
    seated.seat(world)
    artifact = load("Leases")
    address = chain.sender().deploy(artifact.abi, artifact.bytecode, world.nodes_at, world.committees_at, GRACE)
    made = Room(world, address)
    for seat, price in enumerate(PRICES):
        made.asks(seat, price)
    return made


def moved(room: Room, seat: int, key: int) -> None:
    """Give a seat to another node: by the stand-in for what Jobs says."""
    jobs, committees = room.world.jobs_at, room.world.committees()
    ask = room.chain.connection.ask
    ask("anvil_setBalance", jobs, hex(ETHER))
    ask("anvil_impersonateAccount", jobs)
    data = call_of(committees, "reseat", room.world.contract, seat, KEYS[key].address)
    fields = {"from": jobs, "to": room.world.committees_at, "data": "0x" + data.hex(), "gas": hex(5_000_000)}
    assert ask("eth_sendTransactionSync", fields)["status"] == "0x1"
    ask("anvil_stopImpersonatingAccount", jobs)
    assert committees.seating(room.world.contract).seats[seat] == KEYS[key].address
