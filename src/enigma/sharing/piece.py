"""One piece of a secret as it is sent: the seed of a pseudorandom piece, or the piece in full."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from enigma.errors import WireError


class Form(StrEnum):
    """How a piece is written."""

    SEED = "seed"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece in one of its two forms; all its holders get the same form. `repr` and comparison leave its bytes out."""

    form: Form
    content: bytes | memoryview

    @property
    def tree(self) -> list[Any]:
        """The piece on the wire: its form and its bytes."""
        return [self.form.value, self.content]

    @classmethod
    def read(cls, tree: Any) -> Piece:
        """The piece that a decoded tree is. Raises WireError."""
        match tree:
            case [str(form), (bytes() | memoryview()) as content] if form in (Form.SEED, Form.FULL):
                return cls(Form(form), content)
        raise WireError("a piece is a seed or full, and its bytes")

    def __repr__(self) -> str:
        return f"<piece: {self.form} of {len(self.content)} bytes>"
