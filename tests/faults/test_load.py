"""Fifty owners contribute and twenty jobs run at once on five nodes: nothing fails, nobody starves, memory is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.loads import bear
from tests.faults.machines import machines

pytestmark = [pytest.mark.processes, pytest.mark.long]

NODE, JOB = 192 << 20, 192 << 20
"""Bytes of memory that a node, and a process of a job of these sizes, may hold at most."""


def test_fifty_owners_and_twenty_jobs(anvil: Path, tmp_path: Path) -> None:
    with machines(tmp_path, nodes=5, people=50) as network:
        peaks = bear(network, contracts=5, owners=10, jobs=4)
    assert len(peaks.nodes) == 5
    assert max(peaks.nodes.values()) < NODE
    assert max(peaks.jobs.values()) < JOB
