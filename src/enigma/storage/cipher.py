"""The keys of a store, and the one way in which anything of it is sealed: AES-256-GCM under a key of its own.

Every sealing draws a fresh 32-byte salt. Its key is BLAKE2b(salt) keyed with a root, and nonces under that key say what
is sealed and which chunk, so that none is repeated. With random 96-bit nonces, one key could seal 2^32 messages in all
(NIST SP 800-38D, 8.3); here no such bound applies, since salts of 256 bits do not meet. Keyed BLAKE2b (RFC 7693) is a
PRF as HMAC is; a get needs it five times, and a call of HMAC costs several times as much.
The last chunk is told apart by a flag in its nonce, as in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015).
"""

from __future__ import annotations

import secrets
import struct
from enum import IntEnum
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enigma.errors import ArgumentProblem, StoreDamaged

VERSION = 1  # of everything sealed; the first byte of it
SALT = 32
TAG = 16
OVERHEAD = 1 + SALT + TAG  # bytes that a sealed record has more than its content
IDENTITY = 16  # bytes of a space's or place's pseudonym on disk
_NONCE = struct.Struct(">BB2xQ")


def _prf(key: bytes, content: bytes) -> bytes:
    return blake2b(content, key=key, digest_size=32).digest()


class Kind(IntEnum):
    """What is sealed; a part of the nonce, so that one can never pass for another."""

    HEADER = 1
    CHUNK = 2
    HEAD = 3
    CATALOGUE = 4


class SealingKey:
    """The key of one sealing: of a record, or of a value's header and chunks."""

    __slots__ = ("_aead", "salt")

    def __init__(self, root: bytes, salt: bytes) -> None:
        self._aead = AESGCM(_prf(root, salt))
        self.salt = salt

    def seal(
        self, kind: Kind, content: bytes | memoryview, place: bytes, number: int = 0, *, last: bool = True
    ) -> bytes:
        """The ciphertext and tag of `content`; each (kind, number) may be used once under one key."""
        return self._aead.encrypt(_NONCE.pack(kind, last, number), content, place)

    def open(self, kind: Kind, sealed: bytes, place: bytes, number: int = 0, *, last: bool = True) -> bytes:
        """The content. Raises StoreDamaged where anything is not as it was sealed."""
        try:
            return self._aead.decrypt(_NONCE.pack(kind, last, number), sealed, place)
        except InvalidTag:
            raise StoreDamaged("what is stored is altered") from None


class Cipher:
    """All keys of a store, derived from the 32 bytes that the caller holds (HKDF-SHA256, RFC 5869)."""

    __slots__ = ("_names", "_root", "_sums")

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        if len(key) != 32:
            raise ArgumentProblem("the key of a store is 32 bytes")
        self._root, self._names, self._sums = (
            HKDF(SHA256(), 32, None, b"enigma/storage/v1/" + use).derive(key) for use in (b"seal", b"names", b"sums")
        )

    def space(self, space: str) -> bytes:
        """What a space is called on disk."""
        return _prf(self._names, b"s" + space.encode())[:IDENTITY]

    def place(self, space: str, key: bytes) -> bytes:
        """What a place is called on disk: without the key of the store nobody can tell what it names."""
        name = space.encode()
        return _prf(self._names, b"p" + bytes([len(name)]) + name + key)[:IDENTITY]

    def mark(self, header: object) -> int:
        """A number for a sealed header; the sum of all, modulo 2^256, tells whether one is missing or another's.

        What damage made of a header may be no bytes: that counts nothing.
        """
        if not isinstance(header, bytes):
            return 0
        return int.from_bytes(_prf(self._sums, header), "big")

    def fresh(self) -> SealingKey:
        """A key that was never used."""
        return SealingKey(self._root, secrets.token_bytes(SALT))

    def of(self, sealed: bytes) -> SealingKey:
        """The key with which a record was sealed. Raises StoreDamaged where it cannot be one."""
        if len(sealed) < OVERHEAD:
            raise StoreDamaged("what is stored is cut off")
        if sealed[0] != VERSION:
            raise StoreDamaged(f"what is stored has version {sealed[0]}; this knows version {VERSION}")
        return SealingKey(self._root, sealed[1 : 1 + SALT])

    def seal(self, kind: Kind, content: bytes, place: bytes, with_key: SealingKey | None = None) -> bytes:
        """A record: version, salt, ciphertext, tag. `place` is bound and not stored."""
        key = with_key or self.fresh()
        return bytes([VERSION]) + key.salt + key.seal(kind, content, bytes([VERSION]) + place)

    def open(self, kind: Kind, sealed: bytes, place: bytes) -> bytes:
        """What `seal` was given. Raises StoreDamaged."""
        return self.of(sealed).open(kind, sealed[1 + SALT :], bytes([VERSION]) + place)
