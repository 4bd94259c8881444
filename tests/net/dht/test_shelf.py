"""What a node holds: bounded for each peer and in all, paid for, never older than before, and there after a restart."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.net.dht.simulation import Shelves

from enigma.errors import RecordRefused, StoreDamaged
from enigma.keys.node import NodeKey
from enigma.net.dht import Kind, Record, Settings, content, signed
from enigma.net.dht.providers import Providers
from enigma.net.dht.shelf import FLOORS, RECORDS, Shelf
from enigma.storage.store import Store

NOW = 1_000_000
OWNER = NodeKey.from_private_bytes(bytes(range(32)))
US, ANN, BOB = b"\x00" * 32, b"\x01" * 32, b"\x02" * 32


def until_expiry(record: Record) -> int | None:
    return record.expires


def shelf_on(store: Shelves | None = None, *, lease: Any = until_expiry, now: float = NOW, **limits: int) -> Shelf:
    return Shelf(US, store or Shelves(), Settings(**limits), lease, now)


def owned(sequence: int, value: bytes = b"v", *, expires: int = NOW + 100) -> Record:
    return signed(OWNER, Kind.ENCRYPTED, b"n", value, sequence=sequence, expires=expires)


# ---------------------------------------------------------------- newer, older, altered


def test_a_newer_record_replaces_and_an_older_one_is_refused() -> None:
    shelf = shelf_on()
    assert shelf.offer(owned(2), ANN, NOW)
    assert not shelf.offer(owned(2), BOB, NOW)  # the same again
    assert shelf.offer(owned(5, b"newer"), ANN, NOW)
    with pytest.raises(RecordRefused, match="sequence 4: 5 is held"):
        shelf.offer(owned(4, b"older"), BOB, NOW)
    found = shelf.find(owned(5).key, NOW)
    assert found is not None
    assert (found.sequence, found.value, len(shelf)) == (5, b"newer", 1)


def test_of_two_with_one_sequence_number_every_node_keeps_the_same() -> None:
    one, two = sorted((owned(3, b"one"), owned(3, b"two")), key=lambda record: record.rank)
    first, second = shelf_on(), shelf_on()
    assert first.offer(one, ANN, NOW)
    assert first.offer(two, ANN, NOW)
    assert second.offer(two, ANN, NOW)
    with pytest.raises(RecordRefused, match="sequence"):
        second.offer(one, ANN, NOW)
    assert first.find(one.key, NOW) == second.find(one.key, NOW) == two


def test_an_old_record_played_back_after_the_newer_one_expired_is_refused() -> None:
    store = Shelves()
    shelf = shelf_on(store)
    old, new = owned(3, expires=NOW + 5000), owned(4, expires=NOW + 100)
    shelf.offer(new, ANN, NOW)
    assert shelf.expire(NOW + 200) == 1
    old.check(NOW + 200, 10_000)  # the old one is signed, and has not expired: only its age tells
    for again in (shelf, shelf_on(store, now=NOW + 201)):
        with pytest.raises(RecordRefused, match="4 was held already"):
            again.offer(old, BOB, NOW + 201)


def test_a_sequence_number_is_forgotten_when_no_older_record_can_live() -> None:
    shelf = shelf_on(longest=1000)
    shelf.offer(owned(4, expires=NOW + 100), ANN, NOW)
    shelf.expire(NOW + 100)
    assert len(shelf._floors) == 1
    shelf.expire(NOW + 1100)
    assert len(shelf._floors) == 0


def test_an_altered_record_is_not_taken() -> None:
    shelf = shelf_on()
    forged = Record(Kind.ENCRYPTED, b"forged", NOW + 100, OWNER.public_bytes, b"n", 9, b"\x00" * 64)
    with pytest.raises(RecordRefused, match="signature"):
        shelf.offer(forged, ANN, NOW)
    assert len(shelf) == 0


def test_a_content_may_be_prolonged_and_not_shortened() -> None:
    shelf = shelf_on()
    shelf.offer(content(b"c", expires=NOW + 50), ANN, NOW)
    assert not shelf.offer(content(b"c", expires=NOW + 10), BOB, NOW)
    assert shelf.offer(content(b"c", expires=NOW + 90), BOB, NOW)
    assert shelf.find(content(b"c", expires=1).key, NOW + 80) is not None


# ---------------------------------------------------------------- limits


def contents(size: int = 10) -> Any:
    return (content(number.to_bytes(size, "big"), expires=NOW + 100) for number in count())


def fill(shelf: Shelf, giver: bytes, records: Any) -> int:
    for number in count():
        try:
            shelf.offer(next(records), giver, NOW)
        except RecordRefused:
            return number
    raise AssertionError


def test_one_peer_fills_its_quota_and_leaves_room_for_others() -> None:
    shelf, records = shelf_on(records_of_peer=7), contents()
    assert fill(shelf, ANN, records) == 7
    assert fill(shelf, BOB, records) == 7
    assert shelf.expire(NOW + 200) == 14
    shelf.offer(content(b"z", expires=NOW + 300), ANN, NOW + 200)


def test_bytes_are_a_quota_too_and_all_peers_together_have_one() -> None:
    assert fill(shelf_on(record_bytes_of_peer=95), ANN, contents(10)) == 9
    assert fill(shelf_on(record_bytes=42), ANN, contents(10)) == 4
    assert fill(shelf_on(records=3), US, contents(10)) == 3


def test_what_is_replaced_is_counted_once() -> None:
    shelf = shelf_on(record_bytes_of_peer=100)
    for sequence in range(50):
        shelf.offer(owned(sequence, b"x" * 60), ANN, NOW)
    assert (len(shelf), shelf.size) == (1, 60)


def test_nothing_is_held_that_nobody_pays_for() -> None:
    paid: dict[bytes, int] = {}
    shelf = shelf_on(lease=lambda record: paid.get(record.key))
    record = content(b"rent", expires=NOW + 1000)
    with pytest.raises(RecordRefused, match="pays"):
        shelf.offer(record, ANN, NOW)
    paid[record.key] = NOW + 10
    shelf.offer(record, ANN, NOW)
    paid[record.key] = NOW + 20  # renewed
    assert shelf.expire(NOW + 15) == 0
    del paid[record.key]
    assert shelf.expire(NOW + 19) == 0
    assert shelf.expire(NOW + 20) == 1


def test_remembered_sequence_numbers_are_bounded() -> None:
    store = Shelves()
    shelf = shelf_on(store, floors=5)
    for number in range(20):
        record = signed(OWNER, Kind.PUBLIC, b"%d" % number, b"", sequence=1, expires=NOW + 10)
        shelf.offer(record, ANN, NOW)
    shelf.expire(NOW + 10)
    assert len(shelf._floors) == len(store.keys(FLOORS)) == 5


# ---------------------------------------------------------------- restarts and damage


def test_records_quotas_and_expiry_survive_a_restart() -> None:
    store = Shelves()
    before = shelf_on(store, records_of_peer=2)
    before.offer(owned(7), ANN, NOW)
    before.offer(content(b"c", expires=NOW + 50), ANN, NOW)
    after = shelf_on(store, now=NOW + 1, records_of_peer=2)
    assert after.find(owned(7).key, NOW + 1) == owned(7)
    assert sorted(after) == sorted(before)
    assert after.size == before.size
    with pytest.raises(RecordRefused, match="as many records"):
        after.offer(content(b"d", expires=NOW + 50), ANN, NOW + 1)
    assert len(shelf_on(store, now=NOW + 60)) == 1  # one expired while the node was down
    assert sorted(after.due(NOW)) == sorted(after)  # after a restart all are due: others may have missed them


def test_a_damaged_entry_is_let_go_and_counted() -> None:
    store = Shelves()
    shelf = shelf_on(store)
    shelf.offer(owned(1), ANN, NOW)
    shelf.offer(content(b"whole", expires=NOW + 9), ANN, NOW)
    store.entries[RECORDS, owned(1).key] = store.entries[RECORDS, owned(1).key][:-5]
    assert shelf.find(owned(1).key, NOW) is None
    assert (shelf.damaged, len(shelf)) == (1, 1)
    store.entries[RECORDS, owned(1).key] = b"noise"
    store.entries[FLOORS, owned(1).key] = b"noise"
    again = shelf_on(store)
    assert (again.damaged, len(again), len(store.keys(RECORDS)), len(store.keys(FLOORS))) == (2, 1, 1, 0)


def test_what_the_store_calls_damaged_is_let_go_too() -> None:
    class Rotten(Shelves):
        def get(self, space: str, key: bytes) -> bytes | None:
            raise StoreDamaged("entry 3")

    store = Rotten()
    shelf = shelf_on(store)
    shelf.offer(owned(1), ANN, NOW)
    assert shelf.find(owned(1).key, NOW) is None
    assert shelf.damaged == 1


def test_a_nodes_own_store_is_one(tmp_path: Path) -> None:
    """`enigma.storage.Store` is what a node gives: records are there again after it was closed and opened."""
    for opened in range(2):
        with Store.open(tmp_path / "node", bytes(range(32))) as store:
            shelf = Shelf(US, store, Settings(), until_expiry, NOW)
            assert (shelf.find(owned(3).key, NOW) == owned(3)) is (opened == 1)
            shelf.offer(owned(3), ANN, NOW)
            shelf.offer(content(b"short-lived", expires=NOW + 5), ANN, NOW)
            store.expire(NOW + 50)
            assert shelf.expire(NOW + 50) == 1
            assert (len(shelf), shelf.damaged) == (1, 0)


# ---------------------------------------------------------------- providers


def test_providers_announce_themselves_within_quotas() -> None:
    known = Providers(Settings(providers_of_key=2, provided_of_peer=3, provided=5, longest_provided=100))
    key = b"k" * 32
    known.announce(key, ANN, NOW + 50, NOW)
    known.announce(key, ANN, NOW + 60, NOW)  # again, for longer
    known.announce(key, BOB, NOW + 10, NOW)
    with pytest.raises(RecordRefused, match="as many providers"):
        known.announce(key, US, NOW + 10, NOW)
    assert known.of(key, NOW) == {ANN: NOW + 60, BOB: NOW + 10}
    assert known.of(key, NOW + 10) == {ANN: NOW + 60}
    for number in range(2):
        known.announce(bytes([number]) * 32, ANN, NOW + 10, NOW)
    with pytest.raises(RecordRefused, match="as many keys"):
        known.announce(b"z" * 32, ANN, NOW + 10, NOW)
    known.announce(b"z" * 32, BOB, NOW + 10, NOW)
    with pytest.raises(RecordRefused, match="full"):
        known.announce(b"y" * 32, BOB, NOW + 10, NOW)
    for expires in (NOW, NOW + 101):
        with pytest.raises(RecordRefused, match="lives"):
            known.announce(b"x" * 32, US, expires, NOW)
    assert known.expire(NOW + 30) == 4
    assert len(known) == 1
