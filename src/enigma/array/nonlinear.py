"""Quotient, root, exponential, logarithm and logistic function, in few rounds.

All reduce x to a short interval by one batched comparison (`thermometer`), work there with 30 fractional bits, and
scale back by a public table. Stated bounds hold for either rounding of every truncation.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cache
from math import isqrt

from enigma.array.approximation import DIGITS, LN2, PRECISION, coefficients, interpolant, polynomial, powers, rounded
from enigma.array.operands import as_fixed, choose, narrow, rescale, same_shape, scalar
from enigma.array.products import product
from enigma.array.thermometer import Thermometer, locate, normalise, scale_by
from enigma.errors import RangeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import LINEAR_BITS, TRUNCATED_BITS, Kind, Type

ONE = 1 << PRECISION


def _constant(raw: int, like: Node) -> Node:
    return build.broadcast(scalar(raw, like.type.scale, like.type.kind), like.shape)


def _public(x: Node) -> Fraction | None:
    """The value of a single public constant."""
    value = x.attrs.get("value")
    return Fraction(int(value), 1 << x.type.scale) if not x.secret and value is not None and value.size == 1 else None


def quotient(a: Node, b: Node, scale: int, *, zero: bool = False) -> Node:
    """a / b for b > 0, at `scale` fractional bits: a times a reciprocal that is fine enough for the largest a.

    With `zero`, b >= 0, and the quotient is 0 where b is 0.
    """
    smallest = max(b.type.lo, 1) if zero and b.type.lo == 0 else b.type.lo
    if smallest <= 0:
        raise RangeError(
            f"{caller()}: the divisor's proven range {b.type} does not keep away from zero",
            hint="a divisor needs a proven positive minimum: clip(y, lo, hi) with lo > 0",
        )
    most = (a.type.magnitude << (scale + b.type.scale)) // (smallest << a.type.scale) + 1
    if most.bit_length() > LINEAR_BITS - 1:
        raise RangeError(
            f"{caller()}: a quotient up to 2^{most.bit_length() - scale} does not fit at {scale} fractional bits",
            hint="narrow the range of the divisor away from zero: clip(y, lo, hi)",
        )
    whole = a.type.magnitude >> a.type.scale
    if _public(a) == 1:
        least = (1 << (scale + b.type.scale)) // b.type.hi
        return narrow(_reciprocal(b, scale), max(_around(least, 0)[0], 0), _around(0, most)[1])
    fine = scale + whole.bit_length() + 1
    # 1 / b is at most 2**b.scale / smallest; what does not fit is beyond the relative accuracy anyway.
    fine = min(fine, TRUNCATED_BITS - 2 + (smallest.bit_length() - 1) - b.type.scale)
    inverse = _reciprocal(b, max(fine, 0))
    a, inverse = same_shape([a, inverse])
    out = product(a, inverse, max(a.type.scale + inverse.type.scale - scale, 0))
    out = rescale(out, scale)
    lo, hi = _around(-most, most)
    return narrow(out, lo, hi)


def _around(lo: int, hi: int) -> tuple[int, int]:
    """Bounds of a function's values, widened by what it may err: 4 units and 2**-26 of the value."""
    return lo - 4 - (abs(lo) >> 26), hi + 4 + (abs(hi) >> 26)


def _reciprocal(x: Node, scale: int) -> Node:
    """1 / x at `scale` fractional bits, for x >= 0; within 2 units and 2**-27 of the result; 0 where x is 0."""
    normal = normalise(x)
    factors = [Fraction(0) if e is None else Fraction(1 << x.type.scale, 1 << (e + 1)) for e in normal.exponents]
    return narrow(scale_by(_inverse(normal.mantissa), normal.where, factors, scale), 0, 1 << LINEAR_BITS)


def _inverse(m: Node) -> Node:
    """1 / m for m in 1/2 .. 1, by Goldschmidt's iteration (Markstein, RNC 2004): 8 rounds.

    With y = c - 2 m and e = 1 - m y, 1 / m = y (1 + e) (1 + e**2) (1 + e**4) / (1 - e**8). For c = 2.91421356
    e stays within -0.0616 .. 0.0858, so that the last factor differs from 1 by 3e-9 at most, half of
    which a bias takes away.
    """
    one = _constant(ONE, m)
    y = build.sub(_constant(rounded(Decimal("2.9142135623730950488"), PRECISION), m), build.add(m, m))
    e = build.sub(one, product(m, y, PRECISION))
    e = narrow(e, rounded(Decimal("-0.0625"), PRECISION), rounded(Decimal("0.0859"), PRECISION))
    for _ in range(2):
        y, e = product(y, build.add(one, e), PRECISION), product(e, e, PRECISION)
        # 1 / m is within 1 .. 2, and every partial product misses it by less than the factors still to come.
        y = narrow(y, int(ONE * 0.99), int(ONE * 2.02))
    y = product(y, build.add(_constant(ONE + 1, m), e), PRECISION)
    return narrow(y, ONE - 16, 2 * ONE + 16)


