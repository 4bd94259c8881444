"""The files of a store: what each is called, how one takes another's place, and how a dead one is overwritten."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_ZEROS = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Files:
    """The names around a store's own `path`."""

    path: Path

    def beside(self, ending: str) -> Path:
        """A file next to the store's."""
        return self.path.with_name(self.path.name + ending)

    @property
    def journal(self) -> Path:
        """SQLite's write-ahead log."""
        return self.beside("-wal")

    @property
    def index(self) -> Path:
        """SQLite's index of that log; made anew whenever a store is opened."""
        return self.beside("-shm")

    @property
    def catalogue(self) -> Path:
        """The names of all entries, once more."""
        return self.beside("-names")

    @property
    def next_catalogue(self) -> Path:
        """A catalogue that is being written to take the other's place."""
        return self.beside("-names-new")

    @property
    def successor(self) -> Path:
        """A store that is being written to take this one's place."""
        return self.beside("-new")

    @property
    def predecessor(self) -> Path:
        """A store whose place was taken, until it is overwritten."""
        return self.beside("-old")

    @property
    def lock(self) -> Path:
        """Held by whoever has the store open."""
        return self.beside("-lock")

    def set_aside(self) -> list[Path]:
        """The damaged files that were set aside, in order; a journal that one had is beside it."""
        start = self.path.name + ".damaged-"
        found = [path for path in self.path.parent.iterdir() if path.name.startswith(start)]
        numbered = [(int(ending), path) for path in found if (ending := path.name.removeprefix(start)).isdecimal()]
        return [path for _, path in sorted(numbered)]

    def next_aside(self) -> Path:
        """The name for the next damaged file."""
        last = [int(path.name.rpartition("-")[2]) for path in self.set_aside()]
        return self.beside(f".damaged-{max(last, default=0) + 1}")


def sync_folder(folder: Path) -> None:
    """Make durable which names a folder has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def overwrite(path: Path) -> None:
    """Write zeros over all of a file, durably. What a disk does with the old blocks is the disk's."""
    with path.open("r+b", buffering=0) as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(_ZEROS[: min(left, len(_ZEROS))])
        os.fsync(file.fileno())


def settle(files: Files) -> None:
    """Finish or undo what an earlier process was doing with whole files when it ended."""
    drop(files.successor)
    files.next_catalogue.unlink(missing_ok=True)
    old = files.predecessor
    if old.exists():
        if not (files.path.exists() and old.samefile(files.path)):
            overwrite(old)
        old.unlink()
        sync_folder(old.parent)
    for aside in files.set_aside():
        if files.path.exists() and aside.samefile(files.path):  # it was still to be replaced
            journal = journal_of(aside)
            if journal.exists():
                journal.rename(files.journal)
            aside.unlink()
            sync_folder(aside.parent)


def drop(path: Path) -> None:
    """Remove a database that nobody needs, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def put_aside(files: Files) -> Path | None:
    """Give the damaged file and its journal a name of their own; the file keeps its old name as well, until replaced.

    A journal must never lie beside a file that it does not belong to: SQLite would apply it.
    """
    aside = files.next_aside()
    there = files.path.exists()
    if there:
        os.link(files.path, aside)
        sync_folder(files.path.parent)
    if files.journal.exists():
        files.journal.rename(journal_of(aside))
    files.index.unlink(missing_ok=True)
    sync_folder(files.path.parent)
    return aside if there else None


def journal_of(path: Path) -> Path:
    """SQLite's name for the journal of a file."""
    return path.with_name(path.name + "-wal")


def take_place(files: Files) -> None:
    """Let the successor, closed and complete, take the place of the store. No journal may lie beside either."""
    handle = os.open(files.successor, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    files.index.unlink(missing_ok=True)
    files.successor.replace(files.path)
    sync_folder(files.path.parent)
