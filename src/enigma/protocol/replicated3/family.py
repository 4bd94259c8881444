"""The replicated3 family: which protocol runs each operation, and what it costs.

This is the table that an engine reads; another family is another such table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.errors import ProgramError
from enigma.program.node import Node
from enigma.program.ops import LOCAL, Op
from enigma.protocol.renewal import Renewal
from enigma.protocol.replicated3 import bits, carry, convert, linear, multiply, order, truncate
from enigma.protocol.replicated3.renewal import Replicated3Renewal
from enigma.protocol.replicated3.roles import SEATS
from enigma.protocol.session import Joint, Session

Value = npt.NDArray[Any]

RAW_OPERANDS = frozenset({Op.SCALE, Op.DOT_PUBLIC, Op.AND, Op.CHOOSE, Op.LIFT})
"""Operations whose public operands stay raw; elsewhere they are shared trivially."""


class Replicated3:
    """Three seats over Z_2^64, one of them curious."""

    name = "replicated3"
    seats = SEATS
    holders: tuple[tuple[int, ...], ...] = ((0, 1), (1, 2), (0, 2), (0,), (1,), (2,))
    """The sets of seats that share a key."""
    renewal: Renewal = Replicated3Renewal()

    def is_local(self, node: Node) -> bool:
        """Whether a node takes no round: linear, empty, or with a public operand that makes it so."""
        if node.op in LOCAL or node.op is Op.INPUT:
            return True
        if node.op is Op.LOOP:
            return False
        return node.size == 0 or (node.op in (Op.AND, Op.CHOOSE) and not all(x.secret for x in node.inputs))

    def public(self, session: Session, op: Op, raw: Value) -> Value:
        """A public operand of `op`, as `local` takes it."""
        return raw if op in RAW_OPERANDS else linear.constant(session, raw)

    def local(self, session: Session, node: Node, operands: Sequence[Value]) -> Value:
        """The result of a local node."""
        if node.size == 0:
            return np.zeros((2, *node.shape), np.uint8 if node.type.is_bool else np.uint64)
        if node.op is Op.AND:
            return linear.and_public(operands[0], operands[1])
        if node.op is Op.CHOOSE:
            return linear.choose_public(operands[0], operands[1])
        return linear.LOCAL[node.op](session, node, *operands)

    def joint(self, session: Session, node: Node, operands: Sequence[Value]) -> Joint[Value]:
        """The protocol of a joint node."""
        out: Value
        flat: list[Any] = [_flat(x) for x in operands] if node.op not in _SHAPED else []
        match node.op:
            case Op.MUL if node.attrs["shift"]:
                out = yield from truncate.multiply_truncate(session, flat[0], flat[1], node.attrs["shift"])
            case Op.MUL:
                out = yield from multiply.multiply(session, flat[0], flat[1])
            case Op.DOT:
                x, y = (np.ascontiguousarray(v).reshape(2, -1, *v.shape[-2:]) for v in operands)
                if node.attrs["shift"]:
                    out = yield from truncate.dot_truncate(session, x, y, node.attrs["shift"])
                else:
                    out = yield from multiply.dot(session, x, y)
            case Op.TRUNCATE:
                out = yield from truncate.truncate(session, flat[0], node.attrs["shift"])
            case Op.NEGATIVE:
                out = yield from carry.negative(session, flat[0], node.attrs["width"])
            case Op.ZERO:
                out = yield from carry.zero(session, flat[0], node.attrs["width"])
            case Op.BITS:
                words = yield from bits.bits(session, np.stack(flat[0]), node.attrs["width"])
                out = bits.expand(words, node.attrs["width"])
            case Op.AND:
                out = yield from multiply.conjunction(session, flat[0], flat[1])
            case Op.TO_INT:
                out = yield from convert.to_int(session, flat[0])
            case Op.CHOOSE:
                out = yield from convert.choose(session, flat[0], flat[1])
            case Op.SORT:
                out = yield from order.sort(
                    session, np.ascontiguousarray(operands[0]), node.attrs["width"], node.attrs["descending"]
                )
            case Op.SHUFFLE:
                out = yield from order.shuffle(session, np.ascontiguousarray(operands[0]))
            case _:
                raise ProgramError(f"{node.where}: replicated3 has no protocol for {node.op}")
        return out.reshape(2, *node.shape)

    def node_cost(self, node: Node) -> Sequence[tuple[int, ...]]:
        """Bytes by round and seat of one node."""
        if self.is_local(node):
            return []
        shift = node.attrs.get("shift", 0)
        match node.op:
            case Op.MUL | Op.DOT:
                return truncate.truncate_cost(node.size, shift, True) if shift else multiply.multiply_cost(node.size)
            case Op.TRUNCATE:
                return truncate.truncate_cost(node.size, shift, False)
            case Op.NEGATIVE:
                return carry.tree_cost(node.size, carry.tree_of(node.attrs["width"] - 1, False))
            case Op.ZERO:
                return carry.tree_cost(node.size, carry.tree_of(node.attrs["width"], True))
            case Op.BITS:
                return bits.bits_cost(node.inputs[0].size, node.attrs["width"])
            case Op.AND:
                return multiply.conjunction_cost(node.size)
            case Op.TO_INT:
                return convert.convert_cost(node.size, 1)
            case Op.CHOOSE:
                return convert.convert_cost(node.size, 2)
            case Op.SORT:
                return order.sort_cost(node.shape[0], node.shape[1], node.attrs["width"])
            case Op.SHUFFLE:
                return order.shuffle_cost(node.shape[0], node.shape[1])
            case _:
                raise ProgramError(f"{node.where}: replicated3 states no cost for {node.op}")

    def open_cost(self, node: Node) -> tuple[int, ...]:
        """Bytes of an output: each seat sends its two pieces to the reader, who compares the copies."""
        size = (node.size + 7) // 8 if node.type.is_bool else 8 * node.size
        return (2 * size,) * SEATS


_SHAPED = frozenset({Op.DOT, Op.SORT, Op.SHUFFLE})


def _flat(value: Value) -> tuple[Value, Value]:
    """The two pieces in row-major order, without a copy where they lie so already."""
    return np.ascontiguousarray(value[0]).reshape(-1), np.ascontiguousarray(value[1]).reshape(-1)
