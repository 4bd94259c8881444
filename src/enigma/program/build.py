"""Making nodes: one function per operation, which proves shapes and ranges as it goes.

Operands of the element-wise functions have equal shapes (the array layer broadcasts) and, for sums, equal scales.
Every function raises `ShapeError`, `KindError` or `RangeError` with the user's own line in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.errors import KindError, RangeError, ShapeError
from enigma.program.node import Node, Shape, caller
from enigma.program.ops import Op
from enigma.program.types import BOOL, LINEAR_BITS, TRUNCATED_BITS, Kind, Type, number, product_bounds, signed_width


def _node(
    op: Op, inputs: tuple[Node, ...], shape: Shape, type_: Type, *, secret: bool | None = None, **attrs: Any
) -> Node:
    secret = any(x.secret for x in inputs) if secret is None else secret
    return Node(op, inputs, shape, type_, secret, attrs, caller())


def _typed(lo: int, hi: int, scale: int, kind: Kind) -> Type:
    try:
        return number(lo, hi, scale, kind)
    except RangeError as error:
        raise RangeError(f"{caller()}: {error.message}", hint=error.hint) from None


def _kind(*operands: Node) -> Kind:
    return Kind.FIXED if any(x.type.kind is Kind.FIXED for x in operands) else Kind.INT


def _want_numbers(*operands: Node) -> None:
    if any(x.type.is_bool for x in operands):
        raise KindError(f"{caller()}: a boolean where a number belongs", hint="convert it: astype(x, int64)")


def _want_bools(*operands: Node) -> None:
    if not all(x.type.is_bool for x in operands):
        raise KindError(f"{caller()}: a number where a boolean belongs", hint="compare it: x != 0")


def _want_equal_shapes(a: Node, b: Node) -> None:
    if a.shape != b.shape:
        raise ShapeError(f"{caller()}: shapes {a.shape} and {b.shape} differ")


def _want_axis(a: Node, axis: int) -> None:
    if not 0 <= axis < len(a.shape):
        raise ShapeError(f"{caller()}: axis {axis} of a shape {a.shape}")


def input_(index: int, shape: Shape, type_: Type) -> Node:
    """A stored secret: the `index`-th input of the program."""
    return _node(Op.INPUT, (), shape, type_, secret=True, index=index)


def const(value: npt.NDArray[Any], scale: int = 0, kind: Kind | None = None) -> Node:
    """A public array of raw numbers (or booleans), copied if it can change: a program and its proofs do not."""
    if value.dtype == np.bool_:
        return _node(Op.CONST, (), value.shape, BOOL, secret=False, value=_fixed(value))
    raw = _fixed(np.ascontiguousarray(value, dtype=np.int64).reshape(value.shape))
    lo, hi = (int(raw.min()), int(raw.max())) if raw.size else (0, 0)
    return _node(Op.CONST, (), raw.shape, number(lo, hi, scale, kind), secret=False, value=raw)


def _fixed(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return value.copy() if value.flags.writeable else value


def add(a: Node, b: Node) -> Node:
    """a + b, at one scale."""
    return _sum_of(Op.ADD, a, b, a.type.lo + b.type.lo, a.type.hi + b.type.hi)


def sub(a: Node, b: Node) -> Node:
    """a - b, at one scale."""
    if a is b:
        return _sum_of(Op.SUB, a, b, 0, 0)
    return _sum_of(Op.SUB, a, b, a.type.lo - b.type.hi, a.type.hi - b.type.lo)


def _sum_of(op: Op, a: Node, b: Node, lo: int, hi: int) -> Node:
    _want_numbers(a, b)
    _want_equal_shapes(a, b)
    if a.type.scale != b.type.scale:
        raise KindError(f"{caller()}: scales {a.type.scale} and {b.type.scale} differ")
    return _node(op, (a, b), a.shape, _typed(lo, hi, a.type.scale, _kind(a, b)))


def neg(a: Node) -> Node:
    """-a."""
    _want_numbers(a)
    return _node(Op.NEG, (a,), a.shape, _typed(-a.type.hi, -a.type.lo, a.type.scale, a.type.kind))


def shift_left(a: Node, bits: int) -> Node:
    """The same number with `bits` more fractional bits."""
    _want_numbers(a)
    if bits == 0:
        return a
    if not 0 < bits <= LINEAR_BITS:
        raise RangeError(f"{caller()}: a shift by {bits} bits")
    kind = Kind.FIXED if a.type.scale + bits else a.type.kind
    type_ = _typed(a.type.lo << bits, a.type.hi << bits, a.type.scale + bits, kind)
    return _node(Op.SHIFT_LEFT, (a,), a.shape, type_, bits=bits)


def sum_(a: Node, axes: tuple[int, ...]) -> Node:
    """The sum along `axes`."""
    _want_numbers(a)
    if len(set(axes)) != len(axes) or not all(0 <= i < len(a.shape) for i in axes):
        raise ShapeError(f"{caller()}: a sum along axes {axes} of a shape {a.shape}")
    count = prod(a.shape[i] for i in axes)
    shape = tuple(n for i, n in enumerate(a.shape) if i not in axes)
    type_ = _typed(
        min(a.type.lo * count, 0 if not count else a.type.lo * count), a.type.hi * count, a.type.scale, a.type.kind
    )
    return _node(Op.SUM, (a,), shape, type_, axes=axes)


def mul(a: Node, b: Node, shift: int = 0) -> Node:
    """a * b, truncated by `shift` bits; its scale is the sum of both less `shift`."""
    _want_numbers(a, b)
    _want_equal_shapes(a, b)
    lo, hi = product_bounds(a.type, b.type)
    if a is b:
        lo = 0 if a.type.lo <= 0 <= a.type.hi else min(a.type.lo**2, a.type.hi**2)
        hi = a.type.magnitude**2
    return _product(Op.SCALE, Op.MUL, a, b, a.shape, lo, hi, shift)


def dot(a: Node, b: Node, shift: int = 0) -> Node:
    """The matrix product of (..., m, k) by (..., k, n) with equal leading axes, truncated by `shift` bits."""
    _want_numbers(a, b)
    if len(a.shape) < 2 or len(b.shape) < 2 or a.shape[-1] != b.shape[-2] or a.shape[:-2] != b.shape[:-2]:
        raise ShapeError(f"{caller()}: matrix product of shapes {a.shape} and {b.shape}")
    lo, hi = product_bounds(a.type, b.type)
    inner = a.shape[-1]
    shape = (*a.shape[:-1], b.shape[-1])
    if inner == 0:
        zeros = const(np.zeros(shape, dtype=np.int64), a.type.scale + b.type.scale - shift, _kind(a, b))
        return lift(zeros) if a.secret or b.secret else zeros
    return _product(Op.DOT_PUBLIC, Op.DOT, a, b, shape, lo * inner, hi * inner, shift)


def _product(public: Op, joint: Op, a: Node, b: Node, shape: Shape, lo: int, hi: int, shift: int) -> Node:
    scale = a.type.scale + b.type.scale
    if shift > LONGEST_SHIFT:
        part = _product(public, joint, a, b, shape, lo, hi, LONGEST_SHIFT)
        return truncate(part, shift - LONGEST_SHIFT)
    if not (a.secret and b.secret):
        if public is Op.SCALE and a.secret is False and b.secret:
            a, b = b, a
        return truncate(_node(public, (a, b), shape, _typed(lo, hi, scale, _kind(a, b))), shift)
    if shift == 0:
        return _node(joint, (a, b), shape, _typed(lo, hi, scale, _kind(a, b)), shift=0)
    return _node(joint, (a, b), shape, _truncated(lo, hi, scale, _kind(a, b), shift), shift=shift)


LONGEST_SHIFT = 62
"""Bits that one truncation takes off: more are taken off in two steps."""


def _truncated(lo: int, hi: int, scale: int, kind: Kind, shift: int) -> Type:
    if signed_width(lo, hi) > TRUNCATED_BITS + 1:
        raise RangeError(
            f"{caller()}: a product or sum up to 2^{max(abs(lo), abs(hi)).bit_length()} is truncated, "
            f"and the proven headroom is 2^{TRUNCATED_BITS}",
            hint="narrow the inputs' ranges (lo=, hi=), clip() an operand, or keep fewer fractional bits (scale=)",
        )
    if shift > scale:
        raise RangeError(f"{caller()}: truncation by {shift} bits of a number with {scale} fractional bits")
    return number(lo >> shift, -(-hi >> shift), scale - shift, kind)


def truncate(a: Node, shift: int) -> Node:
    """The same number with `shift` fractional bits fewer: one of the two nearest, in the mean exactly."""
    if shift == 0:
        return a
    _want_numbers(a)
    if shift > LONGEST_SHIFT:
        return truncate(truncate(a, LONGEST_SHIFT), shift - LONGEST_SHIFT)
    type_ = _truncated(a.type.lo, a.type.hi, a.type.scale, a.type.kind, shift)
    return _node(Op.TRUNCATE, (a,), a.shape, type_, shift=shift)


def retype(a: Node, type_: Type) -> Node:
    """The same raw numbers under another type; the caller vouches for a narrower range."""
    if a.type.is_bool != type_.is_bool:
        raise KindError(f"{caller()}: {a.type} does not become {type_} by name alone", hint="convert it: astype()")
    return a if a.type == type_ else _node(Op.RETYPE, (a,), a.shape, type_)


def lift(a: Node) -> Node:
    """A public value as a secret."""
    return a if a.secret else _node(Op.LIFT, (a,), a.shape, a.type, secret=True)


def negative(a: Node) -> Node:
    """Is a below zero? Compared on as many bits as the proven range needs."""
    _want_numbers(a)
    return _node(Op.NEGATIVE, (a,), a.shape, BOOL, width=_width(a))


def zero(a: Node) -> Node:
    """Is a equal to zero?"""
    _want_numbers(a)
    return _node(Op.ZERO, (a,), a.shape, BOOL, width=_width(a))


def bits(a: Node) -> Node:
    """The two's complement bits of the raw number, lowest first, along a new first axis."""
    _want_numbers(a)
    return _node(Op.BITS, (a,), (_width(a), *a.shape), BOOL, width=_width(a))


