"""A seat's view does not depend on the data; and the test that says so finds leaks that are planted."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.engine.checking import FAMILY, Raw
from tests.protocol.replicated3 import leaks
from tests.protocol.replicated3.views import LIMIT, Outside, Protocol, bias, difference, views

from enigma.engine.secure import Runner, compile_plan
from enigma.program import build
from enigma.program.node import Node
from enigma.program.types import BOOL, number
from enigma.protocol.session import Joint, Session

COUNT = 192
TOP = 1 << 62
SMALL = number(-128, 127)


def of(*nodes: Node) -> Protocol:
    the_plan = compile_plan(nodes, FAMILY)

    def protocol(session: Session, held: list[Any]) -> Joint[Any]:
        return Runner(session, FAMILY).run(the_plan, dict(enumerate(held)))

    return protocol


def whole(value: int) -> Raw:
    return np.full(COUNT, value)


def both(make: Callable[[Node, Node], Node], scale: int = 20) -> Protocol:
    return of(make(*(build.input_(i, (COUNT,), number(-(1 << 30), (1 << 30) - 1, scale)) for i in range(2))))


def single(make: Callable[[Node], Node], low: int = -TOP, high: int = TOP - 1, scale: int = 62) -> Protocol:
    return of(make(build.input_(0, (COUNT,), number(low, high, scale))))


def bits(make: Callable[[Node, Node], Node]) -> Protocol:
    return of(make(*(build.input_(i, (COUNT,), BOOL) for i in range(2))))


def matrices() -> Protocol:
    x, y = (build.input_(i, (COUNT,), number(-(1 << 20), 1 << 20, 16)) for i in range(2))
    return of(build.dot(build.reshape(x, (COUNT // 2, 2)), build.reshape(y, (2, COUNT // 2)), 16))


def ordered(make: Callable[[Node], Node]) -> Protocol:
    return of(make(build.reshape(build.input_(0, (COUNT,), SMALL), (COUNT // 2, 2))))


EXTREMES: list[list[Raw]] = [[whole(-TOP)], [whole(TOP - 1)], [whole(0)]]
PAIRS: list[list[Raw]] = [[whole(0), whole(0)], [whole(-(1 << 20)), whole(1 << 20)], [whole(7), whole(7)]]
FLAGS: list[list[Raw]] = [[whole(a).astype(np.bool_), whole(b).astype(np.bool_)] for a, b in ((0, 0), (1, 1), (1, 0))]
ROWS: list[list[Raw]] = [[whole(0)], [np.arange(COUNT) % 200 - 100]]

PROTOCOLS: dict[str, tuple[Protocol, list[list[Raw]]]] = {
    "mul": (both(build.mul), PAIRS),
    "mul truncated by 16": (both(lambda x, y: build.mul(x, y, 16)), PAIRS),
    "mul truncated by 3": (both(lambda x, y: build.mul(x, y, 3)), PAIRS),
    "dot truncated": (matrices(), PAIRS),
    **{f"truncate by {f}": (single(partial(build.truncate, shift=f)), EXTREMES) for f in (1, 2, 8, 20, 62)},
    "negative": (single(build.negative, scale=0), EXTREMES),
    "zero": (single(build.zero, scale=0), EXTREMES),
    "bits": (single(build.bits, -128, 127, 0), [[whole(0)], [whole(-1)], [whole(127)]]),
    "and": (bits(build.and_), FLAGS),
    "to_int": (bits(lambda a, b: build.to_int(build.xor(a, b))), FLAGS),
    "choose": (
        of(build.choose(build.input_(0, (COUNT,), BOOL), build.input_(1, (COUNT,), SMALL))),
        [[flags[0], numbers[0]] for flags in FLAGS for numbers in ([whole(0)], [whole(-128)])],
    ),
    "shuffle": (ordered(build.shuffle), ROWS),
    "sort": (ordered(build.sort), ROWS),
}


@pytest.mark.parametrize("receiver", [0, 1, 2])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_view_is_uniform_and_the_same_for_all_inputs(name: str, receiver: int) -> None:
    protocol, inputs = PROTOCOLS[name]
    seed = secrets.token_bytes(8)
    found = [views(protocol, raws, receiver, seed + bytes([i])) for i, raws in enumerate(inputs)]
    for raws in found:
        assert bias(raws) < LIMIT, f"seed {seed.hex()}"
    for other in found[1:]:
        assert difference(found[0], other) < LIMIT, f"seed {seed.hex()}"


# ---------------------------------------------------------------- planted leaks


def test_the_honest_product_is_not_suspected() -> None:
    assert leaks.suspicion(leaks.product("honest")) < LIMIT


@pytest.mark.parametrize(
    "leak", ["no mask is added", "mask is the receiver's", "mask is used twice", "mask lacks a bit"]
)
def test_a_planted_leak_is_found(leak: str) -> None:
    assert leaks.suspicion(leaks.product(leak)) > LIMIT


@pytest.mark.parametrize("name", ["mul", "negative", "truncate by 8", "to_int", "bits"])
def test_a_key_of_zeros_is_found(name: str) -> None:
    """Seat 2 lacks the key of seats 0 and 1."""

    def make(receiver: int, inside: bytes, outside: bytes) -> Outside:
        return leaks.with_zero_key(Outside(receiver, inside, outside), (0, 1))

    protocol, inputs = PROTOCOLS[name]
    assert bias(views(protocol, inputs[0], 2, b"zeros", make)) > LIMIT


def test_the_leak_is_on_the_wire() -> None:
    """Without its mask, what seat 2 sends is its summand of the product, to the letter; and a key of zeros sends it
    less a mask that the receiver knows."""
    honest, bare = (leaks.sent_by(2, leaks.product(kind)) for kind in ("honest", "no mask is added"))
    assert np.array_equal(bare, leaks.summand_of(2))
    assert not np.any(honest == bare)
    zeroed = leaks.sent_by(2, leaks.product("honest"), zeros=(0, 2))
    assert np.array_equal(zeroed - leaks.plus_of(2), leaks.summand_of(2))
