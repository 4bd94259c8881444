"""Cells of a Parquet file, read by pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from enigma.apex.cells import Numbers
from enigma.errors import FileProblem

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"


class ParquetCells:
    """The columns of one Parquet file; rows count from 1.

    Raises `FileProblem` for a damaged or truncated file, and for a wanted column that holds anything but numbers.
    """

    counted: Literal["line", "row"] = "row"

    def __init__(self, file: str, raw: bytes) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.file = file
        try:
            # Opened by its bytes: a directory or a name that looks like a data set never reaches pyarrow.
            self._parquet = pq.ParquetFile(pa.BufferReader(raw))
            self.names = tuple(self._parquet.schema_arrow.names)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self._read: dict[int, pa.Array] = {}

    @property
    def rows(self) -> int:
        """The number of rows that the file's footer states."""
        return int(self._parquet.metadata.num_rows)

    def numbers(self, column: int) -> Numbers:
        """The column with this index: integers, floats and decimals as the nearest float64, null as empty."""
        import pyarrow as pa
        import pyarrow.compute as pc

        cells = self._column(column)
        kind = cells.type
        if pa.types.is_decimal(kind):
            # By way of text: Arrow's own cast multiplies by a rounded power of ten.
            cells = pc.cast(cells, pa.string())
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise FileProblem(self.file, f"column {self.names[column]} holds {kind}, not numbers",
                              hint="store the column as floating-point, integer or decimal numbers")  # fmt: skip
        values = pc.cast(cells, pa.float64(), safe=False)
        empty = values.is_null().to_numpy(zero_copy_only=False)
        filled = np.array(pc.fill_null(values, float("nan")), dtype=np.float64)
        return Numbers(filled, empty, np.zeros(len(filled), dtype=np.bool_))

    def shown(self, row: int, column: int) -> str:
        """One cell as Python prints it; nothing for null."""
        cell = self._column(column)[row].as_py()
        return "" if cell is None else str(cell)

    def line(self, row: int, _column: int, /) -> int:
        """The row's number, from 1."""
        return row + 1

    def _column(self, column: int) -> pa.Array:
        import pyarrow as pa

        if column not in self._read:
            try:
                cells = self._parquet.read(columns=[self.names[column]]).column(0).combine_chunks()
            except (pa.ArrowException, OSError) as error:
                raise self._damaged(error) from error
            if pa.types.is_dictionary(cells.type):
                cells = cells.dictionary_decode()
            self._read[column] = cells
        return self._read[column]

    def _damaged(self, error: Exception) -> FileProblem:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return FileProblem(self.file, f"is not a readable Parquet file: {reason}",
                           hint="it may be truncated or of another format: export it again")  # fmt: skip
