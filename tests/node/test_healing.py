"""What a node does about marks of what its store has lost, and which jobs it begins after that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from enigma.errors import ProtocolError, StoreDamaged
from enigma.node.healing import began, mend
from enigma.node.holdings import Holdings, Standing
from enigma.storage import Store
from enigma.storage.records import Damage, Name

CONTRACT, KEY = b"c" * 32, b"k" * 32


@dataclass
class Found:
    """A store in which opening has found damage."""

    store: Store
    found: list[Damage]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db", KEY) as opened:
        yield opened


def mended(store: Store, *found: Damage) -> Holdings:
    mend(cast("Store", Found(store, list(found))))
    return Holdings(store)


def test_a_lost_state_is_a_lost_contract(store: Store) -> None:
    Holdings(store).put_standing(CONTRACT, Standing(7, b"state", {1: b"place"}))
    holdings = mended(store, Damage("lost", "states", CONTRACT))
    assert holdings.lost(CONTRACT) == 0
    assert holdings.standing(CONTRACT) == Standing()
    assert holdings.shelves.generations(CONTRACT).current is None


def test_a_piece_goes_with_its_commitments(store: Store) -> None:
    for space in ("pieces", "commitments"):
        store.put(space, b"place", b"octets")
    holdings = mended(store, Damage("lost", "commitments", b"place"))
    assert not holdings.shelves.has_piece(b"place")
    assert store.get("commitments", b"place") is None


def test_a_lost_signature_stays_lost(store: Store) -> None:
    with store.transaction():
        assert store._change is not None
        store._change.mark_lost(Name("signed", KEY), 1 << 20)
    with pytest.raises(StoreDamaged):
        store.get("signed", KEY)
    holdings = mended(store, Damage("its value was lost", "signed", KEY))
    assert holdings.signed(KEY) == b""  # its mark is not taken away
    with pytest.raises(ProtocolError, match="something else"):
        holdings.sign_once(KEY, b"receipt")


def test_jobs_that_were_asked_before_a_loss_are_not_begun(store: Store) -> None:
    store.put("sources", CONTRACT, b"")
    assert began(store, 50) == 0  # a store with a memory
    mended(store, Damage("entries may be lost whose names are not known"))
    assert began(store, 60) == 60
    assert began(store, 70) == 60


def test_a_store_without_memory_begins_now(store: Store) -> None:
    assert began(store, 50) == 50
    assert began(store, 60) == 50
