"""The controller Identities, typed: shared identities, permission, references, grants (white paper, protocols 1-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar

from enigma.chain.answers import Receipt
from enigma.chain.connection import At
from enigma.chain.controller import Controller
from enigma.errors import ArgumentProblem
from enigma.keys.account import Account
from enigma.keys.typed_data import Types

EVERY_FUNCTION = bytes(4)
EVERYBODY = "0x" + "00" * 20  # whom a grant is for: whoever the contract itself lets ask
_GRANT = [
    {"name": "owner", "type": "address"},
    {"name": "contractId", "type": "bytes32"},
    {"name": "functionId", "type": "bytes4"},
    {"name": "who", "type": "address"},
]
_ONCE = [{"name": "nonce", "type": "uint256"}, {"name": "deadline", "type": "uint256"}]
GRANT: Types = {"Grant": [*_GRANT, {"name": "until", "type": "uint256"}, {"name": "uses", "type": "uint256"}, *_ONCE]}
REVOKE: Types = {"Revoke": [*_GRANT, *_ONCE]}
WITHDRAW: Types = {"Withdraw": [*_GRANT[:2], *_ONCE]}


class Right(IntFlag):
    """What a member of an identity may do."""

    STORE = 1
    READ = 2
    COMPUTE = 4
    ADMIN = 8
    EVERY = 15


class Kind(IntFlag):
    """The parts of a predicate; all that are named must hold."""

    EVERYONE = 1
    MEMBERS = 2
    ONLY = 4
    UNTIL = 8
    AT_MOST = 16


@dataclass(frozen=True, slots=True)
class Predicate:
    """Whom something is open to: the white paper's q. The empty predicate admits nobody.

    `only` lists addresses, or identities whose members (with the right in question) are meant; `until` is a time in
    seconds, inclusive; `uses` counts what was counted on the chain, by all askers together.
    """

    everyone: bool = False
    members: bool = False
    only: tuple[str, ...] = ()
    until: int | None = None
    uses: int | None = None

    def encoded(self) -> tuple[int, list[str], int, int]:
        """The struct of the controller."""
        parts = (
            (Kind.EVERYONE, self.everyone),
            (Kind.MEMBERS, self.members),
            (Kind.ONLY, bool(self.only)),
            (Kind.UNTIL, self.until is not None),
            (Kind.AT_MOST, self.uses is not None),
        )
        return sum(kind for kind, said in parts if said), list(self.only), self.until or 0, self.uses or 0

    @classmethod
    def decoded(cls, fields: tuple[int, Sequence[str], int, int]) -> Predicate:
        """The predicate of a struct of the controller. An ONLY without a list stays one that admits nobody."""
        kinds, only, until, uses = fields
        if kinds & Kind.ONLY and not only:
            return cls()
        return cls(
            everyone=bool(kinds & Kind.EVERYONE),
            members=bool(kinds & Kind.MEMBERS),
            only=tuple(only) if kinds & Kind.ONLY else (),
            until=until if kinds & Kind.UNTIL else None,
            uses=uses if kinds & Kind.AT_MOST else None,
        )


NOBODY = Predicate()
MEMBERS = Predicate(members=True)
EVERYONE = Predicate(everyone=True)


@dataclass(frozen=True, slots=True)
class Reference:
    """Data that an identity has: who may read them, who may compute on them, and how often it was counted."""

    owner: str
    read: Predicate
    compute: Predicate
    reads: int
    computes: int


@dataclass(frozen=True, slots=True)
class Use:
    """What a grant is about: whose data, in which contract (its id) and function (0: all), and for whom."""

    owner: str
    contract: bytes
    who: str
    function: bytes = EVERY_FUNCTION

    def encoded(self) -> tuple[str, bytes, bytes, str]:
        """In the order of the controller's arguments."""
        return self.owner, self.contract, self.function, self.who

    def message(self) -> dict[str, str | bytes | int]:
        """In the words of the signed forms."""
        return {"owner": self.owner, "contractId": self.contract, "functionId": self.function, "who": self.who}


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as it was given: up to and including the second `until`, `uses` times, counted from the log."""

    until: int
    uses: int


class Identities(Controller):
    """Who may do what with whose data. An address that is no shared identity has itself as only member."""

    NAME: ClassVar[str] = "Identities"

    # ------------------------------------------------------------ shared identities

    def create(self, rights: Mapping[str, Right], nonce: int = 0) -> str:
        """Make the shared identity of these members; its address. Raises ChainRefused where it exists."""
        identity = self.address_of(rights, nonce)
        self.send("create", *_ascending(rights), nonce)
        return identity

    def address_of(self, rights: Mapping[str, Right], nonce: int = 0) -> str:
        """The address that `create` gives, or has given."""
        return str(self.read("address_of", *_ascending(rights), nonce))

    def add(self, identity: str, member: str, rights: Right) -> Receipt:
        """Add a member. Takes the ADMIN right."""
        return self.send("add", identity, member, int(rights))

    def remove(self, identity: str, member: str) -> Receipt:
        """Remove a member. Takes the ADMIN right, or to be that member."""
        return self.send("remove", identity, member)

    def change(self, identity: str, member: str, rights: Right) -> Receipt:
        """Replace a member's rights. Takes the ADMIN right."""
        return self.send("change", identity, member, int(rights))

    def rotate(self, identity: str, old: str, new: str) -> Receipt:
        """Put a new key in a member's place. Takes the ADMIN right, or to be that member."""
        return self.send("rotate", identity, old, new)

    def members(self, identity: str, *, at: At = "latest") -> dict[str, Right]:
        """The members and their rights; empty for an ordinary address."""
        members, rights = self.read("members", identity, at=at)
        return {member: Right(right) for member, right in zip(members, rights, strict=True)}

    def permits(self, identity: str, who: str, right: Right, *, at: At = "latest") -> bool:
        """Does `who` have the right, or all of several, in the identity?"""
        return bool(self.read("permits", identity, who, int(right), at=at))

    # ------------------------------------------------------------ references

    def store(self, identity: str, content: bytes, read: Predicate = MEMBERS, compute: Predicate = MEMBERS) -> bytes:
        """Say that the identity has data, by a salted hash of them; the reference to them. Takes the STORE right."""
        self.send("store", identity, content, read.encoded(), compute.encoded())
        return reference_of(identity, content)

    def restrict(self, reference: bytes, read: Predicate, compute: Predicate) -> Receipt:
        """Replace who may read and compute. Takes the ADMIN right."""
        return self.send("restrict", reference, read.encoded(), compute.encoded())

    def erase(self, reference: bytes) -> Receipt:
        """Withdraw a reference: nobody may read or compute from now on. Takes the ADMIN right."""
        return self.send("erase", reference)

    def load(self, reference: bytes, who: str, *, at: At = "latest") -> bool:
        """May `who` read it?"""
        return bool(self.read("load", reference, who, at=at))

    def may_compute(self, reference: bytes, who: str, *, at: At = "latest") -> bool:
        """May `who` compute on it?"""
        return bool(self.read("may_compute", reference, who, at=at))

    def count_load(self, reference: bytes) -> Receipt:
        """Have the sender's reading counted; nodes ask for this where readings are limited in number."""
        return self.send("count_load", reference)

    def count_compute(self, reference: bytes) -> Receipt:
        """Have the sender's computation counted; nodes ask for this where computations are limited in number."""
        return self.send("count_compute", reference)

    def reference(self, reference: bytes, *, at: At = "latest") -> Reference | None:
        """All that the chain knows about a reference, None where there is none."""
        owner, read, compute, reads, computes = self.read("reference", reference, at=at)
        if int(owner, 16) == 0:
            return None
        return Reference(owner, Predicate.decoded(read), Predicate.decoded(compute), reads, computes)

    # ------------------------------------------------------------ grants

    def grant(self, use: Use, *, until: int, uses: int) -> Receipt:
        """Grant the use, up to and including a second, a number of times. Takes the ADMIN right in the owner."""
        return self.send("grant", *use.encoded(), until, uses)

    def revoke(self, use: Use) -> Receipt:
        """Take a grant back. Takes the ADMIN right in the owner."""
        return self.send("revoke", *use.encoded())

    def withdraw(self, owner: str, contract: bytes) -> Receipt:
        """Withdraw the owner's data from a contract. Takes the ADMIN right in the owner."""
        return self.send("withdraw", owner, contract)

    def nonce(self, signer: str, *, at: At = "latest") -> int:
        """The nonce of the signer's next signed call."""
        return int(self.read("nonces", signer, at=at))

    def signed_grant(self, signer: Account, use: Use, *, until: int, uses: int, nonce: int, deadline: int) -> bytes:
        """The signature of a grant, for anybody to bring; nothing is sent."""
        message = use.message() | {"until": until, "uses": uses, "nonce": nonce, "deadline": deadline}
        return self.sign(signer, GRANT, message)

    def grant_signed(self, use: Use, *, until: int, uses: int, signer: str, deadline: int, signature: bytes) -> Receipt:
        """Bring another's signed grant; the sender pays for the transaction."""
        return self.send("grant_signed", *use.encoded(), until, uses, signer, deadline, signature)

    def signed_revoke(self, signer: Account, use: Use, *, nonce: int, deadline: int) -> bytes:
        """The signature that takes a grant back, for anybody to bring; nothing is sent."""
        return self.sign(signer, REVOKE, use.message() | {"nonce": nonce, "deadline": deadline})

    def revoke_signed(self, use: Use, *, signer: str, deadline: int, signature: bytes) -> Receipt:
        """Bring another's signed revocation; the sender pays for the transaction."""
        return self.send("revoke_signed", *use.encoded(), signer, deadline, signature)

    def signed_withdraw(self, signer: Account, owner: str, contract: bytes, *, nonce: int, deadline: int) -> bytes:
        """The signature that withdraws an owner's data, for anybody to bring; nothing is sent."""
        message = {"owner": owner, "contractId": contract, "nonce": nonce, "deadline": deadline}
        return self.sign(signer, WITHDRAW, message)

    def withdraw_signed(self, owner: str, contract: bytes, *, signer: str, deadline: int, signature: bytes) -> Receipt:
        """Bring another's signed withdrawal of data; the sender pays for the transaction."""
        return self.send("withdraw_signed", owner, contract, signer, deadline, signature)

    def skip_nonce(self) -> Receipt:
        """Make every signature that the sender gave and nobody has brought yet worthless."""
        return self.send("skip_nonce")

    def granted(self, use: Use, *, at: At = "latest") -> bool:
        """Does a grant allow this use now, uses aside: its own or EVERYBODY's, for its function or for all?"""
        return bool(self.read("granted", *use.encoded(), at=at))

    def grant_of(self, use: Use, *, at: At = "latest") -> Grant:
        """The grant as it was given; no uses where there is none."""
        until, uses = self.read("grant_of", *use.encoded(), at=at)
        return Grant(until, uses)


def reference_of(identity: str, content: bytes) -> bytes:
    """H(identity, content): the reference that `store` gives."""
    from eth_utils.crypto import keccak

    if len(content) != 32:
        raise ArgumentProblem(f"a content hash has 32 bytes, not {len(content)}")
    return bytes(keccak(bytes(12) + bytes.fromhex(identity[2:]) + content))


def _ascending(rights: Mapping[str, Right]) -> tuple[list[str], list[int]]:
    members = sorted(rights, key=lambda member: int(member, 16))
    return members, [int(rights[member]) for member in members]
