"""Sharings with a chosen split between what the evaluators know and what the dealer knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.engine.checking import FAMILY, loaded

from enigma.protocol.replicated3.roles import SEATS, shares
from enigma.protocol.session import Joint, Session
from enigma.sharing import replicated3
from enigma.testing.world import World

Words = npt.NDArray[np.uint64]


def crafted(values: npt.NDArray[np.int64], common: Words, random: np.random.Generator) -> list[Words]:
    """Each seat's (2, n) pieces of numbers, the evaluators' piece being `common` in every part."""
    count = len(values)
    pieces = np.empty((SEATS, count), np.uint64)
    rest = values.view(np.uint64) - common
    for dealer, start, stop in shares(count):
        here = slice(start, stop)
        one = random.integers(0, 1 << 64, stop - start, dtype=np.uint64)
        pieces[(dealer + 2) % SEATS, here] = common[here]
        pieces[dealer, here], pieces[(dealer + 1) % SEATS, here] = one, rest[here] - one
    return _held(pieces)


def crafted_bits(values: npt.NDArray[np.bool_], common: npt.NDArray[np.uint8], own: npt.NDArray[np.uint8]) -> Any:
    """The same for bits; `own` is the dealer's first piece."""
    pieces = np.empty((SEATS, len(values)), np.uint8)
    for dealer, start, stop in shares(len(values)):
        here = slice(start, stop)
        pieces[(dealer + 2) % SEATS, here] = common[here]
        pieces[dealer, here] = own[here]
        pieces[(dealer + 1) % SEATS, here] = values[here] ^ common[here] ^ own[here]
    return _held(pieces)


def _held(pieces: Any) -> list[Any]:
    return [np.stack([pieces[seat], pieces[(seat + 1) % SEATS]]) for seat in range(SEATS)]


def run(protocol: Callable[[Session], Joint[Any]], seed: bytes = b"world") -> Any:
    """The protocol's result, put together from all seats."""
    return replicated3.reconstruct(World(FAMILY, loaded(), seed, audit=True).run(protocol))
