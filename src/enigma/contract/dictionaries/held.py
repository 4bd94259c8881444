"""A reference to a stored private value: what it is, never what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from enigma.contract.dictionaries.addresses import Address
from enigma.program.types import Type

Version: TypeAlias = frozenset[int]
"""Which contributions a private table or map consisted of when something was computed on it, by their numbers."""

Basis: TypeAlias = frozenset[tuple[Address, str, Version]]
"""What a value was computed on: private tables and maps of contracts, in their versions; see `evaluator/release.py`."""


@dataclass(frozen=True, slots=True)
class Held:
    """A value that the committee holds in pieces.

    `index` is its place among the stored pieces, the same at every seat; `shape` and `type` are public.
    """

    index: int
    shape: tuple[int, ...]
    type: Type
    basis: Basis = frozenset()
