"""A contract's fields on the chain: how they are stored, read, written, and given out.

A set is a list in the order of insertion, and a table that says what is in it; a map has its values in a table besides.
Taking something out moves what comes after it, so that the order stays: it costs in proportion to the length.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from enigma.contract.reading.declarations import Field
from enigma.contract.types import CategoryType, FixedType, IntType, MapType, PublicType, SetType
from enigma.contract.vyper.arithmetic import as_decimal, constant
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import BOOL, FIXED, INT, MOST_ITEMS, TEXT, Kind, Sort, kind_of, spelled
from enigma.contract.vyper.term import Place, Term
from enigma.contract.vyper.words import quoted


def storage(fields: Mapping[str, Kind], sure: frozenset[str]) -> list[str]:
    """The declarations of all fields; `sure` have a value as soon as the contract is deployed."""
    lines = []
    for name, kind in fields.items():
        if kind.sort is Sort.MAP:
            key, value = kind.of
            lines.append(f"_{name}: DynArray[{key.vyper}, {MOST_ITEMS}]")
            lines.append(f"_0has_{name}: HashMap[{key.vyper}, bool]")
            if value.sort is not Sort.NONE:
                lines.append(f"_0of_{name}: HashMap[{key.vyper}, {value.vyper}]")
            continue
        lines.append(f"_{name}: {kind.vyper}")
        if kind.sort is Sort.SET:
            lines.append(f"_0has_{name}: HashMap[{kind.item.vyper}, bool]")
        elif kind.scalar and name not in sure:
            lines.append(f"_0set_{name}: bool")
    return lines


def place_of(name: str, type_: PublicType, kind: Kind) -> Place:
    """The place of a field that is a list, set or map."""
    has = f"self._0has_{name}" if kind.sort in (Sort.SET, Sort.MAP) else ""
    values = f"self._0of_{name}" if kind.sort is Sort.MAP and kind.of[1].sort is not Sort.NONE else ""
    return Place(name, type_, f"self._{name}", has, values)


def read(b: Body, node: ast.AST, field: Field) -> Term:
    """`self.name`."""
    kind = b.half.fields.get(field.name)
    if kind is None:
        b.refuse(node, f"self.{field.name} is private, and not on the chain", "ask for it in a @private function")
    assert kind is not None
    if not kind.scalar:
        place = place_of(field.name, field.type, kind)  # type: ignore[arg-type]
        return Term(place.text, kind, place=place)
    if field.name not in b.half.sure:
        b.want(f"self._0set_{field.name}", f"self.{field.name} has no value yet")
    elif b.half.constructing and field.name not in b.half.written:
        b.refuse(node, f"self.{field.name} has no value yet", "assign it first")
    return Term(f"self._{field.name}", kind)


def write(b: Body, node: ast.AST, field: Field, value: Term) -> None:
    """`self.name = value`."""
    kind = b.half.fields.get(field.name)
    if kind is None:
        b.refuse(node, f"self.{field.name} is private, and a @public function runs on the chain",
                 "make it a @private function")  # fmt: skip
    assert kind is not None
    b.changed(field.name)
    if b.depth == 1:
        b.half.written.add(field.name)
    what = f"self.{field.name}"
    if kind.scalar:
        fitting = conformed(b, node, value, field.type, what)  # type: ignore[arg-type]
        b.add(f"self._{field.name} = {fitting.text}")
        if field.name not in b.half.sure:
            b.add(f"self._0set_{field.name} = True")
        return
    place = place_of(field.name, field.type, kind)  # type: ignore[arg-type]
    if kind.sort is Sort.MAP:
        if value.kind.sort is not Sort.NOTHING or value.variable:
            b.refuse(node, f"a whole map is put into {what}", "set its keys one by one, in a loop")
        emptied(b, place)
        return
    fitting = b.kept(conformed(b, node, value, field.type, what))  # type: ignore[arg-type]
    if kind.sort is Sort.SET:
        emptied(b, place)
        items = fitting if fitting.text != "[]" else Term(kind.empty, kind, True)
        with b.rounds(f"len({items.text})") as i:
            b.add(f"{place.has}[{items.text}[{i}]] = True")
            b.add(f"{place.text}.append({items.text}[{i}])")
        return
    b.add(f"{place.text} = {fitting.text}")


def emptied(b: Body, place: Place) -> None:
    """Everything is taken out of a set or map."""
    with b.rounds(f"len({place.text})") as i:
        b.add(f"{place.has}[{place.text}[{i}]] = False")
        if place.values:
            kind = b.half.fields[place.name].of[1]
            b.add(f"{place.values}[{place.text}[{i}]] = {kind.empty}")
    b.add(f"{place.text} = []")


# ---------------------------------------------------------------- values of declared types


def conformed(b: Body, node: ast.AST, value: Term, type_: PublicType, what: str) -> Term:
    """A value as a place of a declared type takes it; the call is refused where it lies outside."""
    kind = kind_of(type_)
    if kind is None:
        b.refuse(node, f"{what} is {type_}, which the chain does not have", b.half.no_type(type_))
    if value.kind.sort is Sort.NOTHING and kind.sequence:
        if value.variable:
            return Term(f"{value.text}", kind)
        return Term(kind.empty, kind, True)
    if isinstance(type_, CategoryType) and value.kind == TEXT and isinstance(value.literal, str):
        if value.literal not in type_.labels:
            b.refuse(node, f"{what} is {type_}, and {value.literal!r} is none of its labels", "write one of them")
        return constant(b, node, type_.labels.index(value.literal))
    if kind == FIXED and value.kind == INT:
        value = as_decimal(b, node, value)
    if value.kind != kind:
        b.refuse(node, f"{what} is {type_}, and this is {value.kind}", "give it a value of its kind")
    return _ranged(b, node, value, type_, what)


def _ranged(b: Body, node: ast.AST, value: Term, type_: PublicType, what: str) -> Term:
    """Within the declared range: checked here unless it is constant."""
    if value.kind.sequence:
        inner = type_.of  # type: ignore[union-attr]
        if _bounds(inner) is None:
            return value
        value = b.kept(value)
        with b.rounds(f"len({value.text})") as i:
            _ranged(b, node, Term(f"{value.text}[{i}]", value.kind.item, True), inner, f"{what}")
        return value
    bounds = _bounds(type_)
    if bounds is None:
        return value
    lo, hi = bounds
    message = f"{what} is {type_}, and this lies outside"
    if value.literal is not None:
        number = int(value.text.strip("()")) if value.text != "min_value(int256)" else -(2**255)
        if not lo <= number <= hi:
            b.refuse(node, message, f"it is {lo} at least and {hi} at most" if value.kind == INT else "see its type")
        return value
    value = b.simple(value)
    b.want(f"({value.text} >= {_bound(lo)}) and ({value.text} <= {_bound(hi)})", message)
    return value


def _bound(value: int) -> str:
    return "min_value(int256)" if value == -(2**255) else str(value)


def _bounds(type_: object) -> tuple[int, int] | None:
    if isinstance(type_, CategoryType):
        return 0, type_.count - 1
    if isinstance(type_, IntType) and type_.lo is not None and type_.hi is not None:
        return type_.lo, type_.hi
    if isinstance(type_, FixedType) and type_.lo is not None and type_.hi is not None:
        lo, hi = spelled(type_.lo), spelled(type_.hi)
        assert lo is not None
        assert hi is not None
        return lo, hi
    return None


# ---------------------------------------------------------------- keys


def item_type(place: Place) -> PublicType:
    """The declared type of a set's items, of a map's keys, of a list's items."""
    return place.type.key if isinstance(place.type, MapType) else place.type.of  # type: ignore[union-attr]


