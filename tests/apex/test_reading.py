"""Good files become tables with the nearest float64; every bad file has one error that names the place."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from enigma.apex.reading import parse_columns, parse_range, read_table
from enigma.apex.tables import Column
from enigma.errors import ArgumentProblem, EnigmaError, FileProblem, RowProblem

EXAMPLES = Path(__file__).parents[2] / "examples" / "apex"
SPEND = {"spend": (Decimal(0), Decimal(5000))}


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


GOOD = [
    ("plain", "t.csv", "latitude,longitude\n51.5,-0.12\n"),
    ("any case, any order, extra columns", "t.csv", "id,LON,Lat,town\n7,-0.12,51.5,London\n"),
    ("carriage returns", "t.csv", "lat,lng\r\n51.5,-0.12\r\n"),
    ("old carriage returns", "t.csv", "lat,lng\r51.5,-0.12\r"),
    ("no newline at the end", "t.csv", "lat,lng\n51.5,-0.12"),
    ("blank lines around", "t.csv", "\n\nlat,lng\n\n51.5,-0.12\n\n\n"),
    ("quoted", "t.csv", '"lat","lng","say ""hi"""\n"51.5","-0.12","a,\nb"\n'),
    ("spaces", "t.csv", " lat , lng \n 51.5 , -0.12 \n"),
    ("signs and exponents", "t.csv", "lat,lng\n+5.15e1,-.12\n"),
    ("semicolons", "t.csv", "lat;lng\n51.5;-0.12\n"),
    ("tabs", "t.tsv", "lat\tlong\n51.5\t-0.12\n"),
    ("UTF-8 with a mark", "t.csv", b"\xef\xbb\xbflat,lng\n51.5,-0.12\n"),
    ("UTF-16", "t.csv", "lat,lng\n51.5,-0.12\n".encode("utf-16")),
    ("UTF-8 in other columns", "t.csv", "lat,lng,Stadt\n51.5,-0.12,Köln\n"),
    ("JSON", "t.json", '[{"latitude": 51.5, "longitude": -0.12}]'),
    ("JSON by content", "t.txt", ' \n[{"lat": 51.5, "lng": -0.12, "name": null}]'),
    ("CSV by default", "customers", "lat,lng\n51.5,-0.12\n"),
]


@pytest.mark.parametrize(("name", "content"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_good_files(tmp_path: Path, name: str, content: str | bytes) -> None:
    table = read_table(written(tmp_path, name, content))
    assert table.values.tolist() == [[51.5, -0.12]]
    assert table.columns[0] == Column("latitude", Decimal(-90), Decimal(90))
    assert table.columns[1] == Column("longitude", Decimal(-180), Decimal(180))
    assert table.labels is None


def test_extra_columns_are_ignored_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "id,lat,,lng,class\nx,1,y,2,z\n")
    assert read_table(path).ignored == ("id", "(column 3)", "class")


def test_any_columns_with_ranges_in_the_order_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "visits,Spend,lat\n3,12.5,1\n0,5000,2\n")
    table = read_table(path, columns=["spend", "visits", "lat"], ranges=SPEND | {"visits": (Decimal(0), Decimal(9))})
    assert table.values.tolist() == [[12.5, 3, 1], [5000, 0, 2]]
    assert table.columns == (
        Column("spend", Decimal(0), Decimal(5000)),
        Column("visits", Decimal(0), Decimal(9)),
        Column("lat", Decimal(-90), Decimal(90)),
    )


def test_a_narrower_range_for_places(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "lat,lng\n51.5,0\n12,0\n")
    narrow = {"Latitude": (Decimal(34), Decimal(72))}
    with pytest.raises(RowProblem, match=r"line 3, column lat: '12' is outside the agreed range 34\.\.72"):
        read_table(path, ranges=narrow)


@pytest.mark.parametrize("kind", ["0", "0.0", "1e0"])
def test_classes(tmp_path: Path, kind: str) -> None:
    table = read_table(written(tmp_path, "t.csv", f"lat,lng,Class\n1,2,{kind}\n3,4,7\n"), with_class=True)
    assert table.labels is not None
    assert table.labels.tolist() == [int(float(kind)), 7]
    assert table.ignored == ()


