"""Python values as arguments: every kind of table, and bad values named by row and column before anything is shared."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import enigma
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.contract.call import HeldRows
from enigma.contract.calling.private_arguments import checked
from enigma.contract.calling.public_arguments import public_argument
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Held
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    ElementType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PublicType,
    SetType,
    TableType,
    TextType,
)
from enigma.contract.values.containers import OrderedSet
from enigma.errors import ArgumentProblem
from enigma.local.arguments import share
from enigma.local.plain import PlainCommittee
from enigma.local.simulation import party

WHOLE = IntType(0, 120)
REAL = FixedType(Decimal(-1), Decimal(1))
KIND = CategoryType(2, ("android", "ios"))
ROW = TableType("Row", (("age", WHOLE), ("score", REAL), ("kind", KIND), ("member", BoolType())))

AGES, SCORES, KINDS, MEMBERS = [30, 0, 120], [0.5, -1.0, 1.0], ["ios", "android", "ios"], [True, False, True]
COLUMNS: dict[str, Any] = {"age": AGES, "score": SCORES, "kind": KINDS, "member": MEMBERS}


class Frame:
    """What pandas and polars have in common, as far as it is used: names, and columns that become NumPy's."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = {name: np.asarray(values) for name, values in columns.items()}
        self.columns = list(self._columns)

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]


class Exporting:
    """What only exports Arrow."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


def table(**columns: Any) -> Any:
    """A table of pyarrow."""
    return pa.table(columns)


@pytest.mark.parametrize(
    "rows",
    [
        COLUMNS,
        {name: np.asarray(values) for name, values in COLUMNS.items()},
        {name: tuple(values) for name, values in reversed(COLUMNS.items())},
        [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
        table(**COLUMNS),
        table(**COLUMNS).to_batches()[0],
        table(**{**COLUMNS, "kind": pa.array(KINDS).dictionary_encode()}),
        table(**{**COLUMNS, "kind": pa.array([1, 0, 1], pa.int8()), "age": pa.array(AGES, pa.uint8())}),
        Exporting(table(**COLUMNS)),
        Frame(COLUMNS),
        {**COLUMNS, "score": [Decimal("0.5"), Fraction(-1), 1]},
        {**COLUMNS, "kind": ["ios", 0, 1]},
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_tables_of_every_kind(rows: Any) -> None:
    committee = PlainCommittee()
    found = share(committee, checked(rows, ROW, "f(rows)"))
    assert isinstance(found, HeldRows)
    assert found.count == 3
    assert list(found.columns) == ["age", "score", "kind", "member"]
    raw = {name: committee._stored[held.index].tolist() for name, held in found.columns.items()}
    one = 1 << DEFAULT_SCALE
    assert raw == {"age": AGES, "score": [one // 2, -one, one], "kind": [1, 0, 1], "member": MEMBERS}
    assert (found.columns["age"].type.lo, found.columns["age"].type.hi) == (0, 120)


def test_a_table_without_rows() -> None:
    empty: list[Any] = [[], {name: [] for name in COLUMNS}]
    for rows in empty:
        found = share(PlainCommittee(), checked(rows, ROW, "f(rows)"))
        assert isinstance(found, HeldRows)
        assert found.count == 0


BAD_CELLS = [
    ("age", 1, 121, "a value outside int(0, 120)"),
    ("age", 2, -1, "a value outside int(0, 120)"),
    ("age", 0, 1 << 70, "a value outside int(0, 120)"),
    ("age", 2, None, "there is no value"),
    ("age", 1, 33.5, "is int(0, 120), and this is"),
    ("age", 1, "33", "is int(0, 120), and this is a text"),
    ("score", 2, 1.0000001, "a value outside fixed(-1, 1)"),
    ("score", 1, float("nan"), "a value outside fixed(-1, 1)"),
    ("score", 1, float("inf"), "a value outside fixed(-1, 1)"),
    ("score", 0, None, "there is no value"),
    ("score", 0, "0.5", "is fixed(-1, 1), and this is a text"),
    ("score", 0, [0.5], "lists of different lengths"),
    ("kind", 1, "nokia", "not one of the labels of category('android', 'ios')"),
    ("kind", 2, 2, "a value outside category('android', 'ios')"),
    ("kind", 0, None, "there is no value"),
    ("member", 2, 1, "is bool, and this is a int"),
    ("member", 1, None, "there is no value"),
]


@pytest.mark.parametrize(("column", "row", "value", "problem"), BAD_CELLS)
@pytest.mark.parametrize("as_rows", [True, False], ids=["rows", "columns"])
def test_bad_cells_are_named_and_never_quoted(column: str, row: int, value: Any, problem: str, as_rows: bool) -> None:
    columns = {name: list(values) for name, values in COLUMNS.items()}
    columns[column][row] = value
    rows: Any = (
        [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        if as_rows
        else columns
    )
    with pytest.raises(ArgumentProblem) as caught:
        checked(rows, ROW, "contribute(rows)")
    assert problem in caught.value.message
    assert f"column {column}" in caught.value.message
    if "lists of" not in problem:
        assert f"row {row}" in caught.value.message
    if value not in (None, 1, -1, 2):
        assert str(value) not in str(caught.value)
    assert caught.value.hint


def test_numbers_of_a_frame_with_gaps() -> None:
    """A gap makes floats of a frame's integers: the gap is what is wrong."""
    with pytest.raises(ArgumentProblem, match="row 1, column age: there is no value"):
        checked(Frame({**COLUMNS, "age": [30.0, float("nan"), 5.0]}), ROW, "f(rows)")
    with pytest.raises(ArgumentProblem, match="row 2, column age: there is no value"):
        checked(table(**{**COLUMNS, "age": pa.array([1, 2, None])}), ROW, "f(rows)")
    with pytest.raises(ArgumentProblem, match="column age is int\\(0, 120\\), and this is float64"):
        checked(Frame({**COLUMNS, "age": [30.0, 1.0, 5.0]}), ROW, "f(rows)")


