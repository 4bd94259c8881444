"""What is said of small groups: that they were withheld. The gates themselves are `enigma.std.disclosure`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enigma.errors import ArgumentProblem

SMALLEST = 10
"""Groups of fewer rows are withheld unless a call says otherwise."""


def check_smallest(smallest: int) -> None:
    """Raise `ArgumentProblem` for a limit below 1."""
    if smallest < 1:
        raise ArgumentProblem(f"--smallest {smallest}: groups have at least one row",
                              hint="1 publishes every group; 10 is the default")  # fmt: skip


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
