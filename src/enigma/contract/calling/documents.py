"""A document at the two ends of its way: encrypted by its owner, opened by its reader; between them, nobody reads it.

    plaintext  = one byte, 0 for bytes and 1 for a text in UTF-8, then the content
    ciphertext = the chunks of a sealed stream (`enigma.keys.sealing`) under a content key of its own, without a head
    words      = the content key as eight numbers of 32 bits, the most significant first: what is shared

The bytes stand in docs/spec/document.md.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from enigma.contract.dictionaries.ciphertext import KEY_WORDS, MOST_CIPHERTEXT_BYTES, column_of
from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.keys.sealing import CHUNK_BYTES, CONTENT_KEY_BYTES, TAG_BYTES, open_chunks, seal_chunk

_BYTES, _TEXT = b"\0", b"\1"


class OwnDocument:
    """A document in its owner's hands. It does not print what it holds."""

    __slots__ = ("_plaintext",)

    def __init__(self, content: bytes | str) -> None:
        try:
            self._plaintext = _TEXT + content.encode() if isinstance(content, str) else _BYTES + content
        except UnicodeEncodeError:
            raise ArgumentProblem("a document holds half of a character, which UTF-8 cannot spell") from None
        if _sealed_size(len(self._plaintext)) > MOST_CIPHERTEXT_BYTES:
            raise ArgumentProblem(
                f"a document of {len(self._plaintext) - 1} bytes is longer than the {MOST_CIPHERTEXT_BYTES} allowed",
                hint="Store it in several parts, each under its own key.",
            )

    def content_key(self, secret: bytes, context: bytes) -> bytes:
        """A content key from 32 secret bytes that are used in this context alone; another document has another one.

        Who has the secret and the document makes the same ciphertext again, to go on with an upload.
        """
        about = b"enigma.document.v1" + hashlib.sha256(context).digest() + hashlib.sha256(self._plaintext).digest()
        return hmac.digest(secret, about, "sha256")

    def enclosed(self, content_key: bytes) -> EnclosedDocument:
        """Encrypt it under 32 bytes that never encrypt anything else: fresh random ones, or those of `content_key`."""
        return EnclosedDocument(self._plaintext, content_key)

    def __repr__(self) -> str:
        return f"<a document of {len(self._plaintext) - 1} bytes>"


class EnclosedDocument:
    """A document as it leaves its owner: `len(d)` chunks for whoever stores it, `words` to be shared.

    A chunk is the same bytes each time it is asked for, so an interrupted upload goes on.
    """

    __slots__ = ("_content_key", "_plaintext", "sha256", "size")

    def __init__(self, plaintext: bytes, content_key: bytes) -> None:
        self._plaintext, self._content_key = plaintext, content_key
        digest = hashlib.sha256()
        for each in self.chunks():
            digest.update(each)
        self.sha256, self.size = digest.digest(), _sealed_size(len(plaintext))

    @property
    def words(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The content key as the numbers that are shared: int64, of shape (8,)."""
        return np.frombuffer(self._content_key, ">u4").astype(np.int64)

    @property
    def column(self) -> str:
        """The name of the column of its contribution."""
        return column_of(self.sha256, self.size)

    def __len__(self) -> int:
        return (len(self._plaintext) + CHUNK_BYTES - 1) // CHUNK_BYTES

    def chunk(self, number: int) -> bytes:
        """Chunk `number`, from 0."""
        start = number * CHUNK_BYTES
        content = memoryview(self._plaintext)[start : start + CHUNK_BYTES]
        return seal_chunk(self._content_key, number, content, last=number == len(self) - 1)

    def chunks(self) -> Iterator[bytes]:
        """The whole ciphertext."""
        return map(self.chunk, range(len(self)))

    def __repr__(self) -> str:
        return f"<an encrypted document of {self.size} bytes, {self.sha256.hex()[:16]}...>"


def opened(words: Any, sha256: bytes, size: int, sealed: Iterable[bytes]) -> bytes | str:
    """The content of a document, from the numbers that its content key was shared as, and its ciphertext.

    Raises ProtocolError for a ciphertext that is not the one with this hash and size, and for one that the key does not
    open; WireError for what is no document.
    """
    digest, parts, taken = hashlib.sha256(), [], 0
    for part in sealed:
        taken += len(part)
        if taken > size:
            break
        digest.update(part)
        parts.append(part)
    if taken != size or not hmac.compare_digest(digest.digest(), sha256):
        raise ProtocolError(
            f"what was handed out is not the ciphertext {sha256.hex()[:16]}... of {size} bytes",
            hint="whoever stores it altered it; the other nodes of the committee have it as well",
        )
    plaintext = b"".join(open_chunks(_content_key(words), parts))
    kind, content = plaintext[:1], plaintext[1:]
    try:
        if kind == _TEXT:
            return content.decode()
    except UnicodeDecodeError:
        raise WireError("a document says that it is a text, and is none in UTF-8") from None
    if kind != _BYTES:
        raise WireError("a document says neither that it is a text nor that it is bytes")
    return content


def _content_key(words: Any) -> bytes:
    numbers = np.asarray(words)
    if numbers.shape != (KEY_WORDS,) or bool(((numbers < 0) | (numbers >> 32 != 0)).any()):
        raise ProtocolError(f"what was opened is no content key of {CONTENT_KEY_BYTES} bytes")
    return numbers.astype(">u4").tobytes()


def _sealed_size(plaintext: int) -> int:
    return plaintext + TAG_BYTES * ((plaintext + CHUNK_BYTES - 1) // CHUNK_BYTES)
