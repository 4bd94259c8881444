"""A table from any source: read in batches, every row judged, and handed on only when all is well, or as asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from enigma.client.tables import arrow_batches
from enigma.client.tables.arrow_batches import ARROW, ARROW_STREAM, PARQUET
from enigma.client.tables.columns import matched, printable
from enigma.client.tables.csv_batches import CsvBatches
from enigma.client.tables.judging import Judged, Mask, judged
from enigma.client.tables.query_batches import query
from enigma.client.tables.report import KEPT, QUOTED, BadCell, TableReport
from enigma.client.tables.source import Batches, TableSource
from enigma.client.tables.texts import KNOWN_OTHERS, opened
from enigma.contract.calling.private_arguments import Checked
from enigma.contract.types import TableType
from enigma.errors import ArgumentProblem, FileProblem, TableProblem

if TYPE_CHECKING:
    import pyarrow as pa


def is_source(value: Any) -> bool:
    """Whether something is read here: what `enigma.table` gives, a path, or a frame."""
    return isinstance(value, (TableSource, str, os.PathLike)) or hasattr(value, "__arrow_c_stream__")


def read_table(value: Any, type_: TableType) -> tuple[Checked, TableReport]:
    """The rows of a source as a private argument, and how the reading went.

    Raises `TableProblem` with a report of all bad rows, unless the source says to skip them; `FileProblem` where there
    is no table with these columns, or no row.
    """
    source = value if isinstance(value, TableSource) else TableSource(value)
    with closing(open_source(source)) as batches:
        places = matched(batches.name, batches.names, type_, source.columns)
        reading = _Reading(batches, type_, places)
        reading.run()
        report = reading.report(skip_bad=source.skip_bad)
    if report.bad and (not source.skip_bad or not report.taken):
        hint = "nothing was shared: mend the rows, or leave them out: enigma.table(..., skip_bad=True)"
        raise TableProblem(report.text(), report, hint="no row is left" if source.skip_bad else hint)
    if not report.rows:
        raise FileProblem(report.name, "has columns but no rows")
    return reading.checked(), report


def open_source(source: TableSource) -> Batches:
    """The batches of a source: a query where it has a connection, else a file, else a frame."""
    value = source.source
    if source.connection is not None:
        if not isinstance(value, str):
            raise ArgumentProblem(
                f"a query is a text, and this is a {type(value).__name__}",
                hint='enigma.table("SELECT ...", connection=connection)',
            )
        return query(source.connection, value, source.parameters)
    if isinstance(value, (str, os.PathLike)):
        return _open_file(Path(value))
    if hasattr(value, "__arrow_c_stream__"):
        return arrow_batches.frame(value)
    if isinstance(value, dict):
        return _open_columns(value)
    raise ArgumentProblem(
        f"a table is not read from a {type(value).__name__}",
        hint="give a path, a frame of pandas or polars, a table of pyarrow, or a query with connection=",
    )


def _open_file(path: Path) -> Batches:
    """The first bytes decide on the format, and the name's ending where they cannot."""
    with opened(path) as file:
        head = file.read(16)
    for magic, problem in KNOWN_OTHERS:
        if head.startswith(magic):
            raise FileProblem(str(path), problem, hint="export the table as CSV, Parquet or Arrow")
    ending = path.suffix.casefold()
    if not head:
        raise FileProblem(str(path), "is empty", hint="give a CSV, Parquet or Arrow file with at least one row")
    if head.startswith(PARQUET) or ending in {".parquet", ".pq"}:
        return arrow_batches.parquet(path)
    if head.startswith(ARROW):
        return arrow_batches.arrow_file(path, stream=False)
    if head.startswith(ARROW_STREAM) or ending == ".arrows":
        return arrow_batches.arrow_file(path, stream=True)
    if ending == ".json" or head.lstrip()[:1] in {b"[", b"{"}:
        raise FileProblem(str(path), "is JSON", hint="export the table as CSV, Parquet or Arrow")
    return CsvBatches(path)


def _open_columns(columns: dict[str, Any]) -> Batches:
    import pyarrow as pa

    try:
        return arrow_batches.frame(pa.table(columns))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ArgumentProblem(f"these columns are no table: {error}", hint="one list for each column") from None


class _Reading:
    """One pass over a source."""

    def __init__(self, batches: Batches, type_: TableType, places: dict[str, int]) -> None:
        self._batches, self._type, self._places = batches, type_, places
        self._parts: dict[str, list[Any]] = {name: [] for name in places}
        self._rows = self._bad = 0
        self._cells: list[tuple[int, str, str, str]] = []  # row, column, why, value

    def run(self) -> None:
        """Read and judge everything."""
        for arrays in self._batches.read(list(self._places.values())):
            self._take(arrays)

    def _take(self, arrays: Sequence[pa.Array]) -> None:
        found: list[Judged] = []
        for (name, element), cells in zip(self._type.columns, arrays, strict=True):
            try:
                found.append(judged(cells, element))
            except ArgumentProblem as problem:
                raise FileProblem(
                    self._batches.name, f"column {self._own(name)} {problem.message}", hint=problem.hint
                ) from None
        count = len(arrays[0])
        faulty = [fault.rows for each in found for fault in each.faults]
        bad: Mask | None = np.logical_or.reduce(faulty) if faulty else None
        if bad is not None:
            self._bad += int(bad.sum())
            self._note(found, arrays)
        for (name, _), each in zip(self._type.columns, found, strict=True):
            self._parts[name].append(each.values if bad is None else each.values[~bad])
        self._rows += count

    def _note(self, found: Sequence[Judged], arrays: Sequence[pa.Array]) -> None:
        room = KEPT - len(self._cells)
        noted: list[tuple[int, int, str]] = []
        for column, each in enumerate(found):
            for fault in each.faults:
                noted += [(int(row), column, fault.why) for row in np.flatnonzero(fault.rows)[:room]]
        for row, column, why in sorted(noted)[:room]:
            name = self._type.columns[column][0]
            self._cells.append((self._rows + row, self._own(name), why, _quoted(arrays[column][row].as_py())))

    def _own(self, name: str) -> str:
        """The owner's name of a column."""
        return printable(self._batches.names[self._places[name]])

    def report(self, *, skip_bad: bool) -> TableReport:
        """How it went."""
        batches = self._batches
        rows = sorted({row for row, *_ in self._cells})
        lines = dict(zip(rows, batches.places(rows), strict=True)) if rows else {}
        cells = [BadCell(lines[row], column, why, value) for row, column, why, value in self._cells]
        count, uneven = batches.uneven()
        for each in uneven:
            fields = f"{each.fields} field{'s' * (each.fields != 1)}"
            cells.append(BadCell(each.line, "", f"has {fields} where the header has {each.expected}"))
        cells.sort(key=lambda cell: cell.at)
        taken = set(self._places.values())
        ignored = tuple(printable(name) for i, name in enumerate(batches.names) if i not in taken)
        return TableReport(
            batches.name, batches.counted, self._rows + count, self._bad + count, tuple(cells[:KEPT]), ignored,
            skipped=skip_bad,
        )  # fmt: skip

    def checked(self) -> Checked:
        """The rows that fit."""
        columns = {}
        for name, element in self._type.columns:
            columns[name] = np.concatenate(self._parts.pop(name)), element
        return Checked(columns, len(next(iter(columns.values()))[0]))


def _quoted(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= QUOTED else text[:QUOTED] + "…"
