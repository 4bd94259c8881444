"""Contexts and headers: what they allow, and every other tree refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem, WireError
from enigma.sharing.header import MOST_COLUMNS, MOST_ELEMENTS, Column, Context, Header
from enigma.wire import decode, encode

ASKER = "0x" + "aB" * 20

extents = st.integers(0, 1000)
tables = st.builds(
    lambda rows, kinds, skipped: Header(
        "f", rows, tuple(Column(name, kind, (rows,)) for name, kind in kinds.items()), skipped
    ),
    extents,
    st.dictionaries(st.text(min_size=1, max_size=60), st.booleans(), min_size=1, max_size=5),
    st.integers(0, 3) | st.just(MOST_ELEMENTS),
)
arrays = st.builds(
    lambda kind, shape: Header("f", None, (Column("", kind, tuple(shape)),)),
    st.booleans(),
    st.lists(st.integers(0, 9), max_size=8),
)


@given(header=tables | arrays)
def test_headers_there_and_back(header: Header) -> None:
    octets = encode(header.tree)
    assert Header.read(decode(octets, limit=len(octets))) == header


def test_a_header_of_arrays() -> None:
    header = Header.of("f", 2, {"a": np.array([1, 2]), "b": np.array([True, False])})
    assert header == Header("f", 2, (Column("a", boolean=False, shape=(2,)), Column("b", boolean=True, shape=(2,))))
    for wrong in (np.array([1.0, 2.0]), np.array([1, 2], np.int32), np.array(["a", "b"])):
        with pytest.raises(ArgumentProblem, match="int64 or bool"):
            Header.of("f", 2, {"a": wrong})


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (0, []),
        (1, [("a", (1,)), ("a", (1,))]),
        (1, [("", (1,))]),
        (1, [("a", (2,))]),
        (1, [("a", ())]),
        (1, [("a", (1, 1))]),
        (None, [("a", (1,))]),
        (None, [("", (1,)), ("b", (1,))]),
        (0, [(str(i), (0,)) for i in range(MOST_COLUMNS + 1)]),
    ],
)
def test_columns_that_are_no_argument(rows: int | None, columns: list[tuple[str, tuple[int, ...]]]) -> None:
    with pytest.raises(ArgumentProblem, match="column"):
        Header("f", rows, tuple(Column(name, boolean=False, shape=shape) for name, shape in columns))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("x" * 257, (1,)),
        ("é" * 129, (1,)),
        ("\ud800", (1,)),
        ("a", (-1,)),
        ("a", (1,) * 9),
        ("a", (MOST_ELEMENTS, 2)),
        ("a", (0, MOST_ELEMENTS + 1)),
        ("a", (0, 1 << 30, 1 << 30)),
    ],
)
def test_columns_beyond_their_limits(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentProblem, match="column"):
        Column(name, boolean=False, shape=shape)


GOOD: dict[str, Any] = {"columns": [["a", "bool", [3]]], "family": "f", "rows": 3}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        {},
        {**GOOD, "more": 1},
        {**GOOD, "skipped": 0},
        {**GOOD, "skipped": -1},
        {**GOOD, "skipped": True},
        {**GOOD, "skipped": "1"},
        {**GOOD, "skipped": MOST_ELEMENTS + 1},
        {**GOOD, "skipped": 1, "more": 1},
        {"columns": [["", "bool", [3]]], "family": "f", "rows": None, "skipped": 1},
        {key: value for key, value in GOOD.items() if key != "rows"},
        {**GOOD, "family": b"f"},
        {**GOOD, "rows": "3"},
        {**GOOD, "rows": True, "columns": [["a", "bool", [1]]]},
        {**GOOD, "columns": None},
        {**GOOD, "columns": [["a", "bool"]]},
        {**GOOD, "columns": [["a", "uint8", [3]]]},
        {**GOOD, "columns": [["a", "bool", [3], 1]]},
        {**GOOD, "columns": [["a", "bool", 3]]},
        {**GOOD, "columns": [["a", "bool", ["3"]]]},
        {**GOOD, "rows": 1, "columns": [["a", "bool", [True]]]},
        {**GOOD, "columns": [[b"a", "bool", [3]]]},
        {**GOOD, "columns": [["a", "bool", [-3]]]},
        {**GOOD, "columns": [["a", "bool", [1 << 70000]]]},
        {**GOOD, "rows": None, "columns": [["", "bool", [0, 1 << 70000]]]},
    ],
)
def test_trees_that_are_no_header(tree: Any) -> None:
    assert Header.read(GOOD).rows == 3
    assert Header.read({**GOOD, "skipped": 2}).skipped == 2
    with pytest.raises(WireError):
        Header.read(tree)


def test_a_context_takes_an_address_in_any_case() -> None:
    one, other = (Context(1, bytes(32), asker, bytes(4), "p") for asker in (ASKER, "0x" + "ab" * 20))
    assert one.tree == other.tree == {
        "asker": b"\xab" * 20, "chain": 1, "contract": bytes(32), "function": bytes(4), "parameter": "p",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"chain": -1}, {"contract": bytes(31)}, {"function": bytes(5)}, {"asker": "ab" * 20}, {"asker": "0x"},
        {"asker": ASKER + "\n"}, {"asker": "0x" + "g" * 40},
    ],
)  # fmt: skip
def test_contexts_that_are_none(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"chain": 1, "contract": bytes(32), "asker": ASKER, "function": bytes(4), "parameter": "p"}
    with pytest.raises(ArgumentProblem, match="a contribution"):
        Context(**{**good, **change})
