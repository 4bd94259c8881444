"""Where a secret lies among public thresholds: one batched comparison, then any table of public numbers for free.

The answers [x >= threshold] are ones up to x and zeros beyond, as in a thermometer; a table's entry for the interval
of x is a sum of its steps over the ones, hence local.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from enigma.array.approximation import PRECISION
from enigma.array.operands import as_fixed, as_integer, choose, narrow, reshaped_const, scalar
from enigma.array.products import product
from enigma.program import build
from enigma.program.node import Node
from enigma.program.types import Kind, Type


@dataclass(frozen=True)
class Thermometer:
    """`x` compared with ascending thresholds; `bits` and `ones` have one row for each, or are None without any."""

    shape: tuple[int, ...]
    bits: Node | None
    ones: Node | None

    def reached(self, i: int) -> Node:
        """Whether x is at or above threshold `i`."""
        assert self.bits is not None
        return self._row(self.bits, i)

    def mark(self, i: int) -> Node:
        """The same as the integer 0 or 1."""
        assert self.ones is not None
        return self._row(self.ones, i)

    def pick(self, table: Sequence[int]) -> Node:
        """The entry of x's interval: table[0] below every threshold, table[i] from threshold i - 1 on."""
        first = build.broadcast(scalar(table[0]), self.shape)
        if self.ones is None or len(set(table)) == 1:
            return first
        steps = build.const(np.diff(np.asarray(table, dtype=np.int64)).reshape(1, -1))
        size = int(np.prod(self.shape, dtype=np.int64))
        rows = build.reshape(self.ones, (len(table) - 1, size))
        picked = build.add(first, build.reshape(build.dot(steps, rows), self.shape))
        # The steps telescope to exactly one entry.
        return narrow(picked, min(table), max(table))

    def _row(self, rows: Node, i: int) -> Node:
        row = build.slice_(rows, [(i, i + 1, 1), *((0, n, 1) for n in self.shape)])
        return build.reshape(row, self.shape)


def locate(x: Node, thresholds: Sequence[int]) -> Thermometer:
    """x against ascending raw thresholds."""
    if not thresholds:
        return Thermometer(x.shape, None, None)
    shape = (len(thresholds), *x.shape)
    levels = build.broadcast(reshaped_const(thresholds, len(x.shape)), shape)
    rows = build.broadcast(build.reshape(as_integer(x), (1, *x.shape)), shape)
    bits = build.not_(build.negative(build.sub(rows, levels)))
    return Thermometer(x.shape, bits, build.to_int(bits))


@dataclass(frozen=True)
class Normalised:
    """raw x = mantissa * 2**(exponent + 1), mantissa in 1/2 .. 1 at `PRECISION`; where x is 0 the exponent is None."""

    mantissa: Node
    where: Thermometer
    exponents: tuple[int | None, ...]


_WHOLE = 40
"""Numbers below 2**40 are scaled up as they are; above, ten bits are truncated for every ten octaves."""


def normalise(x: Node) -> Normalised:
    """Mantissa and exponent of x >= 0: a comparison with every power of two of its range, and one product."""
    base = max(x.type.lo.bit_length() - 1 - PRECISION, 0) if x.type.hi.bit_length() > _WHOLE else 0
    x = build.truncate(as_fixed(x, base), base) if base else x
    x = as_integer(x)
    low, high = max(x.type.lo, 1).bit_length() - 1, max(x.type.hi, 1).bit_length() - 1
    octaves = list(range(low, high + 1))
    zero = [None] if x.type.lo == 0 else []
    thresholds = [1 << j for j in octaves[0 if zero else 1 :]]
    where = locate(x, thresholds)
    row = {threshold: i for i, threshold in enumerate(thresholds)}
    place = dict(zip(octaves, octaves, strict=True))  # of each octave, the exponent after the steps below
    y, last = x, x
    for tier in range(_WHOLE, high + 1, 10):
        coarser = build.truncate(as_fixed(x, tier - 30), tier - 30)
        y = build.add(y, choose(where.reached(row[1 << tier]), build.sub(as_integer(coarser), last)))
        last = as_integer(coarser)
        place |= {j: j - (tier - 30) for j in octaves if j >= tier}
    top = min(high + 1, _WHOLE)
    # Below 2**40 as it was; from 2**(40 + 10 i) on, truncated by 10 (i + 1) bits, which leaves 2**30 .. 2**40.
    y = narrow(y, min(x.type.lo, 1 << 30), min(x.type.hi, 1 << top))
    if top + max(top, PRECISION) - 1 - min(place.values()) > 61:
        up = 62 - top
        edge = top - up
        small = build.not_(where.reached(row[1 << edge]))
        y = build.add(y, choose(small, build.mul(y, build.broadcast(scalar((1 << up) - 1), y.shape))))
        place |= {j: j + up for j in octaves if place[j] == j and j < edge}
        # Below 2**edge times 2**up is below 2**top.
        y = narrow(y, min(x.type.lo << up, 1 << edge), 1 << top)
    width = max(top, PRECISION)
    table = [*([1] if zero else []), *(1 << (width - 1 - place[j]) for j in octaves)]
    mantissa = as_integer(product(as_fixed(y, width - PRECISION), where.pick(table), width - PRECISION))
    if zero:
        mantissa = build.add(mantissa, where.pick([1 << (PRECISION - 1), *([0] * len(octaves))]))
    half = 1 << (PRECISION - 1)
    # y lies in its octave, 2**place .. 2**(place + 1), both ends included after rounding; zero got 1/2.
    mantissa = build.retype(mantissa, Type(Kind.FIXED, PRECISION, half, 2 * half))
    return Normalised(mantissa, where, (*zero, *(j + base for j in octaves)))


def scale_by(y: Node, where: Thermometer, factors: Sequence[Fraction], scale: int) -> Node:
    """y (at `PRECISION`, |y| <= 2) times the factor of the interval, at `scale` fractional bits.

    Factors far apart do not fit one table at full precision: each group of them has its own, zero elsewhere.
    """
    total: Node | None = None
    left = {i: f for i, f in enumerate(factors) if f}
    while left:
        largest = max(left.values())
        # |y| is at most 2**31 raw and the largest entry at most 2**30.
        bits = max(PRECISION - _ceil_log2(largest), scale - PRECISION)
        taken = {i for i, f in left.items() if f == largest or _fine(f, bits, scale)}
        table = [round(left[i] * Fraction(2) ** bits) if i in taken else 0 for i in range(len(factors))]
        shift = PRECISION + bits - scale
        part = product(as_fixed(y, shift), where.pick(table), shift)
        total = as_integer(part) if total is None else build.add(total, as_integer(part))
        left = {i: f for i, f in left.items() if i not in taken}
    if total is None:
        total = build.broadcast(scalar(0), y.shape)
    return as_fixed(total, scale)


def _ceil_log2(f: Fraction) -> int:
    if f > 1:
        return (-(-f.numerator // f.denominator) - 1).bit_length()
    return 1 - (f.denominator // f.numerator).bit_length()


def _fine(f: Fraction, bits: int, scale: int) -> bool:
    """Whether 2**-bits is fine enough for a factor: exact, below the result's last place, or 27 significant bits."""
    raw = f * Fraction(2) ** bits
    return raw.denominator == 1 or bits >= scale + 2 or raw >= 1 << 27
