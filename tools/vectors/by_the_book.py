"""Sealing as its specification says, a second time and with nothing left to chance: docs/spec/sealing.md."""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enigma.keys.sealing import CHUNK_BYTES

Vector = dict[str, Any]
Vectors = dict[str, list[Vector]]


def fixed(label: str, size: int) -> bytes:
    """Bytes that stand for random ones: the same at every run."""
    return hashlib.shake_256(label.encode()).digest(size)


def sha256(*parts: bytes) -> bytes:
    """The hash of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def flipped(octets: bytes, place: int) -> bytes:
    """The same bytes but for one bit of one of them."""
    altered = bytearray(octets)
    altered[place] ^= 1
    return bytes(altered)


# ---------------------------------------------------------------- RFC 9180, base mode, one message


def extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract (section 4)."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    """LabeledExpand (section 4), of at most 32 bytes."""
    about = struct.pack(">H", size) + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, about + b"\x01", "sha256")[:size]


def hpke(public: bytes, value: bytes, info: bytes, ephemeral: bytes) -> bytes:
    """SealBase (section 6.1) with DHKEM(X25519), HKDF-SHA256 and AES-256-GCM, under a given ephemeral key."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    sent = private.public_key().public_bytes_raw()
    met = private.exchange(X25519PublicKey.from_public_bytes(public))
    kem = b"KEM" + struct.pack(">H", 0x20)
    shared = expand(kem, extract(kem, b"", b"eae_prk", met), b"shared_secret", sent + public, 32)
    suite = b"HPKE" + struct.pack(">HHH", 0x20, 1, 2)
    about = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    cipher = AESGCM(expand(suite, secret, b"key", about, 32))
    return sent + cipher.encrypt(expand(suite, secret, b"base_nonce", about, 12), value, None)


def value_sealed(public: bytes, value: bytes, context: bytes, ephemeral: bytes) -> bytes:
    """A sealed value (docs/spec/sealing.md)."""
    return hpke(public, value, b"enigma.sealed.v1" + sha256(context), ephemeral)


def stream_sealed(public: bytes, content: bytes, context: bytes, ephemeral: bytes, key: bytes) -> list[bytes]:
    """A sealed stream (docs/spec/sealing.md): its head, then its chunks."""
    parts = [content[start : start + CHUNK_BYTES] for start in range(0, max(len(content), 1), CHUNK_BYTES)]
    nonces = [n.to_bytes(11, "big") + bytes([n == len(parts) - 1]) for n in range(len(parts))]
    chunks = [AESGCM(key).encrypt(nonce, part, None) for nonce, part in zip(nonces, parts, strict=True)]
    return [hpke(public, key, b"enigma.sealed-stream.v1" + sha256(context), ephemeral), *chunks]
