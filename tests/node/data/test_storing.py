"""`Store` and `Load` on living nodes: one person puts, another gets through any node, and nobody else gets a byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, Place, living

from enigma.client.data_api import DataApi
from enigma.client.network import Network
from enigma.errors import AccessRefused
from enigma.local.anvil import LocalChain
from enigma.storage import Store

pytestmark = pytest.mark.processes

SECRET = "the cat's name is Mallory, and nobody else is to know"


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Living]:
    with (
        LocalChain(accounts=16) as chain,
        living(chain.connection, chain.accounts, tmp_path, nodes=5) as alive,
    ):
        assert all(place.running.data.overlay.wait_joined(120) for place in alive.places)
        yield alive


def holders(network: Living, reference: bytes) -> list[Place]:
    running = [place for place in network.places if place.node is not None]
    return [place for place in running if place.running.data.vault.whole(reference) is not None]


def everything(store: Store) -> bytes:
    spaces = ("data", "data.contents", "dht.records")
    return b"\0".join(store.get(space, key) or b"" for space in spaces for key in store.keys(space))


def ask(network: Living, person: Network, place: Place, reference: bytes) -> DataApi:
    return DataApi(person.seat(place.name), network.connection.chain_id, person.account, reference)


def test_a_value_from_its_owner_to_a_reader(network: Living) -> None:
    ann, bob, eve = (network.person(number) for number in range(3))
    bob.publish_key()
    first = network.places[0]
    reference = ann.store("cat", SECRET, readers=[bob], nodes=[first.name])
    kept = holders(network, reference)
    assert len(kept) >= 3
    for place in network.places:
        assert SECRET.encode() not in everything(place.running.store)
    # Through every node, those that keep it and those that do not.
    for place in network.places:
        assert bob.load(reference, nodes=[place.name]) == SECRET
    assert ann.load(reference) == SECRET
    # Every node refuses whom the chain does not let read, whatever its own machine tells it to ask.
    with pytest.raises(AccessRefused, match="may not read"):
        eve.load(reference)
    for place in network.places:
        api = ask(network, eve, place, reference)
        for question in (api.show, lambda asked=api: asked.content(0), api.holders):
            with pytest.raises(AccessRefused, match="may not read"):
                question()
