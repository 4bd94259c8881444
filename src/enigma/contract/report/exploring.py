"""Every way that a call can go on after what it reveals: the same call, replayed with other answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from enigma.array.literals import Raw
from enigma.contract.call import Outcome
from enigma.contract.report.account import Spent, Sureness, nothing
from enigma.contract.report.samples import named
from enigma.contract.report.tracing import Answers, Step, TracingHost
from enigma.errors import CallRefused, EnigmaError, SourceProblem
from enigma.program.types import Type

MOST_PATHS = 64
FEW = 8
"""A number of so many values has each of them tried."""


@dataclass(frozen=True, eq=False)
class Path:
    """One replay: its programs, and how it ended."""

    host: TracingHost
    outcome: Outcome | None = None
    refused: CallRefused | None = None
    problem: SourceProblem | None = None

    @property
    def steps(self) -> list[Step]:
        """Its programs."""
        return self.host.steps

    def spent(self, seats: int) -> Spent:
        """By all of its programs."""
        total = nothing(seats)
        for step in self.steps:
            total += step.account.spent
        return total


@dataclass(frozen=True, eq=False)
class Paths:
    """All replays: first the one that the sample takes."""

    found: tuple[Path, ...]
    cut: bool
    sure: Sureness


Attempt = Callable[[Answers], Path]
"""Replays the call with the first answers given."""


def replay(host: TracingHost, call: Callable[[TracingHost], Outcome]) -> Path:
    """One path, however it ends; raises what is neither a refusal of the call nor of the source."""
    try:
        return Path(host, outcome=call(host))
    except CallRefused as error:
        return Path(host, refused=error)
    except SourceProblem as error:
        return Path(host, problem=error)


def explore(first: Path, attempt: Attempt, deciding: Container[str]) -> Paths:
    """All paths behind `first`. `deciding` are the places (file:line) whose revealed values are used afterwards.

    Single booleans and numbers of a few values are answered in every way; arrays with all of the least and all of the
    greatest, other numbers with the ends of their range, beside the value of the sample.
    """
    paths, queue = [first], [(first, 0)]
    cut, complete = False, True
    while queue:
        path, settled = queue.pop(0)
        for number in range(settled, len(path.steps)):
            step = path.steps[number]
            if step.place not in deciding or not step.shown:
                continue
            complete = complete and all(_few(raw, type_) for raw, type_ in _both(step))
            before = tuple(each.shown for each in path.steps[:number])
            for other in _others(step):
                if len(paths) >= MOST_PATHS:
                    cut = True
                    break
                found = attempt((*before, other))
                paths.append(found)
                queue.append((found, number + 1))
    if len(paths) == 1:
        return Paths((first,), cut=False, sure="exact")
    return Paths(tuple(paths), cut, "at most" if complete and not cut else "largest")


def _both(step: Step) -> Iterator[tuple[Raw, Type]]:
    return zip(step.shown, step.types, strict=True)


def _others(step: Step) -> Iterator[tuple[Raw, ...]]:
    """What a program might have shown instead."""
    choices = [_choices(raw, type_) for raw, type_ in _both(step)]
    if prod(map(len, choices)) > MOST_PATHS:  # all of them small, all of them large
        choices = [[each[0], each[-1]] for each in choices]
        together = zip(*choices, strict=True)
        return (each for each in together if not _same(each, step.shown))
    return (each for each in itertools.product(*choices) if not _same(each, step.shown))


def _few(raw: Raw, type_: Type) -> bool:
    """Whether all of its values are tried."""
    return not raw.shape and type_.hi - type_.lo < FEW


def _choices(raw: Raw, type_: Type) -> list[Raw]:
    kind = np.bool_ if type_.is_bool else np.int64
    if _few(raw, type_):
        return [np.asarray(value, kind) for value in range(type_.lo, type_.hi + 1)]
    return [np.full(raw.shape, type_.lo, kind), raw, np.full(raw.shape, type_.hi, kind)]


def _same(a: tuple[Raw, ...], b: tuple[Raw, ...]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def endings(paths: Paths) -> tuple[str, ...]:
    """How paths beside the first one end, where that is not with a result; each sentence once."""
    found: dict[str, None] = {}
    for path in paths.found[1:]:
        error: EnigmaError | None = path.refused or path.problem
        if path.refused is not None:
            found[f"With another revealed value the call is refused: {named(path.refused.message)}."] = None
        elif isinstance(error, SourceProblem):
            found[f"If a revealed value lay at the end of its range, line {error.line} would be refused: "
                  f"{error.reason}."] = None  # fmt: skip
    return tuple(found)
