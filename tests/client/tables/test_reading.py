"""Tables from files, frames and queries: what fits is taken exactly, and every row that does not is named."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from enigma.client.tables.reading import is_source, read_table
from enigma.client.tables.report import SHOWN, TableReport
from enigma.client.tables.source import ROWS, TableSource
from enigma.contract.types import BoolType, CategoryType, FixedType, IntType, TableType
from enigma.errors import ArgumentProblem, FileProblem, TableProblem

PEOPLE = TableType(
    "People",
    (
        ("pay", FixedType(Decimal(0), Decimal(100_000))),
        ("age", IntType(0, 150)),
        ("woman", BoolType()),
        ("phone", CategoryType(2, ("android", "ios"))),
    ),
)
PLACES = TableType(
    "Places",
    (("latitude", FixedType(Decimal(-90), Decimal(90))), ("longitude", FixedType(Decimal(-180), Decimal(180)))),
)
GOOD = {"pay": [1.5, 2.0], "age": [30, 40], "woman": [True, False], "phone": ["ios", "android"]}


def values(source: Any, type_: TableType = PEOPLE) -> dict[str, list[Any]]:
    checked, _ = read_table(source, type_)
    assert checked.rows == len(next(iter(checked.columns.values()))[0])
    return {name: column.tolist() for name, (column, _) in checked.columns.items()}


def problems(source: Any, type_: TableType = PEOPLE) -> TableReport:
    with pytest.raises(TableProblem) as raised:
        read_table(source, type_)
    assert isinstance(raised.value.report, TableReport)
    return raised.value.report


def written(folder: Path, text: str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


class Frame:
    """A frame of some library, known by its Arrow interface alone."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


# ---------------------------------------------------------------- what fits


TAKEN = {"pay": [1.5, 2.0], "age": [30, 40], "woman": [True, False], "phone": [1, 0]}