def _width(a: Node) -> int:
    return min(a.type.width, LINEAR_BITS + 1)


def and_(a: Node, b: Node) -> Node:
    """Logical and."""
    _want_bools(a, b)
    _want_equal_shapes(a, b)
    if b.secret and not a.secret:
        a, b = b, a
    return _node(Op.AND, (a, b), a.shape, BOOL)


def xor(a: Node, b: Node) -> Node:
    """Exclusive or."""
    _want_bools(a, b)
    _want_equal_shapes(a, b)
    return _node(Op.XOR, (a, b), a.shape, BOOL)


def not_(a: Node) -> Node:
    """Logical not."""
    _want_bools(a)
    return _node(Op.NOT, (a,), a.shape, BOOL)


def to_int(a: Node) -> Node:
    """A boolean as the integer 0 or 1."""
    _want_bools(a)
    return _node(Op.TO_INT, (a,), a.shape, number(0, 1))


def choose(bit: Node, a: Node) -> Node:
    """`a` where the bit is set, else 0."""
    _want_bools(bit)
    _want_numbers(a)
    _want_equal_shapes(bit, a)
    if bit.secret and not a.secret:
        return mul(to_int(bit), a)
    type_ = Type(a.type.kind, a.type.scale, min(a.type.lo, 0), max(a.type.hi, 0))
    return _node(Op.CHOOSE, (bit, a), a.shape, type_)


