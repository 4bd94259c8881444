"""Shared identities: one address for several parties, each with its own rights (white paper, protocols 1 and 2).

An ordinary address is an identity of itself as its only member, with every right: n = 1 of the paper.

Where we depart: the paper makes the address by XOR of the members' public keys. Whoever joins last could then choose a
key so that the whole is an address of its liking, also one that is already in use; and the same members could have only
one identity. Ours is a hash over the sorted members and a counter. It is fixed at creation, so that a member can later
replace a lost key without moving what is stored under the identity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from enigma.contract.dictionaries.addresses import ADDRESS_BYTES, Address
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused
from enigma.wire import encode

MAX_MEMBERS = 1024


class Right(StrEnum):
    """What a member of an identity may do with what is stored under it."""

    STORE = "store"
    READ = "read"
    COMPUTE = "compute"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rights of one member. `compute`: use in computations without seeing; `admin`: change members and rights."""

    store: bool = False
    read: bool = False
    compute: bool = False
    admin: bool = False

    def grants(self, right: Right) -> bool:
        """Whether the right is among these."""
        return {Right.STORE: self.store, Right.READ: self.read, Right.COMPUTE: self.compute, Right.ADMIN: self.admin}[
            right
        ]

    def __str__(self) -> str:
        return ", ".join(right for right in Right if self.grants(right)) or "nothing"


OWNER = Policy(store=True, read=True, compute=True, admin=True)
"""Every right: what an ordinary address has over itself."""

RESTRICTED = Policy(compute=True)
"""The paper's Bob: may compute with what Alice shares, and not see it."""


class Identities(Protocol):
    """Who belongs to which shared identity. In memory here; a controller on the chain."""

    def create(self, members: Mapping[Address, Policy]) -> Address:
        """The address of a new shared identity; that of the member itself where there is only one (protocol 1).

        No member is asked: naming somebody gives rights to them, never over them. An identity without an admin never
        changes. Raises ArgumentProblem on no members, too many, a member that is itself a shared identity, and an only
        member without every right.
        """

    def members(self, identity: Address) -> Mapping[Address, Policy]:
        """The members and their policies, in the order of addresses; of an ordinary address, itself."""

    def policy(self, identity: Address, member: Address) -> Policy:
        """A member's rights. Raises CallRefused where that is no member."""

    def permits(self, identity: Address, requester: Address, right: Right) -> bool:
        """Whether the requester is a member and has the right (protocol 2)."""

    def add(self, identity: Address, member: Address, policy: Policy, *, by: Address) -> None:
        """Take in a member. Raises AccessRefused where `by` may not administer, CallRefused where it is one already.

        The new member has its rights over all that was stored under the identity before, too.
        """

    def change(self, identity: Address, member: Address, policy: Policy, *, by: Address) -> None:
        """Give a member other rights. Raises as `add`; CallRefused where no admin would be left."""

    def remove(self, identity: Address, member: Address, *, by: Address) -> None:
        """Take a member out: an admin may, and the member itself. Raises CallRefused where no member or admin is left.

        What it had the right to see or to compute, it saw and computed; from now on it may not.
        """

    def rotate(self, identity: Address, old: Address, new: Address, *, by: Address) -> None:
        """Replace a member's address by a new one of the same rights: an admin may, and the member itself."""

    def copy(self) -> Self:
        """A copy that later changes on either side do not reach."""


