"""The controller Leases, typed: room at a contract's seats for a term, at a market price, and what reading costs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from enigma.chain.answers import Receipt
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.connection import At
from enigma.chain.controller import Controller
from enigma.errors import LyingNode
from enigma.keys.account import Account
from enigma.keys.typed_data import Types

SERVED: Types = {
    "Served": [
        {"name": "retrieval", "type": "uint256"},
        {"name": "lease", "type": "uint256"},
        {"name": "node", "type": "address"},
        {"name": "size", "type": "uint256"},
    ]
}
MEBIBYTE = 1 << 20
DAY = 86_400  # seconds; a node's price is for a mebibyte that is kept for a day, or served once


class Status(IntEnum):
    """What a lease is, as of a time: it follows from the lease's end alone, without any call."""

    UNKNOWN = 0
    ACTIVE = 1
    RESTRICTED = 2  # the term has ended unpaid: kept, and given to its owner alone
    DELETABLE = 3  # so has the grace time: it may be deleted, and cannot be renewed
    CLOSED = 4  # ended by its owner


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as the chain keeps it.

    `content` is a hash of what is kept (zero: what the contract itself keeps), `size` the most bytes at each seat,
    `term` seconds, `most` wei that the next term may cost. `held` is in wei, by seat, for the time from `since` to
    `until` (seconds since 1970). `declined` are the seats that keep nothing.
    """

    number: int
    contract: bytes
    owner: str
    content: bytes
    size: int
    term: int
    most: int
    since: int
    until: int
    closed: bool
    declined: frozenset[int]
    nodes: tuple[str, ...]
    held: tuple[int, ...]

    def status(self, now: int, grace: int) -> Status:
        """What it is at a time, with the controller's grace time: as the controller would say."""
        if self.closed:
            return Status.CLOSED
        if now < self.until:
            return Status.ACTIVE
        return Status.RESTRICTED if now < self.until + grace else Status.DELETABLE


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a reader put aside for a node: `price` in wei for a mebibyte, `held` and `paid` in wei, `size` in bytes.

    Until `until` only the node ends it; it is 0 where it is finished.
    """

    number: int
    lease: int
    reader: str
    node: str
    price: int
    held: int
    paid: int
    size: int
    until: int


class Leases(Controller):
    """Room at the seats of contracts, renewed from its owner's account."""

    NAME: ClassVar[str] = "Leases"

    # ------------------------------------------------------------ accounts

    def top_up(self, account: str, amount: int) -> Receipt:
        """Pay wei into anybody's account."""
        return self.send("top_up", account, value=amount)

    def withdraw(self, amount: int) -> Receipt:
        """Pay wei of the sender's account back; what leases and retrievals hold is not in it."""
        return self.send("withdraw", amount)

    def balance(self, account: str, *, at: At = "latest") -> int:
        """Wei in an account."""
        return int(self.read("balances", account, at=at))

    # ------------------------------------------------------------ an owner

    def open(self, contract: bytes, content: bytes, *, size: int, term: int, most: int) -> int:
        """Buy the first term, from the sender's account, for at most `most` wei; the lease's number."""
        receipt = self.send("open", contract, content, size, term, most)
        return int(self._one(receipt, "Opened")["lease"])

    def limit(self, lease: int, most: int) -> Receipt:
        """Change what a term may cost from now on, in wei; 0 lets the lease end with the term that runs."""
        return self.send("limit", lease, most)

    def close(self, lease: int) -> Receipt:
        """End a lease now; what no seat has earned goes back to the owner's account."""
        return self.send("close", lease)

    # ------------------------------------------------------------ anybody

    def renew(self, lease: int) -> Receipt:
        """Buy the next term from the owner's account: from a term's last quarter to the end of the grace time."""
        return self.send("renew", lease)

    def accrue(self, lease: int) -> Receipt:
        """Give the seats what they earned by now, and take note of who sits there now."""
        return self.send("accrue", lease)

    def quote(self, contract: bytes, size: int, term: int, *, at: At = "latest") -> tuple[int, ...]:
        """What a term would cost, in wei for each seat."""
        return tuple(self.read("quote", contract, size, term, at=at))

    def lease(self, number: int, *, at: At = "latest") -> Lease | None:
        """A lease, None where there is none of that number."""
        contract, owner, content, size, term, most, since, until, closed, declined, nodes, held = self.read(
            "lease", number, at=at
        )
        if int(owner, 16) == 0:
            return None
        seats = frozenset(seat for seat in range(len(nodes)) if declined >> seat & 1)
        return Lease(
            number, contract, owner, content, size, term, most, since, until, closed, seats, tuple(nodes), tuple(held)
        )

    def status(self, number: int, *, at: At = "latest") -> Status:
        """What a lease is at the newest block, or another."""
        return Status(self.read("status", number, at=at))

    def count(self, *, at: At = "latest") -> int:
        """How many leases there are; their numbers begin with 1."""
        return int(self.read("leases_count", at=at))

    def grace(self, *, at: At = "latest") -> int:
        """Seconds for which content is kept after an unpaid term's end."""
        return int(self.read("grace", at=at))

    # ------------------------------------------------------------ nodes and readers

    def decline(self, lease: int, seat: int) -> Receipt:
        """A node keeps nothing for this lease from now on; sent by the node or its operator."""
        return self.send("decline", lease, seat)

    def collect(self, node: str) -> Receipt:
        """Pay what a node earned to its operator, who sends this."""
        return self.send("collect", node)

    def earned(self, node: str, *, at: At = "latest") -> int:
        """Wei that wait for a node's operator."""
        return int(self.read("earned", node, at=at))

    def reserve(self, lease: int, seat: int, *, amount: int, price: int, until: int) -> int:
        """Put wei aside for what a seat's node will serve the sender, at its price; the retrieval's number.

        `price` is the most that it may ask, in wei for a mebibyte. The node stops to serve some time before `until`.
        """
        receipt = self.send("reserve", lease, seat, amount, price, until)
        return int(self._one(receipt, "Reserved")["retrieval"])

    def served(self, reader: Account, retrieval: Retrieval, size: int) -> bytes:
        """The reader's signature that it was served so many bytes in all; nothing is sent."""
        message = {"retrieval": retrieval.number, "lease": retrieval.lease, "node": retrieval.node, "size": size}
        return self.sign(reader, SERVED, message)

    def redeem(self, retrieval: int, size: int, signature: bytes) -> Receipt:
        """Give the node what the reader signed for; by anybody."""
        return self.send("redeem", retrieval, size, signature)

    def finish(self, retrieval: int) -> Receipt:
        """Give what was not earned back to the reader: by the node or its operator, after its time by anybody."""
        return self.send("finish", retrieval)

    def retrieval(self, number: int, *, at: At = "latest") -> Retrieval | None:
        """A retrieval, None where there is none of that number."""
        fields = self.read("retrieval", number, at=at)
        return Retrieval(number, *fields) if int(fields[1], 16) else None

    # ------------------------------------------------------------ events

    def _one(self, receipt: Receipt, name: str) -> dict[str, Any]:
        entry = next(entry for entry in self.abi if entry["type"] == "event" and entry["name"] == name)
        mine = [log for log in receipt.logs if log.address == self.address and log.topics[0] == event_topic(entry)]
        if len(mine) != 1:
            raise LyingNode(f"{self.connection.url} gave {len(mine)} events {name}, not one")
        return decode_event(entry, mine[0].topics, mine[0].data)


def cost(price: int, size: int, term: int) -> int:
    """Wei that a node asks for keeping so many bytes for so many seconds, rounded up as the controller rounds."""
    return -(-price * size * term // (MEBIBYTE * DAY))


def fare(price: int, size: int) -> int:
    """Wei that a node asks for serving so many bytes, rounded up as the controller rounds."""
    return -(-price * size // MEBIBYTE)
