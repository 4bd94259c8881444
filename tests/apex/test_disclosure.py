"""What is withheld is said in words."""

from __future__ import annotations

import numpy as np
import pytest

from enigma.apex.disclosure import check_smallest, withheld_note
from enigma.errors import ArgumentProblem


def test_notes_say_what_is_withheld() -> None:
    large, opened = np.array([True, False, False]), np.array([True, False, False])
    assert withheld_note(large, opened, 10, "towers", "customers") == [
        "2 of 3 towers are withheld: fewer than 10 customers each"
    ]
    notes = withheld_note(np.array([True, False]), np.array([False, False]), 5, "clusters", "rows")
    assert notes[0] == "1 of 2 clusters is withheld: fewer than 5 rows"
    assert "one more size is withheld" in notes[1]
    assert withheld_note(np.array([True]), np.array([True]), 5, "clusters", "rows") == []


def test_a_limit_below_one_is_refused() -> None:
    check_smallest(1)
    with pytest.raises(ArgumentProblem, match="--smallest 0"):
        check_smallest(0)
