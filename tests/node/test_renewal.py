"""Pieces that are made anew, rebuilt and moved by living nodes; what they compute stays what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, Place, living
from tests.node.test_crashes import PATIENCE, Team

from enigma.local.anvil import LocalChain
from enigma.sharing.generations import Generation

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with (
        LocalChain(accounts=12) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive,
    ):
        yield alive


def stored(place: Place, contract: bytes) -> dict[int, bytes]:
    """The pieces that a node holds now, by index."""
    holdings = place.running.holdings
    indices = sorted(holdings.standing(contract).places)
    return dict(zip(indices, holdings.pieces(contract, {}, indices), strict=True))


def in_the_store(place: Place) -> set[bytes]:
    """Every piece in a node's store, whatever refers to it."""
    store = place.running.store
    return {octets for key in store.keys("pieces") if (octets := store.get("pieces", key)) is not None}


def generation(place: Place, contract: bytes) -> Generation | None:
    return place.running.holdings.shelves.generations(contract).current


def wait(done: Callable[[], bool], place: Place) -> None:
    """Until something is so: looked at whenever the node's docket stirs."""
    while not done():
        place.running.docket.wait(0.1)


def refreshed(network: Living, contract: bytes, number: int) -> None:
    """Wait until all nodes have pieces of a generation, and nothing older."""
    for place in network.places:
        wait(lambda place=place: _has_only(place, contract, number), place)  # type: ignore[misc]


def _has_only(place: Place, contract: bytes, number: int) -> bool:
    found = place.running.holdings.shelves.generations(contract)
    settled = found.former is None and not found.pending and not place.running.convener.renewals.runs(contract)
    return settled and found.current is not None and found.current.number == number


def test_a_refresh_changes_every_stored_byte_and_no_result(network: Living) -> None:
    team = Team(network)
    contract = team.contracts[0].id
    for place in network.places:
        wait(lambda place=place: len(stored(place, contract)) == 3, place)  # type: ignore[misc]
    before = [stored(place, contract) for place in network.places]
    network.places[1].running.convener.refresh(contract)
    refreshed(network, contract, 1)
    after = [stored(place, contract) for place in network.places]
    for old, new, place in zip(before, after, network.places, strict=True):
        assert old.keys() == new.keys()
        assert all(old[index] != new[index] for index in old)
        assert not set(old.values()) & in_the_store(place)  # erased, not only left
    assert len({each for place in network.places if (each := generation(place, contract)) is not None}) == 1
    assert team.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
