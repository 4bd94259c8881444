"""Going over things: what a loop, a comprehension and `sum` have in common."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enigma.contract.vyper.body import Body
from enigma.contract.vyper.expressions import term
from enigma.contract.vyper.fields import value_at
from enigma.contract.vyper.kinds import INT, Sort, list_of
from enigma.contract.vyper.lists import appended
from enigma.contract.vyper.term import Place, Term, combined, several, whole

ROUNDS = """@internal
@pure
def _0rounds(start: int256, stop: int256, step: int256) -> uint256:
    assert step != 0, "a step of zero never arrives"
    if (step > 0) and (start < stop):
        return convert((stop - start - 1) // step + 1, uint256)
    if (step < 0) and (start > stop):
        return convert((start - stop - 1) // (-step) + 1, uint256)
    return 0
"""


@dataclass(frozen=True)
class Rounds:
    """How often, and what there is in the round of a number (an uint256, from 0)."""

    count: str
    at: Callable[[str], Term]


Bind = Callable[[ast.expr, Term], None]


def over(
    b: Body, items: ast.expr, target: ast.expr, bind: Bind, body: Callable[[], None], within: Sequence[ast.AST]
) -> None:
    """A loop over what an expression gives; `within`: the code that runs in it."""
    rounds = rounds_of(b, items, within)
    with b.rounds(rounds.count) as i:
        unpacked(b, target, rounds.at(i), bind)
        body()


def unpacked(b: Body, target: ast.expr, value: Term, bind: Bind) -> None:
    """`target = value` where a target may be several names."""
    if isinstance(target, ast.Tuple | ast.List):
        if value.kind.sort is not Sort.TUPLE:
            b.refuse(target, f"{value.kind} is unpacked, on the chain", "name its items: items[0], items[1]")
        if len(value.parts) != len(target.elts):
            b.refuse(target, f"{len(value.parts)} values for {len(target.elts)} names", "give each a name")
        for part, each in zip(target.elts, value.parts, strict=True):
            unpacked(b, part, each, bind)
        return
    bind(target, value)


def rounds_of(b: Body, node: ast.expr, within: Sequence[ast.AST] = ()) -> Rounds:
    """What a loop goes over: as it is when the loop begins, whatever changes in it later."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]) if 1 <= len(args) <= 3:
            return _range(b, node, b.terms(args))
        case ast.Call(func=ast.Name(id="enumerate"), args=[items, *start], keywords=[]) if len(start) <= 1:
            inner = rounds_of(b, items, within)
            first = b.kept(_whole(b, start[0], term(b, start[0]))) if start else whole(0)
            return Rounds(inner.count, lambda i: several([_number(first, i), inner.at(i)]))
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as args, keywords=[]):
            return _zip(b, [rounds_of(b, each, within) for each in args])
        case ast.Call(func=ast.Name(id="reversed"), args=[items], keywords=[]):
            inner = rounds_of(b, items, within)
            return Rounds(inner.count, lambda i: inner.at(f"({inner.count} - 1 - {i})"))
        case ast.Call(func=ast.Attribute(value=of, attr="keys" | "values" | "items" as what), args=[], keywords=[]):
            target = term(b, of)
            if target.place is not None and target.kind.sort is Sort.MAP:
                return _of_map(b, node, target.place, what)
    return rounds_over(b, node, term(b, node), within)


def rounds_over(b: Body, node: ast.AST, value: Term, within: Sequence[ast.AST] = ()) -> Rounds:
    """The same for a value that is there."""
    if value.parts:
        if len({part.kind for part in value.parts}) > 1:
            b.refuse(node, "a loop over a tuple of different kinds, on the chain", "give its items one kind")
        value = b.kept(Term(f"[{', '.join(part.text for part in value.parts)}]", list_of(value.parts[0].kind)))
    if value.kind.sort is Sort.NOTHING and not value.variable:
        b.refuse(node, "a loop over nothing", "leave it away")
    if value.kind.sort is Sort.MAP and value.place is not None:
        return _of_map(b, node, value.place, "keys")
    if not value.kind.sequence:
        b.refuse(node, f"a loop over {value.kind}, on the chain", "ranges, lists, sets and maps are looped over there")
    if value.place is not None or not value.text.isidentifier() or _touched(value.variable, within):
        value = b.kept(value)
    count = b.name()
    b.add(f"{count}: uint256 = len({value.text})")
    return Rounds(count, lambda i: Term(f"{value.text}[{i}]", value.kind.item))


def _touched(name: str, within: Sequence[ast.AST]) -> bool:
    """Whether code may change a local list: it is assigned, one of its methods is called, or an item is set."""
    inside = [each for part in within for each in ast.walk(part)]
    owners = [each.value for each in inside if isinstance(each, ast.Attribute | ast.Subscript)]
    stored = [each for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return bool(name) and any(isinstance(each, ast.Name) and each.id == name for each in [*owners, *stored])


def _whole(b: Body, node: ast.AST, value: Term) -> Term:
    if value.kind != INT:
        b.refuse(node, f"{value.kind} where a whole number is counted with", "int(x) cuts a fraction off")
    return value


def _number(first: Term, i: str) -> Term:
    counted = Term(f"convert({i}, int256)", INT)
    return counted if first.literal == 0 else combined(f"({first.text} + {counted.text})", INT, first)


def _range(b: Body, node: ast.AST, bounds: list[Term]) -> Rounds:
    # Copies: what the loop assigns to the variables of its bounds changes nothing.
    bounds = [b.kept(_whole(b, node, each)) for each in bounds]
    start = bounds[0] if len(bounds) > 1 else whole(0)
    stop = bounds[1] if len(bounds) > 1 else bounds[0]
    step = bounds[2] if len(bounds) > 2 else whole(1)
    b.half.helper("_0rounds", ROUNDS)
    count = b.name()
    b.add(f"{count}: uint256 = self._0rounds({start.text}, {stop.text}, {step.text})")
    if step.literal == 1:
        return Rounds(count, lambda i: _number(start, i))
    return Rounds(count, lambda i: Term(f"({start.text} + convert({i}, int256) * {step.text})", INT))


def _zip(b: Body, parts: list[Rounds]) -> Rounds:
    for other in parts[1:]:
        b.want(f"{parts[0].count} == {other.count}", "lists of different lengths side by side")
    return Rounds(parts[0].count, lambda i: several([part.at(i) for part in parts]))


def _of_map(b: Body, node: ast.AST, place: Place, what: str) -> Rounds:
    kind = b.half.fields[place.name]
    keys = b.kept(Term(place.text, list_of(kind.item)))
    count = b.name()
    b.add(f"{count}: uint256 = len({keys.text})")

    def key(i: str) -> Term:
        return Term(f"{keys.text}[{i}]", kind.item)

    if what == "keys":
        return Rounds(count, key)
    value_at(b, node, place, keys)  # refused where they are private
    if not kind.of[1].scalar:
        b.refuse(node, f"a loop over lists in {place.what}, on the chain", f"loop over its keys: {place.what}[key]")
    values = b.variable(list_of(kind.of[1]))
    b.add(f"{values} = []")
    with b.rounds(count) as i:
        b.add(f"{values}.append({place.values}[{keys.text}[{i}]])")

    def value(i: str) -> Term:
        return Term(f"{values}[{i}]", kind.of[1])

    return Rounds(count, value if what == "values" else lambda i: several([key(i), value(i)]))


def materialized(b: Body, node: ast.AST, rounds: Rounds) -> Term:
    """A new list of what a loop goes over."""
    sample = rounds.at("0").kind
    if not sample.scalar:
        b.refuse(node, f"a list of what is {sample}, on the chain", "keep a list for each part")
    made = b.variable(list_of(sample))
    b.add(f"{made} = []")
    with b.rounds(rounds.count) as i:
        appended(b, made, rounds.at(i).text)
    return Term(made, list_of(sample), True)
