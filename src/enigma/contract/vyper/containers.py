"""Lists, sets and maps: their items and methods, of fields of the chain and of local variables."""

from __future__ import annotations

import ast
from collections.abc import Callable

from enigma.contract.types import MapType, PrivateType
from enigma.contract.vyper import fields
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.expressions import term
from enigma.contract.vyper.fields import conformed, item_type
from enigma.contract.vyper.kinds import INT, MOST_ITEMS, Sort, list_of, set_of
from enigma.contract.vyper.lists import appended, contains_helper
from enigma.contract.vyper.loops import materialized, rounds_of
from enigma.contract.vyper.term import NOTHING, Place, Term, combined

INDEX = """@internal
@pure
def _0index(place: int256, count: uint256) -> uint256:
    length: int256 = convert(count, int256)
    assert (place >= -length) and (place < length), "no such index of the list"
    return convert(place if place >= 0 else place + length, uint256)
"""

SLICE = """@internal
@pure
def _0bound(place: int256, count: uint256) -> uint256:
    # A bound of a slice beyond the list is its end.
    length: int256 = convert(count, int256)
    found: int256 = place
    if place < 0:
        found = 0
        if place > -length:
            found = place + length
    if found > length:
        found = length
    return convert(found, uint256)
"""


def index(b: Body, node: ast.AST, target: Term, place: Term) -> str:
    """The place of an item, counted from the end where it is negative; an uint256."""
    if place.kind != INT:
        b.refuse(node, f"an index is a whole number, not {place.kind}", "int(x) cuts a fraction off")
    b.half.helper("_0index", INDEX)
    return f"self._0index({place.text}, len({target.text}))"


def item(b: Body, node: ast.AST, target: Term, place: Term) -> Term:
    """`target[place]`."""
    if target.place is not None and target.kind.sort is Sort.MAP:
        found = fields.key(b, node, target.place, place, checked=False)
        if target.place.values:
            fields.want_key(b, target.place, found)
        return fields.value_at(b, node, target.place, found)
    if target.parts:
        if not isinstance(place.literal, int) or not -len(target.parts) <= place.literal < len(target.parts):
            b.refuse(node, "a place of a tuple that is not known, on the chain", "write its number")
        return target.parts[place.literal]
    if target.kind.sort is not Sort.LIST:
        b.refuse(node, f"{target.kind} has no elements to index, on the chain", "lists and maps have")
    if target.place is None and not target.text.isidentifier():
        target = b.kept(target)
    return combined(f"{target.text}[{index(b, node, target, place)}]", target.kind.item, Term("", INT))


def sliced(b: Body, node: ast.Subscript) -> Term:
    """`items[first:end]`: a new list."""
    part = node.slice
    assert isinstance(part, ast.Slice)
    if part.step is not None:
        b.refuse(part.step, "a slice with a step, on the chain", "[items[i] for i in range(first, end, step)]")
    items, *bounds = b.terms([node.value, *(each for each in (part.lower, part.upper) if each is not None)])
    if items.kind.sort is not Sort.LIST:
        b.refuse(node, f"a part of {items.kind}, on the chain", "lists have parts there")
    items = b.kept(items)
    b.half.helper("_0bound", SLICE)
    first, end = b.name(), b.name()
    given = iter(bounds)
    for name, each, otherwise in ((first, part.lower, "0"), (end, part.upper, f"len({items.text})")):
        bound = otherwise
        if each is not None:
            value = next(given)
            if value.kind != INT:
                b.refuse(each, f"a bound is a whole number, not {value.kind}", "int(x) cuts a fraction off")
            bound = f"self._0bound({value.text}, len({items.text}))"
        b.add(f"{name}: uint256 = {bound}")
    made = b.variable(items.kind)
    b.add(f"{made} = []")
    with b.rounds(f"{end} - {first} if {end} > {first} else 0") as i:
        b.add(f"{made}.append({items.text}[{first} + {i}])")
    return Term(made, items.kind, True)


# ---------------------------------------------------------------- changes


def changing(b: Body, node: ast.AST, target: Term) -> None:
    """Something in a list, set or map changes: it is a field, or a list of this function alone."""
    if target.place is not None:
        b.changed(target.place.name)
    elif target.variable:
        b.grown.setdefault(target.variable, node)
    else:
        b.refuse(node, "what is changed here has no name", "change a field, or a variable")


