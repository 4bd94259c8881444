"""What chance allows: a chi-square test that needs no tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def chi_square(counted: Sequence[float], expected: Sequence[float]) -> float:
    return sum((seen - due) ** 2 / due for seen, due in zip(counted, expected, strict=True))


def largest_by_chance(freedom: int, deviations: float = 3.72) -> float:
    """The chi-square value that chance passes once in 10,000 times (Wilson and Hilferty, 1931)."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + deviations * sqrt(part)) ** 3)
