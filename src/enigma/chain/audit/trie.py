"""RLP, and the root of a list in a Merkle-Patricia trie: how a block binds its transactions and its receipts.

Source: Ethereum yellow paper, appendices B and D.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = "bytes | Sequence[Item]"
_Pairs = Sequence[tuple[tuple[int, ...], bytes]]  # what is left of each key, in half bytes; value


def rlp(item: Item) -> bytes:
    """The one encoding of nested lists of bytes."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _headed(0x80, item)
    return _headed(0xC0, b"".join(rlp(each) for each in item))


def whole(number: int) -> bytes:
    """A number as RLP holds it: big-endian, without leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def root(values: Sequence[bytes]) -> bytes:
    """The root of the trie of a list: each value under the RLP of its index. 32 bytes."""
    from eth_utils.crypto import keccak

    pairs = [(_halves(rlp(whole(index))), value) for index, value in enumerate(values)]
    return keccak(rlp(_node(pairs)))


def _node(pairs: _Pairs) -> Item:
    if not pairs:
        return b""
    if len(pairs) == 1:
        [(key, value)] = pairs
        return [_packed(key, ends=True), value]
    first, last = min(pairs)[0], max(pairs)[0]
    shared = next((i for i, half in enumerate(first) if i == len(last) or half != last[i]), len(first))
    if shared:
        return [_packed(first[:shared], ends=False), _reference([(key[shared:], value) for key, value in pairs])]
    branch = [_reference([(key[1:], value) for key, value in pairs if key[:1] == (half,)]) for half in range(16)]
    return [*branch, next((value for key, value in pairs if not key), b"")]


def _reference(pairs: _Pairs) -> Item:
    """A child within its parent: itself where it is short, else its hash."""
    from eth_utils.crypto import keccak

    node = _node(pairs)
    encoded = rlp(node)
    return node if not pairs or len(encoded) < 32 else keccak(encoded)


def _packed(key: tuple[int, ...], *, ends: bool) -> bytes:
    odd = len(key) % 2
    halves = (2 * ends + odd, *(() if odd else (0,)), *key)
    return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))


def _halves(octets: bytes) -> tuple[int, ...]:
    return tuple(half for octet in octets for half in (octet >> 4, octet & 15))


def _headed(base: int, content: bytes) -> bytes:
    if len(content) < 56:
        return bytes([base + len(content)]) + content
    length = whole(len(content))
    return bytes([base + 55 + len(length)]) + length + content