def reshape(a: Node, shape: Shape) -> Node:
    """The same elements in row-major order under another shape."""
    if prod(shape) != a.size:
        raise ShapeError(f"{caller()}: {a.shape} does not reshape to {shape}")
    return a if shape == a.shape else _node(Op.RESHAPE, (a,), shape, a.type)


def permute_dims(a: Node, axes: tuple[int, ...]) -> Node:
    """Axes in another order."""
    if sorted(axes) != list(range(len(a.shape))):
        raise ShapeError(f"{caller()}: axes {axes} do not permute a shape {a.shape}")
    return _node(Op.PERMUTE_DIMS, (a,), tuple(a.shape[i] for i in axes), a.type, axes=axes)


def broadcast(a: Node, shape: Shape) -> Node:
    """Repeated along new axes and along axes of extent 1."""
    if a.shape == shape:
        return a
    try:
        fits = np.broadcast_shapes(a.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{caller()}: a shape {a.shape} does not broadcast to {shape}")
    return _node(Op.BROADCAST, (a,), shape, a.type)


def gather(a: Node, index: npt.NDArray[np.int64], axis: int) -> Node:
    """Elements at public positions along one axis."""
    _want_axis(a, axis)
    if index.size and not 0 <= int(index.min()) <= int(index.max()) < a.shape[axis]:
        raise ShapeError(f"{caller()}: positions {index.min()} to {index.max()} along an axis of {a.shape[axis]}")
    shape = (*a.shape[:axis], *index.shape, *a.shape[axis + 1 :])
    return _node(Op.GATHER, (a,), shape, a.type, index=_fixed(index), axis=axis)


def slice_(a: Node, parts: Sequence[tuple[int, int, int]]) -> Node:
    """One `range(start, stop, step)` of positions per axis."""
    if len(parts) != len(a.shape):
        raise ShapeError(f"{caller()}: {len(parts)} slices of a shape {a.shape}")
    found = []
    for part, extent in zip(parts, a.shape, strict=True):
        positions = range(*part)
        if positions and not (0 <= positions[0] < extent and 0 <= positions[-1] < extent):
            raise ShapeError(f"{caller()}: positions {positions[0]} to {positions[-1]} along an axis of {extent}")
        found.append(part if positions else (0, 0, 1))
    shape = tuple(len(range(*part)) for part in found)
    return _node(Op.SLICE, (a,), shape, a.type, parts=tuple(found))


def concat(parts: Sequence[Node], axis: int) -> Node:
    """Joined along one axis; scales must agree."""
    if not parts:
        raise ShapeError(f"{caller()}: nothing to join")
    first = parts[0]
    _want_axis(first, axis)
    for part in parts:
        if (
            len(part.shape) != len(first.shape)
            or part.shape[:axis] + part.shape[axis + 1 :] != first.shape[:axis] + first.shape[axis + 1 :]
        ):
            raise ShapeError(f"{caller()}: shapes {first.shape} and {part.shape} do not join along axis {axis}")
        if part.type.is_bool != first.type.is_bool or part.type.scale != first.type.scale:
            raise KindError(f"{caller()}: kinds or scales differ: {first.type} and {part.type}")
    if not first.type.is_bool:
        lo, hi = min(p.type.lo for p in parts), max(p.type.hi for p in parts)
        type_ = Type(_kind(*parts), first.type.scale, lo, hi)
    else:
        type_ = BOOL
    shape = (*first.shape[:axis], sum(p.shape[axis] for p in parts), *first.shape[axis + 1 :])
    return _node(Op.CONCAT, tuple(parts), shape, type_, axis=axis)


def sort(rows: Node, *, descending: bool = False, width: int | None = None) -> Node:
    """Rows of an (n, columns) matrix ordered by the first column; equal keys keep their order.

    `width` is the bits of the keys, where the caller vouches for fewer than the whole matrix needs.
    """
    _want_numbers(rows)
    if len(rows.shape) != 2:
        raise ShapeError(f"{caller()}: sort takes a matrix of rows, not {rows.shape}")
    width = _width(rows) if width is None else width
    if not 1 <= width <= _width(rows):
        raise RangeError(f"{caller()}: keys of {width} bits in a matrix of {rows.type}")
    return _node(Op.SORT, (rows,), rows.shape, rows.type, width=width, descending=descending)


def shuffle(rows: Node) -> Node:
    """Rows of an (n, columns) matrix in a uniformly random order that no seat knows."""
    _want_numbers(rows)
    if len(rows.shape) != 2:
        raise ShapeError(f"{caller()}: shuffle takes a matrix of rows, not {rows.shape}")
    return _node(Op.SHUFFLE, (lift(rows),), rows.shape, rows.type)


def loop(count: int, initial: Sequence[Node], trace: Callable[..., Sequence[Node]]) -> tuple[Node, ...]:
    """`count` repetitions of a body over carried values; a node, never an unrolling.

    `trace` gets one placeholder per carried value, of the type of its initial value, and returns the next values, each
    within that type. What the body reads from outside is computed once, before the loop.
    """
    if count < 0:
        raise ShapeError(f"{caller()}: a loop of {count} rounds")
    carried = tuple(_node(Op.INPUT, (), x.shape, x.type, secret=True, index=i) for i, x in enumerate(initial))
    results = tuple(lift(x) for x in trace(*carried))
    for before, after in zip(carried, results, strict=True):
        if before.shape != after.shape:
            raise ShapeError(f"{caller()}: a loop carries {before.shape} in and {after.shape} out")
        if not before.type.contains(after.type):
            raise RangeError(
                f"{caller()}: a value carried round a loop is {before.type} at the start and {after.type} at the end",
                hint="clip() the result, or declare the range of the initial value wide enough",
            )
    body, outside = _close_body(carried, results)
    node = _node(Op.LOOP, (*map(lift, initial), *outside), (), number(0, 0), secret=True, body=body, count=count)
    return tuple(_node(Op.ITEM, (node,), x.shape, x.type, secret=True, index=i) for i, x in enumerate(carried))


def _close_body(carried: tuple[Node, ...], results: tuple[Node, ...]) -> tuple[tuple[Node, ...], list[Node]]:
    """The body with what it reads from outside replaced by further inputs; and those outside nodes."""
    from enigma.program.node import ancestors

    inner = {id(x) for x in carried}
    outside: dict[int, tuple[Node, Node]] = {}
    replaced: dict[int, Node] = {id(x): x for x in carried}

    def inside(x: Node) -> Node:
        if id(x) in replaced:
            return replaced[id(x)]
        if not x.secret:
            return x
        if id(x) not in outside:
            index = len(carried) + len(outside)
            outside[id(x)] = (x, _node(Op.INPUT, (), x.shape, x.type, secret=True, index=index))
        return outside[id(x)][1]

    for x in ancestors(results):
        if id(x) in inner or not any(id(parent) in inner for parent in x.inputs):
            continue
        inner.add(id(x))
        inputs = tuple(inside(parent) for parent in x.inputs)
        replaced[id(x)] = Node(x.op, inputs, x.shape, x.type, x.secret, x.attrs, x.where)
    return tuple(inside(x) for x in results), [x for x, _ in outside.values()]
