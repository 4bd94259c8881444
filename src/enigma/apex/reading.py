"""An owner's file becomes a `Table`: CSV, Parquet, or JSON in APEX's form, checked cell by cell."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from enigma.apex.cells import Cells, checked
from enigma.apex.csv_cells import CsvCells
from enigma.apex.json_cells import JsonCells
from enigma.apex.parquet_cells import MAGIC, ParquetCells
from enigma.apex.tables import Column, Table
from enigma.client.tables.columns import LATITUDES, LONGITUDES, printable
from enigma.client.tables.texts import KNOWN_OTHERS, decoded, whole
from enigma.errors import ArgumentProblem, FileProblem

LATITUDE = Column("latitude", Decimal(-90), Decimal(90))
LONGITUDE = Column("longitude", Decimal(-180), Decimal(180))
CLASS = "class"

_PLACES = {**dict.fromkeys(LATITUDES, LATITUDE), **dict.fromkeys(LONGITUDES, LONGITUDE)}
_ARROW = (b"ARROW1", "is an Arrow (Feather) file")


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[Decimal, Decimal]] | None = None,
    with_class: bool = False,
) -> Table:
    """The table in a CSV, Parquet or JSON file, every cell of it checked.

    Without `columns` the file must hold a latitude and a longitude in degrees (`lat`, `latitude`, `lng`, `lon`, `long`,
    `longitude`, in any case), which become the columns `latitude` and `longitude`. With `columns` any numeric columns
    are read, in that order; each needs its publicly agreed `(lowest, highest)` in `ranges`, except latitudes and
    longitudes, whose ranges are -90..90 and -180..180 unless `ranges` narrows them. `with_class` also reads the column
    `class` (whole numbers from 0). Other columns are named in `Table.ignored`. All rows are read, or none.

    Raises `FileProblem` where the file is no table with these columns, `RowProblem` for the first bad cell (after
    checking that all rows have the same number of cells), `ArgumentProblem` where `columns` and `ranges` do not fit.
    """
    wanted = _agreed(columns, ranges or {}, with_class=with_class)
    cells = _opened(Path(path))
    places = [_find(cells, column, exact=columns is not None) for column in wanted]
    taken = list(places)
    label = None
    if with_class:
        label = _only(cells, [i for i, name in enumerate(cells.names) if name.casefold() == CLASS], CLASS)
        if label is None:
            raise _missing(cells, CLASS, hint="training files name the class of each row in a column called class")
        taken.append(label)
    if cells.rows == 0:
        raise FileProblem(cells.file, "has columns but no rows")
    values, labels = checked(
        cells, [(place, column.lo, column.hi) for place, column in zip(places, wanted, strict=True)], label
    )
    ignored = tuple(name for i, name in enumerate(cells.names) if i not in taken)
    return Table(str(path), tuple(wanted), values, labels, ignored)


def parse_columns(text: str) -> tuple[str, ...]:
    """The names in `spend,visits`. Raises `ArgumentProblem` for an empty or a repeated name."""
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise ArgumentProblem(
            f"--columns {text}: a column's name is empty", hint="write them as --columns spend,visits"
        )
    _refuse_repeated(names)
    return names


def parse_range(text: str) -> tuple[str, tuple[Decimal, Decimal]]:
    """The name and the bounds in `spend=0:5000`. Raises `ArgumentProblem` where the text has another form."""
    hint = "write it as --range spend=0:5000, lowest first"
    name, equals, bounds = text.rpartition("=")
    lowest, colon, highest = bounds.partition(":")
    if not (name.strip() and equals and colon):
        raise ArgumentProblem(f"--range {text}: not of the form NAME=LOW:HIGH", hint=hint)
    try:
        lo, hi = Decimal(lowest.strip()), Decimal(highest.strip())
    except InvalidOperation as error:
        raise ArgumentProblem(f"--range {text}: the bounds are not numbers", hint=hint) from error
    _refuse_bounds(name.strip(), lo, hi)
    return name.strip(), (lo, hi)


def _refuse_repeated(names: Sequence[str]) -> None:
    folded = [name.casefold() for name in names]
    for name in names:
        if folded.count(name.casefold()) > 1:
            raise ArgumentProblem(f"the column {name} is asked for twice", hint="name each column once")


def _refuse_bounds(name: str, lo: Decimal, hi: Decimal) -> None:
    if not (lo.is_finite() and hi.is_finite()):
        raise ArgumentProblem(f"the range of {name} is not finite: {lo}..{hi}",
                              hint=f"give two finite bounds: --range {name}=0:5000")  # fmt: skip
    if lo >= hi:
        raise ArgumentProblem(f"the range of {name} is empty: {lo}..{hi}", hint="the lower bound comes first")


def _agreed(
    columns: Sequence[str] | None, ranges: Mapping[str, tuple[Decimal, Decimal]], *, with_class: bool
) -> list[Column]:
    """The columns to read with their public ranges, from what was asked."""
    if columns is not None:
        if not columns:
            raise ArgumentProblem("no columns are asked for", hint="name at least one: --columns spend,visits")
        _refuse_repeated(columns)
        if with_class and CLASS in (name.casefold() for name in columns):
            raise ArgumentProblem("the column class is the answer to learn: it cannot be a column to learn from",
                                  hint="leave class out of --columns")  # fmt: skip
    for name, (lo, hi) in ranges.items():
        _refuse_bounds(name, lo, hi)
    unused = dict(ranges)
    agreed: list[Column] = []
    for name in columns if columns is not None else (LATITUDE.name, LONGITUDE.name):
        place = _PLACES.get(name.casefold())
        given = [key for key in unused if _same(key, name, aliases=columns is None)]
        if len(given) > 1:
            raise ArgumentProblem(f"the column {name} has two ranges: {' and '.join(given)}", hint="keep one")
        if given:
            lo, hi = unused.pop(given[0])
            if columns is None and place is not None and not place.lo <= lo < hi <= place.hi:
                raise ArgumentProblem(f"the range {lo}..{hi} of {name} is wider than {place.lo}..{place.hi}",
                                      hint="a range may be narrower than that, never wider")  # fmt: skip
        elif place is not None:
            lo, hi = place.lo, place.hi
        else:
            raise ArgumentProblem(
                f"the column {name} has no agreed range",
                hint=f"add --range {name}=LOW:HIGH with bounds that all owners agree on: they are public",
            )
        agreed.append(Column(name, lo, hi))
    if unused:
        read = ", ".join(column.name for column in agreed)
        raise ArgumentProblem(f"a range is given for {next(iter(unused))}, which is not read; the columns are {read}",
                              hint="name the columns to read: --columns spend,visits")  # fmt: skip
    return agreed


def _same(name: str, other: str, *, aliases: bool) -> bool:
    name, other = name.casefold(), other.casefold()
    return name == other or (aliases and name in _PLACES and _PLACES[name] is _PLACES.get(other))


def _find(cells: Cells, column: Column, *, exact: bool) -> int:
    """The index of the file's column for an agreed one. Names match in any case; without `exact`, aliases match too."""
    if exact:
        found = [i for i, name in enumerate(cells.names) if name == column.name]
        found = found or [i for i, name in enumerate(cells.names) if _same(name, column.name, aliases=False)]
    else:
        found = [i for i, name in enumerate(cells.names) if _same(name, column.name, aliases=True)]
    place = _only(cells, found, column.name)
    if place is None:
        hint = "" if exact else "name the columns lat and lng, or choose others: --columns spend,visits"
        raise _missing(cells, column.name, hint=hint or "names must match, in any case")
    return place


