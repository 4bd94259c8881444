"""Encoded programs: canonical, bound to family and version; forged ones are refused, mutated ones never crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.operations import CASES

from enigma.errors import ProgramError, WireError
from enigma.program import build
from enigma.program.node import Node
from enigma.program.program import Program, decode, trace
from enigma.program.types import number
from enigma.wire import codec

FAMILY = "replicated3"
LIMIT = 1 << 30
ENCODED = {name: trace(make(np.random.default_rng(1), 9).outputs).encode(FAMILY) for name, make in CASES.items()}


def small() -> Program:
    x = build.input_(0, (4,), number(-8, 7))
    (y,) = build.loop(3, [x], lambda v: [build.choose(build.negative(v), v)])
    return trace([build.mul(x, x), build.slice_(y, [(3, -1, -2)])], [build.sum_(x, (0,))])


def test_round_trip_is_canonical() -> None:
    for name, encoded in ENCODED.items():
        assert decode(encoded, FAMILY).encode(FAMILY) == encoded, name


def test_reveals_and_keeps_stay_apart() -> None:
    program = decode(small().encode(FAMILY), FAMILY)
    assert (len(program.reveals), len(program.keeps), len(program.inputs)) == (2, 1, 1)
    assert program.digest(FAMILY) == small().digest(FAMILY) != program.digest("other")


def test_where_it_was_written_does_not_matter() -> None:
    assert "test_program.py" in small().outputs[0].where
    assert b"test_program" not in small().encode(FAMILY)


def test_another_family_is_refused() -> None:
    with pytest.raises(WireError, match="for engine"):
        decode(small().encode("other"), FAMILY)


def nodes_of(tree: Any) -> list[Any]:
    rows: list[Any] = tree[3][0]
    return rows


def named(tree: Any, name: str) -> Any:
    return next(row for row in nodes_of(tree) if row[0] == name)


def narrow(name: str) -> Callable[[Any], None]:
    def forge(tree: Any) -> None:
        named(tree, name)[3][2:] = [0, 1]

    return forge


def forge_item(tree: Any) -> None:
    named(tree, "item")[3][2:] = [0, 0]


def forge_body(tree: Any) -> None:
    body = named(tree, "loop")[4]["body"]
    body[0][0][3][2:] = [0, 3]


def forge_width(tree: Any) -> None:
    named(tree, "loop")[4]["count"] = -1


def forge_input(tree: Any) -> None:
    tree[2][0][2][2:] = [0, 1]


def forge_beyond(tree: Any) -> None:
    for row in (tree[2][0][2], named(tree, "input")[3]):
        row[2:] = [-(1 << 70), 1 << 70]


def forge_reveals(tree: Any) -> None:
    tree[4] = 9


def forge_scale(tree: Any) -> None:
    named(tree, "input")[3][1] = 1 << 60


def forge_order(tree: Any) -> None:
    named(tree, "mul")[1] = [99, 0]


def forge_slice(tree: Any) -> None:
    row = named(tree, "slice")
    row[4]["parts"], row[2] = [[0, 9, 1]], [9]


FORGERIES = [
    narrow("mul"), narrow("sum"), forge_item, forge_body, forge_width, forge_input, forge_beyond, forge_reveals,
    forge_scale, forge_order, forge_slice,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_claim_is_refused(forge: Callable[[Any], None]) -> None:
    tree: Any = codec.decode(small().encode(FAMILY), limit=LIMIT)
    forge(tree)
    encoded = codec.encode(tree)
    assert encoded != small().encode(FAMILY)
    with pytest.raises((WireError, ProgramError)):
        decode(encoded, FAMILY)


@settings(max_examples=400)
@given(data=st.data())
def test_mutated_bytes_are_refused_or_decode(data: st.DataObject) -> None:
    encoded = bytearray(ENCODED[data.draw(st.sampled_from(sorted(ENCODED)))])
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(encoded)), st.integers(0, len(encoded))))
    want_decent(bytes(encoded[:end]))


@settings(max_examples=300)
@given(data=st.data())
def test_mutated_trees_are_refused_or_decode(data: st.DataObject) -> None:
    """Values change inside a well-formed tree, so that more than the codec has to refuse them."""
    tree: Any = codec.decode(ENCODED[data.draw(st.sampled_from(sorted(ENCODED)))], limit=LIMIT)
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from(nodes_of(tree)))
        place = data.draw(st.integers(0, 3))
        numbers = st.one_of(st.integers(-3, 9), st.sampled_from([1 << 62, -(1 << 63), 1 << 70]))
        if place == 0:
            row[0] = data.draw(st.sampled_from(nodes_of(tree)))[0]
        elif row[place]:
            row[place][data.draw(st.integers(0, len(row[place]) - 1))] = data.draw(numbers)
    want_decent(codec.encode(tree))


def want_decent(encoded: bytes) -> None:
    try:
        program = decode(encoded, FAMILY)
    except (WireError, ProgramError):
        return
    assert all(isinstance(x, Node) for x in program.outputs)
