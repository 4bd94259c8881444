"""Random contracts mean the same to CPython on plain numbers, to the engine's definition, and under MPC."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.contract.evaluator.plainly import Near, Undecided, Vector, executed
from tests.contract.evaluator.random_contracts import Program, arguments, drawn

from enigma.contract.reading.source import Source
from enigma.errors import RangeError
from enigma.local.simulation import Simulation
from enigma.testing.committee import WorldCommittee

SEED = 20_260
PROGRAMS = 300
MOST_REFUSED = 0.02
"""Of programs drawn: more would mean that the test says little."""


def want_equal(found: Any, wanted: Any, what: str) -> None:
    """Integers and booleans exactly, of the same kind; fixed-point numbers within the bound of their error."""
    if isinstance(wanted, Near):
        assert abs(Fraction(float(found)) - wanted.value) <= wanted.error, what
    elif isinstance(wanted, Vector):
        assert [int(x) for x in found] == [int(x) for x in wanted], what
    else:
        assert (found, type(found)) == (wanted, type(wanted)), what


def want_agreement(program: Program, samples: list[dict[str, Any]], *, secure: int = 1, audit: bool = True) -> None:
    """CPython, the plain committee on all samples, and a secure one, audited or not, on the first `secure` of them.

    Raises `RangeError` where the program is refused for a range that cannot be proven.
    """
    plain = Simulation().deploy_source(Source("drawn.py", program.source))
    world = Simulation(WorldCommittee(b"random contracts", audit=audit))
    secret = world.deploy_source(Source("drawn.py", program.source)) if secure else None
    for number, given_ in enumerate(samples):
        try:
            wanted = executed(program.plain, given_)
        except Undecided:
            continue  # two fixed-point numbers are nearer than their errors
        for contract in (plain, secret if number < secure else None):
            if contract is None:
                continue
            found = contract.as_("ann").run(**given_)
            what = f"{program.source}\n{given_}\n{found}\n{[getattr(w, 'value', w) for w in wanted]}"
            assert len(found) == len(wanted), what
            for one, other in zip(found, wanted, strict=True):
                want_equal(one, other, what)


def attempt(seed: int, *, steps: int, samples: int, depth: int = 3, audit: bool = True) -> str:
    """Draw a program and compare its meanings; `refused` where a range could not be proven."""
    random = Random(seed)
    program = drawn(random, steps=steps, depth=depth)
    kinds = [seed % 5, *random.sample(range(6), samples - 1)]
    try:
        want_agreement(program, [arguments(random, kind) for kind in kinds], audit=audit)
    except RangeError:
        return "refused"
    except Exception as error:
        error.add_note(f"seed {seed}:\n{program.source}")
        raise
    return "agreed"


BATCHES = 10


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_contracts_mean_the_same_everywhere(batch: int) -> None:
    count = PROGRAMS // BATCHES
    first = SEED + batch * 1000
    found: Counter[str] = Counter()
    seed = first
    while found["agreed"] < count:
        found[attempt(seed, steps=3, samples=2)] += 1
        seed += 1
        assert found["refused"] <= 1 + MOST_REFUSED * count, found


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(random=st.randoms(use_true_random=False), kind=st.integers(0, 5))
def test_random_contracts_that_hypothesis_draws(random: Random, kind: int) -> None:
    program = drawn(random, steps=2, depth=2)
    try:
        want_agreement(program, [arguments(random, kind)])
    except RangeError:
        assume(False)


@pytest.mark.long
@pytest.mark.parametrize("batch", range(100))
def test_many_random_contracts_mean_the_same_everywhere(batch: int) -> None:
    first = 1_000_000 + batch * 10_000
    found: Counter[str] = Counter()
    seed = first
    while found["agreed"] < 100:
        found[attempt(seed, steps=1 + seed % 2, samples=1, depth=2, audit=seed % 10 == 0)] += 1
        seed += 1
        assert found["refused"] <= 1 + MOST_REFUSED * 100, found
