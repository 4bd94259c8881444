"""Salted commitments: to each piece of a private argument, and one of 32 bytes to all of it, for the chain.

    subject    = SHA-256(["enigma.private-argument.v1", context, header])
    piece      = SHA-256(["enigma.piece.v1", subject, column, number, salt, form, content])
    commitment = SHA-256(["enigma.pieces.v1", subject, [[piece, ...] for each column]])

Trees stand for their canonical encoding. Every holder of a piece gets its salt of 32 bytes, and nobody else: whoever
guesses a secret cannot test the guess. Two holders of one piece check it against the same 32 bytes of the chain, so an
owner who deals them different pieces is found by each of them alone. The bytes stand in docs/spec/commitment.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.sharing.header import Context, Header
from enigma.sharing.piece import Piece
from enigma.wire.codec import Tree, encode_parts

SALT_BYTES = 32
COMMITMENT_BYTES = 32

Commitments = Sequence[Sequence[bytes]]
"""The commitments to all pieces, by column and number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What commitments are about: a context and a header, as 32 bytes."""

    context: Context
    header: Header
    digest: bytes

    @classmethod
    def of(cls, context: Context, header: Header) -> Subject:
        """The subject of a private argument."""
        return cls(context, header, _digest(["enigma.private-argument.v1", context.tree, header.tree]))

    def commit_piece(self, column: int, number: int, salt: bytes, piece: Piece) -> bytes:
        """The 32-byte commitment to one piece; `salt` is 32 bytes, drawn for it alone."""
        if len(salt) != SALT_BYTES:
            raise ArgumentProblem(f"a commitment's salt has {SALT_BYTES} bytes, not {len(salt)}")
        return _digest(["enigma.piece.v1", self.digest, column, number, salt, piece.form.value, piece.content])

    def commit(self, commitments: Commitments) -> bytes:
        """The 32-byte commitment to the whole argument: what the chain holds."""
        return _digest(["enigma.pieces.v1", self.digest, [list(column) for column in commitments]])

    def check(self, commitment: bytes, commitments: Commitments) -> None:
        """Goes on only if these are the pieces' commitments behind the chain's. Raises ProtocolError."""
        if self.commit(commitments) != commitment:
            raise ProtocolError(
                "the commitments to its pieces are not those behind the commitment on the chain",
                hint="it was altered, or made for another contract, function, parameter, asker or table",
            )

    def check_piece(self, commitment: bytes, column: int, number: int, salt: bytes, piece: Piece) -> None:
        """Goes on only if this is the piece committed to. Raises ProtocolError, naming the piece."""
        if self.commit_piece(column, number, salt, piece) != commitment:
            name = self.header.columns[column].name
            raise ProtocolError(
                f"piece {number}{f' of column {name}' if name else ''} is not the one committed to",
                hint="its owner dealt another piece than it committed to, or it was altered on the way",
            )


def _digest(tree: Tree) -> bytes:
    hashed = hashlib.sha256()
    for part in encode_parts(tree):
        hashed.update(part)
    return hashed.digest()
