"""A sum over a secret number of terms, divided by that number, in few rounds.

Two things are known beforehand that no quotient in general (`nonlinear.quotient`) can rely on: the divisor is a whole
number, and the result no larger than a term. Many thresholds, which are cheap for the few numbers that groups have,
bring a table's reciprocal so close that one quadratic step is enough.
"""

from __future__ import annotations

from functools import cache

from enigma.array import nonlinear
from enigma.array.approximation import PRECISION
from enigma.array.operands import as_fixed, as_integer, choose, narrow, same_shape, scalar
from enigma.array.products import product
from enigma.array.thermometer import Thermometer, locate
from enigma.program import build
from enigma.program.node import Node
from enigma.program.types import TRUNCATED_BITS

_CLOSE = 8
"""The table's reciprocal is within 2**-8 of the true one, relatively."""

_SPARE = 12
"""Its fractional bits beyond those of the largest divisor, so that rounding it adds 2**-13 at most."""

_TERMS = 1 << 22
"""From here on the square of the exact error would leave the headroom."""


def average(total: Node, count: Node, most: int, otherwise: Node) -> Node:
    """total / count where the count is positive, else `otherwise`, all at one scale; the shapes broadcast.

    `count` are integers from 0 on. `most` is a raw bound of each term: the caller has proven |total| <= most * count.
    Within 4 units of the last place and 2**-25 of `most`. 11 rounds for counts below 2**22, a quotient's beyond.
    """
    scale = total.type.scale
    # What is multiplied last has PRECISION bits and one, and these.
    fine = TRUNCATED_BITS - PRECISION - 1 - (most.bit_length() - scale)
    lo, hi = _around(most, 25)
    if count.type.hi < _TERMS and fine >= scale:
        thresholds, table, bits = _reciprocals(max(count.type.hi, 1))
        where = locate(count, thresholds)
        fine = min(fine, scale + bits)
        start = where.pick(table)
        rough = product(total, as_fixed(start, bits), scale + bits - fine)
        rough = narrow(rough, *_around(most << (fine - scale), _CLOSE - 1))
        mean = product(rough, _correction(count, start, where, bits), fine + PRECISION - scale)
    else:
        where = locate(count, [1])
        total, count = same_shape([total, count])
        mean = nonlinear.quotient(total, count, scale, zero=True)
    # Where the count is 0, so is the total, and hence the mean.
    kept = choose(build.not_(where.reached(0)), otherwise)
    out = build.add(*same_shape([narrow(mean, lo, hi), kept]))
    return narrow(out, min(lo, otherwise.type.lo), max(hi, otherwise.type.hi))


def _around(most: int, bits: int) -> tuple[int, int]:
    """Bounds that leave room for an error of 2**-bits and of a few units."""
    return -most - (most >> bits) - 4, most + (most >> bits) + 4


def _correction(count: Node, start: Node, where: Thermometer, bits: int) -> Node:
    """What 1 / (count * start) is, where the product is by e short of 1 (exactly) and |e| <= 2**-8.

    It is 1 + e + e**2 + e**3 + ...; of e**3 its best linear part on that interval, 3/4 * 2**-16 e, is kept, which
    leaves out 2**-26 (Chebyshev). So 1 + e (e + c).
    """
    # A count of 0 has no reciprocal, and must not make an error of 1 either.
    one = as_integer(build.shift_left(where.mark(0), bits))
    error = build.sub(one, build.mul(as_integer(count), start))
    error = as_fixed(narrow(error, -(1 << (bits - _CLOSE)), 1 << (bits - _CLOSE)), bits)
    slope = scalar((1 << bits) + ((3 << bits) >> (2 * _CLOSE + 2)), bits)
    rest = product(error, build.add(error, build.broadcast(slope, error.shape)), 2 * bits - PRECISION)
    return build.add(build.broadcast(scalar(1 << PRECISION, PRECISION), rest.shape), rest)


@cache
def _reciprocals(most: int) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Thresholds from 1 to `most`, reciprocals of the cells into which they divide 0 .. `most`, and their scale.

    The first cell is 0 alone, with an entry of 0. A cell low .. high has the reciprocal of its middle, which misses
    both ends by (high - low) / (high + low) = 2**-8 - 2**-13 at most.
    """
    bits = max(most.bit_length() + _SPARE, PRECISION - _CLOSE)
    wide = 1 << (_SPARE + 1)
    miss = (wide >> _CLOSE) - 1
    thresholds, table = [], [0]
    low = 1
    while low <= most:
        high = min(low * (wide + miss) // (wide - miss), most)
        thresholds.append(low)
        table.append(((2 << bits) + (low + high) // 2) // (low + high))
        low = high + 1
    return tuple(thresholds), tuple(table), bits
