"""Vectors of sealing: keys of accounts, sealed values, sealed streams."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tools.vectors.by_the_book import Vector, Vectors, fixed, flipped, hpke, sha256, stream_sealed, value_sealed

from enigma.keys.account import Account
from enigma.keys.sealing import CHUNK_BYTES, SealingKey


def sealing() -> Vectors:
    """Keys of accounts, sealed values, and sealed streams by rule."""
    account = Account(fixed("an account", 32))
    reader, other = (SealingKey.from_seed(fixed(label, 32)) for label in ("a reader", "another reader"))
    sealed = value_sealed(reader.public_bytes, b"42", b"a purpose", fixed("ephemeral 1", 32))
    about = {"private": reader.private_bytes().hex(), "context": b"a purpose".hex()}
    good = [
        {"name": name, **about, "context": context.hex(), "value": value.hex(),
         "sealed": value_sealed(reader.public_bytes, value, context, fixed(name, 32)).hex()}
        for name, value, context in [
            ("a short value", b"forty-two", b"a purpose"),
            ("no bytes", b"", b"a purpose"),
            ("no context", b"forty-two", b""),
            ("a long context", bytes(100), bytes(range(256)) * 2),
        ]
    ]  # fmt: skip
    stream_info = b"enigma.sealed-stream.v1" + sha256(b"a purpose")
    zero = X25519PrivateKey.from_private_bytes(fixed("zero", 32)).public_key().public_bytes_raw()
    bad = [
        {"name": name, **about, **more}
        for name, more in [
            ("another context", {"context": b"another purpose".hex(), "sealed": sealed.hex()}),
            ("another key", {"private": other.private_bytes().hex(), "sealed": sealed.hex()}),
            ("a bit of the encapsulated key flipped", {"sealed": flipped(sealed, 0).hex()}),
            ("a bit of the value flipped", {"sealed": flipped(sealed, 32).hex()}),
            ("a bit of the tag flipped", {"sealed": flipped(sealed, -1).hex()}),
            ("cut off by a byte", {"sealed": sealed[:-1].hex()}),
            ("one byte more", {"sealed": sealed.hex() + "00"}),
            ("shorter than anything sealed", {"sealed": sealed[:47].hex()}),
            ("no bytes", {"sealed": ""}),
            ("an encapsulated key of low order", {"sealed": (bytes(32) + sealed[32:]).hex()}),
            ("another encapsulated key", {"sealed": (zero + sealed[32:]).hex()}),
            ("the context itself for info, not its hash",
             {"sealed": hpke(reader.public_bytes, b"42", b"enigma.sealed.v1a purpose", fixed("e", 32)).hex()}),
            ("sealed as the head of a stream", {"sealed": hpke(reader.public_bytes, b"42", stream_info,
                                                               fixed("e", 32)).hex()}),
        ]
    ]  # fmt: skip
    derived = SealingKey.from_account(account)
    return {
        "accounts": [{"name": "an account's key", "account": account.private_bytes().hex(), "address": account.address,
                      "private": derived.private_bytes().hex(), "public": derived.public_bytes.hex()}],
        "good": good,
        "bad": bad,
        "good_streams": [stream(name, reader, size) for name, size in STREAMS],
        "bad_streams": [{"name": n, "from": of, "order": order, "flip": flip} for n, of, order, flip in BAD_STREAMS],
        "bad_chunks": [{"name": n, "from": of, "contents": sizes} for n, of, sizes in BAD_CHUNKS],
    }  # fmt: skip


STREAMS = [
    ("empty", 0),
    ("one byte", 1),
    ("one full chunk", CHUNK_BYTES),
    ("a full chunk and a byte", CHUNK_BYTES + 1),
    ("three chunks", 2 * CHUNK_BYTES + 7),
]
# A stream's parts in the order in which they arrive (0: the head, n + 1: chunk n); a part and its byte that is altered.
BAD_STREAMS: list[tuple[str, str, list[int], list[int] | None]] = [
    ("nothing", "one byte", [], None),
    ("only the head", "one byte", [0], None),
    ("no head", "one byte", [1], None),
    ("the last chunk missing", "three chunks", [0, 1, 2], None),
    ("the last two chunks missing", "three chunks", [0, 1], None),
    ("a chunk in the middle missing", "three chunks", [0, 1, 3], None),
    ("the first chunk missing", "three chunks", [0, 2, 3], None),
    ("two chunks swapped", "three chunks", [0, 2, 1, 3], None),
    ("a chunk repeated", "three chunks", [0, 1, 1, 2, 3], None),
    ("the last chunk repeated", "three chunks", [0, 1, 2, 3, 3], None),
    ("a bit of the encapsulated key flipped", "one byte", [0, 1], [0, 3]),
    ("a bit of the sealed content key flipped", "one byte", [0, 1], [0, 40]),
    ("a bit of chunk 0 flipped", "three chunks", [0, 1, 2, 3], [1, 1000]),
    ("a bit of the last tag flipped", "three chunks", [0, 1, 2, 3], [3, 22]),
]
# Streams sealed by who knows the content key: so many bytes of the content in each chunk, the last with its flag.
BAD_CHUNKS: list[tuple[str, str, list[int]]] = [
    ("an empty chunk after a full one", "one full chunk", [CHUNK_BYTES, 0]),
    ("a short chunk before the last", "three chunks", [CHUNK_BYTES, 7, CHUNK_BYTES]),
    ("a chunk that is too long", "a full chunk and a byte", [CHUNK_BYTES + 1]),
]


def stream(name: str, reader: SealingKey, size: int) -> Vector:
    """A good stream: byte i of its content is i modulo 251."""
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    key, context = fixed(f"content key, {name}", 32), b"a long purpose"
    parts = stream_sealed(reader.public_bytes, content, context, fixed(f"head, {name}", 32), key)
    return {"name": name, "private": reader.private_bytes().hex(), "context": context.hex(), "content_key": key.hex(),
            "content_bytes": size, "head": parts[0].hex(), "sealed_sha256": sha256(*parts).hex()}  # fmt: skip
