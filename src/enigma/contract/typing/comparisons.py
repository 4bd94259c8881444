"""Kinds of comparisons, and of `in`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from enigma.contract.reading.signs import sign_of
from enigma.contract.typing.kinds import BOOL, ELEMENTS, Kind, Value, used_secrecy
from enigma.contract.typing.operators import did_you_mean, first_column, together

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame


def comparison(frame: Frame, node: ast.Compare) -> Value:
    """A comparison, chained or not."""
    places = [node.left, *node.comparators]
    values = [frame.plain(p) for p in places]
    out = BOOL
    for i, op in enumerate(node.ops):
        left, right = (places[i], values[i]), (places[i + 1], values[i + 1])
        if isinstance(op, (ast.In, ast.NotIn)):
            _membership(frame, left, right)
            continue
        _comparable(frame, op, left, right)
        a, b = left[1], right[1]
        if a.element or b.element or a.unknown or b.unknown:
            shape = together(out, Value(Kind.BOOL, ndim=together(a, b)))
            if a.unknown or b.unknown:
                shape = None
            out = Value(Kind.BOOL, used_secrecy(out, a, b), ndim=shape)
        else:
            out = Value(Kind.BOOL, used_secrecy(out, a, b), ndim=out.ndim)
    return out


def _comparable(frame: Frame, op: ast.cmpop, left: tuple[ast.expr, Value], right: tuple[ast.expr, Value]) -> None:
    (x, a), (y, b) = left, right
    sign = sign_of(op)
    ordered = not isinstance(op, (ast.Eq, ast.NotEq))
    if a.unknown or b.unknown:
        return
    if Kind.NONE in (a.kind, b.kind) and not ordered and not a.private and not b.private:
        return
    if {a.kind, b.kind} == {Kind.CATEGORY, Kind.TEXT}:
        _known_label(frame, *((a, y) if a.kind is Kind.CATEGORY else (b, x)))
        return
    if {a.kind, b.kind} == {Kind.ADDRESS, Kind.TEXT}:
        written = y if b.kind is Kind.TEXT else x
        raise frame.wrong(
            written,
            f"`{frame.text(x)} {sign} {frame.text(y)}` compares an address with a text, which are never equal",
            "an address is written 0x and 40 hexadecimal digits, or comes from a field, a parameter or sender",
        )
    if a.element and b.element:
        return  # a boolean counts as 0 or 1
    if a.kind is b.kind and a.kind not in (Kind.TABLE, Kind.SELF, Kind.DICTIONARY):
        if ordered and a.kind not in (Kind.TEXT, Kind.LIST, Kind.TUPLE):
            raise frame.wrong(x, f"`{frame.text(x)}` is {a}, and has no order", "compare with == or !=")
        return
    if (a.element and b.kind in (Kind.LIST, Kind.TUPLE)) or (b.element and a.kind in (Kind.LIST, Kind.TUPLE)):
        return
    hint = "compare values of one kind"
    if Kind.TABLE in (a.kind, b.kind):
        place, value = (x, a) if a.kind is Kind.TABLE else (y, b)
        hint = f"name a column: {frame.text(place)}.{first_column(value)}"
    raise frame.wrong(x, f"`{frame.text(x)}` is {a}, and `{frame.text(y)}` is {b}: they cannot be compared", hint)


def _known_label(frame: Frame, category: Value, text: ast.expr) -> None:
    if category.labels and isinstance(text, ast.Constant) and text.value not in category.labels:
        raise frame.wrong(
            text,
            f"{frame.text(text)} is not a label of this category",
            did_you_mean(str(text.value), category.labels, "its labels are"),
        )


def _membership(frame: Frame, left: tuple[ast.expr, Value], right: tuple[ast.expr, Value]) -> None:
    (x, a), (y, b) = left, right
    needle, container = frame.text(x), frame.text(y)
    if b.kind is Kind.TABLE:
        raise frame.wrong(
            y, f"`{container}` is a table", f"name a column: any({container}.{first_column(b)} == {needle})"
        )
    if b.element and b.private:
        raise frame.leak(
            y,
            f"`{container}` is private, and whether `{needle}` is in it would be known",
            f"write any({container} == {needle}), which stays private",
        )
    if a.private:
        raise frame.leak(
            x,
            f"`{needle}` is private, and whether it is in `{container}` would be known",
            f"write any([{needle} == value for value in {container}]), which stays private",
        )
    if b.kind in (Kind.LIST, Kind.TUPLE) and b.private:
        raise frame.leak(
            y,
            f"`{container}` holds private values, and whether `{needle}` is among them would be known",
            f"write any([value == {needle} for value in {container}]), which stays private",
        )
    if (b.kind in ELEMENTS and b.ndim == 0) or b.kind in (Kind.ADDRESS, Kind.NONE, Kind.PREDICATE, Kind.SELF):
        raise frame.wrong(y, f"`{container}` is {b}, and holds nothing", "use a list, a set, a map or a text")
    if b.kind is Kind.SET and b.of and {a.kind, b.item.kind} == {Kind.ADDRESS, Kind.TEXT}:
        raise frame.wrong(x, f"`{needle}` is {a}, and `{container}` holds {b.item}", "look for a value of that kind")
