"""Another key: everything is sealed anew, the old key opens nothing, and a crash on the way loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.storage.test_damage import alter_rows

from enigma.errors import ArgumentProblem, StoreDamaged, StoreFull, StoreKeyWrong, StoreProblem
from enigma.storage import CHUNK, Store
from enigma.storage.database import create
from enigma.storage.files import Files

OLD, NEW = bytes(32), bytes([1]) * 32


def fill(store: Store) -> None:
    store.put("x", b"short", b"value", expires=77)
    store.put("x", b"long", bytes(2 * CHUNK + 1))
    store.put("y", b"", b"")


def assert_full(store: Store) -> None:
    assert store.get("x", b"short") == b"value"
    assert store.expires("x", b"short") == 77
    assert store.get("x", b"long") == bytes(2 * CHUNK + 1)
    assert store.get("y", b"") == b""
    assert store.check() == []


def test_another_key(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", OLD) as store:
        fill(store)
        before = store._writer.execute("SELECT header, value FROM entries").fetchall()
        store.rekey(NEW)
        assert_full(store)
        rest = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert not any(sealed in rest for row in before for sealed in row if sealed)
        store.put("z", b"k", b"after")
    with pytest.raises(StoreKeyWrong):
        Store.open(tmp_path / "store", OLD)
    with Store.open(tmp_path / "store", NEW) as store:
        assert store.found == ()
        assert_full(store)
        assert store.get("z", b"k") == b"after"
    assert {path.name for path in tmp_path.iterdir()} <= {"store", "store-lock", "store-names"}


STEPS = ["reseal", "take_place", "open_files", "sync_folder"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("done", [False, True])
def test_interrupted_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, done: bool) -> None:
    import enigma.storage.store as module

    store = Store.open(tmp_path / "store", OLD)
    fill(store)
    real = getattr(module, step)

    def dies(*arguments: object, **named: object) -> None:
        if done:
            real(*arguments, **named)
        raise Killed

    monkeypatch.setattr(module, step, dies)
    with pytest.raises(Killed):
        store.rekey(NEW)
    monkeypatch.undo()
    shutil.copytree(tmp_path, tmp_path / "left")  # what a killed process leaves; this one still has it open
    if step == "reseal":
        assert_full(store)
    else:
        with pytest.raises(StoreProblem, match="closed"):
            store.get("x", b"short")
    store.close()
    opened = 0
    for key in (OLD, NEW):
        try:
            with Store.open(tmp_path / "left" / "store", key) as again:
                assert_full(again)
                opened += 1
        except StoreKeyWrong:
            continue
    assert opened == 1
    kinds = {path.name for path in (tmp_path / "left").iterdir()}
    assert kinds <= {"store", "store-lock", "store-names"}


def test_a_damaged_store_keeps_its_key(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", OLD) as store:
        fill(store)
        alter_rows(Files(tmp_path / "store"), "UPDATE entries SET value = zeroblob(21) WHERE id = 1")
        with pytest.raises(StoreDamaged, match="space 'x', key 0x73686f7274"):
            store.rekey(NEW)
        assert store.get("y", b"") == b""
    with Store.open(tmp_path / "store", OLD) as store:
        assert [damage.key for damage in store.found] == [b"short"]
        store.rekey(NEW)  # marks of what is lost go with the rest
        assert [damage.key for damage in store.check()] == [b"short"]


def test_not_within_a_transaction(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", OLD) as store, store.transaction():
        with pytest.raises(ArgumentProblem):
            store.rekey(NEW)
        with pytest.raises(ArgumentProblem):
            store.scrub()
        with pytest.raises(ArgumentProblem):
            store.close()


def test_without_room_the_old_key_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import enigma.storage.rebuilding as module

    def small(path: Path) -> sqlite3.Connection:
        connection = create(path)
        connection.execute("PRAGMA max_page_count=50")
        return connection

    monkeypatch.setattr(module, "create", small)
    with Store.open(tmp_path / "other", OLD) as control:
        control.put("x", b"k", b"this much fits")
    monkeypatch.undo()
    with Store.open(tmp_path / "store", OLD) as store:
        fill(store)
        monkeypatch.setattr(module, "create", small)
        with pytest.raises(StoreFull):
            store.rekey(NEW)
        assert not Files(tmp_path / "store").successor.exists()
        assert_full(store)
        store.put("x", b"k", b"works")
