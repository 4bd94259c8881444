"""Fuel: how long and how large one evaluation may become, counted alike on every machine."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from enigma.errors import ArgumentProblem


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use.

    `steps`: expressions, statements and rounds of loops evaluated; an array operation counts as `ARRAY_STEPS`.
    `depth`: nested expressions, blocks and calls. `items`: elements of public containers and constants made in all.
    `elements`: of one private array. `total_elements`: of all private arrays made in one call.
    """

    steps: int = 400_000
    depth: int = 220
    items: int = 1 << 21
    elements: int = 1 << 26
    total_elements: int = 1 << 32


FRAMES_A_LEVEL = 3
"""Of the interpreter's own stack, at most, for each level of `depth`."""
FRAMES_BESIDE = 120
"""Of the interpreter's own stack, for what one expression calls in the array library."""

ARRAY_STEPS = 40
PROGRAM_STEPS = 400
"""Of one program: what a reveal to everyone costs, whatever it reveals."""

ITEMS_A_STEP = 4
"""How many items of a public container are looked at in one step."""

OCTETS_A_STEP = 2
"""Of the encoding of a public value, when it is stored or told."""

CHARACTERS_AN_ITEM = 16
PART_STEPS = 20
"""Of each array that several are joined from."""

CALL_STEPS = 4

MOST_NESTED = 16
"""Containers in containers: as deep as a canonical value goes."""

INTEGER_BITS = 256
TEXT_LENGTH = 10_000


class Exhausted(Exception):
    """A limit was reached. The evaluator adds the place; it never leaves the evaluator."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


class Meter:
    """Counts what one call uses."""

    __slots__ = ("depth", "items", "limits", "steps", "total_elements")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = self.depth = self.items = self.total_elements = 0

    def step(self, count: int = 1) -> None:
        """So many steps more."""
        self.steps += count
        if self.steps > self.limits.steps:
            raise Exhausted(
                f"more than {self.limits.steps:,} steps: the fuel of one call is used up",
                "a loop that does not end, or work that belongs into array operations: one of these counts as "
                f"{ARRAY_STEPS} steps for any number of elements",
            )

    def enter(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise Exhausted(
                f"nested more than {self.limits.depth} deep", "write the recursion as a loop, or split the expression"
            )

    def leave(self) -> None:
        """One level up."""
        self.depth -= 1

    def hold(self, count: int) -> None:
        """So many public elements, before they are made."""
        self.items += count
        if self.items > self.limits.items:
            raise Exhausted(
                f"more than {self.limits.items:,} public elements in one call",
                "keep large data in private arrays; public lists are for what people read",
            )

    def walk(self, value: Any) -> int:
        """All that a public container holds, each as often as it is met, before somebody looks at each; how much."""
        count = expanded(value, self.limits.items)
        self.step(count // ITEMS_A_STEP)
        return count

    def text(self, value: str) -> str:
        """`value`, refused beyond 10,000 characters, and counted."""
        short_text(value)
        self.hold(len(value) // CHARACTERS_AN_ITEM)
        return value

    def array(self, size: int) -> None:
        """One private array of `size` elements."""
        self.step(ARRAY_STEPS)
        self.total_elements += size
        if size > self.limits.elements or self.total_elements > self.limits.total_elements:
            raise Exhausted(
                f"an array of {size:,} elements, {self.total_elements:,} in this call: more than a seat can hold",
                f"one array has at most {self.limits.elements:,}, all of a call {self.limits.total_elements:,}",
            )


def expanded(value: Any, most: int) -> int:
    """How many items a list, tuple or map has, with those inside of it; raises `Exhausted` beyond `most` or too deep.

    A container that is in several places counts in each: that is how often it is copied, compared or written out.
    """
    count, level = 0, [value] if isinstance(value, (list, tuple, dict)) else []
    for _ in range(MOST_NESTED):
        if not level:
            return count
        count += sum(map(len, level))
        if count > most:
            raise Exhausted(f"a container of more than {most:,} items, counted wherever they are", "keep less in it")
        inner = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
        level = [item for item in inner if isinstance(item, (list, tuple, dict))]
    if level:
        raise Exhausted(
            f"containers more than {MOST_NESTED} deep in one another, or one inside of itself", "keep a flat list"
        )
    return count


def want_stack(limits: Limits) -> None:
    """Refuses to begin where the interpreter's stack would end before `depth` does: that differs among machines."""
    frame, used = sys._getframe(), 0  # noqa: SLF001 - there is no other way to ask
    while frame.f_back is not None:
        frame, used = frame.f_back, used + 1
    needed = FRAMES_A_LEVEL * limits.depth + FRAMES_BESIDE
    if used + needed > sys.getrecursionlimit():
        raise ArgumentProblem(
            f"a contract is called from {used} calls deep, and needs room for {needed} more",
            hint="call it from further up, or raise the limit with sys.setrecursionlimit",
        )


def short_integer(value: int) -> int:
    """`value`, refused beyond 256 bits."""
    if value.bit_length() > INTEGER_BITS:
        raise Exhausted(f"an integer of {value.bit_length()} bits", f"public integers have up to {INTEGER_BITS} bits")
    return value


def short_text(value: str) -> str:
    """`value`, refused beyond 10,000 characters."""
    if len(value) > TEXT_LENGTH:
        raise Exhausted(f"a text of {len(value):,} characters", f"texts have up to {TEXT_LENGTH:,}")
    return value
