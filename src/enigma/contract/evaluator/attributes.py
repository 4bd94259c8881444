"""`x.name`: fields of the contract, columns of tables, what is public about an array, and methods."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import Any

from enigma.array import Array
from enigma.contract.evaluator.callables import BuiltIn, FunctionValue
from enigma.contract.evaluator.choice import want_visible
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.methods import METHODS, kind_of
from enigma.contract.evaluator.names import Self
from enigma.contract.evaluator.places import PrivateMap, PrivateTable
from enigma.contract.types import MapType, PrivateType, TableType
from enigma.contract.values.conform import constant, public
from enigma.contract.values.containers import OrderedSet, Rows
from enigma.contract.values.numbers import CONTEXT, Unfit, described
from enigma.errors import SourceLeak, UnknownName

_OF_ARRAYS = ("shape", "ndim", "size", "T", "mT", "range", "scale")


def read(m: Machine, f: Frame, node: ast.Attribute) -> Any:
    """The value of an attribute."""
    from enigma.contract.evaluator.expressions import evaluate

    target = evaluate(m, f, node.value)
    name = node.attr
    if isinstance(target, Self):
        return field(m, f, node)
    if isinstance(target, Array) and name in _OF_ARRAYS:
        return _of_array(m, target, name)
    if isinstance(target, (Rows, PrivateTable)):
        columns = target.type.columns if isinstance(target, Rows) else m.fields.table_type(target.name).columns
        if name in dict(columns):
            column = target.columns[name] if isinstance(target, Rows) else target.column(name)
            return m.labelled(column, dict(columns)[name])
        if name == "owners" and isinstance(target, PrivateTable):
            assert m.context is not None
            return m.fields.owners(target.name, m.context.sender)
        choices = [*dict(columns), *METHODS["table"]]
    else:
        choices = [*METHODS.get(kind_of(target), {}), *(_OF_ARRAYS if isinstance(target, Array) else ())]
    method = METHODS.get(kind_of(target), {}).get(name)
    if method is not None:
        return BuiltIn(name, method, (target,))
    near = get_close_matches(name, choices, 1)
    what = f"a {kind_of(target)}" if kind_of(target) in METHODS else f"a {described(target)}"
    hint = f"did you mean `{near[0]}`?" if near else f"there is {', '.join(sorted(choices)) or 'nothing'}"
    raise f.source.problem(UnknownName, node, f"{what} has no `{name}`", hint)


def _of_array(m: Machine, target: Array, name: str) -> Any:
    match name:
        case "shape" | "ndim" | "size" | "scale":
            return getattr(target, name)
        case "range":
            step = 1 << target.scale
            bounds = (target.node.type.lo, target.node.type.hi)
            return bounds if target.scale == 0 else tuple(CONTEXT.divide(_decimal(b), _decimal(step)) for b in bounds)
        case _:
            m.meter.array(target.size)
            return target.T if name == "T" else target.mT


def _decimal(value: int) -> Any:
    return CONTEXT.create_decimal(value)


def field(m: Machine, f: Frame, node: ast.Attribute) -> Any:
    """`self.name`."""
    name = node.attr
    contract = f.module.contract
    assert contract is not None
    if name in contract.functions:
        return FunctionValue(contract.functions[name], f.module)
    if name not in contract.fields:
        near = get_close_matches(name, [*contract.fields, *contract.functions], 1)
        hint = f"did you mean self.{near[0]}?" if near else "declare it: name: public[...] or private[...]"
        raise f.source.problem(UnknownName, node, f"the contract has no `{name}`", hint)
    type_ = contract.fields[name].type
    if isinstance(type_, PrivateType):
        if isinstance(type_.of, TableType):
            return PrivateTable(name, m)
        return m.labelled(m.fields.get((name, None), m.input), type_.of)
    if isinstance(type_, MapType) and isinstance(type_.value, PrivateType):
        return PrivateMap(name, m)
    if name not in m.fields.public:
        raise Unfit(f"self.{name} has no value yet", "give it one where it is declared, or in __init__")
    value = m.fields.public[name]
    if isinstance(value, (list, dict, OrderedSet)):
        m.fields.handed_out[name] = None
    return value


def set_field(m: Machine, f: Frame, node: ast.Attribute, value: Any) -> None:
    """`self.name = value`."""
    contract = f.module.contract
    assert contract is not None
    if node.attr not in contract.fields:
        m.refuse(f, node, UnknownName, f"the contract has no field `{node.attr}`", "declare it in the class")
    type_ = contract.fields[node.attr].type
    if m.on_chain and isinstance(type_, PrivateType):
        raise Unfit(
            f"self.{node.attr} is private, and a @public function runs on the chain", "make it a @private function"
        )
    if isinstance(type_, PrivateType):
        if isinstance(type_.of, TableType):
            raise Unfit(f"self.{node.attr} is a table", f"self.{node.attr}.append(rows) adds, .withdraw() takes out")
        if not m.fields.has((node.attr, None)):
            want_visible(m, f, node, f"the first value of self.{node.attr}", "write a value to it before")
        m.fields.set((node.attr, None), value if isinstance(value, Array) else constant(value))
        return
    if isinstance(value, Array) and value.secret:
        m.refuse(f, node, SourceLeak, f"self.{node.attr} is public: what is stored there becomes known",
                 f"declare {node.attr} as private[...], or store reveal(x, to=everyone)")  # fmt: skip
    want_visible(m, f, node, f"a change of the public field self.{node.attr}", "make the field private")
    if isinstance(value, Array):
        from enigma.contract.evaluator.expressions import plain_value

        value = plain_value(m, value)
    m.meter.hold(m.meter.walk(value))
    m.fields.public[node.attr] = public(value, type_, f"self.{node.attr}")
