"""The contract in Vyper as it grows: functions, helpers, events, storage."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enigma.contract.reading.declarations import ContractClass, Function, Module, Parameter, Where
from enigma.contract.reading.source import Source
from enigma.contract.types import DocumentType, FixedType, IntType, MapType, PrivateType
from enigma.contract.vyper.body import INDENT, Body
from enigma.contract.vyper.fields import conformed
from enigma.contract.vyper.kinds import NONE, Kind, Sort, kind_of
from enigma.contract.vyper.statements import run
from enigma.contract.vyper.term import Term
from enigma.contract.vyper.words import keyword, local


@dataclass(frozen=True)
class Compiled:
    """A function in Vyper: its name there, what it returns, what it changes outside of itself."""

    name: str
    result: Kind
    changes: Mapping[str, None]
    lends: bool


class Half:
    """Everything that is translated so far."""

    def __init__(self, module: Module, contract: ContractClass) -> None:
        self.module, self.contract, self.source = module, contract, module.source
        self.fields = _fields(module.source, contract)
        self.sure = _sure(contract)
        """Fields with a value from the beginning."""
        self.written: set[str] = {f.name for f in contract.fields.values() if f.default is not None}
        self.constructing = False
        """Whether what is translated now is `__init__`, and `written` has what it has written."""
        self.helpers: dict[str, str] = {}
        self.functions: list[str] = []
        self.events: dict[str, dict[str, Kind]] = {}
        self.names = 0
        self.ledger = False
        self._compiled: dict[tuple[Function, tuple[Kind, ...], bool], Compiled] = {}
        self._running: list[Function] = []

    def helper(self, name: str, lines: str) -> None:
        """A function of ours that the translation needs."""
        self.helpers[name] = lines

    def event(self, b: Body, node: ast.Call, name: str, given: Mapping[str, Kind]) -> list[str]:
        """The values of an event in the order of its declaration; the first `emit` of a name declares it."""
        for each in [name, *given]:
            if keyword(each) or each in ("IJobs", "ILedger"):
                b.refuse(node, f"`{each}` is a word of Vyper, and names an event or a value of one", f"write {each}_2")
        known = self.events.setdefault(name, dict(given))
        if known != dict(given):
            b.refuse(node, f"the event {name} has other values elsewhere: {', '.join(known)}",
                     "one event has one set of values, each of one kind; give this one another name")  # fmt: skip
        return list(known)

    def no_type(self, type_: object) -> str:
        """What to write instead of a type that the chain does not have."""
        return no_type(type_)

    # ------------------------------------------------------------ functions

    def argument(self, b: Body, node: ast.AST, value: Term, function: Function, parameter: Parameter) -> Term:
        """An argument as its parameter declares it."""
        what = f"`{parameter.name}` of {function.name}"
        if isinstance(parameter.type, PrivateType | DocumentType):
            b.refuse(node, f"{what} is private", "hand it to a @private function")
        if isinstance(parameter.type, MapType):
            b.refuse(node, f"{what} is a map", "hand over its keys and its values, as two lists")
        assert parameter.type is not None
        return conformed(b, node, value, parameter.type, what)

    def compiled(
        self,
        b: Body,
        node: ast.AST,
        function: Function,
        module: Module,
        arguments: Sequence[Term],
        *,
        head: bool = False,
    ) -> Compiled:
        """A function for arguments of these kinds. `head`: only the requirements at its beginning."""
        for value, parameter in zip(arguments, function.parameters, strict=True):
            if not (value.kind.scalar or value.kind.sequence) or value.kind.sort is Sort.NOTHING:
                b.refuse(node, f"`{parameter.name}` of {function.name} is {value.kind}, which is not handed on, on the "
                         "chain", "hand over plain values and lists")  # fmt: skip
        kinds = tuple(value.kind for value in arguments)
        if function in self._running:
            b.refuse(node, f"`{function.name}` calls itself, and the chain has no recursion", "write it as a loop")
        key = (function, kinds, head)
        if key not in self._compiled:
            self._running.append(function)
            outer = self.constructing
            self.constructing = function.name == "__init__" and function.where is Where.PUBLIC
            try:
                self._compiled[key] = self._compile(function, module, kinds, head=head)
            finally:
                self._running.pop()
                self.constructing = outer
        return self._compiled[key]

    def _compile(self, function: Function, module: Module, kinds: tuple[Kind, ...], *, head: bool) -> Compiled:
        from enigma.contract.vyper.heads import requirements

        inner = Body(self, function, module)
        written = parameters(inner, function, kinds)
        if head:
            requirements(inner, function.body)
        else:
            run(inner, function.body)
        result = inner.result or NONE
        if result.sort is not Sort.NONE and not inner.ended:
            inner.add('raise "the function ends without a value"')
        taken = {compiled.name for compiled in self._compiled.values()}
        name, number = f"_{function.name.strip('_')}{'_head' if head else ''}", 1
        while name in taken or (name[1:] in self.contract.fields):
            number += 1
            name = f"_{number}{function.name.strip('_')}"
        view = "" if inner.changes else "@view\n"
        self.functions.append(f"@internal\n{view}{signature(name, written, result)}{lines_of(inner)}")
        want_own(inner)
        return Compiled(name, result, dict(inner.changes), inner.lends)


def parameters(b: Body, function: Function, kinds: Sequence[Kind]) -> list[tuple[str, Kind]]:
    """The parameters of a function in Vyper; those that are assigned to become variables."""
    stored = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    written = []
    for parameter, kind in zip(function.parameters, kinds, strict=True):
        b.parameters.add(parameter.name)
        if not kind.scalar:
            b.shared[parameter.name] = parameter.node
        if parameter.name in stored:
            written.append((f"_{parameter.name}", kind))
            b.assign(parameter.node, parameter.name, Term(f"_{parameter.name}", kind))
            continue
        b.bound[parameter.name] = Term(local(parameter.name), kind, True, variable=parameter.name)
        written.append((local(parameter.name), kind))
    return written


def signature(name: str, given: Sequence[tuple[str, Kind]], result: Kind) -> str:
    """The head of a function."""
    gives = "" if result.sort is Sort.NONE else f" -> {result.vyper}"
    return f"def {name}({', '.join(f'{each}: {kind.vyper}' for each, kind in given)}){gives}:\n"


def lines_of(b: Body) -> str:
    """The lines of a function."""
    lines = [*b.declarations(), *b.finished()] or [f"{INDENT}pass"]
    return "".join(f"{line}\n" for line in lines)


def want_own(b: Body) -> None:
    """Lists that change in place have one name only: here a list is copied where the language shares it."""
    for name, node in b.grown.items():
        if name in b.shared:
            b.refuse(node, f"`{name}` changes, and the same list is seen elsewhere: the chain would copy it",
                     f"begin with a copy: {name} = list(...)")  # fmt: skip


def no_type(type_: object) -> str:
    """What to write instead of a type that the chain does not have."""
    if isinstance(type_, IntType):
        return "whole numbers of the chain lie between -2**255 and 2**255 - 1"
    if isinstance(type_, FixedType):
        return "decimals of the chain have 18 digits after the point, and 34 in all"
    return "lists, sets and maps of the chain hold plain values; a map may hold lists"


def _fields(source: Source, contract: ContractClass) -> dict[str, Kind]:
    """The fields that live on the chain: public ones, and the keys of private maps."""
    found = {}
    for field in contract.fields.values():
        if isinstance(field.type, PrivateType):
            continue
        kind = kind_of(field.type)
        if kind is None:
            from enigma.errors import WrongType

            reason = f"self.{field.name} is {field.type}, which the chain does not have"
            raise source.problem(WrongType, field.node, reason, no_type(field.type))
        found[field.name] = kind
    return found


def _sure(contract: ContractClass) -> frozenset[str]:
    """The fields that have a value once the contract is deployed, whatever happens in `__init__`."""
    sure = {f.name for f in contract.fields.values() if f.default is not None}
    function = contract.functions.get("__init__")
    inside = [] if function is None else [n for part in function.body for n in ast.walk(part)]
    calls = [n for n in inside if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    of_self = [n for n in calls if isinstance(n.func.value, ast.Name) and n.func.value.id == "self"]  # type: ignore[attr-defined]
    if function is None or of_self or any(isinstance(n, ast.Return) for n in inside):
        return frozenset(sure)
    for statement in function.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(each, ast.Attribute):
                    sure.add(each.attr)
    return frozenset(sure)
