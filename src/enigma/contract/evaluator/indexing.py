"""`x[key]`: of arrays, lists, maps, texts, fields that are maps, and the three dictionaries."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import Any

from enigma import array as xp
from enigma.array import Array
from enigma.contract.evaluator import places
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import CHARACTERS_AN_ITEM, PART_STEPS
from enigma.contract.values.numbers import Unfit, described


def read(m: Machine, f: Frame, node: ast.Subscript) -> Any:
    """The value of a subscript."""
    from enigma.contract.evaluator.expressions import values

    target, key = values(m, f, [node.value, node.slice])
    return item(m, f, node, target, key)


def slice_of(m: Machine, f: Frame, node: ast.Slice) -> slice:
    """A slice of public whole numbers."""
    from enigma.contract.evaluator.expressions import evaluate

    parts = [None if part is None else evaluate(m, f, part) for part in (node.lower, node.upper, node.step)]
    return slice(*(None if part is None else whole(m, part, "a slice") for part in parts))


def item(m: Machine, f: Frame, node: ast.AST, target: Any, key: Any) -> Any:
    """`target[key]`."""
    if isinstance(target, Array):
        result = xp_index(m, target, key)
        m.meter.array(result.size)
        return result
    if isinstance(target, places.Subscripted):
        return target.get(m, f, node, key)
    if isinstance(target, dict):
        name = key_of(key)
        if name not in target:
            raise Unfit("there is no such key in the map", "map.get(key, default) gives another value then")
        return target[name]
    if isinstance(target, (list, tuple, str, range)):
        if isinstance(key, Array) and key.secret:
            return _of_list(m, target, key)
        if isinstance(key, slice):
            part = target[key]
            if not isinstance(part, range):
                m.meter.hold(len(part) // (CHARACTERS_AN_ITEM if isinstance(part, str) else 1))
            return part
        place = whole(m, key, "an index")
        if not -len(target) <= place < len(target):
            raise Unfit(f"index {place} of a {described(target)} of {len(target)}")
        return target[place]
    raise Unfit(f"a {described(target)} has no elements to index")


def _of_list(m: Machine, target: Any, key: Array) -> Array:
    if not isinstance(target, (list, tuple)):
        raise Unfit(f"a private index of a {described(target)} would become known", leaks=True)
    m.meter.walk(target)
    if all(isinstance(each, (int, Decimal)) for each in target):
        from enigma.contract.values.conform import plain_array

        return xp.asarray(plain_array(target))[key]
    if not all(isinstance(each, (Array, int, Decimal)) for each in target):
        raise Unfit("a private place in a list of other things than numbers would become known", leaks=True)
    m.meter.step(PART_STEPS * len(target))
    return xp.stack([each if isinstance(each, Array) else xp.asarray(each) for each in target])[key]


def xp_index(m: Machine, target: Array, key: Any) -> Array:
    """`array[key]`, with public keys as NumPy has them and private integers obliviously."""
    keys = [_array_key(m, part) for part in (key if isinstance(key, tuple) else (key,))]
    return target[tuple(keys) if isinstance(key, tuple) else keys[0]]


def _array_key(m: Machine, part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, Array):
        return part if part.secret else m.fold(part) if part.ndim else int(m.fold(part))
    if isinstance(part, (list, tuple, range)):
        from enigma.contract.values.conform import plain_array

        return plain_array(list(part))
    return whole(m, part, "an index")


def whole(m: Machine, value: Any, what: str) -> int:
    """A public whole number."""
    if isinstance(value, Array):
        if value.secret:
            raise Unfit(f"{what} that is private would become known", "reveal it on purpose, or compute on all: "
                        "sum(where(places == index, x, 0))", leaks=True)  # fmt: skip
        if value.ndim == 0 and value.dtype == xp.int64:
            return int(m.fold(value))
        raise Unfit(f"{what} is one whole number, not an array of {value.dtype}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(f"{what} is a whole number, not a {described(value)}", "int(x) cuts a fraction off")
    return value