def test_values_cannot_be_changed_or_printed(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", "lat,lng\n51.5,-0.12\n"))
    assert "51.5" not in repr(table)
    assert "1 rows of (latitude, longitude)" in repr(table)
    with pytest.raises(ValueError, match="read-only"):
        table.values[0, 0] = 1


def test_the_sample_in_both_forms() -> None:
    for owner, rows in (("telco1", 6), ("telco2", 4)):
        table = read_table(EXAMPLES / f"{owner}.json")
        assert table.values.shape == (rows, 2)
        assert np.array_equal(table.values, read_table(EXAMPLES / f"{owner}.csv").values)
    for number, rows in ((1, 6), (2, 4)):
        training = read_table(EXAMPLES / f"training{number}.json", with_class=True)
        assert training.labels is not None
        assert training.labels.tolist() == [number - 1] * rows
        assert np.array_equal(training.values, read_table(EXAMPLES / f"telco{number}.json").values)


# what is wrong, the file's name, its content, the error, a fragment of the message
FILE, ROW = FileProblem, RowProblem
BAD = [
    ("text", "t.csv", "lat,lng\n1,2\nabc,2\n", ROW, "line 3, column lat: 'abc' is not a number"),
    ("several", "t.csv", "lat,lng\n1,2\nx,2\n1,2\n1,y\nz,z\n", ROW, "'x' is not a number (and 2 more rows are bad)"),
    ("two", "t.csv", "lat,lng\n1,y\nx,2\n", ROW, "line 2, column lng: 'y' is not a number (and 1 more row is bad)"),
    ("empty cell", "t.csv", "lat,lng\n1,\n", ROW, "line 2, column lng: the cell is empty"),
    ("blank cell", "t.csv", "lat,lng\n1,  \n", ROW, "line 2, column lng: the cell is empty"),
    ("NaN", "t.csv", "lat,lng\n1,nan\n", ROW, "line 2, column lng: 'nan' is not a number (NaN)"),
    ("infinity", "t.csv", "lat,lng\n-inf,1\n", ROW, "line 2, column lat: '-inf' is infinite"),
    ("too large", "t.csv", "lat,lng\n1e999,1\n", ROW, "line 2, column lat: '1e999' is infinite, or too large"),
    ("latitude", "t.csv", "lat,lng\n90.000001,1\n", ROW, "column lat: '90.000001' is outside the agreed range -90..90"),
    ("longitude", "t.csv", "lat,lng\n1,-180.5\n", ROW, "column lng: '-180.5' is outside the agreed range -180..180"),
    ("hexadecimal", "t.csv", "lat,lng\n0x10,1\n", ROW, "'0x10' is not a number"),
    ("underscores", "t.csv", "lat,lng\n1_0,1\n", ROW, "'1_0' is not a number"),
    ("other digits", "t.csv", "lat,lng\n٣,1\n", ROW, "'٣' is not a number"),
    ("long cell", "t.csv", "lat,lng\n" + "x" * 500 + ",1\n", ROW, "x" * 39 + "… is not"),
    ("lines in quotes", "t.csv", 'lat,lng,t\n1,2,"a\nb\n"\n1,x,c\n', ROW, "line 5, column lng"),
    ("blank lines", "t.csv", "\n\nlat,lng\n\n1,2\n\nx,2\n", ROW, "line 7, column lat"),
    ("blank lines with returns", "t.csv", "\r\n\r\nlat,lng\r\n\r\nx,2\r\n", ROW, "line 5, column lat"),
    ("decimal commas", "t.csv", "lat;lng\n51,5;2\n", ROW, "write decimals with a point"),
    ("bare decimal commas", "t.csv", "lat,lng\n51,5,2\n", FILE, "line 2 has 3 fields where the header has 2"),
    ("short row", "t.csv", "lat,lng\n1,2\n3\n4\n", FILE, "line 3 has 1 field where the header has 2 (and 1 more"),
    ("open quote", "t.csv", 'lat,lng,t\n1,2,"a\n3,4,b\n', FILE, "line 2: unexpected end of data"),
    ("stray quote", "t.csv", 'lat,lng,t\n1,2,"a"b\n', FILE, "line 2"),
    ("empty", "t.csv", "", FILE, "is empty"),
    ("only blank lines", "t.csv", "\n \n\n", FILE, "is empty"),
    ("only a header", "t.csv", "lat,lng\n", FILE, "has columns but no rows"),
    ("only a header, unended", "t.csv", "lat,lng", FILE, "has columns but no rows"),
    ("missing", "t.csv", "lat,town\n1,x\n", FILE, "has no column longitude; its columns are: lat, town"),
    ("no header", "t.csv", "51.5,-0.12\n51.6,-0.13\n", FILE, "its columns are: 51.5, -0.12"),
    ("duplicated", "t.csv", "lat,lng,Latitude\n1,2,3\n", FILE, "2 columns that could be latitude: lat, Latitude"),
    ("escapes in a name", "t.csv", "lat,\x1b[31m\n1,2\n", FILE, r"'\x1b[31m'"),
    ("garbage", "t.csv", bytes(range(256)) * 4, FILE, "is not text"),
    ("Latin-1", "t.csv", "lat,lng,t\n1,2,a\n1,2,ö\n".encode("latin-1"), FILE, "line 3 is not UTF-8 text (byte 0xf6)"),
    ("broken UTF-16", "t.csv", b"\xff\xfel", FILE, "starts like UTF-16 text"),
    ("UTF-16, unmarked", "t.csv", "lat,lng\n1,2\n".encode("utf-16-le"), FILE, "zero bytes"),
    ("workbook", "t.xlsx", b"PK\x03\x04rest", FILE, "Excel workbook"),
    ("gzip", "t.csv.gz", b"\x1f\x8brest", FILE, "compressed with gzip"),
    ("truncated Parquet", "t.parquet", b"PAR1\x15\x04\x15", FILE, "is not a readable Parquet file"),
    ("no Parquet", "t.parquet", b"lat,lng\n1,2\n", FILE, "is not a readable Parquet file"),
    ("empty Parquet", "t.parquet", b"", FILE, "is empty"),
    ("JSON text", "t.json", '[{"lat": "51.5", "lng": 1}]', ROW, 'line 1, column lat: "51.5" is not a number'),
    ("JSON decimal comma", "t.json", '[{"lat": "51,5", "lng": 1}]', ROW, "write decimals with a point"),
    ("JSON true", "t.json", '[{"lat": true, "lng": 1}]', ROW, "line 1, column lat: true is not a number"),
    ("JSON array", "t.json", '[{"lat": [1], "lng": 1}]', ROW, "column lat: [1.0] is not a number"),
    ("JSON null", "t.json", '[{"lat": null, "lng": 1}]', ROW, "line 1, column lat: the cell is empty"),
    ("JSON missing key", "t.json", '[\n{"lat": 1, "lng": 1},\n{"lat": 1}\n]', ROW, "line 3, column lng: the cell"),
    ("JSON NaN", "t.json", '[{"lat": NaN, "lng": 1}]', ROW, "column lat: NaN is not a number (NaN)"),
    ("JSON infinity", "t.json", '[{"lat": -Infinity, "lng": 1}]', ROW, "column lat: -Infinity is infinite"),
    ("JSON huge", "t.json", '[{"lat": ' + "9" * 5000 + ', "lng": 1}]', ROW, "infinite, or too large"),
    ("JSON range", "t.json", '[\n {\n  "lat": 1,\n  "lng": 200\n }\n]', ROW, "line 4, column lng: 200 is outside"),
    ("JSON object", "t.json", '{"lat": 1, "lng": 2}', FILE, "holds an object where an array"),
    ("JSON number", "t.json", "12", FILE, "holds a single value where an array"),
    ("JSON numbers", "t.json", '[{"lat": 1, "lng": 2},\n 3]', FILE, "line 2: entry 2 of the array is not an object"),
    ("JSON syntax", "t.json", '[{"lat": 1,\n "lng": }]', FILE, "line 2, character 9: not valid JSON"),
    ("JSON lines", "t.json", '{"lat": 1, "lng": 2}\n{"lat": 1, "lng": 2}\n', FILE, "inside one array"),
    ("JSON cut off", "t.json", '[{"lat": 1, "lng": 2},', FILE, "not valid JSON"),
    ("JSON twice", "t.json", '[{"lat": 1, "lng": 2},\n{"lat": 1, "lat": 3, "lng": 2}]', FILE,
     "line 2: one object names the key 'lat' twice"),
    ("JSON deep", "t.json", "[" * 200_000, FILE, "nested too deeply"),
    ("JSON without rows", "t.json", "[]", FILE, "has no column latitude; its columns are: none"),
    ("JSON empty", "t.json", "  ", FILE, "is empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "error", "fragment"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_files(tmp_path: Path, name: str, content: str | bytes, error: type[EnigmaError], fragment: str) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(error) as raised:
        read_table(path)
    assert type(raised.value) is error
    assert fragment in str(raised.value)
    assert str(raised.value).startswith(str(path))


BAD_CLASSES = [
    ("", "the cell is empty"),
    ("-1", "the class '-1' is negative"),
    ("0.5", "the class '0.5' is not a whole number"),
    ("1000", "the class '1000' is too large"),
    ("uk", "'uk' is not a number"),
    ("nan", "'nan' is not a number (NaN)"),
]


@pytest.mark.parametrize(("cell", "fragment"), BAD_CLASSES)
def test_bad_classes(tmp_path: Path, cell: str, fragment: str) -> None:
    path = written(tmp_path, "t.csv", f"lat,lng,class\n1,2,0\n1,2,{cell}\n")
    with pytest.raises(RowProblem) as raised:
        read_table(path, with_class=True)
    assert f"line 3, column class: {fragment}" in str(raised.value)


def test_training_without_classes(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "lat,lng\n1,2\n")
    with pytest.raises(FileProblem, match="has no column class; its columns are: lat, lng"):
        read_table(path, with_class=True)


@pytest.mark.parametrize(
    ("name", "line", "column"), [("bad_text_latitude", 3, "latitude"), ("bad_longitude", 3, "longitude")]
)
def test_the_two_bad_samples(name: str, line: int, column: str) -> None:
    with pytest.raises(RowProblem) as raised:
        read_table(EXAMPLES / f"{name}.json")
    assert (raised.value.line, raised.value.column) == (line, column)
    assert raised.value.exit_status == 2


def test_empty_lines_of_a_single_column_are_empty_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "spend\n1\n\n2\n\n\n")
    with pytest.raises(RowProblem, match="line 3, column spend: the cell is empty"):
        read_table(path, columns=["spend"], ranges=SPEND)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileProblem, match="is a directory"):
        read_table(tmp_path)
    with pytest.raises(FileProblem, match="cannot be read"):
        read_table("a\0b.csv")
    with pytest.raises(FileProblem, match="cannot be read"):
        read_table(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "lat,lng\n1,2\n")
    path.chmod(0)
    with pytest.raises(FileProblem, match="may not be read"):
        read_table(path)


Ranges = dict[str, tuple[Decimal, Decimal]]
BAD_ARGUMENTS: list[tuple[list[str] | None, Ranges, str]] = [
    (["spend"], {}, "add --range spend=LOW:HIGH"),
    (["spend", "Spend"], SPEND, "asked for twice"),
    ([], {}, "no columns"),
    (["spend"], SPEND | {"visits": (Decimal(0), Decimal(1))}, "a range is given for visits"),
    (None, SPEND, "a range is given for spend"),
    (["spend"], {"spend": (Decimal(1), Decimal(1))}, "is empty"),
    (["spend"], {"spend": (Decimal(0), Decimal("inf"))}, "not finite"),
    (["spend"], SPEND | {"SPEND": (Decimal(0), Decimal(1))}, "two ranges"),
    (None, {"lat": (Decimal(-200), Decimal(200))}, "is wider than -90..90"),
]


@pytest.mark.parametrize(("columns", "ranges", "fragment"), BAD_ARGUMENTS)
def test_bad_arguments(tmp_path: Path, columns: list[str] | None, ranges: Ranges, fragment: str) -> None:
    path = written(tmp_path, "t.csv", "lat,lng,spend\n1,2,3\n")
    with pytest.raises(ArgumentProblem) as raised:
        read_table(path, columns=columns, ranges=ranges)
    assert fragment in str(raised.value)


def test_the_class_is_no_column_to_learn_from(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "spend,class\n1,2\n")
    with pytest.raises(ArgumentProblem, match="the answer to learn"):
        read_table(path, columns=["spend", "class"], ranges=SPEND, with_class=True)


def test_parsing_of_options() -> None:
    assert parse_range("spend=0:5000") == ("spend", (Decimal(0), Decimal(5000)))
    assert parse_range(" a=b = -1.5 : 2e3") == ("a=b", (Decimal("-1.5"), Decimal(2000)))
    assert parse_columns("spend, visits") == ("spend", "visits")


@pytest.mark.parametrize("text", ["", "spend", "spend=5", "=0:1", "spend=a:b", "spend=5:1", "spend=0:nan", "s=1:2:3"])
def test_bad_ranges(text: str) -> None:
    with pytest.raises(ArgumentProblem):
        parse_range(text)


@pytest.mark.parametrize("text", ["", "a,,b", "a,A"])
def test_bad_column_lists(text: str) -> None:
    with pytest.raises(ArgumentProblem):
        parse_columns(text)


def test_the_nearest_floats_of_many_rows(tmp_path: Path) -> None:
    drawn = np.random.default_rng(7).integers(-90 * 10**9, 90 * 10**9, size=(20_000, 2))
    texts = [[f"{Decimal(int(cell)).scaleb(-9)}" for cell in row] for row in drawn]
    expected = np.array([[float(cell) for cell in row] for row in texts])
    as_csv = written(tmp_path, "t.csv", "lat,lng\n" + "".join(f"{a},{b}\n" for a, b in texts))
    as_json = written(tmp_path, "t.json", "[" + ",".join(f'{{"lat": {a}, "lng": {b}}}' for a, b in texts) + "]")
    assert np.array_equal(read_table(as_csv).values, expected)
    assert np.array_equal(read_table(as_json).values, expected)
    assert len(json.loads(as_json.read_text())) == 20_000
