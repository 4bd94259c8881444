"""A full disk: a clear error, nothing half-written, and the store works again when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enigma.errors import StoreFull
from enigma.storage import CHUNK, Store

KEY = bytes(32)
IN_A_SMALL_DISK = """
mount -t tmpfs -o size=3m none "$1" && head -c 1500000 /dev/zero > "$1/ballast" || exit
exec "$2" -m tests.storage.writer fill "$1/store"
"""


def test_no_more_pages(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        store.put("x", b"k", b"before", expires=5)
        store._writer.execute("PRAGMA max_page_count=40")
        with pytest.raises(StoreFull, match="no room"):
            store.put("x", b"k", bytes(CHUNK))
        with pytest.raises(StoreFull):
            store.put_stream("x", b"k", [bytes(CHUNK)] * 5)
        with pytest.raises(StoreFull):
            put_both(store)
        assert store.get("x", b"k") == b"before"
        assert store.keys("x") == [b"k"]
        assert store.check() == []
        store.put("x", b"small", b"fits")
        store._writer.execute("PRAGMA max_page_count=1000000")
        store.put("x", b"k", bytes(CHUNK))
        assert store.check() == []
        assert store._writer.execute("SELECT count(*) FROM chunks").fetchone() == (0,)
    with Store.open(tmp_path / "store", KEY) as store:
        assert store.found == ()


def put_both(store: Store) -> None:
    with store.transaction():
        store.put("x", b"small", b"")
        store.put("x", b"k", bytes(CHUNK))


@pytest.mark.processes
def test_a_disk_of_three_megabytes(tmp_path: Path) -> None:
    """In a mount namespace of its own, so that nothing is left of the disk, however the test ends."""
    unshare = shutil.which("unshare")
    private = [unshare or "", "--mount", "--map-root-user"]
    allowed = unshare and subprocess.run(
        [*private, "mount", "-t", "tmpfs", "none", str(tmp_path)], check=False, capture_output=True
    )
    if not allowed or allowed.returncode != 0:
        pytest.skip("this account may not make a small disk")
    command = [*private, "sh", "-c", IN_A_SMALL_DISK, "sh", str(tmp_path), sys.executable]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[:-1] == ["writing: no room on the disk"] * 5
    assert int(said[-1].split()[1]) > 20
