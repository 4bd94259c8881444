"""Every operation: secure equals plain, what travels is what was foretold, and every message is masked."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
import pytest
from tests.engine.checking import FAMILY, sample, secure, want_agreement, want_cost
from tests.engine.operations import CASES, ORDERLESS

from enigma.algebra import kernels
from enigma.engine.plain import evaluate
from enigma.program import build
from enigma.program.node import ancestors
from enigma.program.ops import LOCAL, Op
from enigma.program.types import number
from enigma.protocol.replicated3.roles import CHUNK, SPLIT

SIZES = [0, 1, 63, 64, 65, 1000, SPLIT - 1, SPLIT + 1]


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", CASES)
def test_secure_equals_plain_at_the_foretold_cost(name: str, count: int) -> None:
    case = CASES[name](np.random.default_rng(count), count)
    want_agreement(case.outputs, case.raws, case.bound_list(), audit=True)


@pytest.mark.parametrize("name", CASES)
def test_in_several_chunks(name: str) -> None:
    case = CASES[name](np.random.default_rng(5), 3 * CHUNK + 65)
    want_agreement(case.outputs, case.raws, case.bound_list())


@pytest.mark.parametrize("name", CASES)
def test_on_the_plain_kernels(name: str) -> None:
    case = CASES[name](np.random.default_rng(6), 131)
    want_agreement(case.outputs, case.raws, case.bound_list(), which=kernels.load("plain"))


def test_the_cases_hold_every_operation() -> None:
    found = {x.op for make in CASES.values() for x in ancestors(make(np.random.default_rng(0), 9).outputs)}
    assert found == set(Op) - ORDERLESS


def test_local_operations_send_nothing() -> None:
    for make in CASES.values():
        for node in ancestors(make(np.random.default_rng(0), 70).outputs):
            if node.op in LOCAL and node.secret:
                assert list(FAMILY.node_cost(node)) == []


@pytest.mark.parametrize("width", range(1, 65))
def test_every_width(width: int) -> None:
    lo, hi = -(1 << (width - 1)), (1 << (width - 1)) - 1
    raw = sample(np.random.default_rng(width), lo, hi, 130)
    x = build.input_(0, (130,), number(lo, hi))
    assert x.type.width == width
    world = want_agreement([build.negative(x), build.zero(x), build.bits(x)], [raw], audit=True)
    assert world.traffic.rounds <= 2 + ceil(log2(max(width, 2)))


@pytest.mark.parametrize("shift", range(1, 63))
def test_every_shift(shift: int) -> None:
    top = (1 << 62) - 1
    raw = sample(np.random.default_rng(shift), -top - 1, top, 130)
    x = build.input_(0, (130,), number(-top - 1, top, shift))
    found, world = secure([build.truncate(x, shift)], [raw], audit=True)
    assert np.isin(found[0] - (raw >> shift), [0, 1]).all()
    assert (found[0] == raw >> shift)[raw & ((1 << shift) - 1) == 0].all()
    want_cost([build.truncate(x, shift)], world)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3, 17, 64])
def test_sorting_wide_keys_with_payload(width: int, descending: bool) -> None:
    lo, hi = -(1 << (width - 1)), (1 << (width - 1)) - 1
    random = np.random.default_rng(width)
    key = sample(random, lo, hi, 150)
    key[75:] = key[:75]
    key = random.permutation(key)
    if width == 64 and descending:
        key[key == lo] = hi  # -lo does not exist, for the plain definition either
    raw = np.stack([key, np.clip(np.arange(150), lo, hi), sample(random, lo, hi, 150)], axis=1)
    rows = build.input_(0, raw.shape, number(lo, hi))
    want_agreement([build.sort(rows, descending=descending)], [raw], audit=True)


@pytest.mark.parametrize("count", [0, 1, 2, 65, SPLIT + 1])
def test_shuffling_keeps_the_rows(count: int) -> None:
    raw = np.stack([np.arange(count), np.arange(count) * 3 - 7], axis=1)
    rows = build.input_(0, raw.shape, number(-(1 << 40), 1 << 40))
    found, world = secure([build.shuffle(rows)], [raw], audit=True)
    want_cost([build.shuffle(rows)], world)
    assert np.array_equal(found[0][np.argsort(found[0][:, 0])], raw)
    assert count < 65 or not np.array_equal(found[0], raw)


def test_independent_operations_share_rounds() -> None:
    x = build.input_(0, (100,), number(-500, 500))
    raw = sample(np.random.default_rng(1), -500, 500, 100)
    alone = want_agreement([build.negative(x)], [raw]).traffic.rounds
    others = [build.negative(build.sub(x, build.const(np.full(100, i)))) for i in range(5)]
    assert want_agreement([*others, build.mul(x, x)], [raw]).traffic.rounds == alone


def test_public_programs_need_nobody() -> None:
    outputs = [build.mul(build.const(np.arange(5)), build.const(np.arange(5)))]
    found, world = secure(outputs, [])
    assert np.array_equal(found[0], evaluate(outputs, {})[0])
    assert (world.traffic.rounds, world.traffic.sent) == (0, [])
