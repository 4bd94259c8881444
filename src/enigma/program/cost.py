"""What a program costs, exactly, before it runs: rounds, and the bytes that each seat sends.

A protocol family states, for each joint node, the bytes of each round and seat (`FamilyCosts`); here they are added up
along the plan. Measured rounds and bytes equal these numbers, which a test asserts for every operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from enigma.program.node import Node
from enigma.program.program import Program
from enigma.program.schedule import Do, Plan, plan

RoundBytes = tuple[int, ...]
"""Bytes sent in one round, by seat."""


class FamilyCosts(Protocol):
    """The cost model of a protocol family."""

    seats: int

    def node_cost(self, node: Node) -> Sequence[RoundBytes]:
        """The bytes of each round of a joint node; an empty sequence for one that costs nothing."""
        ...

    def open_cost(self, node: Node) -> RoundBytes:
        """The bytes of opening one output."""
        ...


@dataclass(frozen=True)
class Cost:
    """Rounds, and bytes sent by each seat."""

    rounds: int
    seat_bytes: tuple[int, ...]

    @property
    def bytes_per_seat(self) -> float:
        """The mean over the seats."""
        return sum(self.seat_bytes) / len(self.seat_bytes)


def cost(program: Program, family: FamilyCosts) -> Cost:
    """The cost of one run, opening included."""
    the_plan = plan(program.outputs, lambda node: len(family.node_cost(node)))
    totals = _plan_bytes(the_plan, family)
    for node in program.reveals:
        if node.secret:
            totals = [a + b for a, b in zip(totals, family.open_cost(node), strict=True)]
    opens = any(node.secret for node in program.reveals)
    return Cost(the_plan.rounds + opens, tuple(totals))


def _plan_bytes(the_plan: Plan, family: FamilyCosts) -> list[int]:
    totals = [0] * family.seats
    for step in the_plan.steps:
        if step.node is None:
            continue
        if step.do is Do.LOOP:
            count = step.node.attrs["count"]
            inner = _plan_bytes(the_plan.bodies[id(step.node)], family)
            totals = [a + count * b for a, b in zip(totals, inner, strict=True)]
        elif step.do in (Do.START, Do.LOCAL) and step.node.inputs:
            for sent in family.node_cost(step.node):
                totals = [a + b for a, b in zip(totals, sent, strict=True)]
    return totals
