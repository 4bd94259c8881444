"""Kinds of attributes: fields of the contract, columns of tables, what arrays know of themselves."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from enigma.contract.reading.declarations import Where
from enigma.contract.types import TableType
from enigma.contract.typing.kinds import (
    INT,
    NUMBER,
    PREDICATE,
    Kind,
    Secrecy,
    Value,
    declared,
    list_of,
    tuple_of,
    unknown,
)
from enigma.contract.typing.operators import did_you_mean
from enigma.contract.typing.signatures import ARRAY_ATTRIBUTES, ARRAY_METHODS, METHODS

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame


def attribute(frame: Frame, node: ast.Attribute) -> Value:
    """The value of `base.name`, not called."""
    base = frame.value(node.value)
    name, text = node.attr, frame.text(node.value)
    if base.kind is Kind.SELF:
        return field_of(frame, node, name)
    if base.kind is Kind.TABLE:
        return _column(frame, node, base)
    if base.unknown:
        if base.private and name in _SEEN:
            return seen(name)
        return unknown(base.secrecy)
    if base.element:
        if name in _SEEN:
            return seen(name)
        if name in ("T", "mT"):
            return base
        if name in ARRAY_METHODS:
            raise frame.wrong(node, f"`{frame.text(node)}` is a method", f"call it: {frame.text(node)}()")
        known = [*ARRAY_ATTRIBUTES, *ARRAY_METHODS]
        raise frame.unknown_name(node, f"{base} has no attribute `{name}`", did_you_mean(name, known, "there are"))
    known = list(methods_of(base))
    if name in known:
        raise frame.wrong(node, f"`{frame.text(node)}` is a method", f"call it: {frame.text(node)}()")
    raise frame.unknown_name(
        node, f"`{text}` is {base}, and has no attribute `{name}`", did_you_mean(name, known, "there are")
    )


_SEEN = ("shape", "ndim", "size", "range", "scale")


def seen(name: str) -> Value:
    """What is public about an array: its shape, its proven range, and counts."""
    if name == "range":
        return tuple_of(NUMBER, NUMBER)
    return list_of(INT) if name == "shape" else INT


def methods_of(value: Value) -> tuple[str, ...]:
    """The methods of a kind."""
    if value.kind is Kind.DICTIONARY:
        return tuple(METHODS[value.name])
    if value.element:
        return tuple(ARRAY_METHODS)
    return tuple(
        METHODS.get({Kind.LIST: "list", Kind.SET: "set", Kind.MAP: "map", Kind.TABLE: "table"}.get(value.kind, ""), ())
    )


def _column(frame: Frame, node: ast.Attribute, base: Value) -> Value:
    table: TableType | None = base.table
    if node.attr == "owners":
        return INT
    if table is None:
        return unknown(Secrecy.PRIVATE)
    type_ = table.column(node.attr)
    if type_ is not None:
        return replace(declared(type_, Secrecy.PRIVATE), ndim=1)
    if node.attr in METHODS["table"]:
        raise frame.wrong(node, f"`{frame.text(node)}` is a method", f"call it: {frame.text(node)}()")
    names = [column for column, _ in table.columns]
    raise frame.unknown_name(
        node, f"table {table.name} has no column `{node.attr}`", did_you_mean(node.attr, names, "it has")
    )


def field_of(frame: Frame, node: ast.expr, name: str) -> Value:
    """`self.name`: a field, or a predicate."""
    contract = frame.contract_module.contract
    assert contract is not None  # the frontend refuses `self` elsewhere, and names that the class does not have
    if name in contract.fields:
        value = declared(contract.fields[name].type)
        if frame.where is Where.PUBLIC and value.private and value.kind is not Kind.MAP:
            raise frame.leak(
                node,
                f"`self.{name}` is private, and a @public function runs on the chain, where no private value is",
                f"make `{frame.function.name}` @private",
            )
        return value
    return PREDICATE
