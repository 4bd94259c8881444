"""Cells of a CSV file: pyarrow reads them; the standard library's reader finds the line where something is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from enigma.apex.cells import Numbers
from enigma.errors import FileProblem

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# NaN and infinity count as numbers here, so that the error can call them by their names.
_SPECIAL = r"(?i)^[+-]?(nan|inf|infinity)$"
_DELIMITERS = (",", ";", "\t")
_LARGEST_BLOCK = 2**31 - 1
_DECIMAL_COMMAS = "if these are decimal commas, write decimals with a point: 51.5, not 51,5"


class CsvCells:
    """The cells of one CSV file, separated by commas, semicolons or tabs (whichever splits the header best).

    Blank lines between rows are no rows, except in a file with a single column, where they are empty cells; blank
    lines at either end of the file are never rows. Raises `FileProblem` where the text is no table.
    """

    counted: Literal["line", "row"] = "line"

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        body = text.lstrip("\r\n")
        # Editors count a CRLF once, and a lone CR like an LF.
        lead = text[: len(text) - len(body)]
        self._lines_before = len(lead.replace("\r\n", "\n"))
        self._text = body.rstrip("\r\n") + "\n"
        if not body.strip():
            raise FileProblem(file, "is empty", hint="the first line names the columns, each further line is a row")
        headers = [(next(self._records(delimiter)), delimiter) for delimiter in _DELIMITERS]
        (_, header), self._delimiter = max(headers, key=lambda found: len(found[0][1]))
        self.names = tuple(name.strip() or f"(column {i})" for i, name in enumerate(header, start=1))
        if '"' in self._text:
            self._refuse_broken_quotes()
        self._table = self._read()

    @property
    def rows(self) -> int:
        """The number of rows below the header."""
        return int(self._table.num_rows)

    def numbers(self, column: int) -> Numbers:
        """The column with this index, as the float64 values nearest to its decimals."""
        import pyarrow as pa
        import pyarrow.compute as pc

        cells = pc.utf8_trim_whitespace(self._table.column(column).combine_chunks())
        empty = pc.equal(cells, "")
        numeric = pc.or_(pc.match_substring_regex(cells, _NUMBER), pc.match_substring_regex(cells, _SPECIAL))
        values = pc.cast(pc.if_else(numeric, cells, "nan"), pa.float64())
        strange = pc.and_(pc.invert(numeric), pc.invert(empty))
        return Numbers(
            np.array(values, dtype=np.float64),
            empty.to_numpy(zero_copy_only=False),
            strange.to_numpy(zero_copy_only=False),
        )

    def shown(self, row: int, column: int) -> str:
        """One cell as its owner wrote it, in quotes."""
        return repr(self._table.column(column)[row].as_py())

    def line(self, row: int, _column: int, /) -> int:
        """The line on which the row starts, as an editor shows it, counting line breaks inside quotes too."""
        for at, (start, _) in enumerate(self._records(self._delimiter)):
            if at == row + 1:
                return start
        raise FileProblem(self.file, f"row {row + 1} cannot be found again: has the file changed?")

    def _records(self, delimiter: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """The header and all rows, each with the line on which it starts."""
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=delimiter, strict=strict)
        start = self._lines_before + 1
        single = False
        try:
            for record in reader:
                if record or single:
                    yield start, record or [""]
                    single = single or len(record) == 1
                start = self._lines_before + reader.line_num + 1
        except csv.Error as error:
            raise FileProblem(self.file, f"line {start}: {error}", hint="is a quote left open or misplaced?") from error

    def _refuse_broken_quotes(self) -> None:
        # An open quote would swallow the rows behind it into one cell, without a word.
        for _ in self._records(self._delimiter, strict=True):
            pass

    def _read(self) -> pa.Table:
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        raw = self._text.encode("utf-8")
        names = [str(i) for i in range(len(self.names))]
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(raw),
                # One block: a row that is longer than a block would be refused.
                read_options=arrow_csv.ReadOptions(
                    column_names=names, skip_rows_after_names=1, block_size=min(len(raw) + 1, _LARGEST_BLOCK)
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
                ),
                convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except pa.ArrowInvalid as error:
            self._raise_uneven_rows()
            raise FileProblem(self.file, f"is not a readable CSV file: {error}") from error

    def _raise_uneven_rows(self) -> None:
        width = len(self.names)
        uneven = [(line, len(row)) for line, row in self._records(self._delimiter) if len(row) != width]
        if uneven:
            line, fields = uneven[0]
            more = f" (and {len(uneven) - 1} more lines do not fit)" if len(uneven) > 1 else ""
            hint = _DECIMAL_COMMAS if fields > width and self._delimiter == "," else "is a separator missing?"
            fields_text = f"{fields} field{'s' if fields != 1 else ''}"
            raise FileProblem(self.file, f"line {line} has {fields_text} where the header has {width}{more}", hint=hint)
