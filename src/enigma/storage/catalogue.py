"""The catalogue: a second file, a log of which names every commit put or deleted, so that what is lost has a name.

A record is appended right after its commit, without fsync: after a loss of power the catalogue may be behind the store,
never ahead of it. So a store that is behind its catalogue has lost commits, and the catalogue tells which names they
were about. Format: records, each a 4-byte length (big-endian) and as many sealed bytes. The first names the store and
draws an identity of 16 bytes for this file; each later one is bound to that identity and to its place in the order.
"""

from __future__ import annotations

import errno
import os
import secrets
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from enigma.errors import StoreDamaged, StoreProblem
from enigma.storage.cipher import Cipher, Kind
from enigma.storage.files import Files, sync_folder
from enigma.storage.records import Head, Name

_LENGTH = struct.Struct(">I")
_RECORD = struct.Struct(">QB")  # number of the commit; whether this is its last record
_CHANGE = struct.Struct(">BQBH")  # put or deleted; number of the commit; lengths of space and key
BATCH = 1000  # changes in one record
_LIMIT = BATCH * 2048  # bytes of a record; what claims more is altered
_LEAN = 1024  # changes that a catalogue may have in excess before it is written anew


@dataclass(frozen=True, slots=True)
class Change:
    """A commit put this name (`present`), or deleted it."""

    name: Name
    number: int
    present: bool


class Condition(Enum):
    """What reading a catalogue found."""

    WHOLE = "whole"
    CUT = "cut off within a record, as a loss of power may leave it"
    MISSING = "missing"
    ALTERED = "altered"


class CatalogueReader:
    """One pass over a catalogue: iterate, then look at `condition`, `last` (commit), `store` and `changes`."""

    def __init__(self, files: Files, cipher: Cipher) -> None:
        self._path, self._cipher = files.catalogue, cipher
        self.condition = Condition.WHOLE
        self.store: bytes | None = None  # known as soon as one record was opened: the key is right
        self.last = 0
        self.changes = 0
        self.identity = b""
        self.records = 0

    def __iter__(self) -> Iterator[Change]:
        if not self._path.exists():
            self.condition = Condition.MISSING
            return
        with self._path.open("rb") as file:
            try:
                yield from self._read(file.read)
            except (StoreDamaged, ValueError, struct.error):
                rest = file.read(1 << 20)
                self.condition = Condition.ALTERED if rest.strip(b"\0") or self.store is None else Condition.CUT

    def _read(self, read: Callable[[int], bytes]) -> Iterator[Change]:
        while prefix := read(_LENGTH.size):
            length = _LENGTH.unpack(prefix)[0] if len(prefix) == _LENGTH.size else 0
            sealed = read(length) if length <= _LIMIT else b""
            if not 0 < length == len(sealed):
                raise StoreDamaged("cut off")
            content = self._cipher.open(Kind.CATALOGUE, sealed, self.identity + self.records.to_bytes(8, "big"))
            if self.records == 0:
                self.store, self.identity = content[:16], content[16:]
            else:
                number, last = _RECORD.unpack_from(content)
                for change in _changes(content[_RECORD.size :]):
                    self.changes += 1
                    yield change
                if last:
                    self.last = number
            self.records += 1

    def survey(self) -> CatalogueReader:
        """Read to the end, and keep no name."""
        for _ in self:
            pass
        return self

    def names(self) -> dict[Name, int]:
        """All names that were there after the last commit, with the number of the commit that put each."""
        names: dict[Name, int] = {}
        for change in self:
            if change.present:
                names[change.name] = change.number
            else:
                names.pop(change.name, None)
        return names


def _changes(content: bytes) -> Iterator[Change]:
    at = 0
    while at < len(content):
        present, number, space, key = _CHANGE.unpack_from(content, at)
        at += _CHANGE.size
        yield Change(
            Name(content[at : at + space].decode(), content[at + space : at + space + key]), number, bool(present)
        )
        at += space + key


def _record(number: int, changes: list[Change], last: bool) -> bytes:
    parts = [_RECORD.pack(number, last)]
    for change in changes:
        space = change.name.space.encode()
        parts += [_CHANGE.pack(change.present, change.number, len(space), len(change.name.key)), space, change.name.key]
    return b"".join(parts)


class Catalogue:
    """The catalogue of an open store; for one thread at a time."""

    def __init__(self, files: Files, cipher: Cipher) -> None:
        self._files, self._cipher = files, cipher
        self._handle: int | None = None
        self._identity, self._order, self._length = b"", 0, 0
        self._changes = 0
        self.behind = True  # until it was written once, and again when a disk was full

    def wordy(self, entries: int) -> bool:
        """Whether it should be written anew: it is behind, or more than half of it is about names that are gone."""
        return self.behind or self._changes > 2 * entries + _LEAN

    def resume(self, read: CatalogueReader) -> None:
        """Go on where a whole catalogue ends."""
        self._handle = os.open(self._files.catalogue, os.O_WRONLY | os.O_CLOEXEC)
        self._length = os.lseek(self._handle, 0, os.SEEK_END)
        self._identity, self._order, self._changes = read.identity, read.records, read.changes
        self.behind = False

    def renew(self, head: Head, names: Iterator[tuple[Name, int]]) -> None:
        """Write it anew from all names of the store, with their commits' numbers; without room, it is behind."""
        try:
            self._rewrite(head, names)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise StoreProblem(f"{self._files.next_catalogue}: {error.strerror}") from None

    def _rewrite(self, head: Head, names: Iterator[tuple[Name, int]]) -> None:
        self.close()
        self.behind = True
        path = self._files.next_catalogue
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._identity, self._order, self._length, self._changes = b"", 0, 0, 0
        identity = secrets.token_bytes(16)
        self._write(head.store + identity)
        self._identity = identity
        changes = (Change(name, since, present=True) for name, since in names)
        self._write_all(head.number, changes)
        os.fsync(self._handle)
        path.replace(self._files.catalogue)
        sync_folder(path.parent)
        self.behind = False

    def append(self, number: int, changes: list[Change]) -> None:
        """Add what a commit did. Where there is no room, the catalogue is behind, until it is written anew."""
        if self.behind:
            return
        length = self._length
        try:
            self._write_all(number, changes)
        except OSError:  # the commit stands; a catalogue that is behind is noticed, here and by the next who opens
            self.behind = True
            assert self._handle is not None
            os.ftruncate(self._handle, length)

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write_all(self, number: int, changes: Iterable[Change]) -> None:
        remaining = iter(changes)
        batch = list(islice(remaining, BATCH))
        while True:
            following = list(islice(remaining, BATCH))
            self._write(_record(number, batch, not following))
            self._changes += len(batch)
            if not following:
                return
            batch = following

    def _write(self, content: bytes) -> None:
        sealed = self._cipher.seal(Kind.CATALOGUE, content, self._identity + self._order.to_bytes(8, "big"))
        self._order += 1
        assert self._handle is not None
        left = memoryview(_LENGTH.pack(len(sealed)) + sealed)
        while left:
            written = os.write(self._handle, left)
            self._length += written
            left = left[written:]
