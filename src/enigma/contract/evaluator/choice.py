"""`if` on a private condition: both branches are computed, and each variable they assign becomes a choice.

What a branch must not do, since whether it happened would tell the condition, is refused where it is done
(`want_visible`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from enigma import array as xp
from enigma.array import Array
from enigma.contract.evaluator.callables import Unset
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.operators import number
from enigma.contract.values.numbers import Unfit, described, equal, is_number
from enigma.errors import SourceLeak

PLACES_A_STEP = 64
"""Variables and places of private fields that are remembered in one step, before the branches."""

_NOTHING = Unset("nothing assigns it")

Block = Callable[[Machine, Frame, list[ast.stmt]], Any]


def want_visible(m: Machine, f: Frame, node: ast.AST, what: str, rewrite: str) -> None:
    """Refuses what everyone sees, where it would happen depending on a secret or in a loop of a program."""
    if m.oblivious:
        m.refuse(f, node, SourceLeak, f"{what} under a private condition would tell whether it holds", rewrite)
    if m.looping:
        raise NotALoop


class NotALoop(Exception):
    """The body of a loop does what a loop of a program cannot: it is unrolled instead."""


def either(m: Machine, condition: Array, then: Any, other: Any) -> Any:
    """`then` where the private condition holds, else `other`; raises `Unfit` for what cannot be private."""
    if then is other:
        return then
    if not condition.node.type.is_bool:
        raise Unfit(f"a private condition of {condition.dtype}", "compare first: x != 0")
    m.meter.walk([then, other])
    if isinstance(then, tuple) and isinstance(other, tuple) and len(then) == len(other):
        return tuple(either(m, condition, a, b) for a, b in zip(then, other, strict=True))
    privatable = all(isinstance(x, Array) or is_number(x) for x in (then, other))
    if not privatable:
        if not isinstance(then, Array) and not isinstance(other, Array) and equal(then, other):
            return then
        shown = next(x for x in (then, other) if not (isinstance(x, Array) or is_number(x)))
        raise Unfit(
            f"a {described(shown)} that depends on a private condition would tell whether it holds",
            "only numbers, booleans and tuples of these can be chosen in secret",
            leaks=True,
        )
    if not isinstance(then, Array) and not isinstance(other, Array) and type(then) is type(other) and then == other:
        return then
    booleans = [x.node.type.is_bool if isinstance(x, Array) else isinstance(x, bool) for x in (then, other)]
    if not all(booleans):
        then, other = number(then), number(other)
    result = xp.where(condition, then, other)
    m.meter.array(result.size)
    return result


def branch(m: Machine, f: Frame, node: ast.If, condition: Array, block: Block) -> None:
    """Both branches of an `if` on a private condition."""
    m.meter.step((len(f.locals) + m.fields.count_of_places()) // PLACES_A_STEP)
    before, saved = dict(f.locals), m.fields.snapshot()
    m.oblivious.append(node.test)
    f.oblivious += 1
    block(m, f, node.body)
    then_locals, then_fields = f.locals, m.fields.snapshot()
    f.locals = dict(before)
    m.fields.restore(saved)
    block(m, f, node.orelse)
    m.oblivious.pop()
    f.oblivious -= 1
    else_locals, else_fields = f.locals, m.fields.snapshot()
    f.locals = _merged(m, f, condition, then_locals, else_locals)
    _merge_fields(m, condition, saved, then_fields, else_fields)


def _merged(m: Machine, f: Frame, condition: Array, then: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in dict.fromkeys([*other, *then]):
        a, b = then.get(name, _NOTHING), other.get(name, _NOTHING)
        if a is b:
            merged[name] = a
        elif isinstance(a, Unset) or isinstance(b, Unset):
            merged[name] = Unset("only one branch of a private condition assigns it")
        else:
            try:
                chosen = either(m, condition, a, b)
            except Unfit as error:
                raise Unfit(f"`{name}`: {error.reason}", error.hint, leaks=error.leaks) from None
            merged[name] = f.declared[name](chosen) if name in f.declared else chosen
    return merged


def _merge_fields(m: Machine, condition: Array, saved: Any, then: Any, other: Any) -> None:
    """Private fields that either branch wrote, chosen between what each left there."""
    places = dict.fromkeys([*then[2], *other[2]])
    m.fields.restore(saved)
    for place in places:
        values = []
        for branch_fields in (then, other):
            value = branch_fields[0].get(place)
            if value is None:
                m.fields.restore(branch_fields)
                value = m.fields.get(place, m.input) if m.fields.has(place) else None
                m.fields.restore(saved)
            values.append(value)
        if values[0] is values[1]:
            m.fields.set(place, values[0])
        elif values[0] is None or values[1] is None:
            raise Unfit(f"self.{place[0]} gets its first value under a private condition",
                        "write a value to it before", leaks=True)  # fmt: skip
        else:
            m.fields.set(place, either(m, condition, *values))
