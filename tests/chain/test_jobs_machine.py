from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.machines.bench import bench_on
from tests.chain.machines.jobs import Court, JobsMachine
from tests.chain.seated import FEES, PUBLISHER, SOURCE
from tests.chain.standing import put

pytestmark = pytest.mark.processes


@pytest.fixture
def court(chain: Chain) -> Iterator[Court]:
    """Four named nodes hold a contract whose publisher is its own public half."""
    world = seated.bare(chain)
    seated.join(world, seated.SEATS + 1)
    contract = world.committees().publish(SOURCE, chain.accounts[PUBLISHER].address, seats=4, quorum=3, fees=FEES)
    world = replace(world, contract=contract)
    seated.seat(world)
    survey = put(chain, "JobsSurvey")
    jobs = world.jobs()
    with bench_on(chain) as bench:
        yield Court(bench, world, jobs, world.nodes(), survey, jobs.domain())


def run(court: Court, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: JobsMachine(court),  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_wei_is_lost_or_made(court: Court) -> None:
    run(court, 300, 8)


@pytest.mark.long
def test_no_wei_is_lost_or_made_over_10000_sequences(court: Court) -> None:
    run(court, 10_000, 20)
