"""One store, one opener."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from enigma.errors import StoreLocked
from enigma.storage import Store

KEY = bytes(32)


def test_a_second_opener_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", KEY) as store:
        with pytest.raises(StoreLocked, match="open already"):
            Store.open(tmp_path / "store", KEY)
        store.put("x", b"k", b"v")
    with Store.open(tmp_path / "store", KEY) as store:
        assert store.get("x", b"k") == b"v"


def test_a_refused_opening_leaves_no_lock(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"something else")
    for _ in range(2):
        with pytest.raises(Exception, match="no store"):
            Store.open(tmp_path / "store", KEY)
    (tmp_path / "store").unlink()
    Store.open(tmp_path / "store", KEY).close()


def test_a_process_that_is_being_started_does_not_hold_what_was_released(tmp_path: Path) -> None:
    begun, going = os.pipe(), os.pipe()
    with Store.open(tmp_path / "store", KEY):
        child = os.fork()
        if child == 0:  # before it would run a program of its own
            os.write(begun[1], b"x")
            os.read(going[0], 1)
            os._exit(0)
        os.read(begun[0], 1)
    try:
        Store.open(tmp_path / "store", KEY).close()
    finally:
        os.write(going[1], b"x")
        os.waitpid(child, 0)
        for each in (*begun, *going):
            os.close(each)


@pytest.mark.processes
def test_another_process_is_refused_and_a_killed_one_does_not_block(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.storage.writer", "hold", str(tmp_path / "store")]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreLocked):
            Store.open(tmp_path / "store", KEY)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
        holder.stdin.close()
    with Store.open(tmp_path / "store", KEY) as store:
        assert store.get("x", b"k") == b"v"
