"""Kinds of parts: `list[i]`, `map[key]`, `array[i, :]`, and the keys of the three dictionaries."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from enigma.contract.reading.declarations import Where
from enigma.contract.typing.kinds import (
    SEQUENCES,
    Kind,
    Secrecy,
    Value,
    list_of,
    unknown,
    used_secrecy,
)

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame


def key_of(frame: Frame, node: ast.expr, why: str) -> Value:
    """The value of a key, which must be public."""
    text = frame.text(node)
    return frame.public(node, why, f"use a public one, or reveal it on purpose: reveal({text}, to=everyone)")


def subscript(frame: Frame, node: ast.Subscript) -> Value:
    """The value of `base[index]`."""
    base = frame.value(node.value)
    text = frame.text(node.value)
    if base.kind is Kind.DICTIONARY:
        return dictionary_read(frame, node, base, node.slice)
    if base.kind is Kind.TABLE:
        column = base.table.columns[0][0] if base.table and base.table.columns else "column"
        raise frame.wrong(node, f"`{text}` is a table: its rows are not values", f"write {text}.{column}[i]")
    if base.kind in (Kind.NONE, Kind.ADDRESS, Kind.PREDICATE, Kind.SELF, Kind.SEALED):
        raise frame.wrong(
            node.value, f"`{text}` is {base}, and has no parts", "only lists, maps, texts and arrays have"
        )
    if base.element and base.ndim == 0:
        raise frame.wrong(node.value, f"`{text}` is {base}, and has no parts", f"use `{text}` itself")
    if base.kind is Kind.SET:
        raise frame.wrong(node.value, f"`{text}` is a set, and has no first or last", f"write list({text})[i]")
    part = _part(frame, node, base, node.slice)
    if frame.where is Where.PUBLIC and part.private:
        raise frame.leak(
            node,
            f"`{frame.text(node)}` is private, and a @public function runs on the chain, where no private value is",
            f"make `{frame.function.name}` @private",
        )
    return part


def _part(frame: Frame, node: ast.Subscript, base: Value, index: ast.expr) -> Value:
    text = frame.text(node.value)
    if isinstance(index, ast.Slice) or (isinstance(index, ast.Tuple) and base.kind is not Kind.MAP):
        return _several(frame, node, base, index)
    if base.kind is Kind.MAP:
        key = key_of(frame, index, f"which entry of `{text}` is used would be seen")
        _wantkey_of(frame, index, base, key)
        return base.of[1] if base.of else unknown()
    value = frame.plain(index)
    if value.private and value.kind is Kind.BOOL:
        _refuse_mask(frame, node, index)
    if value.private and base.kind in (Kind.LIST, Kind.TUPLE) and (base.item.element or base.item.unknown):
        return base.item.hidden()  # all of it is read
    if value.private and not base.element:
        _refuse_private_index(frame, node, index)
    if value.kind in (Kind.TEXT, Kind.ADDRESS, Kind.NONE) and not base.unknown:
        raise frame.wrong(index, f"`{frame.text(index)}` is {value}, and places are whole numbers", "count from 0")
    if base.kind is Kind.TUPLE and isinstance(index, ast.Constant) and isinstance(index.value, int):
        if not -len(base.of) <= index.value < len(base.of):
            raise frame.wrong(
                index, f"`{text}` has {len(base.of)} items", f"the last one is {text}[{len(base.of) - 1}]"
            )
        return base.of[index.value]
    if base.element:
        dropped = base.ndim - 1 if base.ndim is not None and value.kind is Kind.INT and value.ndim == 0 else None
        return replace(base, ndim=dropped, secrecy=used_secrecy(base, value))
    return base.item if not base.unknown else unknown(max(base.secrecy, value.secrecy))


def _several(frame: Frame, node: ast.Subscript, base: Value, index: ast.expr) -> Value:
    """A slice, or places along several axes."""
    secret = used_secrecy(base)
    axes = 0
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        if isinstance(part, ast.Slice):
            axes += 1
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    text = frame.text(bound)
                    frame.public(
                        bound,
                        "the length of the slice would show it",
                        f"keep the whole, and choose: where(arange(len({frame.text(node.value)})) < {text}, x, 0)",
                    )
            continue
        value = frame.plain(part)
        if value.private and not base.element:
            _refuse_private_index(frame, node, part)
        if value.private and value.kind is Kind.BOOL:
            _refuse_mask(frame, node, part)
        secret = max(secret, used_secrecy(value))
    if base.element:
        parts = len(index.elts) if isinstance(index, ast.Tuple) else 1
        ndim = base.ndim if parts == axes == 1 else None
        return replace(base, ndim=ndim, secrecy=Secrecy(secret))
    return list_of(base.item) if base.kind in (*SEQUENCES, Kind.TUPLE) else base


def _refuse_private_index(frame: Frame, node: ast.Subscript, index: ast.expr) -> None:
    text, place = frame.text(node.value), frame.text(index)
    hint = f"only numbers are picked in private; reveal it on purpose: {text}[reveal({place}, to=everyone)]"
    raise frame.leak(index, f"`{place}` is private, and which item of `{text}` is used would be seen", hint)


def _refuse_mask(frame: Frame, node: ast.Subscript, mask: ast.expr) -> None:
    text, condition = frame.text(node.value), frame.text(mask)
    raise frame.leak(
        mask,
        f"`{condition}` is private, and the length of `{frame.text(node)}` would tell how often it holds",
        f"keep all of them, and choose: where({condition}, {text}, 0)",
    )


def _wantkey_of(frame: Frame, node: ast.expr, base: Value, key: Value) -> None:
    wanted = base.of[0] if base.of else unknown()
    if {wanted.kind, key.kind} == {Kind.ADDRESS, Kind.TEXT}:
        raise frame.wrong(node, f"`{frame.text(node)}` is {key}, and the keys are {wanted}s", "use a key of that kind")


def dictionary_read(frame: Frame, node: ast.AST, base: Value, key: ast.expr) -> Value:
    """`L[k]`, `DHT[k]`, `MPC[k]`."""
    key_of(frame, key, f"the keys of {base.name} are public")
    if base.name == "MPC":
        if frame.where is Where.PUBLIC:
            raise frame.leak(
                node,
                "a @public function runs on the chain, where no private value is",
                f"make `{frame.function.name}` @private",
            )
        return unknown(Secrecy.PRIVATE)
    return unknown(Secrecy.DOCUMENT if base.name == "DHT" else Secrecy.PUBLIC)
