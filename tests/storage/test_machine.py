"""A store does what a dictionary does, through any sequence of steps, reopening and rekeying."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from enigma.storage import CHUNK, Store
from enigma.storage.files import Files

SPACES = st.sampled_from(["a", "b"])
KEYS = st.sampled_from([b"", b"k", b"k2", b"\x00", b"\xff" * 40])
SIZES = st.sampled_from([0, 1, 16, 1000, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
EXPIRES = st.none() | st.integers(0, 50)


class StoreMachine(RuleBasedStateMachine):
    """The oracle is a dictionary of (value, expires)."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.key = bytes(32)
        self.store = Store.open(self.folder / "store", self.key)
        self.oracle: dict[tuple[str, bytes], tuple[bytes, int | None]] = {}

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(space=SPACES, key=KEYS, size=SIZES, fill=st.integers(0, 255), expires=EXPIRES)
    def put(self, space: str, key: bytes, size: int, fill: int, expires: int | None) -> None:
        self.store.put(space, key, bytes([fill]) * size, expires=expires)
        self.oracle[space, key] = bytes([fill]) * size, expires

    @rule(space=SPACES, key=KEYS, sizes=st.lists(SIZES, max_size=4), expires=EXPIRES)
    def put_stream(self, space: str, key: bytes, sizes: list[int], expires: int | None) -> None:
        parts = [bytes([number]) * size for number, size in enumerate(sizes)]
        self.store.put_stream(space, key, parts, expires=expires)
        self.oracle[space, key] = b"".join(parts), expires

    @rule(space=SPACES, key=KEYS)
    def delete(self, space: str, key: bytes) -> None:
        assert self.store.delete(space, key) == (self.oracle.pop((space, key), None) is not None)

    @rule(now=st.integers(0, 60))
    def expire(self, now: int) -> None:
        gone = [name for name, (_, expires) in self.oracle.items() if expires is not None and expires <= now]
        for name in gone:
            del self.oracle[name]
        assert self.store.expire(now) == len(gone)

    @rule(changes=st.lists(st.tuples(SPACES, KEYS, st.none() | st.binary(max_size=9)), max_size=6), fails=st.booleans())
    def transaction(self, changes: list[tuple[str, bytes, bytes | None]], fails: bool) -> None:
        after = dict(self.oracle)
        try:
            with self.store.transaction():
                for space, key, value in changes:
                    if value is None:
                        self.store.delete(space, key)
                        after.pop((space, key), None)
                    else:
                        self.store.put(space, key, value)
                        after[space, key] = value, None
                if fails:
                    raise ZeroDivisionError
            self.oracle = after
        except ZeroDivisionError:
            assert fails

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder / "store", self.key)
        assert self.store.found == ()

    @rule()
    def crash(self) -> None:
        """What another process would find if this one were killed now."""
        with tempfile.TemporaryDirectory() as folder:
            files, copy = Files(self.folder / "store"), Files(Path(folder) / "store")
            for at, to in ((files.path, copy.path), (files.journal, copy.journal), (files.catalogue, copy.catalogue)):
                if at.exists():
                    shutil.copy(at, to)
            with Store.open(copy.path, self.key) as other:
                assert other.found == ()
                self.compare(other)

    @rule(key=st.binary(min_size=32, max_size=32))
    def rekey(self, key: bytes) -> None:
        self.store.rekey(key)
        self.key = key

    @rule()
    def check(self) -> None:
        assert self.store.check() == []

    @invariant()
    def same(self) -> None:
        self.compare(self.store)

    def compare(self, store: Store) -> None:
        for space in ("a", "b"):
            assert store.keys(space) == sorted(key for of, key in self.oracle if of == space)
        for name, (value, expires) in self.oracle.items():
            assert store.size(*name) == len(value)
            assert store.expires(*name) == expires
            assert store.get(*name) == value
            assert b"".join(store.open_stream(*name) or ()) == value


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