@pytest.mark.parametrize(
    ("rows", "problem", "hint"),
    [
        ({**COLUMNS, "age": [1, 2]}, "columns of different lengths: age 2, score 3", "each row"),
        ({**COLUMNS, "age": 3}, "column age: a column is a list of values", "also for one row"),
        ({**COLUMNS, "name": ["a", "b", "c"]}, "a column name that is not asked for", "should not leave your hands"),
        (
            {n: c for n, c in COLUMNS.items() if n != "kind"},
            "f(rows): no column kind",
            "Row has age, score, kind, member",
        ),
        ({n + ("s" if n == "kind" else ""): c for n, c in COLUMNS.items()}, "a column kinds", "did you mean kind?"),
        ([{"age": 1, "score": 0, "kind": 0, "member": True}, {"age": 1}], "f(rows), row 1: no column score", "Row has"),
        (3, "is rows of Row, and this is a int", "a list of rows, or a data frame"),
        ("rows", "is rows of Row, and this is a str", "a list of rows"),
        ([1, 2], "is rows of Row, and this is a list", "a list of rows"),
    ],
)
def test_tables_of_another_shape(rows: Any, problem: str, hint: str) -> None:
    with pytest.raises(ArgumentProblem) as caught:
        checked(rows, ROW, "f(rows)")
    assert problem in caught.value.message
    assert hint in caught.value.hint


def test_nothing_is_shared_by_a_call_that_is_not_whole() -> None:
    committee = PlainCommittee()
    for rows in ({**COLUMNS, "member": [True, False, None]}, {**COLUMNS, "kind": ["ios", "ios", "x"]}):
        with pytest.raises(ArgumentProblem):
            share(committee, checked(rows, ROW, "f(rows)"))
    assert committee._count == 0


# ---------------------------------------------------------------- single values and arrays


