"""The permutation kernel equals its twin at every level, covers every order evenly, and notices bad randomness."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from enigma.algebra import kernels
from enigma.algebra.kernels import Kernels, plain
from enigma.algebra.kernels.native import levels


def _every_kernel() -> list[Kernels]:
    try:
        native = [kernels.load("native", level) for level in levels()]
    except ImportError:
        native = []
    return [plain, *native]


KERNELS = _every_kernel()


def _order(which: Kernels, random: np.ndarray[tuple[int], np.dtype[np.uint64]], count: int) -> list[int]:
    order = np.empty(count, np.uint64)
    which.permutation(random, order)
    found: list[int] = order.tolist()
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 3, 63, 64, 65, 1000, 4097])
def test_every_level_gives_the_twins_order(count: int) -> None:
    random = np.random.default_rng(count).integers(0, 2**64, count + 64, dtype=np.uint64)
    random[: min(count, 4)] = [0, 1, 2**64 - 1, 2**63][: min(count, 4)]
    wanted = _order(plain, random, count)
    assert sorted(wanted) == list(range(count))
    assert all(_order(which, random, count) == wanted for which in KERNELS)


def test_all_orders_of_four_are_equally_likely() -> None:
    seed, runs = 11, 24_000
    random = np.random.default_rng(seed).integers(0, 2**64, (runs, 68), dtype=np.uint64)
    counts = dict.fromkeys(permutations(range(4)), 0)
    for words in random:
        counts[tuple(_order(KERNELS[-1], words, 4))] += 1
    expected = runs / 24
    statistic = sum((n - expected) ** 2 / expected for n in counts.values())
    # Chi-square with 23 degrees of freedom exceeds 58.6 once in 16,000 honest runs.
    assert statistic < 58.6, f"seed {seed}: {statistic}"


def test_words_that_are_all_rejected_raise() -> None:
    for which in KERNELS:
        with pytest.raises(ValueError, match="not random"):
            _order(which, np.zeros(1064, np.uint64), 1000)
