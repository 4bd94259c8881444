"""Every builder: the shape, kind, scale and range that it proves, and what it refuses, with the user's own line."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import prod

import numpy as np
import pytest

from enigma.engine.plain import evaluate
from enigma.errors import KindError, ProgramError, RangeError, ShapeError
from enigma.program import build
from enigma.program.node import Node, ancestors
from enigma.program.ops import Op
from enigma.program.types import BOOL, Kind, Type, number

WHOLE = number(-(1 << 63), (1 << 63) - 1)


def secret(lo: int = -3, hi: int = 5, scale: int = 0, shape: tuple[int, ...] = (4,), index: int = 0) -> Node:
    return build.input_(index, shape, number(lo, hi, scale))


def flag(shape: tuple[int, ...] = (4,), index: int = 9) -> Node:
    return build.input_(index, shape, BOOL)


def square(x: Node, shift: int = 0) -> Node:
    return build.mul(x, x, shift)


X, Y, F = secret(), secret(-2, 7, index=1), secret(-300, 500, 4, index=2)
B = flag()
M = secret(shape=(2, 3))
PUBLIC = build.const(np.array([1, 2, 3, 4]))

PROVEN: list[tuple[str, Node, tuple[int, ...], Type]] = [
    ("add", build.add(X, Y), (4,), number(-5, 12)),
    ("add public", build.add(X, PUBLIC), (4,), number(-2, 9)),
    ("sub", build.sub(X, Y), (4,), number(-10, 7)),
    ("sub itself", build.sub(X, X), (4,), number(0, 0)),
    ("neg", build.neg(X), (4,), number(-5, 3)),
    ("shift", build.shift_left(X, 3), (4,), number(-24, 40, 3)),
    ("shift by none", build.shift_left(X, 0), (4,), X.type),
    ("sum", build.sum_(M, (1,)), (2,), number(-9, 15)),
    ("sum of all", build.sum_(M, (0, 1)), (), number(-18, 30)),
    ("sum of nothing", build.sum_(secret(2, 5, shape=(0, 3)), (0,)), (3,), number(0, 0)),
    ("mul", build.mul(X, Y), (4,), number(-21, 35)),
    ("square", build.mul(X, X), (4,), number(0, 25)),
    ("square of positives", square(secret(3, 5)), (4,), number(9, 25)),
    ("square of negatives", square(secret(-5, -3)), (4,), number(9, 25)),
    ("mul public", build.mul(PUBLIC, X), (4,), number(-12, 20)),
    ("mul truncated", build.mul(F, F, 4), (4,), number(0, 15625, 4)),
    ("mul truncated outwards", build.mul(X, F, 3), (4,), Type(Kind.FIXED, 1, -188, 313)),
    ("dot", build.dot(M, secret(shape=(3, 5), index=3)), (2, 5), number(-45, 75)),
    (
        "dot of batches",
        build.dot(secret(0, 1, shape=(7, 2, 3)), secret(0, 1, shape=(7, 3, 1))),
        (7, 2, 1),
        number(0, 3),
    ),
    ("dot public", build.dot(M, build.const(np.ones((3, 2), np.int64))), (2, 2), number(-9, 15)),
    ("dot of nothing", build.dot(secret(1, 2, shape=(2, 0)), secret(1, 2, shape=(0, 2))), (2, 2), number(0, 0)),
    ("truncate", build.truncate(F, 3), (4,), number(-38, 63, 1)),
    ("truncate by none", build.truncate(F, 0), (4,), F.type),
    ("truncate whole", build.truncate(F, 4), (4,), number(-19, 32, 0, Kind.FIXED)),
    ("retype", build.retype(X, number(-9, 9)), (4,), number(-9, 9)),
    ("lift", build.lift(PUBLIC), (4,), number(1, 4)),
    ("negative", build.negative(X), (4,), BOOL),
    ("zero", build.zero(X), (4,), BOOL),
    ("bits", build.bits(X), (4, 4), BOOL),
    ("bits of the widest", build.bits(build.input_(0, (2,), WHOLE)), (64, 2), BOOL),
    ("and", build.and_(B, B), (4,), BOOL),
    ("xor", build.xor(B, build.const(np.ones(4, np.bool_))), (4,), BOOL),
    ("not", build.not_(B), (4,), BOOL),
    ("to_int", build.to_int(B), (4,), number(0, 1)),
    ("choose", build.choose(B, secret(3, 5)), (4,), number(0, 5)),
    ("choose among negatives", build.choose(B, secret(-5, -3)), (4,), number(-5, 0)),
    ("choose public", build.choose(B, PUBLIC), (4,), number(0, 4)),
    ("reshape", build.reshape(M, (3, 2)), (3, 2), M.type),
    ("permute", build.permute_dims(secret(shape=(2, 3, 4)), (2, 0, 1)), (4, 2, 3), X.type),
    ("broadcast", build.broadcast(secret(shape=(2, 1)), (5, 2, 3)), (5, 2, 3), X.type),
    ("gather", build.gather(M, np.array([[2, 0], [1, 1]]), 1), (2, 2, 2), M.type),
    ("gather nothing", build.gather(M, np.zeros(0, np.int64), 0), (0, 3), M.type),
    ("slice", build.slice_(M, [(1, -1, -1), (0, 3, 2)]), (2, 2), M.type),
    ("slice nothing", build.slice_(M, [(9, 9, 1), (0, 3, 1)]), (0, 3), M.type),
    ("concat", build.concat([X, Y, PUBLIC], 0), (12,), number(-3, 7)),
    ("concat flags", build.concat([B, B], 0), (8,), BOOL),
    ("sort", build.sort(M), (2, 3), M.type),
    ("shuffle", build.shuffle(M), (2, 3), M.type),
    ("const", PUBLIC, (4,), number(1, 4)),
    ("const of nothing", build.const(np.zeros((0, 2), np.int64)), (0, 2), number(0, 0)),
    ("const scalar", build.const(np.array(-7), 2), (), number(-7, -7, 2)),
]


@pytest.mark.parametrize(("node", "shape", "type_"), [p[1:] for p in PROVEN], ids=[p[0] for p in PROVEN])
def test_what_is_proven(node: Node, shape: tuple[int, ...], type_: Type) -> None:
    assert (node.shape, node.type) == (shape, type_)
    assert node.size == prod(shape)
    assert "test_build.py:" in node.where


@pytest.mark.parametrize(
    "made",
    [
        build.add, build.sub, build.mul, lambda x, y: build.mul(x, x), lambda x, y: build.neg(x),
        lambda x, y: build.shift_left(y, 2),
        lambda x, y: build.choose(build.negative(x), y),
        lambda x, y: build.sum_(build.concat([x, y], 0), (0,)),
        lambda x, y: build.dot(build.reshape(x, (1, -1 % 64)), build.reshape(y, (63, 1))),
    ],
)  # fmt: skip
def test_ranges_hold_on_every_pair(made: Callable[[Node, Node], Node]) -> None:
    """All 63 pairs of two small ranges: what is computed stays in the range that was proven."""
    pairs = np.array(list(itertools.product(range(-3, 6), range(-2, 5))))
    x, y = secret(-3, 5, shape=(63,)), secret(-2, 4, shape=(63,), index=1)
    node = made(x, y)
    (found,) = evaluate([node], {0: pairs[:, 0], 1: pairs[:, 1]})
    assert found.shape == node.shape
    assert node.type.lo <= found.min() <= found.max() <= node.type.hi


def test_secrecy_follows_the_operands() -> None:
    assert not build.add(PUBLIC, PUBLIC).secret
    assert not build.sort(build.const(np.zeros((2, 2), np.int64))).secret
    assert build.add(PUBLIC, X).secret
    assert build.lift(PUBLIC).secret
    assert build.lift(X) is X


def test_public_operands_take_the_cheap_operation() -> None:
    assert build.mul(X, Y).op is Op.MUL
    assert build.mul(PUBLIC, X).op is build.mul(X, PUBLIC).op is Op.SCALE
    assert build.mul(PUBLIC, X).inputs == (X, PUBLIC)
    assert build.mul(PUBLIC, F, 2).op is Op.TRUNCATE
    assert build.dot(M, build.const(np.ones((3, 3), np.int64))).op is Op.DOT_PUBLIC
    assert build.and_(build.const(np.ones(4, np.bool_)), B).inputs[0] is B


def test_a_shuffle_of_public_rows_is_of_shared_ones() -> None:
    node = build.shuffle(build.const(np.arange(6).reshape(3, 2)))
    assert node.secret
    assert all(x.secret for x in node.inputs)


def test_loops_carry_types_and_read_outside_once() -> None:
    wide = build.retype(X, number(-100, 100))
    outside = build.mul(Y, Y)
    first, second = build.loop(
        5, [wide, B], lambda v, b: [build.choose(build.xor(b, build.negative(build.sub(v, outside))), v), build.not_(b)]
    )
    loop = first.inputs[0]
    assert loop.op is Op.LOOP
    assert second.inputs == (loop,)
    assert loop.inputs[:2] == (wide, B)
    assert loop.inputs[2:] == (outside,)
    assert (first.shape, first.type, second.type) == ((4,), wide.type, BOOL)
    assert [x for x in ancestors(loop.attrs["body"]) if x is outside] == []


HUGE = 1 << 40
LONG = secret(0, 3 << 30, 9)

REFUSED: list[tuple[str, type[ProgramError], str, Callable[[], object]]] = [
    ("add bool", KindError, "a boolean where a number belongs", lambda: build.add(X, B)),
    ("add shapes", ShapeError, r"shapes \(4,\) and \(2, 3\) differ", lambda: build.add(X, M)),
    ("add scales", KindError, "scales 0 and 4 differ", lambda: build.add(X, F)),
    ("add range", RangeError, "leave the 64-bit ring", lambda: build.add(X, build.input_(1, (4,), WHOLE))),
    ("sub scales", KindError, "scales 4 and 0 differ", lambda: build.sub(F, X)),
    ("sub range", RangeError, "leave the 64-bit ring", lambda: build.sub(X, build.input_(1, (4,), WHOLE))),
    ("neg range", RangeError, "leave the 64-bit ring", lambda: build.neg(build.input_(0, (4,), WHOLE))),
    ("neg bool", KindError, "astype", lambda: build.neg(B)),
    ("shift range", RangeError, "leave the 64-bit ring", lambda: build.shift_left(X, 62)),
    ("shift back", RangeError, "a shift by -1 bits", lambda: build.shift_left(X, -1)),
    ("shift far", RangeError, "a shift by 64 bits", lambda: build.shift_left(X, 64)),
    ("sum axis", ShapeError, "along axes", lambda: build.sum_(M, (2,))),
    ("sum axis twice", ShapeError, "along axes", lambda: build.sum_(M, (1, 1))),
    ("sum range", RangeError, "64-bit", lambda: build.sum_(secret(0, 1 << 62, shape=(3,)), (0,))),
    ("mul range", RangeError, "64-bit", lambda: build.mul(secret(0, HUGE), secret(0, HUGE, index=1))),
    ("mul headroom", RangeError, "proven headroom", lambda: build.mul(LONG, LONG, 9)),
    ("mul shift", RangeError, "truncation by 9 bits", lambda: build.mul(F, F, 9)),
    ("dot vector", ShapeError, "matrix product", lambda: build.dot(X, M)),
    ("dot inner", ShapeError, "matrix product", lambda: build.dot(M, M)),
    ("dot batch", ShapeError, "matrix product", lambda: build.dot(secret(shape=(2, 1, 1)), secret(shape=(3, 1, 1)))),
    ("truncate int", RangeError, "truncation by 1 bits", lambda: build.truncate(X, 1)),
    ("truncate bool", KindError, "a boolean", lambda: build.truncate(B, 1)),
    ("truncate wide", RangeError, "headroom", lambda: build.truncate(secret(0, 1 << 62, 20), 20)),
    ("retype bool", KindError, "by name alone", lambda: build.retype(B, number(0, 1))),
    ("retype to bool", KindError, "by name alone", lambda: build.retype(X, BOOL)),
    ("negative bool", KindError, "a boolean", lambda: build.negative(B)),
    ("zero bool", KindError, "a boolean", lambda: build.zero(B)),
    ("bits bool", KindError, "a boolean", lambda: build.bits(B)),
    ("and number", KindError, "a number where a boolean belongs", lambda: build.and_(B, X)),
    ("and shapes", ShapeError, "differ", lambda: build.and_(B, flag((3,)))),
    ("xor number", KindError, "a number", lambda: build.xor(X, B)),
    ("not number", KindError, "a number", lambda: build.not_(X)),
    ("to_int number", KindError, "a number", lambda: build.to_int(X)),
    ("choose number", KindError, "a number", lambda: build.choose(X, X)),
    ("choose bool", KindError, "a boolean", lambda: build.choose(B, B)),
    ("choose shapes", ShapeError, "differ", lambda: build.choose(B, M)),
    ("reshape", ShapeError, "does not reshape", lambda: build.reshape(M, (4,))),
    ("permute", ShapeError, "do not permute", lambda: build.permute_dims(M, (0, 0))),
    ("broadcast", ShapeError, "does not broadcast", lambda: build.broadcast(X, (3,))),
    ("broadcast down", ShapeError, "does not broadcast", lambda: build.broadcast(M, (3,))),
    ("gather axis", ShapeError, "axis 2", lambda: build.gather(M, np.array([0]), 2)),
    ("gather beyond", ShapeError, "positions 0 to 3", lambda: build.gather(M, np.array([0, 3]), 1)),
    ("gather below", ShapeError, "positions -1 to 0", lambda: build.gather(M, np.array([0, -1]), 1)),
    ("slice beyond", ShapeError, "positions 0 to 4", lambda: build.slice_(X, [(0, 5, 1)])),
    ("slice count", ShapeError, "1 slices", lambda: build.slice_(M, [(0, 1, 1)])),
    ("concat nothing", ShapeError, "nothing to join", lambda: build.concat([], 0)),
    ("concat shapes", ShapeError, "do not join", lambda: build.concat([X, M], 0)),
    ("concat kinds", KindError, "kinds or scales", lambda: build.concat([X, B], 0)),
    ("concat scales", KindError, "kinds or scales", lambda: build.concat([X, F], 0)),
    ("sort vector", ShapeError, "a matrix of rows", lambda: build.sort(X)),
    ("sort keys too wide", RangeError, "keys of 65 bits", lambda: build.sort(M, width=65)),
    ("sort keys of nothing", RangeError, "keys of 0 bits", lambda: build.sort(M, width=0)),
    ("sort bool", KindError, "a boolean", lambda: build.sort(flag((2, 2)))),
    ("shuffle vector", ShapeError, "a matrix of rows", lambda: build.shuffle(X)),
    ("shuffle bool", KindError, "a boolean", lambda: build.shuffle(flag((2, 2)))),
    ("loop count", ShapeError, "-1 rounds", lambda: build.loop(-1, [X], lambda v: [v])),
    ("loop shape", ShapeError, "carries", lambda: build.loop(2, [X], lambda v: [build.sum_(v, (0,))])),
    ("loop range", RangeError, "carried round a loop", lambda: build.loop(2, [X], lambda v: [build.add(v, v)])),
    ("loop kind", RangeError, "carried round a loop", lambda: build.loop(2, [X], lambda v: [build.negative(v)])),
]


@pytest.mark.parametrize(("kind", "words", "ask"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_refused(kind: type[ProgramError], words: str, ask: Callable[[], object]) -> None:
    with pytest.raises(kind, match=words) as caught:
        ask()
    assert caught.value.message.startswith(f"{__file__}:{ask.__code__.co_firstlineno}: ")


def test_every_operation_is_among_the_proofs() -> None:
    shown = {x.op for _, node, *_ in PROVEN for x in ancestors([node])} | {Op.LOOP, Op.ITEM}
    assert shown == set(Op)


@pytest.mark.parametrize("width", [1, 2, 17, 63, 64])
def test_comparisons_read_as_many_bits_as_the_range_needs(width: int) -> None:
    x = secret(-(1 << (width - 1)), (1 << (width - 1)) - 1)
    assert build.negative(x).attrs["width"] == build.zero(x).attrs["width"] == width
    assert build.bits(x).shape == (width, 4)
    assert build.sort(build.reshape(x, (2, 2))).attrs["width"] == width
