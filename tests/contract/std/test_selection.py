"""The tournament finds what NumPy's argmin finds, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import enigma
from enigma.contract.standard import standard

selection = standard("selection")


@given(st.integers(1, 13).flatmap(
    lambda k: st.lists(st.lists(st.integers(-3, 3), min_size=k, max_size=k), min_size=1, max_size=20)
))  # fmt: skip
def test_marks_the_first_smallest(rows: list[list[int]]) -> None:
    numbers = np.array(rows).T
    with enigma.plain() as committee:
        marks = committee.reveal(selection.first_smallest(committee.share(numbers, lo=-3, hi=3), 6))
    assert np.array_equal(marks, numbers.argmin(axis=0) == np.arange(len(numbers))[:, None])


@pytest.mark.parametrize("k", [2, 3, 5, 8, 12, 13])
def test_extremes_and_equal_numbers(k: int) -> None:
    edge = 2**40
    numbers = np.stack([np.zeros(k), np.full(k, edge), np.full(k, -edge), np.arange(k) % 2, -np.arange(k)]).T.astype(
        int
    )
    with enigma.plain() as committee:
        marks = committee.reveal(selection.first_smallest(committee.share(numbers, lo=-edge, hi=edge), 2 * edge))
    assert marks.argmax(axis=0).tolist() == [0, 0, 0, 0, k - 1]
    assert (marks.sum(axis=0) == 1).all()
