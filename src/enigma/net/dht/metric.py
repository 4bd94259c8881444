"""How far a node is from a key. The metric is a parameter: plain XOR finds, weighted XOR places.

Both are exact integers, so that everybody who knows the same ids and weights finds the same order, on any machine and
in any language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from enigma.errors import ArgumentProblem
from enigma.net.dht.identity import ID_BITS, ID_BYTES, Key, NodeId, number

MAX_WEIGHT = 1 << 128
FRACTION_BITS = 48
_SCRAMBLED = b"enigma/dht/weighted/v1\0"


class Metric(Protocol):
    """A distance between nodes and keys: smaller is nearer."""

    def distance(self, node: NodeId, key: Key) -> int:
        """A number from 0 up; equal distances are told apart by the nodes' ids."""


class Xor:
    """The distance of Kademlia (Maymounkov and Mazieres, IPTPS 2002, section 2.1): node XOR key, as a number."""

    def distance(self, node: NodeId, key: Key) -> int:
        """Node XOR key."""
        return number(node) ^ number(key)


class Weighted:
    """XOR weighted by a node's preference: -log2(u) / weight, where u in (0, 1) is the XOR distance, scrambled.

    With keys chosen at random, a node is the nearest with a probability of exactly its part of all weights (-ln(u) / w
    is exponential with rate w; up to the rounding of 2^-48). The nodes in order of distance are a weighted draw without
    replacement (Efraimidis and Spirakis, 2006). A node that comes or goes, or whose weight changes, moves no key
    between two others, as in rendezvous hashing (Thaler and Ravishankar, 1998; weighted: draft-ietf-bess-weighted-hrw).

    `weights` are positive and below 2^128. Distances have no locality: this metric places, it does not route.
    """

    def __init__(self, weights: Mapping[NodeId, int]) -> None:
        for node, weight in weights.items():
            number(node)
            if not 0 < weight < MAX_WEIGHT:
                raise ArgumentProblem(f"the weight of node {node.hex()[:16]} is {weight}: not from 1 to 2^128 - 1")
        self._weights = dict(weights)

    def distance(self, node: NodeId, key: Key) -> int:
        """The scrambled XOR distance over the node's weight. Raises ArgumentProblem for a node without a weight."""
        weight = self._weights.get(node)
        if weight is None:
            raise ArgumentProblem(f"node {node.hex()[:16]} has no weight")
        apart = (number(node) ^ number(key)).to_bytes(ID_BYTES, "big")
        return (exponential(hashlib.sha256(_SCRAMBLED + apart).digest()) << 128) // weight


def exponential(octets: bytes) -> int:
    """-log2((2h + 1) / 2^257) with 48 fractional bits, from 32 uniform bytes h: at least 1, exponentially distributed.

    The logarithm bit by bit: the square of a mantissa in [1, 2) is at least 2 where the next bit is 1. The mantissa has
    63 fractional bits and is cut, not rounded.
    """
    odd = 2 * number(octets) + 1
    length = odd.bit_length()
    mantissa = odd >> (length - 64) if length > 64 else odd << (64 - length)
    fraction = 0
    for _ in range(FRACTION_BITS):
        mantissa = mantissa * mantissa >> 63
        bit = mantissa >> 64
        mantissa >>= bit
        fraction = fraction << 1 | bit
    return (ID_BITS + 2 - length << FRACTION_BITS) - fraction
