"""Who may read, write and keep what, as the chain says at its latest confirmed block: protocols 2 and 3.

Every node that hands out a byte asks here, the one that a person asked as well as the one that has the data.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from enigma.chain.coding import event_topic
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.identities import NOBODY, Reference, Right, reference_of
from enigma.chain.leases import Lease, Status
from enigma.errors import AccessRefused, ArgumentProblem, ProtocolError, WireError
from enigma.keys.asking import LOAD, STORE, check_ask, signer_of_seals
from enigma.node.data.vault import Entry, Seals
from enigma.wire import Tree

T = TypeVar("T")

REMEMBERED = 4096
COUNTED_SECONDS, COUNTED_BLOCKS = 3600, 1800
"""How long, and within how many blocks, a counted reading lets its sender read."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody's signed wish about a reference, for the node that it names and no other. `deadline`: seconds."""

    who: str
    node: str
    reference: bytes
    deadline: int
    signature: bytes

    def tree(self) -> Tree:
        """As the node that was asked passes it on to whoever has the data."""
        return [self.who, self.node, self.reference, self.deadline, self.signature]


def ask_from(tree: Tree) -> Ask:
    """Raises WireError."""
    match tree:
        case [str(who), str(node), bytes(reference), int(deadline), bytes(signature)] if len(reference) == 32:
            if all(len(each) == 42 and each.startswith("0x") for each in (who, node)):
                return Ask(who, node, reference, deadline, signature)
    raise WireError("this is nobody's wish to read")


