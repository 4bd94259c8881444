"""Opening a store whatever its files are: what is whole is kept, what is lost is marked, no wrong byte gets through.

Damage of single entries is mended in place: a damaged entry becomes a mark that says that it is lost. A file whose
structure is damaged is never written again: what is whole in it is copied to a new one, and the old is set aside.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

from enigma.errors import StoreKeyWrong
from enigma.storage.catalogue import Catalogue, CatalogueReader, Condition
from enigma.storage.cipher import Cipher
from enigma.storage.database import connect, spoken
from enigma.storage.entries import HEADERS, Row, Transaction, header_of, next_entry, read_head, remove_chunks, unnamed
from enigma.storage.files import Files, settle, sync_folder
from enigma.storage.rebuilding import make_tables, rebuild
from enigma.storage.records import Damage, Form, Head, Header, Name
from enigma.storage.survey import Survey, survey_file


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that may be written to: its connection and catalogue, and what was found to be damaged or lost."""

    connection: sqlite3.Connection
    catalogue: Catalogue
    found: list[Damage]


def open_files(files: Files, cipher: Cipher, *, thorough: bool) -> Opened:
    """Open a store, or make it. The caller holds its lock. Raises StoreKeyWrong, and then nothing was changed."""
    settle(files)
    known = CatalogueReader(files, cipher).survey()
    with spoken("opening the store"):
        seen = survey_file(files, cipher, thorough=thorough)
        if not seen.authentic and known.store is None:
            if not seen.empty or known.condition is not Condition.MISSING:
                raise StoreKeyWrong(
                    f"{files.path}: the key is not this store's, or this is no store",
                    hint="nothing was changed: take the key with which the store was made, or another path",
                )
            return _new(files, cipher)
        if known.store is not None and seen.head is not None and known.store != seen.head.store:
            known = CatalogueReader(files, cipher)  # of another store under the same key: it says nothing of this one
            known.condition = Condition.ALTERED
        return _opened(files, cipher, known, seen)


def _new(files: Files, cipher: Cipher) -> Opened:
    connection = make_tables(files, cipher, Head(secrets.token_bytes(16)))
    sync_folder(files.path.parent)
    return Opened(connection, _catalogue(files, cipher, connection), [])


def _opened(files: Files, cipher: Cipher, known: CatalogueReader, seen: Survey) -> Opened:
    notes = []
    if known.condition in {Condition.MISSING, Condition.ALTERED}:
        notes.append(
            Damage(f"the catalogue is {known.condition.value}: whether the last commits are all here is not known")
        )
        if not seen.complete:
            notes.append(Damage("entries may be lost whose names are not known"))
    if seen.structure or seen.empty:
        problem = seen.structure[0] if seen.structure else "nothing is left of it"
        aside = rebuild(files, cipher, known, seen)
        kept = f"; it was set aside as {aside}, and what was whole was kept" if aside else ""
        notes.append(Damage(f"the store's file is damaged: {problem}{kept}"))
    connection = connect(files.path, writing=True)
    try:
        lost = seen.lost
        if seen.structure or seen.empty or seen.bad or not seen.complete or _behind(seen, known):
            _mend(connection, cipher, known, seen, CatalogueReader(files, cipher))
            lost = _lost(connection, cipher)
        _forget_interrupted(connection)
        catalogue = Catalogue(files, cipher)
        head = read_head(connection, cipher)
        if known.condition is Condition.WHOLE and head.number == known.last:
            catalogue.resume(known)
        else:
            catalogue = _catalogue(files, cipher, connection)
        return Opened(connection, catalogue, lost + notes)
    except BaseException:
        connection.close()
        raise


def _behind(seen: Survey, known: CatalogueReader) -> bool:
    return seen.head is not None and seen.head.number < known.last


def _mend(
    connection: sqlite3.Connection, cipher: Cipher, known: CatalogueReader, seen: Survey, again: CatalogueReader
) -> None:
    """Mark what is lost, and drop what was deleted in a commit that is lost; in one transaction."""
    identity = seen.head.store if seen.head else known.store or secrets.token_bytes(16)
    number = max(seen.head.number if seen.head else 0, known.last)
    connection.execute("BEGIN IMMEDIATE")
    change = Transaction(connection, cipher, Head(identity, number))
    entry = next_entry(connection)
    lost: set[Name] = set()
    for row, damage in seen.bad:
        there = connection.execute(f"{HEADERS} WHERE id = ?", (row.id,)).fetchone()
        if there is not None and Row(*there) == row:  # a file that was written anew has none of them
            change.remove_row(row)
        if damage.space is not None and damage.key is not None:
            lost.add(Name(damage.space, damage.key))
    if not seen.complete or _behind(seen, known):
        names = again.names() if known.store is not None else {}
        present = {header.name: header.number for header in _headers(connection, cipher)}
        lost.update(name for name, since in names.items() if present.get(name, -1) < since)
        if known.condition in {Condition.WHOLE, Condition.CUT} and known.store is not None:
            for name in [name for name, since in present.items() if name not in names and since <= known.last]:
                change.delete(name)
    for name in sorted(lost, key=lambda name: (name.space, name.key)):
        change.mark_lost(name, entry)
        entry += 1
    rows = [row for (row,) in connection.execute("SELECT header FROM entries")]
    change.head = replace(change.head, entries=len(rows), total=sum(map(cipher.mark, rows)))
    change.write_head()
    connection.execute("COMMIT")


def _headers(connection: sqlite3.Connection, cipher: Cipher) -> Iterator[Header]:
    for values in connection.execute(f"{HEADERS} ORDER BY id"):
        yield header_of(cipher, Row(*values))


def _forget_interrupted(connection: sqlite3.Connection) -> None:
    """Overwrite the chunks of values whose put never ended."""
    for entry in list(unnamed(connection)):
        remove_chunks(connection, entry)


def _lost(connection: sqlite3.Connection, cipher: Cipher) -> list[Damage]:
    marks = (header.name for header in _headers(connection, cipher) if header.form is Form.LOST)
    return [Damage("its value was lost", name.space, name.key) for name in marks]


def _catalogue(files: Files, cipher: Cipher, connection: sqlite3.Connection) -> Catalogue:
    """A catalogue written anew."""
    catalogue = Catalogue(files, cipher)
    catalogue.renew(read_head(connection, cipher), list_names(connection, cipher))
    return catalogue


def list_names(connection: sqlite3.Connection, cipher: Cipher) -> Iterator[tuple[Name, int]]:
    """Every name of a store with the number of the commit that put it."""
    return ((header.name, header.number) for header in _headers(connection, cipher))
