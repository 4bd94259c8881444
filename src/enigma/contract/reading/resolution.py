"""What every name of a function stands for: refused before anything runs where nothing, or something else, does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NoReturn

from enigma.contract.reading.annotations import Annotations, annotations_of
from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.reading.names import (
    BUILTINS,
    CALL_VALUES,
    CONVERSIONS,
    DECORATORS,
    FUNCTIONS,
    LEDGERS,
    TYPES,
    VALUES,
    elsewhere,
    suggestion,
)
from enigma.contract.reading.source import Source
from enigma.errors import NotTheLanguage, SourceProblem, UnknownName, WrongType


def resolve(module: Module) -> None:
    """Refuse a module in which a name is unknown, taken, or used as what it is not.

    Errors: `UnknownName`, `WrongType` (calls that do not fit what they call), `NotTheLanguage`.
    """
    annotations = annotations_of(module)
    for function in [*module.functions.values(), *(module.contract.functions.values() if module.contract else ())]:
        _Names(module, function, annotations).run()


def taken(module: Module, name: str) -> str:
    """What a name already stands for where a function begins; empty where it is free."""
    if name in BUILTINS:
        return "is built in"
    for what, names in (
        ("is a constant of this file", module.constants),
        ("is a table of this file", module.tables),
        ("is a function of this file", module.functions),
        ("is imported", module.imports),
    ):
        if name in names:
            return what
    return "is the contract's name" if module.contract and module.contract.name == name else ""


class _Names:
    """The names of one function, read in the order in which it runs."""

    def __init__(self, module: Module, function: Function, annotations: Annotations) -> None:
        self.module, self.function, self.annotations = module, function, annotations
        self.source: Source = function.source
        self.helper = function.where is Where.HELPER
        self.locals = {parameter.name for parameter in function.parameters} | _bound(function.body)

    def run(self) -> None:
        for parameter in self.function.parameters:
            self._bind(parameter.node, parameter.name)
        self._block(self.function.body, {parameter.name for parameter in self.function.parameters})

    def _refuse(self, node: ast.AST, reason: str, hint: str, kind: type[SourceProblem] = UnknownName) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    # ------------------------------------------------------------ statements

    def _block(self, body: Sequence[ast.stmt], assigned: set[str]) -> None:
        """Names that a path to each statement may have assigned are in `assigned`, which grows."""
        for statement in body:
            self._statement(statement, assigned)

    def _statement(self, node: ast.stmt, assigned: set[str]) -> None:
        match node:
            case ast.Assign():
                self._value(node.value, assigned)
                self._target(node.targets[0], assigned)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    self._load(node.target, assigned)
                self._value(node.value, assigned)
                self._target(node.target, assigned)
            case ast.AnnAssign():
                self.annotations.local(node.annotation)
                for bound in self.annotations.computed(node.annotation):
                    self._value(bound, assigned)
                if node.value is not None:
                    self._value(node.value, assigned)
                self._target(node.target, assigned)
            case ast.For():
                self._value(node.iter, assigned)
                self._target(node.target, assigned)
                assigned |= _bound(node.body)
                self._block(node.body, assigned)
            case ast.While():
                self._value(node.test, assigned)
                assigned |= _bound(node.body)
                self._block(node.body, assigned)
            case ast.If():
                self._value(node.test, assigned)
                otherwise = set(assigned)
                self._block(node.body, assigned)
                self._block(node.orelse, otherwise)
                assigned |= otherwise
            case ast.Delete():
                self._target(node.targets[0], assigned)
            case _:
                for child in ast.iter_child_nodes(node):
                    self._value(child, assigned)

    def _target(self, node: ast.expr, assigned: set[str]) -> None:
        match node:
            case ast.Name():
                self._bind(node, node.id)
                assigned.add(node.id)
            case ast.Tuple():
                for each in node.elts:
                    self._target(each, assigned)
            case ast.Attribute():
                self._member(node)
                contract = self.module.contract
                if contract and node.attr in contract.functions:
                    hint = "assign a field, or a name of your own"
                    self._refuse(node, f"{node.attr} is a function of the contract, not a field", hint)
            case _:
                self._value(node, assigned)

    def _bind(self, node: ast.AST, name: str) -> None:
        what = taken(self.module, name)
        if what:
            hint = f"choose another name: {name}_2" if name.isupper() else f"choose another name: the_{name}"
            self._refuse(node, f"{name} {what}: a second meaning would hide it", hint)

    # ------------------------------------------------------------ expressions

    def _value(self, node: ast.AST, assigned: set[str]) -> None:
        match node:
            case ast.Name():
                self._load(node, assigned)
            case ast.Call():
                self._call(node, assigned)
            case ast.Attribute():
                self._attribute(node, assigned)
            case ast.Subscript(value=ast.Name(id=name)) if name in LEDGERS and not self.helper:
                self._value(node.slice, assigned)
            case ast.Compare():
                self._compare(node, assigned)
            case ast.ListComp():
                inner = set(assigned)
                for generator in node.generators:
                    self._value(generator.iter, inner)
                    self._target(generator.target, inner)
                    for condition in generator.ifs:
                        self._value(condition, inner)
                self._value(node.elt, inner)
            case _:
                for child in ast.iter_child_nodes(node):
                    self._value(child, assigned)

    def _compare(self, node: ast.Compare, assigned: set[str]) -> None:
        self._value(node.left, assigned)
        for sign, each in zip(node.ops, node.comparators, strict=True):
            asked = isinstance(sign, ast.In | ast.NotIn) and isinstance(each, ast.Name) and each.id in LEDGERS
            if not asked or self.helper:
                self._value(each, assigned)

    def _attribute(self, node: ast.Attribute, assigned: set[str]) -> None:
        """An attribute that is not called."""
        if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            self._value(node.value, assigned)
            return
        self._member(node)
        function = self.module.contract.functions.get(node.attr) if self.module.contract else None
        if function is not None and function.where is not Where.PREDICATE:
            reason = (
                f"{node.attr} is a function: what runs must be read from the line, so it is called, not passed around"
            )
            self._refuse(node, reason, f"write self.{node.attr}(...), or mark it @predicate to ask it later", WrongType)

    def _member(self, node: ast.Attribute) -> None:
        """`self.name`: a field or a function of the contract."""
        contract = self.module.contract
        if self.helper or contract is None:
            reason = "a function outside of a class has no self: it is a function of its arguments"
            self._refuse(node.value, reason, "pass what it needs as an argument")
        known = [*contract.fields, *contract.functions]
        if node.attr not in known:
            declare = f"declare it in the class: {node.attr}: private[int(0, 100)], or public[int]"
            reason = f"{contract.name} has no field and no function {node.attr}"
            self._refuse(node, reason, suggestion(node.attr, known) or declare)

    def _call(self, node: ast.Call, assigned: set[str]) -> None:
        match node.func:
            case ast.Name():
                self._load(node.func, assigned, called=True)
                self._fits(node, self._function(node.func.id), node.func.id)
            case ast.Attribute(value=ast.Name(id="self")):
                self._member(node.func)
                contract = self.module.contract
                assert contract is not None
                if node.func.attr in contract.fields:
                    reason = f"{node.func.attr} is a field, not a function"
                    self._refuse(node.func, reason, f"write self.{node.func.attr} without ()", WrongType)
                self._fits(node, contract.functions[node.func.attr], f"self.{node.func.attr}")
            case ast.Attribute(value=ast.Name(id=name)) if name in LEDGERS and not self.helper:
                pass
            case ast.Attribute():
                self._value(node.func.value, assigned)
            case _:
                reason = "what runs must be read from the line: only a name is called"
                self._refuse(node.func, reason, "define a function, and call it by its name", NotTheLanguage)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self._value(argument, assigned)

    def _function(self, name: str) -> Function | None:
        if name in self.module.functions:
            return self.module.functions[name]
        imported = self.module.imports.get(name)
        return imported.module.functions.get(imported.name) if imported else None

    def _fits(self, call: ast.Call, function: Function | None, name: str) -> None:
        """Refuse arguments for which the called function has no place, and places without an argument."""
        if function is None:
            return
        names = [parameter.name for parameter in function.parameters]
        takes = f"{name}({', '.join(names)})"
        for surplus in call.args[len(names) :]:
            self._refuse(
                surplus, f"{name} takes {len(names)} arguments, and this is one more", f"it is {takes}", WrongType
            )
        given = set(names[: len(call.args)])
        for keyword in call.keywords:
            word = keyword.arg or ""
            if word not in names:
                hint = suggestion(word, names) or f"it is {takes}"
                self._refuse(keyword, f"{name} has no parameter {word}", hint, WrongType)
            if word in given:
                self._refuse(keyword, f"{word} is given twice", f"it is {takes}", WrongType)
            given.add(word)
        for parameter in function.parameters:
            if parameter.name not in given and parameter.default is None:
                self._refuse(call, f"{name} needs {parameter.name}", f"it is {takes}", WrongType)

    # ------------------------------------------------------------ names

    def _load(self, node: ast.Name, assigned: set[str], *, called: bool = False) -> None:
        name = node.id
        if name in assigned:
            self._not_called(node, called, "a value")
        elif taken(self.module, name):
            self._global(node, called=called)
        elif name in self.locals:
            hint = f"assign {name} before this line, on every path"
            self._refuse(node, f"{name} is read before it is assigned", hint)
        else:
            self._unknown(node, assigned)

    def _not_called(self, node: ast.Name, called: bool, what: str) -> None:
        if called:
            hint = f"write {node.id} without (), or call a function"
            self._refuse(node, f"{node.id} is {what}, not a function", hint, WrongType)

    def _global(self, node: ast.Name, *, called: bool) -> None:
        """A name that this function does not assign."""
        name, module = node.id, self.module
        if name == "proven" and not module.trusted:
            reason = "proven states a range that nothing checks: only the standard library may"
            self._refuse(node, reason, "write clip(x, lo, hi), or with_range(x, lo, hi)", NotTheLanguage)
        if called and (name in FUNCTIONS or self._function(name)):
            return
        if name in VALUES:
            self._surroundings(node)
            self._not_called(node, called, "a value")
        elif name in FUNCTIONS - CONVERSIONS or self._function(name):
            reason = f"{name} is a function: what runs must be read from the line, so it is called, not passed around"
            self._refuse(node, reason, f"write {name}(...)", WrongType)
        elif name in TYPES | DECORATORS:
            hint = f"write {name}(...)" if name in CONVERSIONS else elsewhere(name) or "types stand in annotations"
            self._refuse(node, f"{name} is a type, not a value", hint, WrongType)
        elif module.contract and name == module.contract.name:
            self._refuse(node, f"{name} is the contract itself", "write self.name for its fields", WrongType)
        elif self._is_table(name):
            hint = f"write private[{name}] for a field or a parameter"
            self._refuse(node, f"{name} is a table's name, which is a type", hint, WrongType)
        else:
            self._not_called(node, called, "a constant")

    def _is_table(self, name: str) -> bool:
        imported = self.module.imports.get(name)
        return name in self.module.tables or (imported is not None and imported.name in imported.module.tables)

    def _surroundings(self, node: ast.Name) -> None:
        """Names of what surrounds a call: not in helpers; and `self` and the three dictionaries never alone."""
        name = node.id
        if self.helper and name in CALL_VALUES:
            reason = f"a function outside of a class sees no {name}: it is a function of its arguments"
            self._refuse(node, reason, "pass what it needs as an argument")
        if name == "self":
            self._refuse(
                node, "the contract itself is no value", "write self.field, or this for its address", WrongType
            )
        if name in LEDGERS:
            reason = f"{name} is not a value: each use says which entry"
            self._refuse(node, reason, f"write {name}[key], or {name}.get(key)", WrongType)

    def _unknown(self, node: ast.Name, assigned: Iterable[str]) -> NoReturn:
        module, name = self.module, node.id
        contract = module.contract
        members = [*contract.fields, *contract.functions] if contract and not self.helper else []
        known = [*assigned, *module.constants, *module.tables, *module.functions, *module.imports, *FUNCTIONS, *VALUES]
        hint = f"write self.{name}" if name in members else elsewhere(name) or suggestion(name, known)
        self._refuse(node, f"nothing is called {name} here", hint or "define it, or import it")


def _bound(body: Iterable[ast.stmt]) -> set[str]:
    """The names that these statements assign, those of loops included. No expression assigns a name."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        match stack.pop():
            case ast.Name(id=name):
                found.add(name)
            case ast.Tuple(elts=names):
                stack.extend(names)
            case ast.Assign(targets=targets):
                stack.extend(targets)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                stack.append(target)
            case ast.For(target=target, body=inner):
                stack.extend([target, *inner])
            case ast.While(body=inner):
                stack.extend(inner)
            case ast.If(body=inner, orelse=otherwise):
                stack.extend([*inner, *otherwise])
    return found