def key(b: Body, node: ast.AST, place: Place, value: Term, *, checked: bool) -> Term:
    """A key of a set or map, to be looked for, or (`checked`) to be put in."""
    type_ = item_type(place)
    kind = b.half.fields[place.name].item
    if isinstance(type_, CategoryType) and isinstance(value.literal, str):
        value = conformed(b, node, value, type_, f"a key of {place.what}")
    if kind == FIXED and value.kind == INT:
        value = as_decimal(b, node, value)
    if value.kind != kind:
        b.refuse(node, f"{value.kind} is looked for among the keys of {place.what}, which are of {type_}",
                 "ask for a key of its type")  # fmt: skip
    what = f"a key of {place.what}" if not place.values and isinstance(place.type, MapType) else place.what
    return b.simple(_ranged(b, node, value, type_, what) if checked else value)


def contains(b: Body, node: ast.AST, place: Place, value: Term) -> Term:
    """`key in self.field` of a set or map."""
    private = isinstance(place.type, MapType) and not place.values
    found = key(b, node, place, value, checked=private)
    return Term(f"{place.has}[{found.text}]", BOOL)


def put(b: Body, place: Place, item: Term) -> None:
    """An item or a key goes in, at the end where it was not there."""
    b.changed(place.name)
    with b.block(f"if not {place.has}[{item.text}]:"):
        b.want(f"len({place.text}) < {MOST_ITEMS}", f"{place.what} is full")
        b.add(f"{place.text}.append({item.text})")
        b.add(f"{place.has}[{item.text}] = True")


