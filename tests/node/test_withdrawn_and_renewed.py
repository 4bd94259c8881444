"""Withdrawal and renewal of the same pieces: what was withdrawn is in no generation, also of a node that is rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.firms import LONG, Firms
from tests.node.living import Living, living
from tests.node.test_renewal import in_the_store, lose_store, refreshed, stored
from tests.node.test_withdrawing import pieces_of

from enigma.local.anvil import LocalChain

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive:
            yield alive


def test_what_was_withdrawn_is_in_no_generation(network: Living, tmp_path: Path) -> None:
    firms = Firms(network, tmp_path)
    leaving, first = firms.people[2], network.places[0]
    first.running.convener.refresh(firms.id)
    refreshed(network, firms.id, 1)
    gone = set(pieces_of(first, firms.id, leaving))
    assert gone
    had = {place.name: {stored(place, firms.id)[index] for index in gone} for place in network.places}

    assert len(leaving.withdraw(firms.contracts[2]).receipts(LONG)) == len(network.places)
    for place in network.places:
        assert had[place.name]  # they lay there
        assert not had[place.name] & in_the_store(place)
        assert not gone & stored(place, firms.id).keys()

    # The contract's state still names them until its next job: they are neither missed nor made anew.
    first.running.convener.refresh(firms.id)
    refreshed(network, firms.id, 2)
    lost = network.places[1]
    network.stop(lost)
    lose_store(lost)
    network.start(lost)
    refreshed(network, firms.id, 3)
    for place in network.places:
        assert stored(place, firms.id)
        assert not gone & stored(place, firms.id).keys()
    assert firms.mean() == pytest.approx(30, abs=1e-3)
