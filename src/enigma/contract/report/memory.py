"""About how much memory a seat needs, from the plan alone: what is alive at once, in two pieces of each value.

Seats hold a number as two 64-bit words and a boolean as two bytes. Views (slices, broadcasts, ...) keep what they look
at; a joint operation reads contiguous operands, so that a view is copied for it, and holds its messages beside them.
Measured peaks of seats (`Report.max_rss_mb`) lie within 30 % of this; tests compare three programs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from enigma.program.cost import FamilyCosts
from enigma.program.node import Node
from enigma.program.ops import Op
from enigma.program.program import Program
from enigma.program.schedule import Do, Plan, plan

INTERPRETER_BYTES = 50 << 20
"""A seat that has started, met the others and run one small program."""

MESSAGES = 2
"""Of what a seat sends for one operation: its own copy, and as much that it receives."""

SORT_VECTORS = 24
"""What a sort holds beside its rows: the positions of each digit, their sums and indicators, one value for each row."""

_VIEWS = frozenset(
    {Op.RETYPE, Op.RESHAPE, Op.PERMUTE_DIMS, Op.BROADCAST, Op.SLICE, Op.ITEM, Op.INPUT, Op.LOOP}
)  # fmt: skip


def held_bytes(node: Node) -> int:
    """What a seat holds of one value: two words for each number, two bytes for each boolean."""
    return (2 if node.type.is_bool else 16) * node.size


def peak_bytes(program: Program, family: FamilyCosts) -> int:
    """The most that a seat holds at once for a program, without its interpreter and its stored inputs."""
    the_plan = plan(program.outputs, lambda node: len(family.node_cost(node)))
    return _peak(the_plan, family) + _known(the_plan)


@dataclass
class _Alive:
    """Which buffers are alive, and how many values look at each."""

    bytes: int = 0
    buffer: dict[int, int] = field(default_factory=dict)
    size: dict[int, int] = field(default_factory=dict)
    viewers: dict[int, int] = field(default_factory=dict)

    def begin(self, node: Node) -> None:
        source = next((x for x in node.inputs if x.secret and id(x) in self.buffer), None)
        viewed = node.op in _VIEWS and source is not None
        place = self.buffer[id(source)] if viewed else id(node)
        self.buffer[id(node)] = place
        self.viewers[place] = self.viewers.get(place, 0) + 1
        if not viewed:
            self.size[place] = 0 if node.op in _VIEWS else held_bytes(node)
            self.bytes += self.size[place]

    def end(self, key: int) -> None:
        place = self.buffer.pop(key, None)
        if place is None:
            return
        self.viewers[place] -= 1
        if self.viewers[place] == 0:
            self.bytes -= self.size.pop(place)


def _peak(the_plan: Plan, family: FamilyCosts) -> int:
    alive, peak, working = _Alive(), 0, 0
    under_way: dict[int, int] = {}
    ends = {id(step.node): place for place, step in enumerate(the_plan.steps)}
    for place, step in enumerate(the_plan.steps):
        node = step.node
        if node is None:
            continue
        inside = 0
        if step.do is Do.START:
            under_way[id(node)] = _working(node, family)
            working += under_way[id(node)]
        elif step.do is Do.LOOP:
            inside = _peak(the_plan.bodies[id(node)], family) + sum(map(held_bytes, node.attrs["body"]))
        peak = max(peak, alive.bytes + working + inside)
        if step.do is not Do.START and ends[id(node)] == place:
            alive.begin(node)
            working -= under_way.pop(id(node), 0)
            peak = max(peak, alive.bytes + working)
        for key in step.frees:
            alive.end(key)
    return peak


def _working(node: Node, family: FamilyCosts) -> int:
    """Result, copies of operands that are views, and messages of a joint operation."""
    sent = max((max(sent, default=0) for sent in family.node_cost(node)), default=0)
    copies = sum(held_bytes(x) for x in node.inputs if x.op in _VIEWS and x.op is not Op.INPUT)
    vectors = SORT_VECTORS * 16 * node.shape[0] if node.op is Op.SORT else 0
    return held_bytes(node) + copies + vectors + MESSAGES * sent


def _known(the_plan: Plan) -> int:
    """Public operands, which a seat holds shared trivially for as long as it keeps the plan."""
    found = {(id(x), node.op): held_bytes(x) for node in the_plan.nodes for x in node.inputs if not x.secret}
    return sum(found.values()) + sum(_known(body) for body in the_plan.bodies.values())
