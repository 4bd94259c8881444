"""A node that is gone, by the chain's word, is replaced by another: the contract goes on, and the old one erases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, Place, living
from tests.node.test_crashes import PATIENCE, SALARY, Team
from tests.node.test_renewal import generation, stored, wait

from enigma.client.job import Job
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.local.anvil import LocalChain
from enigma.node.renewals import RenewalTerms

pytestmark = pytest.mark.processes

LOST = 2


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Living]:
    with (
        LocalChain(accounts=16) as chain,
        living(chain.connection, chain.accounts, tmp_path, nodes=4) as alive,
    ):
        yield alive


def put_to_sleep(network: Living, team: Team, place: Place) -> None:
    """A node goes away for good while it has a job to do; when nobody answers in time, the chain takes it to sleep."""
    contract = team.contracts[0].id
    staying = next(each for each in network.places if each is not place and each.running.contracts.seated(contract))
    attempts = place.running.worker.attempts
    wait(lambda: attempts.reserve(contract), place)  # so that the job stays open
    job: Job = team.average()
    network.stop(place)
    network.pass_time(job.request.deadline - network.connection.head().timestamp + 1)
    job.cancel()
    health = staying.running.jobs.health
    wait(lambda: len(health(contract).asleep) == 1, staying)


@pytest.mark.long
def test_a_seat_whose_node_is_gone_goes_to_another_node(network: Living) -> None:
    team = Team(network)
    contract, gone, taker = team.contracts[0].id, network.places[LOST], network.places[3]
    staying = network.places[:LOST]
    with pytest.raises(ArgumentProblem, match="no committee"):
        taker.running.replacing.take(bytes(32), LOST)
    had = stored(gone, contract)
    assert len(had) == 3
    put_to_sleep(network, team, gone)
    taker.running.replacing.take(contract, LOST)
    # Nobody has agreed yet: neither to tell the other node anything, nor to sign.
    seated = staying[0].running.contracts.seated(contract)
    with pytest.raises(ProtocolError, match="nobody has agreed"):
        staying[0].running.replacing.want_move(seated, LOST, taker.name)
    for place in staying:
        place.running.replacing.allow(contract, LOST, taker.name)
    jobs = staying[0].running.jobs
    wait(lambda: jobs.moves(contract) == 1, taker)
    for place in (*staying, taker):
        wait(lambda place=place: _number(place, contract) == 1, place)  # type: ignore[misc]
    new = stored(taker, contract)
    assert new.keys() == had.keys()
    assert all(new[index] != had[index] for index in had)

    again = team.people[0].contract(contract, SALARY)
    assert again.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
    assert taker.running.holdings.standing(contract).job > 3

    network.start(gone)
    wait(lambda: contract not in gone.running.holdings.shelves.contracts(), gone)
    store = gone.running.store
    assert not set(had.values()) & {store.get("pieces", key) for key in store.keys("pieces")}


@pytest.mark.long
def test_a_drawn_seat_is_replaced_without_a_person(network: Living) -> None:
    for place in network.places:
        network.stop(place)
    network.renewal = RenewalTerms(replace=1)
    for place in network.places:
        network.start(place)
    network.wait_ready()
    network.pass_time(1300)  # the nodes count from the epoch after their registration on
    with network.blocks_going_on():  # seeds are blocks to come
        team = Team(network, drawn=True)
        contract = team.contracts[0].id
        gone = next(place for place in network.places if place.running.contracts.seated(contract) is not None)
        spare = next(place for place in network.places if place.running.contracts.seated(contract) is None)
        put_to_sleep(network, team, gone)
        jobs = spare.running.jobs
        wait(lambda: jobs.moves(contract) == 1, spare)
        wait(lambda: _number(spare, contract) == 1, spare)
        again = team.people[0].contract(contract, SALARY)
        assert again.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)


def _number(place: Place, contract: bytes) -> int | None:
    found = generation(place, contract)
    return None if found is None else found.number
