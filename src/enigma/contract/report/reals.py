"""A program over float64: every operation without the rounding of fixed point, to measure what that rounding does.

Integers stay exact (int64). Fixed-point numbers are float64 in their own unit, not raw. Two things stay as they are in
fixed point, since they are meant and not an accident: a truncation to no fractional bits rounds (that is what floor,
round and whole quotients are made of), and numbers that agree to a small part of their last place are equal. Where a
product works on raw numbers, and only their scale is named afterwards, nothing is meant to be whole.

Polynomials that stand for a function (exp, log, 1 / x, ...) are a part of the program, and so of both sides: what they
miss of the function itself is stated with each function of `enigma.array`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.program.node import Node, ancestors
from enigma.program.ops import Op
from enigma.program.types import Kind, Type

Real = npt.NDArray[Any]
"""bool, int64 for integers, float64 in its own unit for fixed point."""

_NOISE = 1 / 64
"""Of a unit of the last place: what float64 itself may add to zero."""


def real_of(raw: npt.NDArray[Any], type_: Type) -> Real:
    """What raw numbers of a type stand for."""
    if type_.is_bool or type_.kind is Kind.INT:
        return raw
    return np.ldexp(np.asarray(raw, np.float64), -type_.scale)


def evaluate(outputs: Sequence[Node], inputs: Mapping[int, Real], random: np.random.Generator) -> list[Real]:
    """The values of `outputs`, given that of each INPUT by its index; `random` orders SHUFFLE."""
    values: dict[int, Real] = {}
    uses: dict[int, int] = {}
    nodes = ancestors(outputs)
    raw = _raw_work(nodes, outputs)
    for used in [*(parent for node in nodes for parent in node.inputs), *outputs]:
        uses[id(used)] = uses.get(id(used), 0) + 1
    loops: dict[int, list[Real]] = {}
    for node in nodes:
        operands = [values[id(parent)] for parent in node.inputs if parent.op is not Op.LOOP]
        if node.op is Op.INPUT:
            value = np.asarray(inputs[node.attrs["index"]])
        elif node.op is Op.LOOP:
            loops[id(node)] = _loop(node, operands, random)
            value = np.zeros(())
        elif node.op is Op.ITEM:
            value = loops[id(node.inputs[0])][node.attrs["index"]]
        elif node.op is Op.SHUFFLE:
            value = operands[0][random.permutation(node.shape[0])]
        else:
            value = _MEANING[node.op](node, *operands)
            if node.type.scale == 0 and node.attrs.get("shift") and id(node) not in raw:
                value = np.floor(value + 0.5)  # to the nearest, halves up
        values[id(node)] = value
        for parent in node.inputs:
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                del values[id(parent)]
    return [values[id(node)] for node in outputs]


def _loop(node: Node, operands: list[Real], random: np.random.Generator) -> list[Real]:
    body = node.attrs["body"]
    carried, outside = operands[: len(body)], operands[len(body) :]
    for _ in range(node.attrs["count"]):
        carried = evaluate(body, dict(enumerate([*carried, *outside])), random)
    return list(carried)


def _raw_work(nodes: Sequence[Node], outputs: Sequence[Node]) -> set[int]:
    """The nodes that are raw numbers on the way to a scale which is only named afterwards: whoever reads them names it,
    or hands them on as they are."""
    readers: dict[int, list[Node]] = {}
    for node in nodes:
        for parent in node.inputs:
            readers.setdefault(id(parent), []).append(node)
    kept = {id(x) for x in outputs}
    found: set[int] = set()
    for node in reversed(nodes):
        mine = readers.get(id(node), [])
        if id(node) not in kept and mine and all(
            _renames(x) or (id(x) in found and x.op in _HANDING_ON) for x in mine
        ):  # fmt: skip
            found.add(id(node))
    return found


_HANDING_ON = frozenset(
    {Op.ADD, Op.SUB, Op.NEG, Op.SUM, Op.CHOOSE, Op.RETYPE, Op.RESHAPE, Op.PERMUTE_DIMS, Op.BROADCAST, Op.GATHER,
     Op.SLICE, Op.CONCAT}
)  # fmt: skip


def _renames(node: Node) -> bool:
    """Whether it reads raw numbers at another scale, finer than before."""
    return node.op is Op.RETYPE and node.type.scale > node.inputs[0].type.scale


def _raw(value: Real, type_: Type) -> Real:
    """Raw numbers, fractions of the last place included."""
    return np.ldexp(value, type_.scale) if type_.scale else value


def _retype(node: Node, a: Real) -> Real:
    before, after = node.inputs[0].type, node.type
    if before.is_bool or (before.kind is after.kind and before.scale == after.scale):
        return a
    return np.ldexp(np.asarray(a, np.float64), before.scale - after.scale)


def _negative(node: Node, a: Real) -> Real:
    return np.asarray(_raw(a, node.inputs[0].type) < (0 if a.dtype == np.int64 else -_NOISE))


def _zero(node: Node, a: Real) -> Real:
    return np.asarray(np.abs(_raw(a, node.inputs[0].type)) < (1 if a.dtype == np.int64 else 0.5))


def _bits(node: Node, a: Real) -> Real:
    raw = np.rint(_raw(a, node.inputs[0].type)).astype(np.int64)
    return np.stack([(raw >> i) & 1 for i in range(node.attrs["width"])]).astype(np.bool_)


def _sort(node: Node, rows: Real) -> Real:
    keys = -rows[:, 0].astype(np.float64) if node.attrs["descending"] else rows[:, 0]
    if node.attrs["descending"] and rows.dtype == np.int64:
        keys = ~rows[:, 0]
    return rows[np.argsort(keys, kind="stable")]


def _part(part: tuple[int, int, int]) -> slice:
    start, stop, step = part
    return slice(start, None if step < 0 and stop < 0 else stop, step)


_MEANING: dict[Op, Callable[..., Real]] = {
    Op.CONST: lambda n: real_of(n.attrs["value"], n.type),
    Op.ADD: lambda n, a, b: a + b,
    Op.SUB: lambda n, a, b: a - b,
    Op.NEG: lambda n, a: -a,
    Op.SCALE: lambda n, a, b: a * b,
    Op.SHIFT_LEFT: lambda n, a: np.asarray(a, np.float64) if n.type.kind is Kind.FIXED else a * 2 ** n.attrs["bits"],
    Op.SUM: lambda n, a: a.sum(axis=n.attrs["axes"], dtype=a.dtype),
    Op.DOT_PUBLIC: lambda n, a, b: a @ b,
    Op.RETYPE: _retype,
    Op.LIFT: lambda n, a: a,
    Op.RESHAPE: lambda n, a: a.reshape(n.shape),
    Op.PERMUTE_DIMS: lambda n, a: a.transpose(n.attrs["axes"]),
    Op.BROADCAST: lambda n, a: np.broadcast_to(a, n.shape),
    Op.GATHER: lambda n, a: np.take(a, n.attrs["index"], axis=n.attrs["axis"]),
    Op.SLICE: lambda n, a: a[tuple(_part(p) for p in n.attrs["parts"])],
    Op.CONCAT: lambda n, *parts: np.concatenate(parts, axis=n.attrs["axis"]),
    Op.XOR: lambda n, a, b: a ^ b,
    Op.NOT: lambda n, a: ~a,
    Op.MUL: lambda n, a, b: a * b,
    Op.DOT: lambda n, a, b: a @ b,
    Op.TRUNCATE: lambda n, a: a,
    Op.NEGATIVE: _negative,
    Op.ZERO: _zero,
    Op.BITS: _bits,
    Op.AND: lambda n, a, b: a & b,
    Op.TO_INT: lambda n, a: a.astype(np.int64),
    Op.CHOOSE: lambda n, bit, a: np.where(bit, a, a.dtype.type(0)),
    Op.SORT: _sort,
}
