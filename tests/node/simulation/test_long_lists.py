"""Everything at once, for long: see docs/reliability.md."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.node.simulation.operations import BETWEEN, NODES, Plan, plans, run


@pytest.mark.long
@settings(max_examples=5_000, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate, Phase.shrink])
@given(plan=plans(NODES | BETWEEN))
def test_lists_of_everything(plan: Plan) -> None:
    run(plan)
