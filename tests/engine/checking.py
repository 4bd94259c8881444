"""Programs run by all seats in one process, beside the plain definition and the static cost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.algebra import kernels
from enigma.engine.plain import evaluate
from enigma.program.cost import cost
from enigma.program.node import Node
from enigma.program.program import trace
from enigma.protocol.family import Value
from enigma.protocol.replicated3.family import Replicated3
from enigma.sharing import replicated3
from enigma.testing.world import Tamper, World

FAMILY = Replicated3()
Raw = npt.NDArray[Any]


@cache
def loaded() -> kernels.Kernels:
    return kernels.load("auto")


def pieces(raws: Sequence[Raw], seed: bytes = b"pieces") -> list[dict[int, Value]]:
    """Each seat's pieces of the inputs, by index."""
    held: list[dict[int, Value]] = [{}, {}, {}]
    for index, raw in enumerate(raws):
        seeds = hashlib.sha256(seed + index.to_bytes(4, "little")).digest()
        for seat, delivery in enumerate(replicated3.split(raw, (seeds[:16], seeds[16:]))):
            held[seat][index] = replicated3.receive(delivery, raw.shape, raw.dtype == np.bool_)
    return held


def secure(
    outputs: Sequence[Node],
    raws: Sequence[Raw],
    *,
    seed: bytes = b"world",
    audit: bool = False,
    tamper: Tamper | None = None,
    which: kernels.Kernels | None = None,
) -> tuple[list[Raw], World]:
    """The outputs, put together from the seats' pieces, and the world that computed them."""
    world = World(FAMILY, which or loaded(), seed, tamper, audit=audit)
    found = world.evaluate(outputs, pieces(raws, seed))
    values = [
        replicated3.reconstruct([seat[i] for seat in found]) if node.secret else found[0][i]
        for i, node in enumerate(outputs)
    ]
    return values, world


def want_close(found: Raw, expected: Raw, bound: int, what: object) -> None:
    """Equal, or for numbers within `bound` raw units; the message shows the first few that are not."""
    assert found.shape == expected.shape, f"{what}: shape {found.shape} for {expected.shape}"
    apart = np.abs(found - expected) > bound if bound else found != expected
    where = np.argwhere(apart)[:4]
    assert not len(where), f"{what}: at {where.tolist()}: {found[apart][:4]} for {expected[apart][:4]}"


def want_agreement(
    outputs: Sequence[Node],
    raws: Sequence[Raw],
    bounds: Sequence[int] | None = None,
    *,
    seed: bytes = b"world",
    audit: bool = False,
    which: kernels.Kernels | None = None,
) -> World:
    """Secure equals plain within the bounds (0 by default), and what travelled equals the static cost."""
    found, world = secure(outputs, raws, seed=seed, audit=audit, which=which)
    expected = evaluate(outputs, dict(enumerate(raws)))
    for i, node in enumerate(outputs):
        want_close(found[i], expected[i], bounds[i] if bounds else 0, f"output {i}, {node!r}")
    want_cost(outputs, world)
    return world


def want_cost(outputs: Sequence[Node], world: World) -> None:
    """What travelled between the seats, and the opening of every output, is what `cost` says."""
    static = cost(trace(outputs), FAMILY)
    opened = [x for x in outputs if x.secret]
    sent = list(world.traffic.seat_bytes(3))
    for node in opened:
        sent = [a + b for a, b in zip(sent, FAMILY.open_cost(node), strict=True)]
    assert static.rounds == world.traffic.rounds + bool(opened)
    assert static.seat_bytes == tuple(sent)


def sample(random: np.random.Generator, lo: int, hi: int, count: int) -> Raw:
    """Numbers of a range; its corners, 0, 1 and -1 come first."""
    corners = [v for v in (lo, hi, 0, -1, 1, lo + 1, hi - 1) if lo <= v <= hi]
    drawn = random.integers(lo, hi, count, dtype=np.int64, endpoint=True)
    drawn[: len(corners)] = corners[:count]
    return drawn
