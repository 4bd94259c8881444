"""Ten thousand connections a minute that mean nothing do not stop a job, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.machines import machines
from tests.faults.pooling import Pool
from tests.faults.sieges import want_no_trace

pytestmark = [pytest.mark.processes, pytest.mark.long]


def test_three_minutes_of_garbage_and_three_more(anvil: Path, tmp_path: Path) -> None:
    with machines(tmp_path) as network:
        want_no_trace(network, Pool(network, rows=1000, rounds=5), 30_000, 5)
