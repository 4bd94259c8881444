"""What small groups may say about themselves: nothing. The gates are evaluated in secret, before anything is opened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.array import Array
from enigma.errors import ArgumentProblem

SMALLEST = 10
"""Groups of fewer rows are withheld unless a call says otherwise."""


def check_smallest(smallest: int) -> None:
    """Raise `ArgumentProblem` for a limit below 1."""
    if smallest < 1:
        raise ArgumentProblem(f"--smallest {smallest}: groups have at least one row",
                              hint="1 publishes every group; 10 is the default")  # fmt: skip


def large_enough(sizes: Array, smallest: int) -> Array:
    """Which of the groups have at least `smallest` rows: booleans of the shape of `sizes`."""
    return sizes >= smallest


def open_sizes(sizes: Array, large: Array, smallest: int, rows: int) -> Array:
    """Which sizes may be opened, as booleans of shape (groups,): those of large groups, but never all others but one.

    The number of all rows is public: where a single group is small, its size is what the others leave over. Then the
    size of the smallest large group is kept back too (complementary suppression: Willenborg and de Waal, Elements of
    Statistical Disclosure Control, section 6). A group of none, with `smallest` 1, gives nothing away.
    """
    if smallest == 1 or sizes.shape[0] < 2:
        return large
    alone = xp.sum(~large) == 1
    # Beyond every size, so that a small group is never taken for the smallest large one.
    candidates = xp.where(large, sizes, rows + 1)
    second = xp.equal(xp.argmin(candidates), np.arange(sizes.shape[0]))
    return large & ~(alone & second)


def withheld_note(
    large: NDArray[np.bool_], opened: NDArray[np.bool_], smallest: int, group: str, row: str
) -> list[str]:
    """What was withheld, in sentences; an empty list where nothing was. `group` and `row` are nouns in the plural."""
    notes = []
    hidden, total = int((~large).sum()), len(large)
    if hidden:
        verb, each = ("is", "") if hidden == 1 else ("are", " each")
        notes.append(f"{hidden} of {total} {group} {verb} withheld: fewer than {smallest} {row}{each}")
    if (large & ~opened).any():
        notes.append(
            f"one more size is withheld, that of the smallest of the other {group}: it would give the first away"
        )
    return notes
