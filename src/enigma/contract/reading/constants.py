"""Constant expressions: what a bound, a default or a module's constant is, before anything runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

from enigma.contract.dictionaries.addresses import Address, read_address, spells_address
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.signs import sign_of
from enigma.contract.reading.source import Source
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PrivateType,
    SetType,
    TextType,
)
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import Unfit, as_decimal, binary
from enigma.errors import NotTheLanguage, OutOfFuel, SourceProblem, UnknownName, WrongType

Constant: TypeAlias = Any
"""An int, Decimal, bool, str, None; a list or tuple of them; an `OrderedSet` or dict where written as set or map."""

_JOINS = ("+", "-", "*", "/", "//", "%", "**")
_PLAIN = "a constant is made of numbers, texts, earlier constants, lists and + - * / // % **"


class Constants:
    """The constants that a place in a module can name, with their values."""

    def __init__(self, source: Source, values: Mapping[str, Constant]) -> None:
        self.source, self.values = source, values

    def value(self, node: ast.expr) -> Constant:
        """The value of an expression. Errors: `NotTheLanguage`, `UnknownName`, `WrongType`, `OutOfFuel`."""
        match node:
            case ast.Constant() if node.value is not ...:
                return written(node.value)
            case ast.Name():
                return self._named(node)
            case ast.Tuple():
                return tuple(self.value(each) for each in node.elts)
            case ast.List():
                return [self.value(each) for each in node.elts]
            case ast.Set():
                return OrderedSet(self._key(each) for each in node.elts)
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return {self._key(key): self.value(each) for key, each in pairs if key is not None}
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign):
                return self._binary(node, "-" if isinstance(sign, ast.USub) else "+", 0, self.value(node.operand))
            case ast.BinOp() if sign_of(node.op) in _JOINS:
                return self._binary(node, sign_of(node.op), self.value(node.left), self.value(node.right))
        what = "a call" if isinstance(node, ast.Call) else "this"
        raise self.source.problem(NotTheLanguage, node, f"{what} is not constant", _PLAIN)

    def _refuse(self, kind: type[SourceProblem], node: ast.AST, reason: str, hint: str) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    def _named(self, node: ast.Name) -> Constant:
        if node.id not in self.values:
            reason = f"{node.id} is not a constant that is defined before this line"
            self._refuse(UnknownName, node, reason, f"define {node.id} = ... above, at the left margin")
        return self.values[node.id]

    def _key(self, node: ast.expr) -> Constant:
        value = self.value(node)
        if not isinstance(value, int | str | Decimal | Address):
            self._refuse(WrongType, node, "this cannot be looked up", "keys are numbers, texts or booleans")
        return value

    def _binary(self, node: ast.expr, sign: str, left: Constant, right: Constant) -> Constant:
        try:
            return binary(sign, left, right)
        except Unfit as error:
            raise self.source.problem(WrongType, node, error.reason, error.hint or _PLAIN) from None
        except Exhausted as error:
            raise self.source.problem(OutOfFuel, node, error.what, error.hint) from None


def written(value: Any) -> Constant:
    """What a literal stands for: a text that spells an address is one, and decimals have 34 digits."""
    if isinstance(value, str) and spells_address(value):
        return read_address(value)
    return as_decimal(value) if isinstance(value, Decimal) else value


def constants_of(module: Module) -> Constants:
    """The constants of a module that was read, those that it imports included."""
    return Constants(module.source, _values(module, {}))


def _values(module: Module, known: dict[int, dict[str, Constant]]) -> dict[str, Constant]:
    """The same, each module once: what many names lead to is not computed for each of them."""
    values = known.get(id(module))
    if values is None:
        values = known[id(module)] = {}
        for name, imported in module.imports.items():
            if imported.name in imported.module.constants:
                values[name] = _values(imported.module, known)[imported.name]
        constants = Constants(module.source, values)
        for name, node in module.constants.items():
            values[name] = constants.value(node)
    return values


def unfit(value: Constant, type_: object) -> str:
    """Why a constant is not of a declared type; empty where it is one, or where nothing is declared."""
    match type_:
        case PrivateType():
            return unfit(value, type_.of)
        case ListType() if isinstance(value, list):
            return _first(unfit(each, type_.of) for each in value)
        case SetType() if isinstance(value, OrderedSet) or value == {}:
            return _first(unfit(each, type_.of) for each in value)
        case MapType() if isinstance(value, dict):
            return _first(unfit(key, type_.key) or unfit(each, type_.value) for key, each in value.items())
        case ArrayType():
            return _unfit_array(value, type_, type_.shape)
    return "" if type_ is None else _unfit_scalar(value, type_)


def _unfit_scalar(value: Constant, type_: object) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    match type_:
        case IntType() if whole:
            return _outside(value, type_.lo, type_.hi)
        case FixedType() if whole or isinstance(value, Decimal):
            return _outside(value, type_.lo, type_.hi)
        case CategoryType() if isinstance(value, str) and type_.labels:
            return "" if value in type_.labels else f"{value!r} is none of its labels"
        case CategoryType() if whole:
            return _outside(value, 0, type_.count - 1)
        case AddressType():
            return "" if isinstance(value, Address) else "an address is 0x and 40 hexadecimal digits"
    text = isinstance(type_, TextType) and isinstance(value, str)
    fits = text or (isinstance(type_, BoolType) and isinstance(value, bool))
    return "" if fits else "this is of another type"


def _unfit_array(value: Constant, type_: ArrayType, shape: tuple[int | None, ...]) -> str:
    """The same for an array, which is written as lists in lists."""
    if not shape:
        return unfit(value, type_.element)
    if not isinstance(value, list) or shape[0] not in (None, len(value)):
        return "it is written as lists, one value for each place"
    return _first(_unfit_array(each, type_, shape[1:]) for each in value)


def _first(reasons: Iterable[str]) -> str:
    return next((reason for reason in reasons if reason), "")


def _outside(value: int | Decimal, lo: int | Decimal | None, hi: int | Decimal | None) -> str:
    if lo is None or hi is None or lo <= value <= hi:
        return ""
    return f"{value} lies outside of {lo} .. {hi}"
