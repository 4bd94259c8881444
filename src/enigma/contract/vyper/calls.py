"""Calls: of the contract's functions, of helpers, and of what is built in."""

from __future__ import annotations

import ast
from collections.abc import Callable

from enigma.contract.reading.constants import constants_of
from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.typing.scopes import resolved
from enigma.contract.vyper import arithmetic, containers, ledger
from enigma.contract.vyper.arithmetic import as_decimal, as_whole, constant, joined, truth
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.expressions import literal, term
from enigma.contract.vyper.kinds import BOOL, FIXED, INT, TEXT, Kind, Sort
from enigma.contract.vyper.lists import unique
from enigma.contract.vyper.loops import Rounds, materialized, rounds_of
from enigma.contract.vyper.term import EMPTY, NOTHING, Term, several, whole


def call(b: Body, node: ast.Call) -> Term:
    """The value of a call."""
    if isinstance(node.func, ast.Attribute):
        owner, name = node.func.value, node.func.attr
        if isinstance(owner, ast.Name) and owner.id == "self" and name in b.half.contract.functions:
            return _of_the_language(b, node, b.half.contract.functions[name], b.half.module)
        if isinstance(owner, ast.Name) and owner.id in ("L", "DHT", "MPC"):
            return ledger.call(b, node)
        return containers.method(b, node)
    assert isinstance(node.func, ast.Name)
    module, name = resolved(b.module, node.func.id)
    if name in module.functions:
        return _of_the_language(b, node, module.functions[name], module)
    form = _BUILT_IN.get(node.func.id)
    if form is None:
        b.refuse(node, f"`{node.func.id}` is not computed on the chain", "compute it in a @private function")
    if node.keywords and node.func.id != "emit":
        b.refuse(node, f"arguments by name, of `{node.func.id}`, on the chain", "write them in their order")
    return form(b, node)


# ---------------------------------------------------------------- functions of the language


def _of_the_language(b: Body, node: ast.Call, function: Function, module: Module) -> Term:
    if function.where is Where.PRIVATE:
        b.refuse(node, f"`{function.name}` runs on the committee, and `{b.function.name}` on the chain",
                 f"make {b.function.name} a @private function")  # fmt: skip
    values = b.terms([*node.args, *(keyword.value for keyword in node.keywords)])
    names = [p.name for p in function.parameters]
    if len(node.args) > len(names):
        b.refuse(node, f"{function.name} takes {len(names)} arguments", f"{function.name}({', '.join(names)})")
    given = dict(zip(names, values, strict=False))
    given.update((str(k.arg), v) for k, v in zip(node.keywords, values[len(node.args) :], strict=True))
    arguments = []
    for parameter in function.parameters:
        if parameter.name not in given:
            if parameter.default is None:
                b.refuse(node, f"{function.name} is called without `{parameter.name}`", f"{function.name}(...)")
            given[parameter.name] = literal(b, node, constants_of(module).value(parameter.default))
        value = given[parameter.name]
        if parameter.type is not None:
            value = b.half.argument(b, node, value, function, parameter)
        arguments.append(value)
    compiled = b.half.compiled(b, node, function, module, arguments)
    for value in arguments:
        if value.place is not None and value.place.name in compiled.changes:
            b.refuse(node, f"`{function.name}` changes {value.place.what} while it reads it as an argument",
                     f"hand over a copy: list({value.place.what})")  # fmt: skip
        if value.variable and not value.kind.scalar and not compiled.result.scalar:
            b.shared.setdefault(value.variable, node)
    for change in compiled.changes:
        b.changed(change)
    written = f"self.{compiled.name}({', '.join(value.text for value in arguments)})"
    if compiled.lends:
        b.refuse(node, f"`{function.name}` returns a list that somebody else holds", "return a copy of it: list(...)")
    result = compiled.result
    if result.sort is Sort.NONE:
        b.add(written)
        return NOTHING
    if result.sort is Sort.TUPLE:
        parts = [Term(b.variable(kind), kind, True) for kind in result.of]
        b.add(f"{', '.join(part.text for part in parts)} = {written}")
        return several(parts)
    return b.kept(Term(written, result))


# ---------------------------------------------------------------- what is built in


def _one(b: Body, node: ast.Call) -> Term:
    if len(node.args) != 1:
        b.refuse(node, f"{b.source.fragment(node.func)} takes one value", "write one")
    return term(b, node.args[0])


