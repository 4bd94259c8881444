"""Lists and sets on the chain: a set is a list in which each item stands once, in the order of its first coming."""

from __future__ import annotations

import ast

from enigma.contract.vyper import fields
from enigma.contract.vyper.arithmetic import as_whole, compared
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import BOOL, INT, MOST_ITEMS, Kind, Sort, list_of, set_of
from enigma.contract.vyper.term import EMPTY, Term, boolean, combined

UNIQUE = """@internal
@pure
def {name}(items: {kind}) -> {kind}:
    # Each once, in the order of its first coming.
    result: {kind} = []
    for i: uint256 in range(len(items), bound={most}):
        known: bool = False
        for j: uint256 in range(len(result), bound={most}):
            if result[j] == items[i]:
                known = True
                break
        if not known:
            result.append(items[i])
    return result
"""

CONTAINS = """@internal
@pure
def {name}(items: {kind}, item: {of}) -> bool:
    for i: uint256 in range(len(items), bound={most}):
        if items[i] == item:
            return True
    return False
"""


def filled(b: Body, lists: list[Term]) -> Term:
    """Several lists in a row: a new one."""
    result = b.variable(lists[0].kind)
    b.add(f"{result} = {lists[0].text}")
    for each in lists[1:]:
        items = b.kept(each)
        with b.rounds(f"len({items.text})") as i:
            appended(b, result, f"{items.text}[{i}]")
    return Term(result, lists[0].kind, True)


def appended(b: Body, name: str, item: str) -> None:
    """One more item of a list of our own."""
    b.want(f"len({name}) < {MOST_ITEMS}", f"a list of more than {MOST_ITEMS} items on the chain")
    b.add(f"{name}.append({item})")


def of_sets(b: Body, node: ast.AST, sign: str, left: Term, right: Term) -> Term:
    """Union, intersection, difference."""
    if left.kind != right.kind:
        b.refuse(node, "sets of different things", "both sides have items of one kind")
    left, right = b.kept(left), b.kept(right)
    name = contains_helper(b, left.kind)
    if sign == "|":
        result = filled(b, [left])
        with b.rounds(f"len({right.text})") as i, b.block(f"if not self.{name}({left.text}, {right.text}[{i}]):"):
            appended(b, result.text, f"{right.text}[{i}]")
        return Term(result.text, left.kind, True)
    made = b.variable(left.kind)
    b.add(f"{made} = []")
    word = "" if sign == "&" else "not "
    with b.rounds(f"len({left.text})") as i, b.block(f"if {word}self.{name}({right.text}, {left.text}[{i}]):"):
        b.add(f"{made}.append({left.text}[{i}])")
    return Term(made, left.kind, True)


def contains_helper(b: Body, kind: Kind) -> str:
    """The function that looks for an item in a list."""
    name = f"_0contains_{kind.item.sort.name.lower()}"
    of = kind.item.vyper
    b.half.helper(name, CONTAINS.format(name=name, kind=kind.vyper, of=of, most=MOST_ITEMS))
    return name


def unique(b: Body, items: Term) -> Term:
    """`set(items)`."""
    kind = set_of(items.kind.item)
    name = f"_0unique_{kind.item.sort.name.lower()}"
    b.half.helper(name, UNIQUE.format(name=name, kind=kind.vyper, most=MOST_ITEMS))
    return combined(f"self.{name}({items.text})", kind, items)


def contains(b: Body, node: ast.AST, container: Term, item: Term) -> Term:
    """`item in container`."""
    if container.place is not None and container.place.has:
        return fields.contains(b, node, container.place, item)
    if container.parts:
        item = b.simple(item)
        found = [compared(b, node, "==", item, each) for each in container.parts if _alike(each, item)]
        return combined(f"({' or '.join(each.text for each in found)})" if found else "False", BOOL, *found)
    if container.kind.sort is Sort.NOTHING and not container.variable:
        b.kept(item)
        return boolean(value=False)
    if not container.kind.sequence:
        b.refuse(node, f"`in` {container.kind}, on the chain", "lists, sets and maps contain things there")
    if container.kind.item != item.kind:
        if container.kind.item == INT and item.kind == BOOL:
            item = as_whole(item)
        else:
            b.refuse(node, f"{item.kind} among things that are {container.kind.item}", "look for one of them")
    name = contains_helper(b, container.kind)
    return combined(f"self.{name}({container.text}, {item.text})", BOOL, container, item)


def _alike(a: Term, b: Term) -> bool:
    return a.kind == b.kind or (a.kind.number and b.kind.number)


def display(b: Body, node: ast.AST, items: list[Term]) -> Term:
    """A list that is written out."""
    if not items:
        return EMPTY
    kind = items[0].kind
    for item in items:
        if not item.kind.scalar:
            b.refuse(node, f"a list of what is {item.kind}, on the chain", "keep a list for each part")
        if item.kind != kind:
            b.refuse(node, f"a list of {kind} and {item.kind}", "items of one kind")
    made = f"[{', '.join(item.text for item in items)}]"
    return Term(b.kept(Term(made, list_of(kind))).text, list_of(kind), True)


def shared(b: Body, node: ast.AST, value: Term) -> None:
    """A list or set that is seen under a second name from here on: it may not change then."""
    if value.variable and not value.kind.scalar:
        b.shared.setdefault(value.variable, node)
    elif value.place is not None:
        copy = "set" if value.kind.sort is Sort.SET else "list"
        reason = f"{value.place.what} under another name: what changes in one would change in the other"
        b.refuse(node, reason, f"make a copy: {copy}({b.source.fragment(node)})")