@pytest.mark.parametrize(
    ("value", "type_", "raw"),
    [
        (7, WHOLE, 7),
        (np.int8(7), WHOLE, 7),
        (np.array(7), WHOLE, 7),
        (0.25, REAL, 1 << (DEFAULT_SCALE - 2)),
        (Decimal("0.25"), REAL, 1 << (DEFAULT_SCALE - 2)),
        (np.float32(0.25), REAL, 1 << (DEFAULT_SCALE - 2)),
        (1, REAL, 1 << DEFAULT_SCALE),
        (True, BoolType(), True),
        (np.bool_(True), BoolType(), True),
        ("ios", KIND, 1),
        (1, KIND, 1),
        (3, CategoryType(4), 3),
        ([1, 2, 3], ArrayType(WHOLE, (3,)), [1, 2, 3]),
        (pa.array([1, 2, 3]), ArrayType(WHOLE, (None,)), [1, 2, 3]),
        ([[1, 2], [3, 4]], ArrayType(WHOLE, (None, 2)), [[1, 2], [3, 4]]),
        (["ios", "android"], ArrayType(KIND, (2,)), [1, 0]),
        ([], ArrayType(WHOLE, (None,)), []),
    ],
)
def test_values(value: Any, type_: ElementType | ArrayType, raw: Any) -> None:
    committee = PlainCommittee()
    held = share(committee, checked(value, type_, "f(x)"))
    assert isinstance(held, Held)
    assert committee._stored[held.index].tolist() == raw


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        (121, WHOLE, "f(x): a value outside int(0, 120)"),
        ([1], WHOLE, "f(x) is int(0, 120), and this has the shape (1,)"),
        (True, WHOLE, "f(x) is int(0, 120), and this is bool"),
        (1.0, WHOLE, "f(x) is int(0, 120), and this is float64"),
        (None, WHOLE, "f(x): there is no value"),
        ("7", WHOLE, "f(x) is int(0, 120), and this is a text"),
        (1, BoolType(), "f(x) is bool, and this is int64"),
        ("Ios", KIND, "f(x): not one of the labels"),
        (1 << 80, WHOLE, "f(x): a value outside"),
        ([1, 200], ArrayType(WHOLE, (2,)), "f(x)[1]: a value outside int(0, 120)"),
        ([[1, 2], [3, None]], ArrayType(WHOLE, (2, 2)), "f(x)[1, 1]: there is no value"),
        ([1, 2], ArrayType(WHOLE, (3,)), "and this has the shape (2,)"),
        ([[1], [2, 3]], ArrayType(WHOLE, (2, 2)), "f(x): lists of different lengths"),
        (np.datetime64("2030-01-01"), WHOLE, "this is a date"),
        (np.array(["2030-01-01"], dtype="datetime64[D]"), ArrayType(WHOLE, (1,)), "this is datetime64[D]"),
    ],
)
def test_bad_values(value: Any, type_: ElementType | ArrayType, problem: str) -> None:
    with pytest.raises(ArgumentProblem) as caught:
        checked(value, type_, "f(x)")
    assert problem in caught.value.message


# ---------------------------------------------------------------- public arguments


ANN = enigma.address("ann")


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("ann", AddressType(), ANN),
        (str(ANN), AddressType(), ANN),
        (ANN, AddressType(), ANN),
        (["ann", ANN], SetType(AddressType()), OrderedSet([ANN])),
        ({3}, SetType(IntType()), OrderedSet([3])),
        ((1, np.int64(2)), ListType(IntType()), [1, 2]),
        (np.array([1, 2]), ListType(IntType()), [1, 2]),
        ({"ann": [0.5]}, MapType(AddressType(), ListType(FixedType())), {ANN: [Decimal("0.5")]}),
        (0.1, FixedType(), Decimal("0.1")),
        (np.float64(0.1), FixedType(), Decimal("0.1")),
        (3, FixedType(), Decimal(3)),
        ("ios", KIND, 1),
        ("text", TextType(), "text"),
        (True, BoolType(), True),
    ],
)
def test_public_arguments(value: Any, type_: PublicType, expected: Any) -> None:
    found = public_argument(value, type_, "f(x)", party)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        ("ann", SetType(AddressType()), "is set[address], and this is a str"),
        ({"a": 1}, ListType(TextType()), "is list[text], and this is a dict"),
        (3, ListType(IntType()), "is list[int], and this is a int"),
        ([1], MapType(IntType(), IntType()), "is map[int, int], and this is a list"),
        ("nokia", KIND, "not one of the labels"),
        (float("nan"), FixedType(), "not finite"),
        (float("inf"), FixedType(), "not finite"),
        (1.5, IntType(), "f(x) is int"),
        (True, IntType(), "f(x) is int"),
        (11, IntType(0, 10), "lies outside"),
        (1e300, FixedType(), "lies beyond all decimals"),
        ([[1]], SetType(IntType()), "f(x) is int, and this is a list"),
        ("0x12", AddressType(), "is not an address"),
        ("", AddressType(), "a name is empty"),
        (b"ann", AddressType(), "a bytes is no party"),
        (None, TextType(), "f(x) is text"),
    ],
)
def test_bad_public_arguments(value: Any, type_: PublicType, problem: str) -> None:
    with pytest.raises(ArgumentProblem) as caught:
        public_argument(value, type_, "f(x)", party)
    assert problem in caught.value.message


def test_parties() -> None:
    assert party("ann") == ANN
    assert party(Address(bytes(20))) == party("0x" + 40 * "0")
