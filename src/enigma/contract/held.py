"""A reference to a stored private value: what it is, never what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from enigma.program.types import Type


@dataclass(frozen=True, slots=True)
class Held:
    """A value that the committee holds in pieces.

    `index` is its place among the stored pieces, the same at every seat; `shape` and `type` are public.
    """

    index: int
    shape: tuple[int, ...]
    type: Type
