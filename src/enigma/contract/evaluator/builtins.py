"""Built-in functions: Python's, with private values among them, and Enigma's own."""

from __future__ import annotations

import ast
from decimal import Decimal
from functools import reduce
from typing import Any

from enigma import array as xp
from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.predicates import Everyone, at_least, at_most, members, only, only_me, until
from enigma.contract.evaluator.array_functions import ARRAY_FUNCTIONS, as_int, charged
from enigma.contract.evaluator.callables import BuiltIn
from enigma.contract.evaluator.choice import want_visible
from enigma.contract.evaluator.indexing import whole
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.operators import compared, joined, number, operand, truth
from enigma.contract.evaluator.places import PrivateMap, PrivateTable
from enigma.contract.evaluator.revealing import reveal
from enigma.contract.evaluator.stores import DocumentStore, LedgerStore, SecretStore, public_value
from enigma.contract.values.containers import OrderedSet, Rows
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import PART_STEPS
from enigma.contract.values.numbers import CONTEXT, Unfit, comparable, described, is_number, rounded
from enigma.errors import CallRefused, SourceLeak


def _items(m: Machine, value: Any, *, hold: bool = True) -> list[Any]:
    """A public container's items, or an array's elements."""
    if isinstance(value, Array):
        if not value.shape:
            raise Unfit("a single private number is no list")
        m.meter.hold(value.shape[0])
        return list(value)
    if not isinstance(value, (list, tuple, dict, range, OrderedSet, PrivateMap)):
        raise Unfit(f"a {described(value)} is no list")
    if hold:
        m.meter.hold(len(value))
    return list(value)


def _len(_m: Machine, _f: Frame, _node: ast.AST, items: Any) -> int:
    if isinstance(items, Rows):
        return items.count
    if isinstance(items, Array) and not items.shape:
        raise Unfit("a single private number has no length")
    if isinstance(items, (Array, list, tuple, dict, str, range, OrderedSet, PrivateMap, PrivateTable)):
        return len(items)
    raise Unfit(f"a {described(items)} has no length")


def _range(m: Machine, _f: Frame, _node: ast.AST, *bounds: Any) -> range:
    if not 1 <= len(bounds) <= 3:
        raise Unfit("range takes one to three numbers", "range(n), range(first, end), range(first, end, step)")
    numbers = [whole(m, bound, "a bound of range()") for bound in bounds]
    if len(numbers) == 3 and numbers[2] == 0:
        raise Unfit("a step of zero never arrives")
    made = range(*numbers)
    if abs(made.stop - made.start) >= 1 << 62:
        raise Unfit("a range without end", "use while with a condition that everyone may know")
    return made


def _enumerate(m: Machine, _f: Frame, _node: ast.AST, items: Any, start: Any = 0) -> list[Any]:
    return list(enumerate(_items(m, items), whole(m, start, "the first number")))


def _zip(m: Machine, _f: Frame, _node: ast.AST, *items: Any) -> list[Any]:
    lists = [_items(m, each) for each in items]
    if len({len(each) for each in lists}) > 1:
        raise Unfit(
            f"lists of {' and '.join(str(len(each)) for each in lists)} items side by side", "give them one length"
        )
    return list(zip(*lists, strict=True))


def _extreme(name: str) -> Any:
    on_arrays = {"min": xp.min, "max": xp.max}[name]
    pairwise = {"min": xp.minimum, "max": xp.maximum}[name]

    def call(m: Machine, _f: Frame, _node: ast.AST, *values: Any, axis: Any = None, keepdims: Any = False) -> Any:
        if len(values) == 1 and isinstance(values[0], Array):
            return charged(m, on_arrays(number(values[0]), axis=axis, keepdims=keepdims))
        several = _items(m, values[0]) if len(values) == 1 else list(values)
        if not several:
            raise Unfit(f"{name} of nothing", "give at least one value")
        if any(isinstance(each, Array) for each in several):
            return _folded(m, pairwise, [number(each) for each in several])
        if not all(comparable(each, several[0]) for each in several):
            raise Unfit(f"{name} of values that are not ordered")
        return min(several) if name == "min" else max(several)

    return call


def _folded(m: Machine, pairwise: Any, values: list[Any]) -> Any:
    """A balanced tree, so that the rounds grow with the logarithm."""
    while len(values) > 1:
        pairs = [charged(m, pairwise(a, b)) for a, b in zip(values[::2], values[1::2], strict=False)]
        values = pairs + ([values[-1]] if len(values) % 2 else [])
    return values[0]


def _sum(
    m: Machine, _f: Frame, _node: ast.AST, x: Any, start: Any = 0, *, axis: Any = None, keepdims: Any = False
) -> Any:
    if isinstance(x, Array):
        total = charged(m, xp.sum(number(x), axis=axis, keepdims=keepdims))
        return total if is_number(start) and start == 0 else joined(m, "+", total, start)
    return reduce(lambda a, b: joined(m, "+", a, number(b) if isinstance(b, Array) else b), _items(m, x), start)


def _logic(name: str) -> Any:
    on_arrays = {"any": xp.any, "all": xp.all}[name]
    sign = {"any": "|", "all": "&"}[name]

    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if isinstance(x, Array):
            if not x.node.type.is_bool:
                raise Unfit(f"{name} of {x.dtype}", "compare first: x != 0")
            return charged(m, on_arrays(x, axis=axis, keepdims=keepdims))
        items = _items(m, x)
        if not any(isinstance(each, Array) for each in items):
            return any(map(truth, items)) if name == "any" else all(map(truth, items))
        return _folded(m, lambda a, b: joined(m, sign, a, b), items)

    return call


