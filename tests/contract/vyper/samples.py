"""A contract and how it is called at random; what makes arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

PARTIES = ("ann", "bob", "cid", "dan")
EDGES = (0, 1, -1, 2, -2, 3, 7, -7, 10, 2**128, -(2**128), 2**255 - 1, -(2**255))


@dataclass(frozen=True)
class Sample:
    """A contract, and how its functions are called: for each, what makes its arguments."""

    text: str
    calls: dict[str, tuple[Callable[[Random], Any], ...]]
    arguments: dict[str, Any] = field(default_factory=dict)
    rounds: int = 40
    often: tuple[str, ...] = ()


def edge(random: Random) -> int:
    return random.choice(EDGES) if random.random() < 0.5 else random.randrange(-30, 30)


def small(random: Random) -> int:
    return random.randrange(-4, 9)


def digit(random: Random) -> int:
    return random.randrange(-1, 4)


def who(random: Random) -> str:
    return random.choice(PARTIES)


def people(random: Random) -> list[str]:
    return [random.choice(PARTIES) for _ in range(random.randrange(5))]


def numbers(random: Random) -> list[int]:
    return [random.randrange(-5, 6) for _ in range(random.randrange(6))]


def flag(random: Random) -> bool:
    return random.random() < 0.5


def word(random: Random) -> str:
    return random.choice(["", "a", "b", "aé", 'say "so"', "back\\slash", "long" * 20])
