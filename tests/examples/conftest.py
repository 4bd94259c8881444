"""Every example runs on plain numbers, in one audited process, and on seats that are processes: the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.examples.accounting import Accounted

import enigma
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
def committee(request: pytest.FixtureRequest) -> Accounted:
    """Where the example runs. What it opens is noted; what secure runs cost is compared with what was foretold."""
    if request.param == "seats":
        return Accounted(request.getfixturevalue("seats"))
    return Accounted(enigma.plain() if request.param == "plain" else WorldCommittee())


@pytest.fixture
def deploy(committee: Accounted) -> Deploy:
    """Deploy an example by its name."""

    def start(name: str, **arguments: Any) -> SimulatedContract:
        return enigma.simulate(EXAMPLES / name / f"{name}.py", committee=committee, **arguments)

    return start
