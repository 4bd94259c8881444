"""What a store promises its callers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from enigma.errors import ArgumentProblem, StoreChanged, StoreProblem
from enigma.storage import CHUNK, Store

KEY = bytes(32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", KEY) as store:
        yield store


def chunk_rows(store: Store) -> int:
    """How many chunks the database holds, named by an entry or not."""
    return int(store._writer.execute("SELECT count(*) FROM chunks").fetchone()[0])


def test_what_is_put_is_there_and_what_is_deleted_is_not(store: Store) -> None:
    assert store.get("shares", b"one") is None
    store.put("shares", b"one", b"value")
    store.put("other", b"one", b"")
    assert store.get("shares", b"one") == b"value"
    assert store.get("other", b"one") == b""
    assert store.size("shares", b"one") == 5
    store.put("shares", b"one", b"another value")
    assert store.get("shares", b"one") == b"another value"
    assert store.delete("shares", b"one")
    assert not store.delete("shares", b"one")
    assert store.get("shares", b"one") is None
    assert store.size("shares", b"one") is None
    assert store.open_stream("shares", b"one") is None
    assert store.get("other", b"one") == b""


def test_keys_are_listed_by_space_and_prefix_in_order(store: Store) -> None:
    for key in (b"b/2", b"a", b"b/1", b"", b"b\xff", b"c"):
        store.put("x", key, b"")
    store.put("y", b"b/3", b"")
    assert store.keys("x") == [b"", b"a", b"b/1", b"b/2", b"b\xff", b"c"]
    assert store.keys("x", b"b/") == [b"b/1", b"b/2"]
    assert store.keys("nothing") == []


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 9 * CHUNK + 5])
def test_long_values_go_in_and_out_in_chunks(store: Store, size: int) -> None:
    value = os.urandom(size)
    parts = [value[:7], b"", value[7 : CHUNK + 9], value[CHUNK + 9 :]]
    assert store.put_stream("x", b"k", iter(parts)) == size
    assert store.get("x", b"k") == value
    assert store.size("x", b"k") == size
    chunks = list(store.open_stream("x", b"k") or ())
    assert b"".join(chunks) == value
    assert max(map(len, chunks)) <= CHUNK
    store.put("x", b"same", value)
    assert store.get("x", b"same") == value
    assert store.check() == []
    store.delete("x", b"k")
    store.delete("x", b"same")
    assert chunk_rows(store) == 0


def test_a_stream_holds_a_few_chunks_in_memory(store: Store) -> None:
    import tracemalloc

    part = bytes(CHUNK)
    tracemalloc.start()
    store.put_stream("x", b"k", (part for _ in range(120)))
    into = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    assert sum(map(len, store.open_stream("x", b"k") or ())) == 120 * CHUNK
    out = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert into < 20 * CHUNK
    assert out < 6 * CHUNK


def test_an_interrupted_stream_leaves_nothing(store: Store) -> None:
    def breaks_off() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(CHUNK)
        assert chunk_rows(store) > 0  # it was on its way
        raise OSError("the sender is gone")

    store.put("x", b"k", b"before")
    with pytest.raises(OSError, match="the sender is gone"):
        store.put_stream("x", b"k", breaks_off())
    assert store.get("x", b"k") == b"before"
    assert chunk_rows(store) == 0
    assert store.check() == []


def test_a_reader_of_a_stream_learns_that_it_was_replaced(store: Store) -> None:
    store.put("x", b"k", bytes(3 * CHUNK))
    stream = store.open_stream("x", b"k")
    assert stream is not None
    assert next(stream) == bytes(CHUNK)
    store.put("x", b"k", b"new")
    with pytest.raises(StoreChanged):
        next(stream)


def test_a_transaction_is_all_or_nothing_across_spaces(store: Store) -> None:
    store.put("x", b"k", b"old")
    with store.transaction():
        store.put("x", b"k", b"new")
        store.put("y", b"k", b"new")
        store.put_stream("y", b"long", [bytes(CHUNK)] * 3)
        assert store.get("x", b"k") == b"new"
        assert store.delete("y", b"k")
    assert (store.get("x", b"k"), store.get("y", b"k")) == (b"new", None)

    def breaks_off() -> None:
        with store.transaction():
            store.delete("x", b"k")
            store.put("z", b"k", b"never")
            store.put_stream("z", b"long", [bytes(CHUNK)] * 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()
    assert (store.get("x", b"k"), store.get("z", b"k"), store.get("z", b"long")) == (b"new", None, None)
    assert chunk_rows(store) == 3
    store.put("x", b"after", b"works")
    assert store.check() == []


def test_a_transaction_in_which_something_failed_keeps_nothing(store: Store) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield bytes(3 * CHUNK)
        raise OSError("the sender is gone")

    def hides_it() -> None:
        with store.transaction():
            store.put("x", b"k", b"value")
            with pytest.raises(OSError, match="the sender is gone"):
                store.put_stream("x", b"long", breaks_off())

    with pytest.raises(StoreProblem, match="failed"):
        hides_it()
    assert store.keys("x") == []
    assert chunk_rows(store) == 0
    with pytest.raises(ArgumentProblem, match="within another"), store.transaction(), store.transaction():
        pass
    with store.transaction():
        pass
    assert store.check() == []


def test_entries_expire_at_their_time_and_not_before(store: Store) -> None:
    with store.transaction():
        for number in range(1200):
            store.put("x", b"%d" % number, b"v", expires=100 + number)
    store.put("x", b"stays", b"v")
    store.put("x", b"0", b"v", expires=5000)
    assert store.expires("x", b"1") == 101
    assert store.expires("x", b"stays") is None
    assert store.expire(100) == 0
    assert store.expire(101) == 1
    assert store.get("x", b"1") is None
    assert store.expire(1299) == 1198
    assert store.keys("x") == [b"0", b"stays"]
    assert store.expire(5000) == 1
    assert store.check() == []


def test_names_that_no_place_has_are_refused(store: Store) -> None:
    for space, key in (("", b"k"), ("s" * 65, b"k"), ("ü" * 33, b"k"), ("s", bytes(1025))):
        with pytest.raises(ArgumentProblem):
            store.put(space, key, b"")
    for expires in (-1, 1 << 63, True):
        with pytest.raises(ArgumentProblem):
            store.put("s", b"k", b"", expires=expires)
    store.put("ü" * 32, bytes(1024), b"v")
    assert store.keys("ü" * 32) == [bytes(1024)]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", KEY)
    store.put("x", b"k", b"v")
    store.close()
    store.close()
    for use in (
        lambda: store.get("x", b"k"),
        lambda: store.put("x", b"k", b"v"),
        lambda: store.delete("x", b"k"),
        lambda: store.keys("x"),
        store.check,
        store.scrub,
    ):
        with pytest.raises(StoreProblem, match="closed"):
            use()


def test_many_threads_use_one_store(store: Store) -> None:
    """Each of six threads moves amounts between two places in transactions; readers always see a sum of zero."""
    failures: list[BaseException] = []
    done = threading.Event()
    for space in ("left", "right"):
        store.put(space, b"sum", b"0")

    def moves(thread: int) -> None:
        try:
            for step in range(12):
                with store.transaction():
                    left, right = (int(store.get(space, b"sum") or b"") for space in ("left", "right"))
                    store.put("left", b"sum", b"%d" % (left + thread * step + 1))
                    store.put("right", b"sum", b"%d" % (right - thread * step - 1))
                store.put("own", b"%d/%d" % (thread, step), bytes(step))
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    def reads() -> None:
        try:
            while not done.is_set():
                assert store.get("left", b"sum") is not None
                for key in store.keys("own"):
                    assert store.size("own", key) == int(key.split(b"/")[1])
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    writers = [threading.Thread(target=moves, args=(thread,)) for thread in range(6)]
    readers = [threading.Thread(target=reads) for _ in range(12)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    moved = sum(thread * step + 1 for thread in range(6) for step in range(12))
    assert store.get("left", b"sum") == b"%d" % moved
    assert store.get("right", b"sum") == b"%d" % -moved
    assert len(store.keys("own")) == 72
    assert store.check() == []


def test_readers_do_not_wait_for_a_transaction(store: Store) -> None:
    store.put("x", b"k", b"before")
    seen: list[bytes | None] = []
    with store.transaction():
        store.put("x", b"k", b"after")
        reader = threading.Thread(target=lambda: seen.append(store.get("x", b"k")))
        reader.start()
        reader.join()
    assert seen == [b"before"]
    assert store.get("x", b"k") == b"after"


def test_closing_waits_for_other_threads(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", KEY)
    inside, go_on = threading.Event(), threading.Event()

    def writes() -> None:
        with store.transaction():
            inside.set()
            go_on.wait()
            store.put("x", b"k", b"v")

    writer, closer = threading.Thread(target=writes), threading.Thread(target=store.close)
    writer.start()
    inside.wait()
    closer.start()
    go_on.set()
    writer.join()
    closer.join()
    with Store.open(tmp_path / "store", KEY) as again:
        assert again.get("x", b"k") == b"v"
