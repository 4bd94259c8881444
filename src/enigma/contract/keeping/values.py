"""Public values of a contract's fields as trees: every type of the language comes back as it was.

Canonical bytes of values (`dictionaries/canonical.py`) are not enough here: they have no sets, and write a decimal in
its shortest form, while a contract sees how its own is written: `text(x)` of 1.50 is not that of 1.5.

    bool, int, text           as they are
    address                   its 20 bytes
    decimal                   {"decimal": [c, e]}               c * 10**e, with all its digits
    list                      [...]
    set, map                  {"set": [...]}, {"map": [[key, value], ...]}    in the order of insertion
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, Overflow
from typing import Any

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.keeping import trees
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import INTEGER_BITS, MOST_NESTED
from enigma.contract.values.numbers import CONTEXT, as_decimal
from enigma.errors import CallRefused, WireError
from enigma.wire import Tree

_COEFFICIENT = 10**CONTEXT.prec - 1
_MOST_EXPONENT = 1000
"""Beyond what any decimal of the language has; what it has is asked of the language itself."""


def value_tree(value: object, what: str, depth: int = 0) -> Tree:
    """A public value as a tree. Raises CallRefused on what is none; `what` names it."""
    if depth > MOST_NESTED:
        raise CallRefused(f"{what} has containers more than {MOST_NESTED} deep in one another", hint="keep a flat list")
    if type(value) is bool or type(value) is str:
        return value
    if type(value) is int and value.bit_length() <= INTEGER_BITS:
        return value
    if type(value) is Address:
        return value.octets
    if type(value) is Decimal and _as_kept(value):
        sign, digits, exponent = value.as_tuple()
        coefficient = int("".join(map(str, digits)))
        return {"decimal": [-coefficient if sign else coefficient, exponent]}
    if type(value) is list:
        return [value_tree(item, what, depth + 1) for item in value]
    if type(value) is OrderedSet:
        return {"set": [value_tree(item, what, depth + 1) for item in value]}
    if type(value) is dict:
        pairs = value.items()
        return {"map": [[value_tree(k, what, depth + 1), value_tree(v, what, depth + 1)] for k, v in pairs]}
    raise CallRefused(
        f"{what} holds a {type(value).__name__} that is no public value",
        hint="numbers, texts, addresses, and lists, sets and maps of them are kept",
    )


def read_value(tree: Tree, what: str, depth: int = 0) -> Any:
    """The value whose `value_tree` this is. Raises WireError."""
    if depth > MOST_NESTED:
        raise WireError(f"{what} has containers more than {MOST_NESTED} deep in one another")
    if isinstance(tree, (bool, str)):
        return tree
    if isinstance(tree, int):
        if tree.bit_length() > INTEGER_BITS:
            raise WireError(f"{what} holds a whole number of more than {INTEGER_BITS} bits")
        return tree
    if isinstance(tree, bytes):
        return trees.address(tree, what)
    if isinstance(tree, list):
        return [read_value(item, what, depth + 1) for item in tree]
    if isinstance(tree, dict) and len(tree) == 1:
        ((kind, content),) = tree.items()
        if isinstance(content, list):
            if kind == "decimal":
                return _read_decimal(content, what)
            if kind == "set":
                return OrderedSet(_distinct([read_key(item, what) for item in content], what))
            if kind == "map":
                pairs = [trees.row(pair, 2, what) for pair in content]
                keys = _distinct([read_key(key, what) for key, _ in pairs], what)
                return dict(zip(keys, (read_value(v, what, depth + 1) for _, v in pairs), strict=True))
    raise WireError(f"{what} is no tree of a public value")


def read_key(tree: Tree, what: str) -> Any:
    """A key of a map or set: one value, no container."""
    value = read_value(tree, what)
    if isinstance(value, (list, dict, OrderedSet)):
        raise WireError(f"{what} has a container as a key")
    return value


def _distinct(keys: list[Any], what: str) -> list[Any]:
    # As Python compares them, which holds 1 and True for one key.
    if len(dict.fromkeys(keys)) != len(keys):
        raise WireError(f"{what} has a key twice")
    return keys


def _as_kept(value: Decimal) -> bool:
    """Whether the language's arithmetic gives such a decimal: 34 digits, in its range, no zero below zero."""
    _, _, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    try:
        return as_decimal(value).as_tuple() == value.as_tuple()
    except Overflow:
        return False


def _read_decimal(content: Sequence[Tree], what: str) -> Decimal:
    coefficient, exponent = trees.row(content, 2, what)
    if type(coefficient) is int and type(exponent) is int:  # noqa: SIM102 - what is below is far from free
        if abs(coefficient) <= _COEFFICIENT and abs(exponent) <= _MOST_EXPONENT:
            value = Decimal((int(coefficient < 0), tuple(map(int, str(abs(coefficient)))), exponent))
            if _as_kept(value):
                return value
    raise WireError(f"{what} holds a decimal that the language does not have")
