"""Whole quotients and remainders, exact: an approximate quotient, and comparisons that say by how much it is off.

Operands at one scale divide as their raw integers do, so that fixed point is as exact as integers are.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from enigma.array.array import Array
from enigma.array.elementwise import divide
from enigma.array.operands import (
    Operand,
    as_fixed,
    as_integer,
    narrow,
    nodes_of,
    number_of,
    reshaped_const,
    same_shape,
    scalar,
    wrap,
)
from enigma.errors import ArgumentProblem, RangeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.ops import Op
from enigma.program.types import TRUNCATED_BITS, Kind, Type

Integers = npt.NDArray[np.int64]

FEW = 2
"""Up to so many steps of the quotient are compared with one by one: fewer rounds than a product, at no more bytes."""

STEPS = 16
"""As much for a quotient by a secret, which costs far more."""

FINE = 6
"""Fractional bits of the approximate quotient by a secret."""

SLACK = 16
"""Units that a quotient by a secret may be off beside 2**-26 of itself: four times what `divide` states."""

NEAR = 1 << 23
"""Quotients up to here are approximated to less than 3/8: 16 units of 2**-6, and 2**-26 of 2**23."""


def floor_divide(x: Operand, y: Operand) -> Array:
    """The largest whole number not above x / y, exactly, as Python's `//`.

    Integers give integers; a fixed-point operand gives fixed point of scale 0, exact for both operands as they stand at
    the finer of their scales (a public real takes 20 fractional bits, or those of the array if it has more).
    By a public y (`ArgumentProblem` for 0): about 7 rounds and 25 bytes while x stays below 2**31, beyond that up to
    13 rounds and 90 bytes; of an array of divisors each distinct one takes steps of its own, side by side.
    By a secret y, whose proven range must lie on one side of zero (else `RangeError`: clip(y, lo, hi)): a comparison
    for each step of the quotient up to 16, beyond that a `divide` (two from 2**23 on), a product and two comparisons.
    `RangeError` where x could leave -2**61 .. 2**61, or y times a quotient 64 bits.
    """
    return wrap(_Division(x, y).whole, x, y)


def remainder(x: Operand, y: Operand) -> Array:
    """x - y * floor(x / y), exactly, as Python's `%`: between 0 and y, y excluded, with the sign of y.

    At the finer scale of both. Costs and refusals are those of `floor_divide`; beyond it, nothing for a public y, and
    one product for a secret one.
    """
    return wrap(_Division(x, y).rest(), x, y)


def quotient_and_remainder(x: Operand, y: Operand) -> tuple[Array, Array]:
    """Both, by one division: Python's `divmod`."""
    division = _Division(x, y)
    return wrap(division.whole, x, y), wrap(division.rest(), x, y)


class _Division:
    """Operands at one scale, as raw integers, and their whole quotient."""

    def __init__(self, x: Operand, y: Operand) -> None:
        a, b = (number_of(wrap(node)) for node in nodes_of(x, y))
        self.kind = Kind.FIXED if Kind.FIXED in (a.type.kind, b.type.kind) else Kind.INT
        self.scale = scale = max(a.type.scale, b.type.scale)
        self.a, self.b = same_shape([as_integer(build.shift_left(each, scale - each.type.scale)) for each in (a, b)])
        divisors = b.attrs["value"] << (scale - b.type.scale) if b.op is Op.CONST else None
        if divisors is not None and (divisors == 0).any():
            shown = f", at {scale} fractional bits" if scale else ""
            raise ArgumentProblem(f"{caller()}: division by a public zero{shown}", hint="no number is x / 0")
        if self.a.size == 0:
            whole = _constant(0, self.a)
        elif divisors is not None:
            whole = _by_public(self.a, np.broadcast_to(divisors, self.a.shape))
        else:
            whole = _by_secret(self.a, self.b)
        self.whole = build.retype(whole, Type(self.kind, 0, whole.type.lo, whole.type.hi))

    def rest(self) -> Node:
        """What is left: between 0 and the divisor, which is excluded, and not beyond a number of the same sign."""
        a, b = self.a, self.b
        lo, hi = min(b.type.lo + 1, 0), max(b.type.hi - 1, 0)
        if b.type.lo > 0 and a.type.lo >= 0:
            hi = min(hi, a.type.hi)
        if b.type.hi < 0 and a.type.hi <= 0:
            lo = max(lo, a.type.lo)
        found = _constant(0, a)
        if a.size and (lo, hi) != (0, 0):
            found = narrow(build.sub(a, build.mul(as_integer(self.whole), b)), lo, hi)
        return build.retype(found, Type(self.kind, self.scale, found.type.lo, found.type.hi))


