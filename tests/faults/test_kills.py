"""kill -9 at any moment of a job: of any one node, or of two at once. What was contributed is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.kills import FOREVER, all_right, survive
from tests.faults.machines import Machines, machines
from tests.faults.pooling import Pool

pytestmark = [pytest.mark.processes, pytest.mark.long]


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("kills"), fields={"jobs.patience_seconds": FOREVER}) as found:
        yield found


@pytest.fixture(scope="module")
def pool(network: Machines) -> Pool:
    return Pool(network, rows=1000, rounds=10)


@pytest.mark.parametrize("at_once", [1, 2])
def test_fifty_moments(network: Machines, pool: Pool, at_once: int) -> None:
    ends = survive(network, pool, 50, at_once)
    assert ends.total() == 50
    assert all_right(ends), ends