class Permission:
    """Asks the chain. What it said at a block is remembered as long as that block is the latest confirmed one."""

    def __init__(self, connection: Connection, controllers: Controllers, confirmations: int) -> None:
        self._connection, self._controllers, self._confirmations = connection, controllers, confirmations
        self._identities, self._leases = controllers.identities(connection), controllers.leases(connection)
        self._turn = threading.Lock()
        self._said: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._highest = 0
        entry = next(each for each in self._identities.abi if each["type"] == "event" and each["name"] == "Loaded")
        self._loaded = event_topic(entry)

    # ------------------------------------------------------------ people

    def check_load(self, ask: Ask, lease: int) -> None:
        """Goes on only for who may read now (q_read), at the node that the wish names.

        `lease`: who pays for the data, 0 for nobody; where it has ended unpaid, only its owner reads.
        Raises AccessRefused, ArgumentProblem, ProtocolError, `ChainProblem`.
        """
        self._check(ask, LOAD)
        at = self.block()
        found = self._want(ask.reference, at)
        if not self._admits(ask, found, at):
            raise AccessRefused(
                f"{ask.who} may not read {ask.reference.hex()}, says the chain at block {at}",
                hint="its owner says who may: network.restrict(reference, readers=[...])",
            )
        if lease and self.standing(lease) is Status.RESTRICTED and not self._owns(found, ask.who, at):
            raise AccessRefused(f"the lease of {ask.reference.hex()} has ended unpaid: only its owner reads it now")

    def check_store(self, ask: Ask, entry: Entry) -> None:
        """Goes on only for who may store in the identity that the reference is of (q_store).

        Raises AccessRefused, ArgumentProblem, ProtocolError, `ChainProblem`.
        """
        self._check(ask, STORE)
        found = self.check_entry(entry)
        at = self.block()
        if not self._permits(found.owner, ask.who, Right.STORE, at):
            raise AccessRefused(f"{ask.who} has no right to store in {found.owner}")

    # ------------------------------------------------------------ what is kept

    def check_entry(self, entry: Entry) -> Reference:
        """Goes on only with what the chain has a reference to, sealed by its owner, and paid where it says so.

        Raises ArgumentProblem, ProtocolError, AccessRefused.
        """
        at, manifest = self.block(), entry.manifest
        owner = "0x" + manifest.owner.hex()
        if reference_of(owner, manifest.hash) != entry.reference:
            raise ProtocolError(f"this manifest is not that of {entry.reference.hex()}")
        found = self._want(entry.reference, at)
        if found.owner.lower() != owner:
            raise ProtocolError(f"{entry.reference.hex()} is not of {owner}")
        self._check_seals(entry.reference, entry.seals, found, public=manifest.public)
        if entry.lease:
            lease = self.lease(entry.lease)
            if lease is None or lease.content != manifest.hash or lease.size < manifest.size:
                raise ArgumentProblem(f"the lease {entry.lease} is not for {entry.reference.hex()}")
            if not self._permits(found.owner, lease.owner, Right.STORE, at):
                # Whoever ends a lease ends what it keeps: that is nobody else's to do.
                raise ArgumentProblem(f"{lease.owner}, who has the lease {entry.lease}, may not store in {owner}")
            if self.standing(entry.lease) not in (Status.ACTIVE, Status.RESTRICTED):
                raise ArgumentProblem(f"the lease {entry.lease} has ended")
        return found

    def knows(self, reference: bytes) -> bool:
        """Whether the chain has a reference, at its latest confirmed block."""
        return self._reference(reference, self.block()) is not None

    def erased(self, reference: bytes) -> bool:
        """Whether the chain knows no such reference, or nobody may read or compute on it any more."""
        found = self._reference(reference, self.block())
        return found is None or (found.read == NOBODY and found.compute == NOBODY)

    def check_seals(self, reference: bytes, seals: Seals, *, public: bool) -> None:
        """Goes on only with sealed keys that somebody signed who may store there. Raises as `check_entry` does."""
        self._check_seals(reference, seals, self._want(reference, self.block()), public=public)

    def _check_seals(self, reference: bytes, seals: Seals, found: Reference, *, public: bool) -> None:
        if public:
            if seals != Seals():
                raise ProtocolError("what is public has no sealed keys")
            return
        signer = signer_of_seals(
            seals.signature, self._controllers.chain_id, reference=reference, sequence=seals.sequence,
            digest=hashlib.sha256(seals.octets).digest(),
        )  # fmt: skip
        if not self._permits(found.owner, signer, Right.STORE, self.block()):
            raise AccessRefused(f"{signer}, who sealed the keys, has no right to store in {found.owner}")

    # ------------------------------------------------------------ the chain

    def block(self) -> int:
        """The number of the latest confirmed block; never below an earlier one.

        A node of the chain that has fallen behind cannot tell of that block, and refuses: else what it does not know
        yet would seem erased, and its values would be dropped.
        """
        at = max(self._controllers.first_block, self._connection.head().number - self._confirmations)
        with self._turn:
            self._highest = max(self._highest, at)
            return self._highest

    def lease(self, number: int) -> Lease | None:
        """A lease, None where there is none of that number."""
        at = self.block()
        found: Lease | None = self._at(at, "lease", number, ask=lambda n, at: self._leases.lease(n, at=at))
        return found

    def standing(self, number: int) -> Status:
        """What a lease is."""
        at = self.block()
        found: Status = self._at(at, "status", number, ask=lambda n, at: self._leases.status(n, at=at))
        return found

    def _admits(self, ask: Ask, found: Reference, at: int) -> bool:
        if found.read.uses is None:
            return bool(self._at(at, "load", ask.reference, ask.who, ask=self._identities.load))
        # The last of so many readings is no longer admitted once it has been counted: what counts is its event.
        return self._counted(ask, at) and self._admits_once(found, ask.who, at)

    def _admits_once(self, found: Reference, who: str, at: int) -> bool:
        """The predicate, but for the number of its uses."""
        read = found.read
        block = self._connection.block(at)
        if read.until is not None and (block is None or block.timestamp > read.until):
            return False
        if read.members and not self._permits(found.owner, who, Right.READ, at):
            return False
        return not read.only or any(self._permits(each, who, Right.READ, at) for each in read.only)

    def _counted(self, ask: Ask, at: int) -> bool:
        """Whether a reading of this person was counted lately: it lets them read for so long."""
        topics = [self._loaded, "0x" + ask.reference.hex(), "0x" + bytes(12).hex() + ask.who[2:].lower()]
        first = max(self._controllers.first_block, at - COUNTED_BLOCKS)
        head = self._connection.head().timestamp
        for log in reversed(self._connection.logs(self._identities.address, topics, first, at)):
            block = self._connection.block(log.block)
            if block is not None and block.timestamp + COUNTED_SECONDS >= head:
                return True
        return False

    def _check(self, ask: Ask, types: Any) -> None:
        check_ask(
            ask.who, ask.signature, types, self._controllers.chain_id, node=ask.node, reference=ask.reference,
            deadline=ask.deadline, now=time.time(),
        )  # fmt: skip

    def _want(self, reference: bytes, at: int) -> Reference:
        found = self._reference(reference, at)
        if found is None:
            raise ArgumentProblem(
                f"the chain knows no reference {reference.hex()} at block {at}",
                hint="a new one is known when so many blocks stand above it as this node waits for",
            )
        return found

    def _reference(self, reference: bytes, at: int) -> Reference | None:
        found: Reference | None = self._at(
            at, "reference", reference, ask=lambda named, at: self._identities.reference(named, at=at)
        )
        return found

    def _permits(self, identity: str, who: str, right: Right, at: int) -> bool:
        return bool(self._at(at, "permits", identity, who, right, ask=self._identities.permits))

    def _owns(self, found: Reference, who: str, at: int) -> bool:
        return self._permits(found.owner, who, Right.ADMIN, at)

    def _at(self, at: int, name: str, *asked: Any, ask: Callable[..., Any]) -> Any:
        place = (at, name, *asked)
        with self._turn:
            if place in self._said:
                return self._said[place]
        said = ask(*asked, at=at)
        with self._turn:
            self._said[place] = said
            while len(self._said) > REMEMBERED:
                self._said.popitem(last=False)
        return said
