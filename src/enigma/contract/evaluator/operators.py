"""Operators: public values at once, private ones as array operations; a private bool counts as 0 or 1 among numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from enigma import array as xp
from enigma.array import Array
from enigma.contract.dictionaries.predicates import Predicate
from enigma.contract.evaluator.callables import FunctionValue
from enigma.contract.evaluator.machine import Machine
from enigma.contract.values.conform import plain_array
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.keys import key_of
from enigma.contract.values.numbers import Unfit, binary, comparable, described, equal, is_number

_ON_ARRAYS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

_ON_PUBLIC: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def joined(m: Machine, sign: str, left: Any, right: Any) -> Any:
    """`left sign right` for an arithmetic or logical sign."""
    if isinstance(left, Array) or isinstance(right, Array):
        return _on_arrays(m, sign, left, right)
    if sign == "+" and type(left) is type(right) and isinstance(left, (list, tuple)):
        m.meter.hold(len(left) + len(right))
        return left + right
    if sign == "*" and isinstance(left, (list, tuple)) and isinstance(right, int):
        m.meter.hold(len(left) * max(0, right))
        return left * right
    if sign in ("|", "&", "-") and isinstance(left, OrderedSet) and isinstance(right, OrderedSet):
        m.meter.hold(len(left) + len(right))
        return _sets(sign, left, right)
    if sign in ("&", "|") and all(isinstance(each, Predicate | FunctionValue) for each in (left, right)):
        from enigma.contract.evaluator.stores import predicate_of

        left, right = predicate_of(m, left), predicate_of(m, right)
        return left & right if sign == "&" else left | right
    result = binary(sign, left, right)
    return m.meter.text(result) if isinstance(result, str) else result


def _sets(sign: str, left: OrderedSet, right: OrderedSet) -> OrderedSet:
    if sign == "|":
        return OrderedSet([*left, *right])
    return OrderedSet(item for item in left if (item in right) == (sign == "&"))


def operand(value: Any) -> Any:
    """A public value as an operand beside an array; raises `Unfit`."""
    if isinstance(value, (Array, np.ndarray)) or is_number(value):
        return value
    if isinstance(value, (list, tuple)):
        return plain_array(value)
    raise Unfit(f"a {described(value)} beside a private value", "private values are computed with numbers and booleans")


def number(value: Any) -> Any:
    """An operand with booleans as 0 and 1."""
    value = operand(value)
    if isinstance(value, Array):
        return xp.astype(value, xp.int64) if value.node.type.is_bool else value
    if isinstance(value, bool):
        return int(value)
    return value.astype(np.int64) if _boolean(value) else value


def _boolean(value: Any) -> bool:
    if isinstance(value, Array):
        return value.node.type.is_bool
    return isinstance(value, bool) or (isinstance(value, np.ndarray) and value.dtype == np.bool_)


def _chooses(left: Any, right: Any) -> bool:
    """Whether a boolean is multiplied by private numbers: one joint choice, cheaper than 0 or 1 and a product."""
    return isinstance(left, Array) and isinstance(right, Array) and _boolean(left) != _boolean(right)


def _on_arrays(m: Machine, sign: str, left: Any, right: Any) -> Array:
    for side in (left, right):
        m.meter.walk(side)
    left, right = operand(left), operand(right)
    if sign in ("&", "|", "^") or (sign in ("==", "!=") and _boolean(left) and _boolean(right)):
        if not (_boolean(left) and _boolean(right)):
            raise Unfit(f"`{sign}` joins two booleans", "compare first: x != 0")
    elif not (sign == "*" and _chooses(left, right)):
        left, right = number(left), number(right)
        if sign == "**" and isinstance(right, Array):
            raise Unfit("a private exponent", "powers have a public whole exponent; exp(y * log(x)) for others")
    if sign == "@":
        left, right = (value if isinstance(value, Array) else xp.asarray(value) for value in (left, right))
    elif not isinstance(left, Array) and not is_number(left):
        # NumPy's own operator would take over otherwise.
        left = xp.asarray(left)
    result: Array = _ON_ARRAYS[sign](left, right)
    m.meter.array(result.size)
    return result


def compared(m: Machine, sign: str, left: Any, right: Any) -> Any:
    """`left sign right` for a comparison of two values, `in` included."""
    if sign in ("in", "not in"):
        from enigma.contract.evaluator.stores import DocumentStore, LedgerStore, SecretStore

        stored = isinstance(right, LedgerStore | DocumentStore | SecretStore)
        return (right.has(m, left) if stored else _contains(m, right, left)) == (sign == "in")
    if isinstance(left, Array) or isinstance(right, Array):
        other = right if isinstance(left, Array) else left
        if type(other) is str and sign in ("==", "!="):
            place = _label(m, left if isinstance(left, Array) else right, other)
            left, right = (left, place) if isinstance(left, Array) else (place, right)
            other = place
        if sign in ("==", "!=") and not (is_number(other) or isinstance(other, (Array, list, tuple))):
            raise Unfit(f"a private value is never equal to a {described(other)}", "compare numbers with numbers")
        return _on_arrays(m, sign, left, right)
    if sign in ("==", "!="):
        if isinstance(left, str) != isinstance(right, str) and "Address" in (type(left).__name__, type(right).__name__):
            raise Unfit("an address is compared with a text", "an address is written 0x and 40 hexadecimal digits")
        m.meter.walk([left, right])
        return equal(left, right) == (sign == "==")
    if not comparable(left, right):
        raise Unfit(f"`{sign}` of {described(left)} and {described(right)}", "numbers are ordered, and texts are")
    return _ON_PUBLIC[sign](left, right)


def _label(m: Machine, array: Array, label: str) -> int:
    """The place of a label in the category that an array was declared as."""
    labels = m.labels_of(array)
    if label in labels:
        return labels.index(label)
    if labels:
        raise Unfit("a label that the category does not have", f"there is {', '.join(labels)}")
    raise Unfit("a private value is never equal to a text", "compare a category with its label where it is read")


def _contains(m: Machine, container: Any, item: Any) -> bool:
    if isinstance(item, Array) or isinstance(container, Array):
        raise Unfit("`in` with a private value", "write any(x == value), which stays private", leaks=True)
    if isinstance(container, str):
        if type(item) is not str:
            raise Unfit(f"a {described(item)} in a text")
        return item in container
    if isinstance(container, (list, tuple)):
        m.meter.walk([container, item])
        if any(isinstance(each, Array) for each in container):
            raise Unfit("`in` a list of private values", "write any([x == value for x in xs])", leaks=True)
        return any(equal(item, each) for each in container)
    if isinstance(container, range):
        # Python would count through the range, to find a decimal in it.
        return is_number(item) and item == int(item) and int(item) in container
    if not hasattr(container, "__contains__"):
        raise Unfit(f"`in` a {described(container)}", "lists, tuples, sets, maps and texts contain things")
    return key_of(item) in container


def negated(m: Machine, value: Any) -> Any:
    """`-value`."""
    if isinstance(value, Array):
        m.meter.array(value.size)
        return -number(value)
    return binary("-", 0, value)


def inverted(m: Machine, value: Any, *, word: str) -> Any:
    """`not value`, `~value`."""
    if isinstance(value, Array):
        if not value.node.type.is_bool:
            raise Unfit(f"`{word}` of {value.dtype}", "compare first: x != 0")
        m.meter.array(value.size)
        return ~value
    if word == "~" and not isinstance(value, bool):
        raise Unfit(f"`~` of {described(value)}", "it inverts a boolean")
    return not truth(value)


def truth(value: Any) -> bool:
    """Whether a public value counts as true; raises `Unfit` for what is neither true nor false."""
    if isinstance(value, bool):
        return value
    if is_number(value):
        return bool(value != 0)
    if isinstance(value, (str, list, tuple, dict, OrderedSet, range)):
        return len(value) > 0
    if value is None:
        return False
    raise Unfit(f"a {described(value)} is neither true nor false")
