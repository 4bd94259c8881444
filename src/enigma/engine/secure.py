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


Known = dict[tuple[int, Op], Value]
"""Public operands by node and reading operation; valid for one seat, as long as the plan's nodes live."""


class Runner:
    """One seat's execution of plans. `known` keeps what is public, folded, from one run of a plan to the next."""

    def __init__(self, session: Session, family: Family, known: Known | None = None) -> None:
        self._session, self._family = session, family
        self._known: Known = {} if known is None else known

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
                    values[key] = family.local(session, node, self._operands(values, node))
            elif step.do is Do.START:
                protocol = family.joint(session, node, self._operands(values, node))
                next(protocol)
                active[key] = protocol
            elif step.do is Do.RESUME:
                try:
                    next(active[key])
                except StopIteration as finished:
                    values[key] = finished.value
                    del active[key]
            else:
                values[key] = yield from self._loop(the_plan.bodies[key], node, self._operands(values, node))
            for spent in step.frees:
                values.pop(spent, None)
        return [values[id(x)] if x.secret else plain.fold(x) for x in the_plan.outputs]

    def _operands(self, values: dict[int, Any], node: Node) -> list[Value]:
        return [values[id(x)] if x.secret else self._public(x, node.op) for x in node.inputs]

    def _public(self, node: Node, reader: Op) -> Value:
        key = (id(node), reader)
        if key not in self._known:
            self._known[key] = self._family.public(self._session, reader, plain.fold(node))
        return self._known[key]

    def _loop(self, body: Plan, node: Node, operands: list[Value]) -> Joint[list[Value]]:
        carried = operands[: len(body.outputs)]
        outside = operands[len(body.outputs) :]
        del operands
        for _ in range(node.attrs["count"]):
            carried = yield from self.run(body, dict(enumerate([*carried, *outside])))
        return carried
