"""SQLite as a store uses it: its settings, its tables, its errors in our words, and a few connections for readers."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enigma.errors import StoreDamaged, StoreFull, StoreLocked, StoreProblem
from enigma.storage.records import CHUNK, CHUNKS

SCHEMA = (
    "CREATE TABLE head (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
    (
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, space BLOB NOT NULL, place BLOB NOT NULL, header BLOB NOT NULL,"
        " expires INTEGER, value BLOB)"
    ),
    "CREATE TABLE chunks (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
    "CREATE UNIQUE INDEX places ON entries (space, place)",
    "CREATE INDEX leases ON entries (expires) WHERE expires IS NOT NULL",
)
READERS = 8
PATIENCE = 30  # seconds that SQLite waits for a lock that another connection of this process holds for a moment
JOURNAL_LIMIT = 64 << 20  # bytes to which the journal is cut after a large transaction


def connect(path: Path, *, writing: bool) -> sqlite3.Connection:
    """A connection with a store's settings; for one thread at a time.

    In WAL mode, synchronous=FULL calls fsync on the journal within every commit, so that what is committed survives a
    loss of power; NORMAL does so only at checkpoints, and EXTRA differs from FULL only without WAL.
    """
    mode = "rw" if writing else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        _set(connection, writing=writing)
    except BaseException:
        connection.close()
        raise
    return connection


def _set(connection: sqlite3.Connection, *, writing: bool) -> None:
    connection.text_factory = bytes  # damage can make text of anything
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * CHUNK)  # and lengths of gigabytes
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    if writing:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone does not reach the disk there
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA journal_size_limit={JOURNAL_LIMIT}")


def create(path: Path) -> sqlite3.Connection:
    """A new, empty database, readable by its owner only; its tables are made by the caller's first transaction."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = connect(path, writing=True)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


def schema_of(connection: sqlite3.Connection) -> set[str]:
    """The statements that made a database's tables; ours, or somebody changed them."""
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {sql.decode(errors="replace") if isinstance(sql, bytes) else repr(sql) for (sql,) in rows}


@contextmanager
def spoken(doing: str) -> Iterator[None]:
    """SQLite's errors in our words. Raises StoreFull, StoreDamaged, StoreLocked or StoreProblem."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a mistake of ours, not of the disk's
        raise
    except sqlite3.Error as error:
        raise in_our_words(error, doing) from error


def in_our_words(error: sqlite3.Error, doing: str) -> StoreProblem:
    """What an error of SQLite means for a store."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StoreFull(f"{doing}: no room on the disk", hint="nothing was half written; make room and try again")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreLocked(f"{doing}: the store's file is in use", hint="is another program reading it?")
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_NOMEM:
            return StoreProblem(f"{doing}: {error}", hint="look at the disk, its mount, and who may write there")
    return StoreDamaged(f"{doing}: the file is damaged ({error})", hint="open the store again: it keeps what is whole")


def chunk_range(entry: int) -> tuple[int, int]:
    """The numbers of an entry's chunks: from the first, to the one after the last that it may have."""
    return entry * CHUNKS, (entry + 1) * CHUNKS


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error of SQLite says that the file is not what it was, rather than that the disk is full or gone."""
    return isinstance(in_our_words(error, ""), StoreDamaged)


class Readers:
    """A few read-only connections, lent to any thread for a moment; a reader sees the last commit before it began."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = threading.Condition()
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._barred = False
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection; waits while all are lent."""
        with self._changed:
            self._changed.wait_for(lambda: self._lent < READERS and not self._barred)
            if self._closed:
                raise StoreProblem("this store is closed")
            self._lent += 1
            connection = self._idle.pop() if self._idle else None
        try:
            with spoken("reading"):
                connection = connection or connect(self._path, writing=False)
            yield connection
        finally:
            with self._changed:
                self._lent -= 1
                if connection is not None:
                    self._idle.append(connection)
                self._changed.notify_all()

    @contextmanager
    def none(self) -> Iterator[None]:
        """A time in which no connection is lent; those that were have come back, and all are closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._barred)
            self._barred = True
            self._changed.wait_for(lambda: self._lent == 0)
            while self._idle:
                self._idle.pop().close()
        try:
            yield
        finally:
            with self._changed:
                self._barred = False
                self._changed.notify_all()

    def close(self) -> None:
        """Wait for the connections that are lent, close all, and lend none any more."""
        with self.none():
            self.refuse()

    def refuse(self) -> None:
        """Lend no connection any more."""
        with self._changed:
            self._closed = True
