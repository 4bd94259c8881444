"""Whatever happens, in whatever order: nothing that must hold is broken, and what is whole again works."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from tests.node.simulation.operations import PLANS, Plan, run

LISTS = 100


@settings(max_examples=LISTS, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_random_lists(plan: Plan) -> None:
    run(plan)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_many_random_lists(plan: Plan) -> None:
    run(plan)
