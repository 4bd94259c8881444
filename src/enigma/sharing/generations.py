"""Commitments to the pieces of a generation: what the seats agree on before they leave the old pieces for the new.

Pieces that were made anew together are a *generation*: a number, and a digest of commitments to all of its pieces.

    context = SHA-256(["enigma.generation.v1", contract, number, digest of the former generation, the change, nodes])
    piece   = SHA-256(["enigma.renewed-piece.v1", context, index, start, kind, number, salt, octets])
    digest  = SHA-256(context, then for each slice [index, start, [piece 0, piece 1, ...]])

Trees stand for their canonical encoding. A stored secret is cut into slices, each with a salt of its own for each
piece, drawn from a key that exactly the piece's holders share: two holders of one piece find the same 32 bytes, and
nobody else can test a guess against them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from enigma.wire.codec import Tree, encode, encode_parts

SALT_BYTES = 32
DIGEST_BYTES = 32
SLICE_OCTETS = 1 << 19
"""Octets of one piece in a slice; the last one of a secret is shorter. Stored commitments hold for these slices."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of a contract's pieces: those that were dealt or computed are of number 0, with 32 zero bytes."""

    number: int = 0
    digest: bytes = bytes(DIGEST_BYTES)

    @property
    def tree(self) -> list[Tree]:
        """What seats agree on before they compute: pieces of two generations never meet."""
        return [self.number, self.digest]


@dataclass(frozen=True, slots=True)
class Slice:
    """Octets `start` to `start` + `octets` of each piece of the stored secret `index`; `bits`: packed booleans.

    `spare`: bits of the last octet that belong to no boolean; they are kept at 0.
    """

    index: int
    start: int
    octets: int
    bits: bool
    spare: int = 0

    @property
    def size(self) -> int:
        """Words, or octets of bits."""
        return self.octets if self.bits else self.octets // 8


@dataclass(frozen=True, slots=True)
class Committed:
    """Commitments to all pieces of one slice, by number, and the salts of those that a seat holds, in its order."""

    commitments: tuple[bytes, ...]
    salts: tuple[bytes, ...] = field(repr=False)


def slices(index: int, octets: int, bits: bool, spare: int) -> list[Slice]:
    """The slices of a stored secret, whose pieces have `octets` each; of none, one that is empty."""
    starts = range(0, max(octets, 1), SLICE_OCTETS)
    last = starts[-1]
    return [
        Slice(index, start, min(SLICE_OCTETS, octets - start), bits, spare if start == last else 0) for start in starts
    ]


def context_of(contract: bytes, number: int, former: bytes, change: Tree, nodes: Sequence[bytes]) -> bytes:
    """What the commitments of a generation are about; `nodes`: the fingerprints of the parties of the change."""
    return hashlib.sha256(encode(["enigma.generation.v1", contract, number, former, change, list(nodes)])).digest()


def commit(context: bytes, piece: Slice, label: tuple[str, int], salt: bytes, octets: bytes | memoryview) -> bytes:
    """The commitment to what is labelled so of one slice: 32 bytes."""
    kind, number = label
    hashed = hashlib.sha256()
    for part in encode_parts(
        ["enigma.renewed-piece.v1", context, piece.index, piece.start, kind, number, salt, octets]
    ):
        hashed.update(part)
    return hashed.digest()


class GenerationDigest:
    """The digest of a generation, slice by slice, in the order of the slices."""

    def __init__(self, context: bytes) -> None:
        self._hash = hashlib.sha256(context)

    def take(self, piece: Slice, commitments: Sequence[bytes]) -> None:
        """One slice's commitments, by piece number."""
        self._hash.update(encode([piece.index, piece.start, list(commitments)]))

    def digest(self) -> bytes:
        """32 bytes."""
        return self._hash.digest()
