"""Assignments: to names, fields, parts of lists and maps, and the three dictionaries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from enigma.contract.reading.declarations import Where
from enigma.contract.typing.attributes import field_of
from enigma.contract.typing.expressions import bind
from enigma.contract.typing.kinds import (
    CONTAINERS,
    ELEMENTS,
    REFUSED,
    Kind,
    Value,
    fits,
    join,
    list_of,
    map_of,
    unknown,
)
from enigma.contract.typing.methods import changes_field, root_of, written
from enigma.contract.typing.operators import combined
from enigma.contract.typing.parts import dictionary_read

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame


def assign(frame: Frame, target: ast.expr, node: ast.expr) -> None:
    """`target = node`."""
    if isinstance(target, ast.Tuple) and isinstance(node, ast.Tuple) and len(node.elts) == len(target.elts):
        parts = [frame.value(part) for part in node.elts]
        for place, part, item in zip(target.elts, node.elts, parts, strict=True):
            put(frame, place, part, item)
        return
    value = frame.value(node)
    if isinstance(target, ast.Name):
        put(frame, target, node, value)
        if value.kind in (Kind.LIST, Kind.SET, Kind.MAP):
            if isinstance(node, ast.Name):
                frame.alias(target.id, node.id)
            elif isinstance(node, ast.Attribute) and root_of(node)[1]:
                frame.aliases[target.id] = frame.text(node)
    elif isinstance(target, ast.Tuple) and not all(isinstance(place, ast.Name) for place in target.elts):
        for place in target.elts:
            put(frame, place, node, value.item)
    else:
        put(frame, target, node, value)


def _want_declared(frame: Frame, name: str, node: ast.expr, value: Value) -> None:
    place = frame.declared.get(name)
    if place is not None and value.sealed:
        frame.plain(node)
    if place is not None and not fits(value, place):
        _refuse_kind(frame, node, value, place, f"`{name}`")


def put(frame: Frame, target: ast.expr, node: ast.expr, value: Value) -> None:
    """Put a value, computed by `node`, in a place."""
    if isinstance(target, ast.Name):
        _want_declared(frame, target.id, node, value)
        frame.set(target.id, REFUSED if frame.hangs_on_refused(node) else value)
    elif isinstance(target, ast.Attribute):
        _put_attribute(frame, target, node, value)
    elif isinstance(target, ast.Subscript):
        _put_part(frame, target, node, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        bind(frame, target, value)


def _refuse_kind(frame: Frame, node: ast.expr, value: Value, place: Value, name: str) -> None:
    text = frame.text(node)
    hint = "use a value of the declared kind"
    if value.kind is Kind.NUMBER and place.kind in (Kind.INT, Kind.CATEGORY):
        hint = f"write floor({text}) or round({text}), or declare it fixed(lo, hi)"
    elif value.kind is Kind.BOOL and place.element:
        hint = f"write as_int({text})"
    elif place.kind is Kind.BOOL and value.element:
        hint = f"write {text} != 0"
    elif place.kind is Kind.ADDRESS and value.kind is Kind.TEXT:
        hint = "an address is written 0x and 40 hexadecimal digits, or comes from a parameter or sender"
    raise frame.wrong(node, f"`{text}` is {value}, and {name} is {_written(place)}", hint)


def _written(place: Value) -> str:
    return "an array" if place.array else str(place.kind)


def _put_attribute(frame: Frame, target: ast.Attribute, node: ast.expr, value: Value) -> None:
    base = frame.value(target.value)
    text = frame.text(target)
    if base.kind is not Kind.SELF:
        reason = f"`{frame.text(target.value)}` is {base}, and its attributes do not change"
        raise frame.wrong(target, reason, "only fields of the contract are assigned: self.name = ...")
    place = field_of(frame, target, target.attr)
    if frame.where is Where.PREDICATE:
        frame.effect(target, f"changes `{text}`")
    if place.kind is Kind.TABLE:
        raise frame.wrong(target, f"`{text}` is a table, and rows keep their owners", f"write {text}.append(rows)")
    if value.sealed:
        frame.plain(node)
    _want_storable(frame, node, value, place, text)
    if not place.private:
        changes_field(frame, target, text)


def _want_storable(frame: Frame, node: ast.expr, value: Value, place: Value, text: str) -> None:
    said = frame.text(node)
    if value.private and not place.private:
        raise frame.leak(
            node,
            f"`{said}` is private, and `{text}` is public",
            f"declare the field private, or reveal it on purpose: {text} = reveal({said}, to=everyone)",
        )
    if not fits(value, place):
        _refuse_kind(frame, node, value, place, f"`{text}`")
    if place.private and place.ndim == 0 and place.kind in ELEMENTS and value.array:
        raise frame.wrong(
            node, f"`{said}` is an array, and `{text}` is a single value", "declare the field an array: T[n]"
        )


def _put_part(frame: Frame, target: ast.Subscript, node: ast.expr, value: Value) -> None:
    base = frame.value(target.value)
    text = frame.text(target.value)
    if base.kind is Kind.DICTIONARY:
        dictionary_read(frame, target, base, target.slice)
        written(frame, target, base.name, (target.slice, node, value), None)
        return
    _want_changeable(frame, target, base, node)
    name, field = root_of(target.value)
    field = field or frame.aliases.get(name, "").startswith("self.")
    key = _place(frame, target, base)
    if field:
        if frame.where is Where.PREDICATE:
            frame.effect(target, f"changes `{text}`")
        if value.sealed:
            frame.plain(node)
        place = base.item if base.kind is not Kind.MAP else base.of[1]
        if frame.where is Where.PUBLIC and place.private:
            raise frame.leak(
                target,
                f"the values of `{text}` are private, and a @public function runs on the chain",
                f"make `{frame.function.name}` @private",
            )
        _want_storable(frame, node, value, place, frame.text(target))
        if not place.private:
            changes_field(frame, target, text)
    elif name:
        if frame.guards:
            here = frame.text(target)
            hint = f"always assign, and choose: {here} = where({frame.guards[-1]}, {frame.text(node)}, {here})"
            frame.effect(target, f"changes `{text}`", hint)
        grown = map_of(key, value) if base.kind is Kind.MAP else list_of(value)
        inner: ast.expr = target.value
        while isinstance(inner, ast.Subscript):
            grown, inner = list_of(grown), inner.value
        frame.grow(name, grown)


def _want_changeable(frame: Frame, target: ast.Subscript, base: Value, node: ast.expr) -> None:
    text, place, said = frame.text(target.value), frame.text(target.slice), frame.text(node)
    if base.element and (base.private or base.array):
        index = f"arange(len({text})) == {place}"
        raise frame.wrong(
            target, f"`{text}` is an array, and arrays do not change", f"write where({index}, {said}, {text})"
        )
    if base.kind is Kind.TABLE:
        raise frame.wrong(
            target, f"`{text}` is a table, and rows stay as their owner sent them", "compute a new column"
        )
    if base.kind in (Kind.TUPLE, Kind.RANGE, Kind.TEXT):
        raise frame.wrong(target, f"`{text}` is {base}, and does not change", f"make a list of it: list({text})")
    if base.kind not in CONTAINERS and not base.unknown:
        raise frame.wrong(target, f"`{text}` is {base}, and has no parts", "only lists and maps have")


def _place(frame: Frame, target: ast.Subscript, base: Value) -> Value:
    text, said = frame.text(target.value), frame.text(target.slice)
    if isinstance(target.slice, ast.Slice):
        return unknown()
    if base.kind is Kind.MAP:
        hint = f"use a public key, or reveal it on purpose: reveal({said}, to=everyone)"
        return frame.public(target.slice, f"the keys of `{text}` are public", hint)
    hint = f"write {text} = [where({said} == i, new, {text}[i]) for i in range(len({text}))]"
    return frame.public(target.slice, f"which item of `{text}` changes would be seen", hint)


def augmented(frame: Frame, node: ast.AugAssign) -> None:
    """`target += value`."""
    here = node.target
    value = combined(frame, node, node.op, (here, frame.plain(here)), (node.value, frame.plain(node.value)))
    if isinstance(node.target, ast.Name):
        if frame.guards and value.kind in (Kind.LIST, Kind.SET):
            frame.effect(node, f"changes `{node.target.id}`")
        if value.kind in (Kind.LIST, Kind.SET):  # in place: seen through every other name of it
            frame.grow(node.target.id, value)
            return
        place = frame.declared.get(node.target.id)
        if place is not None and not fits(value, place):
            _refuse_kind(frame, node.value, value, place, f"`{node.target.id}`")
        frame.set(node.target.id, value)
        return
    put(frame, node.target, node.value, join(value, value))


def delete(frame: Frame, target: ast.expr) -> None:
    """`del self.map[key]`, `del list[i]`."""
    if not isinstance(target, ast.Subscript):
        return
    base = frame.value(target.value)
    text = frame.text(target.value)
    if base.kind is Kind.DICTIONARY:
        if text == "L":
            raise frame.wrong(target, "L keeps what is written", "write another value under the same key")
        dictionary_read(frame, target, base, target.slice)
        frame.effect(target, f"takes a key out of {text}")
        return
    if base.element and (base.private or base.array):
        raise frame.wrong(
            target, f"`{text}` is an array, and arrays do not change", f"write concat([{text}[:i], {text}[i + 1:]])"
        )
    _place(frame, target, base)
    if root_of(target.value)[1]:
        frame.effect(target, f"takes a key out of `{text}`")
    elif frame.guards:
        frame.effect(target, f"takes an item out of `{text}`")
