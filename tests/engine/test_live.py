"""A live session sends the same words as the one-process committee, framed; sizes decide what shares a frame."""

from __future__ import annotations

import numpy as np
import pytest
from tests.attacks.live import run_live
from tests.engine.checking import secure
from tests.engine.operations import CASES

from enigma.sharing import replicated3


@pytest.mark.parametrize("count", [1, 65, 20_000])
@pytest.mark.parametrize("name", ["mul_truncated", "compare", "convert", "loop", "logic"])
def test_agrees_with_the_world_bit_for_bit(name: str, count: int) -> None:
    case = CASES[name](np.random.default_rng(3), count)
    expected, world = secure(case.outputs, case.raws)
    sessions, found = run_live(case.outputs, case.raws)
    for i, node in enumerate(case.outputs):
        if node.secret:
            assert np.array_equal(replicated3.reconstruct([seat[i] for seat in found]), expected[i])
    assert tuple(s.sent_bytes for s in sessions) == world.traffic.seat_bytes(3)
    assert {s.rounds for s in sessions} == {world.traffic.rounds}
