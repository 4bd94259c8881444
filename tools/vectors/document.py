"""Vectors of documents, made from docs/spec/document.md alone."""

from __future__ import annotations

import hmac
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tools.vectors.by_the_book import Vector, Vectors, fixed, flipped, sha256

from enigma.wire.codec import encode


def document() -> Vectors:
    """Encrypted documents, content keys as they are drawn, and what a reader refuses."""
    good = [
        _good("no text", "text", ""),
        _good("a text", "text", "The cat is called Mallory."),
        _good("a text of other letters", "text", "\u00f6re \u8a9e"),
        _good("no bytes", "bytes", b""),
        _good("bytes", "bytes", b"\x00\x01\xff"),
    ]
    context: dict[str, Any] = {
        "asker": bytes(20), "chain": 31337, "contract": bytes(range(32)), "function": b"\1\2\3\4",
    }  # fmt: skip
    drawn = [
        _drawn(plaintext, secret, encode({**context, "parameter": parameter}))
        for plaintext in (b"\1a", b"\1b")
        for secret, parameter in ((fixed("a secret", 32), "letter"), (fixed("a secret", 32), "note"))
    ]
    key = fixed("a text", 32)
    right = _sealed(key, b"\1The cat is called Mallory.")
    bad = [
        _bad("altered on its way", key, flipped(right, 0), sha256=sha256(right).hex()),
        _bad("altered before it was named", key, flipped(right, 0)),
        _bad("its tag altered before it was named", key, flipped(right, -1)),
        _bad("cut off", key, right[:-1], sha256=sha256(right).hex(), size=len(right)),
        _bad("cut off before it was named", key, right[:-1]),
        _bad("one byte more", key, right + b"\0", sha256=sha256(right).hex(), size=len(right)),
        _bad("another size", key, right, size=len(right) - 1),
        _bad("another key", fixed("another text", 32), right),
        _bad("not marked as the last chunk", key, _sealed(key, b"\1a", last=0)),
        _bad("a word of 33 bits", key, right, words=[1 << 32, *_words(key)[1:]]),
        _bad("a negative word", key, right, words=[-1, *_words(key)[1:]]),
        _bad("seven words", key, right, words=_words(key)[:7]),
        _bad("words from the last to the first", key, right, words=_words(key)[::-1]),
        _bad("neither a text nor bytes", key, _sealed(key, b"\2a")),
        _bad("a text that is not UTF-8", key, _sealed(key, b"\1\xff")),
        _bad("no first byte", key, _sealed(key, b"")),
        _bad("nothing", key, b""),
    ]
    return {"good": good, "drawn": drawn, "bad": bad}


def _sealed(key: bytes, plaintext: bytes, last: int = 1) -> bytes:
    return AESGCM(key).encrypt(bytes(11) + bytes([last]), plaintext, None)


def _words(key: bytes) -> list[int]:
    return [int.from_bytes(key[start : start + 4], "big") for start in range(0, 32, 4)]


def _good(name: str, kind: str, content: str | bytes) -> Vector:
    key = fixed(name, 32)
    plaintext = b"\1" + content.encode() if isinstance(content, str) else b"\0" + content
    sealed = _sealed(key, plaintext)
    return {
        "name": name, kind: content if isinstance(content, str) else content.hex(), "plaintext": plaintext.hex(),
        "content_key": key.hex(), "words": _words(key), "ciphertext": sealed.hex(), "sha256": sha256(sealed).hex(),
        "column": f"{sha256(sealed).hex()} {len(sealed)}",
    }  # fmt: skip


def _drawn(plaintext: bytes, secret: bytes, context: bytes) -> Vector:
    about = b"enigma.document.v1" + sha256(context) + sha256(plaintext)
    return {
        "secret": secret.hex(), "context": context.hex(), "plaintext": plaintext.hex(),
        "content_key": hmac.digest(secret, about, "sha256").hex(),
    }  # fmt: skip


def _bad(name: str, key: bytes, sealed: bytes, **named: str | int | list[int]) -> Vector:
    return {
        "name": name, "words": _words(key), "sha256": sha256(sealed).hex(), "size": len(sealed),
        "ciphertext": sealed.hex(), **named,
    }  # fmt: skip
