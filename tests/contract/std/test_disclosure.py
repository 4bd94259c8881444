"""Small groups stay unknown, also to those who subtract."""

from __future__ import annotations

import numpy as np
import pytest

import enigma
from enigma.contract.standard import standard
from enigma.errors import CallRefused

disclosure = standard("disclosure")


def gates(sizes: list[int], smallest: int) -> tuple[list[bool], list[bool]]:
    with enigma.plain() as committee:
        shared = committee.share(np.array(sizes), lo=0, hi=sum(sizes))
        large = disclosure.large_enough(shared, smallest)
        answers = committee.reveal(large, disclosure.open_sizes(shared, large, smallest))
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


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(CallRefused, match="at least one row"):
        gates([1, 2], 0)


@pytest.mark.parametrize(
    ("counts", "smallest", "shown", "opened"),
    [
        ([500, 9, 12, 40], 10, [500, 0, 0, 40], [True, False, False, True]),
        ([3, 0], 10, [0, 0], [False, False]),
        ([0, 1, 7], 1, [0, 1, 7], [True, True, True]),
    ],
)
def test_suppressed_counts_are_zero(counts: list[int], smallest: int, shown: list[int], opened: list[bool]) -> None:
    with enigma.plain() as committee:
        found = disclosure.suppress(committee.share(np.array(counts), lo=0, hi=1000), smallest)
        answers = committee.reveal(found[0], found[2])
    assert [each.tolist() for each in answers] == [shown, opened]


def test_whole_rows_are_withheld() -> None:
    with enigma.plain() as committee:
        values, marks = committee.share(np.array([[0.5, 1], [1, 2]]), lo=0, hi=2), committee.share([False, True])
        assert committee.reveal(disclosure.withhold(values, marks)).tolist() == [[0, 0], [1, 2]]
