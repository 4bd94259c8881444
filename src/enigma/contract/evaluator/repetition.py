"""`for`: over public things, one round after the other; `for _ in range(n)` as one loop of a program where it can be.

A loop of a program is traced once. It fits where the body only computes private values whose ranges are declared
(`x: private[...] = ...`) from others: then what it needs does not grow with the number of rounds. Everything else is
unrolled; the values are the same.
"""

from __future__ import annotations

import ast
from typing import Any

from enigma import array as xp
from enigma.array import Array
from enigma.contract.evaluator.callables import Unset
from enigma.contract.evaluator.choice import NotALoop
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.places import PrivateMap, PrivateTable
from enigma.contract.values.containers import OrderedSet, Rows
from enigma.contract.values.numbers import Unfit, described
from enigma.program import build

_PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.If, ast.For, ast.Pass)


def repeat(m: Machine, f: Frame, node: ast.For, block: Any, leave: Any, returned: type) -> Any:
    """A `for` statement; how it was left."""
    items = iterated(m, f, node.iter)
    if isinstance(items, range) and len(items) > 1 and _as_loop(m, f, node, len(items), block):
        return None
    outer, f.loop = f.loop, f.loop or node
    f.held.append(items)
    for item in items:
        m.meter.step()
        assign_target(m, f, node.target, item)
        left = block(m, f, node.body)
        if left is leave or isinstance(left, returned):
            f.held.pop()
            f.loop = outer
            return left if isinstance(left, returned) else None
    f.held.pop()
    f.loop = outer
    return None


def assign_target(m: Machine, f: Frame, target: ast.expr, item: Any) -> None:
    """The variable of a loop."""
    from enigma.contract.evaluator.statements import assign

    assign(m, f, target, item)


def iterated(m: Machine, f: Frame, node: ast.expr) -> Any:
    """What a loop goes over: a range, or a list of its items; raises `Unfit`."""
    from enigma.contract.evaluator.expressions import evaluate

    value = evaluate(m, f, node)
    if isinstance(value, range):
        return value
    if isinstance(value, Array):
        if not value.shape:
            raise Unfit("a single private number cannot be iterated over")
        m.meter.hold(value.shape[0])
        m.meter.array(value.size)
        return list(value)
    if isinstance(value, (Rows, PrivateTable)):
        raise Unfit("a table cannot be iterated over row by row", "compute on its columns: table.column", leaks=False)
    if isinstance(value, (list, tuple, dict, OrderedSet, PrivateMap)):
        m.meter.hold(len(value))
        return list(value)
    raise Unfit(f"a {described(value)} cannot be iterated over",
                "lists, ranges, tuples, sets, maps and arrays can")  # fmt: skip


def _as_loop(m: Machine, f: Frame, node: ast.For, count: int, block: Any) -> bool:
    """Tries the body as one loop of a program; False, with nothing changed, where it does not fit."""
    if not (isinstance(node.target, ast.Name) and node.target.id == "_") or m.oblivious:
        return False
    if not all(isinstance(each, _PLAIN) for part in node.body for each in ast.walk(part) if isinstance(each, ast.stmt)):
        return False
    assigned = _assigned(node.body)
    carried = [name for name in assigned if name in f.declared and isinstance(f.locals.get(name), Array)]
    passing = [name for name in assigned if name not in carried]
    if not carried or _read_elsewhere(f, node, passing):
        return False
    saved, fields = dict(f.locals), m.fields.snapshot()
    depth, held, frames, loop = m.meter.depth, len(f.held), len(m.frames), f.loop

    def body(*values: Array) -> tuple[Array, ...]:
        f.locals = {**saved, **dict(zip(carried, values, strict=True))}
        for name in passing:
            f.locals.pop(name, None)
        block(m, f, node.body)
        results = [f.locals[name] for name in carried]
        if m.fields.written_since(fields) or not all(isinstance(each, Array) for each in results):
            raise NotALoop
        return tuple(results)

    m.looping += 1
    try:
        results = xp.loop(count, body, *(_lifted(saved[name]) for name in carried))
    except NotALoop:
        f.locals, f.statement, f.loop = saved, node, loop
        m.fields.restore(fields)
        m.meter.depth = depth
        del f.held[held:], m.frames[frames:]
        return False
    finally:
        m.looping -= 1
    results = results if isinstance(results, tuple) else (results,)
    f.locals = {**saved, **dict(zip(carried, results, strict=True))}
    for name in passing:
        f.locals[name] = Unset("it belongs to the rounds of a loop")
    return True


def _lifted(array: Array) -> Array:
    return Array(build.lift(array.node))


def _assigned(body: list[ast.stmt]) -> list[str]:
    """The names that a body assigns, in order."""
    names = (
        each.id for part in body for each in ast.walk(part)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    )  # fmt: skip
    return list(dict.fromkeys(names))


def _read_elsewhere(f: Frame, node: ast.For, passing: list[str]) -> bool:
    """Whether a name that only passes through the body is read outside of it, or in it before it is assigned."""
    inside = {id(each) for each in ast.walk(node)}
    outside = {
        each.id for each in ast.walk(f.function.node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and id(each) not in inside
    }  # fmt: skip
    return any(name in outside or name in f.locals or _read_first(node.body, name) for name in passing)


def _read_first(body: list[ast.stmt], name: str) -> bool:
    """Whether a body may read a name before it assigns it at its own level."""
    for statement in body:
        for each in ast.walk(statement):
            if isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name) and each.target.id == name:
                return True
            if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load):
                return True
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and name in _assigned([statement]):
            return False
    return False
