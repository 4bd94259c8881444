"""Expressions, one function for each form of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from enigma.contract.dictionaries.addresses import Address, spells_address
from enigma.contract.reading.constants import constants_of
from enigma.contract.reading.declarations import Where
from enigma.contract.reading.signs import sign_of
from enigma.contract.typing.scopes import resolved
from enigma.contract.values.containers import OrderedSet
from enigma.contract.vyper import fields
from enigma.contract.vyper.arithmetic import as_whole, compared, constant, joined, negated, truth
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import ADDRESS, BOOL, INT, Kind, Sort, list_of
from enigma.contract.vyper.lists import appended, contains, display, filled, of_sets, shared, unique
from enigma.contract.vyper.term import EMPTY, NOTHING, Term, combined, several
from enigma.errors import UnknownName


def term(b: Body, node: ast.expr) -> Term:
    """The value of an expression."""
    form = _FORMS.get(type(node))
    if form is None:
        b.no_form(node, "this form has no meaning on the chain", "do it in a @private function")
    return form(b, node)


def condition(b: Body, node: ast.expr) -> Term:
    """An expression that decides: its truth."""
    if isinstance(node, ast.BoolOp):
        return _logic(b, node, deciding=True)
    return truth(b, node, term(b, node))


def _constant(b: Body, node: Any) -> Term:
    if node.value is None:
        return NOTHING
    if isinstance(node.value, str) and spells_address(node.value):
        return address(node.value)
    return constant(b, node, node.value)


def address(written: str) -> Term:
    """An address that is written out: Vyper wants its capitals to be a checksum, so it goes through its number."""
    return Term(f"convert(convert({int(written, 16)}, uint160), address)", ADDRESS, True)


def _name(b: Body, node: Any) -> Term:
    name = node.id
    if name in b.unavailable:
        b.refuse(node, b.unavailable[name], "reveal it to everyone in a @private function first")
    if name in b.bound:
        return b.bound[name]
    if name in b.kinds or name in b.unknown:
        return _variable(b, node)
    if name == "self":
        b.refuse(node, f"`{name}` by itself, on the chain", "call it, or name what is meant of it")
    facts = {"sender": ("msg.sender", ADDRESS), "this": ("self", ADDRESS), "deployer": ("_0DEPLOYER", ADDRESS),
             "now": ("convert(block.timestamp, int256)", INT)}  # fmt: skip
    module, found = resolved(b.module, name)
    if found in module.constants:
        return literal(b, node, constants_of(module).values[found])
    if name in facts and b.function.where is not Where.HELPER:
        return Term(*facts[name], True)
    if name == "senders":
        b.refuse(node, "the chain knows only the one who sends", "write sender; several sign for a @private function")
    if name in ("DHT", "MPC"):
        b.refuse(node, f"{name} is not on the chain", "use it in a @private function")
    raise b.wrong(node, f"`{name}` has no meaning on the chain", "use it in a @private function")


def _variable(b: Body, node: Any) -> Term:
    name = node.id
    if name not in b.assigned:
        raise b.source.problem(UnknownName, node, f"`{name}` may have no value here", f"give {name} a value before, "
                               "whatever the condition")  # fmt: skip
    kind = b.kinds.get(name)
    if kind is None:
        return Term(b.spelled(name), Kind(Sort.NOTHING), variable=name)
    return Term(b.spelled(name), kind, kind.scalar, variable=name)


def literal(b: Body, node: ast.AST, value: Any) -> Term:
    """A constant of the file, wherever it is named."""
    if isinstance(value, Address):
        return address(str(value))
    if isinstance(value, list):
        return display(b, node, [literal(b, node, each) for each in value])
    if isinstance(value, tuple):
        return several([literal(b, node, each) for each in value])
    if isinstance(value, OrderedSet | dict):
        b.refuse(node, "a constant set or map, on the chain", "write a list")
    return NOTHING if value is None else constant(b, node, value)


# ---------------------------------------------------------------- operators


def _binary(b: Body, node: Any) -> Term:
    left, right = b.terms([node.left, node.right])
    sign = sign_of(node.op)
    if left.kind.sort is Sort.SET and right.kind.sort is Sort.SET and sign in ("|", "&", "-"):
        return of_sets(b, node, sign, left, right)
    if sign == "+" and left.kind.sort is Sort.LIST and right.kind == left.kind:
        return filled(b, [left, right])
    return joined(b, node, sign, left, right)


def _unary(b: Body, node: Any) -> Term:
    if isinstance(node.op, ast.Not):
        value = condition(b, node.operand)
        return combined(f"(not {value.text})", BOOL, value)
    value = term(b, node.operand)
    match node.op:
        case ast.USub():
            return negated(b, node, value)
        case ast.UAdd():
            if not value.kind.number:
                b.refuse(node, f"`+` of {value.kind}", "numbers have a sign")
            return as_whole(value)
    if value.kind != BOOL:
        b.refuse(node, f"`~` of {value.kind}", "it inverts a boolean")
    return combined(f"(not {value.text})", BOOL, value)


def _logic(b: Body, node: Any, *, deciding: bool = False) -> Term:
    """`and`, `or`: what comes later is computed only where it decides."""
    is_and = isinstance(node.op, ast.And)
    read = condition if deciding else term
    chosen = read(b, node.values[0])
    for each in node.values[1:]:
        mark = len(b.lines)
        b.depth += 1
        after = read(b, each)
        b.depth -= 1
        for side in (chosen, after):
            if side.kind != BOOL:
                b.refuse(node, "`and` and `or` of other things than booleans, on the chain", "write x if c else y")
        inner = b.lines[mark:]
        del b.lines[mark:]
        if not inner:
            word = "and" if is_and else "or"
            chosen = combined(f"({chosen.text} {word} {after.text})", BOOL, chosen, after)
            continue
        result = b.variable(BOOL)
        b.add(f"{result} = {chosen.text}")
        b.add(f"if {result}:" if is_and else f"if not {result}:")
        b.lines += inner
        b.depth += 1
        b.add(f"{result} = {after.text}")
        b.depth -= 1
        chosen = Term(result, BOOL, True)
    return chosen


def _comparison(b: Body, node: Any) -> Term:
    """All sides are computed, then compared; `in` looks into sets and maps where they are stored."""
    if len(node.ops) == 1 and isinstance(node.comparators[0], ast.Name) and node.comparators[0].id == "L":
        from enigma.contract.vyper import ledger

        found = ledger.has(b, node.left)
        return found if isinstance(node.ops[0], ast.In) else combined(f"(not {found.text})", BOOL, found)
    among = [isinstance(op, ast.In | ast.NotIn) for op in node.ops]
    given = [ast.copy_location(ast.Tuple(each.elts, ast.Load()), each)
             if inside and isinstance(each, ast.List | ast.Set) else each
             for each, inside in zip(node.comparators, among, strict=True)]  # fmt: skip
    sides = b.terms([node.left, *given])
    if len(sides) > 2:
        # All are computed, also where the first comparison decides: one of them may refuse.
        sides = [side if side.place or side.parts else b.simple(side) for side in sides]
    answers = []
    for op, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True):
        sign = sign_of(op)
        if sign in ("in", "not in"):
            found = contains(b, node, right, left)
            answers.append(found if sign == "in" else combined(f"(not {found.text})", BOOL, found))
        else:
            answers.append(compared(b, node, sign, left, right))
    result = answers[0]
    for each in answers[1:]:
        result = combined(f"({result.text} and {each.text})", BOOL, result, each)
    return result


def _conditional(b: Body, node: Any) -> Term:
    test = condition(b, node.test)
    sides = []
    for each in (node.body, node.orelse):
        mark = len(b.lines)
        b.depth += 1
        made = term(b, each)
        shared(b, each, made)
        sides.append((made, b.lines[mark:]))
        del b.lines[mark:]
        b.depth -= 1
    (then, first), (other, second) = sides
    if then.parts or other.parts or not (then.kind.scalar or then.kind.sequence):
        b.refuse(node, f"{then.kind} chosen by a condition, on the chain", "write an if statement")
    if then.kind != other.kind and then.kind.number and other.kind.number:
        b.refuse(node, f"either {then.kind} or {other.kind}", "give both sides one kind: int(x), or 1.0 * x")
    if then.kind != other.kind:
        b.refuse(node, f"either {then.kind} or {other.kind}", "give both sides one kind")
    result = b.variable(then.kind)
    for head, lines, value in ((f"if {test.text}:", first, then), ("else:", second, other)):
        b.add(head)
        b.lines += lines
        b.depth += 1
        b.add(f"{result} = {value.text}")
        b.depth -= 1
    return Term(result, then.kind, True)


# ---------------------------------------------------------------- displays


def _listed(b: Body, node: Any) -> Term:
    items = b.terms(node.elts)
    if isinstance(node, ast.Tuple):
        # Each is computed, also one that nobody looks at: it may refuse.
        return several([b.simple(item) if item.kind.scalar else item for item in items])
    return display(b, node, items)


def _set(b: Body, node: Any) -> Term:
    return b.kept(unique(b, display(b, node, b.terms(node.elts))))


def _map(b: Body, node: Any) -> Term:
    if node.keys:
        b.refuse(node, "a map that is written out, on the chain", "declare it as a field, and set its keys one by one")
    return EMPTY


def _comprehension(b: Body, node: Any) -> Term:
    from enigma.contract.vyper.loops import over

    result = b.name()
    outer = dict(b.bound)
    found: list[Kind] = []

    def bind(target: ast.expr, value: Term) -> None:
        assert isinstance(target, ast.Name)
        b.bound[target.id] = b.kept(value)

    def descend(clauses: list[ast.comprehension]) -> None:
        if not clauses:
            item = term(b, node.elt)
            if not item.kind.scalar:
                b.refuse(node.elt, f"a list of what is {item.kind}, on the chain", "keep a list for each part")
            found.append(item.kind)
            appended(b, result, item.text)
            return
        clause = clauses[0]

        def body() -> None:
            for test in clause.ifs:
                passes = condition(b, test)
                b.add(f"if not {passes.text}:")
                b.add("    continue")
            descend(clauses[1:])

        over(b, clause.iter, clause.target, bind, body, [node])

    b.add(f"{result} = []")
    descend(node.generators)
    b.bound = outer
    b.temporaries[result] = list_of(found[0])
    return Term(result, list_of(found[0]), True)


# ---------------------------------------------------------------- parts


def _attribute(b: Body, node: Any) -> Term:
    contract = b.half.contract
    if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in contract.fields:
        return fields.read(b, node, contract.fields[node.attr])
    raise b.wrong(node, f"`.{node.attr}` has no meaning on the chain", "use it in a @private function")


def _subscript(b: Body, node: Any) -> Term:
    from enigma.contract.vyper import containers, ledger

    if isinstance(node.value, ast.Name) and node.value.id == "L":
        ledger.no_kind(b, node)
    if isinstance(node.slice, ast.Slice):
        return containers.sliced(b, node)
    target, index = b.terms([node.value, node.slice])
    return containers.item(b, node, target, index)


def _call(b: Body, node: Any) -> Term:
    from enigma.contract.vyper.calls import call

    return call(b, node)


_FORMS: dict[type[ast.expr], Callable[[Body, Any], Term]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.Tuple: _listed,
    ast.List: _listed,
    ast.Set: _set,
    ast.Dict: _map,
    ast.ListComp: _comprehension,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
"""Those that can stand on the chain."""