def set_item(b: Body, node: ast.AST, target: Term, place: Term, value: Term) -> None:
    """`target[place] = value`."""
    if target.place is not None and target.kind.sort is Sort.MAP:
        if not target.place.values:
            fields.value_at(b, node, target.place, place)
        found = fields.key(b, node, target.place, place, checked=True)
        assert isinstance(target.place.type, MapType)
        assert not isinstance(target.place.type.value, PrivateType)
        type_ = target.place.type.value
        fitting = b.kept(conformed(b, node, value, type_, target.place.what))
        fields.put(b, target.place, found)
        b.add(f"{target.place.values}[{found.text}] = {fitting.text}")
        return
    if target.kind.sort is not Sort.LIST:
        b.refuse(node, f"{target.kind} does not change by index, on the chain", "lists and maps do")
    changing(b, node, target)
    fitting = b.kept(_fitting(b, node, target, value))
    b.add(f"{target.text}[{index(b, node, target, place)}] = {fitting.text}")


def _fitting(b: Body, node: ast.AST, target: Term, value: Term) -> Term:
    """A value as an item of a list or set."""
    if target.place is not None:
        return conformed(b, node, value, item_type(target.place), target.place.what)
    if target.kind.sort is Sort.NOTHING:
        if not value.kind.scalar:
            b.refuse(node, f"a list of what is {value.kind}, on the chain", "keep a list for each part")
        return value
    if value.kind != target.kind.item:
        b.refuse(node, f"{value.kind} among things that are {target.kind.item}", "items of one kind")
    return value


def remove_item(b: Body, node: ast.AST, target: Term, place: Term) -> None:
    """`del target[place]`."""
    if target.place is not None and target.kind.sort is Sort.MAP:
        found = fields.key(b, node, target.place, place, checked=False)
        fields.want_key(b, target.place, found)
        fields.dropped(b, target.place, found)
        return
    if target.kind.sort is not Sort.LIST:
        b.refuse(node, f"nothing is deleted from {target.kind}, on the chain", "lists and maps lose items by del")
    changing(b, node, target)
    name = b.name()
    b.add(f"{name}: uint256 = {index(b, node, target, place)}")
    _closed(b, target, name)


def _closed(b: Body, target: Term, place: str) -> None:
    """The items after one that goes move up."""
    with b.rounds(f"len({target.text}) - 1 - {place}") as i:
        b.add(f"{target.text}[{place} + {i}] = {target.text}[{place} + {i} + 1]")
    b.add(f"{target.text}.pop()")


# ---------------------------------------------------------------- methods

Method = Callable[[Body, ast.Call, Term, list[Term]], Term]


def method(b: Body, node: ast.Call) -> Term:
    """`target.name(...)`."""
    assert isinstance(node.func, ast.Attribute)
    target = term(b, node.func.value)
    name, sort = node.func.attr, target.kind.sort
    if sort is Sort.NOTHING:
        sort = Sort.SET if name == "add" else Sort.LIST
    found = _METHODS.get((sort, name))
    if found is None:
        b.refuse(node, f"`.{name}` of {target.kind}, on the chain", "do it in a @private function")
    if node.keywords:
        b.refuse(node, "arguments by name, of a method", "write them in their order")
    least, most, form = found
    if not least <= len(node.args) <= most:
        b.refuse(node, f".{name} takes {least} argument{'s' * (least != 1)}", "see the language's table of methods")
    return form(b, node, target, b.terms(node.args))


