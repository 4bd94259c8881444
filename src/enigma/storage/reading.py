"""What a store gives out: nothing that was not put there, and only what was committed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from enigma.errors import StoreDamaged
from enigma.storage.cipher import Cipher
from enigma.storage.database import Readers, spoken
from enigma.storage.entries import HEADERS, Row, Transaction, chunk, find, header_of, pieces, short_value, still, whole
from enigma.storage.records import Form, Header, Name


class StoreReading:
    """The reading half of a store. Readers wait for nobody, but for each other when there are many."""

    def __init__(self, cipher: Cipher, readers: Readers, writer: sqlite3.Connection) -> None:
        self._cipher, self._readers, self._writer = cipher, readers, writer
        self._turn = threading.RLock()  # whoever holds it writes
        self._change: Transaction | None = None  # of the thread that holds the turn

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in one snapshot; within this thread's transaction, the one that sees its changes."""
        if self._is_mine():
            with spoken("reading"):
                yield self._writer
            return
        with self._readers.lent() as connection, spoken("reading"):
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _is_mine(self) -> bool:
        if not self._turn.acquire(blocking=False):
            return False
        try:
            return self._change is not None
        finally:
            self._turn.release()

    def get(self, space: str, key: bytes) -> bytes | None:
        """The value, or None where there is none. A value that expired is there until `expire`."""
        name = Name(space, key)
        with self._reading() as connection:
            row = find(connection, self._cipher, name)
            if row is None:
                return None
            header = whole(self._cipher, row, name)
            if header.form is Form.SHORT:
                return short_value(connection, self._cipher, row, header)
            return b"".join(pieces(connection, self._cipher, row, header))

    def size(self, space: str, key: bytes) -> int | None:
        """The value's size in bytes, or None."""
        name = Name(space, key)
        with self._reading() as connection:
            row = find(connection, self._cipher, name)
            return None if row is None else whole(self._cipher, row, name).size

    def expires(self, space: str, key: bytes) -> int | None:
        """When the value expires, in seconds since 1970; None where it never does, or is not there."""
        name = Name(space, key)
        with self._reading() as connection:
            row = find(connection, self._cipher, name)
            return None if row is None else whole(self._cipher, row, name).expires

    def keys(self, space: str, prefix: bytes = b"") -> list[bytes]:
        """The keys of a space that begin with `prefix`, in order. Those of lost values are not among them."""
        Name(space, prefix)
        found = []
        with self._reading() as connection:
            for values in connection.execute(f"{HEADERS} WHERE space = ?", (self._cipher.space(space),)):
                try:
                    header = header_of(self._cipher, Row(*values))
                except StoreDamaged as damage:
                    raise StoreDamaged(f"an entry that may be of this space: {damage.problem}", space=space) from None
                if header.form is not Form.LOST and header.name.key.startswith(prefix):
                    found.append(header.name.key)
        return sorted(found)

    def open_stream(self, space: str, key: bytes) -> Iterator[bytes] | None:
        """The value in chunks of at most CHUNK bytes, or None. Every chunk is authentic; that all came, the end tells.

        Writers are not held up meanwhile: raises StoreChanged where the entry is replaced or deleted on the way.
        """
        name = Name(space, key)
        with self._reading() as connection:
            row = find(connection, self._cipher, name)
            if row is None:
                return None
            header = whole(self._cipher, row, name)
        return self._stream(row, header)

    def _stream(self, row: Row, header: Header) -> Iterator[bytes]:
        sealed_with = self._cipher.of(row.header)
        cipher = self._cipher
        for number in range(1 if header.form is Form.SHORT else header.chunks):
            with self._reading() as connection:
                still(connection, cipher, row, header.name)
                if header.form is Form.SHORT:
                    content = short_value(connection, cipher, row, header)
                else:
                    content = chunk(connection, sealed_with, row, header, number)
            yield content