def _only(cells: Cells, found: list[int], name: str) -> int | None:
    if len(found) > 1:
        names = ", ".join(printable(cells.names[i]) for i in found)
        raise FileProblem(cells.file, f"has {len(found)} columns that could be {name}: {names}",
                          hint="rename or remove all but one, or choose with --columns")  # fmt: skip
    return found[0] if found else None


def _missing(cells: Cells, name: str, *, hint: str) -> FileProblem:
    names = ", ".join(printable(found) for found in cells.names) or "none"
    return FileProblem(cells.file, f"has no column {name}; its columns are: {names}", hint=hint)


def _opened(path: Path) -> Cells:
    """The cells of a file. The first bytes decide on the format, and the name's ending where they cannot."""
    file = str(path)
    raw = whole(path)
    ending = path.suffix.casefold()
    for magic, problem in (*KNOWN_OTHERS, _ARROW):
        if raw.startswith(magic):
            raise FileProblem(file, problem, hint="export the table as CSV, Parquet or JSON")
    if not raw:
        raise FileProblem(file, "is empty", hint="give a CSV, JSON or Parquet file with at least one row")
    if raw.startswith(MAGIC) or ending in {".parquet", ".pq"}:
        return ParquetCells(file, raw)
    text = decoded(file, raw)
    if ending == ".json" or text.lstrip()[:1] in {"[", "{"}:
        return JsonCells(file, text)
    return CsvCells(file, text)