def dropped(b: Body, place: Place, item: Term) -> None:
    """What is there goes out."""
    b.changed(place.name)
    kind = b.half.fields[place.name]
    clear = f"\n    {place.values}[key] = {kind.of[1].empty}" if place.values else ""
    b.half.helper(f"_0drop_{place.name}", f"""@internal
def _0drop_{place.name}(key: {kind.item.vyper}):
    {place.has}[key] = False{clear}
    found: bool = False
    for i: uint256 in range(len({place.text}), bound={MOST_ITEMS}):
        if found:
            {place.text}[i - 1] = {place.text}[i]
        elif {place.text}[i] == key:
            found = True
    {place.text}.pop()
""")  # fmt: skip
    b.add(f"self._0drop_{place.name}({item.text})")


def value_at(b: Body, node: ast.AST, place: Place, found: Term) -> Term:
    """`self.map[key]`, of a key that is there."""
    kind = b.half.fields[place.name].of[1]
    if not place.values:
        b.refuse(node, f"the values of {place.what} are private, and not on the chain",
                 "its keys are: ask whether a key is in it, or for their number")  # fmt: skip
    text = f"{place.values}[{found.text}]"
    if kind.sort is Sort.LIST:
        assert isinstance(place.type, MapType)
        inner = Place(place.name, place.type.value, text)  # type: ignore[arg-type]
        return Term(text, kind, place=inner)
    return Term(text, kind)


def want_key(b: Body, place: Place, found: Term) -> None:
    """The call is refused where a key is not there."""
    word = "item in the set" if isinstance(place.type, SetType) else "key in the map"
    b.want(f"{place.has}[{found.text}]", f"there is no such {word}")


# ---------------------------------------------------------------- from outside


def getters(fields: Mapping[str, Kind], sure: frozenset[str]) -> dict[str, str]:
    """View functions that give a field's value: by their names."""
    made = {}
    for name, kind in fields.items():
        if kind.sort is Sort.MAP:
            keys, value = kind.of
            if value.sort is not Sort.NONE:
                made[name] = (
                    f"@external\n@view\ndef {name}(key: {keys.vyper}) -> {value.vyper}:\n"
                    f"    assert self._0has_{name}[key], {quoted('there is no such key in the map')}\n"
                    f"    return self._0of_{name}[key]\n"
                )
            many = f"DynArray[{keys.vyper}, {MOST_ITEMS}]"
            made[f"{name}_keys"] = f"@external\n@view\ndef {name}_keys() -> {many}:\n    return self._{name}\n"
            continue
        known = kind.scalar and name not in sure
        check = f"    assert self._0set_{name}, {quoted(f'{name} has no value yet')}\n" if known else ""
        made[name] = f"@external\n@view\ndef {name}() -> {kind.vyper}:\n{check}    return self._{name}\n"

    return made
