"""Which stored secret is what: names for the indices of a contract's pieces, from what the contract remembers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from enigma.contract.dictionaries.held import Held
from enigma.contract.keeping import decode
from enigma.contract.state import Place
from enigma.node.job.assignment import Given
from enigma.program.types import Type

JOB_BITS = 20
"""A secret's index is (job << JOB_BITS) + number: see `enigma.node.job.host`."""
MOST_SHOWN = 1 << 14
"""Values of which a plaintext is made up, for comparison."""


@dataclass(frozen=True, slots=True)
class Named:
    """One stored secret: what people call it, its shape, and its type where the contract says it."""

    index: int
    words: str
    shape: tuple[int, ...]
    type: Type | None

    @property
    def job(self) -> int:
        """The job that brought or computed it."""
        return self.index >> JOB_BITS


def of_state(state: bytes) -> Iterator[Named]:
    """All that a contract's state refers to."""
    if not state:
        return
    kept = decode(state)
    for field, chunks in kept.state.tables.items():
        for chunk in chunks:
            for column, held in chunk.columns.items():
                yield _named(held, f"column {column} of {field}: {chunk.count:,} rows of {chunk.owner}")
    for place, entry in kept.state.private.items():
        yield _named(entry.held, f"{_place(place)}, written by {entry.owner}")
    for key, guarded in kept.secrets.items():
        yield _named(guarded.content, f"DHT[{key}], a secret of {guarded.owner}")
    for index in sorted(kept.stored() - _told(kept.state.stored(), (each.content for each in kept.secrets.values()))):
        yield Named(index, "the content key of an encrypted document", (8,), None)


def of_arguments(given: dict[str, Given]) -> Iterator[Named]:
    """What a job brings."""
    for name, each in given.items():
        rows = "" if each.rows is None else f", {each.rows:,} rows"
        for column, (index, shape) in each.columns.items():
            yield Named(index, f"argument {name}{f', column {column}' if column else ''}{rows}", shape, None)


def made_up(type_: Type, shape: tuple[int, ...], index: int) -> npt.NDArray[np.uint8]:
    """The bytes of values of this type and shape as they would lie there unshared: any of the range, equally likely.

    The same for the same index: a picture to compare with, and of nobody's values.
    """
    count = min(MOST_SHOWN, max(1, int(np.prod(shape, dtype=np.int64))))
    seed = int.from_bytes(hashlib.sha256(index.to_bytes(8, "big")).digest()[:8], "big")
    drawn = np.random.default_rng(seed)
    if type_.is_bool:
        return np.packbits(drawn.integers(0, 2, count, np.uint8))
    return drawn.integers(type_.lo, type_.hi, count, np.int64, endpoint=True).view(np.uint8)


def _named(held: Held, words: str) -> Named:
    return Named(held.index, words, held.shape, held.type)


def _place(place: Place) -> str:
    field, key = place
    return f"field {field}" if key is None else f"field {field}[{key}]"


def _told(indices: set[int], more: Iterator[Held]) -> set[int]:
    return indices | {each.index for each in more}
