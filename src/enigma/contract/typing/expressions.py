"""Kinds and secrecy of expressions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from enigma.contract.typing.attributes import attribute
from enigma.contract.typing.calls import called
from enigma.contract.typing.comparisons import comparison
from enigma.contract.typing.frame import Frame
from enigma.contract.typing.kinds import (
    ADDRESS,
    BOOL,
    EVERYONE,
    INT,
    NONE,
    NUMBER,
    TEXT,
    Kind,
    Value,
    join,
    join_all,
    list_of,
    map_of,
    set_of,
    tuple_of,
    unknown,
)
from enigma.contract.typing.operators import binary, logical, unary, want_bool
from enigma.contract.typing.parts import key_of, subscript
from enigma.contract.typing.scopes import resolved

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_GIVEN: dict[str, Value] = {
    "self": Value(Kind.SELF),
    "sender": ADDRESS,
    "senders": set_of(ADDRESS),
    "deployer": ADDRESS,
    "this": ADDRESS,
    "now": INT,
    "everyone": EVERYONE,
    **{name: Value(Kind.DICTIONARY, name=name) for name in ("L", "DHT", "MPC")},
}


def value_of(frame: Frame, node: ast.expr) -> Value:
    """The value of an expression, sealed ones included; raises a `SourceProblem` at the smallest node to blame."""
    rule = _RULES.get(type(node))
    return unknown() if rule is None else rule(frame, node)  # the frontend refuses every other form


def _constant(_: Frame, node: ast.Constant) -> Value:
    constant = node.value
    if isinstance(constant, bool):
        return BOOL
    if isinstance(constant, int):
        return INT
    if isinstance(constant, (float, Decimal)):
        return NUMBER
    if isinstance(constant, str):
        return unknown() if _ADDRESS.fullmatch(constant) else TEXT
    return NONE if constant is None else unknown()


def _tuple(frame: Frame, node: ast.Tuple) -> Value:
    return tuple_of(*(frame.value(e) for e in node.elts))


def _list(frame: Frame, node: ast.List) -> Value:
    return list_of(join_all([frame.value(e) for e in node.elts]))


def _set(frame: Frame, node: ast.Set) -> Value:
    return set_of(join_all([key_of(frame, e, "a set shows which of its items are equal") for e in node.elts]))


def _map(frame: Frame, node: ast.Dict) -> Value:
    keys = [key_of(frame, k, "the keys of a map are public") for k in node.keys if k is not None]
    return map_of(join_all(keys), join_all([frame.value(v) for v in node.values]))


def _binary(frame: Frame, node: ast.BinOp) -> Value:
    return binary(frame, node, node.op, node.left, node.right)


def _name(frame: Frame, node: ast.Name) -> Value:
    name = node.id
    if frame.variables is not None and name in frame.variables:
        value = frame.variables[name]
        if value.kind is Kind.UNSET:
            raise frame.unknown_name(
                node,
                f"`{name}` is set on one side only of the private `if {value.name}`, and both sides are evaluated",
                f"give `{name}` a value before the `if`, or on both sides",
            )
        return value
    module, there = resolved(frame.module, name)
    if there in module.constants:
        inner = replace(frame, module=module, source=module.source, variables={})
        return inner.value(module.constants[there])
    return _GIVEN.get(name, unknown())


def _comprehension(frame: Frame, node: ast.ListComp) -> Value:
    inner = replace(frame, variables=dict(frame.variables or {}), path=list(frame.path))
    for generator in node.generators:
        bind(inner, generator.target, looped(inner, generator.iter))
        for condition in generator.ifs:
            text = inner.text(condition)
            element = inner.text(node.elt)
            inner.public(
                condition,
                "how many pass it would be known from the length of the list",
                f"keep all of them, and choose: [where({text}, {element}, 0) for ...]",
            )
    made = inner.value(node.elt)
    own = {n.id for generator in node.generators for n in ast.walk(generator.target) if isinstance(n, ast.Name)}
    for name, value in inner.mutated.items():
        if frame.variables is not None and name in frame.variables and name not in own:
            frame.variables[name] = join(frame.variables[name], value)
    return list_of(made)


def looped(frame: Frame, iterable: ast.expr) -> Value:
    """What a loop over an iterable gives in each round."""
    value = frame.plain(iterable)
    text = frame.text(iterable)
    if value.kind is Kind.TABLE:
        column = value.table.columns[0][0] if value.table and value.table.columns else "column"
        raise frame.wrong(
            iterable,
            f"`{text}` is a table, and a table is not gone through row by row",
            f"compute on whole columns, such as sum({text}.{column}); or for value in {text}.{column}:",
        )
    if value.element and value.ndim == 0:
        if value.private:
            raise frame.leak(
                iterable,
                f"`{text}` is private, and a loop shows how often it runs",
                f"loop as often as it can be at most: for i in range(most): if i < {text}:",
            )
        raise frame.wrong(iterable, f"`{text}` is {value}, and a loop needs several", f"write range({text})")
    if value.kind in (Kind.ADDRESS, Kind.NONE, Kind.PREDICATE, Kind.SELF, Kind.DICTIONARY):
        raise frame.wrong(
            iterable, f"`{text}` is {value}, and a loop needs several", "loop over a range, a list or a set"
        )
    return value.item


def bind(frame: Frame, target: ast.expr, value: Value) -> None:
    """Set a name or a tuple of names."""
    if isinstance(target, ast.Name):
        frame.set(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        count = len(target.elts)
        if value.kind is Kind.TUPLE and len(value.of) != count:
            raise frame.wrong(
                target, f"{count} names, but {len(value.of)} values", "write as many names as there are values"
            )
        single = value.element and value.ndim == 0
        if single or value.kind in (Kind.NONE, Kind.ADDRESS, Kind.TABLE):
            raise frame.wrong(target, f"{count} names, but one value: {value}", "assign to one name")
        for i, name in enumerate(target.elts):
            bind(frame, name, value.of[i] if value.kind is Kind.TUPLE else value.item)


def _choice(frame: Frame, node: ast.IfExp) -> Value:
    condition = frame.plain(node.test)
    text = frame.text(node.test)
    if not condition.private:
        then = _on_path(frame, node.body, frame.when(node.test, holds=True))
        return join(then, _on_path(frame, node.orelse, frame.when(node.test, holds=False)))
    frame.guards.append(text)
    try:
        then, other = frame.value(node.body), frame.value(node.orelse)
    finally:
        frame.guards.pop()
    want_bool(frame, node.test, condition)
    for place, value in ((node.body, then), (node.orelse, other)):
        if value.sealed or not value.can_hide():
            raise frame.leak(
                place,
                f"`{frame.text(place)}` is {value}, which is public: which of the two it is would tell `{text}`",
                f"only numbers and booleans are chosen in private; or if reveal({text}, to=everyone)",
            )
    return join(then, other).hidden()


def _on_path(frame: Frame, node: ast.expr, path: str) -> Value:
    frame.path.append(path)
    try:
        return frame.value(node)
    finally:
        frame.path.pop()


_RULES: Mapping[type[ast.expr], Callable[[Frame, Any], Value]] = {
    ast.Attribute: attribute,
    ast.BinOp: _binary,
    ast.BoolOp: logical,
    ast.Call: called,
    ast.Compare: comparison,
    ast.Constant: _constant,
    ast.Dict: _map,
    ast.IfExp: _choice,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.Set: _set,
    ast.Subscript: subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: unary,
}
