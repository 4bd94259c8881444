"""The definition of every operation, on plain numbers in the same fixed point.

A value is a raw int64 array (the number times 2**scale) or a bool array. Secure engines agree with this one bit for
bit on integers and booleans; a secure truncation yields one of the two nearest numbers where this one yields the
nearest, so fixed-point results differ by the bound of each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.program.node import Node, ancestors
from enigma.program.ops import Op

Value = npt.NDArray[Any]


def evaluate(
    outputs: Sequence[Node], inputs: Mapping[int, Value], random: np.random.Generator | None = None
) -> list[Value]:
    """The raw values of `outputs`, given the raw value of each INPUT by its index.

    `random` orders SHUFFLE; without one, shuffles come out of a fresh generator.
    """
    generator = np.random.default_rng() if random is None else random
    values: dict[int, Value] = {}
    uses: dict[int, int] = {}
    nodes = ancestors(outputs)
    for node in nodes:
        for parent in node.inputs:
            uses[id(parent)] = uses.get(id(parent), 0) + 1
    for node in outputs:
        uses[id(node)] = uses.get(id(node), 0) + 1
    loops: dict[int, list[Value]] = {}
    for node in nodes:
        operands = [values[id(parent)] for parent in node.inputs if parent.op is not Op.LOOP]
        if node.op is Op.INPUT:
            value = np.asarray(inputs[node.attrs["index"]])
        elif node.op is Op.LOOP:
            loops[id(node)] = _loop(node, operands, generator)
            value = np.zeros((), np.int64)
        elif node.op is Op.ITEM:
            value = loops[id(node.inputs[0])][node.attrs["index"]]
        elif node.op is Op.SHUFFLE:
            value = operands[0][generator.permutation(node.shape[0])]
        else:
            value = MEANING[node.op](node, *operands)
        values[id(node)] = value
        for parent in node.inputs:
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                del values[id(parent)]
    return [values[id(node)] for node in outputs]


def fold(node: Node) -> Value:
    """The raw value of a public node."""
    return evaluate([node], {})[0]


def _loop(node: Node, operands: list[Value], random: np.random.Generator) -> list[Value]:
    body = node.attrs["body"]
    carried, outside = operands[: len(body)], operands[len(body) :]
    for _ in range(node.attrs["count"]):
        carried = evaluate(body, dict(enumerate([*carried, *outside])), random)
    return list(carried)


def nearest(x: Value, shift: int) -> Value:
    """x / 2**shift, rounded to the nearest integer, halves up."""
    return (x >> shift) + ((x >> (shift - 1)) & 1) if shift else x


def _sort(node: Node, rows: Value) -> Value:
    # The complement, since the least number has no negative.
    keys = ~rows[:, 0] if node.attrs["descending"] else rows[:, 0]
    return rows[np.argsort(keys, kind="stable")]


def _bits(node: Node, x: Value) -> Value:
    return np.stack([(x >> i) & 1 for i in range(node.attrs["width"])]).astype(np.bool_)


MEANING: dict[Op, Callable[..., Value]] = {
    Op.CONST: lambda n: n.attrs["value"],
    Op.ADD: lambda n, a, b: a + b,
    Op.SUB: lambda n, a, b: a - b,
    Op.NEG: lambda n, a: -a,
    Op.SCALE: lambda n, a, b: a * b,
    Op.SHIFT_LEFT: lambda n, a: a << n.attrs["bits"],
    Op.SUM: lambda n, a: a.sum(axis=n.attrs["axes"], dtype=np.int64),
    Op.DOT_PUBLIC: lambda n, a, b: a @ b,
    Op.RETYPE: lambda n, a: a,
    Op.LIFT: lambda n, a: a,
    Op.RESHAPE: lambda n, a: a.reshape(n.shape),
    Op.PERMUTE_DIMS: lambda n, a: a.transpose(n.attrs["axes"]),
    Op.BROADCAST: lambda n, a: np.broadcast_to(a, n.shape),
    Op.GATHER: lambda n, a: np.take(a, n.attrs["index"], axis=n.attrs["axis"]),
    Op.SLICE: lambda n, a: a[tuple(_part(p) for p in n.attrs["parts"])],
    Op.CONCAT: lambda n, *parts: np.concatenate(parts, axis=n.attrs["axis"]),
    Op.XOR: lambda n, a, b: a ^ b,
    Op.NOT: lambda n, a: ~a,
    Op.MUL: lambda n, a, b: nearest(a * b, n.attrs["shift"]),
    Op.DOT: lambda n, a, b: nearest(a @ b, n.attrs["shift"]),
    Op.TRUNCATE: lambda n, a: nearest(a, n.attrs["shift"]),
    Op.NEGATIVE: lambda n, a: a < 0,
    Op.ZERO: lambda n, a: a == 0,
    Op.BITS: _bits,
    Op.AND: lambda n, a, b: a & b,
    Op.TO_INT: lambda n, a: a.astype(np.int64),
    Op.CHOOSE: lambda n, bit, a: np.where(bit, a, 0),
    Op.SORT: _sort,
}


def _part(part: tuple[int, int, int]) -> slice:
    start, stop, step = part
    return slice(start, None if step < 0 and stop < 0 else stop, step)
