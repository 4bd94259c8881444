"""The rows of an SQL query: as Arrow where the connection gives that (ADBC, DuckDB), else as rows of the DB-API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from enigma.client.tables.arrow_batches import ArrowBatches
from enigma.client.tables.source import ROWS
from enigma.errors import ArgumentProblem, FileProblem

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = "the query"


def query(connection: Any, sql: str, parameters: Any = None) -> ArrowBatches:
    """The columns that a query gives. `connection`: of ADBC, SQLAlchemy (or its engine), or any of the DB-API.

    Raises `ArgumentProblem` for what is no connection, `FileProblem` with the database's words.
    """
    raw, borrowed = _plain(connection)
    try:
        cursor = raw.cursor()
        closing = [cursor.close, *([raw.close] if borrowed else [])]
    except Exception as error:
        raise _refused(error) from error
    try:
        cursor.execute(sql, *(() if parameters is None else (parameters,)))
        described = cursor.description
    except Exception as error:
        _close(closing)
        raise _refused(error) from error
    if not described:
        _close(closing)
        raise ArgumentProblem("the query gives no rows", hint="a table is contributed from a SELECT")
    names = [str(column[0]) for column in described]
    arrow = getattr(cursor, "fetch_record_batch", None)
    read = (lambda _: iter(arrow())) if arrow is not None else (lambda _: _rows(cursor, names))
    return ArrowBatches(_NAME, names, read, lambda: _close(closing))


def _plain(connection: Any) -> tuple[Any, bool]:
    """A connection of the DB-API, and whether it is ours to close."""
    if hasattr(connection, "raw_connection"):  # an engine of SQLAlchemy
        return connection.raw_connection(), True
    if hasattr(connection, "exec_driver_sql"):  # a connection of SQLAlchemy
        return connection.connection, False
    if not hasattr(connection, "cursor"):
        raise ArgumentProblem(
            f"connection= is a {type(connection).__name__}, and no connection to a database",
            hint="give one of ADBC, of SQLAlchemy, or of any driver with the DB-API, such as sqlite3",
        )
    return connection, False


def _rows(cursor: Any, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    while True:
        try:
            rows = cursor.fetchmany(ROWS)
        except Exception as error:
            raise _refused(error) from error
        if not rows:
            return
        columns = [_column(values) for values in zip(*rows, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=list(names))


def _column(values: Sequence[Any]) -> pa.Array:
    """One column; where a database mixes kinds, as texts, which are judged one by one."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _refused(error: Exception) -> FileProblem:
    """Drivers have errors of their own; what they say is for the owner of the database."""
    return FileProblem(_NAME, f"the database says: {error}", hint="nothing was shared")


def _close(closing: Sequence[Any]) -> None:
    for each in closing:
        with contextlib.suppress(Exception):
            each()
