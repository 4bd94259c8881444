"""A contribution at a seat: opened, measured before memory is taken for it, and checked against the chain's commitment.

Nothing is given out before everything is checked: the preamble against the commitment of the chain, each piece against
its own commitment, and that nothing is missing or left over. Values are not known to any seat; that they lie in their
declared ranges is for the seats to find together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from enigma.errors import ProtocolError, WireError
from enigma.keys.sealing import Octets, SealingKey
from enigma.sharing.commitments import Commitments, Subject
from enigma.sharing.family import Sharing
from enigma.sharing.header import Column, Context, Header
from enigma.sharing.piece import Form, Piece
from enigma.sharing.upload import LENGTH_BYTES, Preamble, length_of, stream_context


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """A private argument at a seat: its header, and the seat's pieces of each column as `Sharing.accept` gives them.

    `commitments`: to all pieces, those behind the chain's, with which anybody can check the header.
    """

    header: Header
    commitments: Commitments
    columns: Mapping[str, npt.NDArray[Any]]

    def __repr__(self) -> str:
        return f"<pieces of {len(self.columns)} columns>"


def accept(
    sealed: Iterable[Octets],
    *,
    key: SealingKey,
    family: Sharing,
    seat: int,
    context: Context,
    commitment: bytes,
    most_bytes: int,
    want: Callable[[Header], None],
) -> Accepted:
    """A seat's pieces of a contribution, from the chunks of its upload (cut anywhere).

    `context` and `commitment` are the chain's. `most_bytes`: the memory that the pieces may take. `want` raises for a
    header that is not what the contract declares; it is asked before any piece is read. Raises ProtocolError where
    something is not what was committed to, and WireError for what cannot be an upload; both name the owner.
    """
    under = stream_context(context, family.NAME, seat, commitment)
    content = _Content(key.open_stream(sealed, under))
    try:
        preamble = Preamble.read(content.take(length_of(content.take(LENGTH_BYTES))), family, seat)
        subject = Subject.of(context, preamble.header)
        subject.check(commitment, preamble.commitments)
        _want_room(preamble.header, len(family.held_by(seat)), most_bytes)
    except (ProtocolError, WireError) as error:
        raise _about(context, error) from error
    want(preamble.header)
    columns = {}
    try:
        for place, column in enumerate(preamble.header.columns):
            delivery = []
            for number, held in zip(family.held_by(seat), preamble.held[place], strict=True):
                piece = _piece(held.seed, column, family, content)
                subject.check_piece(preamble.commitments[place][number], place, number, held.salt, piece)
                delivery.append(piece.tree)
            columns[column.name] = family.accept(delivery, column.shape, column.boolean)
        content.end()
    except (ProtocolError, WireError) as error:
        raise _about(context, error) from error
    return Accepted(preamble.header, preamble.commitments, columns)


def _piece(seed: bytes | None, column: Column, family: Sharing, content: _Content) -> Piece:
    if seed is not None:
        return Piece(Form.SEED, seed)
    return Piece(Form.FULL, content.take(family.full_bytes(column.shape, column.boolean)))


def _want_room(header: Header, pieces: int, most_bytes: int) -> None:
    taken = sum(pieces * column.size * (1 if column.boolean else 8) for column in header.columns)
    if taken > most_bytes:
        raise WireError(f"its pieces take {taken} bytes here, and {most_bytes} are allowed")


def _about(context: Context, error: ProtocolError | WireError) -> ProtocolError | WireError:
    kind = ProtocolError if isinstance(error, ProtocolError) else WireError
    return kind(f"{context.named}: {error.message}", hint=error.hint)


class _Content:
    """The opened bytes of an upload, taken in the order in which they came."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, a number that the caller has capped. Raises WireError where they are not there."""
        if size <= self._rest.nbytes:
            taken, self._rest = self._rest[:size], self._rest[size:]
            return taken
        out = memoryview(bytearray(size))
        filled = 0
        while filled < size:
            if not self._rest.nbytes:
                chunk = next(self._chunks, None)
                if chunk is None:
                    raise WireError(f"an upload ends {size - filled} bytes too early")
                self._rest = memoryview(chunk)
            part = self._rest[: size - filled]
            out[filled : filled + part.nbytes] = part
            filled += part.nbytes
            self._rest = self._rest[part.nbytes :]
        return out

    def end(self) -> None:
        """Goes on only if nothing is left, which also proves that the stream was not cut off. Raises WireError."""
        if self._rest.nbytes or next(self._chunks, None) is not None:
            raise WireError("an upload has bytes left over after its last piece")
