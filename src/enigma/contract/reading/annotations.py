"""Annotations: from what is written after a colon to a declared type, with its bounds proven to fit."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

from enigma.array.dtypes import DEFAULT_SCALE
from enigma.contract.reading.constants import Constant, Constants, constants_of
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.names import TYPES, suggestion
from enigma.contract.reading.source import Source
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    DocumentType,
    ElementType,
    FixedType,
    IntType,
    ListType,
    MapType,
    ParameterType,
    PrivateType,
    PublicType,
    SetType,
    TableType,
    TextType,
    ValueType,
)
from enigma.contract.values.numbers import CONTEXT
from enigma.errors import RangeError, SourceProblem, SourceRange, UnknownName, WrongType
from enigma.program.types import Kind, number

MAX_SCALE = 40
MAX_CATEGORIES = 1000
MAX_ELEMENTS = 1 << 24
MAX_AXES = 8
MAX_COLUMNS = 1000
TABLE_MEMBERS = frozenset({"append", "columns", "owners", "shape", "withdraw"})
"""What a table answers itself: no column is named like one of them."""

_ELEMENTS = "int(lo, hi), fixed(lo, hi), bool or category(...)"
_OTHER_NAMES = {
    "str": "text", "string": "text", "String": "text", "float": "fixed", "decimal": "fixed", "Decimal": "fixed",
    "real": "fixed", "boolean": "bool", "dict": "map", "mapping": "map", "HashMap": "map", "integer": "int",
    "uint256": "int", "uint": "int", "uint8": "int", "int64": "int", "int256": "int", "Address": "address",
    "array": "list", "tuple": "list", "frozenset": "set", "secret": "private", "enum": "category",
}  # fmt: skip
_KEYS = (IntType, TextType, AddressType, BoolType, CategoryType)


class Annotations:
    """Reads the annotations of one module: build it once, use it for every place.

    Errors of every method: `WrongType`, `UnknownName`, `SourceRange`, and those of constant expressions.
    """

    def __init__(self, constants: Constants, tables: Mapping[str, TableType]) -> None:
        self.source: Source = constants.source
        self.constants, self.tables = constants, tables

    def _refuse(self, node: ast.AST, reason: str, hint: str, kind: type[SourceProblem] = WrongType) -> NoReturn:
        self.source.refuse(kind, node, reason, hint)

    # ------------------------------------------------------------ places

    def field(self, node: ast.expr) -> ValueType:
        """The type of a field: `public[T]`, `private[T]` or `map[K, private[T]]`."""
        match self._subscript(node):
            case ("public", inside):
                if self._name(inside) == "private":
                    reason = "a field is public or private, not both"
                    self._refuse(inside, reason, f"write {self.source.fragment(inside)}")
                return self._public(inside)
            case ("private", inside):
                return self._private(inside, lengths=False)
            case ("map", inside):
                key, value = self._pair(node, inside)
                of = self._subscript(value)
                if of and of[0] == "private":
                    return MapType(self._key(key), self._private(of[1], lengths=False, table=False))
        written = self.source.fragment(node)
        if self._name(node) in self.tables or self._is_array(node):
            self._refuse(node, "a table or array is private", f"write private[{written}]")
        self.parameter(node)  # whatever else is wrong with it comes first
        hint = f"write public[{written}] if everyone may read it, private[...] if nobody may"
        raise self.source.problem(WrongType, node, "a field says who may know it", hint)

    def parameter(self, node: ast.expr) -> ParameterType:
        """The type of a parameter: a plain one is public, and `private[T]` comes in pieces from the caller."""
        match self._subscript(node):
            case ("private", inside):
                return self._private(inside, lengths=True)
            case ("public", inside):
                reason = "a parameter is public unless it says private[...]"
                self._refuse(node, reason, f"write {self.source.fragment(inside)}")
        return DocumentType() if self._name(node) == "document" else self._public(node)

    def local(self, node: ast.expr) -> PrivateType:
        """The type of a declared variable: `private[T]`, to whose range every assignment is brought.

        Bounds that `computed` has are left out of it.
        """
        found = self._subscript(node)
        if not found or found[0] != "private":
            reason = "only private variables are declared: a public one has the type of its value"
            self._refuse(node, reason, "leave the annotation away, or write private[int(lo, hi)]")
        if self.computed(node):
            name = self._name(self._range(found[1]).func)
            return PrivateType(IntType() if name == "int" else FixedType())
        return self._private(found[1], lengths=True, table=False)

    def computed(self, node: ast.expr) -> tuple[ast.expr, ...]:
        """The ends and the scale of a declared variable's range where not all of them are constant; else none.

        They are public expressions of the function: `x: private[fixed(-reach, reach)] = ...`.
        """
        found = self._subscript(node)
        if not found or found[0] != "private" or not isinstance(found[1], ast.Call):
            return ()
        call = self._range(found[1])
        if self._name(call.func) not in ("int", "fixed") or not 2 <= len(call.args) <= 3 or call.keywords:
            return ()
        return () if all(map(self._is_constant, call.args)) else tuple(call.args)

    def _range(self, node: ast.expr) -> ast.Call:
        assert isinstance(node, ast.Call)
        return node

    def _is_constant(self, node: ast.expr) -> bool:
        names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
        return not any(isinstance(each, ast.Call | ast.Attribute | ast.Subscript) for each in ast.walk(node)) and all(
            name in self.constants.values for name in names
        )

    def table(self, name: str, call: ast.Call) -> TableType:
        """The row type that `name = table(column=T, ...)` defines."""
        for positional in call.args:
            self._refuse(positional, "a column without a name", f"write table(name={self.source.fragment(positional)})")
        if not call.keywords:
            self._refuse(call, "a table without columns", "write table(age=int(0, 150))")
        if len(call.keywords) > MAX_COLUMNS:
            self._refuse(call, f"a table of more than {MAX_COLUMNS} columns", "split it, or hold an array")
        columns: dict[str, ElementType] = {}
        for keyword in call.keywords:
            column = keyword.arg or ""
            if column in TABLE_MEMBERS or column.startswith("_"):
                hint = f"call it {column.strip('_')}_" if column in TABLE_MEMBERS else f"call it {column.strip('_')}"
                self._refuse(keyword, f"{column} cannot be a column: the table itself answers to it", hint, UnknownName)
            columns[column] = self._element(keyword.value)
        return TableType(name, tuple(columns.items()))

    # ------------------------------------------------------------ parts

    def _is_array(self, node: ast.expr) -> bool:
        """Whether this is `int(lo, hi)[n]` or the like."""
        if not isinstance(node, ast.Subscript):
            return False
        element = node.value.func if isinstance(node.value, ast.Call) else node.value
        return self._name(element) in ("int", "fixed", "bool", "category")

    def _name(self, node: ast.expr) -> str:
        return node.id if isinstance(node, ast.Name) else ""

    def _subscript(self, node: ast.expr) -> tuple[str, ast.expr] | None:
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return node.value.id, node.slice
        return None

    def _pair(self, node: ast.expr, inside: ast.expr) -> tuple[ast.expr, ast.expr]:
        if not isinstance(inside, ast.Tuple) or len(inside.elts) != 2:
            self._refuse(node, "a map has a type of its keys and one of its values", "write map[address, int]")
        return inside.elts[0], inside.elts[1]

    def _key(self, node: ast.expr) -> PublicType:
        type_ = self._public(node)
        if not isinstance(type_, _KEYS):
            self._refuse(node, f"{type_} cannot be looked up", "keys are int, text, address, bool or category")
        return type_

    def _private(self, node: ast.expr, *, lengths: bool, table: bool = True) -> PrivateType:
        """What stands inside of `private[...]`; `lengths`: `T[:]` may stand there, `table`: a table's name may."""
        name = self._name(node)
        if name in self.tables:
            if not table:
                hint = "hold one table: its rows remember their owners, and each owner can withdraw"
                self._refuse(node, "a table inside of something", hint)
            return PrivateType(self.tables[name])
        found = self._subscript(node)
        if found and found[0] in ("private", "public"):
            self._refuse(node, "private once is enough", f"write {self.source.fragment(found[1])} in its place")
        if found and found[0] in ("list", "set", "map"):
            self._containers(node, found[0])
        if isinstance(node, ast.Subscript):
            return PrivateType(self._array(node, lengths=lengths))
        return PrivateType(self._element(node))

    def _containers(self, node: ast.expr, name: str) -> NoReturn:
        self._refuse(
            node,
            f"a private {name} would hide how much it holds",
            "hold map[address, private[T]], an array private[T[100]], or a table",
        )

    def _array(self, node: ast.Subscript, *, lengths: bool) -> ArrayType:
        element = self._element(node.value)
        extents = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        shape = tuple(self._extent(each, lengths=lengths) for each in extents)
        if not shape or len(shape) > MAX_AXES:
            self._refuse(node.slice, f"an array has 1 to {MAX_AXES} axes", f"write {element}[10]")
        if math.prod(n or 1 for n in shape) > MAX_ELEMENTS:
            self._refuse(node, f"an array of more than {MAX_ELEMENTS} elements", "hold a table, or less", SourceRange)
        return ArrayType(element, shape)

    def _extent(self, node: ast.expr, *, lengths: bool) -> int | None:
        if isinstance(node, ast.Slice):
            if node.lower or node.upper or node.step:
                self._refuse(node, "a length, not a part of something", "write [10], or [:] for any length")
            if not lengths:
                self._refuse(node, "a field's length is fixed", "write how many elements there are: [10]")
            return None
        extent = self.constants.value(node)
        if type(extent) is not int or extent < 1:
            self._refuse(node, "a length is a whole number, at least 1", "write [10], or [:] for any length")
        return extent

    def _element(self, node: ast.expr) -> ElementType:
        """One private element: its range is known and fits into the ring."""
        type_ = self._public(node)
        if not isinstance(type_, IntType | FixedType | BoolType | CategoryType):
            hint = f"private values are {_ELEMENTS}"
            self._refuse(node, f"{type_} cannot be private: the committee computes with numbers", hint)
        if isinstance(type_, IntType | FixedType):
            if type_.lo is None or type_.hi is None:
                example = "int(0, 10**6)" if isinstance(type_, IntType) else "fixed(-100, 100)"
                reason = f"a private {type_} needs its range: what the committee computes with has a known size"
                self._refuse(node, reason, f"write {example}, with the least and the largest value")
            self._ring(node, type_.lo, type_.hi, type_.scale if isinstance(type_, FixedType) else 0)
        return type_

    def _ring(self, node: ast.expr, lo: int | Decimal, hi: int | Decimal, scale: int) -> None:
        step = 1 << scale
        least, most = (
            bound * step if isinstance(bound, int) else math.floor(CONTEXT.multiply(bound, Decimal(step)))
            for bound in (lo, hi)
        )
        try:
            number(least, most, scale, Kind.FIXED if scale else Kind.INT)
        except RangeError as error:
            self._refuse(node, error.message, "narrow the range, or keep fewer fractional bits", SourceRange)

    def _public(self, node: ast.expr) -> PublicType:
        """A plain type."""
        match node:
            case ast.Name():
                return self._plain(node)
            case ast.Call(func=ast.Name() as function):
                return self._ranged(node, function)
            case ast.Subscript(value=ast.Name() as container):
                return self._container(node, container)
            case ast.Constant(value=str() as text):
                self._refuse(node, "a type is written without quotes", f"write {text}")
            case ast.Constant(value=None) | ast.BinOp(op=ast.BitOr()):
                hint = "choose one type, and a value of it that means nothing: 0, or an empty text"
                self._refuse(node, "a value has one type, and None is none", hint)
            case ast.Subscript():
                self._refuse(node, "an array is private, a public sequence is a list", "write private[T[n]] or list[T]")
        hint = f"write {_ELEMENTS}, text, address, list[T], set[T] or map[K, V]"
        raise self.source.problem(WrongType, node, "this is not a type", hint)

    def _plain(self, node: ast.Name) -> PublicType:
        simple: dict[str, PublicType] = {
            "int": IntType(),
            "fixed": FixedType(),
            "bool": BoolType(),
            "text": TextType(),
            "address": AddressType(),
        }
        name = node.id
        if name in simple:
            return simple[name]
        if name == "document":
            self._refuse(node, "a document rests in DHT, and only a parameter is one", "DHT[key] = parameter stores it")
        if name in self.tables:
            self._refuse(node, f"{name} is a table, and the rows of tables are private", f"write private[{name}]")
        if name in ("list", "set", "map", "private", "public"):
            example = "map[address, int]" if name == "map" else f"{name}[int]"
            self._refuse(node, f"{name} of what", f"write {example}, with the type in square brackets")
        if name in ("category", "table"):
            hint = (
                'write category("android", "ios")'
                if name == "category"
                else "write Name = table(...) at the left margin"
            )
            self._refuse(node, f"{name} of what", hint)
        raise self._unknown(node, name)

    def _unknown(self, node: ast.expr, name: str) -> SourceProblem:
        known = [*(TYPES - {"Contract", "tuple"}), *self.tables]
        other = _OTHER_NAMES.get(name)
        hint = f"did you mean {other}?" if other else suggestion(name, known) or f"types are {', '.join(sorted(known))}"
        return self.source.problem(UnknownName, node, f"there is no type {name}", hint)

    def _container(self, node: ast.Subscript, container: ast.Name) -> PublicType:
        name = container.id
        if name == "private":
            hint = "hold map[address, private[T]], an array private[T[100]], or a table"
            self._refuse(node, "private values do not stand inside of public ones", hint)
        if name == "public":
            self._refuse(node, "public stands outside of everything, and only on fields", "leave this public away")
        if name in ("list", "set"):
            of = self._public(node.slice) if name == "list" else self._key(node.slice)
            return ListType(of) if name == "list" else SetType(of)
        if name == "map":
            key, value = self._pair(node, node.slice)
            return MapType(self._key(key), self._public(value))
        if name in ("int", "fixed", "bool", "category"):
            hint = f"write private[{name}(...)[n]] for a private array, list[{name}] for a public list"
            self._refuse(node, "an array is private, a public sequence is a list", hint)
        if name in TYPES or name in self.tables:
            self._refuse(node, f"{name} holds nothing in square brackets", f"write {name}")
        raise self._unknown(container, name)

    # ------------------------------------------------------------ types with arguments

    def _ranged(self, node: ast.Call, function: ast.Name) -> PublicType:
        match function.id:
            case "int":
                lo, hi = self._bounds(node, ("lo", "hi"), "int(0, 100)")
                for bound, value in zip(self._written(node), (lo, hi), strict=True):
                    if type(value) is not int:
                        self._refuse(
                            bound, "a bound of an int is a whole number", "write a whole number, or fixed(lo, hi)"
                        )
                return IntType(lo, hi)
            case "fixed":
                return self._fixed(node)
            case "category":
                return self._category(node)
            case "table":
                self._refuse(node, "a table has a name", "write Name = table(...) at the left margin, and Name here")
            case "list" | "set" | "map" | "private" | "public" as name:
                inside = ", ".join(self.source.fragment(each) for each in node.args)
                self._refuse(node, f"{name} takes its type in square brackets", f"write {name}[{inside}]")
            case "bool" | "text" | "address" as name:
                self._refuse(node, f"{name} has no range", f"write {name}")
        if function.id in self.tables:
            self._refuse(node, f"{function.id} is a table, not a function", f"write private[{function.id}]")
        raise self._unknown(function, function.id)

    def _written(self, node: ast.Call) -> list[ast.expr]:
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def _bounds(self, node: ast.Call, names: Sequence[str], example: str) -> list[Constant]:
        """The constant arguments of a type, by their names; `lo` and `hi` are in order."""
        found: dict[str, Constant] = dict(zip(names, map(self.constants.value, node.args), strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in names or keyword.arg in found:
                self._refuse(keyword, f"no place for {keyword.arg}", f"write {example}")
            found[keyword.arg] = self.constants.value(keyword.value)
        if len(node.args) > len(names) or not {"lo", "hi"} <= found.keys():
            self._refuse(node, "a range has two ends, both included", f"write {example}")
        for bound in (found["lo"], found["hi"]):
            if isinstance(bound, bool) or not isinstance(bound, int | Decimal):
                self._refuse(node, "the ends of a range are numbers", f"write {example}")
        if found["lo"] > found["hi"]:
            reason = f"an empty range: {found['lo']} is more than {found['hi']}"
            self._refuse(node, reason, f"write the lower end first: {found['hi']}, {found['lo']}", SourceRange)
        return [found[name] for name in names if name in found]

    def _fixed(self, node: ast.Call) -> FixedType:
        lo, hi, *rest = self._bounds(node, ("lo", "hi", "scale"), "fixed(-90, 90)")
        scale = rest[0] if rest else DEFAULT_SCALE
        if type(scale) is not int or not 0 <= scale <= MAX_SCALE:
            reason = f"a scale is a number of fractional bits, 0 to {MAX_SCALE}"
            self._refuse(self._written(node)[-1], reason, f"leave it away: it is {DEFAULT_SCALE}")
        return FixedType(Decimal(lo), Decimal(hi), scale)

    def _category(self, node: ast.Call) -> CategoryType:
        values = [self.constants.value(each) for each in node.args]
        for keyword in node.keywords:
            self._refuse(keyword, "a category takes a number or labels", 'write category("android", "ios")')
        if len(values) == 1 and type(values[0]) is int:
            if not 2 <= values[0] <= MAX_CATEGORIES:
                hint = "use int(0, n) for more" if values[0] > 1 else 'write category(2), or category("no", "yes")'
                self._refuse(node.args[0], f"a category has 2 to {MAX_CATEGORIES} values", hint, SourceRange)
            return CategoryType(values[0])
        for written, label in zip(node.args, values, strict=True):
            if not isinstance(label, str) or not label:
                self._refuse(written, "a label is a text", 'write category("android", "ios"), or category(2)')
            if values.index(label) < node.args.index(written):
                self._refuse(written, f"the label {label!r} stands here twice", "leave one of them away")
        if not 2 <= len(values) <= MAX_CATEGORIES:
            hint = 'write category("no", "yes")'
            self._refuse(node, f"a category has 2 to {MAX_CATEGORIES} values", hint, SourceRange)
        return CategoryType(len(values), tuple(values))


def annotations_of(module: Module) -> Annotations:
    """The reader of the annotations inside of a module's functions: `private[T]` variables. Build it once a module."""
    imported = {
        name: each.module.tables[each.name] for name, each in module.imports.items() if each.name in each.module.tables
    }
    return Annotations(constants_of(module), {**imported, **module.tables})
