"""Whether bytes look like noise: known tails, how often noise is called something else, and what is not noise."""

from __future__ import annotations

import numpy as np
import pytest

from enigma.node.look.noise import BARS, LEAST, Noise, chi_square, measure, upper_tail

SEED = 20_261_121
RUNS = 2000


@pytest.mark.parametrize(
    ("statistic", "freedom", "tail"),  # Abramowitz and Stegun, table 26.8, and its normal limit
    [
        (3.841458820694124, 1, 0.05),
        (24.995790139728616, 15, 0.05),
        (293.2478350807012, 255, 0.05),
        (30.57791417, 15, 0.01),
        (0.0, 255, 1.0),
        (15.0, 30, 0.98969),
    ],
)
def test_upper_tail(statistic: float, freedom: int, tail: float) -> None:
    assert upper_tail(statistic, freedom) == pytest.approx(tail, rel=1e-4)


def test_noise_is_called_noise() -> None:
    """Of 2,000 measurements none is called something else, and p is spread evenly over 0 to 1."""
    random = np.random.default_rng(SEED)
    for size in (LEAST, 200, 2000):
        found = [measure(random.bytes(size)) for _ in range(RUNS)]
        assert all(each.is_noise for each in found)
        if size == 2000:
            assert chi_square(np.histogram([each.p for each in found], 20, (0, 1))[0]) > 1e-4
            assert chi_square(np.histogram([each.serial_p for each in found], 20, (0, 1))[0]) > 1e-4


@pytest.mark.parametrize(
    "octets",
    [
        np.random.default_rng(SEED).integers(0, 50_000, 100).tobytes(),  # small numbers in wide words
        np.random.default_rng(SEED).integers(0, 2, 400, np.uint8).tobytes(),  # booleans, a byte each
        np.random.default_rng(SEED).normal(0, 1, 100).tobytes(),  # floats
        bytes(LEAST),
        bytes(range(256)) * 8,  # every byte as often as any other, in order
        b"The rows are the firms' own. Whoever asks needs the agreement of each of them.",
    ],
)
def test_what_is_not_noise(octets: bytes) -> None:
    found = measure(octets)
    assert found.measured
    assert not found.is_noise
    assert "NOT" in found.sentence
    assert found.tree()["noise"] is False


def test_too_little_says_nothing() -> None:
    found = measure(bytes(LEAST - 1))
    assert not found.measured
    assert found.tree()["noise"] is None
    assert found.sentence == "too short to say"


def test_a_histogram_counts_every_byte_once() -> None:
    found: Noise = measure(bytes(range(256)) * 3)
    assert found.bars == (3 * 256 // BARS,) * BARS
    assert found.entropy == pytest.approx(8.0)
