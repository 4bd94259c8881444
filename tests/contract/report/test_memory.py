"""The stated peak of a seat beside the measured one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import enigma
import enigma.array as xp
from enigma.array import Array, Committee
from enigma.contract.report.memory import INTERPRETER_BYTES, held_bytes, peak_bytes
from enigma.engine.families import FAMILIES
from enigma.program.program import trace

_RANDOM = np.random.default_rng(1)


def _pair(committee: Committee, count: int) -> tuple[Array, Array]:
    x, y = (committee.share(_RANDOM.uniform(-1, 1, count), lo=-1, hi=1) for _ in range(2))
    return x, y


def products(committee: Committee) -> Array:
    x, y = _pair(committee, 1_000_000)
    return xp.sum(x * y)


def comparisons(committee: Committee) -> Array:
    x, y = _pair(committee, 1_000_000)
    return xp.count_nonzero(x < y)


def sorting(committee: Committee) -> Array:
    x, _ = _pair(committee, 100_000)
    return xp.sort(x)[:1]


def stated(out: Array) -> float:
    program = trace([out.node])
    stored = sum(held_bytes(node) for node in program.inputs)
    return (INTERPRETER_BYTES + stored + peak_bytes(program, FAMILIES["replicated3"][0])) / 2**20


@pytest.mark.processes
@pytest.mark.parametrize("program", [products, comparisons, sorting])
def test_within_thirty_per_cent(program: Callable[[Committee], Array]) -> None:
    with enigma.local(3) as committee:
        out = program(committee)
        committee.reveal(out)
        assert stated(out) == pytest.approx(committee.report.max_rss_mb, rel=0.3)


def test_more_rows_more_memory_and_views_cost_nothing() -> None:
    family = FAMILIES["replicated3"][0]
    with enigma.plain() as committee:
        x, y = _pair(committee, 1000)
        small = peak_bytes(trace([xp.sum(x * y).node]), family)
        seen = peak_bytes(trace([xp.reshape(x, (10, 100)).node]), family)
        wide, high = _pair(committee, 10_000)
        large = peak_bytes(trace([xp.sum(wide * high).node]), family)
    assert seen == 0
    assert 5 * small < large < 11 * small


def test_a_loop_holds_its_body_once() -> None:
    family = FAMILIES["replicated3"][0]
    with enigma.plain() as committee:
        x, _ = _pair(committee, 1000)
        few, many = (
            peak_bytes(trace([out.node]), family)
            for out in (xp.loop(n, lambda v: v * v, x) for n in (2, 50))
            if isinstance(out, Array)
        )
    assert few == many > 0
