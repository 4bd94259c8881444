"""Questions that are taken back: stopped and refunded by all seats, by their asker alone, and never too late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.node.firms import LONG, Firms, until
from tests.node.living import Living, living

from enigma.chain.jobs import Standing
from enigma.client.job import Job
from enigma.errors import ArgumentProblem, CallRefused, NetworkError, ProtocolError
from enigma.keys.cancelling import sign_cancellation
from enigma.local.anvil import LocalChain
from enigma.node.attempts import Attempts
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.states import JobState
from enigma.node.working import Worker

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive:
            yield alive


@pytest.fixture(scope="module")
def firms(network: Living, tmp_path_factory: pytest.TempPathFactory) -> Firms:
    return Firms(network, tmp_path_factory.mktemp("firms"))


def state_at(network: Living, seat: int, job: Job) -> JobState | None:
    found = network.places[seat].running.docket.get(job.number)
    return None if found is None else found.state


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """What `work` gave or raised is in the list when the thread has ended."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def told_all(network: Living, job: Job) -> bool:
    return all(place.running.cancellations.of(job.request) is not None for place in network.places)


def test_a_running_job_is_stopped_and_costs_nothing(
    network: Living, firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = firms.people[0]
    go_on, fetched = threading.Event(), threading.Event()
    pieces = Holdings.pieces

    def slowly(self: Holdings, *given: Any) -> list[bytes]:
        fetched.set()
        go_on.wait(LONG)
        return pieces(self, *given)

    monkeypatch.setattr(Holdings, "pieces", slowly)
    before = boss.jobs.balance(boss.account.address)
    job = firms.contracts[0].mean_age()
    assert fetched.wait(LONG)  # it runs: a process has asked for its pieces
    assert state_at(network, 0, job) is JobState.RUNNING

    stranger = firms.people[1]
    theirs = Job(stranger, firms.contracts[1], job.request, job._block)
    with pytest.raises(ArgumentProblem, match="who alone can take it back"):
        theirs.cancel()
    forged = sign_cancellation(
        stranger.account, network.connection.chain_id,
        contract=firms.id, job=job.number, request=job.request.request,
    )  # fmt: skip
    with pytest.raises(ProtocolError, match="is not that of"):
        stranger.seat(network.names[0]).cancel(job.number, forged)
    assert not any(place.running.cancellations.of(job.request) for place in network.places)

    thread, raised = in_background(job.cancel)
    until(lambda: told_all(network, job))
    go_on.set()
    thread.join()
    assert raised == [None]
    assert job._standing() is Standing.REFUSED
    with pytest.raises(CallRefused, match="cancelled by the asker"):
        job.result(LONG)
    assert (job.cost, job.receipt) == (0, None)
    assert boss.jobs.balance(boss.account.address) >= before
    with pytest.raises(ArgumentProblem, match="has ended"):
        job.cancel()
    monkeypatch.undo()
    # The contract is free for the next question at once.
    assert firms.mean() == pytest.approx(50, abs=1e-3)


def test_a_job_whose_inputs_never_came_is_taken_back(
    network: Living, firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inbox, "of", lambda *_: None)
    job = firms.contracts[1].oldest()
    until(lambda: state_at(network, 2, job) is JobState.ASKED)
    job.cancel(LONG)
    assert job._standing() is Standing.REFUSED


def test_what_is_signed_stays(network: Living, firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, bring = threading.Event(), Worker._bring
    monkeypatch.setattr(Worker, "_bring", lambda self, job: go_on.wait(LONG) and bring(self, job))
    job = firms.contracts[1].oldest()
    until(lambda: all(state_at(network, seat, job) is JobState.SIGNED for seat in range(3)))
    with pytest.raises(NetworkError, match="its answer is signed"):
        job.cancel(0)
    thread, raised = in_background(job.cancel)
    go_on.set()
    thread.join()
    assert isinstance(raised[0], CallRefused)
    assert "answered first" in raised[0].message
    assert job.result(LONG) == 90


def test_what_may_be_known_at_one_seat_counts(network: Living, firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, may_begin = threading.Event(), Attempts.may_begin
    monkeypatch.setattr(Attempts, "may_begin", lambda self, job: go_on.is_set() and may_begin(self, job))
    job = firms.contracts[0].mean_age()
    until(lambda: state_at(network, 1, job) is JobState.READY)
    # As an attempt does that ends right before all seats have opened.
    network.places[1].running.cancellations.opens(job.request, overruled=False)
    thread, raised = in_background(job.cancel)
    until(lambda: sum(place.running.cancellations.of(job.request) is not None for place in network.places) == 2)
    go_on.set()
    thread.join()
    assert isinstance(raised[0], CallRefused)
    assert job.result(LONG) == pytest.approx(50, abs=1e-3)
