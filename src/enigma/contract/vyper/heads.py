"""The requirements at the head of a private function: what the chain can decide before the committee is asked."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from enigma.contract.reading.declarations import Function
from enigma.contract.typing.scopes import resolved
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.statements import run
from enigma.errors import SourceProblem


def requirements(b: Body, body: Sequence[ast.stmt]) -> ast.stmt | None:
    """As many statements from the beginning as only require, or name public values; the first that does more."""
    for node in body:
        if not _only_requires(b, node):
            return _of_called(b, node)
        saved = len(b.lines), dict(b.kinds), dict(b.temporaries), set(b.assigned), dict(b.changes), dict(b.unknown)
        try:
            run(b, [node])
            refused = False
        except SourceProblem:
            refused = True
        if refused or len(b.changes) > len(saved[4]):
            del b.lines[saved[0] :]
            b.kinds, b.temporaries, b.assigned, b.changes, b.unknown = saved[1:]
            return _of_called(b, node)
    return None


def _only_requires(b: Body, node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name)
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return isinstance(node, ast.Expr | ast.Pass)
    called = node.value.func
    return (isinstance(called, ast.Name) and called.id == "require") or _function(b, node) is not None


def _function(b: Body, node: ast.stmt) -> Function | None:
    """The function of the contract, or the helper, that a statement calls."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return None
    called = node.value.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self":
        return b.half.contract.functions.get(called.attr)
    if isinstance(called, ast.Name):
        module, name = resolved(b.module, called.id)
        return module.functions.get(name)
    return None


def _of_called(b: Body, node: ast.stmt) -> ast.stmt:
    """The requirements at the head of a function that is called, where the whole does more; it ends here."""
    function = _function(b, node)
    if function is None or b.half.contract.functions.get(function.name) is not function:
        return node
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Call)
    if node.value.keywords or len(node.value.args) != len(function.parameters):
        return node
    mark = len(b.lines)
    try:
        values = b.terms(node.value.args)
        values = [
            value if parameter.type is None else b.half.argument(b, node, value, function, parameter)
            for value, parameter in zip(values, function.parameters, strict=True)
        ]
        compiled = b.half.compiled(b, node, function, b.half.module, values, head=True)
    except SourceProblem:
        del b.lines[mark:]
        return node
    b.add(f"self.{compiled.name}({', '.join(value.text for value in values)})")
    return node
