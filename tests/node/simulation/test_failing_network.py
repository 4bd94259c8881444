"""Calls, channels, uploads and the chain fail, repeat, change their order: nothing that must hold is broken by it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from tests.node.simulation.operations import BETWEEN, Plan, plans, run


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans(BETWEEN))
def test_lists_of_what_happens_between_nodes(plan: Plan) -> None:
    run(plan)