def test_every_kind_of_source_gives_the_same(tmp_path: Path) -> None:
    table = pa.table(GOOD)
    parquet.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "a.arrow", compression="uncompressed")
    with pa.OSFile(str(tmp_path / "a.arrows"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    csv = written(tmp_path, "pay,age,woman,phone\n1.5,30,true,ios\n2,40,FALSE,android\n")
    database = sqlite3.connect(":memory:")
    database.execute("create table t (pay, age, woman, phone)")
    database.executemany("insert into t values (?, ?, ?, ?)", [(1.5, 30, True, "ios"), (2, 40, False, "android")])
    categories = table.set_column(3, "phone", table.column("phone").dictionary_encode())
    sources = [
        csv, str(csv), tmp_path / "a.parquet", tmp_path / "a.arrow", tmp_path / "a.arrows", table, Frame(table),
        Frame(categories), TableSource(GOOD), TableSource("select * from t order by pay", connection=database),
    ]  # fmt: skip
    for source in sources:
        assert values(source) == TAKEN, source
    assert values(TableSource("select * from t where pay < ?", connection=database, parameters=(2,)))["age"] == [30]
    database.close()


def test_numbers_of_all_kinds_of_arrow() -> None:
    type_ = TableType("T", (("x", FixedType(Decimal(-10), Decimal(10))), ("n", IntType(-(1 << 62), 1 << 62))))
    big = (1 << 60) + 1
    for kind in (pa.int8(), pa.int64(), pa.uint16(), pa.uint64(), pa.float32(), pa.float64(), pa.decimal128(9, 2)):
        table = pa.table({"x": pa.array([3, 4], kind), "n": pa.array([3, 4], kind)})
        assert values(table, type_) == {"x": [3.0, 4.0], "n": [3, 4]}, kind
    for column in (pa.array([big]), pa.array([big], pa.uint64()), pa.array([str(big)]), pa.array([f"+{big}"]),
                   pa.array([big], pa.decimal128(38, 0))):  # fmt: skip
        assert values(pa.table({"x": [0.5], "n": column}), type_)["n"] == [big], column.type


def test_degrees_are_known_under_their_usual_names(tmp_path: Path) -> None:
    for names in ("lat,lng", "Latitude,LON", "LAT,long", " latitude , longitude "):
        path = written(tmp_path, f"{names}\n1,2\n")
        assert values(path, PLACES) == {"latitude": [1.0], "longitude": [2.0]}
    path = written(tmp_path, "breite,lng\n1,2\n")
    assert values(TableSource(path, columns={"latitude": "breite"}), PLACES)["latitude"] == [1.0]


def test_what_nobody_asked_for_is_named_and_not_taken() -> None:
    checked, report = read_table(pa.table({**GOOD, "name": ["a", "b"], "iban": ["c", "d"]}), PEOPLE)
    assert set(checked.columns) == set(GOOD)
    assert report.ignored == ("name", "iban")
    assert "name, iban" in report.sentence()


def test_missing_columns_are_named_with_what_was_meant() -> None:
    with pytest.raises(FileProblem, match="no columns pay, woman") as raised:
        read_table(pa.table({"payy": [1.0], "age": [1], "phone": ["ios"]}), PEOPLE)
    assert "did you mean payy?" in raised.value.hint
    with pytest.raises(FileProblem, match="2 columns that could be latitude: lat, LAT"):
        read_table(pa.table({"lat": [1.0], "LAT": [2.0], "lng": [1.0]}), PLACES)
    with pytest.raises(FileProblem, match="does not have"):
        read_table(TableSource(pa.table(GOOD), columns={"pays": "pay"}), PEOPLE)


# ---------------------------------------------------------------- what does not


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    lines = [
        "pay,age,woman,phone", "1,1,true,ios", "x,1,true,ios", "1,1.5,true,ios", "1,151,true,ios", "1,1,maybe,ios",
        "1,1,true,nokia", ",,,", "nan,1,true,ios", "inf,1,true,ios", "-0.01,1,true,ios", "1,1,1,ios",
    ]  # fmt: skip
    report = problems(written(tmp_path, "\n".join(lines)))
    assert (report.rows, report.bad, report.taken) == (11, 9, 2)
    found = [(cell.at, cell.column, cell.why.replace("CELL", cell.value)) for cell in report.cells]
    assert found == [
        (3, "pay", "'x' is not a number"), (4, "age", "'1.5' is not a whole number"),
        (5, "age", "'151' is outside of int(0, 150)"), (6, "woman", "'maybe' is not true or false"),
        (7, "phone", "'nokia' is not one of the labels android, ios"), (8, "pay", "there is no value"),
        (8, "age", "there is no value"), (8, "woman", "there is no value"), (8, "phone", "there is no value"),
        (9, "pay", "'nan' is not a number"), (10, "pay", "'inf' is not finite"),
        (11, "pay", "'-0.01' is outside of fixed(0, 100000)"),
    ]  # fmt: skip


def test_typed_columns_have_the_same_reasons() -> None:
    table = pa.table({
        "pay": [1.0, None, float("nan"), float("inf")], "age": [1.0, 1.5, 200.0, None], "woman": [1, 0, 2, None],
        "phone": [0, 1, 2, None],
    })  # fmt: skip
    report = problems(table)
    assert report.bad == 3
    assert [(cell.at, cell.column) for cell in report.cells] == [
        (2, "pay"), (2, "age"), (3, "pay"), (3, "age"), (3, "woman"), (3, "phone"), (4, "pay"), (4, "age"),
        (4, "woman"), (4, "phone"),
    ]  # fmt: skip


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    text = '\n\npay,age,woman,phone,note\r\n1,1,1,ios,"two\nlines"\r\n\r\nx,1,1,ios,"a ""quote"""\ny,1,1,ios,b\n\n'
    report = problems(written(tmp_path, text))
    assert [cell.at for cell in report.cells] == [7, 8]


def test_lines_of_other_lengths_are_counted_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, "lat,lng\n1,2\n1\n1,2,3\nx,2\n5,6\n")
    report = problems(path, PLACES)
    assert (report.rows, report.bad) == (5, 3)
    assert [(cell.at, cell.column) for cell in report.cells] == [(3, ""), (4, ""), (5, "lat")]
    assert "has 1 field where the header has 2" in report.text()
    assert values(TableSource(path, skip_bad=True), PLACES) == {"latitude": [1.0, 5.0], "longitude": [2.0, 6.0]}


def test_bad_rows_are_left_out_when_asked_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "lat,lng\n1,2\nx,2\n3,4\n")
    checked, report = read_table(TableSource(path, skip_bad=True), PLACES)
    assert checked.rows == 2
    assert (report.bad, report.skipped) == (1, True)
    assert "1 left out" in report.sentence()
    with pytest.raises(TableProblem, match="1 of 1 row does not fit") as raised:
        read_table(TableSource(written(tmp_path, "lat,lng\nx,2\n"), skip_bad=True), PLACES)
    assert raised.value.hint == "no row is left"


def test_all_are_counted_though_few_are_shown() -> None:
    count = 3 * ROWS
    report = problems(pa.table({"lat": np.full(count, 91.0), "lng": np.zeros(count)}), PLACES)
    assert report.bad == report.rows == count
    assert f"and {count - SHOWN:,} more rows" in report.text()
    assert len(report.lines()) == SHOWN


