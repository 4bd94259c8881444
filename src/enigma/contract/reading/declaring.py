"""The declarations of one file: imports, constants, tables, functions, and its contract."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NoReturn

from enigma.contract.reading.annotations import Annotations
from enigma.contract.reading.constants import Constant, Constants, constants_of
from enigma.contract.reading.contract_class import ClassReader
from enigma.contract.reading.declarations import ContractClass, Function, Imported, Module, Where
from enigma.contract.reading.functions import FunctionReader, docstring
from enigma.contract.reading.names import BUILTINS, suggestion
from enigma.contract.reading.source import Source
from enigma.contract.types import TableType
from enigma.errors import NotTheLanguage, SourceProblem, UnknownName


class FileReader:
    """Reads one file. `importer` gives the module of an import line that asks for a name."""

    def __init__(self, source: Source, importer: Callable[[ast.ImportFrom, str], Module]) -> None:
        self.source, self.importer = source, importer
        self.imports: dict[str, Imported] = {}
        self.constants: dict[str, ast.expr] = {}
        self.values: dict[str, Constant] = {}
        self.own_tables: dict[str, TableType] = {}
        self.tables: dict[str, TableType] = {}
        """Those of the file and those that it imports."""
        self.defined: dict[str, int] = {}
        """The line in which each name of the file is defined."""
        self.annotations = Annotations(Constants(source, self.values), self.tables)

    def read(self, tree: ast.Module, *, trusted: bool) -> Module:
        """The file's declarations, every name defined once."""
        definitions: list[ast.FunctionDef] = []
        classes: list[ast.ClassDef] = []
        doc, body = docstring(tree.body)
        for node in body:
            match node:
                case ast.ImportFrom():
                    self._import(node)
                case ast.Assign():
                    self._assign(node)
                case ast.FunctionDef():
                    self._define(node, node.name)
                    definitions.append(node)
                case ast.ClassDef():
                    if classes:
                        hint = "one file is one contract: move this class to a file of its own"
                        self._refuse(node, "a second contract in this file", hint)
                    self._define(node, node.name)
                    classes.append(node)
                case _:
                    self._misplaced(node)
        functions = FunctionReader(self.source, self.annotations)
        helpers: dict[str, Function] = {}
        for definition in definitions:
            for decorator in definition.decorator_list:
                hint = "leave it away, or move the function into the contract's class"
                self._refuse(decorator, "only functions of a contract are called from outside", hint)
            helpers[definition.name] = functions.read(definition, Where.HELPER)
        contract: ContractClass | None = None
        for each in classes:
            contract = ClassReader(self.source, self.annotations, functions).read(each)
        modules = {id(imported.module): imported.module for imported in self.imports.values()}
        return Module(
            self.source,
            doc,
            self.own_tables,
            self.constants,
            helpers,
            self.imports,
            contract,
            trusted,
            tuple(modules.values()),
        )

    def _refuse(self, node: ast.AST, reason: str, hint: str, kind: type[SourceProblem] = NotTheLanguage) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    def _misplaced(self, node: ast.stmt) -> NoReturn:
        if isinstance(node, ast.AnnAssign):
            hint = f"write {self.source.fragment(node.target)} = ..., or declare a field in the class"
            self._refuse(node, "a constant has no declared type, and only a contract's class has fields", hint)
        hint = (
            "outside of functions there are imports, constants, tables, functions and one class: write it inside of one"
        )
        self._refuse(node, "a file only declares: it does nothing by itself", hint)

    def _define(self, node: ast.AST, name: str) -> None:
        if name in BUILTINS:
            hint = f"choose another name: the_{name}"
            self._refuse(node, f"{name} is built in: a second meaning would hide it", hint, UnknownName)
        if name in self.defined:
            reason = f"{name} is already defined in line {self.defined[name]}"
            self._refuse(node, reason, f"choose another name: {name}_2", UnknownName)
        self.defined[name] = getattr(node, "lineno", 1)

    def _import(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            module = self.importer(node, alias.name)
            if module.contract:
                hint = "import a file of functions: contracts are called by who signs"
                self._refuse(node, f"{module.source.name} is a contract, and contracts are not imported", hint)
            known = [*module.functions, *module.constants, *module.tables]
            if alias.name not in known:
                hint = suggestion(alias.name, known) or f"it has {', '.join(known) or 'nothing to import'}"
                self._refuse(alias, f"{module.source.name} has no {alias.name}", hint, UnknownName)
            name = alias.asname or alias.name
            self._define(alias, name)
            self.imports[name] = Imported(module, alias.name)
            if alias.name in module.tables:
                self.tables[name] = module.tables[alias.name]
            elif alias.name in module.constants:
                self.values[name] = constants_of(module).values[alias.name]

    def _assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        if not isinstance(target, ast.Name):
            self._refuse(target, "one line defines one constant", "write NAME = value")
        self._define(target, target.id)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "table":
            self.own_tables[target.id] = self.tables[target.id] = self.annotations.table(target.id, value)
            return
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in BUILTINS:
            hint = f"write {self.source.fragment(value)} where it is used"
            self._refuse(value, "a constant is a value: nothing is called, and types have no second name", hint)
        self.values[target.id] = self.annotations.constants.value(value)
        self.constants[target.id] = value