def _append(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    changing(b, node, target)
    fitting = _fitting(b, node, target, args[0])
    if target.variable:
        b.kinds.setdefault(target.variable, list_of(fitting.kind))
        appended(b, target.text, fitting.text)
        return NOTHING
    fitting = b.simple(fitting)
    assert target.place is not None
    b.want(f"len({target.text}) < {MOST_ITEMS}", f"{target.place.what} is full")
    b.add(f"{target.text}.append({fitting.text})")
    return NOTHING


def _pop(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    changing(b, node, target)
    name = b.name()
    b.add(f"{name}: uint256 = {index(b, node, target, args[0] if args else Term('-1', INT, True))}")
    gone = b.kept(Term(f"{target.text}[{name}]", target.kind.item))
    _closed(b, target, name)
    return gone


def _index(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    return Term(f"convert({_found(b, node, target, args[0])}, int256)", INT, True)


def _found(b: Body, node: ast.Call, target: Term, item_: Term) -> str:
    if target.kind.sort is not Sort.LIST or item_.kind != target.kind.item:
        b.refuse(node, f"{item_.kind} among things that are {target.kind}", "look for one of them")
    item_, place, known = b.simple(item_), b.name(), b.name()
    b.add(f"{place}: uint256 = 0")
    b.add(f"{known}: bool = False")
    with b.rounds(f"len({target.text})") as i, b.block(f"if {target.text}[{i}] == {item_.text}:"):
        b.add(f"{place} = {i}")
        b.add(f"{known} = True")
        b.add("break")
    b.want(known, "there is no such item in the list")
    return place


def _remove(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    changing(b, node, target)
    _closed(b, target, _found(b, node, target, args[0]))
    return NOTHING


def _add(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    changing(b, node, target)
    if target.place is not None:
        fields.put(b, target.place, fields.key(b, node, target.place, args[0], checked=True))
        return NOTHING
    fitting = b.simple(_fitting(b, node, target, args[0]))
    kind = b.kinds.setdefault(target.variable, set_of(fitting.kind))
    with b.block(f"if not self.{contains_helper(b, kind)}({target.text}, {fitting.text}):"):
        appended(b, target.text, fitting.text)
    return NOTHING


def _taken(b: Body, node: ast.Call, target: Term, item_: Term, *, must: bool) -> Term:
    """`discard` and `remove` of a set."""
    changing(b, node, target)
    if target.place is not None:
        gone = fields.key(b, node, target.place, item_, checked=False)
        if must:
            fields.want_key(b, target.place, gone)
            fields.dropped(b, target.place, gone)
            return NOTHING
        with b.block(f"if {target.place.has}[{gone.text}]:"):
            fields.dropped(b, target.place, gone)
        return NOTHING
    gone = b.simple(_fitting(b, node, target, item_))
    if must:
        b.want(
            f"self.{contains_helper(b, target.kind)}({target.text}, {gone.text})", "there is no such item in the set"
        )
    left = b.variable(target.kind)
    b.add(f"{left} = []")
    with b.rounds(f"len({target.text})") as i, b.block(f"if {target.text}[{i}] != {gone.text}:"):
        b.add(f"{left}.append({target.text}[{i}])")
    b.add(f"{target.text} = {left}")
    return NOTHING


def _field_map(b: Body, node: ast.Call, target: Term) -> Place:
    if target.place is None:
        b.refuse(node, "a map that is no field, on the chain", "declare it as a field")
    return target.place


def _get(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    place = _field_map(b, node, target)
    if len(args) < 2:
        b.refuse(node, "`.get` without another value gives None, on the chain", "map.get(key, default)")
    found = fields.key(b, node, place, args[0], checked=False)
    value = fields.value_at(b, node, place, found)
    kind = value.kind
    if args[1].kind != kind:
        b.refuse(node, f"either {kind} or {args[1].kind}", "give both one kind")
    result = b.kept(Term(args[1].text, kind))
    b.add(f"if {place.has}[{found.text}]:")
    b.add(f"    {result.text} = {value.text}")
    return result


def _map_pop(b: Body, node: ast.Call, target: Term, args: list[Term]) -> Term:
    place = _field_map(b, node, target)
    found = fields.key(b, node, place, args[0], checked=False)
    if len(args) == 1:
        fields.want_key(b, place, found)
        gone = b.kept(Term(fields.value_at(b, node, place, found).text, b.half.fields[place.name].of[1]))
        fields.dropped(b, place, found)
        return gone
    result = _get(b, node, target, args)
    with b.block(f"if {place.has}[{found.text}]:"):
        fields.dropped(b, place, found)
    return result


def _whole(b: Body, node: ast.Call, _target: Term, _args: list[Term]) -> Term:
    return materialized(b, node, rounds_of(b, node))


_METHODS: dict[tuple[Sort, str], tuple[int, int, Method]] = {
    (Sort.LIST, "append"): (1, 1, _append),
    (Sort.LIST, "pop"): (0, 1, _pop),
    (Sort.LIST, "remove"): (1, 1, _remove),
    (Sort.LIST, "index"): (1, 1, _index),
    (Sort.SET, "add"): (1, 1, _add),
    (Sort.SET, "discard"): (1, 1, lambda b, node, target, args: _taken(b, node, target, args[0], must=False)),
    (Sort.SET, "remove"): (1, 1, lambda b, node, target, args: _taken(b, node, target, args[0], must=True)),
    (Sort.MAP, "get"): (1, 2, _get),
    (Sort.MAP, "pop"): (1, 2, _map_pop),
    (Sort.MAP, "keys"): (0, 0, _whole),
    (Sort.MAP, "values"): (0, 0, _whole),
    (Sort.MAP, "items"): (0, 0, _whole),
}
"""With the least and most arguments of each."""
