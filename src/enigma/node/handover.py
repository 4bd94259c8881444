"""What a node remembers of seats that go to another node: who may take which, what it is to take itself, who sleeps."""

from __future__ import annotations

from enigma.storage import Store

_ALLOWED, _TAKEN, _ASLEEP = "allowed", "taken", "asleep"


class Handover:
    """In one node's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allow(self, contract: bytes, seat: int, node: str) -> None:
        """The operator agrees that a node takes a seat."""
        self._store.put(_ALLOWED, contract + bytes([seat]), node.encode())

    def allowed(self, contract: bytes, seat: int) -> str | None:
        """The node that may take a seat, as far as the operator has said."""
        octets = self._store.get(_ALLOWED, contract + bytes([seat]))
        return None if octets is None else octets.decode()

    def take(self, contract: bytes, seat: int | None) -> None:
        """This node is to take a seat; None: it has it, or is not to take it any more."""
        if seat is None:
            self._store.delete(_TAKEN, contract)
        else:
            self._store.put(_TAKEN, contract, bytes([seat]))

    def taken(self, contract: bytes) -> int | None:
        """The seat that this node is to take."""
        octets = self._store.get(_TAKEN, contract)
        return None if octets is None else octets[0]

    def all_taken(self) -> dict[bytes, int]:
        """The seats that this node is to take, by contract."""
        found = {contract: self.taken(contract) for contract in self._store.keys(_TAKEN)}
        return {contract: seat for contract, seat in found.items() if seat is not None}

    def falls_asleep(self, contract: bytes, seat: int, now: int | None) -> None:
        """A seat was first seen asleep at `now`, in seconds since 1970; None: it is awake."""
        key = contract + bytes([seat])
        known = self._store.get(_ASLEEP, key)
        if now is None and known is not None:
            self._store.delete(_ASLEEP, key)
        elif now is not None and known is None:
            self._store.put(_ASLEEP, key, now.to_bytes(8, "big"))

    def asleep(self, contract: bytes, seat: int) -> int | None:
        """Since when a seat has been seen asleep, in seconds since 1970; None where it is not."""
        octets = self._store.get(_ASLEEP, contract + bytes([seat]))
        return None if octets is None else int.from_bytes(octets, "big")
