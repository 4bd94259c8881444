"""Loops of a public count: a node of the program, never an unrolling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from enigma.array.array import Array
from enigma.array.operands import Operand, committee_of, node_of, rescale
from enigma.errors import KindError, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller
from enigma.program.types import Kind, Type


def loop(count: int, body: Callable[..., Any], *initial: Operand) -> Any:
    """`body` applied `count` times to the carried arrays; its last results, a tuple where several are carried.

    `body` takes as many arrays as `initial` and returns as many (one array, or a tuple). It is traced once: a carried
    value keeps the shape, the scale and the range of its initial one, so declare that range wide enough
    (`with_range(x, lo, hi)`) and let the body end in a `clip`, or in operations that provably stay inside. Results of
    another scale are brought to the carried one. What the body reads from outside is computed once, before.
    Raises `RangeError` where a result could leave its range.
    """
    if not initial:
        raise ShapeError(f"{caller()}: a loop that carries nothing")
    committee = committee_of(*initial)

    def trace(*carried: Node) -> Sequence[Node]:
        results = body(*(Array(x, committee) for x in carried))
        several = list(results) if isinstance(results, (tuple, list)) else [results]
        if len(several) != len(carried):
            raise ShapeError(f"{caller()}: a loop carries {len(carried)} in and {len(several)} out")
        committee_of(*initial, *several)
        return [_as_carried(node_of(after), before) for after, before in zip(several, carried, strict=True)]

    nodes = build.loop(count, [node_of(x) for x in initial], trace)
    arrays = tuple(Array(x, committee) for x in nodes)
    return arrays[0] if len(arrays) == 1 else arrays


def _as_carried(after: Node, before: Node) -> Node:
    if after.type.is_bool or before.type.is_bool:
        if after.type.kind is not before.type.kind:
            raise KindError(f"{caller()}: a loop carries {before.type} in and {after.type} out")
        return after
    if before.type.kind is Kind.INT and after.type.kind is Kind.FIXED:
        raise KindError(
            f"{caller()}: a loop carries {before.type} in and {after.type} out",
            hint="start with astype(x, fixed(20)), or end the body with astype(x, int64)",
        )
    scaled = rescale(after, before.type.scale)
    return build.retype(scaled, Type(before.type.kind, before.type.scale, scaled.type.lo, scaled.type.hi))
