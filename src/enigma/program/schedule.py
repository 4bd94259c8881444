"""The order in which every seat does everything, fixed by the program alone.

A joint operation runs for a number of rounds that its family states. `plan` starts each one as soon as its inputs
are there, so that the messages of independent operations share a round; no seat's order depends on what arrived
first. A loop runs alone, its body's plan repeated.
"""

from __future__ import annotations

import heapq
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
        rounds = sum(1 for step in self.steps if step.do is Do.ROUND)
        for step in self.steps:
            if step.do is Do.LOOP and step.node is not None:
                count: int = step.node.attrs["count"]
                rounds += count * self.bodies[id(step.node)].rounds
        return rounds


def plan(outputs: Sequence[Node], rounds_of: Callable[[Node], int]) -> Plan:
    """The plan for everything secret behind `outputs`; public nodes are folded before the run and take no step."""
    return _Planner(outputs, rounds_of).plan()


class _Planner:
    """The state of planning: what waits for what, what is ready, what is under way."""

    def __init__(self, outputs: Sequence[Node], rounds_of: Callable[[Node], int]) -> None:
        self.outputs, self.rounds_of = tuple(outputs), rounds_of
        self.nodes = [x for x in ancestors(outputs) if x.secret]
        self.place = {id(x): i for i, x in enumerate(self.nodes)}
        self.readers: dict[int, list[Node]] = {id(x): [] for x in self.nodes}
        self.waiting: dict[int, int] = {}
        for x in self.nodes:
            parents = _secret_parents(x)
            self.waiting[id(x)] = len(parents)
            for p in parents:
                self.readers[id(p)].append(x)
        self.uses = {key: len(found) for key, found in self.readers.items()}
        for x in outputs:
            self.uses[id(x)] = self.uses.get(id(x), 0) + 1
        self.ready = [(i, x) for i, x in enumerate(self.nodes) if self.waiting[id(x)] == 0]
        self.active: list[tuple[Node, int]] = []
        self.loops: list[Node] = []
        self.steps: list[Step] = []
        self.bodies: dict[int, Plan] = {}

    def plan(self) -> Plan:
        while self.ready or self.active or self.loops:
            while self.ready:
                self.begin(heapq.heappop(self.ready)[1])
            if self.active:
                self.end_round()
            elif self.loops:
                self.finish(Do.LOOP, self.loops.pop(0))
        return Plan(tuple(self.nodes), self.outputs, tuple(self.steps), self.bodies)

    def begin(self, x: Node) -> None:
        if x.op is Op.LOOP:
            self.bodies[id(x)] = plan(x.attrs["body"], self.rounds_of)
            self.loops.append(x)
        elif x.op is Op.INPUT or x.op in LOCAL or (rounds := self.rounds_of(x)) == 0:
            self.finish(Do.LOCAL, x)
        else:
            self.steps.append(Step(Do.START, x))
            self.active.append((x, rounds))

    def end_round(self) -> None:
        self.steps.append(Step(Do.ROUND))
        still: list[tuple[Node, int]] = []
        for x, rounds in self.active:
            if rounds == 1:
                self.finish(Do.RESUME, x)
            else:
                self.steps.append(Step(Do.RESUME, x))
                still.append((x, rounds - 1))
        self.active = still

    def finish(self, do: Do, x: Node) -> None:
        frees = []
        for p in _secret_parents(x):
            self.uses[id(p)] -= 1
            if self.uses[id(p)] == 0:
                frees.append(id(p))
        self.steps.append(Step(do, x, tuple(frees)))
        for reader in self.readers[id(x)]:
            self.waiting[id(reader)] -= 1
            if self.waiting[id(reader)] == 0:
                heapq.heappush(self.ready, (self.place[id(reader)], reader))


def _secret_parents(x: Node) -> list[Node]:
    found: dict[int, Node] = {id(p): p for p in x.inputs if p.secret}
    return list(found.values())
