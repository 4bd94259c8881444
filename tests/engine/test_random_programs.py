"""Random programs: secure equals plain within the bound, at the foretold cost, and every message is masked."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.checking import want_agreement
from tests.engine.random_programs import Growing, programs

from enigma.program.program import decode, trace


def want_right(program: Growing, seed: int) -> None:
    outputs, bounds = program.outputs()
    want_agreement(outputs, program.raws, bounds, seed=b"%d" % seed, audit=True)
    encoded = trace(outputs).encode("replicated3")
    assert decode(encoded, "replicated3").encode("replicated3") == encoded


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs(), seed=st.integers(0, 1 << 16))
def test_secure_equals_plain(program: Growing, seed: int) -> None:
    want_right(program, seed)


@pytest.mark.long
@settings(max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs(steps=20), seed=st.integers(0, 1 << 16))
def test_secure_equals_plain_on_many_larger_programs(program: Growing, seed: int) -> None:
    want_right(program, seed)
