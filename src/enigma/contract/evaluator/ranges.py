"""`x: private[fixed(lo, hi)] = ...`: the range of a variable, whose bounds may be computed from public values."""

from __future__ import annotations

import ast
from typing import Any

from enigma.array.dtypes import DEFAULT_SCALE
from enigma.contract.evaluator.indexing import whole
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.types import ArrayType, BoolType, ElementType, FixedType, IntType
from enigma.contract.values.numbers import Unfit, as_decimal, is_number


def declared_range(m: Machine, f: Frame, annotation: ast.expr) -> ElementType | ArrayType | None:
    """The declared type of a private variable; None for a public annotation, which says nothing more."""
    if not (isinstance(annotation, ast.Subscript) and _named(annotation.value, "private")):
        return None
    return _element(m, f, annotation.slice)


def _named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _element(m: Machine, f: Frame, node: ast.expr) -> ElementType | ArrayType:
    from enigma.contract.evaluator.expressions import values

    if isinstance(node, ast.Subscript):
        element = _element(m, f, node.value)
        assert not isinstance(element, ArrayType)
        extents = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        whole_extents = [None if isinstance(each, ast.Slice) else whole(m, values(m, f, [each])[0], "an extent")
                         for each in extents]  # fmt: skip
        return ArrayType(element, tuple(whole_extents))
    if _named(node, "bool"):
        return BoolType()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "fixed"):
        numbers = values(m, f, [*node.args, *(keyword.value for keyword in node.keywords)])
        if len(numbers) >= 2 and all(is_number(each) for each in numbers):
            return _ranged(m, node.func.id, numbers)
    raise Unfit("a private variable is declared with its range", "x: private[int(0, 10)] or private[fixed(-1, 1)]")


def _ranged(m: Machine, kind: str, numbers: list[Any]) -> IntType | FixedType:
    if kind == "int":
        return IntType(whole(m, numbers[0], "a bound"), whole(m, numbers[1], "a bound"))
    scale = whole(m, numbers[2], "a scale") if len(numbers) > 2 else DEFAULT_SCALE
    return FixedType(as_decimal(numbers[0]), as_decimal(numbers[1]), scale)
