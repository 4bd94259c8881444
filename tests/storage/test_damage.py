"""Files cut off at any byte, altered anywhere, or removed: never wrong bytes, never silence about what is lost."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.storage.damage import KEY, Content, Sample, make_sample, names, open_damaged

from enigma.errors import StoreDamaged, StoreKeyWrong
from enigma.storage import CHUNK, Damage, Store
from enigma.storage.database import connect
from enigma.storage.files import Files, journal_of

PAGE = 4096
LONG = ("long", b"value")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("stopped"), running=False)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("killed"), running=True)


def store_file(files: Files) -> Path:
    return files.path


def journal(files: Files) -> Path:
    return files.journal


def catalogue(files: Files) -> Path:
    return files.catalogue


FILES = [
    ("stopped", store_file),
    ("killed", store_file),
    ("killed", journal),
    ("stopped", catalogue),
    ("killed", catalogue),
]


@pytest.fixture(params=FILES, ids=lambda which: f"{which[0]}-{which[1].__name__}")
def victim(request: pytest.FixtureRequest) -> tuple[Sample, Callable[[Files], Path]]:
    sample, which = request.param
    return request.getfixturevalue(sample), which


def after(sample: Sample, folder: Path, which: Callable[[Files], Path], alter: Callable[[bytearray], bytes]) -> int:
    """Alter a file of a copy and open it; how many entries were lost."""
    files = sample.copy(folder)
    path = which(files)
    path.write_bytes(alter(bytearray(path.read_bytes())))
    lost = open_damaged(files, sample.content)
    shutil.rmtree(folder)
    return len(lost)


def test_undamaged_files_have_lost_nothing(killed: Sample, stopped: Sample, tmp_path: Path) -> None:
    for sample in (killed, stopped):
        files = sample.copy(tmp_path / "copy")
        assert files.journal.exists() == (sample is killed)
        with Store.open(files.path, KEY) as store:
            assert store.found == ()
        shutil.rmtree(tmp_path / "copy")


def test_cut_off_at_any_byte(victim: tuple[Sample, Callable[[Files], Path]], tmp_path: Path) -> None:
    sample, which = victim
    size = which(Files(sample.folder / "store")).stat().st_size
    chance = random.Random(1)
    cuts = [0, 1, 17, 100, PAGE - 1, PAGE, size - 1]
    cuts += (
        [size // PAGE * PAGE]
        + [chance.randrange(1 + size // PAGE) * PAGE for _ in range(3)]
        + [chance.randrange(size) for _ in range(4)]
    )
    lost = {cut: after(sample, tmp_path / "copy", which, lambda data, cut=cut: bytes(data[:cut])) for cut in cuts}  # type: ignore[misc]
    if which is store_file:
        assert lost[0] == len(sample.content) or sample.folder.parent.name.startswith("killed")
        assert all(lost[cut] > 0 for cut in (0, 1, 100, PAGE))
    if which is catalogue:
        assert set(lost.values()) == {0}


def test_bits_flipped_anywhere(victim: tuple[Sample, Callable[[Files], Path]], tmp_path: Path) -> None:
    sample, which = victim
    size = which(Files(sample.folder / "store")).stat().st_size
    chance = random.Random(2)
    places = [0, 18, 31, 59, 95, 100, 103, 108] + [chance.randrange(size) for _ in range(5)]

    def flip(at: int) -> Callable[[bytearray], bytes]:
        def alter(data: bytearray) -> bytes:
            data[at] ^= 1 << chance.randrange(8)
            return bytes(data)

        return alter

    lost = [after(sample, tmp_path / "copy", which, flip(at)) for at in places]
    if which is catalogue:
        assert set(lost) == {0}


def test_pages_swapped_or_put_back(stopped: Sample, tmp_path: Path) -> None:
    chance = random.Random(3)
    size = (stopped.folder / "store").stat().st_size

    def swap(data: bytearray) -> bytes:
        one, other = (chance.randrange(size // PAGE) * PAGE for _ in range(2))
        data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]
        return bytes(data)

    assert sum(after(stopped, tmp_path / "copy", store_file, swap) for _ in range(6)) > 0


def test_every_file_but_one_is_gone(killed: Sample, tmp_path: Path) -> None:
    """The file itself: all is lost, and named. Its journal: what was in it. Its catalogue: nothing."""
    for which, least in ((store_file, len(killed.content)), (journal, 80), (catalogue, 0)):
        files = killed.copy(tmp_path / "copy")
        which(files).unlink()
        assert len(open_damaged(files, killed.content)) >= least
        shutil.rmtree(tmp_path / "copy")


def test_several_files_are_damaged_at_once(killed: Sample, tmp_path: Path) -> None:
    """Then losses may have no name, and an older value may be taken for the last; but never a byte that was not put."""
    chance = random.Random(4)
    opened = 0
    for _ in range(25):
        files = killed.copy(tmp_path / "copy")
        for path in (files.path, files.journal, files.catalogue):
            data = bytearray(path.read_bytes())
            for _ in range(chance.randrange(4)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            if chance.random() < 0.2:
                del data[chance.randrange(len(data)) :]
            path.write_bytes(data)
        with suppress(StoreKeyWrong), Store.open(files.path, KEY) as store:  # refused where nothing is left to tell
            opened += 1
            for space in ("old", "new", "long"):
                for key in store.keys(space):
                    value = store.get(space, key)
                    if (space, int(key) % 4 if key.isdigit() else 1) != ("old", 0):
                        assert value == killed.content[space, key]
            store.put("old", b"1", b"works")
            assert store.get("old", b"1") == b"works"
        shutil.rmtree(tmp_path / "copy")
    assert opened > 15


def test_a_damaged_file_is_set_aside_and_never_deleted(stopped: Sample, tmp_path: Path) -> None:
    files = stopped.copy(tmp_path / "copy")
    damaged = files.path.read_bytes()[: 20 * PAGE]
    files.path.write_bytes(damaged)
    with Store.open(files.path, KEY) as store:
        assert any("set aside as store.damaged-1" in damage.problem for damage in store.found)
        assert 0 < len(names(store)) < len(stopped.content)  # what was whole was kept
    assert (tmp_path / "copy" / "store.damaged-1").read_bytes() == damaged
    files.path.write_bytes(b"no database at all" * 1000)
    with Store.open(files.path, KEY) as store:
        assert names(store) == set(stopped.content)
    assert files.set_aside() == [tmp_path / "copy" / f"store.damaged-{number}" for number in (1, 2)]


def test_what_is_lost_stays_known_until_it_is_healed(stopped: Sample, tmp_path: Path) -> None:
    files = stopped.copy(tmp_path / "copy")
    files.path.unlink()
    for _ in range(2):
        with Store.open(files.path, KEY) as store:
            assert names(store) == set(stopped.content)
            assert set(store.check()) == {damage for damage in store.found if damage.key is not None}
            assert store.keys("new") == []
            with pytest.raises(StoreDamaged, match="0x3130"):
                store.get("new", b"10")
    with Store.open(files.path, KEY) as store:
        for name, value in stopped.content.items():
            if name == LONG:
                store.put_stream(*name, [value])
            elif name == ("new", b"1"):
                assert store.delete(*name)
            else:
                store.put(*name, value)
        assert store.check() == []
    with Store.open(files.path, KEY) as store:
        assert store.found == ()
        assert store.get("new", b"1") is None


def alter_rows(files: Files, *statements: str) -> None:
    """Change a store as somebody would who has its disk, and knows SQLite."""
    connection = connect(files.path, writing=True)
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.close()


BY_HAND = {
    "a row removed": "DELETE FROM entries WHERE id = 3",
    "a value altered": "UPDATE entries SET value = zeroblob(length(value)) WHERE id = 3",
    "a value removed": "UPDATE entries SET value = NULL WHERE id = 3",
    "a value of another type": "UPDATE entries SET value = 'text' WHERE id = 3",
    "a header of another type": "UPDATE entries SET header = 5 WHERE id = 3",
    "another entry's value": "UPDATE entries SET value = (SELECT value FROM entries WHERE id = 4) WHERE id = 3",
    "a time altered": "UPDATE entries SET expires = 4000 WHERE id = 3",
    "a chunk altered": "UPDATE chunks SET sealed = zeroblob(length(sealed)) WHERE id % 16777216 = 1",
    "a chunk removed": "DELETE FROM chunks WHERE id % 16777216 = 2",
    "the head removed": "DELETE FROM head",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
}


@pytest.mark.parametrize("what", BY_HAND)
def test_altered_by_hand(stopped: Sample, tmp_path: Path, what: str) -> None:
    files = stopped.copy(tmp_path / "copy")
    alter_rows(files, BY_HAND[what])
    lost = open_damaged(files, stopped.content)
    assert len(lost) == {"the head removed": 0, "a trigger": len(stopped.content)}.get(what, 1)


def test_an_old_row_put_back_is_found(tmp_path: Path) -> None:
    """Every byte of it is authentic; only the whole tells that it is not the latest."""
    files = Files(tmp_path / "store")
    with Store.open(files.path, KEY) as store:
        store.put("x", b"k", b"old")
        row = store._writer.execute("SELECT * FROM entries").fetchone()
        store.put("x", b"k", b"new")
        store.put("x", b"other", b"value")
    connection = connect(files.path, writing=True)
    connection.execute("DELETE FROM entries WHERE id = ?", (row[0] + 1,))
    connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.close()
    with Store.open(files.path, KEY) as store:
        assert names(store) == {("x", b"k")}
        with pytest.raises(StoreDamaged):
            store.get("x", b"k")
        assert store.get("x", b"other") == b"value"


def test_damage_while_it_is_open(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        with store.transaction():
            for number in range(40):
                store.put("x", b"%d" % number, b"value", expires=10)
        store.put("x", b"long", bytes(3 * CHUNK))
        alter_rows(Files(tmp_path / "store"), "UPDATE entries SET header = zeroblob(99) WHERE id = 5")
        alter_rows(Files(tmp_path / "store"), "UPDATE entries SET value = zeroblob(21) WHERE id = 6")
        alter_rows(Files(tmp_path / "store"), "DELETE FROM entries WHERE id = 7")
        alter_rows(Files(tmp_path / "store"), "UPDATE chunks SET sealed = zeroblob(9) WHERE id % 16777216 = 1")
        assert {damage.key for damage in store.check()} == {b"4", b"5", b"6", b"long"}
        for key in (b"4", b"5"):
            with pytest.raises(StoreDamaged):
                store.get("x", key)
        with pytest.raises(StoreDamaged, match="space 'x', key 0x6c6f6e67"):
            store.get("x", b"long")
        stream = store.open_stream("x", b"long")
        assert stream is not None
        assert next(stream) == bytes(CHUNK)
        with pytest.raises(StoreDamaged):
            next(stream)
        with pytest.raises(StoreDamaged):
            store.keys("x")
        assert store.expire(10) == 38  # what is altered is not deleted on its own word
        for key in (b"4", b"5", b"6", b"long"):
            store.put("x", key, b"healed")
        assert store.check() == []
    with Store.open(tmp_path / "store", KEY) as store:
        assert store.found == ()
        assert store.keys("x") == [b"4", b"5", b"6", b"long"]


def test_without_reading_all_damage_is_found_later(stopped: Sample, tmp_path: Path) -> None:
    files = stopped.copy(tmp_path / "copy")
    alter_rows(files, BY_HAND["a value altered"], "DELETE FROM entries WHERE id = 5")
    with Store.open(files.path, KEY, thorough=False) as store:
        assert len(names(store)) == 1
        assert len(store.check()) == 2


def snapshot(folder: Path) -> Content:
    return {
        ("file", path.name.encode()): path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-lock")
    }


def test_a_wrong_key_is_one_clear_error_and_changes_nothing(killed: Sample, stopped: Sample, tmp_path: Path) -> None:
    for sample in (killed, stopped):
        files = sample.copy(tmp_path / "copy")
        files.index.unlink(missing_ok=True)
        before = snapshot(files.path.parent)
        with pytest.raises(StoreKeyWrong, match="key"):
            Store.open(files.path, bytes(32))
        files.index.unlink(missing_ok=True)
        assert snapshot(files.path.parent) == before
        with Store.open(files.path, KEY) as store:
            assert store.found == ()
        shutil.rmtree(tmp_path / "copy")


@pytest.mark.parametrize("content", [b"a letter to a friend", b"SQLite format 3\0 and no more", bytes(9000)])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store").write_bytes(content)
    with pytest.raises(StoreKeyWrong, match="no store"):
        Store.open(tmp_path / "store", KEY)
    assert (tmp_path / "store").read_bytes() == content


def test_damage_is_told_without_values() -> None:
    assert repr(Damage("altered", "x", b"k")) == "Damage(problem='altered', space='x', key=b'k')"
    assert str(StoreDamaged("altered", space="x", key=b"k")) == "space 'x', key 0x6b: altered"


@pytest.mark.parametrize("step", ["put_aside", "take_place"])
@pytest.mark.parametrize("done", [False, True])
def test_killed_while_the_damaged_file_is_set_aside(
    killed: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, done: bool
) -> None:
    """The next opening begins again from the same files, journal and all, or goes on; nothing more is lost."""
    import enigma.storage.rebuilding as module

    untouched, files = killed.copy(tmp_path / "untouched"), killed.copy(tmp_path / "copy")
    for path in (untouched.path, files.path):
        data = path.read_bytes()
        path.write_bytes(data[:21] + b"\0" + data[22:])
    lost = open_damaged(untouched, killed.content)
    assert len(lost) < len(killed.content)
    real = getattr(module, step)

    def dies(*arguments: object) -> None:
        if done:
            real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, step, dies)
    with pytest.raises(KeyboardInterrupt):
        Store.open(files.path, KEY)
    monkeypatch.undo()
    assert open_damaged(files, killed.content) == lost
    assert len(files.set_aside()) == 1
    assert journal_of(files.set_aside()[0]).exists()
