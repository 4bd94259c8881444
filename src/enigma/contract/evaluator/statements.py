"""Statements, one function for each form of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from enigma.array import Array
from enigma.contract.evaluator import repetition
from enigma.contract.evaluator.choice import branch, want_visible
from enigma.contract.evaluator.expressions import evaluate, private_truth, public_truth, values
from enigma.contract.evaluator.indexing import whole
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.operators import joined
from enigma.contract.evaluator.places import Subscripted
from enigma.contract.evaluator.ranges import declared_range
from enigma.contract.reading.signs import sign_of
from enigma.contract.values.conform import private
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import ITEMS_A_STEP, Exhausted
from enigma.contract.values.numbers import Unfit, described
from enigma.errors import ArgumentProblem, ProgramError, SourceLeak, SourceProblem


@dataclass(frozen=True, slots=True)
class Returned:
    """A block ended in `return`."""

    value: Any


class _Jump:
    __slots__ = ()


BREAK, CONTINUE = _Jump(), _Jump()


def block(m: Machine, f: Frame, statements: Sequence[ast.stmt]) -> Returned | _Jump | None:
    """Statements in order; how the block was left, None at its end."""
    m.meter.enter()
    for node in statements:
        outer, f.statement = f.statement, node
        m.meter.step()
        try:
            left: Returned | _Jump | None = _FORMS[type(node)](m, f, node)
        except SourceProblem:
            raise
        except (Unfit, Exhausted, ProgramError, ArgumentProblem) as error:
            raise m.blamed(f.source, node, error) from None
        f.statement = outer
        if left is not None:
            m.meter.leave()
            return left
    m.meter.leave()
    return None


def _assign(m: Machine, f: Frame, node: Any) -> None:
    value = evaluate(m, f, node.value)
    for target in node.targets:
        assign(m, f, target, value)


def assign(m: Machine, f: Frame, target: ast.expr, value: Any) -> None:
    """`target = value`."""
    if isinstance(target, ast.Name):
        f.locals[target.id] = f.declared[target.id](value) if target.id in f.declared else value
    elif isinstance(target, (ast.Tuple, ast.List)):
        parts = _unpacked(m, value, len(target.elts))
        for part, each in zip(target.elts, parts, strict=True):
            assign(m, f, part, each)
    elif isinstance(target, ast.Attribute):
        from enigma.contract.evaluator.attributes import set_field

        if not (isinstance(target.value, ast.Name) and target.value.id == "self"):
            raise Unfit("only fields of the contract can be assigned to", "self.name = value")
        set_field(m, f, target, value)
    else:
        assert isinstance(target, ast.Subscript)
        f.held.append(value)
        container, key = values(m, f, [target.value, target.slice])
        f.held.pop()
        _set_item(m, f, target, container, key, value)


def _unpacked(m: Machine, value: Any, count: int) -> list[Any]:
    if isinstance(value, Array):
        m.meter.hold(value.shape[0] if value.shape else 1)
    if not isinstance(value, (tuple, list, Array)) or (isinstance(value, Array) and not value.shape):
        raise Unfit(f"a {described(value)} is not {count} values")
    if len(value) != count:
        raise Unfit(f"{len(value)} values for {count} names")
    return list(value)


def _set_item(m: Machine, f: Frame, node: ast.AST, container: Any, key: Any, value: Any) -> None:
    if isinstance(container, Subscripted):
        container.set(m, f, node, key, value)
        return
    if isinstance(container, Array):
        raise Unfit("arrays are values and do not change", "x = where(arange(len(x)) == i, value, x)")
    if not isinstance(container, (list, dict)):
        raise Unfit(f"a {described(container)} does not change")
    want_visible(
        m, f, node, "changing a public list or map", "choose the value in secret: xs[i] = a if condition else xs[i]"
    )
    if isinstance(container, dict):
        m.meter.hold(1)
        container[key_of(key)] = value
        return
    place = whole(m, key, "an index")
    if not -len(container) <= place < len(container):
        raise Unfit(f"index {place} of a list of {len(container)}")
    container[place] = value


def _declare(m: Machine, f: Frame, node: Any) -> None:
    """`x: private[T] = value`: from here on every value of x is proven to lie in T's range."""
    if node.value is None or not isinstance(node.target, ast.Name):
        raise Unfit("a declared variable has a name and a first value", "x: private[int(0, 10)] = 0")
    type_ = declared_range(m, f, node.annotation)
    name = node.target.id
    if type_ is None:
        f.locals[name] = evaluate(m, f, node.value)
        return
    f.declared[name] = lambda value: private(value, _shaped(type_, value), f"`{name}`")
    f.locals[name] = f.declared[name](evaluate(m, f, node.value))


