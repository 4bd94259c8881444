"""What a private function can do in a simulation, and not on a network: refused before a contract is deployed."""

from __future__ import annotations

import ast

from enigma.contract.reading.constants import constants_of
from enigma.contract.reading.declarations import Function, Module
from enigma.contract.typing.opening import named_in
from enigma.errors import SourceProblem, WrongType


def want_bound(module: Module, function: Function) -> None:
    """Refuse what a private function, or whatever it names, asks of the chain that no chain gives.

    It reads `L`, which is written on the chain alone: what only a committee remembered would be another `L` than that
    of the public functions. And one account signs a call: `at_least(2, ...)` would admit nobody. Raises
    `SourceProblem`.
    """
    seen: set[int] = set()
    pending: list[tuple[Module, Function]] = [(module, function)]
    while pending:
        home, each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        for part in each.body:
            for node in ast.walk(part):
                _want_no_writing(each, function, node)
                _want_one_signer(home, each, node)
        pending += named_in(home, each)


def _want_no_writing(each: Function, entry: Function, node: ast.AST) -> None:
    match node:
        case ast.Subscript(value=ast.Name(id="L"), ctx=ast.Store() | ast.Del()):
            raise each.source.problem(
                WrongType, node, f"the private function {entry.name} writes to L, which is written on the chain alone",
                "assign to a public field, self.name = ..., which is settled on the chain; a @public function then "
                "writes L[key] = self.name",
            )  # fmt: skip


def _want_one_signer(home: Module, each: Function, node: ast.AST) -> None:
    match node:
        case ast.Call(func=ast.Name(id="at_least"), args=args, keywords=options):
            named = [option.value for option in options if option.arg not in ("identity", None)]
            counted = args[0] if args else named[0] if named else node
            assert isinstance(counted, ast.expr)
            if _constant(home, counted) != 1:
                raise each.source.problem(
                    WrongType, node, "one account signs a call on a network: at_least(...) of more admits nobody",
                    "members(identity) admits each member; for the consent of several, let each call a function that "
                    "adds sender to a public set, and ask for its length in a @predicate function",
                )  # fmt: skip


def _constant(home: Module, node: ast.expr) -> object:
    """The value of an expression that the source writes out; None for another."""
    try:
        return constants_of(home).value(node)
    except SourceProblem:
        return None
