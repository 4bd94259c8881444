"""What only one reader can open: HPKE (RFC 9180) for short values, and a sealed stream of chunks for long ones.

One suite: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A context says what a sealed value is for;
under another one it does not open. Anybody can seal: who did is for the context, or a commitment, to say.

    sealed        = HPKE.Seal(public key, info = "enigma.sealed.v1" + SHA-256(context), value)
    sealed stream = head, chunk 0, chunk 1, ...
    head          = HPKE.Seal(public key, info = "enigma.sealed-stream.v1" + SHA-256(context), content key)
    chunk n       = AES-256-GCM(content key, nonce = n in 11 bytes, then 1 for the last chunk, else 0; 1 MiB of content)

The number and the flag in the nonce are the STREAM construction: chunks that are cut off, left out, repeated or moved
do not open. The bytes stand in docs/spec/sealing.md.

Sources: RFC 9180 (HPKE); Hoang, Reyhanitabar, Rogaway, Vizár 2015 (STREAM); RFC 7748 (X25519).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from enigma.errors import ArgumentProblem, ProtocolError, WireError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from enigma.keys.account import Account

PUBLIC_BYTES = 32
SEED_BYTES = 32
CONTENT_KEY_BYTES = 32
TAG_BYTES = 16
SEALED_MORE = PUBLIC_BYTES + TAG_BYTES
"""So many bytes is a sealed value longer than the value."""
HEAD_BYTES = SEALED_MORE + CONTENT_KEY_BYTES
CHUNK_BYTES = 1 << 20
"""Content of every chunk of a stream but the last."""
MOST_CHUNKS = 1 << 32

Octets: TypeAlias = "bytes | bytearray | memoryview"

_VALUE_DOMAIN = b"enigma.sealed.v1"
_STREAM_DOMAIN = b"enigma.sealed-stream.v1"
_ACCOUNT_DOMAIN = b"enigma.sealing-key.v1"
_ACCOUNT_TEXT = (
    "Derive the key that opens what is sealed to me. Whoever has this signature can read it: "
    "sign only in an application that I trust."
)


class SealingKey:
    """An X25519 key to which values are sealed. `repr` shows the public half alone."""

    __slots__ = ("_private", "_public_bytes")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self._public_bytes = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> SealingKey:
        """A new key from the operating system's randomness."""
        return cls.from_seed(os.urandom(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> SealingKey:
        """The key whose 32 secret bytes (RFC 7748, section 5) are given. Raises ArgumentProblem on any other length."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        if len(seed) != SEED_BYTES:
            raise ArgumentProblem(f"a sealing key has {SEED_BYTES} secret bytes, not {len(seed)}")
        return cls(X25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_account(cls, account: Account) -> SealingKey:
        """The key that belongs to an account of a chain: the same at every call, and in a wallet that signs alike.

        The seed is HKDF-SHA256 of r and s of the account's signature (EIP-712) over a fixed text. It needs signatures
        that repeat (RFC 6979), with s in the lower half; a wallet that signs otherwise finds another key each time.
        """
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        types = {"SealingKey": [{"name": "purpose", "type": "string"}]}
        signature = account.sign_typed({"name": "Enigma Sealing", "version": "1"}, types, {"purpose": _ACCOUNT_TEXT})
        derive = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=None, info=_ACCOUNT_DOMAIN)
        return cls.from_seed(derive.derive(signature[:64]))

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key, to which anybody can seal."""
        return self._public_bytes

    def private_bytes(self) -> bytes:
        """The 32 secret bytes, for a keystore or a seat's process. Whoever holds them opens what is sealed to this."""
        return self._private.private_bytes_raw()

    def open(self, sealed: Octets, context: bytes) -> bytes:
        """The value that `seal` sealed to this key for this context. Raises WireError, ProtocolError."""
        return self._open(_VALUE_DOMAIN, sealed, context)

    def open_stream(self, sealed: Iterable[Octets], context: bytes) -> Iterator[bytes]:
        """The content of a sealed stream, chunk by chunk; `sealed` may be cut anywhere.

        A chunk is given out only when it is proven to stand where it was sealed. That nothing was cut off at the end is
        proven when the iterator ends without an error, and not before. Raises WireError, ProtocolError.
        """
        blocks = _blocks(sealed, HEAD_BYTES, CHUNK_BYTES + TAG_BYTES)
        head = next(blocks, b"")
        if len(head) != HEAD_BYTES:
            raise WireError(f"a sealed stream begins with {HEAD_BYTES} bytes; here are {len(head)}")
        yield from open_chunks(self._open(_STREAM_DOMAIN, head, context), blocks)

    def __repr__(self) -> str:
        return f"SealingKey(public={self._public_bytes.hex()[:16]}...)"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a sealing key is not pickled: hand over private_bytes() on purpose")

    def _open(self, domain: bytes, sealed: Octets, context: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        if len(sealed) < SEALED_MORE:
            raise WireError(f"a sealed value has at least {SEALED_MORE} bytes, not {len(sealed)}")
        try:
            return bytes(_suite().decrypt(sealed, self._private, info=_bound(domain, context)))
        except (InvalidTag, ValueError):
            raise ProtocolError(
                "a sealed value does not open: it was altered, or sealed to another key or for another purpose"
            ) from None


class StreamSeal:
    """A stream being sealed to one public key, under a content key that no other content is ever sealed under.

    Whoever keeps the content key can make any chunk again, to go on after an interruption. The head differs between two
    instances of one content key; either opens the chunks of both.
    """

    __slots__ = ("_cipher", "head")

    def __init__(self, public_bytes: bytes, content_key: bytes, context: bytes) -> None:
        self._cipher = _cipher(content_key)
        self.head = _seal(_STREAM_DOMAIN, public_bytes, content_key, context)

    def chunk(self, number: int, content: Octets, *, last: bool) -> bytes:
        """Chunk `number`, sealed. The same number must always come with the same content: one nonce, one message.

        Every chunk but the last has CHUNK_BYTES of content, and the last has some unless it is the only one.
        """
        return _chunk(self._cipher, number, content, last=last)

    def __repr__(self) -> str:
        return "<StreamSeal>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a stream that is being sealed is not pickled")


def seal(public_bytes: bytes, value: Octets, context: bytes) -> bytes:
    """A short value, sealed to a public key for one context: 48 bytes more. Another call gives other bytes.

    Raises ArgumentProblem where the public key is none that can be sealed to.
    """
    return _seal(_VALUE_DOMAIN, public_bytes, value, context)


def seal_stream(public_bytes: bytes, content: Iterable[Octets], context: bytes) -> Iterator[bytes]:
    """A long value, sealed to a public key for one context, under a fresh content key; `content` may be cut anywhere.

    The first piece is the head with chunk 0, each further one a chunk. Raises ArgumentProblem as `seal` does.
    """
    stream = StreamSeal(public_bytes, os.urandom(CONTENT_KEY_BYTES), context)
    blocks = _blocks(content, CHUNK_BYTES, CHUNK_BYTES)
    block: bytes | None = next(blocks, b"")
    number = 0
    while block is not None:
        after = next(blocks, None)
        chunk = stream.chunk(number, block, last=after is None)
        yield chunk if number else stream.head + chunk
        block, number = after, number + 1


def open_chunks(content_key: bytes, sealed: Iterable[Octets]) -> Iterator[bytes]:
    """The content of the chunks of a sealed stream, without its head, for whoever has the content key.

    `sealed` may be cut anywhere. As with `SealingKey.open_stream`, only the iterator's end proves that all is there.
    Raises ArgumentProblem, WireError, ProtocolError.
    """
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(content_key)
    blocks = _blocks(sealed, CHUNK_BYTES + TAG_BYTES, CHUNK_BYTES + TAG_BYTES)
    block = next(blocks, None)
    if block is None:
        raise WireError("a sealed stream has no chunk")
    number = 0
    while block is not None:
        after = next(blocks, None)
        if len(block) < TAG_BYTES:
            raise WireError(f"chunk {number} of a sealed stream has {len(block)} bytes, less than its tag")
        try:
            content = cipher.decrypt(_nonce(number, last=after is None), block, None)
        except InvalidTag:
            raise ProtocolError(
                f"chunk {number} of a sealed stream does not open: it was altered, moved or repeated, "
                "or the stream was cut off"
            ) from None
        if not content and number:
            raise WireError(f"the last chunk of a sealed stream, number {number}, is empty")
        yield content
        block, number = after, number + 1


def seal_chunk(content_key: bytes, number: int, content: Octets, *, last: bool) -> bytes:
    """Chunk `number` of a stream under a content key. The same number must always come with the same content.

    Every chunk but the last has CHUNK_BYTES of content, and the last has some unless it is the only one.
    """
    return _chunk(_cipher(content_key), number, content, last=last)


def _cipher(content_key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(content_key) != CONTENT_KEY_BYTES:
        raise ArgumentProblem(f"a content key has {CONTENT_KEY_BYTES} bytes, not {len(content_key)}")
    return AESGCM(content_key)


def _chunk(cipher: AESGCM, number: int, content: Octets, *, last: bool) -> bytes:
    if not 0 <= number < MOST_CHUNKS:
        raise ArgumentProblem(f"a sealed stream has at most {MOST_CHUNKS} chunks")
    size = len(content)
    if size > CHUNK_BYTES or (size < CHUNK_BYTES and not last) or (size == 0 and number):
        raise ArgumentProblem(f"{size} bytes are not the content of chunk {number} of a sealed stream")
    return cipher.encrypt(_nonce(number, last=last), content, None)


def _seal(domain: bytes, public_bytes: bytes, value: Octets, context: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    try:
        public = X25519PublicKey.from_public_bytes(public_bytes)
        return bytes(_suite().encrypt(value, public, info=_bound(domain, context)))
    except ValueError:
        # Also a point of low order, whose shared secret everybody knows (RFC 7748, section 6.1).
        raise ArgumentProblem("these bytes are no X25519 public key that can be sealed to") from None


def _suite() -> Any:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _bound(domain: bytes, context: bytes) -> bytes:
    """HPKE's info. The context is hashed, since other implementations limit the length of info."""
    return domain + hashlib.sha256(context).digest()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))


def _blocks(pieces: Iterable[Octets], first: int, size: int) -> Iterator[bytes]:
    """The same bytes as one block of `first` bytes and blocks of `size`, the last of what is left.

    What is no `bytes` is copied: the caller may use a buffer again as soon as the next piece is asked for.
    """
    want = first
    held = bytearray()
    for piece in pieces:
        if not held and len(piece) == want and isinstance(piece, bytes):
            yield piece
            want = size
            continue
        view = memoryview(piece).cast("B") if len(piece) else memoryview(b"")
        position = 0
        while position < view.nbytes:
            part = view[position : position + want - len(held)]
            position += part.nbytes
            held += part
            if len(held) == want:
                yield bytes(held)
                held = bytearray()
                want = size
    if held:
        yield bytes(held)
