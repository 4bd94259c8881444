"""CSV in batches: pyarrow reads it; the standard library's reader finds the lines of the rows that are bad."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from enigma.client.tables.report import KEPT
from enigma.client.tables.source import Counted, Uneven
from enigma.client.tables.texts import decoded, opened, whole
from enigma.errors import FileProblem

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 24
"""Bytes of a block: a row that is longer is refused."""
_DELIMITERS = (",", ";", "\t")
_HEAD = 1 << 16
_OPEN_QUOTE = "is a quote left open or misplaced?"


class _Counting(io.RawIOBase):
    """A file that counts the quotes that were read from it: an odd number is a quote left open."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.quotes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        octets = self._file.read(len(buffer))
        self.quotes += octets.count(b'"')
        buffer[: len(octets)] = octets
        return len(octets)

    def close(self) -> None:
        """Its owner closes the file."""


class CsvBatches:
    """The rows of one CSV file, separated by commas, semicolons or tabs (whichever splits the header best).

    Blank lines between rows are no rows, except in a file of one column, where they are empty cells; blank lines at
    either end of the file are never rows. Text is UTF-8, or UTF-16 with a byte-order mark. Raises `FileProblem`.
    """

    counted: Counted = "line"

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._file = opened(path)
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise
        self._uneven = 0

    def _begin(self) -> None:
        head = self._file.read(_HEAD)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._keep(decoded(self.name, whole(self._path)))
            head = self._file.read(_HEAD)
        elif b"\0" in head:
            decoded(self.name, head.replace(b"\xff", b" "))
        start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
        body = head[start:].lstrip(b"\r\n")
        lead = head[start : len(head) - len(body)]
        if not body.strip():
            raise FileProblem(
                self.name, "is empty", hint="the first line names the columns, each further line is a row"
            )
        # Editors count a CRLF once, and a lone CR like an LF.
        self._lines_before = len(lead.replace(b"\r\n", b"\n"))
        self._start = start + len(lead)
        headers = [(next(self._records(delimiter)), delimiter) for delimiter in _DELIMITERS]
        (_, header), self._delimiter = max(headers, key=lambda found: len(found[0][1]))
        self.names = tuple(name.strip() or f"(column {i})" for i, name in enumerate(header, start=1))
        if len(self.names) == 1:
            # A blank line is a row here, but not at the end: where that is, the whole text says.
            self._file.seek(self._start)
            text = decoded(self.name, self._file.read())
            self._keep(text.rstrip("\r\n") + "\n")
            self._start = 0

    def _keep(self, text: str) -> None:
        """Go on with a text in memory instead of the file."""
        self._file.close()
        self._file = io.BytesIO(text.encode())

    # ------------------------------------------------------------ rows

    def read(self, columns: Sequence[int]) -> Iterator[Sequence[pa.Array]]:
        """See `Batches.read`."""
        import pyarrow as pa

        self._file.seek(self._start)
        counting = _Counting(self._file)
        try:
            for batch in self._reader(counting, columns):
                yield [batch.column(batch.schema.get_field_index(str(column))) for column in columns]
        except pa.ArrowInvalid as error:
            self._refuse_broken_quotes()
            if not isinstance(self._file, io.BytesIO):
                decoded(self.name, whole(self._path))
            reason = str(error).splitlines()[0]
            raise FileProblem(self.name, f"is not a readable CSV file: {reason}") from error
        if counting.quotes % 2:
            # An open quote would swallow the rows behind it into one cell, without a word.
            self._refuse_broken_quotes()

    def _reader(self, file: Any, columns: Sequence[int]) -> Any:
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        names = [str(i) for i in range(len(self.names))]

        def odd(_: Any) -> str:
            self._uneven += 1
            return "skip"

        return arrow_csv.open_csv(
            pa.PythonFile(file, mode="r"),
            # One thread: the rows that are left out are counted.
            read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, block_size=BLOCK, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1,
                invalid_row_handler=odd,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(column) for column in dict.fromkeys(columns)],
            ),
        )  # fmt: skip

    def places(self, rows: Sequence[int]) -> list[int]:
        """The lines on which these rows start, as an editor shows them, line breaks inside quotes counted too."""
        found: list[int] = []
        wanted = iter(rows)
        row = next(wanted, None)
        width, at = len(self.names), -1
        for line, record in self._records(self._delimiter):
            if row is None:
                break
            if len(record) != width:
                continue
            if at == row:
                found.append(line)
                row = next(wanted, None)
            at += 1
        if row is not None:
            raise FileProblem(self.name, f"row {row + 1} cannot be found again: has the file changed?")
        return found

    def uneven(self) -> tuple[int, list[Uneven]]:
        """See `Batches.uneven`."""
        found: list[Uneven] = []
        if self._uneven:
            width = len(self.names)
            for line, record in self._records(self._delimiter):
                if len(record) != width:
                    found.append(Uneven(line, len(record), width))
                if len(found) == min(self._uneven, KEPT):
                    break
        return self._uneven, found

    def close(self) -> None:
        """See `Batches.close`."""
        self._file.close()

    # ------------------------------------------------------------ the standard library's view

    def _records(self, delimiter: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """The header and all rows, each with the line on which it starts."""
        self._file.seek(self._start)
        text = io.TextIOWrapper(io.BufferedReader(_Counting(self._file)), encoding="utf-8", newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=strict)
        start = self._lines_before + 1
        single = False
        try:
            for record in reader:
                if record or single:
                    yield start, record or [""]
                    single = single or len(record) == 1
                start = self._lines_before + reader.line_num + 1
        except csv.Error as error:
            raise FileProblem(self.name, f"line {start}: {error}", hint=_OPEN_QUOTE) from error
        except UnicodeDecodeError as error:
            decoded(self.name, whole(self._path))
            raise FileProblem(self.name, "has changed while it was read", hint="read it again") from error

    def _refuse_broken_quotes(self) -> None:
        for _ in self._records(self._delimiter, strict=True):
            pass
