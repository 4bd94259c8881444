"""Pieces that are made anew, rebuilt and moved by living nodes; what they compute stays what it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, Place, living
from tests.node.test_crashes import PATIENCE, Team

from enigma.errors import ArgumentProblem
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


def lose_store(place: Place) -> None:
    """What is left of a node whose disk is gone, while it does not run: keys, and what it has sent."""
    for file in place.folder.glob("store.db*"):
        file.unlink()


def cut_off(place: Place) -> None:
    """A store whose file ends in the middle."""
    file = place.folder / "store.db"
    os.truncate(file, file.stat().st_size // 2)


def flip(place: Place) -> None:
    """A store with wrong bits all over its file."""
    file = place.folder / "store.db"
    octets = bytearray(file.read_bytes())
    for at in range(5000, len(octets), 700):
        octets[at] ^= 0x55
    file.write_bytes(bytes(octets))


@pytest.mark.parametrize(
    ("harm", "seat"),
    [(lose_store, 0), pytest.param(cut_off, 1, marks=pytest.mark.long), pytest.param(flip, 2, marks=pytest.mark.long)],
)
def test_a_store_that_is_harmed_is_healed_from_the_other_seats(
    network: Living, harm: Callable[[Place], None], seat: int
) -> None:
    team = Team(network)
    contract = team.contracts[0].id
    place = network.places[seat]
    wait(lambda: len(stored(place, contract)) == 3, place)
    had = stored(place, contract)
    network.stop(place)
    harm(place)
    network.start(place)
    found = {damage.space for damage in place.running.store.found}
    assert harm is lose_store or found & {"states", "pieces"}  # it was harmed, and that was found
    refreshed(network, contract, 1)
    assert place.running.holdings.lost(contract) is None
    new = stored(place, contract)
    assert new.keys() == had.keys()
    assert all(new[index] != had[index] for index in had)  # rebuilt, and all pieces made anew
    assert team.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("seat", [0, 2])
def test_a_renewal_whose_process_is_killed_leaves_usable_pieces(network: Living, seat: int) -> None:
    team = Team(network)
    contract = team.contracts[0].id
    place = network.places[seat]
    renewals = place.running.convener.renewals
    network.places[1].running.convener.refresh(contract)
    wait(lambda: renewals.process_id(contract) is not None, place)
    killed = renewals.process_id(contract)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait(lambda: renewals.failures > 0, place)  # the kill did end an attempt
    assert team.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
    refreshed(network, contract, 1)


def test_a_job_that_is_asked_during_a_renewal_waits_and_then_runs(network: Living) -> None:
    team = Team(network)
    contract = team.contracts[0].id
    place = network.places[0]
    attempts = place.running.worker.attempts
    wait(lambda: not attempts.is_occupied(contract), place)
    assert attempts.reserve(contract)  # as a renewal does
    job = team.average()
    docket = place.running.docket
    wait(lambda: (noted := docket.get(job.number)) is not None and str(noted.state) == "ready", place)
    network.places[1].running.convener.refresh(contract)
    wait(lambda: network.places[1].running.convener.renewals.note(contract).problem == "", place)
    assert not attempts.reserve(contract)
    noted = docket.get(job.number)
    assert noted is not None
    assert noted.attempts == 0
    attempts.free(contract)
    assert job.result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
    refreshed(network, contract, 1)


def test_what_cannot_be_refreshed_is_said(network: Living) -> None:
    with pytest.raises(ArgumentProblem, match="no seat"):
        network.places[0].running.convener.refresh(bytes(32))
