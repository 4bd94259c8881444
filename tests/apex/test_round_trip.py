"""Whatever is written in any of the three formats is read back to the last bit, and errors find their line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.apex.reading import read_table
from enigma.errors import RowProblem

latitudes = st.floats(-90, 90) | st.sampled_from([0.0, -0.0, -90.0, 90.0, 5e-324])
longitudes = st.floats(-180, 180) | st.sampled_from([0.0, -180.0, 180.0])
# Any text but zero bytes, which no text file holds, and halves of surrogate pairs, which UTF-8 cannot hold.
notes = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
tables = st.lists(st.tuples(latitudes, longitudes, notes, st.integers(0, 999)), min_size=1, max_size=30)
Rows = list[tuple[float, float, str, int]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def check(path: Path, rows: Rows) -> None:
    table = read_table(path, with_class=True)
    assert table.values.tobytes() == np.array([row[:2] for row in rows]).tobytes()
    assert table.labels is not None
    assert table.labels.tolist() == [row[3] for row in rows]
    assert table.ignored == ("note",)


def as_csv(rows: list[tuple[object, ...]], delimiter: str, newline: str) -> str:
    text = io.StringIO(newline="")
    # Python's writer leaves a lone carriage return without quotes, where it would end the row.
    returns = any("\r" in str(cell) for row in rows for cell in row)
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=newline,
        quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL,
    )
    writer.writerow(["latitude", "LNG", "note", "class"])
    writer.writerows(rows)
    return text.getvalue()


@given(tables, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_csv(folder: Path, rows: Rows, delimiter: str, newline: str, utf16: bool) -> None:
    path = folder / "t.csv"
    path.write_bytes(as_csv(list(rows), delimiter, newline).encode("utf-16" if utf16 else "utf-8"))
    check(path, rows)


@given(tables, st.sampled_from([None, 1]), st.booleans())
def test_json(folder: Path, rows: Rows, indent: int | None, escaped: bool) -> None:
    path = folder / "t.json"
    objects = [dict(zip(("note", "latitude", "lon", "class"), (n, a, b, c), strict=True)) for a, b, n, c in rows]
    path.write_text(json.dumps(objects, indent=indent, ensure_ascii=escaped), encoding="utf-8")
    check(path, rows)


@given(tables, st.integers(1, 7))
def test_parquet(folder: Path, rows: Rows, group: int) -> None:
    path = folder / "t.parquet"
    columns = dict(zip(("Latitude", "long", "note", "class"), zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table(columns), path, row_group_size=group)
    check(path, rows)


@given(tables, st.data())
def test_a_bad_cell_is_found_on_its_line(folder: Path, rows: Rows, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, len(rows) - 1))
    cells: list[tuple[object, ...]] = [row if at != bad else (row[0], "here", *row[2:]) for at, row in enumerate(rows)]
    path = folder / "bad.csv"
    path.write_bytes(as_csv(cells, ",", "\n").encode())
    with pytest.raises(RowProblem) as raised:
        read_table(path)
    before = as_csv(cells[:bad], ",", "\n").replace("\r\n", "\n").replace("\r", "\n")
    assert (raised.value.line, raised.value.column) == (before.count("\n") + 1, "LNG")

    path = folder / "bad.json"
    objects = [{"note": c[2], "latitude": c[0], "LNG": c[1]} for c in cells]
    path.write_text(json.dumps(objects, indent=1), encoding="utf-8")
    with pytest.raises(RowProblem) as raised:
        read_table(path)
    assert path.read_text().split("\n")[raised.value.line - 1].strip() == '"LNG": "here"'
