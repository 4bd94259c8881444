"""Before the first list: what is loaded and compiled only once, and would make that list look slow."""

from __future__ import annotations

import sys

import pytest
from tests.node.simulation.operations import Plan, run


@pytest.fixture(scope="package", autouse=True)
def _loaded() -> None:
    limit = sys.getrecursionlimit()
    run(Plan(0, 0, []))
    sys.setrecursionlimit(limit)  # libraries of the Vyper compiler and of accounts raise it for the whole process
