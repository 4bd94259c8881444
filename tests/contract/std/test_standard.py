"""The standard library is the language's own, and Python calls it through one door."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

import enigma
from enigma.array import Committee
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.standard import Standard, standard
from enigma.contract.typing import check
from enigma.errors import ArgumentProblem, SourceProblem

LIBRARY = StandardLibrary()
DIGEST = """
import numpy as np
import enigma
from enigma.contract.standard import standard
from enigma.program.program import trace
with enigma.plain() as committee:
    points = committee.share(np.zeros((2, 50)), lo=-1, hi=1, scale=24)
    clustering = standard("clustering")
    centroids, sizes = clustering.lloyd(points, clustering.spread_starts(points, 5, [0.5, 1]), 10, [0.5, 1])
    print(trace([], [centroids.node, sizes.node]).digest("replicated3").hex())
"""


@pytest.fixture
def committee() -> Iterator[Committee]:
    with enigma.plain() as plain:
        yield plain


def module(text: str, *, trusted: bool = True) -> Standard:
    return Standard(load(Source("own.py", text), trusted=trusted))


@pytest.mark.parametrize("name", LIBRARY.names)
def test_the_checker_accepts_every_module(name: str) -> None:
    check(load(LIBRARY.standard(name), LIBRARY, trusted=True))


def test_no_two_modules_define_one_name() -> None:
    names = [name for each in LIBRARY.names for name in load(LIBRARY.standard(each), LIBRARY, trusted=True).functions]
    assert len(names) == len(set(names))


def test_every_function_says_what_it_does() -> None:
    for each in LIBRARY.names:
        read = load(LIBRARY.standard(each), LIBRARY, trusted=True)
        assert read.doc
        assert all(function.doc for function in read.functions.values())


def test_the_program_is_the_same_in_every_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_values_of_python_and_back(committee: Committee) -> None:
    own = module("def same(x):\n    return x\n\ndef twice(x, by=2):\n    return x * by\n")
    for value, there in [
        (0.1, Decimal("0.1")), (np.float64(0.25), Decimal("0.25")), (np.int64(3), 3), (True, True), ("a", "a"),
        ([1.5, (2, None)], [Decimal("1.5"), (2, None)]),
    ]:  # fmt: skip
        assert own.same(value) == there
    x = committee.share(np.array([1, 2]), lo=0, hi=9)
    assert own.same(x).committee is committee
    assert committee.reveal(own.twice(x, by=np.array([2, 3]))).tolist() == [2, 6]
    made = module("def made(x):\n    return [zeros(2), (x, x.shape)]\n").made(x)
    assert made[0].committee is committee
    assert made[1][1] == (2,)


def test_what_the_door_refuses() -> None:
    own = module("def same(x):\n    return x\n\ndef shown(x):\n    return reveal(x, to=everyone)\n")
    for value in (float("nan"), object(), {"a": 1}):
        with pytest.raises(ArgumentProblem):
            own.same(value)
    with pytest.raises(ArgumentProblem, match="takes 1 argument"):
        own.same(1, 2)
    with pytest.raises(AttributeError, match="there is same, shown"):
        own.other  # noqa: B018
    with pytest.raises(ArgumentProblem, match="no module nothing"):
        standard("nothing")
    with enigma.plain() as plain, pytest.raises(SourceProblem, match="outside of a contract's call"):
        own.shown(plain.share(1, lo=0, hi=1))


def test_functions_are_documented_objects() -> None:
    clustering = standard("clustering")
    assert str(clustering.lloyd.__doc__).startswith("The centroids (k, columns)")
    assert "kmeans" in dir(clustering)
    assert standard("clustering") is clustering


def test_a_proven_range_is_never_widened(committee: Committee) -> None:
    own = module("def within(x):\n    return proven(x, -2, 0.75)\n")
    assert own.within(committee.share(np.array([0.5]), lo=-1, hi=1)).range == (-1.0, 0.75)
