"""What an owner, a seat and a reader ask of a way of sharing secrets; each family is a module that offers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy.typing as npt

from enigma.sharing.piece import Piece

Array = npt.NDArray[Any]
Tree = Any
"""What `enigma.wire` encodes."""


class Sharing(Protocol):
    """One family's secrets to pieces and back. Raw values are int64 or bool arrays; only the family knows pieces."""

    NAME: str
    SEATS: int

    def held_by(self, seat: int) -> tuple[int, ...]:
        """The numbers of the pieces of every secret that a seat holds, in the order of its delivery."""
        ...

    def pieces(self, raw: Array, random_bytes: Callable[[int], bytes]) -> Sequence[Piece]:
        """On the owner's side: all pieces of a secret, by number; it keeps no reference to `raw`."""
        ...

    def full_bytes(self, shape: tuple[int, ...], boolean: bool) -> int:
        """The bytes of a piece of such a secret, in full."""
        ...

    def share(self, raw: Array, random_bytes: Callable[[int], bytes]) -> Sequence[Tree]:
        """On the owner's side: what each seat gets of a secret, by seat, ready to be sent."""
        ...

    def accept(self, delivery: Tree, shape: tuple[int, ...], boolean: bool) -> Array:
        """At a seat: its pieces, from what an owner sent. Raises `ProtocolError`, `WireError`."""
        ...

    def output(self, pieces: Array) -> bytes:
        """At a seat: its pieces of an output, on their way to the reader."""
        ...

    def read_output(self, data: bytes, shape: tuple[int, ...], boolean: bool) -> Array:
        """At the reader: the pieces that a seat sent. Raises `WireError`."""
        ...

    def reconstruct(self, held: Sequence[Array]) -> Array:
        """At the reader: the raw secret, from every seat's pieces. Raises `ProtocolError` where copies differ."""
        ...
