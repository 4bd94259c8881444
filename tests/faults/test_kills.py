"""kill -9 at any moment of a job: of any one node, or of two at once. What was contributed is never lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.faults.machines import PATIENCE, TOWERS, Machine, Machines, machines, until
from tests.node.living import grant_everybody

from enigma.client.contract import RemoteContract
from enigma.client.job import Job
from enigma.errors import CallRefused, NetworkError

pytestmark = pytest.mark.processes

CITIES = ((51.5, -0.1), (53.5, -2.2), (52.4, 4.9))
ROWS, ROUNDS = 1000, 10
SEED = 20_260_729
FOREVER = 3600
"""Seconds that seats wait for each other here: whoever goes on sooner knows that the other is gone."""


def customers(owner: int, rows: int) -> dict[str, list[float]]:
    """Rows of one owner, around three cities."""
    drawn = np.random.default_rng(owner)
    places = np.array(CITIES)[drawn.integers(0, len(CITIES), rows)] + drawn.normal(0, 0.05, (rows, 2))
    return {"latitude": places[:, 0].tolist(), "longitude": places[:, 1].tolist()}


class Pool:
    """Three owners who have pooled their customers, and the job that is asked of them again and again."""

    def __init__(self, network: Machines, rows: int) -> None:
        self.network, self.rows = network, rows
        owners = [network.person(index) for index in range(3)]
        self.contract: RemoteContract = owners[0].deploy(TOWERS, nodes=network.names, smallest=5, budget=1000)
        now = network.connection.head().timestamp
        for number, owner in enumerate(owners):
            self.contract.admit(owner.account.address)
            grant_everybody(owner, self.contract.id, now)
            owner.publish_key()
            owner.contract(self.contract.id, TOWERS).contribute(customers(number, rows)).result(PATIENCE)
        self.right = self._read(self._ask())
        job = self._ask()
        began = time.monotonic()
        until(lambda: job.done)
        self.seconds = time.monotonic() - began

    def ask(self) -> Job:
        """Ask, again where a node that is not there yet keeps the question from being asked."""
        found: list[Job] = []

        def asked() -> bool:
            try:
                found.append(self._ask())
            except NetworkError:
                return False
            return True

        until(asked)
        return found[0]

    def outcome(self, job: Job) -> str:
        """How a job ended: right, at once or when the nodes were back, or refused. A wrong answer fails the test."""
        words = "right"
        try:
            found = self._read(job)
        except CallRefused as error:
            return f"refused: {error.message}"
        except NetworkError as error:
            self.network.wait_ready()
            words, found = f"right, after {type(error).__name__}", self._read(job)
        assert np.abs(found[0] - self.right[0]).max() < 1e-3
        assert found[1].tolist() == self.right[1].tolist()
        return words

    def _ask(self) -> Job:
        return self.contract.cluster(3, rounds=ROUNDS)  # type: ignore[no-any-return]

    def _read(self, job: Job) -> tuple[Any, Any]:
        centroids, sizes = job.result(PATIENCE)
        assert sizes.sum() == 3 * self.rows
        order = np.argsort(centroids[:, 1])
        return centroids[order], sizes[order]


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("kills"), fields={"jobs.patience_seconds": FOREVER}) as found:
        yield found


@pytest.fixture(scope="module")
def pool(network: Machines) -> Pool:
    return Pool(network, ROWS)


def strike(victims: list[Machine], what: str) -> None:
    """Kill, and start again what does not start by itself."""
    for each in victims:
        if what == "node":
            each.kill()
        else:
            each.kill_jobs()
    for each in victims:
        if what == "node":
            each.start()


def survive(
    network: Machines, pool: Pool, moments: int, at_once: int, say: Callable[[str], None] = print
) -> Counter[str]:
    """Kill `at_once` nodes at so many random moments of a job, each in a job of its own; how these jobs ended."""
    drawn = random.Random(SEED + at_once)
    ends: Counter[str] = Counter()
    in_the_middle = 0
    for moment in range(moments):
        victims = drawn.sample(network.nodes, at_once)
        what = drawn.choice(["node", "node", "job"])
        after = drawn.uniform(0, pool.seconds)
        before = {each.pid for each in victims}
        job = pool.ask()
        began = time.monotonic()
        pause = began + after
        until(lambda pause=pause: time.monotonic() >= pause)  # type: ignore[misc]
        under_way = not job.done
        in_the_middle += under_way
        strike(victims, what)
        if what == "node":
            assert not before & {each.pid for each in victims}
        ended = pool.outcome(job)
        ends[f"{what}: {ended}"] += 1
        places = ", ".join(str(network.nodes.index(each)) for each in victims)
        say(f"{moment + 1}: {what} {places} after {after:.1f} s (under way: {under_way}): {ended}, "
            f"{time.monotonic() - began:.1f} s in all")  # fmt: skip
    network.wait_ready()
    assert pool.outcome(pool.ask()) == "right"
    assert in_the_middle >= moments // 2  # most of them did meet a job
    return ends


def all_right(ends: Counter[str]) -> bool:
    return all(": right" in each for each in ends)


@pytest.mark.parametrize("at_once", [1, 2])
def test_two_moments(network: Machines, pool: Pool, at_once: int) -> None:
    ends = survive(network, pool, 2, at_once)
    assert ends.total() == 2
    assert all_right(ends), ends


@pytest.mark.long
@pytest.mark.parametrize("at_once", [1, 2])
def test_fifty_moments(network: Machines, pool: Pool, at_once: int) -> None:
    ends = survive(network, pool, 50, at_once)
    assert ends.total() == 50
    assert all_right(ends), ends
