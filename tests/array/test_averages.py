"""The average over a secret number of terms: accuracy for either rounding, no terms at all, rounds."""

from __future__ import annotations

from contextlib import nullcontext
from fractions import Fraction

import numpy as np
import pytest
from tests.array.checking import CheckingCommittee, either_rounding

import enigma
from enigma.array import averages
from enigma.array.averages import average
from enigma.array.operands import narrow, wrap

COUNTS = [0, 1, 2, 3, 127, 128, 129, 130, 131, 132, 133, 255, 256, 257, 1000, 4095, 4096, 65_537]


def counts_up_to(most: int) -> list[int]:
    """Small ones, ends of cells, and many at random."""
    ends = averages._reciprocals(most)[0]
    ends = ends[:: max(1, len(ends) // 300)]
    random = np.random.default_rng(4).integers(0, most, 200, endpoint=True).tolist()
    return sorted({n for n in (*COUNTS, *ends, *(n - 1 for n in ends), *random, most) if n <= most})


@pytest.mark.parametrize("scale", [8, 20, 24])
@pytest.mark.parametrize("most", [1, 10, 3000, 1_000_000, (1 << 22) - 1])
@pytest.mark.parametrize("rounding", ["nearest", "either"])
def test_accuracy(committee: CheckingCommittee, most: int, scale: int, rounding: str) -> None:
    bound = (3 << scale) // 2 + 5
    random = np.random.default_rng(6)
    counts = np.array(counts_up_to(most))
    totals = np.stack(
        [counts * bound, -counts * bound, (counts * random.uniform(-bound, bound, counts.shape)).astype(int)]
    )
    total = committee.share(totals / 2**scale, lo=-(bound * most) / 2**scale, hi=bound * most / 2**scale, scale=scale)
    count = committee.share(counts, lo=0, hi=most)
    other = committee.share(np.full(totals.shape, -0.75), lo=-1, hi=1, scale=scale)
    with either_rounding(3) if rounding == "either" else nullcontext():
        got = committee.reveal(wrap(average(total.node, count.node, bound, other.node), total))
    assert (got[:, counts == 0] == -0.75).all()
    full = counts > 0
    wanted = totals[:, full] / counts[full] / 2**scale
    assert (np.abs(got[:, full] - wanted) <= 2 * 2.0**-scale + 2.0**-25 * 1.5).all()


@pytest.mark.parametrize(("most", "scale"), [(1 << 22, 20), (1000, 30)])
def test_what_does_not_fit_is_a_quotient(committee: CheckingCommittee, most: int, scale: int) -> None:
    counts = np.array([0, 1, 2, most // 3, most])
    total = narrow(committee.share(counts * 0.5, lo=-most, hi=most, scale=20).node, -most << 20, most << 20)
    assert total.type.scale == 20
    count = committee.share(counts, lo=0, hi=most)
    other = committee.share(np.full(5, 0.25), lo=-1, hi=1)
    bound = 1 << 20 if scale == 20 else 1 << 32
    got = committee.reveal(wrap(average(total, count.node, bound, other.node), count))
    assert np.abs(got - [0.25, 0.5, 0.5, 0.5, 0.5]).max() <= 6 * 2.0**-20


@pytest.mark.parametrize("most", [1, 2, 127, 128, 129, 5000, 1_000_000, (1 << 22) - 1])
def test_every_count_has_a_reciprocal_within_the_claim(most: int) -> None:
    thresholds, table, bits = averages._reciprocals(most)
    assert thresholds[0] == 1
    assert table[0] == 0
    for low, after, y in zip(thresholds, (*thresholds[1:], most + 1), table[1:], strict=True):
        assert low < after
        for n in (low, after - 1):
            assert abs(1 - Fraction(n * y, 1 << bits)) <= Fraction(1, 256)


@pytest.mark.processes
def test_eleven_rounds_between_seats() -> None:
    with enigma.local(seats=3) as committee:
        total = committee.share([[30.0, -7.5, 0.0]], lo=-1e6, hi=1e6)
        count = committee.share([40, 10, 0], lo=0, hi=1_000_000)
        other = committee.share([[0.0, 0.0, 0.5]], lo=-1, hi=1)
        mean = wrap(average(total.node, count.node, 1 << 20, other.node), total)
        assert committee.cost(mean).rounds == 11 + 1
        assert np.allclose(committee.reveal(mean), [[0.75, -0.75, 0.5]], rtol=0, atol=4 * 2.0**-20)