def _unit(m: Node) -> Node:
    """t = 4 m - 3: 1/2 .. 1 onto -1 .. 1."""
    t = build.sub(build.mul(m, build.broadcast(scalar(4), m.shape)), _constant(3 * ONE, m))
    return narrow(t, -ONE, ONE)


def _sqrt_of(t: Decimal) -> Decimal:
    return ((t + 3) / 4).sqrt()


def _log_of(t: Decimal) -> Decimal:
    return ((t + 3) / 4).ln()


def sqrt(x: Node, scale: int) -> Node:
    """The square root of x >= 0 at `scale` fractional bits."""
    if x.type.lo < 0:
        raise RangeError(
            f"{caller()}: the root of {x.type}, which reaches below zero",
            hint="clip(x, 0, hi), or declare a range from 0 on",
        )
    if x.type.hi == 0:
        return _constant(0, as_fixed(x, scale))
    normal = normalise(x)
    # A polynomial of degree 9 misses the root by 1.3e-10 on the mantissa.
    root = narrow(polynomial(_unit(normal.mantissa), coefficients(_sqrt_of, 9), PRECISION), 0, ONE + 16)
    factors = [Fraction(0) if e is None else _root_of_power(e + 1 - x.type.scale) for e in normal.exponents]
    out = scale_by(root, normal.where, factors, scale)
    lo, hi = (isqrt(v << (2 * scale)) >> ((x.type.scale + 1) // 2) for v in (x.type.lo, x.type.hi))
    if x.type.scale % 2:
        hi *= 2
    return narrow(out, max(_around(lo, hi)[0], 0), _around(lo, hi)[1])


def _root_of_power(e: int) -> Fraction:
    """2**(e / 2), to 60 bits."""
    half = Fraction(2) ** (e // 2)
    return half if e % 2 == 0 else half * Fraction(isqrt(2 << 120), 1 << 60)


def log(x: Node, scale: int) -> Node:
    """The natural logarithm of x > 0 at `scale` fractional bits."""
    if x.type.lo <= 0:
        raise RangeError(
            f"{caller()}: the logarithm of {x.type}, which is not proven positive",
            hint="clip(x, lo, hi) with lo > 0",
        )
    normal = normalise(x)
    # A polynomial of degree 10 misses the logarithm by 1.5e-9 on the mantissa.
    small = polynomial(_unit(normal.mantissa), coefficients(_log_of, 10), min(scale, PRECISION))
    out = rescale(small, scale)
    table = [rounded(LN2 * (e + 1 - x.type.scale), scale) for e in normal.exponents if e is not None]
    out = build.add(out, as_fixed(normal.where.pick(table), scale))
    with localcontext(Context(prec=DIGITS)):
        ends = [rounded((Decimal(v) / (1 << x.type.scale)).ln(), scale) for v in (x.type.lo, x.type.hi)]
    coarse = 1 << max(scale - 24, 0)
    return narrow(out, ends[0] - 5 * coarse, ends[1] + 5 * coarse)


def exp(x: Node, scale: int) -> Node:
    """e to the x at `scale` fractional bits: 2**k by table, e**(x - k ln 2) by a polynomial."""
    x = rescale(x, min(x.type.scale, PRECISION))
    step = 1 << x.type.scale
    with localcontext(Context(prec=DIGITS)):
        first, last = (int((Decimal(v) / step / LN2).to_integral_value("ROUND_FLOOR")) for v in (x.type.lo, x.type.hi))
        if last + 1 + scale > TRUNCATED_BITS - 1:
            raise RangeError(
                f"{caller()}: e to the {x.type.hi / step:.6g} does not fit at {scale} fractional bits",
                hint=f"clip(x, lo, hi) with hi up to {float(LN2) * (TRUNCATED_BITS - 2 - scale):.4g}",
            )
        least = -scale - 3  # below 2**least the result is 0 in every place
        first, last = max(first, least), max(last, least)
        thresholds = [int((LN2 * k * step).to_integral_value("ROUND_CEILING")) for k in range(first, last + 1)]
    cut = x.type.lo < thresholds[0]
    where = locate(x, thresholds if cut else thresholds[1:])
    if cut:
        edge = _constant(thresholds[0], x)
        x = build.add(edge, choose(where.reached(0), build.sub(x, edge)))
        x = narrow(x, thresholds[0], max(x.type.hi, thresholds[0]))
    exponents = [*([first] if cut else []), *range(first, last + 1)]
    centres = where.pick([rounded(LN2 * k + LN2 / 2, PRECISION) for k in exponents])
    t = build.sub(build.shift_left(_fixed(x), PRECISION - x.type.scale), as_fixed(centres, PRECISION))
    # x is in its interval of width ln 2, less or more by the rounding of a threshold.
    t = narrow(t, -rounded(LN2 / 2, PRECISION) - 2, rounded(LN2 / 2, PRECISION) + 2)
    power = narrow(polynomial(t, _exp_terms(), PRECISION), ONE - 16, 2 * ONE + 16)
    out = scale_by(power, where, [Fraction(2) ** k for k in exponents], scale)
    with localcontext(Context(prec=DIGITS)):
        lo, hi = (rounded((Decimal(v) / step).exp(), scale) for v in (x.type.lo, x.type.hi))
    return narrow(out, max(_around(lo, hi)[0], 0), _around(lo, hi)[1])


def _fixed(x: Node) -> Node:
    return as_fixed(x, x.type.scale)


@cache
def _exp_terms() -> tuple[Decimal, ...]:
    """sqrt(2) t**i / i! up to degree 8, whose rest is below 4e-10 on |t| <= ln(2) / 2."""
    with localcontext(Context(prec=DIGITS)):
        terms = [Decimal(2).sqrt()]
        for i in range(1, 9):
            terms.append(terms[-1] / i)
        return tuple(terms)


_EDGE = 15
"""Beyond -15 .. 15 the logistic function is within 3.1e-7 of 0 or 1."""


def sigmoid(x: Node) -> Node:
    """The logistic function at 20 fractional bits: a polynomial of degree 5 on each unit interval of -15 .. 15.

    The interval's coefficients come from a table, which costs nothing beyond the comparison. The interpolant misses by
    1.2e-7 at most.
    """
    inner = 28
    x = rescale(x, min(x.type.scale, inner))
    scale = x.type.scale
    low = min(max(x.type.lo >> scale, -_EDGE), _EDGE - 1)
    high = max(min(-(-x.type.hi >> scale), _EDGE), low + 1)
    under, over = x.type.lo < low << scale, x.type.hi > high << scale
    ticks = range(low if under else low + 1, high + 1 if over else high)
    where = locate(x, [k << scale for k in ticks])
    x = _confined(x, where, low << scale if under else None, high << scale if over else None)
    cells = [*([low] if under else []), *range(low, high), *([high - 1] if over else [])]
    centres = where.pick([(2 * k + 1) << (inner - 1) for k in cells])
    t = build.sub(build.shift_left(_fixed(x), inner - scale), as_fixed(centres, inner))
    t = narrow(t, -(1 << (inner - 1)), 1 << (inner - 1))
    terms = _cell_terms(tuple(cells))
    tables = [as_fixed(where.pick([rounded(c[i], inner) for c in terms]), inner) for i in range(6)]
    # c0 + c1 t + c2 t**2 + c3 t**3 + (c4 + c5 t) t**4: the last pair while t**2 is being made, one sum, one truncation.
    pair = build.add(tables[4], product(tables[5], t, inner))
    total = build.shift_left(tables[0], inner)
    for c, power in zip([*tables[1:4], pair], powers(t, 4), strict=True):
        total = build.add(total, product(c, power, 0))
    out = build.truncate(total, 2 * inner - 20)
    return build.retype(out, Type(Kind.FIXED, 20, max(out.type.lo, -2), min(out.type.hi, (1 << 20) + 2)))


def _confined(x: Node, where: Thermometer, low: int | None, high: int | None) -> Node:
    """x moved to the outer thresholds, where it is beyond them."""
    moved = x
    count = where.ones.shape[0] if where.ones is not None else 0
    if low is not None:
        moved = build.add(moved, choose(build.not_(where.reached(0)), build.sub(_constant(low, x), x)))
    if high is not None:
        moved = build.add(moved, choose(where.reached(count - 1), build.sub(_constant(high, x), x)))
    bottom = max(x.type.lo, x.type.lo if low is None else low)
    top = min(x.type.hi, x.type.hi if high is None else high)
    bottom, top = (min(bottom, top), top) if low is None else (bottom, max(bottom, top))
    return build.retype(moved, Type(x.type.kind, x.type.scale, bottom, top))


def _cell_terms(cells: Sequence[int]) -> list[tuple[Decimal, ...]]:
    """Coefficients in x - (k + 1/2) of the logistic function on k .. k + 1."""
    found = []
    for k in cells:
        in_unit = _logistic_terms(k)
        with localcontext(Context(prec=DIGITS)):
            found.append(tuple(c * 2**i for i, c in enumerate(in_unit)))
    return found


def _logistic_terms(k: int) -> tuple[Decimal, ...]:
    def logistic(t: Decimal) -> Decimal:
        return 1 / (1 + (-(k + Decimal("0.5") + t / 2)).exp())

    return interpolant(logistic, 5)
