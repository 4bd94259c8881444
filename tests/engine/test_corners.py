"""Shapes and numbers at the edge of what an operation takes, in the clear and between seats."""

from __future__ import annotations

import numpy as np
import pytest

import enigma.array as xp
from enigma.array import Array, Committee
from enigma.local.plain import PlainCommittee
from enigma.program import build
from enigma.program.types import number
from enigma.testing.committee import WorldCommittee


@pytest.fixture(params=[PlainCommittee, WorldCommittee], ids=["plain", "seats"])
def committee(request: pytest.FixtureRequest) -> Committee:
    made: Committee = request.param()
    return made


def test_a_matrix_product_over_nothing_is_zero(committee: Committee) -> None:
    left = committee.share(np.zeros((2, 0)), lo=0, hi=1)
    right = committee.share(np.zeros((0, 3)), lo=0, hi=1)
    assert committee.reveal(left @ right).tolist() == [[0.0] * 3] * 2
    assert (left @ right).secret


@pytest.mark.parametrize("shift", [60, 63, 64, 75])
def test_truncations_longer_than_a_word_take_two_steps(committee: Committee, shift: int) -> None:
    raw = [2**61, -(2**61), 1, 0]
    x = committee.share(raw, lo=-(2**61), hi=2**61)
    fine = build.retype(x.node, number(-(2**61), 2**61, 100))
    truncated = Array(build.retype(build.truncate(fine, shift), number(-4, 4)), committee)
    assert np.abs(committee.reveal(truncated) - np.array(raw) / 2.0**shift).max() <= 2


def test_the_least_number_sorts_last_in_descending_order(committee: Committee) -> None:
    x = committee.share([-(2**62), 5, 2**61], lo=-(2**62), hi=2**62)
    assert committee.reveal(xp.sort(x, descending=True)).tolist() == [2**61, 5, -(2**62)]
