"""A private argument on its owner's side: split, committed to, and sealed to each seat in chunks.

All randomness follows from one secret of 32 bytes together with what is contributed (raw values included):

    key = HMAC-SHA256(secret, ["enigma.contribution.v1", context, header, [SHA-256 of each column]])

So an owner who keeps the secret, and the table, makes the same contribution again, byte for byte, and goes on with an
upload that was interrupted. And a table that has changed meanwhile gives other seeds, salts and keys, where keeping
these would show the difference of two tables to whoever has both (the idea of RFC 8452 and RFC 6979). The content key
of an upload depends on its preamble as well, and through its commitments on every byte of the content: one key, one
content. Only the head of an upload differs from instance to instance; either fits the chunks of both.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.errors import ArgumentProblem
from enigma.keys.sealing import CHUNK_BYTES, CONTENT_KEY_BYTES, HEAD_BYTES, TAG_BYTES, StreamSeal
from enigma.sharing.commitments import SALT_BYTES, Commitments, Subject
from enigma.sharing.family import Sharing
from enigma.sharing.header import Context, Header
from enigma.sharing.piece import Form, Piece
from enigma.sharing.upload import HeldPiece, Preamble, stream_context
from enigma.wire.codec import Tree, encode

SECRET_BYTES = 32

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contribution:
    """A private argument in pieces, with salts and commitments. `commitment` is for the chain, an `upload` for a seat.

    It holds the long pieces, about as many bytes as the raw values, and nothing of the raw values themselves.
    """

    subject: Subject
    family: Sharing
    pieces: Sequence[Sequence[Piece]]
    salts: Sequence[Sequence[bytes]]
    commitments: Commitments
    commitment: bytes
    key: bytes

    @classmethod
    def make(
        cls,
        columns: Mapping[str, Array],
        rows: int | None,
        *,
        context: Context,
        family: Sharing,
        secret: bytes,
        skipped: int = 0,
    ) -> Contribution:
        """Split and commit raw int64 and bool columns; of one value or array, `rows` is None and its name "".

        `skipped`: rows of the owner's table that did not fit and are not among these, which everybody is told.
        `secret`: 32 bytes, drawn afresh, to be kept until every upload is done and then forgotten. Raises
        ArgumentProblem.
        """
        if len(secret) != SECRET_BYTES:
            raise ArgumentProblem(f"the secret of a contribution has {SECRET_BYTES} bytes, not {len(secret)}")
        header = Header.of(family.NAME, rows, columns, skipped)
        digests = [hashlib.sha256(_octets(column)).digest() for column in columns.values()]
        material = encode(["enigma.contribution.v1", context.tree, header.tree, digests])
        key = hmac.digest(secret, material, "sha256")
        subject = Subject.of(context, header)
        pieces, salts, commitments = [], [], []
        for place, column in enumerate(columns.values()):
            made = family.pieces(column, _draws(key, place))
            drawn = [_drawn(key, ["salt", place, number], SALT_BYTES) for number in range(len(made))]
            pieces.append(made)
            salts.append(drawn)
            commitments.append([subject.commit_piece(place, n, drawn[n], piece) for n, piece in enumerate(made)])
        return cls(subject, family, pieces, salts, commitments, subject.commit(commitments), key)

    @property
    def header(self) -> Header:
        """What everybody may know of it."""
        return self.subject.header

    def upload(self, seat: int, public_bytes: bytes) -> Upload:
        """What a seat gets, sealed to its key. Raises ArgumentProblem where that is no key."""
        held, full = [], []
        for pieces, salts in zip(self.pieces, self.salts, strict=True):
            row = []
            for number in self.family.held_by(seat):
                piece, salt = pieces[number], salts[number]
                row.append(HeldPiece(salt, bytes(piece.content) if piece.form is Form.SEED else None))
                if piece.form is Form.FULL:
                    full.append(memoryview(piece.content))
            held.append(row)
        preamble = Preamble(self.header, self.commitments, held).encode()
        about: list[Tree] = ["content", seat, public_bytes, hashlib.sha256(preamble).digest()]
        content_key = _drawn(self.key, about, CONTENT_KEY_BYTES)
        context = stream_context(self.subject.context, self.family.NAME, seat, self.commitment)
        return Upload(StreamSeal(public_bytes, content_key, context), [memoryview(preamble), *full])

    def __repr__(self) -> str:
        return f"<contribution {self.commitment.hex()[:16]}... of {len(self.header.columns)} columns>"


class Upload:
    """A seat's part of a contribution in sealed chunks: `len(upload)` of them, each at most 1 MiB and 96 bytes.

    A chunk is sealed when it is asked for; chunk n is the same bytes each time, so that whoever was interrupted goes on
    with `chunks(n)`, n being the first chunk that the seat has not confirmed.
    """

    __slots__ = ("_ends", "_parts", "_seal", "content_bytes")

    def __init__(self, seal: StreamSeal, parts: Sequence[memoryview]) -> None:
        self._seal = seal
        self._parts = [part for part in parts if part.nbytes]
        self._ends = list(itertools.accumulate(part.nbytes for part in self._parts))
        self.content_bytes = self._ends[-1]

    def __len__(self) -> int:
        return (self.content_bytes + CHUNK_BYTES - 1) // CHUNK_BYTES

    @property
    def sealed_bytes(self) -> int:
        """The bytes of all chunks together."""
        return HEAD_BYTES + self.content_bytes + TAG_BYTES * len(self)

    def chunk(self, number: int) -> bytes:
        """Chunk `number`, from 0; the first one with the head before it."""
        if not 0 <= number < len(self):
            raise ArgumentProblem(f"this upload has the chunks 0 to {len(self) - 1}, and no chunk {number}")
        content = self._content(number * CHUNK_BYTES)
        sealed = self._seal.chunk(number, content, last=number == len(self) - 1)
        return sealed if number else self._seal.head + sealed

    def chunks(self, first: int = 0) -> Iterator[bytes]:
        """The chunks from number `first` on."""
        return map(self.chunk, range(first, len(self)))

    def _content(self, start: int) -> bytes | memoryview:
        """The content of the chunk that begins at byte `start`; uncopied where it lies in one piece."""
        left, found = min(CHUNK_BYTES, self.content_bytes - start), []
        place = bisect_right(self._ends, start)
        while left:
            part = self._parts[place]
            begin = start - (self._ends[place] - part.nbytes)
            cut = part[begin : begin + left]
            found.append(cut)
            start, left, place = start + cut.nbytes, left - cut.nbytes, place + 1
        return found[0] if len(found) == 1 else b"".join(found)

    def __repr__(self) -> str:
        return f"<upload of {len(self)} sealed chunks>"


def _octets(column: Array) -> memoryview:
    """A column's raw values as bytes, in their canonical order."""
    flat = np.ascontiguousarray(column).reshape(-1)
    return flat.view(np.uint8).data


def _draws(key: bytes, column: int) -> Callable[[int], bytes]:
    """The randomness of a column's pieces, as a family draws it."""
    draws = itertools.count()
    return lambda size: _drawn(key, ["piece", column, next(draws)], size)


def _drawn(key: bytes, about: list[Tree], size: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    return HKDFExpand(algorithm=SHA256(), length=size, info=encode(about)).derive(key)
