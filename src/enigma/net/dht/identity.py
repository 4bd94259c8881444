"""Names in the DHT: 32 bytes for a node, a content, an owner's record. Each kind is hashed under a domain of its own.

A node's id is not its own choice. It binds the address that the chain registered to the hash of the block in which that
happened. Nobody knows that hash while the address can still be chosen, so keys cannot be tried out until an id falls
next to a wanted key; and an address that has left is never registered again.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

from enigma.errors import ArgumentProblem

ID_BYTES = 32
ID_BITS = 8 * ID_BYTES
PUBLIC_KEY_BYTES = 32
MAX_NAME = 64
"""Bytes of the name that an owner gives a record."""

NodeId: TypeAlias = bytes
Key: TypeAlias = bytes

_NODE = b"enigma/dht/node/v1\0"
_CONTENT = b"enigma/dht/content/v1\0"
_OWNED = b"enigma/dht/owned/v1\0"
_REFERENCE = b"enigma/dht/reference/v1\0"


def node_id(address: bytes, block_hash: bytes) -> NodeId:
    """The id of the node registered under `address` (20 bytes), in the block with this hash (32 bytes)."""
    if len(address) != 20 or len(block_hash) != 32:
        raise ArgumentProblem("a node's id is made from an address of 20 bytes and a block's hash of 32")
    return hashlib.sha256(_NODE + address + block_hash).digest()


def content_key(value: bytes) -> Key:
    """The key of a content: whoever holds it can check the content, and nothing else fits."""
    return hashlib.sha256(_CONTENT + value).digest()


def owned_key(owner: bytes, kind: str, name: bytes) -> Key:
    """The key of an owner's record of one kind under one name: no other key than the owner's can sign what lies there.

    `owner` is an Ed25519 public key, `name` has at most 64 bytes.
    """
    if len(owner) != PUBLIC_KEY_BYTES or len(name) > MAX_NAME:
        raise ArgumentProblem(f"an owner is a key of {PUBLIC_KEY_BYTES} bytes, a name has at most {MAX_NAME}")
    spelled = kind.encode()
    return hashlib.sha256(_OWNED + owner + bytes((len(spelled),)) + spelled + name).digest()


def reference_key(reference: bytes) -> Key:
    """The key under which nodes announce that they keep what a reference of the chain (32 bytes) stands for."""
    if len(reference) != ID_BYTES:
        raise ArgumentProblem(f"a reference has {ID_BYTES} bytes, not {len(reference)}")
    return hashlib.sha256(_REFERENCE + reference).digest()


def number(name: bytes) -> int:
    """An id or key as the number that distances are taken of. Raises ArgumentProblem on any length but 32."""
    if len(name) != ID_BYTES:
        raise ArgumentProblem(f"an id or a key of the DHT has {ID_BYTES} bytes, not {len(name)}")
    return int.from_bytes(name, "big")
