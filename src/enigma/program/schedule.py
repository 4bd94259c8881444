"""The order in which every seat does everything, fixed by the program alone.

A joint operation runs for a number of rounds that its family states. `plan` starts each one as soon as its inputs
are there, so that the messages of independent operations share a round; no seat's order depends on what arrived
first. A loop runs alone, its body's plan repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from enigma.program.node import Node, ancestors
from enigma.program.ops import LOCAL, Op


class Do(Enum):
    """One step of a plan."""

    LOCAL = auto()  # compute a node without talking
    START = auto()  # run a joint node up to its first round's messages
    ROUND = auto()  # every message of this round is on its way
    RESUME = auto()  # hand a joint node what it received
    LOOP = auto()  # repeat a body


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, with which node, and which values nobody needs afterwards."""

    do: Do
    node: Node | None = None
    frees: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The steps of a program (or a loop's body) for one protocol family; `bodies` holds the plan of each loop."""

    nodes: tuple[Node, ...]
    outputs: tuple[Node, ...]
    steps: tuple[Step, ...]
    bodies: dict[int, Plan]

    @property
    def rounds(self) -> int:
        """Rounds of one run."""
        inner = sum(s.node.attrs["count"] * self.bodies[id(s.node)].rounds for s in self.steps if s.do is Do.LOOP and s.node)
        return inner + sum(1 for s in self.steps if s.do is Do.ROUND)


def plan(outputs: Sequence[Node], rounds_of: Callable[[Node], int]) -> Plan:
    """The plan for everything secret behind `outputs`; public nodes are folded before the run and take no step."""
    nodes = [x for x in ancestors(outputs) if x.secret]
    waiting = {id(x): sum(1 for p in _distinct(x) if p.secret) for x in nodes}
    readers: dict[int, list[Node]] = {id(x): [] for x in nodes}
    for x in nodes:
        for p in _distinct(x):
            if p.secret:
                readers[id(p)].append(x)
    place = {id(x): i for i, x in enumerate(nodes)}
    uses = {key: len(found) for key, found in readers.items()}
    for x in outputs:
        uses[id(x)] = uses.get(id(x), 0) + 1
    bodies: dict[int, Plan] = {}
    steps: list[Step] = []
    ready = [x for x in nodes if waiting[id(x)] == 0]
    active: list[tuple[Node, int]] = []
    loops: list[Node] = []

    def finish(do: Do, x: Node) -> None:
        frees = []
        for p in _distinct(x):
            if p.secret:
                uses[id(p)] -= 1
                if uses[id(p)] == 0:
                    frees.append(id(p))
        steps.append(Step(do, x, tuple(frees)))
        for reader in readers[id(x)]:
            waiting[id(reader)] -= 1
            if waiting[id(reader)] == 0:
                ready.append(reader)

    while ready or active or loops:
        while ready:
            ready.sort(key=lambda x: place[id(x)])
            x = ready.pop(0)
            if x.op is Op.INPUT or x.op in LOCAL:
                finish(Do.LOCAL, x)
            elif x.op is Op.LOOP:
                bodies[id(x)] = plan(x.attrs["body"], rounds_of)
                loops.append(x)
            elif (rounds := rounds_of(x)) == 0:
                finish(Do.LOCAL, x)
            else:
                steps.append(Step(Do.START, x))
                active.append((x, rounds))
        if active:
            steps.append(Step(Do.ROUND))
            still: list[tuple[Node, int]] = []
            for x, rounds in active:
                if rounds == 1:
                    finish(Do.RESUME, x)
                else:
                    steps.append(Step(Do.RESUME, x))
                    still.append((x, rounds - 1))
            active = still
        elif loops:
            finish(Do.LOOP, loops.pop(0))
    return Plan(tuple(nodes), tuple(outputs), tuple(steps), bodies)


def _distinct(x: Node) -> list[Node]:
    found: dict[int, Node] = {id(p): p for p in x.inputs}
    return list(found.values())
