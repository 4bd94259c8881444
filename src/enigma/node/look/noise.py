"""Whether bytes look like uniform noise: what anybody can compute of them, and how likely noise would do the same.

Three things are measured. The frequencies of symbols against those of uniform noise (Pearson's chi-square): bytes where
there are enough of them, else halves of bytes. Each byte against the next one (serial correlation, Knuth,
The Art of Computer Programming 2, section 3.3.2 K). And what `zlib` makes of them, which is for the eye and decides
nothing. Of true noise one measurement in a million is called something else.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FALSE_ALARM = 1e-6
"""How often uniform noise is called something else, for each measurement."""
MOST = 1 << 24
"""Bytes that are measured; of what is longer, the first ones."""
BARS = 32
"""Bars of a histogram, each of 256 / BARS values of a byte."""
LEAST = 40
"""Bytes of which anything can be said."""

_ENOUGH = 5
"""How often each symbol must be expected for its chi-square to be one (Cochran's rule)."""
_CORRELATED = 64
"""Bytes from which on the serial correlation is near enough to normal."""

Octets = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Noise:
    """One measurement.

    `octets`: how many were measured. `symbol`: what was counted ("bytes", "half bytes"; empty where there are too
    few). `p`: how often uniform noise has frequencies as uneven as these. `entropy`: bits in a byte, of 8.
    `packed`: the size that `zlib` makes of it, by its own. `serial`: correlation of each byte with the next, `serial_p`
    how often noise has one as large. `bars`: how often bytes fall into each of `BARS` ranges.
    """

    octets: int
    symbol: str
    p: float
    entropy: float
    packed: float
    serial: float
    serial_p: float
    bars: tuple[int, ...]

    @property
    def measured(self) -> bool:
        """Whether there was enough to measure."""
        return bool(self.symbol)

    @property
    def is_noise(self) -> bool:
        """Whether nothing tells it from uniform noise. Of too few bytes nothing does."""
        return min(self.p, self.serial_p) >= FALSE_ALARM / 2

    @property
    def sentence(self) -> str:
        """In plain words."""
        if not self.measured:
            return "too short to say"
        if self.is_noise:
            return f"looks like uniform noise: p = {shown(self.p)}"
        worst = min(self.p, self.serial_p)
        return f"is NOT uniform noise: p = {shown(worst)}"

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "measured_bytes": self.octets, "symbol": self.symbol or None,
            "noise": self.is_noise if self.measured else None, "p": self.p,
            "entropy_bits": round(self.entropy, 4), "packed": round(self.packed, 4),
            "serial_correlation": round(self.serial, 6), "serial_p": self.serial_p, "histogram": list(self.bars),
            "says": self.sentence,
        }  # fmt: skip


def measure(octets: Octets) -> Noise:
    """Measure bytes; of more than `MOST`, the first ones."""
    taken = np.frombuffer(memoryview(octets)[:MOST], np.uint8)
    if taken.size < LEAST:
        return Noise(taken.size, "", 1.0, 0.0, 1.0, 0.0, 1.0, bars(taken))
    symbol, counts, width = _counted(taken)
    serial, serial_p = _serial(taken)
    packed = len(zlib.compress(taken.tobytes(), 6)) / taken.size
    entropy = _entropy(counts) * 8 / width
    return Noise(taken.size, symbol, chi_square(counts), entropy, packed, serial, serial_p, bars(taken))


def bars(octets: npt.NDArray[np.uint8]) -> tuple[int, ...]:
    """How many bytes fall into each of `BARS` equal ranges of values."""
    return tuple(np.bincount(octets // (256 // BARS), minlength=BARS).tolist())


def chi_square(counts: npt.NDArray[np.int64]) -> float:
    """How often equally likely symbols are counted at least as unevenly as this (Pearson)."""
    expected = counts.sum() / counts.size
    statistic = float(((counts - expected) ** 2).sum() / expected)
    return upper_tail(statistic, counts.size - 1)


def upper_tail(statistic: float, freedom: int) -> float:
    """How often a chi-square variable of so many degrees of freedom is this large: Q(freedom / 2, statistic / 2).

    By the series below the mean and the continued fraction above it (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    a, x = freedom / 2, statistic / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-15:
            n += 1
            term *= x / n
            total += term
        return min(1.0, max(0.0, 1 - total * front))
    tiny = 1e-300
    b, c = x + 1 - a, 1 / tiny
    d = 1 / b
    found = d
    for i in range(1, 10_000):
        factor = -i * (i - a)
        b += 2
        d = 1 / (d * factor + b or tiny)
        c = b + factor / c or tiny
        found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return min(1.0, front * found)


def shown(p: float) -> str:
    """A probability as a person reads it."""
    return f"{p:.2f}" if p >= 0.01 else f"{p:.0e}" if p >= 1e-300 else "0"


def _counted(taken: npt.NDArray[np.uint8]) -> tuple[str, npt.NDArray[np.int64], int]:
    """The largest symbols of which there are enough: their name, how often each is there, and their bits."""
    if taken.size >= _ENOUGH * 256:
        return "bytes", np.bincount(taken, minlength=256), 8
    halves = np.bincount(taken >> 4, minlength=16) + np.bincount(taken & 15, minlength=16)
    return "half bytes", halves, 4


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    """Bits in a symbol, as its frequencies tell."""
    found = counts[counts > 0] / counts.sum()
    return float(-(found * np.log2(found)).sum())


def _serial(taken: npt.NDArray[np.uint8]) -> tuple[float, float]:
    if taken.size < _CORRELATED:
        return 0.0, 1.0
    centred = taken.astype(np.float64) - taken.mean()
    spread = float((centred**2).sum())
    if not spread:
        return 1.0, 0.0  # all the same
    found = float((centred[:-1] * centred[1:]).sum()) / spread
    return found, math.erfc(abs(found) * math.sqrt(taken.size / 2))
