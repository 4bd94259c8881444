"""What lies in the DHT: values of at most 64 KiB, of three kinds, each checkable by whoever receives it.

A content is public and has no owner: its key is its hash. An owned record of any kind is signed by its owner (Ed25519)
and lies at a key that follows from the owner's key, the kind and a name; a later one, by its sequence number, takes its
place. `SHARE` and `ENCRYPTED` are opaque here, and always owned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from enigma.errors import ArgumentProblem, ProtocolError, RecordRefused, WireError
from enigma.keys.node import NodeKey, verify
from enigma.net.dht.identity import MAX_NAME, PUBLIC_KEY_BYTES, Key, content_key, owned_key
from enigma.wire.codec import Tree, decode, encode

MAX_VALUE = 1 << 16
MAX_SEQUENCE = 1 << 63
MAX_RECORD = MAX_VALUE + 1024
"""Bytes of an encoded record."""
_CONTEXT = "enigma dht record v1"
_FIELDS = {"kind", "value", "expires", "owner", "name", "sequence", "signature"}


class Kind(StrEnum):
    """What a value is. Only public data may be without an owner; only shares stay on the nodes they were placed on."""

    SHARE = "share"
    ENCRYPTED = "encrypted"
    PUBLIC = "public"


@dataclass(frozen=True, repr=False)
class Record:
    """A record as it travels; `content` and `signed` make one. `expires` in seconds since 1970.

    The expiry of a content is not authenticated (anybody may put the same content for longer); an owned record's is.
    """

    kind: Kind
    value: bytes
    expires: int
    owner: bytes = b""
    name: bytes = b""
    sequence: int = 0
    signature: bytes = b""

    @cached_property
    def key(self) -> Key:
        """Where it lies."""
        return owned_key(self.owner, self.kind, self.name) if self.owner else content_key(self.value)

    @cached_property
    def rank(self) -> tuple[int, bytes]:
        """Of two owned records at one key, the one with the higher rank holds: the sequence number, then the hash.

        The hash decides only where an owner signed two under one number, so that all nodes end up with the same one.
        """
        return self.sequence, hashlib.sha256(self._to_sign()).digest()

    def check(self, now: float, longest: int) -> None:
        """Goes on only if this is what its key promises, and `now` lies before its expiry. Raises RecordRefused."""
        if len(self.value) > MAX_VALUE:
            raise RecordRefused(f"a record of {len(self.value)} bytes: at most {MAX_VALUE} lie in the DHT")
        if self.expires <= now:
            raise RecordRefused(f"a record that expired at {self.expires}")
        if self.expires > now + longest:
            raise RecordRefused(f"a record that expires in more than {longest} seconds")
        if not self.owner:
            if self.kind is not Kind.PUBLIC or self.name or self.sequence or self.signature:
                raise RecordRefused(f"a record of kind {self.kind} without an owner")
            return
        try:
            verify(self.owner, _CONTEXT, self._to_sign(), self.signature)
        except ProtocolError as error:
            raise RecordRefused(
                "a record whose signature is not its owner's", hint="It was altered on its way, or forged."
            ) from error

    def tree(self) -> dict[str, Tree]:
        """The record as a canonical tree."""
        return {
            "kind": str(self.kind),
            "value": self.value,
            "expires": self.expires,
            "owner": self.owner,
            "name": self.name,
            "sequence": self.sequence,
            "signature": self.signature,
        }

    def encoded(self) -> bytes:
        """The canonical bytes of the record."""
        return encode(self.tree())

    def _to_sign(self) -> bytes:
        return encode([str(self.kind), self.owner, self.name, self.sequence, self.expires, self.value])

    def __repr__(self) -> str:
        return f"Record({self.kind}, {len(self.value)} bytes, key={self.key.hex()[:16]}..., sequence={self.sequence})"


def content(value: bytes, *, expires: int) -> Record:
    """Public data without an owner, at the key `content_key(value)`. Raises ArgumentProblem above 64 KiB."""
    _check_length(value)
    return Record(Kind.PUBLIC, value, expires)


def signed(owner: NodeKey, kind: Kind, name: bytes, value: bytes, *, sequence: int, expires: int) -> Record:
    """An owner's record; one with a higher `sequence` replaces it, and an empty value erases it.

    Whoever holds the record sees `owner` and `name`: a name that says something is hashed first.
    Raises ArgumentProblem.
    """
    _check_length(value)
    if not 0 <= sequence < MAX_SEQUENCE:
        raise ArgumentProblem(f"a sequence number is from 0 to 2^63 - 1, not {sequence}")
    owned_key(owner.public_bytes, kind, name)
    unsigned = Record(kind, value, expires, owner.public_bytes, name, sequence)
    return replace(unsigned, signature=owner.sign(_CONTEXT, unsigned._to_sign()))  # noqa: SLF001 - its own


def record_from(tree: Tree) -> Record:
    """The record that a tree spells; not yet checked. Raises WireError on any other tree."""
    if not isinstance(tree, Mapping) or set(tree) != _FIELDS:
        raise WireError("a record of the DHT has other fields")
    kind, expires, sequence = tree["kind"], tree["expires"], tree["sequence"]
    value, owner, name, signature = (_octets(tree[field]) for field in ("value", "owner", "name", "signature"))
    if not isinstance(kind, str) or kind not in Kind.__members__.values():
        raise WireError("a record of the DHT is of no known kind")
    if not isinstance(expires, int) or not isinstance(sequence, int) or isinstance(expires, bool):
        raise WireError("a record's expiry and sequence are whole numbers")
    if isinstance(sequence, bool) or not 0 <= sequence < MAX_SEQUENCE or not 0 <= expires < MAX_SEQUENCE:
        raise WireError("a record's expiry and sequence are from 0 to 2^63 - 1")
    if len(value) > MAX_VALUE or len(name) > MAX_NAME or len(owner) not in (0, PUBLIC_KEY_BYTES):
        raise WireError("a record's value, name or owner has an impossible length")
    if len(signature) != (64 if owner else 0):
        raise WireError("an owned record has a signature of 64 bytes, a content none")
    return Record(Kind(kind), value, expires, owner, name, sequence, signature)


def decode_record(octets: bytes) -> Record:
    """The record that `encoded` wrote; not yet checked. Raises WireError."""
    return record_from(decode(octets, limit=MAX_RECORD))


def _octets(tree: Tree) -> bytes:
    if not isinstance(tree, (bytes, bytearray, memoryview)):
        raise WireError("a field of a record is bytes")
    return bytes(tree)


def _check_length(value: bytes) -> None:
    if len(value) > MAX_VALUE:
        raise ArgumentProblem(
            f"{len(value)} bytes are too many for the DHT: at most {MAX_VALUE}",
            hint="Keep a larger value on a node, and provide its key.",
        )