def _abs(m: Machine, _f: Frame, _node: ast.AST, x: Any) -> Any:
    if is_number(x):
        # Python's own abs would round as the interpreter happens to be set.
        return CONTEXT.abs(x) if isinstance(x, Decimal) else abs(int(x))
    return charged(m, xp.abs(number(x) if isinstance(x, Array) else xp.asarray(operand(x))))


def _round(m: Machine, _f: Frame, _node: ast.AST, x: Any, digits: Any = None) -> Any:
    if is_number(x):
        return rounded(x, None if digits is None else whole(m, digits, "the number of digits"))
    if digits is not None:
        raise Unfit("private numbers are rounded to whole ones", "round(x * 100) / 100 keeps two digits")
    return charged(m, xp.astype(xp.round(number(x)), xp.int64))


def _bool(m: Machine, _f: Frame, _node: ast.AST, x: Any) -> Any:
    if isinstance(x, Array):
        return x if x.node.type.is_bool else compared(m, "!=", x, 0)
    return truth(x)


def _sorted(m: Machine, _f: Frame, _node: ast.AST, items: Any, *, reverse: Any = False) -> Any:
    if isinstance(items, Array):
        return charged(m, xp.sort(number(items), descending=truth(reverse)))
    values = _items(m, items)
    if any(isinstance(each, Array) for each in values):
        m.meter.step(PART_STEPS * len(values))
        return charged(m, xp.sort(xp.stack([number(each) for each in values]), descending=truth(reverse)))
    if not all(
        comparable(each, values[0]) or (isinstance(each, Address) and isinstance(values[0], Address)) for each in values
    ):
        raise Unfit("values that are not ordered")
    return sorted(values, reverse=truth(reverse))


def _text(m: Machine, _f: Frame, _node: ast.AST, value: Any) -> str:
    if isinstance(value, Array):
        raise Unfit("a text of a private value would make it known", "reveal it to everyone first", leaks=True)
    if isinstance(value, (bool, int, Decimal, str, Address)):
        return m.meter.text(str(value))
    raise Unfit(f"a text of a {described(value)}", "texts are made of numbers, addresses and texts")


def _require(m: Machine, f: Frame, node: ast.Call, condition: Any, message: Any) -> None:
    if isinstance(condition, Array) and condition.secret:
        fragment = f.source.fragment(node.args[0])
        reason = "a private condition decides whether the call is refused: everyone would learn it"
        rewrite = f"reveal it on purpose: require(reveal({fragment}, to=everyone), ...)"
        m.refuse(f, node.args[0], SourceLeak, reason, rewrite)
    if type(message) is not str:
        raise Unfit(f"a message is a text, not a {described(message)}")
    want_visible(m, f, node, "refusing a call", "the condition and all around it are public")
    if isinstance(condition, Array):
        condition = bool(m.fold(condition))
    if not truth(condition):
        raise CallRefused(
            message, hint=f"{f.source.where(node)} requires {' '.join(f.source.fragment(node.args[0]).split())}"
        )


def _emit(m: Machine, f: Frame, node: ast.Call, name: Any, /, **values: Any) -> None:
    want_visible(m, f, node, "an event", "choose its values in secret, and reveal them before")
    if type(name) is not str:
        raise Unfit(f"an event has a name, not a {described(name)}", 'emit("Name", key=value)')
    m.meter.hold(len(values) + 1)
    m.events.append((name, {key: public_value(m, value) for key, value in values.items()}))


def _set(m: Machine, _f: Frame, _node: ast.AST, items: Any = ()) -> OrderedSet:
    return OrderedSet(key_of(item) for item in _items(m, items))


def _map(m: Machine, _f: Frame, _node: ast.AST, items: Any = ()) -> dict[Any, Any]:
    if isinstance(items, dict):
        m.meter.hold(len(items))
        return dict(items)
    pairs = _items(m, items)
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise Unfit("a map is made of pairs", "map([(key, value), ...])")
    return {key_of(key): value for key, value in pairs}


def _divmod(m: Machine, _f: Frame, _node: ast.AST, x: Any, y: Any) -> tuple[Any, Any]:
    return joined(m, "//", x, y), joined(m, "%", x, y)


def _addresses(value: Any) -> list[Address]:
    items = list(value) if isinstance(value, (list, tuple, OrderedSet)) else [value]
    if not all(isinstance(each, Address) for each in items):
        raise Unfit("a predicate admits addresses", "only([address, ...])")
    return items


_FUNCTIONS: dict[str, Any] = {
    "len": _len,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "sum": _sum,
    "any": _logic("any"),
    "all": _logic("all"),
    "abs": _abs,
    "round": _round,
    "int": as_int,
    "bool": _bool,
    "divmod": _divmod,
    "sorted": _sorted,
    "reversed": lambda m, f, node, items: _items(m, items)[::-1],
    "list": lambda m, f, node, items=(): _items(m, items),
    "tuple": lambda m, f, node, items=(): tuple(_items(m, items)),
    "set": _set,
    "map": _map,
    "text": _text,
    "reveal": reveal,
    "require": _require,
    "emit": _emit,
    "only_me": lambda m, f, node: only_me(),
    "only": lambda m, f, node, addresses: only(_addresses(addresses)),
    "members": lambda m, f, node, identity: members(identity),
    "at_least": lambda m, f, node, count, identity: at_least(whole(m, count, "a count"), identity),
    "until": lambda m, f, node, time: until(whole(m, time, "a time")),
    "at_most": lambda m, f, node, count: at_most(whole(m, count, "a count")),
    **ARRAY_FUNCTIONS,
}

BUILT_IN: dict[str, Any] = {name: BuiltIn(name, call) for name, call in _FUNCTIONS.items()}
"""Everything that a contract can name without defining it, but for the facts of its call."""

BUILT_IN.update(everyone=Everyone(), L=LedgerStore(), DHT=DocumentStore(), MPC=SecretStore())
