"""How many rows a commitment on the chain is to: the header behind it, which anybody can check who is shown it.

A commitment hashes what a contribution is for, its header (columns, kinds, shapes, rows) and the salted commitments to
its pieces. Header and piece commitments tell nothing of a value, so an owner or a seat may hand them to anyone; whether
they are those behind the chain's commitment follows from the hash alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.errors import FileProblem
from enigma.sharing.commitments import Subject
from enigma.sharing.header import Context, Header

LIMIT = 1 << 24
"""Bytes of a file of headers."""


@dataclass(frozen=True, slots=True)
class CommittedHeader:
    """A header as it was handed on: its tree, and the commitments to the pieces of each column."""

    parameter: str
    header: Any
    pieces: tuple[tuple[bytes, ...], ...]

    def rows(self, context: Context, commitment: bytes) -> int | None:
        """The rows (None: one value or array) that this commitment binds its owner to. Raises EnigmaError."""
        header = Header.read(self.header)
        Subject.of(context, header).check(commitment, self.pieces)
        return header.rows


def read_headers(path: Path) -> dict[bytes, CommittedHeader]:
    """Headers by commitment, from the file that `enigma look SEAT JOB --headers FILE` writes. Raises FileProblem."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise FileProblem(str(path), f"a file of headers has at most {LIMIT:,} bytes")
        return {
            bytes.fromhex(each["commitment"]): CommittedHeader(
                str(each["parameter"]),
                each["header"],
                tuple(tuple(bytes.fromhex(piece) for piece in column) for column in each["pieces"]),
            )
            for each in json.loads(content)
        }
    except OSError as error:
        raise FileProblem(str(path), str(error.strerror)) from None
    except (ValueError, KeyError, TypeError):
        raise FileProblem(str(path), "this is no file of headers", hint="enigma look SEAT JOB --headers FILE") from None


def rows_of(
    headers: Mapping[bytes, CommittedHeader],
    commitments: Sequence[bytes],
    chain: int,
    contract: bytes,
    asker: str,
    function: bytes,
) -> dict[str, int | None]:
    """Rows by argument, of those commitments whose header was given and is the one committed to. Raises EnigmaError."""
    found: dict[str, int | None] = {}
    for commitment in commitments:
        given = headers.get(commitment)
        if given is not None:
            context = Context(chain, contract, asker, function, given.parameter)
            found[given.parameter] = given.rows(context, commitment)
    return found
