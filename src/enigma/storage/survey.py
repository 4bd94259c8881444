"""Looking at a whole store: is its file sound, does every entry open, is none missing or from an older copy."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from enigma.errors import StoreDamaged
from enigma.storage.catalogue import CatalogueReader, Condition
from enigma.storage.cipher import Cipher
from enigma.storage.database import SCHEMA, connect, in_our_words, is_damage, schema_of
from enigma.storage.entries import HEADERS, Row, find, header_of, pieces, read_head
from enigma.storage.files import Files
from enigma.storage.records import Damage, Form, Head, Header

_START = b"SQLite format 3\x00" + bytes([0x10, 0x00, 2, 2, 0, 64, 32, 32])  # pages of 4096 bytes, WAL


@dataclass(slots=True)
class Survey:
    """What was found. `bad` rows have damage; `lost` are the marks of entries that were lost before."""

    empty: bool = False  # no tables: nothing was ever stored, or nothing is left
    structure: list[str] = field(default_factory=list)
    head: Head | None = None
    rows: int = 0
    total: int = 0
    authentic: bool = False  # something opened: the key is right
    bad: list[tuple[Row, Damage]] = field(default_factory=list)
    lost: list[Damage] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all headers open, and they are all that there were, each in its latest form."""
        head = self.head
        if self.structure or head is None or any(damage.key is None for _, damage in self.bad):
            return False
        return head.entries == self.rows and head.total == self.total % (1 << 256)


def survey_file(files: Files, cipher: Cipher, *, thorough: bool) -> Survey:
    """Look at a store that is not open, and change nothing in it. Raises StoreProblem where the disk itself fails."""
    path = files.path
    if not path.exists() or path.stat().st_size == 0:
        return Survey(empty=True)
    found = Survey(structure=_start_of(path))
    if found.structure and found.structure[0] == _NO_SQLITE:
        return found
    journal = files.journal.exists()
    try:
        connection = connect(path, writing=False)
        try:
            survey(connection, cipher, found, thorough=thorough)
        finally:
            connection.close()
    except sqlite3.Error as error:
        return _broken(found, error)
    finally:
        if not journal:  # then SQLite made an empty one, only to read
            files.journal.unlink(missing_ok=True)
            files.index.unlink(missing_ok=True)
    return found


_NO_SQLITE = "it does not begin as a store does"


def _start_of(path: Path) -> list[str]:
    with path.open("rb") as file:
        start = file.read(len(_START))
    if start == _START:
        return []
    return ["its first bytes are altered" if start[:16] == _START[:16] else _NO_SQLITE]


def _broken(found: Survey, error: sqlite3.Error) -> Survey:
    if not is_damage(error):
        raise in_our_words(error, "looking at the store") from error
    found.structure.append(str(error))
    return found


def survey(connection: sqlite3.Connection, cipher: Cipher, found: Survey, *, thorough: bool) -> Survey:
    """Look at all that one connection sees, in one snapshot. `thorough` also reads every value and every page."""
    try:
        connection.execute("BEGIN")
        schema = schema_of(connection)
        found.empty = not schema
        if schema != set(SCHEMA):
            found.structure.append("its tables are not those of a store")
            return found
        if thorough:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
            found.structure += [] if problems == [b"ok"] else [str(problem, errors="replace") for problem in problems]
        try:
            found.head = read_head(connection, cipher)
            found.authentic = True
        except StoreDamaged:
            found.head = None
        for values in connection.execute(f"{HEADERS} ORDER BY id"):
            _look_at(connection, cipher, Row(*values), found, thorough=thorough)
    except sqlite3.Error as error:
        return _broken(found, error)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return found


def _look_at(connection: sqlite3.Connection, cipher: Cipher, row: Row, found: Survey, *, thorough: bool) -> None:
    found.rows += 1
    found.total += cipher.mark(row.header)
    try:
        header = header_of(cipher, row)
        found.authentic = True
        if header.form is Form.LOST:
            found.lost.append(Damage("its value was lost", header.name.space, header.name.key))
        elif thorough:
            verify_value(connection, cipher, row, header)
    except StoreDamaged as damage:
        found.bad.append((row, Damage(damage.problem, damage.space, damage.key)))


def verify_value(connection: sqlite3.Connection, cipher: Cipher, row: Row, header: Header) -> None:
    """Read a whole value and forget it. Raises StoreDamaged, also where the database gives up."""
    size = 0
    name = header.name
    try:
        for piece in pieces(connection, cipher, row, header):
            size += len(piece)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise StoreDamaged("its value cannot be read", space=name.space, key=name.key) from None
    if size != header.size:
        raise StoreDamaged("its value has another size", space=name.space, key=name.key)


def named_by_catalogue(connection: sqlite3.Connection, cipher: Cipher, files: Files) -> list[Damage]:
    """What of the catalogue the store has not, or only in an older form; says so where the catalogue cannot tell.

    Where nothing is missing, a header was altered and its entry replaced since: then only the sum of marks is off.
    """
    found = []
    catalogue = CatalogueReader(files, cipher)
    names = catalogue.names()
    rows = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    if catalogue.condition is not Condition.WHOLE or len(names) < rows:
        found.append(Damage("entries are missing, or from an older copy; the catalogue cannot tell which"))
    for name, number in names.items():
        row = find(connection, cipher, name)
        try:
            if row is None:
                raise StoreDamaged("it is missing")
            if header_of(cipher, row).number < number:
                raise StoreDamaged("an older value was put in its place")
        except StoreDamaged as damage:
            found.append(Damage(damage.problem, name.space, name.key))
    return found