def _shaped(type_: Any, value: Any) -> Any:
    """The declared element, for a value of any shape: a variable's range is declared, and its shape need not be."""
    from enigma.contract.types import ArrayType

    if isinstance(type_, ArrayType):
        return type_
    shape = value.shape if isinstance(value, Array) else ()
    return ArrayType(type_, shape) if shape else type_


def _augment(m: Machine, f: Frame, node: Any) -> None:
    target = node.target
    if isinstance(target, ast.Subscript):
        container, key = values(m, f, [target.value, target.slice])
        from enigma.contract.evaluator.indexing import item

        f.held.append(container)
        before = item(m, f, target, container, key)
        f.held.append(before)
        result = joined(m, sign_of(node.op), before, evaluate(m, f, node.value))
        f.held.pop()
        f.held.pop()
        _set_item(m, f, target, container, key, result)
        return
    reading = ast.copy_location(
        ast.Name(target.id, ast.Load())
        if isinstance(target, ast.Name)
        else ast.Attribute(target.value, target.attr, ast.Load()),
        target,
    )
    before, value = values(m, f, [reading, node.value])
    assign(m, f, target, joined(m, sign_of(node.op), before, value))


def _delete(m: Machine, f: Frame, node: Any) -> None:
    for target in node.targets:
        container, key = values(m, f, [target.value, target.slice])
        if isinstance(container, Subscripted):
            container.remove(m, f, target, key)
            continue
        want_visible(m, f, target, "deleting", "delete it whatever the condition")
        if isinstance(container, dict):
            if key_of(key) not in container:
                raise Unfit("there is no such key in the map")
            del container[key_of(key)]
        elif isinstance(container, list):
            place = whole(m, key, "an index")
            if not -len(container) <= place < len(container):
                raise Unfit(f"index {place} of a list of {len(container)}")
            m.meter.step(len(container) // ITEMS_A_STEP**2)
            del container[place]
        else:
            raise Unfit(f"a {described(container)} does not change")


def _if(m: Machine, f: Frame, node: Any) -> Returned | _Jump | None:
    condition = evaluate(m, f, node.test)
    if private_truth(condition):
        branch(m, f, node, condition, block)
        return None
    return block(m, f, node.body if public_truth(m, condition) else node.orelse)


def _while(m: Machine, f: Frame, node: Any) -> Returned | _Jump | None:
    outer, f.loop = f.loop, f.loop or node
    while True:
        m.meter.step()
        condition = evaluate(m, f, node.test)
        if private_truth(condition):
            m.refuse(f, node.test, SourceLeak, "a `while` on a private value would tell how often it ran",
                     "write `for _ in range(most)` and choose inside: x = a if condition else x")  # fmt: skip
        left = block(m, f, node.body) if public_truth(m, condition) else BREAK
        if left is BREAK or isinstance(left, Returned):
            f.loop = outer
            return left if isinstance(left, Returned) else None


def _return(m: Machine, f: Frame, node: Any) -> Returned:
    if f.oblivious:
        m.refuse(f, node, SourceLeak, "a `return` under a private condition would tell whether it holds",
                 "choose in secret, and return once: return a if condition else b")  # fmt: skip
    return Returned(None if node.value is None else evaluate(m, f, node.value))


def _jump(word: str, jump: _Jump) -> Callable[..., _Jump]:
    def leave(m: Machine, f: Frame, node: Any) -> _Jump:
        if f.oblivious:
            m.refuse(f, node, SourceLeak, f"a `{word}` under a private condition would tell whether it holds",
                     "run all rounds, and choose inside: x = a if condition else x")  # fmt: skip
        return jump

    return leave


def _expression(m: Machine, f: Frame, node: Any) -> None:
    evaluate(m, f, node.value)


_FORMS: dict[type[ast.stmt], Callable[[Machine, Frame, Any], Any]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _declare,
    ast.AugAssign: _augment,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: lambda m, f, node: repetition.repeat(m, f, node, block, BREAK, Returned),
    ast.While: _while,
    ast.Return: _return,
    ast.Break: _jump("break", BREAK),
    ast.Continue: _jump("continue", CONTINUE),
    ast.Expr: _expression,
    ast.Pass: lambda m, f, node: None,
}
"""The forms that `syntax` lets through."""
