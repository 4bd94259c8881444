"""The class of a contract: fields, settings and functions."""

from __future__ import annotations

import ast
from typing import NoReturn

from enigma.contract.reading.annotations import Annotations
from enigma.contract.reading.constants import unfit
from enigma.contract.reading.declarations import Committee, ContractClass, Field, Function, Release, Where
from enigma.contract.reading.functions import FunctionReader, docstring
from enigma.contract.reading.names import DECORATORS, KEYWORDS, suggestion
from enigma.contract.reading.source import Source
from enigma.contract.types import AddressType
from enigma.errors import NotTheLanguage, SourceProblem, SourceRange, UnknownName, WrongType

FEWEST_SEATS = 3
MOST_SEATS = 64
MOST_ROWS = 10**9

_COMMITTEE = 'write committee = drawn(3), or committee = named(["0x...", "0x...", "0x..."])'
_RELEASE = "write release = after(10), or release = always"


class ClassReader:
    """Reads the class of one file."""

    def __init__(self, source: Source, annotations: Annotations, functions: FunctionReader) -> None:
        self.source, self.annotations, self.function_reader = source, annotations, functions
        self.fields: dict[str, Field] = {}
        self.functions: dict[str, Function] = {}
        self.defined: dict[str, int] = {}

    def _refuse(self, node: ast.AST, reason: str, hint: str, kind: type[SourceProblem] = NotTheLanguage) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    def read(self, node: ast.ClassDef) -> ContractClass:
        """The contract. Errors: `NotTheLanguage`, `UnknownName`, `WrongType`, `SourceRange`, `SourceLeak`."""
        self._base(node)
        committee, release = Committee(), Release()
        doc, body = docstring(node.body)
        for each in body:
            match each:
                case ast.AnnAssign():
                    self._field(each)
                case ast.Assign(targets=[ast.Name(id="committee") as name]):
                    self._define(name, name.id)
                    committee = self._committee(each.value)
                case ast.Assign(targets=[ast.Name(id="release") as name]):
                    self._define(name, name.id)
                    release = self._release(each.value)
                case ast.FunctionDef():
                    self._function(each)
                case ast.Pass():
                    pass
                case _:
                    self._misplaced(each)
        return ContractClass(node.name, doc, self.fields, self.functions, committee, release, node)

    def _base(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            if not (isinstance(base, ast.Name) and base.id == "Contract"):
                hint = f"write class {node.name}(Contract): and import the functions that it shares"
                self._refuse(base, "a contract stands alone: all that it does is in its file", hint)
        if len(node.bases) != 1:
            reason = "a class of a contract's file is its contract, and says so"
            self._refuse(node, reason, f"write class {node.name}(Contract):")

    def _misplaced(self, node: ast.stmt) -> NoReturn:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            written = self.source.fragment(target)
            reason = f"{written} is neither a field, which has a type, nor a setting"
            hint = f"write {written}: public[...] = ... for a field, or move the constant above the class"
            if isinstance(target, ast.Name):
                hint = suggestion(target.id, ("committee", "release")) or hint
            self._refuse(target, reason, hint)
        self._refuse(node, "a class only declares: it does nothing by itself", "move the line into a function")

    def _define(self, node: ast.AST, name: str) -> None:
        setting = isinstance(node, ast.Name) and name in ("committee", "release")
        if name in KEYWORDS and not setting:
            hint = f"choose another name: the_{name}"
            self._refuse(node, f"{name} means one thing everywhere", hint, UnknownName)
        if name.startswith("_") and name != "__init__":
            bare = name.strip("_") or "value"
            hint = f"write {bare}: what has no @public or @private cannot be called from outside anyway"
            self._refuse(node, "no name of a contract begins with _", hint)
        if name in self.defined:
            reason = f"{name} is already defined in line {self.defined[name]}"
            self._refuse(node, reason, f"choose another name: {name}_2", UnknownName)
        self.defined[name] = getattr(node, "lineno", 1)

    def _field(self, node: ast.AnnAssign) -> None:
        assert isinstance(node.target, ast.Name)  # the syntax has nothing else
        name = node.target.id
        if name in ("committee", "release"):
            hint = _COMMITTEE if name == "committee" else _RELEASE
            self._refuse(node.target, f"{name} is a setting, not a field", hint)
        self._define(node.target, name)
        type_ = self.annotations.field(node.annotation)
        if node.value is not None:
            reason = unfit(self.annotations.constants.value(node.value), type_)
            if reason:
                self._refuse(node.value, f"{name} is {type_}: {reason}", f"write a value of {type_}", WrongType)
        self.fields[name] = Field(name, type_, node.value, node)

    # ------------------------------------------------------------ functions

    def _function(self, node: ast.FunctionDef) -> None:
        self._define(node, node.name)
        where = Where.INTERNAL
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Name) and decorator.id in DECORATORS):
                self._decorator(decorator)
            if where is not Where.INTERNAL:
                self._refuse(decorator, "a function runs in one place", f"write @{where} or @{decorator.id}, not both")
            where = Where(decorator.id)
        if node.name == "__init__" and where is not Where.PUBLIC:
            wrong = node.decorator_list[0] if node.decorator_list else node
            self._refuse(wrong, "__init__ runs on the chain when the contract is deployed", "write @public above it")
        self.functions[node.name] = self.function_reader.read(node, where)

    def _decorator(self, node: ast.expr) -> NoReturn:
        bare = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        near = node.id if isinstance(node, ast.Name) else bare
        close = f"write @{bare}" if bare in DECORATORS else suggestion(near, DECORATORS)
        hint = close or "there are @public, @private and @predicate; without one, a function is internal"
        self._refuse(node, f"@{self.source.fragment(node)} would change what the function does", hint)

    # ------------------------------------------------------------ settings

    def _setting(self, node: ast.expr, hint: str) -> tuple[str, list[ast.expr]]:
        match node:
            case ast.Name():
                return node.id, []
            case ast.Call(func=ast.Name(id=name), keywords=[]) if len(node.args) == 1:
                return name, node.args
        raise self.source.problem(WrongType, node, "this is not a setting", hint)

    def _committee(self, node: ast.expr) -> Committee:
        name, arguments = self._setting(node, _COMMITTEE)
        if name == "drawn" and arguments:
            seats = self.annotations.constants.value(arguments[0])
            if type(seats) is not int or not FEWEST_SEATS <= seats <= MOST_SEATS:
                reason = f"a committee has {FEWEST_SEATS} to {MOST_SEATS} seats"
                self._refuse(arguments[0], reason, "write committee = drawn(3)", SourceRange)
            return Committee(seats)
        if name == "named" and arguments:
            return self._named(arguments[0])
        raise self.source.problem(WrongType, node, "a committee is drawn or named", _COMMITTEE)

    def _named(self, node: ast.expr) -> Committee:
        names = self.annotations.constants.value(node)
        if not isinstance(names, list | tuple) or not FEWEST_SEATS <= len(names) <= MOST_SEATS:
            reason = f"a named committee lists {FEWEST_SEATS} to {MOST_SEATS} addresses"
            self._refuse(node, reason, _COMMITTEE, WrongType)
        for place, name in enumerate(names):
            written = node.elts[place] if isinstance(node, ast.List | ast.Tuple) else node
            reason = unfit(name, AddressType())
            if reason:
                self._refuse(written, reason, "write the addresses of the nodes as texts", WrongType)
            if name in names[:place]:
                reason = "one node holds one seat: with two it could put the pieces together"
                self._refuse(written, reason, "name another node", WrongType)
        return Committee(len(names), tuple(names))

    def _release(self, node: ast.expr) -> Release:
        name, arguments = self._setting(node, _RELEASE)
        if name == "always" and not arguments:
            return Release(None)
        if name == "after" and arguments:
            rows = self.annotations.constants.value(arguments[0])
            if type(rows) is not int or not 1 <= rows <= MOST_ROWS:
                reason = "so many rows must change before another answer: a whole number, at least 1"
                self._refuse(arguments[0], reason, _RELEASE, SourceRange)
            return Release(rows)
        raise self.source.problem(WrongType, node, "a release is after so many rows, or always", _RELEASE)