# ---------------------------------------------------------------- by public integers


def _by_public(x: Node, divisors: Integers) -> Node:
    """Quotients by public integers of x's shape: elements with one divisor go together."""
    distinct, which = np.unique(divisors, return_inverse=True)
    if len(distinct) == 1:
        return _by_one(x, int(distinct[0]))
    flat, which = build.reshape(x, (x.size,)), which.reshape(-1)
    parts = [_by_one(build.gather(flat, np.flatnonzero(which == i), 0), int(d)) for i, d in enumerate(distinct)]
    order = np.argsort(which, kind="stable")  # the parts joined hold element order[j] at place j
    return build.reshape(build.gather(build.concat(parts, 0), np.argsort(order), 0), x.shape)


def _by_one(x: Node, divisor: int) -> Node:
    return _floored(x if divisor > 0 else build.neg(x), abs(divisor))


def _constant(raw: int, like: Node) -> Node:
    return build.broadcast(scalar(raw), like.shape)


def _floored(x: Node, n: int) -> Node:
    """floor(x / n) for n > 0."""
    if n == 1:
        return x
    first, last = x.type.lo // n, x.type.hi // n
    if last - first <= FEW:
        return _counted(x, n)
    base = first * n
    single = _single_step(x.type.hi - base, n)
    if single is not None:
        steps = _stepped(build.sub(x, _constant(base, x)), n, *single)
        return narrow(build.add(steps, _constant(first, x)), first, last)
    reach, coarser, factor, shift = _coarse_step(x.type.magnitude, n)
    if reach // n - -reach // n >= last - first:
        return _counted(x, n)
    high = build.truncate(as_fixed(x, coarser), coarser)
    near = _scaled(as_integer(high), factor, shift)
    rest = narrow(build.sub(x, build.mul(near, _constant(n, x))), -reach, reach)
    return narrow(build.add(near, _floored(rest, n)), first, last)


def _counted(x: Node, n: int) -> Node:
    """By as many comparisons as the quotient can take steps."""
    first, last = x.type.lo // n, x.type.hi // n
    if first == last:
        return _constant(first, x)
    steps = [n * k for k in range(first + 1, last + 1)]
    shape = (len(steps), *x.shape)
    levels = build.broadcast(reshaped_const(steps, len(x.shape)), shape)
    rows = build.broadcast(build.reshape(x, (1, *x.shape)), shape)
    reached = build.not_(build.negative(build.sub(rows, levels)))
    return build.add(build.sum_(build.to_int(reached), (0,)), _constant(first, x))


