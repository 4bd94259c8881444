"""Which revealed values are used afterwards, and so can decide what the call costs: by the place of their statement.

A value that is revealed to everyone only to be returned, emitted or dropped decides nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enigma.contract.reading.declarations import Function, Module, Where

_DISPLAYS = (ast.Tuple, ast.List, ast.Dict)
_ENTRIES = (Where.PRIVATE, Where.PUBLIC, Where.PREDICATE)


def deciding(module: Module) -> frozenset[str]:
    """`file:line` of each statement that reveals to everyone what is used afterwards, in imported modules too."""
    found: set[str] = set()
    called = _called(module)
    for each in _modules(module):
        functions = [*each.functions.values(), *(each.contract.functions.values() if each.contract else ())]
        for function in functions:
            ends = function.where in _ENTRIES and function.name not in called
            found.update(_of(function, ends=ends))
    return frozenset(found)


def _modules(module: Module) -> list[Module]:
    found: dict[int, Module] = {id(module): module}
    stack = [module]
    while stack:
        for each in stack.pop().modules:
            if id(each) not in found:
                found[id(each)] = each
                stack.append(each)
    return list(found.values())


def _called(module: Module) -> set[str]:
    """Functions of the contract that others of its functions call: their result goes on."""
    functions = module.contract.functions.values() if module.contract else ()
    return {
        node.func.attr for function in functions for node in ast.walk(function.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
    }  # fmt: skip


def _of(function: Function, *, ends: bool) -> Iterator[str]:
    for statement in ast.walk(function.node):
        if not isinstance(statement, ast.stmt) or isinstance(statement, ast.FunctionDef):
            continue
        reveals = [node for node in _own(statement) if _is_reveal(node)]
        if reveals and not _is_last(function, statement, reveals, ends=ends):
            yield function.source.where(statement)


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement, without those of statements inside of it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))


def _is_reveal(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reveal" and any(
        keyword.arg == "to" for keyword in node.keywords
    )  # fmt: skip


def _is_last(function: Function, statement: ast.stmt, reveals: list[ast.AST], *, ends: bool) -> bool:
    if isinstance(statement, ast.Return):
        shown = _shown(statement.value)
        return ends and all(any(node is each for each in shown) for node in reveals)
    if isinstance(statement, ast.Expr):
        call = statement.value
        emitted = [k.value for k in call.keywords] if isinstance(call, ast.Call) and _named(call, "emit") else []
        shown = [call, *emitted]
        return all(any(node is each for each in shown) for node in reveals)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and reveals == [statement.value] and ends:
            return _only_shown(function, target.id)
    return False


def _named(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def _shown(value: ast.expr | None) -> list[ast.AST]:
    """What a returned expression hands on as it is."""
    if isinstance(value, _DISPLAYS):
        parts = value.values if isinstance(value, ast.Dict) else value.elts
        return [each for part in parts for each in _shown(part)]
    return [value] if value is not None else []


def _only_shown(function: Function, name: str) -> bool:
    """Whether a variable is only ever returned or emitted."""
    shown: set[int] = set()
    for node in ast.walk(function.node):
        if isinstance(node, ast.Return):
            shown.update(id(each) for each in _shown(node.value))
        elif isinstance(node, ast.Call) and _named(node, "emit"):
            shown.update(id(keyword.value) for keyword in node.keywords)
    loads = (n for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return all(id(node) in shown for node in loads if node.id == name)
