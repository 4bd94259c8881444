"""What an owner, a seat and a reader ask of a way of sharing secrets; each family is a module that offers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]
Tree = Any
"""What `enigma.wire` encodes."""


class Sharing(Protocol):
    """One family's secrets to pieces and back. Raw values are int64 or bool arrays; only the family knows pieces."""

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
