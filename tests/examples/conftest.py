"""Every example runs on plain numbers, in one audited process, and on seats that are processes: the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.examples.accounting import Accounted

import enigma
from enigma.array import Committee
from enigma.local.committee import LocalCommittee
from enigma.local.simulation import SimulatedContract
from enigma.testing.committee import WorldCommittee

EXAMPLES = Path(__file__).parents[2] / "examples"

Deploy = Callable[..., SimulatedContract]


@pytest.fixture(scope="session")
def seats() -> Iterator[LocalCommittee]:
    """One committee of processes for all tests of examples."""
    with enigma.local() as committee:
        yield committee


@pytest.fixture(params=["plain", "audited", pytest.param("seats", marks=pytest.mark.processes)])
def committee(request: pytest.FixtureRequest) -> Committee:
    """Where the example runs; what secure runs cost is compared with what was foretold."""
    if request.param == "plain":
        return enigma.plain()
    return Accounted(WorldCommittee() if request.param == "audited" else request.getfixturevalue("seats"))


@pytest.fixture
def deploy(committee: Committee) -> Iterator[Deploy]:
    """Deploy an example by its name. Whatever ran securely has been accounted for."""

    deployed: list[SimulatedContract] = []

    def start(name: str, **arguments: Any) -> SimulatedContract:
        deployed.append(enigma.simulate(EXAMPLES / name / f"{name}.py", committee=committee, **arguments))
        return deployed[-1]

    yield start
    if isinstance(committee, Accounted):
        assert committee.runs >= sum(receipt.programs for contract in deployed for receipt in contract.receipts)
