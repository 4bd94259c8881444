"""What one seat sees, over many draws of what it does not know, and how far that is from uniform.

A view is every message that a seat receives. Its own keys and pieces are the same in all runs; the key that it lacks,
and the others' private ones, are fresh in each. So a message that is masked as it says has uniform bits even to one who
knows all that this seat knows, and a view has one distribution for all inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.engine.checking import FAMILY, Raw, loaded

from enigma.protocol.session import Joint, MaskBits, Session
from enigma.testing.world import Sent, World

RUNS = 40
LIMIT = 7.0
"""Standard deviations: at 64 or more degrees of freedom below 1e-8 by chance; a run of all tests makes about 2,000."""


class Outside(World):
    """A world in which what `receiver` does not know comes from another seed."""

    def __init__(self, receiver: int, inside: bytes, outside: bytes, **options: Any) -> None:
        self.receiver, self._inside, self._outside = receiver, inside, outside
        super().__init__(FAMILY, loaded(), **options)

    def key(self, holders: tuple[int, ...]) -> bytes:
        seed = self._inside if self.receiver in holders else self._outside
        return hashlib.sha256(seed + bytes(holders)).digest()[:16]


@dataclass(frozen=True)
class View:
    """One message to the receiver, in all runs: (runs, elements, octets of each element)."""

    octets: npt.NDArray[np.uint8]
    whole: bool
    """Whether every bit is masked: not so for an opening, nor for octets that are filled in part."""


def pieces_for(receiver: int, raws: Sequence[Raw]) -> list[list[Any]]:
    """Each seat's pieces of the inputs; those of the receiver do not depend on the inputs."""
    random = np.random.default_rng(receiver)
    held: list[list[Any]] = [[], [], []]
    for raw in raws:
        boolean = raw.dtype == np.bool_
        top = 2 if boolean else 1 << 64
        parts = random.integers(0, top, (3, *raw.shape), dtype=np.uint8 if boolean else np.uint64)
        lacking = (receiver + 2) % 3
        known = [parts[receiver], parts[(receiver + 1) % 3]]
        parts[lacking] = raw ^ known[0] ^ known[1] if boolean else raw.view(np.uint64) - known[0] - known[1]
        for seat in range(3):
            held[seat].append(np.stack([parts[seat], parts[(seat + 1) % 3]]))
    return held


Protocol = Callable[[Session, list[Any]], Joint[Any]]
MakeWorld = Callable[[int, bytes, bytes], World]


def views(protocol: Protocol, raws: Sequence[Raw], receiver: int, seed: bytes, make: MakeWorld = Outside) -> list[View]:
    """The view of one seat over `RUNS` runs."""
    held = pieces_for(receiver, raws)
    runs: list[list[Sent]] = []
    for number in range(RUNS):
        world = make(receiver, b"inside", seed + b"/%d" % number)
        world.run(lambda session: protocol(session, held[session.seat]))
        runs.append([sent for sent in world.traffic.sent if sent.receiver == receiver and sent.message.size])
    found = []
    for messages in zip(*runs, strict=True):
        first = messages[0]
        octets = np.stack([m.message.reshape(-1).view(np.uint8) for m in messages])
        found.append(View(octets.reshape(RUNS, -1, first.message.itemsize), _whole(first)))
    return found


def _whole(sent: Sent) -> bool:
    partial = sent.message.dtype == np.uint8 and any(
        isinstance(mask, MaskBits) and (mask.last - mask.first) % 8 for mask in sent.masks
    )
    return bool(sent.masks) and not partial


def bias(found: Sequence[View]) -> float:
    """The largest departure from fair bits, of a message or of the difference of two that follow each other."""
    worst = 0.0
    for octets in _masked(found):
        bits = np.unpackbits(octets, axis=2).astype(np.int64)
        by_bit, by_column = bits.sum(axis=0), bits.sum(axis=(0, 1))
        worst = max(worst, _fairness(by_bit, bits.shape[0]), _fairness(by_column, bits.shape[0] * bits.shape[1]))
    return worst


def _masked(found: Sequence[View]) -> Iterator[npt.NDArray[np.uint8]]:
    whole = [view.octets for view in found if view.whole]
    yield from whole
    for one, other in pairwise(whole):
        if one.shape == other.shape:
            yield one ^ other
            if one.shape[2] == 8:
                difference = np.ascontiguousarray(one).view(np.uint64) - np.ascontiguousarray(other).view(np.uint64)
                yield difference.view(np.uint8)


def _fairness(ones: npt.NDArray[np.int64], trials: int) -> float:
    return _deviations(float((((2 * ones - trials) ** 2) / trials).sum()), ones.size)


def difference(one: Sequence[View], other: Sequence[View]) -> float:
    """The largest departure of two views' histograms of octets from each other."""
    worst = 0.0
    for a, b in zip(one, other, strict=True):
        first, second = (_histogram(view.octets) for view in (a, b))
        both = first + second
        seen = both > 0
        statistic = float(((first - second)[seen] ** 2 / both[seen]).sum())
        worst = max(worst, _deviations(statistic, max(int(seen.sum()) - a.octets.shape[2], 64)))
    return worst


def _histogram(octets: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    columns = [np.bincount(octets[:, :, i].reshape(-1), minlength=256) for i in range(octets.shape[2])]
    return np.stack(columns).astype(np.float64)


def _deviations(statistic: float, freedom: int) -> float:
    """A chi-square statistic in standard deviations of a normal one (Wilson and Hilferty, 1931)."""
    ninth = 2 / (9 * freedom)
    return float(((statistic / freedom) ** (1 / 3) - (1 - ninth)) / ninth**0.5)