def test_values_stand_in_messages_only() -> None:
    report = problems(pa.table({"lat": [91.25], "lng": [0.0]}), PLACES)
    assert "91.25" in report.text()
    assert "91.25" not in repr(report)
    assert "91.25" not in report.sentence()
    long = problems(pa.table({"lat": ["7" * 500 + "x"], "lng": [0.0]}), PLACES)
    assert len(long.text()) < 200


def test_columns_of_other_kinds_are_refused() -> None:
    with pytest.raises(FileProblem, match="column lat holds date32"):
        read_table(pa.table({"lat": [date(2020, 1, 1)], "lng": [1.0]}), PLACES)
    with pytest.raises(FileProblem, match="column age holds bool"):
        read_table(pa.table({**GOOD, "age": [True, False]}), PEOPLE)


@pytest.mark.parametrize(
    ("octets", "name", "said"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n\n", "a.csv", "is empty"),
        (b"lat,lng\n", "a.csv", "no rows"),
        (b"PK\x03\x04", "a.csv", "ZIP"),
        (b'[{"lat": 1}]', "a.csv", "is JSON"),
        (b"PAR1 no", "a.parquet", "cannot be read"),
        (b"ARROW1\0\0 no", "a.arrow", "cannot be read"),
        (b"lat,lng\n1,\xff\n", "a.csv", "line 2 is not UTF-8"),
        (b"lat,lng\n1,\x00\n", "a.csv", "zero bytes"),
        (b'lat,lng\n1,2\n"3,4\n5,6\n', "a.csv", "quote"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, octets: bytes, name: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(octets)
    with pytest.raises(FileProblem, match=said):
        read_table(path, PLACES)


def test_places_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file"):
        read_table(tmp_path / "nothing.csv", PLACES)
    with pytest.raises(FileProblem, match="is a directory"):
        read_table(tmp_path, PLACES)
    with pytest.raises(ArgumentProblem, match="not read from a list"):
        read_table(TableSource([1]), PLACES)
    assert not is_source([{"lat": 1}])


def test_text_in_other_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes("lat;lng;straße\n1;2;ü\n".encode(encoding))
        assert values(path, PLACES) == {"latitude": [1.0], "longitude": [2.0]}


def test_one_column(tmp_path: Path) -> None:
    type_ = TableType("T", (("x", IntType(0, 9)),))
    assert values(written(tmp_path, "x\n1\n2\n\n\n"), type_) == {"x": [1, 2]}
    assert [cell.at for cell in problems(written(tmp_path, "x\n1\n\n2\n"), type_).cells] == [3]


def test_databases_say_what_is_wrong() -> None:
    database = sqlite3.connect(":memory:")
    with pytest.raises(FileProblem, match="no such table"):
        read_table(TableSource("select * from absent", connection=database), PLACES)
    with pytest.raises(ArgumentProblem, match="no rows"):
        read_table(TableSource("create table t (x)", connection=database), PLACES)
    with pytest.raises(ArgumentProblem, match="no connection"):
        read_table(TableSource("select 1", connection=7), PLACES)
    database.executemany("insert into t values (?)", [(1,), ("two",), (None,), (2.5,)])
    report = problems(TableSource("select x as lat, 1 as lng from t", connection=database), PLACES)
    assert [(cell.at, cell.why.replace("CELL", cell.value)) for cell in report.cells] == [
        (2, "'two' is not a number"), (3, "there is no value"),
    ]  # fmt: skip
    database.close()


# ---------------------------------------------------------------- any file

CELLS = st.one_of(
    st.integers(-200, 200).map(str), st.floats(-200, 200).map(repr), st.sampled_from(["", "x", '"q\n"', "nan", " 1 "])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), ending=st.sampled_from(["\n", "\r\n"]))
def test_rows_that_fit_and_rows_that_do_not(tmp_path: Path, rows: list[tuple[str, str]], ending: str) -> None:
    path = written(tmp_path, ending.join(["lat,lng", *(",".join(row) for row in rows)]))

    def fits(cell: str, most: float) -> bool:
        try:
            return -most <= float(cell.strip()) <= most
        except ValueError:
            return False

    good = [row for row in rows if fits(row[0], 90) and fits(row[1], 180)]
    bad = len(rows) - len(good)
    if not good:
        assert problems(path, PLACES).bad == bad
        return
    checked, report = read_table(TableSource(path, skip_bad=True), PLACES)
    assert (checked.rows, report.bad) == (len(good), bad)
    assert checked.columns["latitude"][0].tolist() == [float(lat) for lat, _ in good]
    lines, line = set(), 2
    for row in rows:
        if row not in good:
            lines.add(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert {cell.at for cell in report.cells} == lines
