"""Nodes die, stop, start again, lose time and room on their disks: nothing that must hold is broken by it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from tests.node.simulation.operations import NODES, Plan, plans, run


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans(NODES))
def test_lists_of_what_happens_to_nodes(plan: Plan) -> None:
    run(plan)
