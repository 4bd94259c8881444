"""Pieces of several generations in one store: which are used, which stay, and when the old ones are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.test_holdings import CONTRACT, KEPT, LATER, REQUEST, contributed, finding, settle

from enigma.errors import ProtocolError
from enigma.node.holdings import Holdings
from enigma.node.job.generations import Pending
from enigma.sharing.generations import Generation
from enigma.storage import Store
from enigma.wire import Tree

NEW, OTHER = Generation(1, b"n" * 32), Generation(2, b"o" * 32)
JOB_PIECE = 7 << 20
SLICES: Tree = [[0, b"x" * 32, [b"a" * 32], [b"b" * 32]]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db", b"k" * 32) as opened:
        yield opened


@pytest.fixture
def holdings(store: Store) -> Holdings:
    """A contract with one piece that was contributed and one that was computed."""
    made = Holdings(store)
    contributed(made)
    made.keep_pending(CONTRACT, 7, REQUEST, finding(JOB_PIECE, KEPT), {JOB_PIECE: b"k" * 32 + bytes(2)}, bytes(32))
    settle(made, moves=True)
    return made


def pending(generation: Generation, former: bytes, move: int | None = None) -> Pending:
    return Pending(generation, former, (b"p",), stays=True, move=move, seats=0 if move is None else 1, task=b"t")


def write(holdings: Holdings, name: bytes) -> None:
    """An attempt writes both pieces anew."""
    holdings.shelves.begin(CONTRACT)
    for index in (JOB_PIECE, KEPT):
        holdings.shelves.write(CONTRACT, index, name + index.to_bytes(8, "big"), SLICES)


def pieces(holdings: Holdings) -> list[bytes]:
    return holdings.pieces(CONTRACT, {}, [JOB_PIECE, KEPT])


def anew(name: bytes) -> list[bytes]:
    return [name + index.to_bytes(8, "big") for index in (JOB_PIECE, KEPT)]


def test_pending_then_current_then_alone(store: Store, holdings: Holdings) -> None:
    shelves = holdings.shelves
    assert shelves.generations(CONTRACT).current == Generation()
    write(holdings, b"new")
    shelves.keep(CONTRACT, pending(NEW, bytes(32)))
    assert pieces(holdings) == [b"brought", b"computed"]  # pending ones are not computed with
    assert holdings.sweep(LATER) == 0
    shelves.switch(CONTRACT, NEW.digest)
    assert pieces(holdings) == anew(b"new")
    assert shelves.committed(CONTRACT, KEPT) == SLICES
    assert len(store.keys("pieces")) == 4  # the former ones stay until all seats have switched
    assert holdings.sweep(LATER) == 0
    shelves.release(CONTRACT, NEW.digest)
    assert {store.get("pieces", key) for key in store.keys("pieces")} == set(anew(b"new"))
    assert shelves.renewed(CONTRACT) > 0
    assert Holdings(store).shelves.generations(CONTRACT).current == NEW


def test_what_an_attempt_wrote_that_died_is_swept(store: Store, holdings: Holdings) -> None:
    write(holdings, b"new")
    assert holdings.sweep(LATER) == 0  # it may still go on
    assert len(store.keys("pieces")) == 4
    again = Holdings(store)  # the node has died, and come back
    assert again.sweep(LATER) == 2
    assert pieces(again) == [b"brought", b"computed"]
    assert len(store.keys("commitments")) == 0


def test_what_an_attempt_wrote_that_failed_goes_with_it(store: Store, holdings: Holdings) -> None:
    write(holdings, b"new")
    holdings.shelves.end(CONTRACT)
    assert len(store.keys("pieces")) == 2


def test_dropped(store: Store, holdings: Holdings) -> None:
    write(holdings, b"new")
    holdings.shelves.keep(CONTRACT, pending(NEW, bytes(32)))
    with pytest.raises(ProtocolError, match="made anew"):
        holdings.shelves.generations(CONTRACT).computing()
    holdings.shelves.drop(CONTRACT, NEW.digest)
    assert len(store.keys("pieces")) == 2
    assert holdings.shelves.generations(CONTRACT).computing() == Generation()


def test_a_move_that_is_told_twice_moves_once(store: Store, holdings: Holdings) -> None:
    write(holdings, b"new")
    holdings.shelves.keep(CONTRACT, pending(NEW, bytes(32), move=0))
    holdings.shelves.signed(CONTRACT, NEW.digest)
    with pytest.raises(ProtocolError, match="may still take"):
        holdings.shelves.drop(CONTRACT, NEW.digest)
    for _ in range(2):
        holdings.shelves.moved(CONTRACT, NEW.digest, 1)
        assert holdings.shelves.generations(CONTRACT).current == NEW
        assert pieces(holdings) == anew(b"new")


def test_of_two_moves_the_chain_takes_one(store: Store, holdings: Holdings) -> None:
    for name, generation in ((b"new", NEW), (b"oth", OTHER)):
        write(holdings, name)
        holdings.shelves.keep(CONTRACT, pending(generation, bytes(32), move=0))
    holdings.shelves.moved(CONTRACT, OTHER.digest, 1)
    assert pieces(holdings) == anew(b"oth")
    kept = {store.get("pieces", key) for key in store.keys("pieces")}
    assert kept == {b"brought", b"computed", *anew(b"oth")}


def test_lost_and_rebuilt(store: Store, holdings: Holdings) -> None:
    shelves = holdings.shelves
    shelves.lose(CONTRACT)
    assert holdings.lost(CONTRACT) is not None
    assert shelves.generations(CONTRACT).current is None
    write(holdings, b"new")
    shelves.keep(CONTRACT, pending(NEW, bytes(32)))
    shelves.switch(CONTRACT, NEW.digest)
    assert holdings.lost(CONTRACT) is None
    assert {store.get("pieces", key) for key in store.keys("pieces")} == set(anew(b"new"))


def test_rebuilt_in_part_is_lost_still(holdings: Holdings) -> None:
    holdings.shelves.lose(CONTRACT)
    holdings.put_standing(CONTRACT, type(holdings.standing(CONTRACT))(7, holdings.standing(CONTRACT).state, {}))
    holdings.shelves.begin(CONTRACT)
    holdings.shelves.write(CONTRACT, KEPT, b"one", SLICES)
    holdings.shelves.keep(CONTRACT, pending(NEW, bytes(32)))
    holdings.shelves.switch(CONTRACT, NEW.digest)
    assert holdings.lost(CONTRACT) is not None


def test_erased_by_the_node_that_left(store: Store, holdings: Holdings) -> None:
    write(holdings, b"new")
    holdings.shelves.keep(CONTRACT, pending(NEW, bytes(32)))
    holdings.shelves.end(CONTRACT)
    holdings.shelves.erase(CONTRACT)
    assert store.keys("pieces") == []
    assert store.keys("commitments") == []
    assert holdings.shelves.contracts() == []
