"""A process killed at any moment while it writes: everything it was told is kept is there, whole, and nothing half."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.storage.writer import KEY, value_of

from enigma.storage import Store


def run_until_killed(path: Path, first: int, seconds: float) -> list[str]:
    """What a writer said until it was killed; the clock only chooses the moment."""
    command = [sys.executable, "-m", "tests.storage.writer", "write", str(path), str(first)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        said = [child.stdout.readline().strip()]  # it is open: the moment counts from here
        killing = threading.Timer(seconds, os.kill, (child.pid, signal.SIGKILL))
        killing.start()
        said += [line.strip() for line in child.stdout if line.endswith("\n")]
    killing.join()
    assert child.wait() == -signal.SIGKILL
    return said


@pytest.mark.processes
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "store"
    put: dict[int, bool] = {}  # number -> whether it has a time to expire
    first = expired = 0
    for _ in range(4):
        said = run_until_killed(path, first, chance.uniform(0, 0.4))
        assert said[0] == "found 0"
        for line in said[1:]:
            word, number = line.split()
            if word == "put":
                put[int(number)] = int(number) % 5 != 0
                first = int(number) + 1
            else:
                expired = max(expired, int(number))
        with Store.open(path, KEY) as store:
            assert store.found == ()
            assert store.check() == []
            for step, expires in put.items():
                if not expires or step > max(expired, first - 9):  # an expiry may have ended and not been told
                    assert store.get("x", b"%d" % step) == value_of(step)
                elif step <= expired:
                    assert store.get("x", b"%d" % step) is None
            left, right = store.get("pairs", b"left"), store.get("pairs", b"right")
            assert left == right
            told = [step for step in put if step % 5 == 0]
            assert not told or int(left or b"-1") >= max(told)
            untold = store.get("x", b"%d" % first)
            assert untold in {None, value_of(first)}
        first += 1
    assert first > 4
