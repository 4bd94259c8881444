"""The DHT in living nodes: records put at one node are found through others, and survive restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, living

from enigma.keys.node import NodeKey
from enigma.local.anvil import LocalChain
from enigma.net.dht import Kind, content, node_id, signed
from enigma.node.service import Node

pytestmark = pytest.mark.processes


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Living]:
    with (
        LocalChain(accounts=12) as chain,
        living(chain.connection, chain.accounts, tmp_path, nodes=4) as alive,
    ):
        yield alive


def joined(network: Living) -> list[Node]:
    nodes = [place.running for place in network.places]
    assert all(node.data.overlay.wait_joined(120, contacts=3) for node in nodes)
    return nodes


def test_records_are_found_through_every_node_and_survive_restarts(network: Living) -> None:
    nodes = joined(network)
    # Ids are what the chain says, and everybody finds the same ones.
    for place in network.places:
        assert len({node.data.ids.of(place.name) for node in nodes}) == 1
        own = place.running.data.ids.own
        assert own is not None
        assert own != node_id(bytes.fromhex(place.name[2:]), bytes(32))
        assert place.running.data.ids.id_of(place.keys.tls.fingerprint) == own
    assert nodes[0].data.ids.id_of(NodeKey.generate().fingerprint) is None

    expires = int(time.time()) + 9_000
    record = content(b"for everybody", expires=expires)
    owned = signed(NodeKey.generate(), Kind.ENCRYPTED, b"n", b"opaque", sequence=3, expires=expires)
    for each in (record, owned):
        stored = nodes[0].data.overlay.dht.put(each)
        assert len(stored.nodes) + stored.here == 4
        assert nodes[3].data.overlay.dht.get(each.key) == each
    for node in nodes:
        assert node.data.overlay.numbers.records == 2
        assert node.data.overlay.numbers.octets == len(record.value) + len(owned.value)
        assert node.data.overlay.numbers.contacts == 3
    assert b"for everybody" not in b"".join(path.read_bytes() for path in network.places[1].folder.glob("store.db*"))

    for place in network.places:
        network.stop(place)
    network.start(network.places[2])
    only = network.places[2].running
    assert only.wait_ready(60)
    assert only.data.ids.own is not None
    assert only.data.overlay.dht.node.shelf.find(record.key, time.time()) == record
    for place in network.places:
        if place.node is None:
            network.start(place)
    nodes = joined(network)
    for node in nodes:
        assert node.data.overlay.dht.get(owned.key) == owned
