"""A store with known content, copies of its files at one moment, and what must hold whatever is done to them."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from enigma.errors import StoreDamaged
from enigma.storage import CHUNK, Store
from enigma.storage.files import Files

KEY = bytes(range(32))
GONE = ("gone", b"deleted")
Content = dict[tuple[str, bytes], bytes]


@dataclass(frozen=True)
class Sample:
    """Files of a store, and what stands in it."""

    folder: Path
    chance = random.Random(7)
    content: Content

    def copy(self, folder: Path) -> Files:
        """The files once more, to be damaged."""
        shutil.copytree(self.folder, folder)
        return Files(folder / "store")


def make_sample(folder: Path, *, running: bool) -> Sample:
    """A store of some 150 entries; `running`: as a process leaves it that is killed, with most of it in the journal."""
    chance = random.Random(7)
    content: Content = {}
    work, kept = folder / "work", folder / "kept"
    work.mkdir(parents=True)
    with Store.open(work / "store", KEY) as store:
        store.put(*GONE, b"must never come back")
        with store.transaction():
            for number in range(60):
                content["old", b"%d" % number] = chance.randbytes(chance.choice([0, 1, 30, 500, 5000]))
                store.put("old", b"%d" % number, content["old", b"%d" % number], expires=number if number % 3 else None)
    with Store.open(work / "store", KEY) as store:
        for number in range(0, 60, 4):
            content["old", b"%d" % number] = chance.randbytes(40)
            store.put("old", b"%d" % number, content["old", b"%d" % number])
        store.delete(*GONE)
        content["long", b"value"] = chance.randbytes(2 * CHUNK + 77)
        store.put("long", b"value", content["long", b"value"])
        with store.transaction():
            for number in range(80):
                content["new", b"%d" % number] = chance.randbytes(chance.choice([0, 9, 200]))
                store.put("new", b"%d" % number, content["new", b"%d" % number])
        if running:
            shutil.copytree(work, kept)
    if not running:
        shutil.copytree(work, kept)
    return Sample(kept, content)


def names(store: Store) -> set[tuple[str, bytes]]:
    """What opening said is lost, by name."""
    return {(damage.space, damage.key) for damage in store.found if damage.space is not None and damage.key is not None}


def open_damaged(files: Files, content: Content) -> set[tuple[str, bytes]]:
    """Open a damaged store; what it lost. Whatever was done to one file: never wrong bytes, and no silence.

    It is healed then, as a node would from its peers, and must be as good as new.
    """
    with Store.open(files.path, KEY) as store:
        lost = names(store)
        with store.transaction():
            for name, value in content.items():
                if name in lost:
                    with pytest.raises(StoreDamaged):
                        store.get(*name)
                    store.put(*name, value)
                else:
                    assert store.get(*name) == value, f"{name}: wrong bytes, or lost in silence"
        assert lost <= set(content)
        assert store.get(*GONE) is None
        assert store.keys("gone") == []
        assert store.check() == []
    with Store.open(files.path, KEY) as store:
        assert store.found == ()
        assert {name: store.get(*name) for name in content} == content
        for space in {space for space, _ in content}:
            assert store.keys(space) == sorted(key for of, key in content if of == space)
    return lost
