"""Kinds of what built-in functions on numbers give."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from enigma.contract.typing.kinds import (
    CONTAINERS,
    NUMBERS,
    Kind,
    Value,
    join,
    join_all,
    number_kind,
    unknown,
    used_secrecy,
)
from enigma.contract.typing.operators import together, want_bool
from enigma.contract.typing.signatures import Gives, Signature

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame

Place = tuple[ast.expr, Value]
Given = dict[str, list[Place]]

_OPTIONS = frozenset({"axis", "keepdims", "scale", "descending", "side", "correction", "axes", "shape", "classes", "q"})


def elements_of(value: Value) -> Value:
    """What a value is made of: itself, or the numbers in a list of them."""
    while value.kind in CONTAINERS and value.kind is not Kind.MAP:
        value = join_all(value.of)
        if value.element:
            return replace(value, ndim=None)
    return value


def want_numbers(frame: Frame, place: ast.expr, value: Value) -> Value:
    """The numbers of an argument; refuses what is none."""
    element = elements_of(value)
    text = frame.text(place)
    if element.unknown or element.element:
        return element  # booleans count as 0 and 1
    if element.kind is Kind.TABLE:
        column = element.table.columns[0][0] if element.table and element.table.columns else "column"
        raise frame.wrong(place, f"`{text}` is a table, and here belong numbers", f"name a column: {text}.{column}")
    raise frame.wrong(place, f"`{text}` is {value}, and here belong numbers", "pass numbers, or an array of them")


def result(frame: Frame, signature: Signature, first: Sequence[Place], given: Given) -> Value:
    """The value of a function on numbers. `first` is the object of a method."""
    places = [*first, *(p for name, several in given.items() if name not in _OPTIONS for p in several)]
    values = [want_numbers(frame, place, value) for place, value in places]
    secrecy = used_secrecy(*(value for _, value in places))
    shape: int | None = 0
    for _, value in places:
        shape = together(Value(Kind.INT, ndim=shape), value)
    if any(v.unknown for v in values):
        shape = None
    kind = numeric(values)
    whole = "axis" in given and not _is_none(given["axis"][0][0])
    reduced = None if whole or "keepdims" in given else folded_ndim(places[0][1]) if places else 0
    table: dict[Gives, tuple[Kind, int | None]] = {
        Gives.SAME: (kind, shape),
        Gives.NUMBERS: (Kind.NUMBER, shape),
        Gives.WHOLES: (Kind.INT, shape),
        Gives.BOOLS: (Kind.BOOL, shape),
        Gives.REDUCED: (kind, reduced),
        Gives.REDUCED_NUMBER: (Kind.NUMBER, reduced),
        Gives.REDUCED_WHOLE: (Kind.INT, reduced),
        Gives.REDUCED_BOOL: (Kind.BOOL, reduced),
        Gives.ARRAY_NUMBER: (Kind.NUMBER, None),
        Gives.ARRAY_WHOLE: (Kind.INT, None),
        Gives.ARRAY_BOOL: (Kind.BOOL, None),
        Gives.WHOLE: (Kind.INT, 0),
    }
    if signature.gives is Gives.REDUCED_BOOL and secrecy:
        for (place, _), value in zip(places, values, strict=True):
            want_bool(frame, place, value)
    if signature.gives is Gives.CHOICE:
        return _choice(frame, given)
    if signature.gives in (Gives.ARRAY, Gives.LINES):
        made = join_all(values) if values else unknown()
        out = made if made.element else unknown()
        return replace(out, secrecy=secrecy, ndim=shape if signature.gives is Gives.LINES else None)
    made_kind, ndim = table[signature.gives]
    return Value(made_kind, secrecy, ndim=ndim)


def folded_ndim(value: Value) -> int | None:
    """The axes of what is left of a value that is summed up: none of an array, those of its items of a list."""
    if value.element:
        return 0
    return value.item.ndim if value.kind in CONTAINERS and value.item.element else None


def numeric(values: Sequence[Value]) -> Kind:
    """The kind of numbers that meet; of booleans, whole numbers."""
    if any(v.unknown for v in values):
        return Kind.UNKNOWN
    kind = Kind.INT
    for value in values:
        kind = number_kind(kind, value.kind)
    return kind


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _choice(frame: Frame, given: Given) -> Value:
    (place, condition), (_, then), (_, other) = given["condition"][0], given["x"][0], given["y"][0]
    bit = elements_of(condition)
    if bit.kind is not Kind.BOOL and not bit.unknown:
        text = frame.text(place)
        hint = f"compare it: {text} != 0" if bit.kind in NUMBERS else "use a comparison"
        raise frame.wrong(place, f"`{text}` is {condition}, and a condition is a boolean", hint)
    a, b = elements_of(then), elements_of(other)
    if Kind.BOOL in (a.kind, b.kind) and a.element and b.element and a.kind is not b.kind:
        a, b = (replace(v, kind=Kind.INT) if v.kind is Kind.BOOL else v for v in (a, b))
    shape = together(condition, Value(Kind.INT, ndim=together(then, other)))
    out = join(replace(a, ndim=shape), replace(b, ndim=shape))
    return replace(out, secrecy=used_secrecy(condition, then, other))
