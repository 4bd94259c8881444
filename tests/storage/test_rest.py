"""What the files show to whoever has them without the key; and that what was deleted is gone from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from enigma.errors import ArgumentProblem, StoreDamaged, StoreKeyWrong
from enigma.storage import CHUNK, Store
from enigma.storage.cipher import Cipher, Kind
from enigma.storage.files import Files, overwrite

KEY = os.urandom(32)


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_neither_values_nor_names_are_on_the_disk(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        store.put("a-space-with-a-name", b"a-key-with-a-name", b"a-value-with-content" * 3)
        store.put("a-space-with-a-name", b"long-key-with-a-name", b"a-value-with-content" * CHUNK)
        for _ in range(2):
            rest = all_bytes(tmp_path)
            assert len(rest) > 20 * CHUNK
            for secret in (b"with-a-name", b"with-content", KEY):
                assert secret not in rest
            store.scrub()


def test_equal_values_look_different_and_nothing_is_sealed_twice_alike(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        for number in range(200):
            store.put("x", b"%d" % (number % 3), b"the same value")
            with store.transaction():
                store.put("y", b"%d" % number, b"the same value")
        rows = store._writer.execute("SELECT header, value FROM entries").fetchall()
    assert len({header[1:33] for header, _ in rows}) == len({value for _, value in rows}) == 203


def test_a_sealed_thing_opens_as_what_it_is_and_where_it_is_only() -> None:
    cipher = Cipher(KEY)
    sealed = cipher.seal(Kind.HEADER, b"content", b"place")
    assert cipher.open(Kind.HEADER, sealed, b"place") == b"content"
    key = cipher.of(sealed)
    chunk = key.seal(Kind.CHUNK, b"content", b"place", 3, last=False)
    assert key.open(Kind.CHUNK, chunk, b"place", 3, last=False) == b"content"
    refused: list[Callable[[], object]] = [
        lambda: cipher.open(Kind.HEAD, sealed, b"place"),
        lambda: cipher.open(Kind.HEADER, sealed, b"other"),
        lambda: cipher.open(Kind.HEADER, sealed[:-1], b"place"),
        lambda: cipher.open(Kind.HEADER, sealed[:20], b"place"),
        lambda: cipher.open(Kind.HEADER, b"\x02" + sealed[1:], b"place"),
        lambda: Cipher(bytes(32)).open(Kind.HEADER, sealed, b"place"),
        lambda: key.open(Kind.CHUNK, chunk, b"place", 2, last=False),
        lambda: key.open(Kind.CHUNK, chunk, b"place", 3, last=True),
        lambda: key.open(Kind.CHUNK, chunk, b"other", 3, last=False),
    ]
    for attempt in refused:
        with pytest.raises(StoreDamaged):
            attempt()


def test_the_journal_is_overwritten_before_it_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import enigma.storage.store as module

    seen: list[bytes] = []

    def watched(path: Path) -> None:
        seen.append(path.read_bytes())
        overwrite(path)
        seen.append(path.read_bytes())

    monkeypatch.setattr(module, "overwrite", watched)
    files = Files(tmp_path / "store")
    with Store.open(files.path, KEY) as store:
        store.put("x", b"long", bytes(5 * CHUNK), expires=1)
        store.put("x", b"short", b"value", expires=1)
        store.put("x", b"stays", b"value")
        sealed = [row[0] for row in store._writer.execute("SELECT sealed FROM chunks")]
        sealed += [
            value
            for row in store._writer.execute("SELECT header, value FROM entries WHERE expires = 1")
            for value in row
            if value
        ]
        samples = [value[len(value) // 2 :][:16] for value in sealed]
        assert all(sample in all_bytes(tmp_path) for sample in samples)  # it is all there to begin with
        assert store.expire(1) == 2
        assert not any(sample in all_bytes(tmp_path) for sample in samples)
        assert store.get("x", b"stays") == b"value"
        assert len(seen[0]) > 5 * CHUNK
        assert any(seen[0])
        assert len(seen[1]) == len(seen[0])
        assert not any(seen[1])
        assert files.journal.stat().st_size == 0
        assert store.check() == []


def test_what_is_replaced_is_overwritten(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        store.put("x", b"k", b"value")
        header, value = store._writer.execute("SELECT header, value FROM entries").fetchone()
        store.put("x", b"k", b"other")
        store.scrub()
        assert header not in all_bytes(tmp_path)
        assert value not in all_bytes(tmp_path)


def test_the_files_are_their_owners(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        store.put("x", b"k", b"v")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_neither_the_store_nor_its_errors_print_the_key(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        assert repr(store) == f"Store({str(tmp_path / 'store')!r})"
    with pytest.raises(StoreKeyWrong) as refused:
        Store.open(tmp_path / "store", bytes([7]) * 32)
    assert "0707" not in str(refused.value)
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        Store.open(tmp_path / "store", b"short")
