"""Entries in a database: finding, reading, and changing them within one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from enigma.errors import StoreChanged, StoreDamaged, StoreProblem
from enigma.storage.catalogue import Change
from enigma.storage.cipher import Cipher, Kind, SealingKey
from enigma.storage.database import chunk_range
from enigma.storage.records import CHUNK, CHUNKS, Form, Head, Header, Name

HEADERS = "SELECT id, space, place, header, expires FROM entries"


class Row(NamedTuple):
    """An entry as it lies in the database, without its value. What damage made of it may be of any type."""

    id: int
    space: bytes
    place: bytes
    header: bytes
    expires: int | None


def find(connection: sqlite3.Connection, cipher: Cipher, name: Name) -> Row | None:
    """The row at a place, unchecked."""
    where = cipher.space(name.space), cipher.place(name.space, name.key)
    found = connection.execute(f"{HEADERS} WHERE space = ? AND place = ?", where).fetchone()
    return None if found is None else Row(*found)


def header_of(cipher: Cipher, row: Row) -> Header:
    """The header of a row, checked against everything beside it. Raises StoreDamaged."""
    header = Header.open(cipher, row.header, row.place)
    if row.space != cipher.space(header.name.space) or row.expires != header.expires:
        raise StoreDamaged("what is stored beside the header is altered", space=header.name.space, key=header.name.key)
    return header


def whole(cipher: Cipher, row: Row, name: Name) -> Header:
    """The header of a row found at `name`; it is not lost, and not another's. Raises StoreDamaged, with the place."""
    try:
        header = header_of(cipher, row)
    except StoreDamaged as damage:
        raise StoreDamaged(damage.problem, space=name.space, key=name.key) from None
    if header.name != name or header.form is Form.LOST:
        problem = "its value was lost" if header.name == name else "another entry lies there"
        raise StoreDamaged(
            problem, space=name.space, key=name.key, hint="put it again from where it came, or delete it"
        )
    return header


def short_value(connection: sqlite3.Connection, cipher: Cipher, row: Row, header: Header) -> bytes:
    """The value that lies beside its header. Raises StoreDamaged."""
    found = connection.execute("SELECT value FROM entries WHERE id = ?", (row.id,)).fetchone()
    return _opened(cipher.of(row.header), header, 0, found)


def chunk(connection: sqlite3.Connection, key: SealingKey, row: Row, header: Header, number: int) -> bytes:
    """One chunk of a long value. Raises StoreDamaged."""
    found = connection.execute("SELECT sealed FROM chunks WHERE id = ?", (row.id * CHUNKS + number,)).fetchone()
    return _opened(key, header, number, found)


def _opened(key: SealingKey, header: Header, number: int, found: tuple[object] | None) -> bytes:
    name = header.name
    if found is None or not isinstance(found[0], bytes):
        raise StoreDamaged("a part of its value is missing", space=name.space, key=name.key)
    last = header.form is Form.SHORT or number == header.chunks - 1
    try:
        content = key.open(Kind.CHUNK, found[0], name.bound(), number, last=last)
    except StoreDamaged as damage:
        raise StoreDamaged(damage.problem, space=name.space, key=name.key) from None
    return content


def pieces(connection: sqlite3.Connection, cipher: Cipher, row: Row, header: Header) -> Iterator[bytes]:
    """A whole value in order. Raises StoreDamaged."""
    if header.form is Form.SHORT:
        yield short_value(connection, cipher, row, header)
        return
    key = cipher.of(row.header)
    for number in range(header.chunks):
        yield chunk(connection, key, row, header, number)


