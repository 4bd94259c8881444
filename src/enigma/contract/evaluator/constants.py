"""Constant expressions: module constants, defaults of parameters and fields."""

from __future__ import annotations

import ast
from typing import Any

from enigma.contract.declarations import Function, Module, Where
from enigma.contract.evaluator.machine import Frame, Machine


def constant_value(m: Machine, module: Module, expression: ast.expr) -> Any:
    """The value of a constant expression of a module; a new object each time."""
    from enigma.contract.evaluator.expressions import evaluate

    frame = Frame(_nowhere(module, expression), module)
    m.frames.append(frame)
    value = evaluate(m, frame, expression)
    m.frames.pop()
    return value


def _nowhere(module: Module, expression: ast.expr) -> Function:
    """A function that a constant expression is evaluated in: it has neither parameters nor a body."""
    node = ast.FunctionDef(
        name="constant", args=ast.arguments([], [], None, [], [], None, []), body=[], decorator_list=[], returns=None,
        lineno=expression.lineno, col_offset=expression.col_offset, end_lineno=expression.end_lineno,
        end_col_offset=expression.end_col_offset,
    )  # fmt: skip
    return Function("constant", Where.HELPER, (), (), "", node, module.source)
