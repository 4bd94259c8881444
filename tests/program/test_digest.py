"""The digest of a program: the same wherever it is derived, another for every difference that seats would notice."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import enigma
import enigma.array as xp
from enigma.array import Array
from enigma.engine.plain import evaluate
from enigma.errors import ProgramError, WireError
from enigma.program import build
from enigma.program.program import Program, decode, trace
from enigma.program.types import BOOL, number
from enigma.wire import codec

FAMILY = "replicated3"


def distances(x: Array) -> Array:
    near = xp.sqrt(xp.sum((x - 0.5) ** 2, axis=1))
    found: Array = xp.loop(3, lambda v: xp.clip(xp.where(v > 2, v - 1, v), 0, 100), xp.clip(near, 0, 100))
    return found


def traced(
    *, shape: tuple[int, ...] = (6, 2), scale: int = 20, hi: int = 10, literal: float = 0.25, keep: bool = False
) -> Program:
    with enigma.plain() as committee:
        x = committee.share(np.zeros(shape), lo=0, hi=hi, scale=scale)
        node = (distances(x) * literal).node
    return trace((), [node]) if keep else trace([node])


def test_the_same_program_twice_has_one_digest() -> None:
    assert traced().digest(FAMILY) == traced().digest(FAMILY)


@pytest.mark.parametrize(
    "other",
    [
        lambda: traced(shape=(7, 2)), lambda: traced(scale=19), lambda: traced(hi=11), lambda: traced(literal=0.5),
        lambda: traced(keep=True),
    ],
)  # fmt: skip
def test_every_difference_is_another_digest(other: Callable[[], Program]) -> None:
    assert other().digest(FAMILY) != traced().digest(FAMILY)


def test_families_differ() -> None:
    assert traced().digest(FAMILY) != traced().digest("replicated4")


SOURCE = """
from tests.program.test_digest import traced
print(traced().digest("replicated3").hex())
"""


@pytest.mark.processes
def test_interpreters_with_other_hash_seeds_agree() -> None:
    path = os.pathsep.join(p for p in sys.path if p)
    found = {
        subprocess.run(
            [sys.executable, "-c", SOURCE],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
        ).stdout.strip()
        for seed in ("0", "1", "4242")
    }
    assert found == {traced().digest(FAMILY).hex()}


def test_what_is_decoded_means_the_same() -> None:
    raw = np.random.default_rng(1).integers(0, 10 << 20, (6, 2))
    program = traced()
    (index,) = [x.attrs["index"] for x in program.inputs]
    decoded = decode(program.encode(FAMILY), FAMILY)
    found, expected = (evaluate(p.outputs, {index: raw}) for p in (decoded, program))
    assert np.array_equal(found[0], expected[0])


def test_a_public_array_changed_later_changes_no_program() -> None:
    numbers, flags, positions = np.arange(3), np.array([True, False, True]), np.array([0, 1])
    x = build.input_(0, (3,), number(0, 9))
    outputs = [build.add(x, build.const(numbers)), build.const(flags), build.gather(x, positions, 0)]
    before = trace(outputs).encode(FAMILY)
    numbers[0], flags[0], positions[0] = 1 << 40, False, 99
    assert trace(outputs).encode(FAMILY) == before


# ---------------------------------------------------------------- forgeries beyond shapes and ranges


def small() -> Any:
    x, flag = build.input_(0, (4,), number(-8, 7)), build.input_(1, (4,), BOOL)
    (looped,) = build.loop(2, [x], lambda v: [build.choose(flag, v)])
    outputs = [
        build.gather(x, np.array([0, 3, 1]), 0),
        build.and_(flag, build.const(np.array([True, False, True, True]))),
        build.add(looped, build.const(np.arange(4))),
        build.retype(x, number(-9, 9)),
    ]
    return codec.decode(trace(outputs).encode(FAMILY), limit=1 << 20)


def row(tree: Any, name: str) -> Any:
    return next(row for row in tree[3][0] if row[0] == name)


def index_everywhere(tree: Any, index: Any) -> None:
    for each in tree[3][0]:
        if each[0] == "input" and each[4]["index"] == 0:
            each[4]["index"] = index
    tree[2][0][0] = index


def index_in_body(tree: Any) -> None:
    for each in row(tree, "loop")[4]["body"][0]:
        if each[0] == "input" and each[4]["index"] == 1:
            each[4]["index"] = -1


def rogue_boolean(tree: Any) -> None:
    kept = next(r for r in tree[3][0] if r[0] == "const" and r[4]["value"][0] == "bool")
    kept[4]["value"][2] = b"\x02\x00\x01\x01"


def positions_as_booleans(tree: Any) -> None:
    row(tree, "gather")[4]["index"] = ["bool", [3], b"\x00\x01\x01"]


def extra_operand(tree: Any) -> None:
    row(tree, "gather")[1].append(0)


def retyped_to_boolean(tree: Any) -> None:
    row(tree, "retype")[3][:] = ["bool", 0, 0, 1]


def wrong_shape(tree: Any) -> None:
    row(tree, "gather")[2][:] = [4]


def open_shape(tree: Any) -> None:
    row(tree, "gather")[4]["index"][1] = [-1]


def unknown_operation(tree: Any) -> None:
    row(tree, "gather")[0] = "peek"


def missing_attribute(tree: Any) -> None:
    del row(tree, "gather")[4]["axis"]


def unclaimed_input(tree: Any) -> None:
    del tree[2][1]


def newer_engine(tree: Any) -> None:
    tree[0] += 1


FORGERIES: list[Callable[[Any], None]] = [
    lambda t: index_everywhere(t, -1), lambda t: index_everywhere(t, "one"), lambda t: index_everywhere(t, None),
    lambda t: index_everywhere(t, [0]), lambda t: index_everywhere(t, True), index_in_body, rogue_boolean,
    positions_as_booleans, extra_operand, retyped_to_boolean, wrong_shape, open_shape, unknown_operation,
    missing_attribute, unclaimed_input, newer_engine,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forgery_is_refused(forge: Callable[[Any], None]) -> None:
    tree = small()
    honest = codec.encode(tree)
    decode(honest, FAMILY)
    forge(tree)
    assert codec.encode(tree) != honest
    with pytest.raises((WireError, ProgramError)):
        decode(codec.encode(tree), FAMILY)


@pytest.mark.parametrize(
    "tree", [None, 1, [], {}, [1, FAMILY], [1, FAMILY, [], [[], [0]], 0], [1, FAMILY, 5, [[], []], 0]]
)
def test_other_trees_are_no_programs(tree: Any) -> None:
    with pytest.raises(WireError):
        decode(codec.encode(tree), FAMILY)


ODD: list[Any] = [
    None, True, -1, 0, 2, 64, 1 << 62, -(1 << 63), 1 << 70, "x", b"", b"\x00", [], [0], [-1], {}, [[0, 1, 1]],
    [[0, 1, 0]], ["int64", [1], bytes(8)], ["bool", [1], b"\x01"], ["int64", [2], bytes(8)],
]  # fmt: skip


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a tree, as what holds it and its key there."""
    keys = list(enumerate(tree)) if isinstance(tree, list) else list(tree.items()) if isinstance(tree, dict) else []
    return [place for key, value in keys for place in [(tree, key), *places(value)]]


@pytest.mark.parametrize("seed", range(4))
def test_an_odd_value_anywhere_is_refused_or_decodes(seed: int) -> None:
    random = np.random.default_rng(seed)
    refused = 0
    for _ in range(400):
        tree = small()
        found = places(tree)
        holder, key = found[int(random.integers(len(found)))]
        holder[key] = copy.deepcopy(ODD[int(random.integers(len(ODD)))])
        try:
            decode(codec.encode(tree), FAMILY)
        except (WireError, ProgramError):
            refused += 1
    assert refused > 200
