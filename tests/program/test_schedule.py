"""Plans: which rounds are shared, in what order, when values are let go, and how costs add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from tests.engine.operations import CASES
from tests.engine.random_programs import Growing, programs

from enigma.program import build
from enigma.program.cost import Cost, cost
from enigma.program.node import Node, ancestors
from enigma.program.ops import LOCAL, Op
from enigma.program.program import trace
from enigma.program.schedule import Do, Plan, plan
from enigma.program.types import BOOL, number

ROUNDS = {Op.MUL: 1, Op.AND: 1, Op.TO_INT: 2, Op.CHOOSE: 2, Op.NEGATIVE: 3, Op.ZERO: 4, Op.BITS: 5, Op.SORT: 7}


class Counted:
    """A family of two seats with round numbers: so many rounds by operation, of 1 and 10 bytes by element."""

    seats = 2

    def node_cost(self, node: Node) -> Sequence[tuple[int, ...]]:
        if node.op in LOCAL or not node.secret:
            return []
        return [(node.size, 10 * node.size)] * ROUNDS.get(node.op, 1)

    def open_cost(self, node: Node) -> tuple[int, ...]:
        return 1000, 100


def planned(*outputs: Node) -> Plan:
    return plan(outputs, rounds_of)


def rounds_of(node: Node) -> int:
    return len(Counted().node_cost(node))


def secret(index: int = 0, shape: tuple[int, ...] = (4,)) -> Node:
    return build.input_(index, shape, number(-8, 7))


def places(the_plan: Plan) -> list[tuple[Do, int | None]]:
    """The steps, with a node's place in the plan instead of its identity."""
    place = {id(x): i for i, x in enumerate(the_plan.nodes)}
    return [(s.do, None if s.node is None else place[id(s.node)]) for s in the_plan.steps]


def test_independent_operations_share_rounds() -> None:
    x, y = secret(), secret(1)
    assert planned(build.mul(x, y)).rounds == 1
    assert planned(build.negative(x)).rounds == 3
    assert planned(build.mul(x, y), build.negative(x), build.zero(y)).rounds == 4


def test_dependent_operations_take_their_own() -> None:
    x = secret()
    assert planned(build.to_int(build.negative(x))).rounds == 5
    assert planned(build.choose(build.negative(x), x), build.mul(x, x)).rounds == 5


def test_an_operation_starts_as_soon_as_its_operands_are_there() -> None:
    """Two chains of 1 + 3 and 3 + 1 rounds run side by side, in 4."""
    x, y = secret(), secret(1)
    first = build.negative(build.mul(x, y))
    second = build.and_(build.negative(x), build.negative(y))
    assert planned(first).rounds == planned(second).rounds == planned(first, second).rounds == 4


def test_public_values_take_no_step() -> None:
    public = build.mul(build.const(np.arange(4)), build.const(np.arange(4)))
    assert planned(public).steps == ()
    assert all(step.node is None or step.node.secret for step in planned(build.add(secret(), public)).steps)


def test_loops_count_their_rounds() -> None:
    x, flag = secret(), build.input_(1, (4,), BOOL)
    (looped,) = build.loop(5, [x], lambda v: [build.choose(flag, v)])
    assert planned(looped).rounds == 10
    (none,) = build.loop(0, [x], lambda v: [build.choose(flag, v)])
    assert planned(none).rounds == 0
    (nested,) = build.loop(3, [x], lambda v: build.loop(4, [v], lambda w: [build.choose(flag, w)]))
    assert planned(nested).rounds == 24
    after = build.mul(nested, build.mul(x, x))
    assert planned(after).rounds == 1 + 24 + 1


def test_a_loop_s_rounds_and_bytes_are_its_body_s_so_many_times() -> None:
    x, flag = secret(), build.input_(1, (4,), BOOL)
    (looped,) = build.loop(5, [x], lambda v: [build.choose(flag, v)])
    assert cost(trace([looped]), Counted()) == Cost(10 + 1, (5 * 2 * 4 + 1000, 5 * 2 * 40 + 100))


def test_costs_add_up() -> None:
    x, y = secret(), secret(1, (2, 4))
    product, sign, lifted = build.mul(x, x), build.negative(y), build.const(np.arange(3))
    assert cost(trace([product]), Counted()) == Cost(2, (4 + 1000, 40 + 100))
    assert cost(trace([sign]), Counted()) == Cost(4, (24 + 1000, 240 + 100))
    assert cost(trace([product, sign]), Counted()) == Cost(4, (28 + 2000, 280 + 200))
    assert cost(trace([product], [sign]), Counted()) == Cost(4, (28 + 1000, 280 + 100))
    assert cost(trace([], [product, sign]), Counted()) == Cost(3, (28, 280))
    assert cost(trace([product, product]), Counted()) == Cost(2, (4 + 2000, 40 + 200))
    assert cost(trace([lifted]), Counted()) == Cost(0, (0, 0))
    assert Cost(1, (10, 20)).bytes_per_seat == 15


@pytest.mark.parametrize("name", CASES)
def test_the_same_program_has_the_same_plan(name: str) -> None:
    first, second = (planned(*CASES[name](np.random.default_rng(1), 9).outputs) for _ in range(2))
    assert places(first) == places(second)


@pytest.mark.parametrize("name", CASES)
def test_every_plan_of_the_cases(name: str) -> None:
    want_sound(planned(*CASES[name](np.random.default_rng(1), 9).outputs))


@settings(max_examples=60)
@given(program=programs(steps=12))
def test_every_plan_of_random_programs(program: Growing) -> None:
    want_sound(planned(*program.outputs()[0]))


def want_sound(the_plan: Plan) -> None:
    """Every secret node once; operands there and not yet let go; each let go after its last reader, never an output."""
    want = {id(x) for x in ancestors(the_plan.outputs) if x.secret}
    done: Counter[int] = Counter()
    started: dict[int, int] = {}
    freed: set[int] = set()
    readers = Counter(key for x in the_plan.nodes for key in {id(p) for p in x.inputs})
    outputs = {id(x) for x in the_plan.outputs}
    for step in the_plan.steps:
        if step.node is None:
            started = {key: rounds - 1 for key, rounds in started.items()}
            continue
        key = id(step.node)
        if step.do is not Do.RESUME:
            for parent in step.node.inputs:
                assert not parent.secret or (done[id(parent)] and id(parent) not in freed), (
                    f"{step.node!r} is too early"
                )
        if step.do is Do.START:
            assert key not in started
            started[key] = rounds_of(step.node)
        elif step.do is not Do.RESUME or started[key] == 0:
            started.pop(key, None)
            done[key] += 1
            for parent_key in {id(p) for p in step.node.inputs}:
                readers[parent_key] -= 1
        if step.do is Do.LOOP:
            want_sound(the_plan.bodies[key])
        for spent in step.frees:
            assert readers[spent] == 0, "let go while somebody still reads it"
            assert spent not in outputs
            assert spent not in freed
            freed.add(spent)
    assert set(done) == want
    assert set(done.values()) <= {1}
    assert not started
    assert freed == want - outputs
