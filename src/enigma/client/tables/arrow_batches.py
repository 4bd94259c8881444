"""Parquet, Arrow files and streams, and frames: whatever gives Arrow's record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.client.tables.source import ROWS, Counted, Uneven
from enigma.client.tables.texts import opened
from enigma.errors import FileProblem

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET, ARROW, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"


class ArrowBatches:
    """Columns that come in Arrow's form; rows count from 1.

    `read` gives the record batches for some columns (their numbers and names), which may hold more columns than these.
    """

    counted: Counted = "row"

    def __init__(
        self, name: str, names: Sequence[str], read: Callable[[Sequence[int]], Iterator[Any]], close: Callable[[], None]
    ) -> None:
        self.name, self.names, self._read, self._close = name, tuple(names), read, close

    def read(self, columns: Sequence[int]) -> Iterator[Sequence[pa.Array]]:
        """See `Batches.read`."""
        import pyarrow as pa

        try:
            for batch in self._read(columns):
                # What comes in one piece is judged in parts, so that little stands beside it.
                for start in range(0, max(batch.num_rows, 1), ROWS):
                    part = batch.slice(start, ROWS)
                    yield [_array(part, self.names[column], column) for column in columns]
        except (pa.ArrowException, OSError) as error:
            raise damaged(self.name, error) from error

    def places(self, rows: Sequence[int]) -> list[int]:
        """See `Batches.places`."""
        return [row + 1 for row in rows]

    def uneven(self) -> tuple[int, list[Uneven]]:
        """Rows of columns have one value each."""
        return 0, []

    def close(self) -> None:
        """See `Batches.close`."""
        self._close()


def parquet(path: Path) -> ArrowBatches:
    """The columns of one Parquet file. Raises `FileProblem` for a damaged or truncated one."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    # Opened by us: a directory or a name that looks like a data set never reaches pyarrow.
    file = opened(path)
    try:
        found = pq.ParquetFile(file)
        names = list(found.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        file.close()
        raise damaged(str(path), error) from error

    def read(columns: Sequence[int]) -> Iterator[Any]:
        yield from found.iter_batches(batch_size=ROWS, columns=[names[column] for column in dict.fromkeys(columns)])

    def close() -> None:
        found.close()
        file.close()

    return ArrowBatches(str(path), names, read, close)


def arrow_file(path: Path, *, stream: bool) -> ArrowBatches:
    """The columns of an Arrow (Feather) file, or of a stream that was saved."""
    import pyarrow as pa

    file = opened(path)
    try:
        found = pa.ipc.open_stream(file) if stream else pa.ipc.open_file(file)
    except (pa.ArrowException, OSError) as error:
        file.close()
        raise damaged(str(path), error) from error

    def read(_: Sequence[int]) -> Iterator[Any]:
        if stream:
            yield from found
        else:
            for number in range(found.num_record_batches):
                yield found.get_batch(number)

    return ArrowBatches(str(path), found.schema.names, read, file.close)


def frame(value: Any) -> ArrowBatches:
    """The columns of whatever has `__arrow_c_stream__`: frames of pandas and polars, tables of pyarrow and DuckDB."""
    import pyarrow as pa

    name = f"the {type(value).__name__}"
    try:
        reader = pa.RecordBatchReader.from_stream(value)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise damaged(name, error) from error
    return reading(name, reader)


def reading(name: str, reader: Any) -> ArrowBatches:
    """The columns of a reader of record batches, which can be read once."""
    return ArrowBatches(name, reader.schema.names, lambda _: iter(reader), reader.close)


def damaged(name: str, error: Exception) -> FileProblem:
    """What Arrow says of something that it cannot read."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return FileProblem(
        name, f"cannot be read: {reason}", hint="it may be truncated, or of another format: export it again"
    )


def _array(batch: Any, name: str, place: int) -> pa.Array:
    """By name, since files give only what was asked for; by place where several have it."""
    found = batch.schema.get_all_field_indices(name)
    return batch.column(found[0] if len(found) == 1 else place)
