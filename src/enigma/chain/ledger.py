"""The controller Ledger, typed: `L`, the public dictionary with its whole history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from enigma.chain.answers import Receipt
from enigma.chain.connection import At
from enigma.chain.controller import Controller

MOST_BYTES = 4096
SEALING = b"enigma/sealing/v1".ljust(32, b"\0")  # in an account's own space: the key to which others seal for it


@dataclass(frozen=True, slots=True)
class Entry:
    """One value that a key had: when (seconds), since which block, by whom."""

    time: int
    block: int
    writer: str
    value: bytes


class Ledger(Controller):
    """Keys of 32 bytes in spaces, one for each address; values of up to 4096 bytes; nothing is ever undone."""

    NAME: ClassVar[str] = "Ledger"

    def set(self, space: str, key: bytes, value: bytes) -> Receipt:
        """Append a value to the key's history. Takes the STORE right in the space."""
        return self.send("set", space, key, value)

    def get(self, space: str, key: bytes, *, at: At = "latest") -> bytes | None:
        """The newest value, None where there is none."""
        return _value(self.read("get", space, key, at=at))

    def get_as_of(self, space: str, key: bytes, time: int, *, at: At = "latest") -> bytes | None:
        """The value at the end of a second (since 1970), None where there was none yet."""
        return _value(self.read("get_as_of", space, key, time, at=at))

    def get_as_of_block(self, space: str, key: bytes, block: int) -> bytes | None:
        """The value at the end of a block, None where there was none yet. Needs no archive of old states."""
        return _value(self.read("get_as_of_block", space, key, block))

    def history_length(self, space: str, key: bytes, *, at: At = "latest") -> int:
        """How many values the key has had."""
        return int(self.read("history_length", space, key, at=at))

    def entry(self, space: str, key: bytes, position: int, *, at: At = "latest") -> Entry:
        """One entry of the history; position 0 is the oldest. Raises ChainRefused beyond the end."""
        return Entry(*self.read("entry", space, key, position, at=at))


def _value(answer: tuple[bool, bytes]) -> bytes | None:
    found, value = answer
    return value if found else None
