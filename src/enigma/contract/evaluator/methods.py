"""Methods, by the kind of thing that they belong to."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from enigma.array import Array
from enigma.contract.evaluator.choice import want_visible
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.places import PrivateMap, PrivateTable
from enigma.contract.evaluator.signatures import want_arguments
from enigma.contract.evaluator.stores import DocumentStore, LedgerStore, SecretStore
from enigma.contract.values.conform import private
from enigma.contract.values.containers import OrderedSet, Rows
from enigma.contract.values.keys import key_of
from enigma.contract.values.meter import ITEMS_A_STEP
from enigma.contract.values.numbers import Unfit, described, equal


def kind_of(target: object) -> str:
    """Which methods an object has; an empty text for none."""
    kinds: list[tuple[Any, str]] = [
        (Array, "array"), (OrderedSet, "set"), (PrivateMap, "private map"), (dict, "map"), (list, "list"),
        ((PrivateTable, Rows), "table"), (LedgerStore, "L"), (DocumentStore, "DHT"), (SecretStore, "MPC"),
    ]  # fmt: skip
    return next((name for kind, name in kinds if isinstance(target, kind)), "")


def _array_method(name: str) -> Callable[..., Any]:
    def call(m: Machine, f: Frame, node: ast.Call, target: Array, *args: Any, **options: Any) -> Any:
        from enigma.contract.evaluator.builtins import BUILT_IN

        if name == "reshape" and args and not isinstance(args[0], (tuple, list)):
            args = (tuple(args),)
        everything = (m, f, node, target, *args)
        want_arguments(name, BUILT_IN[name].call, everything, options)
        return BUILT_IN[name].call(*everything, **options)

    return call


def _seen(m: Machine, f: Frame, node: ast.AST, what: str) -> None:
    want_visible(m, f, node, what, "do it whatever the condition, with a value chosen in secret")


# ---------------------------------------------------------------- public containers


def _set_add(m: Machine, f: Frame, node: ast.AST, target: OrderedSet, item: Any) -> None:
    _seen(m, f, node, "adding to a set")
    m.meter.hold(1)
    target.add(key_of(item))


def _set_discard(m: Machine, f: Frame, node: ast.AST, target: OrderedSet, item: Any) -> None:
    _seen(m, f, node, "taking out of a set")
    target.discard(key_of(item))


def _set_remove(m: Machine, f: Frame, node: ast.AST, target: OrderedSet, item: Any) -> None:
    if key_of(item) not in target:
        raise Unfit("there is no such item in the set", "set.discard(item) does nothing then")
    _set_discard(m, f, node, target, item)


def _map_get(_m: Machine, _f: Frame, _node: ast.AST, target: dict[Any, Any], key: Any, default: Any = None) -> Any:
    return target.get(key_of(key), default)


def _map_pop(m: Machine, f: Frame, node: ast.AST, target: dict[Any, Any], key: Any, *default: Any) -> Any:
    _seen(m, f, node, "taking out of a map")
    if key_of(key) not in target and not default:
        raise Unfit("there is no such key in the map", "map.pop(key, default) gives another value then")
    return target.pop(key_of(key), *default)


def _map_part(part: Callable[[dict[Any, Any]], Any]) -> Callable[..., Any]:
    def call(m: Machine, _f: Frame, _node: ast.AST, target: dict[Any, Any]) -> Any:
        m.meter.hold(len(target))
        return list(part(target))

    return call


def _list_append(m: Machine, f: Frame, node: ast.AST, target: list[Any], item: Any) -> None:
    _seen(m, f, node, "appending to a list")
    m.meter.hold(1)
    target.append(item)


def _list_pop(m: Machine, f: Frame, node: ast.AST, target: list[Any], place: Any = -1) -> Any:
    from enigma.contract.evaluator.indexing import whole

    _seen(m, f, node, "taking out of a list")
    index = whole(m, place, "an index")
    if not -len(target) <= index < len(target):
        raise Unfit(f"index {index} of a list of {len(target)}")
    m.meter.step(len(target) // ITEMS_A_STEP**2)
    return target.pop(index)


def _list_remove(m: Machine, f: Frame, node: ast.AST, target: list[Any], item: Any) -> None:
    _seen(m, f, node, "taking out of a list")
    del target[_list_index(m, f, node, target, item)]


def _list_index(m: Machine, _f: Frame, _node: ast.AST, target: list[Any], item: Any) -> int:
    if isinstance(item, Array) or any(isinstance(each, Array) for each in target):
        raise Unfit("the place of a private value would become known", "argmax(x == value) stays private", leaks=True)
    m.meter.walk([target, item])
    found = next((i for i, each in enumerate(target) if equal(each, item)), None)
    if found is None:
        raise Unfit("there is no such item in the list", "ask first: if item in items: ...")
    return found


# ---------------------------------------------------------------- private tables and maps


def _table_append(m: Machine, f: Frame, node: ast.AST, target: Any, rows: Any) -> None:
    if not isinstance(target, PrivateTable):
        raise Unfit(
            "this table is a value, and does not grow", "only a field of the contract does: self.name.append(rows)"
        )
    _seen(m, f, node, "appending to a table")
    type_ = m.fields.table_type(target.name)
    rows = rows.rows() if isinstance(rows, PrivateTable) else rows
    if not isinstance(rows, Rows) or rows.type != type_:
        raise Unfit(f"self.{target.name} holds rows of {type_}, and this is "
                    f"{'rows of ' + str(rows.type) if isinstance(rows, Rows) else 'a ' + described(rows)}")  # fmt: skip
    columns = {
        name: _column(rows.columns[name], element, f"{type_}.{name}", rows.count) for name, element in type_.columns
    }
    m.fields.append(target.name, Rows(type_, columns, rows.count))


def _column(array: Array, element: Any, what: str, count: int) -> Array:
    from enigma.contract.types import ArrayType

    return private(array, ArrayType(element, (count,)), what)


def _table_withdraw(m: Machine, f: Frame, node: ast.AST, target: Any) -> int:
    if not isinstance(target, PrivateTable):
        raise Unfit(
            "this table is a value: nothing is stored in it", "self.name.withdraw() takes the sender's rows out"
        )
    _seen(m, f, node, "withdrawing rows")
    assert m.context is not None
    return m.fields.withdraw(target.name, m.context.sender)


def _private_get(m: Machine, f: Frame, node: ast.AST, target: PrivateMap, key: Any, default: Any = None) -> Any:
    return target.get(m, f, node, key) if key in target else default


def _private_values(m: Machine, _f: Frame, _node: ast.AST, target: PrivateMap) -> list[Array]:
    m.meter.hold(len(target))
    return target.values()


def _private_keys(m: Machine, _f: Frame, _node: ast.AST, target: PrivateMap) -> list[Any]:
    m.meter.hold(len(target))
    return list(target)


def _private_items(m: Machine, _f: Frame, _node: ast.AST, target: PrivateMap) -> list[Any]:
    m.meter.hold(2 * len(target))
    return list(zip(target, target.values(), strict=True))


def _store_method(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(m: Machine, f: Frame, node: ast.Call, target: Any, *args: Any, **options: Any) -> Any:
        everything = (target, m, f, node, *args)
        want_arguments(name, method, everything, options)
        return method(*everything, **options)

    return call


METHODS: dict[str, dict[str, Callable[..., Any]]] = {
    "array": {name: _array_method(name) for name in
              ("sum", "mean", "var", "std", "min", "max", "argmin", "argmax", "any", "all", "reshape")},
    "set": {"add": _set_add, "discard": _set_discard, "remove": _set_remove},
    "map": {"get": _map_get, "pop": _map_pop, "keys": _map_part(dict.keys), "values": _map_part(dict.values),
            "items": _map_part(dict.items)},
    "list": {"append": _list_append, "pop": _list_pop, "remove": _list_remove, "index": _list_index},
    "table": {"append": _table_append, "withdraw": _table_withdraw},
    "private map": {"get": _private_get, "keys": _private_keys, "values": _private_values, "items": _private_items},
    "L": {"get": _store_method("get", LedgerStore.as_of), "history": _store_method("history", LedgerStore.history)},
    "DHT": {"get": _store_method("get", DocumentStore.get), "set": _store_method("set", DocumentStore.store)},
    "MPC": {"get": _store_method("get", SecretStore.get), "set": _store_method("set", SecretStore.store),
            "declassify": _store_method("declassify", SecretStore.declassify)},
}  # fmt: skip
"""All of them: nothing else of an object can be reached."""
