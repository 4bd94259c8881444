"""Random programs with the bound by which a secure run may differ from the plain definition.

Each value carries its error in raw units: 0 where both agree bit for bit. A truncation adds one; sums add, products
spread. Operations that jump (comparison, bits, sort) read exact values only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.engine.checking import Raw, sample

from enigma.errors import ProgramError
from enigma.program import build
from enigma.program.node import Node
from enigma.program.types import BOOL, number

SIZES = st.sampled_from([1, 2, 3, 7, 63, 64, 65, 130])


@dataclass
class Growing:
    """A program as it grows: nodes of one length, with the error of each."""

    count: int
    numbers: list[tuple[Node, int]] = field(default_factory=list)
    flags: list[Node] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)

    def outputs(self) -> tuple[list[Node], list[int]]:
        found = [*self.numbers, *((flag, 0) for flag in self.flags)]
        return [node for node, _ in found], [bound for _, bound in found]


@st.composite
def programs(draw: st.DrawFn, steps: int = 8) -> Growing:
    program = Growing(draw(SIZES))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    for _ in range(draw(st.integers(1, 3))):
        _input(draw, program, random)
    bits = random.integers(0, 2, program.count).astype(np.bool_)
    program.flags.append(build.input_(len(program.raws), (program.count,), BOOL))
    program.raws.append(bits)
    for _ in range(draw(st.integers(1, steps))):
        step = draw(st.sampled_from(STEPS))
        try:
            step(draw, program, random)
        except ProgramError:
            continue  # the builder refuses what could leave the ring: that is its right
    return program


def _input(draw: st.DrawFn, program: Growing, random: np.random.Generator) -> None:
    width, scale = draw(st.integers(1, 40)), draw(st.sampled_from([0, 0, 8, 20]))
    lo, hi = draw(st.sampled_from([(-(1 << width), (1 << width) - 1), (0, 1 << width), (-3, 1 << width)]))
    raw = sample(random, lo, hi, program.count)
    equal: bool = draw(st.booleans())
    if program.numbers and equal:  # values equal to another input's
        other = program.raws[0]
        raw = np.where(random.integers(0, 2, program.count) == 1, np.clip(other, lo, hi), raw)
    program.numbers.append((build.input_(len(program.raws), (program.count,), number(lo, hi, scale)), 0))
    program.raws.append(raw)


def _number(draw: st.DrawFn, program: Growing, *, exact: bool = False) -> tuple[Node, int]:
    return draw(st.sampled_from([x for x in program.numbers if not (exact and x[1])]))


def _pair(draw: st.DrawFn, program: Growing, *, exact: bool = False) -> tuple[Node, Node, int]:
    """Two numbers at one scale, and their errors added."""
    (a, ea), (b, eb) = (_number(draw, program, exact=exact) for _ in range(2))
    up = max(a.type.scale, b.type.scale)
    ea, eb = ea << (up - a.type.scale), eb << (up - b.type.scale)
    a, b = build.shift_left(a, up - a.type.scale), build.shift_left(b, up - b.type.scale)
    return a, b, ea + eb


def _sum(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, b, error = _pair(draw, program)
    program.numbers.append((draw(st.sampled_from([build.add, build.sub]))(a, b), error))


def _product(draw: st.DrawFn, program: Growing, random: Any) -> None:
    (a, ea), (b, eb) = _number(draw, program), _number(draw, program)
    shift = draw(st.integers(0, a.type.scale + b.type.scale))
    error = ea * b.type.magnitude + eb * a.type.magnitude + ea * eb
    program.numbers.append((build.mul(a, b, shift), (error >> shift) + (2 if error else 1 if shift else 0)))


def _scale(draw: st.DrawFn, program: Growing, random: np.random.Generator) -> None:
    a, error = _number(draw, program)
    public = sample(random, -9, 9, program.count)
    program.numbers.append((build.mul(build.const(public), a), 9 * error))


def _truncation(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, error = _number(draw, program)
    shift = draw(st.integers(0, a.type.scale))
    program.numbers.append((build.truncate(a, shift), (error >> shift) + (2 if error else 1 if shift else 0)))


def _comparison(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, b, _ = _pair(draw, program, exact=True)
    program.flags.append(draw(st.sampled_from([build.negative, build.zero]))(build.sub(a, b)))


def _bit(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, _ = _number(draw, program, exact=True)
    all_bits = build.bits(a)
    row = draw(st.integers(0, all_bits.shape[0] - 1))
    one = build.slice_(all_bits, [(row, row + 1, 1), (0, program.count, 1)])
    program.flags.append(build.reshape(one, (program.count,)))


def _logic(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, b = draw(st.sampled_from(program.flags)), draw(st.sampled_from(program.flags))
    program.flags.append(build.not_(draw(st.sampled_from([build.and_, build.xor]))(a, b)))


def _conversion(draw: st.DrawFn, program: Growing, random: Any) -> None:
    flag = draw(st.sampled_from(program.flags))
    if draw(st.booleans()):
        program.numbers.append((build.to_int(flag), 0))
    else:
        a, error = _number(draw, program)
        program.numbers.append((build.choose(flag, a), error))


def _sort(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, b, _ = _pair(draw, program, exact=True)
    rows = build.concat([build.reshape(v, (program.count, 1)) for v in (a, b)], 1)
    ordered = build.sort(rows, descending=draw(st.booleans()))
    program.numbers.append((build.reshape(build.gather(ordered, np.array([1]), 1), (program.count,)), 0))


def _move(draw: st.DrawFn, program: Growing, random: np.random.Generator) -> None:
    a, error = _number(draw, program)
    index = random.integers(0, program.count, program.count).astype(np.int64)
    program.numbers.append((build.gather(build.slice_(a, [(program.count - 1, -1, -1)]), index, 0), error))


def _total(draw: st.DrawFn, program: Growing, random: Any) -> None:
    a, error = _number(draw, program)
    program.numbers.append(
        (build.broadcast(build.reshape(build.sum_(a, (0,)), (1,)), (program.count,)), error * program.count)
    )


def _loop(draw: st.DrawFn, program: Growing, random: Any) -> None:
    """Carried values stay as they are or take on another of their range; the body reads a flag from outside."""
    a, error = _number(draw, program)
    flag = draw(st.sampled_from(program.flags))
    start = build.choose(flag, a)
    results = build.loop(
        draw(st.integers(0, 3)), [start, flag], lambda v, f: [build.choose(build.xor(f, flag), v), build.not_(f)]
    )
    program.numbers.append((results[0], error))
    program.flags.append(results[1])


STEPS = [
    _sum, _product, _product, _scale, _truncation, _comparison, _comparison, _bit, _logic, _conversion, _conversion,
    _sort, _move, _total, _loop,
]  # fmt: skip
