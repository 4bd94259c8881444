"""Statements, one function for each form of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from enigma.contract.reading.signs import sign_of
from enigma.contract.vyper import containers, fields, ledger
from enigma.contract.vyper.arithmetic import joined
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.expressions import condition, term
from enigma.contract.vyper.kinds import MOST_ROUNDS, Kind, Sort
from enigma.contract.vyper.lists import shared
from enigma.contract.vyper.loops import over, unpacked
from enigma.contract.vyper.term import Term


def run(b: Body, statements: Sequence[ast.stmt]) -> None:
    """Statements in order, up to the first that ends the block: Vyper has none after it."""
    for node in statements:
        if b.ended:
            return
        form = _FORMS.get(type(node))
        if form is None:
            b.no_form(node, "this form has no meaning on the chain", "do it in a @private function")
        form(b, node)


def _assign(b: Body, node: Any) -> None:
    target = node.targets[0]
    if isinstance(target, ast.Subscript):
        if isinstance(target.value, ast.Name) and target.value.id == "L":
            ledger.write(b, target, node.value)
            return
        value = term(b, node.value)
        shared(b, node.value, value)
        value = b.kept(value)
        container = term(b, target.value)
        [key] = b.terms([target.slice])
        containers.set_item(b, target, container, key, value)
        return
    if isinstance(target, ast.Attribute) and ledger.is_ledger(node.value):
        kind = b.half.fields.get(target.attr)
        value = ledger.no_kind(b, node.value) if kind is None else ledger.read(b, node.value, kind)
        assign(b, target, value)
        return
    value = term(b, node.value)
    if isinstance(target, ast.Tuple | ast.List):
        # All values are there before the first name changes.
        for part in value.parts:
            if not part.kind.scalar and (part.variable or part.place):
                b.refuse(node.value, "a list, set or map among several values", "give it a name in a line of its own")
        value = b.kept(value)
    assign(b, target, value)


def assign(b: Body, target: ast.expr, value: Term) -> None:
    """`target = value`."""
    if isinstance(target, ast.Name):
        shared(b, target, value)
        if value.variable and not value.kind.scalar:
            b.shared.setdefault(target.id, target)
        b.assign(target, target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        unpacked(b, target, value, lambda each, part: assign(b, each, part))
    elif isinstance(target, ast.Attribute):
        contract = b.half.contract
        if not (isinstance(target.value, ast.Name) and target.value.id == "self") or target.attr not in contract.fields:
            b.refuse(target, "only fields of the contract can be assigned to", "self.name = value")
        fields.write(b, target, contract.fields[target.attr], value)
    elif isinstance(target, ast.Subscript):
        container, key = b.terms([target.value, target.slice])
        containers.set_item(b, target, container, key, value)
    else:
        b.no_form(target, "nothing can be assigned to this, on the chain", "assign to a name or a field")


def _augment(b: Body, node: Any) -> None:
    target, sign = node.target, sign_of(node.op)
    if isinstance(target, ast.Subscript):
        if isinstance(target.value, ast.Name) and target.value.id == "L":
            b.refuse(target, "L is read and written at once", "read it into a variable first")
        container = term(b, target.value)
        key = b.simple(*b.terms([target.slice]))
        before = b.kept(containers.item(b, target, container, key))
        containers.set_item(b, target, container, key, joined(b, node, sign, before, term(b, node.value)))
        return
    reading = ast.copy_location(
        ast.Name(target.id, ast.Load())
        if isinstance(target, ast.Name)
        else ast.Attribute(target.value, target.attr, ast.Load()),
        target,
    )
    added = ast.copy_location(ast.BinOp(reading, node.op, node.value), node)
    assign(b, target, term(b, added))


def _delete(b: Body, node: Any) -> None:
    for target in node.targets:
        container = term(b, target.value)
        containers.remove_item(b, target, container, *b.terms([target.slice]))


def _if(b: Body, node: Any) -> None:
    test = condition(b, node.test)
    before, ends = set(b.assigned), []
    with b.block(f"if {test.text}:"):
        run(b, node.body)
    ends.append((b.ended, b.assigned))
    b.ended, b.assigned = False, set(before)
    if node.orelse:
        with b.block("else:"):
            run(b, node.orelse)
    ends.append((b.ended, b.assigned))
    open_ends = [assigned for ended, assigned in ends if not ended]
    b.ended = not open_ends
    b.assigned = set.intersection(*open_ends) if open_ends else before


def _loop(b: Body, body: Sequence[ast.stmt]) -> None:
    run(b, body)


def _for(b: Body, node: Any) -> None:
    before = set(b.assigned)

    def bind(target: ast.expr, value: Term) -> None:
        if not isinstance(target, ast.Name):
            b.no_form(target, "a loop that assigns to this, on the chain", "loop over a name")
        b.assign(target, target.id, value)

    over(b, node.iter, node.target, bind, lambda: _loop(b, node.body), node.body)
    b.ended, b.assigned = False, before


def _while(b: Body, node: Any) -> None:
    before = set(b.assigned)
    with b.rounds(str(MOST_ROUNDS)) as i:
        test = condition(b, node.test)
        b.add(f"if not {test.text}:")
        b.add("    break")
        b.want(f"{i} < {MOST_ROUNDS - 1}", "a loop of too many rounds")
        _loop(b, node.body)
    b.ended, b.assigned = False, before


def _return(b: Body, node: Any) -> None:
    value = Term("", Kind(Sort.NONE)) if node.value is None else term(b, node.value)
    if value.kind.sort is Sort.NOTHING and b.result is not None and b.result.sequence and not value.variable:
        value = Term(b.result.empty, b.result, True)
    if value.place is not None or (value.variable in b.parameters and not value.kind.scalar):
        b.lends = True
    if value.kind.sort is Sort.MAP:
        b.refuse(node, "a map is returned, on the chain", "return its keys, or the value under a key")
    if value.kind.sort is Sort.NOTHING:
        b.refuse(node, "an empty list of nobody knows what, on the chain", "return a list of known items")
    for part in value.parts:
        if not (part.kind.scalar or part.kind.sequence):
            b.refuse(node, f"{part.kind} inside of what is returned, on the chain", "return plain values side by side")
    if b.result is not None and b.result != value.kind:
        b.refuse(node, f"{value.kind} is returned here, and {b.result} elsewhere", "return one kind on every path")
    b.result = value.kind
    if value.kind.sort is Sort.NONE:
        b.add("return")
    elif value.parts:
        b.add(f"return ({', '.join(part.text for part in value.parts)})")
    else:
        b.add(f"return {value.text}")
    b.ended = True


def _jump(word: str) -> Callable[[Body, Any], None]:
    def leave(b: Body, _node: Any) -> None:
        b.add(word)
        b.ended = True

    return leave


def _expression(b: Body, node: Any) -> None:
    if isinstance(node.value, ast.Constant):
        return
    made = term(b, node.value)
    if made.kind.sort is not Sort.NONE and not made.steady:
        # It may be refused, or change something.
        b.kept(made)


def _declared(b: Body, node: Any) -> None:
    b.no_form(node, "a private variable has no place on the chain", "do it in a @private function")


_FORMS: dict[type[ast.stmt], Callable[[Body, Any], None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _declared,
    ast.AugAssign: _augment,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: _for,
    ast.While: _while,
    ast.Return: _return,
    ast.Break: _jump("break"),
    ast.Continue: _jump("continue"),
    ast.Expr: _expression,
    ast.Pass: lambda b, node: b.add("pass"),
}
