"""Polynomials for functions on short intervals, derived exactly the same on every machine.

Interpolation at Chebyshev's nodes, in 50-digit decimals: within 2 (1 + log(n)) of the best polynomial of its degree
(Trefethen, Approximation Theory and Approximation Practice, theorem 15.2).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import cache
from typing import TypeAlias

from enigma.array.operands import scalar
from enigma.array.products import product
from enigma.program import build
from enigma.program.node import Node

Real: TypeAlias = Callable[[Decimal], Decimal]

PRECISION = 30
"""Fractional bits inside the nonlinear functions."""

DIGITS = 50
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
LN2 = Decimal("0.69314718055994530941723212145817656807550013436025525412068000949")


@cache
def coefficients(function: Real, degree: int) -> tuple[Decimal, ...]:
    """`interpolant` of a function of this package, remembered."""
    return interpolant(function, degree)


def interpolant(function: Real, degree: int) -> tuple[Decimal, ...]:
    """c_0 .. c_degree of the polynomial in t that interpolates `function` at Chebyshev's nodes of -1 <= t <= 1."""
    with localcontext(Context(prec=DIGITS)):
        nodes = [_cos(PI * (2 * k + 1) / (2 * degree + 2)) for k in range(degree + 1)]
        table = [function(t) for t in nodes]
        for level in range(1, degree + 1):  # Newton's divided differences
            for k in range(degree, level - 1, -1):
                table[k] = (table[k] - table[k - 1]) / (nodes[k] - nodes[k - level])
        result = [table[degree]]
        for k in range(degree - 1, -1, -1):  # result * (t - nodes[k]) + table[k]
            shifted = [Decimal(0), *result]
            scaled = [-nodes[k] * c for c in result] + [Decimal(0)]
            result = [a + b for a, b in zip(shifted, scaled, strict=True)]
            result[0] += table[k]
        return tuple(result)


def _cos(angle: Decimal) -> Decimal:
    term = total = Decimal(1)
    for k in range(1, 40):
        term = -term * angle * angle / ((2 * k - 1) * (2 * k))
        total += term
    return total


def rounded(value: Decimal, scale: int) -> int:
    """value * 2**scale, to the nearest integer."""
    with localcontext(Context(prec=DIGITS)):
        return int((value * (1 << scale)).to_integral_value())


def powers(t: Node, count: int) -> list[Node]:
    """t, t**2, .. t**count, at the scale of |t| <= 1: one level of products for each doubling."""
    found = build.reshape(t, (1, *t.shape))
    while found.shape[0] < count:
        have = found.shape[0]
        more = min(have, count - have)
        top, low = _rows(found, have - 1, have), _rows(found, 0, more)
        found = build.concat([found, product(build.broadcast(top, low.shape), low, t.type.scale)], 0)
    return [build.reshape(_rows(found, k, k + 1), t.shape) for k in range(count)]


def _rows(x: Node, start: int, stop: int) -> Node:
    if (start, stop) == (0, x.shape[0]):
        return x
    return build.slice_(x, [(start, stop, 1), *((0, n, 1) for n in x.shape[1:])])


def polynomial(t: Node, terms: tuple[Decimal, ...], scale: int) -> Node:
    """The polynomial at |t| <= 1, at `scale` fractional bits: its terms are summed whole and truncated once."""
    inner = t.type.scale
    total = build.broadcast(scalar(rounded(terms[0], 2 * inner), 2 * inner), t.shape)
    for power, c in zip(powers(t, len(terms) - 1), terms[1:], strict=True):
        raw = rounded(c, inner)
        if raw:
            total = build.add(total, build.mul(power, build.broadcast(scalar(raw, inner), t.shape)))
    return build.truncate(total, 2 * inner - scale)