def _require(b: Body, node: ast.Call) -> Term:
    from enigma.contract.vyper.expressions import condition

    holds = condition(b, node.args[0])
    mark = len(b.lines)
    message = term(b, node.args[1])
    if len(b.lines) > mark and not holds.steady:
        inner = b.lines[mark:]
        del b.lines[mark:]
        holds = b.kept(holds)
        b.lines += inner
    if message.kind != TEXT:
        b.refuse(node.args[1], f"a message is a text, not {message.kind}", 'require(condition, "why not")')
    if message.literal is None or not message.text.startswith('"'):
        name = b.variable(TEXT)
        b.add(f"{name} = {message.text}")
        message = Term(name, TEXT, True)
    b.add(f"assert {holds.text}, {message.text}")
    return NOTHING


def _emit(b: Body, node: ast.Call) -> Term:
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
        b.refuse(node, "an event's name is written out, on the chain", 'emit("Name", key=value)')
    name = node.args[0].value
    values = b.terms([keyword.value for keyword in node.keywords])
    given = {}
    for keyword, value in zip(node.keywords, values, strict=True):
        if not (value.kind.scalar or value.kind.sequence):
            b.refuse(keyword.value, f"{value.kind} in an event of the chain", "numbers, texts, addresses, booleans, "
                     "and lists of them stand there")  # fmt: skip
        given[str(keyword.arg)] = value
    ordered = b.half.event(b, node, name, {key: value.kind for key, value in given.items()})
    b.changed("an event")
    b.add(f"log {name}({', '.join(f'{key}={given[key].text}' for key in ordered)})")
    return NOTHING


def _len(b: Body, node: ast.Call) -> Term:
    value = _one(b, node)
    if value.parts:
        return whole(len(value.parts))
    if value.kind.sort is Sort.NOTHING and not value.variable:
        return whole(0)
    if value.kind == TEXT:
        b.refuse(node, "the length of a text, on the chain: there it is counted in bytes", "keep it in a number")
    if not (value.kind.sequence or value.kind.sort in (Sort.MAP, Sort.NOTHING)):
        b.refuse(node, f"{value.kind} has no length", "lists, sets and maps have")
    return b.count(value)


def _extreme(word: str, sign: str) -> Callable[[Body, ast.Call], Term]:
    def choose(b: Body, node: ast.Call) -> Term:
        if len(node.args) == 1:
            rounds = rounds_of(b, node.args[0])
            b.want(f"{rounds.count} != 0", f"{word} of nothing")
            kind = _number_kind(b, node, rounds)
            result = b.kept(Term(rounds.at("0").text, kind))
            with b.rounds(rounds.count) as i, b.block(f"if {rounds.at(i).text} {sign} {result.text}:"):
                b.add(f"{result.text} = {rounds.at(i).text}")
            return result
        values = b.terms(node.args)
        if len({value.kind for value in values}) > 1 or values[0].kind not in (INT, FIXED):
            b.refuse(node, f"the {word} of different kinds, on the chain", "give all one kind of number")
        result = b.kept(values[0])
        result = Term(b.variable(result.kind), result.kind, True) if result.literal is not None else result
        if values[0].literal is not None:
            b.add(f"{result.text} = {values[0].text}")
        for value in values[1:]:
            other = b.simple(value)
            with b.block(f"if {other.text} {sign} {result.text}:"):
                b.add(f"{result.text} = {other.text}")
        return result

    return choose


def _number_kind(b: Body, node: ast.AST, rounds: Rounds) -> Kind:
    kind = rounds.at("0").kind
    if kind not in (INT, FIXED):
        b.refuse(node, f"{kind} where numbers are asked for", "numbers are ordered and summed on the chain")
    return kind


def _sum(b: Body, node: ast.Call) -> Term:
    rounds = rounds_of(b, node.args[0])
    kind = rounds.at("0").kind
    if not kind.number:
        b.refuse(node, f"a sum of what is {kind}", "numbers are summed")
    start = term(b, node.args[1]) if len(node.args) > 1 else whole(0)
    if FIXED in (kind, start.kind):
        start = as_decimal(b, node, start)
    total = Term(b.variable(start.kind), start.kind, True)
    b.add(f"{total.text} = {as_whole(start).text}")
    with b.rounds(rounds.count) as i:
        b.add(f"{total.text} = {joined(b, node, '+', total, rounds.at(i)).text}")
    return total


