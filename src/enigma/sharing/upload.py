"""What one seat gets of a contribution, before it is sealed: a preamble, then its pieces in full, one after the other.

    content  = length of the preamble (8 bytes, least significant first), preamble, full pieces
    preamble = {"commitments": all pieces', "header": header, "held": for each column [[salt, seed or null], ...]}

The pieces of a column stand in the order in which the family says that the seat holds them. Null: the piece follows in
full. Its length follows from the header, so that a seat knows all sizes before it takes memory for them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from enigma.errors import ArgumentProblem, WireError
from enigma.sharing.commitments import COMMITMENT_BYTES, SALT_BYTES, Commitments
from enigma.sharing.family import Sharing
from enigma.sharing.header import Context, Header
from enigma.wire.codec import decode, encode

LENGTH_BYTES = 8
MOST_PREAMBLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HeldPiece:
    """A piece's salt, and its seed; None where it follows in full. Neither prints."""

    salt: bytes = field(repr=False)
    seed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preamble:
    """All of an upload but its full pieces."""

    header: Header
    commitments: Commitments
    held: Sequence[Sequence[HeldPiece]]

    def encode(self) -> bytes:
        """The preamble behind its length. Raises ArgumentProblem where it is too long for any seat."""
        octets = encode(
            {
                "commitments": [list(column) for column in self.commitments],
                "header": self.header.tree,
                "held": [[[piece.salt, piece.seed] for piece in column] for column in self.held],
            }
        )
        if len(octets) > MOST_PREAMBLE_BYTES:
            raise ArgumentProblem(
                f"names, shapes and commitments take {len(octets)} bytes; a seat reads {MOST_PREAMBLE_BYTES}",
                hint="contribute fewer columns at once",
            )
        return struct.pack("<Q", len(octets)) + octets

    @classmethod
    def read(cls, octets: bytes | memoryview, family: Sharing, seat: int) -> Preamble:
        """The preamble that these bytes, without their length, are for a seat of a family. Raises WireError."""
        match decode(octets, limit=MOST_PREAMBLE_BYTES):
            case {"commitments": list(commitments), "header": tree, "held": list(held), **rest} if not rest:
                header = Header.read(tree)
            case _:
                raise WireError("a preamble has commitments, a header and held pieces, and nothing else")
        if header.family != family.NAME:
            raise WireError(f"pieces of {header.family!r:.60}; this committee computes on {family.NAME}")
        pieces = {number for each in range(family.SEATS) for number in family.held_by(each)}
        _want_counts(commitments, len(header.columns), len(pieces))
        _want_counts(held, len(header.columns), len(family.held_by(seat)))
        if any(not isinstance(each, bytes) or len(each) != COMMITMENT_BYTES for row in commitments for each in row):
            raise WireError(f"a commitment has {COMMITMENT_BYTES} bytes")
        return cls(header, commitments, [[_held(tree) for tree in column] for column in held])


def stream_context(context: Context, family: str, seat: int, commitment: bytes) -> bytes:
    """What an upload is sealed under: it opens at one seat, for one parameter of one call, for one commitment."""
    return encode(["enigma.upload.v1", context.tree, family, seat, commitment])


def length_of(prefix: bytes | memoryview) -> int:
    """The length of a preamble, from the 8 bytes before it. Raises WireError where it is too long."""
    (length,) = struct.unpack("<Q", prefix)
    if length > MOST_PREAMBLE_BYTES:
        raise WireError(f"a preamble of {length} bytes is longer than the {MOST_PREAMBLE_BYTES} allowed here")
    return int(length)


def _want_counts(tree: list[Any], columns: int, pieces: int) -> None:
    if len(tree) != columns or any(not isinstance(row, list) or len(row) != pieces for row in tree):
        raise WireError(f"a preamble of {columns} columns has {pieces} pieces for each")


def _held(tree: Any) -> HeldPiece:
    match tree:
        case [bytes() as salt, None | bytes() as seed] if len(salt) == SALT_BYTES:
            return HeldPiece(salt, seed)
    raise WireError(f"a held piece is a salt of {SALT_BYTES} bytes, and a seed or null")
