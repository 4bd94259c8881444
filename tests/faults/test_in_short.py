"""The long runs of this folder in short, on one network: a few kills, a small siege."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.kills import FOREVER, all_right, survive
from tests.faults.machines import Machines, machines
from tests.faults.pooling import Pool
from tests.faults.sieges import want_no_trace

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("short"), fields={"jobs.patience_seconds": FOREVER}) as found:
        yield found


@pytest.fixture(scope="module")
def pool(network: Machines) -> Pool:
    return Pool(network, rows=300, rounds=5)


@pytest.mark.parametrize("at_once", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_at_random_moments(network: Machines, pool: Pool, at_once: int) -> None:
    ends = survive(network, pool, 2, at_once)
    assert ends.total() == 2
    assert all_right(ends), ends


def test_garbage(network: Machines, pool: Pool) -> None:
    want_no_trace(network, pool, 600, 1)
