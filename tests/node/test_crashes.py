"""What a network survives: processes killed in the middle of a job, nodes that stop and come back, also all at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.node.living import ROOT, Living, Place, grant_everybody, living

from enigma.client.contract import RemoteContract
from enigma.client.job import Job
from enigma.client.network import Network
from enigma.local.anvil import LocalChain
from enigma.node.docket import Job as Noted
from enigma.node.states import JobState

pytestmark = pytest.mark.processes

SALARY = ROOT / "examples" / "average_salary" / "average_salary.py"
PAY = (40_000, 50_000, 60_000)
PATIENCE = 240.0


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with (
        LocalChain(accounts=12) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive,
    ):
        yield alive


class Team:
    """Three people with a contract of their own, into which each has handed a salary."""

    def __init__(self, network: Living, *, drawn: bool = False) -> None:
        self.people: list[Network] = [network.person(index) for index in range(3)]
        boss = self.people[0]
        deployed = boss.deploy(
            SALARY, nodes=None if drawn else network.names[:3], team=[each.account.address for each in self.people]
        )
        self.contracts: list[RemoteContract] = [each.contract(deployed.id, SALARY) for each in self.people]
        now = network.connection.head().timestamp
        for person, contract, pay in zip(self.people, self.contracts, PAY, strict=True):
            grant_everybody(person, contract.id, now)
            contract.submit(pay).result(PATIENCE)

    def average(self) -> Job:
        return self.contracts[0].average()  # type: ignore[no-any-return]


def until(place: Place, number: int, done: Callable[[Noted], bool]) -> Noted:
    """A node's view of a job, as soon as it is what is waited for."""
    docket = place.running.docket
    while docket.get(number) is None:
        docket.wait(1.0)
    for job in docket.follow(number, PATIENCE):
        if done(job):
            return job
    raise AssertionError(f"job {number} ended before")


def process_of(place: Place, number: int) -> int:
    """The process that runs a job at a node."""
    until(place, number, lambda job: job.doing.startswith(("meeting", "agreeing", "checking", "evaluating", "program")))
    found = place.running.worker.attempts.process_id(number)
    assert found is not None
    return found


@pytest.mark.parametrize("seat", [0, pytest.param(2, marks=pytest.mark.long)])
def test_a_process_that_is_killed_costs_an_attempt_and_nothing_else(network: Living, seat: int) -> None:
    team = Team(network)
    job = team.average()
    os.kill(process_of(network.places[seat], job.number), signal.SIGKILL)
    assert job.result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
    noted = network.places[seat].running.docket.get(job.number)
    assert noted is not None
    assert noted.attempts >= 2  # the kill did end an attempt


@pytest.mark.parametrize("seat", [pytest.param(0, marks=pytest.mark.long), 1])
def test_a_job_waits_for_a_node_that_is_not_there(network: Living, seat: int) -> None:
    team = Team(network)
    place = network.places[seat]
    network.stop(place)
    others = [each for each in network.places if each is not place]
    asked: list[Any] = []
    # Who asks needs every seat: the call goes through when the node is back.
    thread = threading.Thread(target=lambda: asked.append(_asked_again(team)))
    thread.start()
    assert all(each.running.docket.in_state(JobState.RUNNING) == [] for each in others)
    network.start(place)
    thread.join()
    assert asked[0].result(PATIENCE) == pytest.approx(50_000, abs=1e-3)


def _asked_again(team: Team) -> Job:
    from enigma.errors import NetworkError

    while True:
        try:
            return team.average()
        except NetworkError:
            continue


def test_a_node_that_stops_in_the_middle_comes_back_and_the_job_ends(network: Living) -> None:
    team = Team(network)
    job = team.average()
    place = network.places[1]
    until(place, job.number, lambda noted: noted.state is JobState.RUNNING)
    network.stop(place)
    network.start(place)
    assert job.result(PATIENCE) == pytest.approx(50_000, abs=1e-3)


def test_all_nodes_stop_and_nobody_contributes_again(network: Living) -> None:
    team = Team(network)
    for place in network.places:
        network.stop(place)
    for place in network.places:
        network.start(place)
    network.wait_ready()
    assert team.average().result(PATIENCE) == pytest.approx(50_000, abs=1e-3)
    assert team.contracts[1].opened is True
