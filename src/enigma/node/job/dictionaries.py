"""`L` and shared identities as the chain has them at the end of a job's block: what a private function reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from enigma.chain.identities import Right as ChainRight
from enigma.contract.dictionaries.addresses import ADDRESS_BYTES, Address
from enigma.contract.dictionaries.canonical import PublicValue
from enigma.contract.dictionaries.identities import MemoryIdentities, Policy, Right
from enigma.contract.dictionaries.interface import LedgerEntry
from enigma.contract.dictionaries.memory import nothing_in_ledger, nothing_yet
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.vyper.ledger_octets import key_octets, value_of
from enigma.errors import CallRefused, WireError
from enigma.node.job.facts import Facts

MOST_TIME = 2**48 - 1
"""The last second of the controller Ledger."""


class ChainLedger:
    """`Ledger` of one contract: what its public functions have written on the chain."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def set(self, key: Key, value: object, *, time: int, writer: Address) -> None:  # noqa: ARG002 - as `Ledger` has it
        """Refused: only the public half writes there. `enigma.contract.vyper` refuses such a source beforehand."""
        raise CallRefused(
            f"L[{key}] is written on the chain alone",
            hint="assign to a public field, and write it to L in a @public function",
        )

    def get(self, key: Key) -> PublicValue:
        """See `Ledger.get`."""
        found = self._latest(key)
        if found is None:
            raise nothing_in_ledger(key)
        return value_of(found)

    def get_as_of(self, key: Key, time: int) -> PublicValue:
        """See `Ledger.get_as_of`."""
        place = key_octets(key)
        if place is None:
            raise nothing_in_ledger(key)
        second = min(max(time, 0), MOST_TIME)  # before the first second, and after the last, nothing is written
        match self._facts.asked(["as of", place, second], f"what L[{key}] had at time {second}"):
            case [bytes(octets), None]:
                return value_of(octets)
            case [None, int(first)]:
                raise nothing_yet(key, time, first)
            case [None, None]:
                raise nothing_in_ledger(key)
        raise _unreadable(key)

    def history(self, key: Key) -> tuple[LedgerEntry, ...]:
        """See `Ledger.history`. Raises `CallRefused` where it is longer than the seats look up."""
        place = key_octets(key)
        if place is None:
            return ()
        match self._facts.asked(["history", place], f"the history of L[{key}]"):
            case [int(length), list(lines)]:
                if length != len(lines):
                    raise CallRefused(
                        f"the history of L[{key}] has {length} values, and a job looks up {len(lines)}",
                        hint="read L.get(key, time), or less often written keys",
                    )
                return tuple(_line(key, line) for line in lines)
        raise _unreadable(key)

    def __contains__(self, key: Key) -> bool:
        return self._latest(key) is not None

    def copy(self) -> Self:
        """Itself: nothing changes it."""
        return self

    def _latest(self, key: Key) -> bytes | None:
        place = key_octets(key)
        if place is None:
            return None
        found = self._facts.asked(["latest", place], f"what L[{key}] has")
        if not isinstance(found, bytes | None):
            raise _unreadable(key)
        return found


class ChainIdentities(MemoryIdentities):
    """`Identities` of the chain, looked up when they are named; nothing in the language changes one.

    `sender` is never looked up: nobody has the key of a shared identity's address, so that who asks is none.
    """

    def __init__(self, facts: Facts, sender: Address) -> None:
        super().__init__()
        self._facts, self._looked_up = facts, {sender}

    def members(self, identity: Address) -> Mapping[Address, Policy]:
        """See `Identities.members`."""
        self._look_up(identity)
        return super().members(identity)

    def policy(self, identity: Address, member: Address) -> Policy:
        """See `Identities.policy`."""
        self._look_up(identity)
        return super().policy(identity, member)

    def permits(self, identity: Address, requester: Address, right: Right) -> bool:
        """See `Identities.permits`."""
        self._look_up(identity)
        return super().permits(identity, requester, right)

    def copy(self) -> Self:
        """Itself: nothing changes it, and what was looked up stays so."""
        return self

    def _look_up(self, identity: Address) -> None:
        if identity in self._looked_up:
            return
        self._looked_up.add(identity)
        found = self._facts.asked(["members", identity.octets], f"the members of {identity}")
        if not isinstance(found, list):
            raise WireError(f"this seat's node does not say who the members of {identity} are")
        members = dict(_member(identity, each) for each in found)
        if members:
            self._members[identity] = dict(sorted(members.items()))


def _member(identity: Address, tree: Any) -> tuple[Address, Policy]:
    match tree:
        case [bytes(octets), int(number)] if len(octets) == ADDRESS_BYTES and 0 < number <= ChainRight.EVERY:
            rights = ChainRight(number)
            return Address(octets), Policy(
                store=ChainRight.STORE in rights,
                read=ChainRight.READ in rights,
                compute=ChainRight.COMPUTE in rights,
                admin=ChainRight.ADMIN in rights,
            )
    raise WireError(f"this seat's node does not say who the members of {identity} are")


def _line(key: Key, tree: Any) -> LedgerEntry:
    match tree:
        case [int(time), bytes(writer), bytes(octets)] if len(writer) == ADDRESS_BYTES:
            return LedgerEntry(time, Address(writer), value_of(octets))
    raise _unreadable(key)


def _unreadable(key: Key) -> WireError:
    return WireError(f"this seat's node does not say what L[{key}] has")
