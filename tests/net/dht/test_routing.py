"""The routing table: exact, bounded, closed to strangers, and true to old contacts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem
from enigma.net.dht import Settings
from enigma.net.dht.routing import RoutingTable

SMALL = Settings(bucket_size=4, replicas=2, spares=2)


def table_of(seed: int, size: int, sizes: Settings = SMALL) -> tuple[RoutingTable, list[bytes]]:
    chance = random.Random(seed)
    table = RoutingTable(chance.randbytes(32), lambda node: True, sizes)
    nodes = [chance.randbytes(32) for _ in range(size)]
    for node in nodes:
        table.heard(node)
    return table, nodes


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 80), st.binary(min_size=32, max_size=32), st.integers(1, 30))
def test_the_closest_are_the_closest(seed: int, size: int, key: bytes, count: int) -> None:
    table, _ = table_of(seed, size)
    ordered = sorted(table, key=lambda node: int.from_bytes(node, "big") ^ int.from_bytes(key, "big"))
    assert table.closest(key, count) == ordered[:count]


@pytest.mark.parametrize("shared", [0, 1, 5, 100, 255])
def test_the_closest_to_keys_at_every_depth(shared: int) -> None:
    chance = random.Random(shared)
    own = chance.randbytes(32)
    table = RoutingTable(own, lambda node: True, SMALL)
    for depth in range(256):
        for _ in range(3):
            table.heard(table.key_in(depth, chance.randbytes))
    key = table.key_in(shared, chance.randbytes)
    distance = int.from_bytes(key, "big") ^ int.from_bytes(own, "big")
    assert 256 - distance.bit_length() == shared
    ordered = sorted(table, key=lambda node: int.from_bytes(node, "big") ^ int.from_bytes(key, "big"))
    assert table.closest(key, 50) == ordered[:50]
    assert own not in table


def test_a_table_is_bounded_whatever_arrives() -> None:
    table, _ = table_of(1, 20_000)
    assert len(table) <= 4 * 20
    assert all(len(bucket.contacts) <= 4 and len(bucket.spares) <= 2 for bucket in table._buckets.values())


def test_old_contacts_stay_while_they_answer() -> None:
    table, nodes = table_of(2, 500)
    before = set(table)
    for _ in range(3):
        for node in nodes[250:]:
            table.heard(node)
    assert set(table) == before


def test_a_contact_that_fails_makes_room_for_a_spare() -> None:
    table, nodes = table_of(3, 500)
    far = [node for node in nodes if (node[0] ^ table._own[0]) >> 7]
    inside = [node for node in far if node in table]
    table.failed(inside[0])
    assert inside[0] in table
    assert inside[0] not in table.closest(inside[0], 1, sound=True)
    table.heard(inside[0])  # it answers again: forgiven
    table.failed(inside[0])
    assert inside[0] in table
    table.failed(inside[0])
    assert inside[0] not in table
    assert far[-1] in table  # the one heard of last
    assert len(table.closest(inside[0], 4)) == 4


def test_strangers_stay_out_and_who_is_expelled_leaves() -> None:
    chance = random.Random(4)
    admitted = {chance.randbytes(32) for _ in range(30)}
    table = RoutingTable(chance.randbytes(32), admitted.__contains__, SMALL)
    for _ in range(1000):
        table.heard(chance.randbytes(32))
    assert len(table) == 0
    for node in sorted(admitted):
        table.heard(node)
    known = sorted(table)
    admitted -= set(known[:5])
    assert table.prune() == 5
    assert set(table) <= admitted


def test_a_stale_bucket_is_refreshed_by_a_lookup_in_it() -> None:
    table, _ = table_of(5, 300)
    due = table.stale(10.0)
    assert 0 in due
    assert len(due) < 10  # only as deep as buckets are full
    table.looked_up(table.key_in(0, random.Random(0).randbytes), 11.0)
    assert 0 not in table.stale(11.0)
    assert 0 in table.stale(11.5)


def test_names_have_32_bytes() -> None:
    table, _ = table_of(6, 3)
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        table.closest(b"short", 1)
