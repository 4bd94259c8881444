"""Whole stores written anew: what is whole in a damaged file, or all of a sound one under another key."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from enigma.errors import StoreDamaged
from enigma.storage.catalogue import CatalogueReader
from enigma.storage.cipher import Cipher
from enigma.storage.database import SCHEMA, connect, create, is_damage, schema_of
from enigma.storage.entries import (
    HEADERS,
    Row,
    find,
    header_of,
    pieces,
    read_head,
    remove_chunks,
    write_row,
    write_sealed,
)
from enigma.storage.files import Files, drop, put_aside, take_place
from enigma.storage.records import CHUNKS, Form, Head
from enigma.storage.survey import Survey, verify_value

_BATCH = 200  # entries in one commit


def make_tables(files: Files, cipher: Cipher, head: Head, *, successor: bool = False) -> sqlite3.Connection:
    """An empty store with this head: at its own path, or beside it."""
    connection = create(files.successor if successor else files.path)
    if successor:
        connection.execute("PRAGMA synchronous=OFF")  # all of it is made durable at once, before it takes its place
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("INSERT INTO head (id, sealed) VALUES (1, ?)", (head.seal(cipher),))
    connection.execute("COMMIT")
    return connection


def rebuild(files: Files, cipher: Cipher, known: CatalogueReader, seen: Survey) -> str:
    """Copy what is whole into a new file that takes the damaged one's place; the name under which that is kept."""
    identity = seen.head.store if seen.head else known.store or secrets.token_bytes(16)
    number = max(seen.head.number if seen.head else 0, known.last)
    with _successor(files, cipher, Head(identity, number)) as target:
        if not seen.empty:
            _salvage(files, cipher, target)
    aside = put_aside(files)
    take_place(files)
    return aside.name if aside else ""


@contextmanager
def _successor(files: Files, cipher: Cipher, head: Head) -> Iterator[sqlite3.Connection]:
    """A new file beside the store. In the end nothing is in its journal; where it fails, nothing is left of it."""
    drop(files.successor)
    target = make_tables(files, cipher, head, successor=True)
    try:
        yield target
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:
        target.close()
        drop(files.successor)
        raise
    target.close()


def _salvage(files: Files, cipher: Cipher, target: sqlite3.Connection) -> None:
    """Copy every entry that can still be found and opens, as it is sealed."""
    try:
        source = connect(files.path, writing=False)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return
    try:
        source.execute("PRAGMA writable_schema=ON")  # SQLite then reads what is left of a file that was cut off
        if schema_of(source) != set(SCHEMA):
            return
        for entry in sorted(_findable(source)):
            _copy(source, cipher, target, entry)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    finally:
        source.close()


def _findable(source: sqlite3.Connection) -> set[int]:
    """Numbers of all entries that some way through the file leads to."""
    found: set[int] = set()
    for way in (
        "SELECT id FROM entries NOT INDEXED ORDER BY id",
        "SELECT id FROM entries NOT INDEXED ORDER BY id DESC",
        "SELECT id FROM entries INDEXED BY places ORDER BY space, place",
        "SELECT id FROM entries INDEXED BY places ORDER BY space DESC, place DESC",
    ):
        try:
            for (entry,) in source.execute(way):
                if isinstance(entry, int):
                    found.add(entry)
        except sqlite3.Error as error:  # this way ends here; another may lead further
            if not is_damage(error):
                raise
    return found


def _copy(source: sqlite3.Connection, cipher: Cipher, target: sqlite3.Connection, entry: int) -> None:
    try:
        values = source.execute(f"{HEADERS} WHERE id = ?", (entry,)).fetchone()
        if values is None:
            return
        row = Row(*values)
        header = header_of(cipher, row)
        if header.form is not Form.LOST:
            verify_value(source, cipher, row, header)
        there = find(target, cipher, header.name)
        if there is not None and header_of(cipher, there).number >= header.number:
            return
    except (sqlite3.Error, StoreDamaged) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise
        return  # its name is in the catalogue, and it will be marked as lost
    target.execute("BEGIN IMMEDIATE")
    if there is not None:
        target.execute("DELETE FROM entries WHERE id = ?", (there.id,))
        remove_chunks(target, there.id)
    value = source.execute("SELECT value FROM entries WHERE id = ?", (entry,)).fetchone()[0]
    write_row(target, row, value)
    if header.form is Form.CHUNKED:
        for number in range(entry * CHUNKS, entry * CHUNKS + header.chunks):
            sealed = source.execute("SELECT sealed FROM chunks WHERE id = ?", (number,)).fetchone()
            target.execute("INSERT INTO chunks (id, sealed) VALUES (?, ?)", (number, *sealed))
    target.execute("COMMIT")


def reseal(files: Files, old: Cipher, new: Cipher, connection: sqlite3.Connection) -> None:
    """Write the whole store anew under another key, beside it. Raises StoreDamaged where something does not open."""
    head = read_head(connection, old)
    with _successor(files, new, Head(head.store, head.number)) as target:
        _reseal_all(connection, old, target, new, Head(head.store, head.number))


def _reseal_all(source: sqlite3.Connection, old: Cipher, target: sqlite3.Connection, new: Cipher, head: Head) -> None:
    total = entries = 0
    target.execute("BEGIN IMMEDIATE")
    for values in source.execute(f"{HEADERS} ORDER BY id"):
        row = Row(*values)
        header = header_of(old, row)
        parts = iter(()) if header.form is Form.LOST else pieces(source, old, row, header)
        total += write_sealed(target, new, row.id, header, parts)
        entries += 1
        if header.form is Form.CHUNKED or entries % _BATCH == 0:  # what is not committed yet is in memory
            target.execute("COMMIT")
            target.execute("BEGIN IMMEDIATE")
    final = Head(head.store, head.number, entries, total % (1 << 256))
    target.execute("UPDATE head SET sealed = ? WHERE id = 1", (final.seal(new),))
    target.execute("COMMIT")
