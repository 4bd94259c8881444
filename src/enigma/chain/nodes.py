"""The controller Nodes, typed: who computes, with which keys, deposit, reputation and load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from enigma.chain.answers import Receipt
from enigma.chain.connection import At
from enigma.chain.controller import Controller
from enigma.keys.account import Account
from enigma.keys.typed_data import Types

REGISTRATION: Types = {
    "Registration": [{"name": "operator", "type": "address"}, {"name": "signing", "type": "address"}]
}
PAGE = 256  # weights in one answer


class Status(IntEnum):
    """What a node is doing. A name that has left is never used again."""

    UNKNOWN = 0
    LOGGED_OUT = 1
    LOGGED_IN = 2
    LEAVING = 3
    LEFT = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """The controller's constants: wei, seconds, seconds, points."""

    minimum: int
    unbonding: int
    epoch: int
    reputation_cap: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What others need to reach and choose a node, as its operator states it.

    `tls` is the SHA-256 of its certificate's public key, `hpke` the X25519 key to which pieces are sealed, `capacity`
    jobs at once, `price` wei for one unit of work.
    """

    tls: bytes
    hpke: bytes
    endpoint: str
    capacity: int
    price: int


@dataclass(frozen=True, slots=True)
class Registered:
    """A node as the chain knows it. `deposit` in wei; `until` is the end of a suspension, or of unbonding (seconds)."""

    node: str
    operator: str
    listing: Listing
    deposit: int
    reputation: int
    locks: int
    status: Status
    until: int
    place: int


class Nodes(Controller):
    """The register of nodes. A node is named by the address of its signing key."""

    NAME: ClassVar[str] = "Nodes"

    # ------------------------------------------------------------ an operator

    def proof(self, signing: Account, operator: str) -> bytes:
        """The signing key's word that this operator may register it, here and on this chain only."""
        return self.sign(signing, REGISTRATION, {"operator": operator, "signing": signing.address})

    def register(self, node: str, listing: Listing, proof: bytes, *, deposit: int) -> Receipt:
        """Register a node, logged out, with the sender as operator. `deposit` in wei is paid along."""
        return self.send("register", node, *_parts(listing), proof, value=deposit)

    def describe(self, node: str, listing: Listing) -> Receipt:
        """Replace the node's listing."""
        return self.send("describe", node, *_parts(listing))

    def top_up(self, node: str, amount: int) -> Receipt:
        """Add wei to the deposit."""
        return self.send("top_up", node, value=amount)

    def log_in(self, node: str) -> Receipt:
        """Offer the node for draws from the next epoch on."""
        return self.send("log_in", node)

    def log_out(self, node: str) -> Receipt:
        """Take the node out of draws from the next epoch on."""
        return self.send("log_out", node)

    def begin_exit(self, node: str) -> Receipt:
        """Start the unbonding time. There is no way back."""
        return self.send("begin_exit", node)

    def withdraw(self, node: str) -> Receipt:
        """Pay the deposit back to the operator: after unbonding, and when no committee counts on the node."""
        return self.send("withdraw", node)

    def claim(self) -> Receipt:
        """Pay out what the sender was awarded from forfeited deposits."""
        return self.send("claim")

    # ------------------------------------------------------------ anybody

    def terms(self) -> Terms:
        """The constants set at deployment."""
        return Terms(*self.read("terms"))

    def node(self, node: str, *, at: At = "latest") -> Registered | None:
        """All that the chain knows about a node, None where there is none of that name."""
        operator, tls, hpke, endpoint, capacity, price, deposit, reputation, locks, status, until, place = self.read(
            "info", node, at=at
        )
        if status == Status.UNKNOWN:
            return None
        listing = Listing(tls, hpke, endpoint, capacity, price)
        return Registered(node, operator, listing, deposit, reputation, locks, Status(status), until, place)

    def listed(self, *, at: At = "latest") -> list[str]:
        """The nodes that have not left, in the order of their places."""
        found = [str(self.read("node_at", place, at=at)) for place in range(self.read("places", at=at))]
        return [node for node in found if int(node, 16)]

    def awarded(self, operator: str, *, at: At = "latest") -> int:
        """Wei that an operator can claim."""
        return int(self.read("balances", operator, at=at))

    def epoch(self, *, at: At = "latest") -> int:
        """The number of the present epoch."""
        return int(self.read("epoch", at=at))

    def weight(self, node: str, *, at: At = "latest") -> int:
        """What the node weighs in draws of the next epoch, if nothing changes."""
        return int(self.read("weight", node, at=at))

    def eligible(self, node: str, epoch: int, *, at: At = "latest") -> bool:
        """Can the node be drawn in this epoch, or the last?"""
        return bool(self.read("eligible", node, epoch, at=at))

    def weights(self, epoch: int, *, at: At = "latest") -> Sequence[int]:
        """The settled weights of all places in this epoch, or the last."""
        found: list[int] = []
        while page := self.read("weights_in", epoch, len(found), PAGE, at=at):
            found += page
        return found


def _parts(listing: Listing) -> tuple[bytes, bytes, str, int, int]:
    return listing.tls, listing.hpke, listing.endpoint, listing.capacity, listing.price
