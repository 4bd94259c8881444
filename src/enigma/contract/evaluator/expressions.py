"""Expressions, one function for each form of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from enigma.array import Array
from enigma.contract.evaluator import attributes, calls, indexing, names
from enigma.contract.evaluator.choice import either
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.operators import compared, inverted, joined, negated, truth
from enigma.contract.reading.constants import written
from enigma.contract.reading.signs import sign_of
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import Unfit
from enigma.errors import ArgumentProblem, ProgramError, SourceLeak, SourceProblem, WrongType


def evaluate(m: Machine, f: Frame, node: ast.expr) -> Any:
    """The value of an expression."""
    m.meter.step()
    m.meter.enter()
    try:
        value = _FORMS[type(node)](m, f, node)
    except SourceProblem:
        raise
    except (Unfit, Exhausted, ProgramError, ArgumentProblem) as error:
        raise m.blamed(f.source, node, error) from None
    m.meter.leave()
    return value


def values(m: Machine, f: Frame, nodes: list[ast.expr]) -> list[Any]:
    """Several expressions, left to right; the first stay alive while the next are computed."""
    done: list[Any] = []
    f.held.append(done)
    for node in nodes:
        done.append(evaluate(m, f, node))  # noqa: PERF401 - `done` is seen by what is evaluated
    f.held.pop()
    return done


def _constant(_m: Machine, _f: Frame, node: Any) -> Any:
    return written(node.value)


def _binary(m: Machine, f: Frame, node: Any) -> Any:
    left, right = values(m, f, [node.left, node.right])
    return joined(m, sign_of(node.op), left, right)


def _unary(m: Machine, f: Frame, node: Any) -> Any:
    value = evaluate(m, f, node.operand)
    match node.op:
        case ast.USub():
            return negated(m, value)
        case ast.UAdd():
            return joined(m, "+", 0, value)
        case ast.Not():
            return inverted(m, value, word="not")
        case _:
            return inverted(m, value, word="~")


def _logic(m: Machine, f: Frame, node: Any) -> Any:
    """`and`, `or`: a public side decides at once, as in Python; private sides are all computed."""
    is_and = isinstance(node.op, ast.And)
    last: Any = None
    chosen: Array | None = None
    for operand in node.values:
        f.held.append(chosen)
        value = evaluate(m, f, operand)
        f.held.pop()
        if chosen is None and not isinstance(value, Array):
            if truth(value) != is_and:
                return value
            last = value
        else:
            chosen = value if chosen is None else joined(m, "&" if is_and else "|", chosen, value)
    if chosen is not None and not chosen.node.type.is_bool:
        raise Unfit("`and` and `or` join booleans", "compare first: x != 0")
    return last if chosen is None else chosen


def _comparison(m: Machine, f: Frame, node: Any) -> Any:
    operands = values(m, f, [node.left, *node.comparators])
    result: Any = None
    for op, left, right in zip(node.ops, operands[:-1], operands[1:], strict=True):
        answer = compared(m, sign_of(op), left, right)
        result = answer if result is None else joined(m, "&", result, answer)
    return result


def _conditional(m: Machine, f: Frame, node: Any) -> Any:
    condition = evaluate(m, f, node.test)
    if isinstance(condition, Array) and condition.secret:
        f.held.append(condition)
        m.oblivious.append(node.test)
        then, other = values(m, f, [node.body, node.orelse])
        m.oblivious.pop()
        f.held.pop()
        return either(m, condition, then, other)
    return evaluate(m, f, node.body if public_truth(m, condition) else node.orelse)


def public_truth(m: Machine, value: Any) -> bool:
    """Whether a public condition holds; a public array has one element."""
    return truth(plain_value(m, value) if isinstance(value, Array) else value)


def plain_value(m: Machine, array: Array) -> Any:
    """A public array's numbers: one, or nested tuples."""
    from enigma.contract.evaluator.revealing import as_public

    return as_public(m.fold(array), array.node.type)


def _listed(m: Machine, f: Frame, node: Any) -> Any:
    m.meter.hold(len(node.elts))
    items = values(m, f, node.elts)
    return tuple(items) if isinstance(node, ast.Tuple) else items


def _set(m: Machine, f: Frame, node: Any) -> Any:
    m.meter.hold(len(node.elts))
    return OrderedSet(key_of(item) for item in values(m, f, node.elts))


def _map(m: Machine, f: Frame, node: Any) -> Any:
    m.meter.hold(len(node.keys))
    flat = values(m, f, [item for pair in zip(node.keys, node.values, strict=True) for item in pair])
    return {key_of(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _comprehension(m: Machine, f: Frame, node: Any) -> Any:
    from enigma.contract.evaluator.repetition import assign_target, iterated

    made: list[Any] = []
    outer = dict(f.locals)
    outer_loop, f.loop = f.loop, f.loop or f.statement

    def descend(clauses: list[ast.comprehension]) -> None:
        if not clauses:
            m.meter.hold(1)
            made.append(evaluate(m, f, node.elt))
            return
        m.meter.enter()
        clause, rest = clauses[0], clauses[1:]
        items = iterated(m, f, clause.iter)
        f.held.append(items)
        for item in items:
            m.meter.step()
            assign_target(m, f, clause.target, item)
            if all(_passes(m, f, test) for test in clause.ifs):
                descend(rest)
        f.held.pop()
        m.meter.leave()

    f.held.append(made)
    descend(node.generators)
    f.held.pop()
    f.locals, f.loop = outer, outer_loop
    return made


def _passes(m: Machine, f: Frame, test: ast.expr) -> bool:
    value = evaluate(m, f, test)
    if isinstance(value, Array) and value.secret:
        m.refuse(f, test, SourceLeak, "a private condition in a list: its length would tell how often it holds",
                 "keep every element and choose: [x if condition else 0 for x in xs]")  # fmt: skip
    return public_truth(m, value)


def _sliced(m: Machine, f: Frame, node: Any) -> Any:
    return indexing.slice_of(m, f, node)


def _starred(m: Machine, f: Frame, node: Any) -> Any:
    m.refuse(f, node, WrongType, "a starred value has no place here", "write the values out")


def private_truth(value: Any) -> bool:
    """Whether a condition is private."""
    return isinstance(value, Array) and value.secret


_FORMS: dict[type[ast.expr], Callable[[Machine, Frame, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: names.read,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.Tuple: _listed,
    ast.List: _listed,
    ast.Set: _set,
    ast.Dict: _map,
    ast.ListComp: _comprehension,
    ast.Call: calls.call,
    ast.Attribute: attributes.read,
    ast.Subscript: indexing.read,
    ast.Slice: _sliced,
    ast.Starred: _starred,
}
"""The forms that `syntax` lets through."""
