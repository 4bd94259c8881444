"""How fast a store is, on the disk that holds the folder of the tests: a table, and no judgement.

.venv/bin/python -m pytest -s -m long tests/storage/test_speed.py
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from enigma.storage import CHUNK, Store

KEY = bytes(32)
SMALL = 200  # bytes of a small value
MANY = 20_000
LONG = 256 * CHUNK


def rate(count: float, what: str, work: Callable[[], object]) -> None:
    """Run once and print how many went through in a second."""
    start = time.perf_counter()
    work()
    print(f"{what:46} {count / (time.perf_counter() - start):>12,.0f} /s")  # noqa: T201 - the table is the point


@pytest.mark.long
def test_speed(tmp_path: Path) -> None:
    value, chunk = os.urandom(SMALL), os.urandom(CHUNK)
    print()  # noqa: T201

    def put(space: str, count: int) -> None:
        for number in range(count):
            store.put(space, b"%d" % number, value)

    def put_together() -> None:
        with store.transaction():
            put("together", MANY)

    def get() -> None:
        for number in range(MANY):
            assert store.get("together", b"%d" % number) == value

    def at_once(work: Callable[[], None]) -> None:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with Store.open(tmp_path / "store", KEY) as store:
        rate(500, "puts of 200 bytes, each durable", lambda: put("single", 500))
        store._writer.execute("PRAGMA synchronous=NORMAL")
        rate(500, "the same, not durable (synchronous=NORMAL)", lambda: put("single", 500))
        store._writer.execute("PRAGMA synchronous=FULL")
        rate(MANY, "puts in one transaction", put_together)
        rate(MANY, "gets", get)
        rate(4 * MANY, "gets, four threads", lambda: at_once(get))
        rate(MANY, "keys listed", lambda: store.keys("together"))
        rate(LONG / 1e6, "MB of a stream in", lambda: store.put_stream("x", b"k", (chunk for _ in range(256))))
        rate(LONG / 1e6, "MB of a stream out", lambda: sum(map(len, store.open_stream("x", b"k") or ())))
        rate(LONG / 1e6, "MB checked", store.check)
        rate(LONG / 1e6, "MB sealed anew", lambda: store.rekey(KEY))
    for thorough in (True, False):
        start = time.perf_counter()
        with Store.open(tmp_path / "store", KEY, thorough=thorough):
            took = time.perf_counter() - start
        print(f"{'opened, thorough' if thorough else 'opened, names only':46} {took:>12.2f} s")  # noqa: T201
