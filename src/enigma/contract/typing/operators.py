"""Kinds of sums, comparisons and logic."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from enigma.contract.reading.signs import sign_of
from enigma.contract.typing.kinds import (
    BOOL,
    CONTAINERS,
    NUMBERS,
    PREDICATE,
    SEQUENCES,
    Kind,
    Secrecy,
    Value,
    join,
    list_of,
    number_kind,
    unknown,
    used_secrecy,
)

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame

_LOGIC = (ast.BitAnd, ast.BitOr, ast.BitXor)


def together(a: Value, b: Value) -> int | None:
    """The axes of two values that meet element by element."""
    if a.kind in CONTAINERS or b.kind in CONTAINERS:
        return None
    return None if a.ndim is None or b.ndim is None else max(a.ndim, b.ndim)


def binary(frame: Frame, node: ast.expr, op: ast.operator, left: ast.expr, right: ast.expr) -> Value:
    """The value of `left op right`; `node` is the whole."""
    return combined(frame, node, op, (left, frame.plain(left)), (right, frame.plain(right)))


def combined(
    frame: Frame, node: ast.AST, op: ast.operator, left: tuple[ast.expr, Value], right: tuple[ast.expr, Value]
) -> Value:
    """The value of two operands, each with its place."""
    (x, a), (y, b) = left, right
    secrecy = used_secrecy(a, b)
    if a.unknown or b.unknown:
        return unknown(secrecy)
    if isinstance(op, _LOGIC):
        return _logic(frame, op, left, right)
    if a.kind in (Kind.LIST, Kind.TUPLE, Kind.TEXT, Kind.RANGE) or b.kind in (Kind.LIST, Kind.TUPLE, Kind.TEXT):
        out = _containers(frame, node, op, left, right)
        if out is not None:
            return out
    if a.kind is Kind.SET and b.kind is Kind.SET and isinstance(op, ast.Sub):
        return a
    for place, value in (left, right):
        _want_number(frame, place, value, sign_of(op))
    if isinstance(op, ast.Pow) and b.private:
        raise frame.leak(
            y,
            f"`{frame.text(y)}` is private, and how often to multiply would be seen",
            f"write exp({frame.text(y)} * log({frame.text(x)})), for a base above zero",
        )
    kind = number_kind(_number(a), _number(b))
    if isinstance(op, ast.Div):
        kind = Kind.NUMBER
    elif isinstance(op, ast.FloorDiv):
        kind = Kind.INT
    elif isinstance(op, ast.Pow) and kind is Kind.INT and not secrecy:
        return Value(kind, secrecy, ndim=together(a, b)) if _not_negative(y) else unknown(secrecy)
    return Value(kind, secrecy, ndim=None if isinstance(op, ast.MatMult) else together(a, b))


def _not_negative(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _number(value: Value) -> Kind:
    return value.kind if value.kind in NUMBERS else Kind.INT


def _containers(
    frame: Frame, node: ast.AST, op: ast.operator, left: tuple[ast.expr, Value], right: tuple[ast.expr, Value]
) -> Value | None:
    """Lists, tuples and texts that are joined or repeated; None where they are arrays in waiting."""
    a, b = left[1], right[1]
    if isinstance(op, ast.Add):
        if a.kind is b.kind is Kind.TUPLE:
            return Value(Kind.TUPLE, of=(*a.of, *b.of))
        if a.kind in SEQUENCES and b.kind in SEQUENCES:
            return list_of(join(a.item, b.item))
        if a.kind is b.kind is Kind.TEXT:
            return a
        if Kind.TEXT in (a.kind, b.kind):
            text, other = (left, right) if a.kind is Kind.TEXT else (right, left)
            if other[1].private:
                raise frame.leak(
                    other[0],
                    f"`{frame.text(other[0])}` is private, and a text is public",
                    f"reveal it on purpose: text(reveal({frame.text(other[0])}, to=everyone))",
                )
            raise frame.wrong(
                other[0],
                f"`{frame.text(text[0])}` is a text, and `{frame.text(other[0])}` is {other[1]}",
                f"write text({frame.text(other[0])}) to make it one",
            )
    if isinstance(op, ast.Mult):
        for (_, whole), (_, count) in ((left, right), (right, left)):
            if (
                whole.kind in (Kind.LIST, Kind.TUPLE)
                and count.kind is Kind.INT
                and count.ndim == 0
                and not count.private
            ):
                return list_of(whole.item) if whole.kind is Kind.TUPLE else whole
    if isinstance(op, ast.Mod) and a.kind is Kind.TEXT:
        raise frame.wrong(node, "texts have no `%`", "join texts with +, and write numbers with text(x)")
    if a.element or b.element:
        listed = b if a.element else a
        if listed.kind in (Kind.LIST, Kind.TUPLE) and all(
            v.element or v.unknown or v.kind is Kind.LIST for v in listed.of
        ):
            return _beside_a_list(op, a if a.element else b, listed, used_secrecy(a, b))
    return None


def _beside_a_list(op: ast.operator, array: Value, listed: Value, secrecy: Secrecy) -> Value:
    """An array, and a list of numbers that becomes one."""
    if not all(v.element for v in listed.of):
        return unknown(secrecy)
    kind = _number(array)
    for v in listed.of:
        kind = number_kind(kind, _number(v))
    if isinstance(op, ast.Div | ast.FloorDiv):
        kind = Kind.NUMBER if isinstance(op, ast.Div) else Kind.INT
    return Value(kind, secrecy, ndim=None)


def _want_number(frame: Frame, place: ast.expr, value: Value, sign: str) -> None:
    text = frame.text(place)
    if value.element or value.unknown:
        return  # a boolean counts as 0 or 1
    hints = {
        Kind.ADDRESS: "addresses can be compared with == and kept in sets, lists and maps, and nothing else",
        Kind.TABLE: f"name a column: {text}.{first_column(value)}",
        Kind.LIST: f"write stack({text}) to make an array of it",
        Kind.TEXT: "numbers are written without quotation marks",
        Kind.NONE: "a function without return gives None: let it return a value",
    }
    raise frame.wrong(
        place, f"`{text}` is {value}, and `{sign}` needs numbers", hints.get(value.kind, "use a number here")
    )


def first_column(value: Value) -> str:
    """The name of a column, for a hint."""
    return value.table.columns[0][0] if value.table and value.table.columns else "column"


def _logic(frame: Frame, op: ast.operator, left: tuple[ast.expr, Value], right: tuple[ast.expr, Value]) -> Value:
    a, b = left[1], right[1]
    secrecy = used_secrecy(a, b)
    if a.kind is b.kind is Kind.PREDICATE:
        return PREDICATE
    if a.kind is b.kind is Kind.SET:
        return join(a, b)
    if a.kind is b.kind is Kind.BOOL:
        return Value(Kind.BOOL, secrecy, ndim=together(a, b))
    place, value = right if a.kind is Kind.BOOL else left
    raise frame.wrong(
        place,
        f"`{frame.text(place)}` is {value}, and `{sign_of(op)}` needs booleans",
        f"compare it: {frame.text(place)} != 0" if value.element else "use conditions on both sides",
    )


def logical(frame: Frame, node: ast.BoolOp) -> Value:
    """`and` and `or`: on private conditions both sides are computed."""
    values = [frame.plain(v) for v in node.values]
    if not any(v.private for v in values):
        out = values[0]
        for value in values[1:]:
            out = join(out, value)
        return out
    out = Value(Kind.BOOL, Secrecy.PRIVATE)
    decided = True  # by public values alone, which are looked at first
    for place, value in zip(node.values, values, strict=True):
        decided = decided and not value.private
        if not decided:
            want_bool(frame, place, value)
        out = Value(Kind.BOOL, Secrecy.PRIVATE, ndim=together(out, value))
    return out


def want_bool(frame: Frame, place: ast.expr, value: Value, *, single: bool = False) -> None:
    """Refuse a private condition that is not a boolean; with `single`, an array of them too."""
    text = frame.text(place)
    if value.kind is not Kind.BOOL and not value.unknown:
        hint = f"compare it: {text} != 0" if value.kind in NUMBERS else "use a comparison"
        raise frame.wrong(place, f"`{text}` is {value}, and a private condition is a boolean", hint)
    if single and value.array:
        raise frame.wrong(
            place,
            f"`{text}` is an array of conditions, and here belongs one",
            f"write any({text}) or all({text}); to choose element by element: where({text}, a, b)",
        )


def unary(frame: Frame, node: ast.UnaryOp) -> Value:
    """`not`, `-`, `+`, `~`."""
    value = frame.plain(node.operand)
    if value.unknown:
        return Value(Kind.BOOL, used_secrecy(value), ndim=None) if isinstance(node.op, ast.Not) else value
    if isinstance(node.op, ast.Not):
        if value.private:
            want_bool(frame, node.operand, value)
            return value
        return BOOL
    if isinstance(node.op, ast.Invert):
        if value.kind is not Kind.BOOL:
            text = frame.text(node.operand)
            raise frame.wrong(node.operand, f"`{text}` is {value}, and `~` needs a boolean", f"compare it: {text} != 0")
        return value
    _want_number(frame, node.operand, value, "-" if isinstance(node.op, ast.USub) else "+")
    return Value(_number(value), value.secrecy, ndim=value.ndim)


def did_you_mean(name: str, known: tuple[str, ...] | list[str], otherwise: str) -> str:
    """A hint that names what was probably meant, else what there is."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"{otherwise} {', '.join(known)}" if known else "there are none"
