"""Calls: of built-in functions, methods, and functions of the language."""

from __future__ import annotations

import ast
from typing import Any

from enigma.contract.evaluator.callables import BuiltIn, FunctionValue
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.places import PrivateTable
from enigma.contract.evaluator.signatures import want_arguments
from enigma.contract.reading.declarations import Function, Module, Parameter, Where
from enigma.contract.types import DocumentType, PrivateType, TableType
from enigma.contract.values.conform import private, public
from enigma.contract.values.containers import Enclosed, Rows
from enigma.contract.values.meter import CALL_STEPS
from enigma.contract.values.numbers import Unfit, described
from enigma.errors import SourceProblem, WrongType


def call(m: Machine, f: Frame, node: ast.Call) -> Any:
    """The value of a call."""
    from enigma.contract.evaluator.expressions import evaluate, values

    function = evaluate(m, f, node.func)
    if not isinstance(function, (BuiltIn, FunctionValue)):
        what = (
            "a table's name makes no rows"
            if isinstance(function, TableType)
            else f"a {described(function)} is no function"
        )
        raise Unfit(what, "rows come from the arguments of a call" if isinstance(function, TableType) else "")
    given = values(m, f, [*node.args, *(keyword.value for keyword in node.keywords)])
    args = given[: len(node.args)]
    options = {str(keyword.arg): value for keyword, value in zip(node.keywords, given[len(node.args) :], strict=True)}
    if isinstance(function, BuiltIn):
        f.held.append(given)
        everything = (m, f, node, *function.bound, *args)
        want_arguments(function.name, function.call, everything, options)
        if not function.bound and function.name != "len":
            m.meter.walk(given)
        result = function.call(*everything, **options)
        f.held.pop()
        return result
    return _of_the_language(m, f, node, function, args, options)


def _of_the_language(
    m: Machine, f: Frame, node: ast.Call, value: FunctionValue, args: list[Any], options: dict[str, Any]
) -> Any:
    function = value.function
    if function.where is Where.PRIVATE and f.function.where is Where.PUBLIC:
        reason = f"`{function.name}` runs on the committee, and `{f.function.name}` on the chain"
        m.refuse(f, node, WrongType, reason, f"make {f.function.name} a @private function")
    if function.name == "__init__":
        m.refuse(
            f, node, WrongType, "__init__ runs once, when the contract is deployed", "write a function of another name"
        )
    bound = bind(function, args, options)
    if not value.module.trusted or f.module.trusted:
        return invoke(m, value.module, function, bound)
    try:
        return invoke(m, value.module, function, bound)
    except SourceProblem as error:
        # What a user can mend stands in the user's file.
        reason = f"{error.reason} (in {function.name} of enigma.std, line {error.line})"
        raise f.source.problem(type(error), node, reason, error.hint) from None


def bind(function: Function, args: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Arguments by the names of parameters; a missing one that has a default is left out. Raises `Unfit`."""
    names = [parameter.name for parameter in function.parameters]
    if len(args) > len(names):
        raise Unfit(f"{function.name} takes {len(names)} argument{'s' * (len(names) != 1)}, not {len(args)}",
                    f"{function.name}({', '.join(names)})")  # fmt: skip
    bound = dict(zip(names, args, strict=False))
    for name, value in options.items():
        if name not in names or name in bound:
            problem = "twice" if name in bound else "that it does not have"
            raise Unfit(
                f"{function.name} is given an argument `{name}` {problem}", f"{function.name}({', '.join(names)})"
            )
        bound[name] = value
    missing = [p.name for p in function.parameters if p.name not in bound and p.default is None]
    if missing:
        raise Unfit(f"{function.name} is called without `{missing[0]}`", f"{function.name}({', '.join(names)})")
    return bound


def invoke(m: Machine, module: Module, function: Function, bound: dict[str, Any]) -> Any:
    """Run a function of the language on bound arguments; what it returns."""
    from enigma.contract.evaluator.statements import Returned, block

    frame = Frame(function, module)
    for parameter in function.parameters:
        if parameter.name in bound:
            value = bound[parameter.name]
        else:
            assert parameter.default is not None
            value = m.constant(module, parameter.default)
        if parameter.type is not None:
            m.meter.hold(m.meter.walk(value))
        frame.locals[parameter.name] = conformed(m, function, parameter, value)
    m.frames.append(frame)
    m.meter.step(CALL_STEPS)
    m.meter.enter()
    result = block(m, frame, function.body)
    m.meter.leave()
    m.frames.pop()
    return result.value if isinstance(result, Returned) else None


def conformed(m: Machine, function: Function, parameter: Parameter, value: Any) -> Any:
    """An argument as its parameter declares it; raises `Unfit`."""
    what = f"`{parameter.name}` of {function.name}"
    if parameter.type is None:
        return value
    if isinstance(parameter.type, DocumentType):
        if not isinstance(value, Enclosed):
            raise Unfit(f"{what} is a document, and this is a {described(value)}")
        return value
    if not isinstance(parameter.type, PrivateType):
        return public(value, parameter.type, what)
    inner = parameter.type.of
    if isinstance(inner, TableType):
        rows = value.rows() if isinstance(value, PrivateTable) else value
        if not isinstance(rows, Rows) or rows.type != inner:
            raise Unfit(f"{what} is rows of {inner}, and this is a {described(value)}")
        return rows
    return m.labelled(private(value, inner, what), inner)
