"""A job that is asked again and again: three owners have pooled customers, and the right answer is known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.faults.machines import PATIENCE, TOWERS, Machines, until
from tests.node.living import grant_everybody

from enigma.client.contract import RemoteContract
from enigma.client.job import Job
from enigma.errors import CallRefused, NetworkError

CITIES = ((51.5, -0.1), (53.5, -2.2), (52.4, 4.9))


def customers(owner: int, rows: int) -> dict[str, list[float]]:
    """Rows of one owner, around three cities."""
    drawn = np.random.default_rng(owner)
    places = np.array(CITIES)[drawn.integers(0, len(CITIES), rows)] + drawn.normal(0, 0.05, (rows, 2))
    return {"latitude": places[:, 0].tolist(), "longitude": places[:, 1].tolist()}


class Pool:
    """Three owners who have pooled their customers, and the job that is asked of them again and again."""

    def __init__(self, network: Machines, *, rows: int, rounds: int, seats: Sequence[str] | None = None) -> None:
        self.network, self.rounds, self.total = network, rounds, 3 * rows
        owners = [network.person(index) for index in range(3)]
        self.contract: RemoteContract = owners[0].deploy(TOWERS, nodes=seats or network.names, smallest=5, budget=1000)
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

    def contribute(self, owner: int, rows: int) -> None:
        """More rows of the first owner; what is right is another thing from then on."""
        self.contract.contribute(customers(owner, rows)).result(PATIENCE)
        self.total += rows
        self.right = self._read(self._ask())

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
        return self.contract.cluster(3, rounds=self.rounds)  # type: ignore[no-any-return]

    def _read(self, job: Job) -> tuple[Any, Any]:
        centroids, sizes = job.result(PATIENCE)
        assert sizes.sum() == self.total
        order = np.argsort(centroids[:, 1])
        return centroids[order], sizes[order]
