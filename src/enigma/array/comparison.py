"""Comparison and logic: answers are booleans, shared as bits. About 5 rounds for a comparison of any width."""

from __future__ import annotations

from enigma.array.array import Array
from enigma.array.operands import Operand, align, node_of, nodes_of, paired, same_shape, select, wrap
from enigma.errors import KindError
from enigma.program import build
from enigma.program.node import Node, caller


def less(x: Operand, y: Operand) -> Array:
    """x < y."""
    a, b = paired(x, y)
    return wrap(build.negative(build.sub(a, b)), x, y)


def less_equal(x: Operand, y: Operand) -> Array:
    """x <= y."""
    return logical_not(less(y, x))


def greater(x: Operand, y: Operand) -> Array:
    """x > y."""
    return less(y, x)


def greater_equal(x: Operand, y: Operand) -> Array:
    """x >= y."""
    return logical_not(less(x, y))


def equal(x: Operand, y: Operand) -> Array:
    """x == y, for numbers (of which the last place counts) or for booleans."""
    a, b = paired(x, y)
    same = build.not_(build.xor(a, b)) if a.type.is_bool else build.zero(build.sub(a, b))
    return wrap(same, x, y)


def not_equal(x: Operand, y: Operand) -> Array:
    """x != y."""
    return logical_not(equal(x, y))


def logical_and(x: Operand, y: Operand) -> Array:
    """x and y."""
    return wrap(build.and_(*_bits(x, y)), x, y)


def logical_or(x: Operand, y: Operand) -> Array:
    """x or y."""
    a, b = _bits(x, y)
    return wrap(either(a, b), x, y)


def either(a: Node, b: Node) -> Node:
    """a or b: not (not a and not b)."""
    return build.not_(build.and_(build.not_(a), build.not_(b)))


def logical_xor(x: Operand, y: Operand) -> Array:
    """Exactly one of x and y."""
    return wrap(build.xor(*_bits(x, y)), x, y)


def logical_not(x: Operand) -> Array:
    """Not x."""
    return wrap(build.not_(node_of(x)), x)


def _bits(x: Operand, y: Operand) -> tuple[Node, Node]:
    a, b = same_shape([node_of(x), node_of(y)])
    return a, b


def where(condition: Operand, x: Operand, y: Operand) -> Array:
    """x where the condition holds, else y; costs one joint choice whatever the condition is."""
    bit = node_of(condition)
    if not bit.type.is_bool:
        raise KindError(f"{caller()}: a condition of {bit.type}", hint="compare it: where(c != 0, x, y)")
    a, b = align(nodes_of(x, y))
    return wrap(select(bit, a, b), condition, x, y)