def _single_step(most: int, n: int) -> tuple[int, int] | None:
    """A factor c and a shift s such that x c / 2**s is in x / n .. floor(x / n) + 1 for all x in 0 .. most.

    x / n misses the next whole number by 1 / n at least, and c = ceil(2**s / n) adds x (c n - 2**s) / (n 2**s)
    (Granlund, Montgomery, "Division by invariant integers using multiplication", PLDI 1994).
    """
    for shift in range(TRUNCATED_BITS):
        factor = -(-(1 << shift) // n)
        if (most * factor) >> TRUNCATED_BITS:
            return None
        if most * (factor * n - (1 << shift)) <= 1 << shift:
            return factor, shift
    return None


def _stepped(x: Node, n: int, factor: int, shift: int) -> Node:
    """floor(x / n) for x >= 0 and what `_single_step` found."""
    near = _scaled(x, factor, shift)
    # Whichever way it was rounded, it is the quotient or one more.
    rest = narrow(build.sub(x, build.mul(near, _constant(n, x))), -n, n - 1)
    return build.sub(near, build.to_int(build.negative(rest)))


def _scaled(x: Node, factor: int, shift: int) -> Node:
    """x * factor / 2**shift, rounded either way."""
    return as_integer(build.truncate(as_fixed(build.mul(x, _constant(factor, x)), shift), shift))


def _coarse_step(magnitude: int, n: int) -> tuple[int, int, int, int]:
    """The k, c, s for which q = (x >> k) c >> s is nearest to x / n; before them a bound on |x - n q|."""
    found: list[tuple[int, int, int, int]] = []
    for coarser in range(TRUNCATED_BITS):
        high = (magnitude >> coarser) + (1 if coarser else 0)
        finest = TRUNCATED_BITS - high.bit_length() + n.bit_length() - coarser + 1
        for shift in range(min(finest, TRUNCATED_BITS - 1), max(finest - 4, -1), -1):
            factor = round(Fraction(1 << (coarser + shift), n))
            if factor and not (high * factor) >> TRUNCATED_BITS:
                each = Fraction(factor, 1 << shift)  # what one of the coarse x counts
                off = magnitude * abs(each / (1 << coarser) - Fraction(1, n)) + (each if coarser else 0) + 1
                found.append((int(off * n) + 1, coarser, factor, shift))
                break
    return min(found)


# ---------------------------------------------------------------- by secret integers


def _by_secret(x: Node, y: Node) -> Node:
    if y.type.lo <= 0 <= y.type.hi:
        raise RangeError(
            f"{caller()}: the divisor's proven range {y.type} does not keep away from zero",
            hint="a divisor needs a range on one side of zero: clip(y, lo, hi) with lo > 0",
        )
    if y.type.hi < 0:
        x, y = build.neg(x), build.neg(y)
    ends = [v // d for v in (x.type.lo, x.type.hi) for d in (y.type.lo, y.type.hi)]
    first, last = min(ends), max(ends)
    if last - first <= STEPS:
        return _climbed(x, y, first, last)
    return narrow(_floored_by(x, y, x.type.magnitude // y.type.lo + 1), first, last)


def _climbed(x: Node, y: Node, first: int, last: int) -> Node:
    """floor(x / y), within first .. last: how many of (first + 1) y .. last y do not exceed x."""
    if first == last:
        return _constant(first, x)
    shape = (last - first, *x.shape)
    factors = build.broadcast(reshaped_const(range(first + 1, last + 1), len(x.shape)), shape)
    rows, steps = (build.broadcast(build.reshape(each, (1, *x.shape)), shape) for each in (x, y))
    reached = build.not_(build.negative(build.sub(rows, build.mul(steps, factors))))
    return build.add(build.sum_(build.to_int(reached), (0,)), _constant(first, x))


def _floored_by(x: Node, y: Node, size: int) -> Node:
    """floor(x / y) for y > 0 and |x / y| <= size."""
    top = y.type.hi
    if size > NEAR:
        off = SLACK + (size >> 26) + 1
        near = as_integer(narrow(divide(wrap(x), wrap(y), scale=0).node, -size - off, size + off))
        rest = narrow(build.sub(x, build.mul(near, y)), -off * top, off * top)
        return build.add(near, _floored_by(rest, y, off))
    bound = (size + 1) << FINE
    fine = narrow(divide(wrap(x), wrap(y), scale=FINE).node, -bound, bound)
    # Less 3/8, it is in x / y - 3/4 .. x / y; so that, rounded either way, it is the quotient or a neighbour.
    under = build.sub(fine, build.broadcast(scalar(3 << (FINE - 3), FINE, Kind.FIXED), fine.shape))
    near = as_integer(build.truncate(under, FINE))
    rest = narrow(build.sub(x, build.mul(near, y)), -top, 2 * top - 1)
    below, above = build.negative(rest), build.not_(build.negative(build.sub(rest, y)))
    return build.add(build.sub(near, build.to_int(below)), build.to_int(above))
