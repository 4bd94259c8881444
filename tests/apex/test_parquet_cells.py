"""Parquet: every numeric type arrives exactly, every other is refused by name, and damage is one error."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enigma.apex.reading import read_table
from enigma.errors import FileProblem, RowProblem

NUMERIC = [
    pa.array([1, 2], pa.int8()),
    pa.array([1, 2], pa.uint64()),
    pa.array([1.0, 2.0], pa.float32()),
    pa.array([1, 2], pa.float64()),
    pa.array([Decimal("1.000000000"), Decimal("2.000000000")], pa.decimal128(18, 9)),
    pa.array([1.0, 2.0]).dictionary_encode(),
]
STRANGE = [
    pa.array(["1", "2"]),
    pa.array([True, False]),
    pa.array([[1.0], [2.0]]),
    pa.array([{"a": 1.0}, {"a": 2.0}]),
    pa.array([b"1", b"2"]),
    pa.array([0, 1], pa.timestamp("s")),
]


def stored(folder: Path, latitude: pa.Array, **others: object) -> Path:
    path = folder / "t.parquet"
    pq.write_table(pa.table({"lat": latitude, "lng": pa.array([3.0, 4.0]), **others}), path)
    return path


@pytest.mark.parametrize("latitude", NUMERIC, ids=lambda column: str(column.type))
def test_numbers(tmp_path: Path, latitude: pa.Array) -> None:
    assert read_table(stored(tmp_path, latitude)).values.tolist() == [[1, 3], [2, 4]]


def test_decimals_are_the_nearest_floats(tmp_path: Path) -> None:
    cells = [Decimal("51.507221001"), Decimal("0.000000001")]
    path = stored(tmp_path, pa.array(cells, pa.decimal128(18, 9)))
    assert read_table(path).values[:, 0].tolist() == [51.507221001, 1e-9]


@pytest.mark.parametrize("latitude", STRANGE, ids=lambda column: str(column.type))
def test_other_kinds_are_refused_unless_ignored(tmp_path: Path, latitude: pa.Array) -> None:
    with pytest.raises(FileProblem, match=r"column lat holds .*, not numbers"):
        read_table(stored(tmp_path, latitude))
    path = tmp_path / "extra.parquet"
    pq.write_table(pa.table({"extra": latitude, "lat": pa.array([1.0, 2.0]), "lng": pa.array([3.0, 4.0])}), path)
    table = read_table(path)
    assert table.ignored == ("extra",)
    assert table.values.tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("cells", "fragment"),
    [
        ([1.0, None], "row 2, column lat: the cell is empty"),
        ([float("nan"), 91.0], "row 1, column lat: nan is not a number (NaN) (and 1 more row is bad)"),
        ([float("inf"), 1.0], "row 1, column lat: inf is infinite"),
        ([1.0, -90.5], "row 2, column lat: -90.5 is outside the agreed range -90..90"),
    ],
)
def test_bad_rows(tmp_path: Path, cells: list[float | None], fragment: str) -> None:
    with pytest.raises(RowProblem) as raised:
        read_table(stored(tmp_path, pa.array(cells, pa.float64())))
    assert fragment in str(raised.value)


def test_no_values_at_all(tmp_path: Path) -> None:
    with pytest.raises(RowProblem, match="row 1, column lat: the cell is empty"):
        read_table(stored(tmp_path, pa.nulls(2)))
    path = tmp_path / "none.parquet"
    pq.write_table(pa.table({"lat": pa.array([], pa.float64()), "lng": pa.array([], pa.float64())}), path)
    with pytest.raises(FileProblem, match="has columns but no rows"):
        read_table(path)


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    column = pa.array([1.0, 2.0])
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_arrays([column, column, column], names=["lat", "lat", "lng"]), path)
    with pytest.raises(FileProblem, match="2 columns that could be latitude: lat, lat"):
        read_table(path)


def test_truncation_and_damage_are_one_error(tmp_path: Path) -> None:
    whole = stored(tmp_path, pa.array([1.0, 2.0])).read_bytes()
    path = tmp_path / "damaged.parquet"
    for length in range(4, len(whole), 17):
        path.write_bytes(whole[:length])
        with pytest.raises(FileProblem, match="is not a readable Parquet file"):
            read_table(path)
    # The first page's header, zeroed: the footer is whole, the column is not.
    path.write_bytes(whole[:4] + bytes(40) + whole[44:])
    with pytest.raises(FileProblem, match="is not a readable Parquet file"):
        read_table(path)