class MemoryIdentities:
    """`Identities` of one process."""

    def __init__(self, kept: Mapping[Address, Mapping[Address, Policy]] | None = None) -> None:
        self._members = dict(kept or {})  # the inner maps are replaced, never changed

    def create(self, members: Mapping[Address, Policy]) -> Address:
        """See `Identities.create`."""
        if not members:
            raise ArgumentProblem("a shared identity has no members", hint="Name at least two addresses.")
        if len(members) == 1:
            ((member, policy),) = members.items()
            self._accept(member)
            if policy != OWNER:
                raise ArgumentProblem(
                    "an identity of one member is that member's ordinary address, which has every right over itself",
                    hint="Use the policy OWNER, or name a second member.",
                )
            return member
        for member in members:
            self._accept(member)
        # Identities are never deleted, so that their number is a counter.
        octets = encode(["shared identity", len(self._members), [member.octets for member in sorted(members)]])
        identity = Address(hashlib.sha256(octets).digest()[-ADDRESS_BYTES:])
        self._keep(identity, dict(members))
        return identity

    def members(self, identity: Address) -> Mapping[Address, Policy]:
        """See `Identities.members`."""
        return dict(self._members.get(identity) or {identity: OWNER})

    def policy(self, identity: Address, member: Address) -> Policy:
        """See `Identities.policy`."""
        found = self._policy(identity, member)
        if found is None:
            raise CallRefused(f"{member} is no member of {identity}", hint="An admin of the identity can add members.")
        return found

    def permits(self, identity: Address, requester: Address, right: Right) -> bool:
        """See `Identities.permits`."""
        policy = self._policy(identity, requester)
        return policy is not None and policy.grants(right)

    def add(self, identity: Address, member: Address, policy: Policy, *, by: Address) -> None:
        """See `Identities.add`."""
        members = self._administered(identity, by)
        self._accept(member)
        self._free(identity, member)
        self._keep(identity, {**members, member: policy})

    def change(self, identity: Address, member: Address, policy: Policy, *, by: Address) -> None:
        """See `Identities.change`."""
        members = self._administered(identity, by)
        self.policy(identity, member)
        self._keep(identity, {**members, member: policy}, changing=True)

    def remove(self, identity: Address, member: Address, *, by: Address) -> None:
        """See `Identities.remove`."""
        members = self._administered(identity, by, or_self=member)
        self.policy(identity, member)
        # An identity that had no admin from the start may lose members, but not one that lost its last admin so.
        admin_leaves = members[member].admin
        self._keep(identity, {m: p for m, p in members.items() if m != member}, changing=admin_leaves)

    def rotate(self, identity: Address, old: Address, new: Address, *, by: Address) -> None:
        """See `Identities.rotate`."""
        members = self._administered(identity, by, or_self=old)
        self.policy(identity, old)
        self._accept(new)
        self._free(identity, new)
        self._keep(identity, {(new if m == old else m): p for m, p in members.items()})

    def copy(self) -> Self:
        """See `Identities.copy`."""
        return type(self)(self._members)

    def _policy(self, identity: Address, member: Address) -> Policy | None:
        members = self._members.get(identity)
        if members is None:
            return OWNER if identity == member else None
        return members.get(member)

    def _administered(
        self, identity: Address, by: Address, *, or_self: Address | None = None
    ) -> Mapping[Address, Policy]:
        members = self._members.get(identity)
        if members is None:
            raise CallRefused(
                f"{identity} is an ordinary address: itself is its only member, for good",
                hint="Create a shared identity to have several members.",
            )
        if not self.permits(identity, by, Right.ADMIN) and not (or_self == by and by in members):
            admins = [str(member) for member, policy in members.items() if policy.admin]
            raise AccessRefused(
                f"{by} may not change the members of {identity}",
                hint=f"Its admins may: {', '.join(admins)}."
                if admins
                else "It has no admin: it was made to stay as it is.",
            )
        return members

    def _accept(self, member: Address) -> None:
        if member in self._members:
            raise ArgumentProblem(
                f"{member} is a shared identity, and so cannot be a member of one", hint="Name its members themselves."
            )

    def _free(self, identity: Address, member: Address) -> None:
        if member in self._members[identity]:
            raise CallRefused(f"{member} is a member of {identity} already", hint="Its rights can be changed.")

    def _keep(self, identity: Address, members: dict[Address, Policy], *, changing: bool = False) -> None:
        if len(members) > MAX_MEMBERS:
            raise ArgumentProblem(f"a shared identity has at most {MAX_MEMBERS} members", hint="Make a second one.")
        if not members:
            raise CallRefused(f"{identity} would have no member left", hint="Add another member first.")
        if changing and not any(policy.admin for policy in members.values()):
            raise CallRefused(f"{identity} would have no admin left", hint="Name another admin first.")
        self._members[identity] = dict(sorted(members.items()))