def chunks_of(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces of CHUNK bytes; the last may be shorter, and there is always one."""
    held = bytearray()
    first = True
    for part in parts:
        view = memoryview(part)
        while len(held) + len(view) > CHUNK:
            taken = CHUNK - len(held)
            held += view[:taken]
            view = view[taken:]
            yield bytes(held)
            first = False
            held.clear()
        held += view
    if held or first:
        yield bytes(held)


@dataclass(frozen=True, slots=True)
class Staged:
    """A long value whose chunks are written, and which no entry names yet."""

    id: int
    key: SealingKey
    size: int


class Transaction:
    """The changes of one commit. `head` and `changes` are what it comes to; nothing outlives a rollback."""

    def __init__(self, connection: sqlite3.Connection, cipher: Cipher, head: Head) -> None:
        self._connection, self._cipher = connection, cipher
        self.head = replace(head, number=head.number + 1)
        self.changes: list[Change] = []
        self.failed = False

    def put(self, name: Name, value: bytes, expires: int | None, entry: int) -> None:
        """Keep a short value."""
        key = self._cipher.fresh()
        header = Header(name, Form.SHORT, self.head.number, len(value), expires)
        self._install(header, key, entry, key.seal(Kind.CHUNK, value, name.bound()))

    def install(self, name: Name, staged: Staged, expires: int | None) -> None:
        """Let an entry name a long value."""
        header = Header(name, Form.CHUNKED, self.head.number, staged.size, expires)
        self._install(header, staged.key, staged.id, None)

    def mark_lost(self, name: Name, entry: int) -> None:
        """Say that an entry was here and is lost, until it is put again or deleted."""
        self._install(Header(name, Form.LOST, self.head.number, 0, None), self._cipher.fresh(), entry, None)

    def _install(self, header: Header, key: SealingKey, entry: int, value: bytes | None) -> None:
        name = header.name
        self._remove(name)
        sealed = header.seal(self._cipher, key)
        where = self._cipher.space(name.space), self._cipher.place(name.space, name.key)
        write_row(self._connection, Row(entry, *where, sealed, header.expires), value)
        total = self.head.total + self._cipher.mark(sealed)
        self.head = replace(self.head, entries=self.head.entries + 1, total=total)
        self.changes.append(Change(name, header.number, present=True))

    def delete(self, name: Name) -> bool:
        """Forget an entry, or the mark of one that is lost; False where there was none."""
        removed = self._remove(name)
        if removed:
            self.changes.append(Change(name, self.head.number, present=False))
        return removed

    def _remove(self, name: Name) -> bool:
        row = find(self._connection, self._cipher, name)
        if row is not None:
            self.remove_row(row)
        return row is not None

    def remove_row(self, row: Row) -> None:
        """Forget a row, whatever is in it."""
        remove_chunks(self._connection, row.id)
        self._connection.execute("DELETE FROM entries WHERE id = ?", (row.id,))
        total = self.head.total - self._cipher.mark(row.header)
        self.head = replace(self.head, entries=self.head.entries - 1, total=total)

    def write_head(self) -> None:
        """The last statement of a transaction."""
        self._connection.execute(
            "INSERT OR REPLACE INTO head (id, sealed) VALUES (1, ?)", (self.head.seal(self._cipher),)
        )


def write_chunk(
    connection: sqlite3.Connection, staged: Staged, name: Name, number: int, content: bytes, last: bool
) -> None:
    """Keep one chunk of a value that no entry names yet."""
    if number >= CHUNKS:
        raise StoreProblem(f"a value in a store has at most {CHUNKS * CHUNK} bytes")
    sealed = staged.key.seal(Kind.CHUNK, content, name.bound(), number, last=last)
    connection.execute("INSERT INTO chunks (id, sealed) VALUES (?, ?)", (staged.id * CHUNKS + number, sealed))


def write_sealed(
    connection: sqlite3.Connection, cipher: Cipher, entry: int, header: Header, parts: Iterator[bytes]
) -> int:
    """Keep an entry as it is, under a fresh key; the mark of its header."""
    staged = Staged(entry, cipher.fresh(), header.size)
    name = header.name
    value = staged.key.seal(Kind.CHUNK, next(parts), name.bound()) if header.form is Form.SHORT else None
    for number, content in enumerate(parts):
        write_chunk(connection, staged, name, number, content, last=number == header.chunks - 1)
    sealed = header.seal(cipher, staged.key)
    where = cipher.space(name.space), cipher.place(name.space, name.key)
    write_row(connection, Row(entry, *where, sealed, header.expires), value)
    return cipher.mark(sealed)


def write_row(connection: sqlite3.Connection, row: Row, value: bytes | None) -> None:
    """Write a row as it is."""
    connection.execute(
        "INSERT INTO entries (id, space, place, header, expires, value) VALUES (?, ?, ?, ?, ?, ?)", (*row, value)
    )


def remove_chunks(connection: sqlite3.Connection, entry: int) -> None:
    """Overwrite all chunks of an entry, or of none."""
    connection.execute("DELETE FROM chunks WHERE id >= ? AND id < ?", chunk_range(entry))


def read_head(connection: sqlite3.Connection, cipher: Cipher) -> Head:
    """The head of a store. Raises StoreDamaged."""
    row = connection.execute("SELECT sealed FROM head WHERE id = 1").fetchone()
    return Head.open(cipher, None if row is None else row[0])


def next_entry(connection: sqlite3.Connection) -> int:
    """A number above those of all entries and chunks."""
    highest = connection.execute("SELECT (SELECT max(id) FROM entries), (SELECT max(id) FROM chunks)").fetchone()
    return max(highest[0] or 0, (highest[1] or 0) // CHUNKS) + 1


def unnamed(connection: sqlite3.Connection) -> Iterator[int]:
    """Numbers that chunks have and no entry: an interrupted put left them."""
    at: int | None = 0
    while True:
        row = connection.execute("SELECT min(id) FROM chunks WHERE id >= ?", (at,)).fetchone()
        if row[0] is None:
            return
        entry = row[0] // CHUNKS
        if connection.execute("SELECT 1 FROM entries WHERE id = ?", (entry,)).fetchone() is None:
            yield entry
        at = chunk_range(entry)[1]


def still(connection: sqlite3.Connection, cipher: Cipher, row: Row, name: Name) -> None:
    """Whether an entry is the one that it was. Raises StoreChanged."""
    if find(connection, cipher, name) != row:
        raise StoreChanged(f"an entry of space {name.space!r} was replaced or deleted while it was read")
