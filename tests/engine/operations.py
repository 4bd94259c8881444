"""Every operation of `program/ops.py` as a small program over inputs with corner values and equal operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isqrt

import numpy as np
from tests.engine.checking import Raw, sample

from enigma.program import build
from enigma.program.node import Node
from enigma.program.ops import Op
from enigma.program.types import BOOL, number

WIDE = 1 << 30


@dataclass
class Case:
    """Outputs over raw inputs; `bounds` are the raw units that each output may differ by, 0 if absent."""

    outputs: list[Node]
    raws: list[Raw]
    bounds: list[int] = field(default_factory=list)

    def bound_list(self) -> list[int] | None:
        return self.bounds or None


def numbers(random: np.random.Generator, count: int, lo: int, hi: int, scale: int, index: int) -> tuple[Node, Raw]:
    return build.input_(index, (count,), number(lo, hi, scale)), sample(random, lo, hi, count)


def two_numbers(random: np.random.Generator, count: int, scale: int = 20) -> tuple[Node, Node, list[Raw]]:
    """Two inputs; the second half of both is equal."""
    (x, a), (y, b) = (numbers(random, count, -WIDE, WIDE - 1, scale, i) for i in range(2))
    b[count // 2 :] = a[count // 2 :]
    return x, y, [a, b[::-1].copy() if count < 8 else b]


def two_bools(random: np.random.Generator, count: int) -> tuple[Node, Node, list[Raw]]:
    nodes = [build.input_(i, (count,), BOOL) for i in range(2)]
    raws: list[Raw] = [random.integers(0, 2, count).astype(np.bool_) for _ in range(2)]
    for raw, corners in zip(raws, ([True, True, False, False], [True, False, True, False]), strict=True):
        raw[:4] = corners[:count]
    return nodes[0], nodes[1], raws


def _linear(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_numbers(random, n)
    public = build.const(sample(random, -9, 9, n), 20)
    factor = build.const(sample(random, -9, 9, n))
    outputs = [
        build.add(x, y),
        build.add(x, public),
        build.add(public, x),
        build.sub(x, y),
        build.sub(public, x),
        build.sub(x, x),
        build.neg(x),
        build.mul(x, factor),
        build.mul(factor, x),
        build.shift_left(x, 9),
        build.sum_(x, (0,)),
        build.retype(x, number(-WIDE, WIDE)),
        build.add(build.lift(public), x),
        build.add(public, public),
    ]
    return Case(outputs, raws)


def _moves(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_numbers(random, n)
    _, _, bools = two_bools(random, n)
    b = build.input_(2, (n,), BOOL)
    column = build.reshape(x, (n, 1))
    table = build.concat([column, build.reshape(y, (n, 1))], 1)
    backwards = (n - 1, -1, -2)
    index = random.integers(0, n, (3, 2)) if n else np.zeros((2, 0), np.int64)
    outputs = [
        column,
        table,
        build.permute_dims(table, (1, 0)),
        build.broadcast(x, (2, 3, n)),
        build.broadcast(column, (n, 3)),
        build.gather(table, index.astype(np.int64), 0),
        build.gather(table, np.array([1, 1, 0], np.int64), 1),
        build.slice_(table, [backwards, (0, 1, 1)]),
        build.slice_(x, [(0, n, 3)]),
        build.sum_(table, (0, 1)),
        build.sum_(table, (1,)),
        build.concat([x, build.const(np.arange(5), 20), y], 0),
        build.broadcast(b, (2, n)),
        build.concat([b, build.const(np.array([True, False]))], 0),
        build.slice_(b, [backwards]),
    ]
    return Case(outputs, [*raws, bools[0]])


def _logic(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_bools(random, n)
    public = build.const(random.integers(0, 2, n).astype(np.bool_))
    outputs = [
        build.xor(x, y),
        build.xor(x, public),
        build.xor(public, x),
        build.not_(x),
        build.and_(x, y),
        build.and_(x, public),
        build.and_(public, x),
        build.and_(x, x),
    ]
    return Case(outputs, raws)


def _mul(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_numbers(random, n)
    return Case([build.mul(x, y), build.mul(x, x)], raws)


def _mul_truncated(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_numbers(random, n)
    return Case([build.mul(x, y, 20), build.mul(x, y, 33), build.mul(x, x, 7)], raws, [1, 1, 1])


def _truncate(random: np.random.Generator, n: int) -> Case:
    x, raw = numbers(random, n, -(1 << 62), (1 << 62) - 1, 40, 0)
    scaled = build.mul(build.retype(x, number(-(1 << 50), 1 << 50, 40)), build.const(np.array(3)[None].repeat(n)), 5)
    return Case([build.truncate(x, 20), build.truncate(x, 1), scaled], [raw >> 12], [1, 1, 1])


def _dot(random: np.random.Generator, n: int) -> Case:
    rows, inner = max(1, isqrt(n)), 3
    left, right = (rows, inner), (inner, max(n // rows, 0))
    a, b = sample(random, -WIDE, WIDE - 1, rows * inner), sample(random, -WIDE, WIDE - 1, inner * right[1])
    x, y = (build.input_(i, s, number(-WIDE, WIDE - 1, 20)) for i, s in enumerate((left, right)))
    public = build.const(np.arange(inner * 2).reshape(inner, 2) - 2)
    outputs = [
        build.dot(x, y, 20),
        build.dot(x, y),
        build.dot(x, public),
        build.dot(build.permute_dims(public, (1, 0)), build.permute_dims(x, (1, 0))),
    ]
    return Case(outputs, [a.reshape(left), b.reshape(right)], [1, 0, 0, 0])


def _compare(random: np.random.Generator, n: int) -> Case:
    x, y, raws = two_numbers(random, n)
    return Case([build.negative(build.sub(x, y)), build.zero(build.sub(x, y)), build.negative(x)], raws)


def _bits(random: np.random.Generator, n: int) -> Case:
    x, _, raws = two_numbers(random, n)
    return Case([build.bits(x)], raws)


def _convert(random: np.random.Generator, n: int) -> Case:
    x, raw = numbers(random, n, -(1 << 63), (1 << 63) - 1, 0, 0)
    _, _, bools = two_bools(random, n)
    bit = build.input_(1, (n,), BOOL)
    public_bit, public = build.const(bools[1]), build.const(sample(random, -5, 5, n))
    outputs = [
        build.to_int(bit),
        build.choose(bit, x),
        build.choose(public_bit, x),
        build.choose(bit, public),
    ]
    return Case(outputs, [raw, bools[0]])


def _sort(random: np.random.Generator, n: int) -> Case:
    """Narrow keys with many duplicates; the payload shows that equal keys keep their order."""
    key, raw = numbers(random, n, -8, 7, 0, 0)
    payload = build.const(np.arange(n))
    rows = build.concat([build.reshape(v, (n, 1)) for v in (key, payload)], 1)
    rows = build.retype(rows, number(-8, 7))  # the width that the sort reads is the keys'
    return Case([build.sort(rows), build.sort(rows, descending=True)], [raw])


def _loop(random: np.random.Generator, n: int) -> Case:
    """Two nested loops over two carried values, which read one value from outside and a public one."""
    x, raw = numbers(random, n, -100, 100, 0, 0)
    seven = build.const(np.full(n, 7))

    def near(v: Node) -> Node:
        return build.retype(v, number(-(1 << 40), 1 << 40))

    def outer(a: Node, flag: Node) -> list[Node]:
        (inner,) = build.loop(2, [a], lambda v: [near(build.add(build.choose(flag, x), v))])
        low = build.negative(build.sub(inner, build.add(x, seven)))
        return [inner, build.xor(flag, low)]

    outputs = build.loop(3, [near(x), build.negative(x)], outer)
    none = build.loop(0, [near(x)], lambda v: [v])
    return Case([*outputs, *none], [raw])


CASES: dict[str, Callable[[np.random.Generator, int], Case]] = {
    "linear": _linear,
    "moves": _moves,
    "logic": _logic,
    "mul": _mul,
    "mul_truncated": _mul_truncated,
    "truncate": _truncate,
    "dot": _dot,
    "compare": _compare,
    "bits": _bits,
    "convert": _convert,
    "sort": _sort,
    "loop": _loop,
}

ORDERLESS = {Op.SHUFFLE}
"""Operations whose result is random: these have tests of their own."""
