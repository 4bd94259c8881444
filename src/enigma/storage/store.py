"""`Store`: opaque bytes by space and key on one node's disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from enigma.errors import ArgumentProblem, StoreDamaged, StoreLocked, StoreProblem
from enigma.storage.cipher import Cipher
from enigma.storage.database import Readers, connect, spoken
from enigma.storage.entries import (
    HEADERS,
    Row,
    Staged,
    Transaction,
    chunks_of,
    header_of,
    next_entry,
    read_head,
    remove_chunks,
    write_chunk,
)
from enigma.storage.files import Files, overwrite, sync_folder, take_place
from enigma.storage.lock import FileLock
from enigma.storage.opening import list_names, open_files
from enigma.storage.reading import StoreReading
from enigma.storage.rebuilding import reseal
from enigma.storage.records import CHUNK, Damage, Head, Name
from enigma.storage.survey import Survey, named_by_catalogue, survey

_LATEST = 1 << 62  # seconds since 1970; what a time may be
_BATCH = 500  # entries that expire in one commit
_STAGE = 8  # chunks of a stream in one commit


class Store(StoreReading):
    """Opaque bytes by (space, key), sealed on disk; safe for the threads of one process.

    A space is a name of 1 to 64 bytes, a key 0 to 1024 bytes. What `put`, `put_stream`, `delete` and `transaction` did
    survives a loss of power once they have returned. `found` is what opening found damaged or lost. Every method raises
    StoreDamaged rather than give out a byte that was not put there, and StoreProblem when the store is closed.
    """

    def __init__(self, files: Files, lock: FileLock, cipher: Cipher, *, thorough: bool) -> None:
        self._files, self._file_lock = files, lock
        opened = open_files(files, cipher, thorough=thorough)
        self.found: tuple[Damage, ...] = tuple(opened.found)
        super().__init__(cipher, Readers(files.path), opened.connection)
        self._catalogue = opened.catalogue
        self._head: Head | None = None  # as of the last commit; None: read it again
        self._next = next_entry(self._writer)
        self._abandoned: set[int] = set()  # values whose put failed, and whose chunks are still to be overwritten
        self._closed = False

    @classmethod
    def open(cls, path: Path, key: bytes, *, thorough: bool = True) -> Store:
        """Open the store at `path`, or make it. `key` is 32 secret bytes.

        Reads all of it, so that `found` tells everything; without `thorough`, only names and headers, and `check` and
        every `get` tell the rest. Damage is mended as far as it can be: see the README. Raises StoreKeyWrong,
        StoreLocked, StoreFull, StoreProblem.
        """
        cipher, files = Cipher(key), Files(Path(path))
        lock = FileLock(files.lock, str(path))
        try:
            return cls(files, lock, cipher, thorough=thorough)
        except OSError as error:
            lock.release()
            raise StoreProblem(f"{error.filename or path}: {error.strerror}") from None
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Wait for what other threads are doing, and close. A second time it does nothing."""
        with self._turn:
            if self._closed:
                return
            if self._change is not None:
                raise ArgumentProblem("a store cannot be closed within its transaction")
            self._closed = True
            self._readers.close()
            self._catalogue.close()
            self._writer.close()
            self._file_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({str(self._files.path)!r})"

    # ------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that this thread puts and deletes within it happens, or nothing does. Other threads wait to write.

        They read what was there before, until it ends. What failed in it cannot be hidden from it: a transaction in
        which a change raised is rolled back, and raises StoreProblem where that was caught. It cannot be nested.
        """
        with self._turn:
            self._require_open()
            if self._change is not None:
                raise ArgumentProblem("a transaction of a store cannot begin within another")
            change = self._begin()
            try:
                yield
                if change.failed:
                    raise StoreProblem("a part of a transaction failed: nothing of it was kept")
                self._commit(change)
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._change = None
            self._note(change)

    def _begin(self) -> Transaction:
        with spoken("writing"):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                head, self._head = self._head or read_head(self._writer, self._cipher), None
                for entry in self._abandoned:
                    remove_chunks(self._writer, entry)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
        self._change = Transaction(self._writer, self._cipher, head)
        return self._change

    def _commit(self, change: Transaction) -> None:
        with spoken("writing"):
            if change.changes:
                change.write_head()
            self._writer.execute("COMMIT")
        self._abandoned.clear()

    def _note(self, change: Transaction) -> None:
        """The commit stands; now the catalogue."""
        if not change.changes:
            return
        self._head = change.head
        self._catalogue.append(change.head.number, change.changes)
        if self._catalogue.wordy(change.head.entries):
            with spoken("listing all names"):
                self._catalogue.renew(change.head, list_names(self._writer, self._cipher))

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        """This thread's transaction, or one for this change alone."""
        with self._turn:
            if self._change is None:
                with self.transaction(), spoken("writing"):
                    assert self._change is not None
                    yield self._change
                return
            try:
                with spoken("writing"):
                    if self._change.failed:
                        raise StoreProblem("this transaction failed already: nothing of it will be kept")
                    yield self._change
            except BaseException:
                self._change.failed = True
                raise

    def _require_open(self) -> None:
        if self._closed:
            raise StoreProblem("this store is closed")

    def _number(self) -> int:
        with self._turn:
            self._next += 1
            return self._next - 1

    def put(self, space: str, key: bytes, value: bytes, *, expires: int | None = None) -> None:
        """Keep a value in place of what was there. `expires`: seconds since 1970. Raises StoreFull."""
        name = _checked(space, key, expires)
        if len(value) > CHUNK:
            self.put_stream(space, key, [value], expires=expires)
            return
        with self._changing() as change:
            change.put(name, bytes(value), expires, self._number())

    def put_stream(self, space: str, key: bytes, parts: Iterable[bytes], *, expires: int | None = None) -> int:
        """Keep a value that comes in parts; its size. What fails on the way leaves nothing.

        A few chunks of it are in memory at a time. Others may write while parts are awaited; not within a transaction.
        """
        name = _checked(space, key, expires)
        chunks = chunks_of(parts)
        first = next(chunks)
        if len(first) < CHUNK:
            with self._changing() as change:
                change.put(name, first, expires, self._number())
            return len(first)
        staged = Staged(self._number(), self._cipher.fresh(), 0)
        try:
            size = self._stage(staged, name, first, chunks)
            with self._changing() as change:
                change.install(name, Staged(staged.id, staged.key, size), expires)
        except BaseException:
            with self._turn:
                if self._change is not None:
                    self._change.failed = True  # the chunks go when it is rolled back
                elif not self._closed:
                    self._abandoned.add(staged.id)
                    self._overwrite_abandoned()
            raise
        return size

    def _stage(self, staged: Staged, name: Name, first: bytes, rest: Iterator[bytes]) -> int:
        held, number, size = first, 0, 0
        while held:
            batch: list[tuple[bytes, bool]] = []
            while held and len(batch) < _STAGE:
                following = next(rest, b"")
                batch.append((held, not following))
                held = following
            with self._changing():
                for content, last in batch:
                    write_chunk(self._writer, staged, name, number, content, last=last)
                    number += 1
                    size += len(content)
        return size

    def _overwrite_abandoned(self) -> None:
        """At once if there is room; else with the next change, or when the store is opened again."""
        try:
            with self._changing():
                pass
        except StoreProblem:
            return

    def delete(self, space: str, key: bytes) -> bool:
        """Forget an entry; False where there was none. `scrub` makes sure that no file holds it any more."""
        name = Name(space, key)
        with self._changing() as change:
            return change.delete(name)

    def expire(self, now: int) -> int:
        """Delete what expires at `now` (seconds since 1970) or before, and scrub; how many entries that were."""
        count, after = 0, (-1, 0)
        due = f"{HEADERS} WHERE expires <= ? AND (expires, id) > (?, ?) ORDER BY expires, id LIMIT ?"
        while True:
            with self._changing() as change:
                rows = [Row(*values) for values in self._writer.execute(due, (now, *after, _BATCH))]
                for row in rows:
                    count += self._expire(change, row)
            if len(rows) < _BATCH:
                break
            after = (rows[-1].expires or 0, rows[-1].id)
        if count and not self._is_mine():
            self.scrub()
        return count

    def _expire(self, change: Transaction, row: Row) -> bool:
        try:
            header = header_of(self._cipher, row)
        except StoreDamaged:  # its time may be altered too: `check` tells, and nothing is deleted on its word
            return False
        return change.delete(header.name)

    # ------------------------------------------------------------ the whole store

    def scrub(self) -> None:
        """Make sure that nothing that was deleted is left in the store's files: SQLite's journal is overwritten too."""
        with self._turn:
            self._require_open()
            if self._change is not None:
                raise ArgumentProblem("a store cannot be scrubbed within its transaction")
            with self._readers.none(), spoken("scrubbing"):
                self._empty_journal()

    def _empty_journal(self) -> None:
        """Bring all of the journal into the file, then overwrite it and cut it off. No reader may be at work."""
        busy = self._writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]
        if busy:
            raise StoreLocked("another program reads the store's file", hint="nothing was changed: stop it, try again")
        if self._files.journal.exists():  # all of it is in the file now, and nobody reads it any more
            overwrite(self._files.journal)
        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> list[Damage]:
        """Read everything; what is damaged, missing, or was lost before. Writers may go on meanwhile."""
        with self._readers.lent():
            connection = connect(self._files.path, writing=False)
            try:
                seen = survey(connection, self._cipher, Survey(), thorough=True)
            finally:
                connection.close()
        found = seen.lost + [damage for _, damage in seen.bad if damage.key is not None]
        found += [Damage(problem) for problem in seen.structure]
        if not seen.complete and not seen.structure:
            with self._turn, spoken("checking"):
                self._require_open()
                named = named_by_catalogue(self._writer, self._cipher, self._files)
            found += [damage for damage in named if damage not in found]
        return found

    def rekey(self, key: bytes) -> None:
        """Seal everything anew under another key, and overwrite the old file. Needs as much room as the store has.

        Either key opens the store after a crash in the midst of it, depending on the moment. Raises StoreDamaged, and
        changes nothing, where an entry does not open.
        """
        cipher, files = Cipher(key), self._files
        with self._turn:
            self._require_open()
            if self._change is not None:
                raise ArgumentProblem("a store cannot change its key within its transaction")
            with self._readers.none(), spoken("sealing anew"):
                reseal(files, self._cipher, cipher, self._writer)
                self._empty_journal()
                try:
                    self._catalogue.close()
                    self._writer.close()
                    files.catalogue.unlink(missing_ok=True)
                    files.journal.unlink(missing_ok=True)
                    files.predecessor.hardlink_to(files.path)
                    sync_folder(files.path.parent)
                    take_place(files)
                    opened = open_files(files, cipher, thorough=False)
                except BaseException:
                    self._readers.refuse()
                    self._closed = True  # what this holds is closed; opening again finds the one file or the other
                    self._file_lock.release()
                    raise
                self._writer, self._catalogue, self._head = opened.connection, opened.catalogue, None
                self._cipher, self._next = cipher, next_entry(opened.connection)


def _checked(space: str, key: bytes, expires: int | None) -> Name:
    if expires is not None and (type(expires) is not int or not 0 <= expires < _LATEST):
        raise ArgumentProblem("a time to expire is a whole number of seconds since 1970")
    return Name(space, key)