def _logic(*, is_any: bool) -> Callable[[Body, ast.Call], Term]:
    def decide(b: Body, node: ast.Call) -> Term:
        rounds = rounds_of(b, node.args[0])
        result = Term(b.variable(BOOL), BOOL, True)
        b.add(f"{result.text} = {not is_any}")
        with b.rounds(rounds.count) as i:
            holds = truth(b, node, rounds.at(i)).text
            with b.block(f"if {holds}:" if is_any else f"if not {holds}:"):
                b.add(f"{result.text} = {is_any}")
        return result

    return decide


def _abs(b: Body, node: ast.Call) -> Term:
    value = b.simple(as_whole(_one(b, node)))
    if value.kind not in (INT, FIXED):
        b.refuse(node, f"abs of {value.kind}", "numbers have a size")
    return Term(f"({value.text} if {value.text} >= 0 else 0 - {value.text})", value.kind, value.steady)


def _bool(b: Body, node: ast.Call) -> Term:
    return truth(b, node, _one(b, node))


def _int(b: Body, node: ast.Call) -> Term:
    if len(node.args) == 1 and ledger.is_ledger(node.args[0]):
        return ledger.read(b, node.args[0], INT)
    return arithmetic.without_fraction(b, node, _one(b, node))


def _rounded(b: Body, node: ast.Call) -> Term:
    value = _one(b, node)
    if value.kind not in (INT, BOOL):
        b.refuse(node, f"{b.source.fragment(node.func)} of {value.kind}, on the chain", "int(x) cuts the fraction off")
    return as_whole(value)


def _text(b: Body, node: ast.Call) -> Term:
    value = _one(b, node)
    if isinstance(value.literal, int) and not isinstance(value.literal, bool):
        return constant(b, node, str(value.literal))
    return arithmetic.spelled(b, node, value)


def _list(b: Body, node: ast.Call) -> Term:
    return materialized(b, node, rounds_of(b, node.args[0])) if node.args else EMPTY


def _set(b: Body, node: ast.Call) -> Term:
    if not node.args:
        return EMPTY
    value = materialized(b, node, rounds_of(b, node.args[0]))
    return b.kept(unique(b, value))


def _map(b: Body, node: ast.Call) -> Term:
    if node.args:
        b.refuse(node, "a map that is made of pairs, on the chain", "declare it as a field, and set its keys")
    return EMPTY


def _divmod(b: Body, node: ast.Call) -> Term:
    left, right = (b.simple(each) for each in b.terms(node.args))
    return several([b.kept(joined(b, node, "//", left, right)), b.kept(joined(b, node, "%", left, right))])


def _sorted(b: Body, node: ast.Call) -> Term:
    rounds = rounds_of(b, node.args[0])
    _number_kind(b, node, rounds)
    items = materialized(b, node, rounds)
    name = b.name()
    with b.rounds(f"len({items.text})") as i, b.rounds(i) as j:
        place = f"{i} - 1 - {j}"
        with b.block(f"if {items.text}[{place}] <= {items.text}[{place} + 1]:"):
            b.add("break")
        b.add(f"{name}: int256 = {items.text}[{place}]")
        b.add(f"{items.text}[{place}] = {items.text}[{place} + 1]")
        b.add(f"{items.text}[{place} + 1] = {name}")
    return items


def _loop_list(b: Body, node: ast.Call) -> Term:
    return materialized(b, node, rounds_of(b, node))


_BUILT_IN: dict[str, Callable[[Body, ast.Call], Term]] = {
    "require": _require,
    "emit": _emit,
    "len": _len,
    "min": _extreme("min", "<"),
    "max": _extreme("max", ">"),
    "sum": _sum,
    "any": _logic(is_any=True),
    "all": _logic(is_any=False),
    "abs": _abs,
    "bool": _bool,
    "int": _int,
    "as_int": _int,
    "round": _rounded,
    "floor": _rounded,
    "ceil": _rounded,
    "trunc": _rounded,
    "text": _text,
    "list": _list,
    "set": _set,
    "map": _map,
    "divmod": _divmod,
    "sorted": _sorted,
    "reversed": _loop_list,
    "range": _loop_list,
}
