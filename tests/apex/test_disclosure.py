"""Small groups stay unknown, also to those who subtract."""

from __future__ import annotations

import numpy as np
import pytest

import enigma
from enigma.apex.disclosure import check_smallest, large_enough, open_sizes, withheld_note
from enigma.errors import ArgumentProblem


def gates(sizes: list[int], smallest: int) -> tuple[list[bool], list[bool]]:
    with enigma.plain() as committee:
        shared = committee.share(np.array(sizes), lo=0, hi=sum(sizes))
        large = large_enough(shared, smallest)
        answers = committee.reveal(large, open_sizes(shared, large, smallest, sum(sizes)))
    return answers[0].tolist(), answers[1].tolist()


def test_large_groups_are_published() -> None:
    assert gates([10, 11, 500], 10) == ([True] * 3, [True] * 3)


def test_a_single_small_group_takes_the_next_size_with_it() -> None:
    assert gates([500, 9, 12, 40], 10) == ([True, False, True, True], [True, False, False, True])


def test_of_equal_sizes_the_first_goes() -> None:
    assert gates([9, 30, 30], 10) == ([False, True, True], [False, False, True])


def test_two_small_groups_hide_each_other() -> None:
    assert gates([9, 12, 0, 40], 10) == ([False, True, False, True], [False, True, False, True])


def test_all_small() -> None:
    assert gates([3, 4], 10) == ([False] * 2, [False] * 2)


def test_a_limit_of_one_hides_only_what_is_empty() -> None:
    assert gates([0, 1, 7], 1) == ([False, True, True], [False, True, True])


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
