"""Runs a plan on one seat.

The run of a whole program is itself a protocol: a generator that yields where a round ends. So one driver serves live
seats (`engine.live`) and all seats of a test in one process (`testing.world`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enigma.engine import plain
from enigma.program.node import Node
from enigma.program.ops import Op
from enigma.program.schedule import Do, Plan, plan
from enigma.protocol.family import Family, Value
from enigma.protocol.session import Joint, Session


def compile_plan(outputs: tuple[Node, ...], family: Family) -> Plan:
    """The plan of the secret part of these outputs."""
    return plan(outputs, lambda node: len(family.node_cost(node)))


class Runner:
    """One seat's execution of plans; holds what is public and folded once per program."""

    def __init__(self, session: Session, family: Family) -> None:
        self._session, self._family = session, family
        self._folded: dict[int, Value] = {}

    def run(self, the_plan: Plan, inputs: Mapping[int, Value]) -> Joint[list[Value]]:
        """This seat's pieces of the plan's outputs; public outputs come raw."""
        session, family = self._session, self._family
        values: dict[int, Any] = {}
        active: dict[int, Joint[Value]] = {}
        for step in the_plan.steps:
            node = step.node
            if node is None:
                yield
                continue
            key = id(node)
            if step.do is Do.LOCAL:
                if node.op is Op.INPUT:
                    values[key] = inputs[node.attrs["index"]]
                elif node.op is Op.ITEM:
                    values[key] = values[id(node.inputs[0])][node.attrs["index"]]
                else:
                    values[key] = family.local(session, node, [self._operand(values, x) for x in node.inputs])
            elif step.do is Do.START:
                protocol = family.joint(session, node, [self._operand(values, x) for x in node.inputs])
                next(protocol)
                active[key] = protocol
            elif step.do is Do.RESUME:
                try:
                    next(active[key])
                except StopIteration as finished:
                    values[key] = finished.value
                    del active[key]
            else:
                operands = [self._operand(values, x) for x in node.inputs]
                values[key] = yield from self._loop(the_plan.bodies[key], node, operands)
            for spent in step.frees:
                values.pop(spent, None)
        return [self._operand(values, x) for x in the_plan.outputs]

    def _operand(self, values: dict[int, Any], node: Node) -> Value:
        if node.secret:
            value: Value = values[id(node)]
            return value
        if id(node) not in self._folded:
            self._folded[id(node)] = plain.fold(node)
        return self._folded[id(node)]

    def _loop(self, body: Plan, node: Node, operands: list[Value]) -> Joint[list[Value]]:
        carried = operands[: len(body.outputs)]
        outside = operands[len(body.outputs) :]
        del operands
        for _ in range(node.attrs["count"]):
            carried = yield from self.run(body, dict(enumerate([*carried, *outside])))
        return carried
