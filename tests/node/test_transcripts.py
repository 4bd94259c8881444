"""Transcripts in a node's store: within their room, for their time, encrypted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from enigma.node.job.transcript import Heard, Transcript
from enigma.node.transcripts import ATTEMPTS, PART, Transcripts
from enigma.storage import Store
from enigma.wire import Tree

CONTRACT, OTHER = b"c" * 32, b"d" * 32
ROOM, LIFE, NOW = 1 << 20, 600, 1_800_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db", os.urandom(32)) as opened:
        yield opened


def tree(octets: bytes) -> Tree:
    written = Transcript(ROOM)
    written.messages.append(Heard(1, True, 5, "a phase", "a step", 1, 1, 0, len(octets), bytes(32), octets))
    return written.tree()


def transcripts(store: Store, room: int = ROOM) -> Transcripts:
    return Transcripts(store, room, LIFE, lambda: NOW)


def test_kept_by_job_and_attempt(store: Store, tmp_path: Path) -> None:
    kept = transcripts(store)
    secret = b"what came over a channel"
    for attempt in range(1, ATTEMPTS + 2):
        kept.keep(CONTRACT, 7, 2, attempt, NOW, tree(secret))
    kept.keep(OTHER, 9, 0, 1, NOW, tree(b""))
    assert [each.attempt for each in kept.of(CONTRACT, 7)] == list(range(2, ATTEMPTS + 2))
    assert kept.of(CONTRACT, 7)[0].messages[0].first == secret
    assert (kept.jobs(CONTRACT), kept.jobs(OTHER)) == ([7], [9])
    assert kept.of(CONTRACT, 9) == []
    store.close()
    assert all(secret not in file.read_bytes() for file in tmp_path.iterdir())


def test_off(store: Store) -> None:
    kept = transcripts(store, 0)
    kept.keep(CONTRACT, 7, 2, 1, NOW, tree(b"x"))
    assert kept.each == 0
    assert kept.jobs(CONTRACT) == []


def test_the_oldest_make_room(store: Store) -> None:
    kept = transcripts(store)
    part = bytes(ROOM // PART)
    for job in range(1, 9):
        kept.keep(CONTRACT, job, 0, 1, NOW, tree(part))
    assert kept.jobs(CONTRACT) == [5, 6, 7, 8]


def test_they_expire(store: Store) -> None:
    kept = transcripts(store)
    kept.keep(CONTRACT, 7, 0, 1, NOW, tree(b"x"))
    store.expire(NOW + LIFE - 1)
    assert kept.jobs(CONTRACT) == [7]
    store.expire(NOW + LIFE)
    assert kept.jobs(CONTRACT) == []
