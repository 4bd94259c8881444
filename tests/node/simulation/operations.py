"""Random lists of operations, for Hypothesis to make and to shorten; and one run of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.node.simulation.process import SEATS
from tests.node.simulation.seat import Rules
from tests.node.simulation.world import OWNERS, world

Operation = tuple[Any, ...]

_SEAT = st.integers(0, SEATS - 1)
_OWNER = st.integers(0, OWNERS - 1)
_PLACE = st.integers(0, 9)
_FEW = st.integers(1, 3)
_STEPS = st.integers(0, 12) | st.integers(0, 400)


def _of(name: str, *args: st.SearchStrategy[Any]) -> st.SearchStrategy[Operation]:
    return st.tuples(st.just(name), *args)


WORK = st.one_of(
    _of("contribute", _OWNER),
    _of("contribute", _OWNER),
    _of("ask", _OWNER),
    _of("withdraw", _OWNER),
)
TIME = _of("pass_time", st.sampled_from([1, 2, 4, 8, 20, 60, 250]))
NODES = st.one_of(
    _of("crash", _SEAT, _STEPS),
    _of("crash", _SEAT, _STEPS),
    _of("stop", _SEAT),
    _of("restart", _SEAT),
    _of("restart", _SEAT),
    _of("skew", _SEAT, st.sampled_from([-120, -1, 1, 120])),
    _of("sweep", _SEAT),
    _of("fill_disk", _SEAT),
    _of("empty_disk", _SEAT),
)
BETWEEN = st.one_of(
    _of("partition", _SEAT, _SEAT),
    _of("unchained", _SEAT),
    _of("cut", _SEAT, _SEAT),
    _of("heal"),
    _of("slow", _SEAT, st.sampled_from([0.1, 2, 6, 12])),
    _of("duplicate", _FEW),
    _of("reorder", _FEW),
    _of("lose_answers", _FEW),
    _of("lose_chain_answer", _SEAT),
    _of("replay_call", _PLACE),
    _of("replay_upload", _PLACE, _SEAT),
    _of("replay_request", _PLACE),
    _of("reorganise", st.integers(1, 6), st.integers(0, 2)),
)


@dataclass(frozen=True)
class Plan:
    """One run, whole: what is decided by chance follows from the seed."""

    seed: int
    confirmations: int
    operations: list[Operation]


def plans(faults: st.SearchStrategy[Operation]) -> st.SearchStrategy[Plan]:
    """Plans with these faults, amid work and time that passes."""
    operations = st.lists(WORK | TIME | faults, min_size=1, max_size=20)
    return st.builds(Plan, st.integers(0, 2**16), st.integers(0, 2), operations)


def run(plan: Plan, rules: Rules | None = None) -> None:
    """One list of operations, and the end that each has. Raises what does not hold."""
    with world(seed=plan.seed, confirmations=plan.confirmations, rules=rules) as made:
        for operation in plan.operations:
            made.do(operation)
        made.finish()
