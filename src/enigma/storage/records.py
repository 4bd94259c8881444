"""What is sealed, as bytes: the header of an entry, the head of a store; and names, and what is said of damage."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from enigma.errors import ArgumentProblem, StoreDamaged
from enigma.storage.cipher import Cipher, Kind, SealingKey

CHUNK = 1 << 18  # bytes of a chunk of a long value; what is not longer lies beside its header
CHUNKS = 1 << 24  # of one value
SPACE_LIMIT, KEY_LIMIT = 64, 1024  # bytes of a space's name and of a key
_HEADER = struct.Struct(">BQqQB")
_HEAD = struct.Struct(">16sQQ32s")
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is lost or altered: the problem, and the place where it is known."""

    problem: str
    space: str | None = None
    key: bytes | None = None


class Form(IntEnum):
    """How an entry's value is kept."""

    SHORT = 0  # one piece, beside the header
    CHUNKED = 1
    LOST = 2  # it was here, and is not any more: a mark, until it is put again or deleted


@dataclass(frozen=True, slots=True)
class Name:
    """A place in a store. Raises ArgumentProblem for a name that no place has."""

    space: str
    key: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.space.encode()) <= SPACE_LIMIT:
            raise ArgumentProblem(f"a space has a name of 1 to {SPACE_LIMIT} bytes")
        if len(self.key) > KEY_LIMIT:
            raise ArgumentProblem(f"a key in a store is at most {KEY_LIMIT} bytes")

    def bound(self) -> bytes:
        """The place as it is bound to its value's chunks."""
        space = self.space.encode()
        return bytes([1, len(space)]) + space + self.key


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of an entry without its value. `number` is that of the commit which wrote it; `size` in bytes."""

    name: Name
    form: Form
    number: int
    size: int
    expires: int | None

    @property
    def chunks(self) -> int:
        """How many chunks a long value has."""
        return -(-self.size // CHUNK)

    def seal(self, cipher: Cipher, key: SealingKey) -> bytes:
        """The sealed header; `key` also seals the value."""
        name = self.name.space.encode()
        expires = _NEVER if self.expires is None else self.expires
        content = _HEADER.pack(self.form, self.number, expires, self.size, len(name)) + name + self.name.key
        return cipher.seal(Kind.HEADER, content, cipher.place(self.name.space, self.name.key), key)

    @classmethod
    def open(cls, cipher: Cipher, sealed: object, place: object) -> Header:
        """A header as it was sealed for a place. Raises StoreDamaged."""
        if not isinstance(sealed, bytes) or not isinstance(place, bytes):
            raise StoreDamaged("an entry's header is altered")
        content = cipher.open(Kind.HEADER, sealed, place)
        form, number, expires, size, length = _HEADER.unpack_from(content)
        name = content[_HEADER.size :]
        of = Name(name[:length].decode(), name[length:])
        return cls(of, Form(form), number, size, None if expires == _NEVER else expires)


@dataclass(frozen=True, slots=True)
class Head:
    """What a whole store is: who it is, its last commit, its number of entries, the sum of their headers' marks."""

    store: bytes
    number: int = 0
    entries: int = 0
    total: int = 0

    def seal(self, cipher: Cipher) -> bytes:
        """The sealed head."""
        total = (self.total % (1 << 256)).to_bytes(32, "big")
        return cipher.seal(Kind.HEAD, _HEAD.pack(self.store, self.number, self.entries, total), b"head")

    @classmethod
    def open(cls, cipher: Cipher, sealed: object) -> Head:
        """The head as it was sealed. Raises StoreDamaged."""
        if not isinstance(sealed, bytes):
            raise StoreDamaged("the head of the store is altered")
        store, number, entries, total = _HEAD.unpack(cipher.open(Kind.HEAD, sealed, b"head"))
        return cls(store, number, entries, int.from_bytes(total, "big"))
