"""Whether a function can make anything known that was private: a fact of its source, the same on every machine.

Conservative: it looks for what could open something, anywhere in all that the function could call, whatever the
conditions; and it takes whatever the checker says that becomes known. Where both see nothing, no program of the
function has an output that anybody gets.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.typing.checking import disclosures
from enigma.errors import ArgumentProblem, OutOfFuel

_PUBLIC = frozenset({"event", "ledger"})
"""Kinds of disclosures that private values have no part in: the checker sees to that."""
_STORING = frozenset({"set"})
"""What of `MPC` reads nothing."""


def reveals(module: Module, function: str) -> bool:
    """Whether a call of the function can open something to anybody, on any path.

    Open: `reveal`, to everyone, to identities, or of a stored document; `declassify`; a private value stored in `DHT`
    for whoever its predicate admits; the answer of a predicate, also of one that guards a secret which the function
    reads from `MPC`. What a function returns, emits or stores without any of these was public before.
    Raises `ArgumentProblem` for a function that the contract does not have.
    """
    first = None if module.contract is None else module.contract.functions.get(function)
    if first is None:
        raise ArgumentProblem(f"{module.source.name} has no contract with a function {function}")
    if first.where is Where.PREDICATE or _discloses(module, function):
        return True
    seen: set[int] = set()
    pending: list[tuple[Module, Function]] = [(module, first)]
    while pending:
        home, each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if any(_opens(part) for part in each.body):
            return True
        pending += named_in(home, each)
    return False


def _discloses(module: Module, function: str) -> bool:
    """What the checker says; of what it does not follow to the end, or not by itself, yes."""
    try:
        found = disclosures(module).get(function)
    except OutOfFuel:
        return True
    return found is None or any(each.kind not in _PUBLIC for each in found)


def _opens(statement: ast.stmt) -> bool:
    harmless: set[int] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id="reveal") | ast.Attribute(attr="declassify"):
                return True
            case ast.Subscript(value=ast.Name(id="MPC") as store, ctx=ast.Store() | ast.Del()):
                harmless.add(id(store))
            case ast.Attribute(value=ast.Name(id="MPC") as store, attr=name) if name in _STORING:
                harmless.add(id(store))
            case ast.Compare(ops=operations, comparators=operands):
                for sign, operand in zip(operations, operands, strict=True):
                    if isinstance(sign, ast.In | ast.NotIn):
                        harmless.add(id(operand))
    added = {id(n.target.value) for n in ast.walk(statement)
             if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Subscript)}  # fmt: skip
    return any(
        isinstance(node, ast.Name) and node.id == "MPC" and (id(node) not in harmless or id(node) in added)
        for node in ast.walk(statement)
    )


def named_in(home: Module, function: Function) -> Iterator[tuple[Module, Function]]:
    """Every function that is named in one of the module `home`, called or not, and the module it is in."""
    methods = home.contract.functions if home.contract is not None else {}
    for part in function.body:
        for node in ast.walk(part):
            if isinstance(node, ast.Attribute) and node.attr in methods:
                yield home, methods[node.attr]
            elif isinstance(node, ast.Name) and node.id in home.functions:
                yield home, home.functions[node.id]
            elif isinstance(node, ast.Name) and node.id in home.imports:
                imported = home.imports[node.id]
                found = imported.module.functions.get(imported.name)
                if found is not None:
                    yield imported.module, found
