"""The head of a function: who may call it, what it takes, and what is said about it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import NoReturn

from enigma.contract.reading.annotations import Annotations
from enigma.contract.reading.constants import unfit
from enigma.contract.reading.declarations import Function, Parameter, Where
from enigma.contract.reading.source import Source
from enigma.contract.types import PrivateType
from enigma.errors import SourceLeak, SourceProblem, WrongType


def docstring(body: Sequence[ast.stmt]) -> tuple[str, Sequence[ast.stmt]]:
    """What the first line of a body says about it, and the rest of the body."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str() as text)), *rest]:
            return inspect.cleandoc(text), rest
    return "", body


class FunctionReader:
    """Reads the functions of one file."""

    def __init__(self, source: Source, annotations: Annotations) -> None:
        self.source, self.annotations = source, annotations

    def _refuse(self, node: ast.AST, reason: str, hint: str, kind: type[SourceProblem] = WrongType) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    def read(self, node: ast.FunctionDef, where: Where) -> Function:
        """A function with its parameters. Errors: `WrongType`, `SourceLeak`, and those of annotations."""
        parameters = list(node.args.args)
        if where is not Where.HELPER:
            self._self(node, parameters)
            del parameters[0]
        defaults = [None] * (len(parameters) - len(node.args.defaults)) + list(node.args.defaults)
        read = [self._parameter(each, default, where) for each, default in zip(parameters, defaults, strict=True)]
        doc, body = docstring(node.body)
        return Function(node.name, where, tuple(read), tuple(body), doc, node, self.source)

    def _self(self, node: ast.FunctionDef, parameters: list[ast.arg]) -> None:
        if not parameters or parameters[0].arg != "self":
            others = "".join(f", {each.arg}" for each in parameters)
            place = parameters[0] if parameters else node
            self._refuse(place, "a function of a contract begins with self", f"write def {node.name}(self{others}):")
        if parameters[0].annotation is not None or len(node.args.defaults) == len(parameters):
            self._refuse(parameters[0], "self is the contract: it has no type and no default", "write self")

    def _parameter(self, node: ast.arg, default: ast.expr | None, where: Where) -> Parameter:
        type_ = self.annotations.parameter(node.annotation) if node.annotation is not None else None
        if type_ is None and where in (Where.PUBLIC, Where.PRIVATE):
            reason = f"{node.arg} comes from outside, so it says what it may be"
            self._refuse(node, reason, f"write {node.arg}: int, or {node.arg}: private[int(0, 100)]")
        if where is Where.PUBLIC and isinstance(type_, PrivateType):
            reason = "a @public function runs on the chain, where everyone reads its arguments"
            assert node.annotation is not None
            self._refuse(node.annotation, reason, "mark the function @private", SourceLeak)
        if default is not None:
            reason = unfit(self.annotations.constants.value(default), type_)
            if reason:
                self._refuse(default, f"{node.arg} is {type_}: {reason}", f"write a value of {type_}, or leave it away")
        return Parameter(node.arg, type_, default, node)
