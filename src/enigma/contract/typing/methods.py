"""Methods of lists, sets, maps and tables, and of the three dictionaries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from enigma.contract.reading.declarations import Where
from enigma.contract.typing.builtins import arguments
from enigma.contract.typing.kinds import (
    INT,
    NONE,
    Kind,
    Secrecy,
    Value,
    fits,
    join,
    list_of,
    map_of,
    set_of,
    tuple_of,
    unknown,
    used_secrecy,
)
from enigma.contract.typing.operators import did_you_mean
from enigma.contract.typing.results import Given
from enigma.contract.typing.signatures import CHANGES, METHODS

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame

_FAMILIES = {Kind.LIST: "list", Kind.SET: "set", Kind.MAP: "map", Kind.TABLE: "table"}


def method(frame: Frame, node: ast.Call, func: ast.Attribute, base: Value) -> Value:
    """The value of `base.name(...)`."""
    family = base.name if base.kind is Kind.DICTIONARY else _FAMILIES.get(base.kind, "")
    known = METHODS.get(family, {})
    text = frame.text(func.value)
    if func.attr not in known:
        if base.kind is Kind.TABLE and base.table is not None and base.table.column(func.attr) is not None:
            raise frame.wrong(func, f"`{frame.text(func)}` is a column, not a function", f"write {frame.text(func)}")
        raise frame.unknown_name(
            func,
            f"`{text}` is {base}, and has no method `{func.attr}`",
            did_you_mean(func.attr, list(known), "there are"),
        )
    given = arguments(frame, node, func.attr, known[func.attr])
    if base.kind is Kind.DICTIONARY:
        return _dictionary(frame, node, func, given)
    if base.kind is Kind.TABLE:
        return _table(frame, node, func, base, given)
    if func.attr in CHANGES:
        _changed(frame, node, func, base, given)
    if base.kind is Kind.MAP:
        return _map(frame, node, func, base, given)
    if func.attr == "pop":
        return base.item
    return INT if func.attr == "index" else NONE


def _changed(frame: Frame, node: ast.Call, func: ast.Attribute, base: Value, given: Given) -> None:
    """A list, set or map changes in place: the field it is in must allow it, a local one takes it on."""
    text = frame.text(func.value)
    if frame.guards:
        hint = f"`{func.attr}` after the `if`, always, with where({frame.guards[-1]}, new, old)"
        frame.effect(node, f"changes `{text}`", hint)
    name, field = root_of(func.value)
    field = field or frame.aliases.get(name, "").startswith("self.")
    added = [v for _, v in given.get("value", [])]
    if field:
        for place, value in given.get("value", []):
            said = frame.text(place)
            if value.sealed:
                frame.plain(place)
            if value.private and not base.item.private:
                raise frame.leak(
                    place,
                    f"`{said}` is private, and `{text}` is public",
                    f"reveal it on purpose: reveal({said}, to=everyone)",
                )
            if not fits(value, base.item):
                raise frame.wrong(
                    place,
                    f"`{said}` is {value}, and `{text}` holds {base.item}",
                    "use a value of the declared kind",
                )
        changes_field(frame, node, text)
    elif name and added and func.attr in ("append", "add"):
        _grow(frame, func.value, name, set_of(added[0]) if base.kind is Kind.SET else list_of(added[0]))


def _grow(frame: Frame, place: ast.expr, name: str, value: Value) -> None:
    """The local variable at the root of `place` holds, where `place` leads, what is in `value` too."""
    while isinstance(place, ast.Subscript):
        held = frame.variables.get(name) if frame.variables else None
        if held is not None and held.kind is Kind.MAP:
            key = held.of[0] if held.of else unknown()
            value = map_of(key, value)
        elif held is not None and held.kind is Kind.TUPLE:
            return
        else:
            value = list_of(value)
        place = place.value
    frame.grow(name, value)


def root_of(place: ast.expr) -> tuple[str, bool]:
    """The local name at the root of a place, and whether it is a field of the contract instead."""
    while isinstance(place, (ast.Subscript, ast.Attribute)):
        if isinstance(place.value, ast.Name) and place.value.id == "self":
            return "", True
        place = place.value
    return (place.id, False) if isinstance(place, ast.Name) else ("", False)


def changes_field(frame: Frame, node: ast.AST, text: str) -> None:
    """A public field changes."""
    condition = frame.guards[-1] if frame.guards else ""
    frame.effect(
        node,
        f"changes the public `{text}`",
        f"declare the field private and assign it, or reveal the condition on purpose: "
        f"if reveal({condition}, to=everyone):",
    )


def _map(frame: Frame, node: ast.Call, func: ast.Attribute, base: Value, given: Given) -> Value:
    key, value = base.of if len(base.of) == 2 else (unknown(), unknown(used_secrecy(base)))
    match func.attr:
        case "keys":
            return list_of(key)
        case "values":
            out = list_of(value)
        case "items":
            out = list_of(tuple_of(key, value))
        case _:
            default = given.get("default")
            out = join(value, default[0][1]) if default else value
    if frame.where is Where.PUBLIC and value.private:
        raise frame.leak(
            node,
            f"the values of `{frame.text(func.value)}` are private, and a @public function runs on the chain",
            f"make `{frame.function.name}` @private",
        )
    return out


def _table(frame: Frame, node: ast.Call, func: ast.Attribute, base: Value, given: Given) -> Value:
    text = frame.text(func.value)
    if not root_of(func.value)[1]:
        raise frame.wrong(
            func,
            f"`{text}` is not a table of the contract, and its rows stay as they are",
            "use self.name.append(rows)",
        )
    if func.attr == "append":
        place, rows = given["rows"][0]
        said = frame.text(place)
        if rows.kind is not Kind.TABLE and not rows.unknown:
            raise frame.wrong(
                place,
                f"`{said}` is {rows}, and `{text}` takes rows",
                f"declare a parameter rows: private[{base.name}], and append that",
            )
        if not fits(rows, base):
            raise frame.wrong(
                place,
                f"`{said}` has rows of {rows.name}, and `{text}` has rows of {base.name}",
                f"declare it private[{base.name}]",
            )
        frame.effect(node, f"appends rows to `{text}`")
        return NONE
    frame.effect(node, f"takes rows out of `{text}`")
    return INT


def _dictionary(frame: Frame, node: ast.Call, func: ast.Attribute, given: Given) -> Value:
    name = frame.value(func.value).name
    place, _ = given["key"][0]
    if name == "L":
        value = unknown()
        return list_of(tuple_of(INT, value)) if func.attr == "history" else value
    if func.attr == "set":
        value_place, value = given["value"][0]
        predicate = given.get("predicate")
        written(frame, node, name, (place, value_place, value), predicate[0] if predicate else None)
        return NONE
    if name == "DHT":
        return unknown(Secrecy.DOCUMENT)
    on_committee(frame, node)
    if func.attr == "declassify":
        frame.effect(node, "opens a value to its dealer")
        frame.discloses(node, f"MPC[{frame.text(place)}]", "the dealer", "value")
        return Value(Kind.SEALED, Secrecy.SEALED, of=(unknown(Secrecy.PRIVATE),))
    return unknown(Secrecy.PRIVATE)


def on_committee(frame: Frame, node: ast.AST) -> None:
    """Refuse what needs private values where there are none."""
    if frame.where is Where.PUBLIC:
        raise frame.leak(
            node,
            "a @public function runs on the chain, where no private value is",
            f"make `{frame.function.name}` @private",
        )


def written(
    frame: Frame,
    node: ast.AST,
    name: str,
    entry: tuple[ast.expr, ast.expr, Value],
    predicate: tuple[ast.expr, Value] | None,
) -> None:
    """`X[key] = value`, `X.set(key, value, predicate)`."""
    key, place, value = entry
    text, where = frame.text(place), f"{name}[{frame.text(key)}]"
    if predicate is not None and predicate[1].kind is not Kind.PREDICATE and not predicate[1].unknown:
        said = frame.text(predicate[0])
        raise frame.wrong(
            predicate[0],
            f"`{said}` is {predicate[1]}, and here belongs a predicate",
            f"write only([{said}])" if predicate[1].kind is Kind.ADDRESS else "write everyone, only_me(), or self.name",
        )
    clear = predicate is not None and predicate[1].name == "everyone"
    if value.sealed:
        frame.plain(place)
    if value.private and (name == "L" or (name == "DHT" and clear)):
        raise frame.leak(
            place,
            f"`{text}` is private, and `{where}` is read by all",
            f"reveal it on purpose: reveal({text}, to=everyone); or keep it hidden: MPC[{frame.text(key)}] = {text}",
        )
    if name == "MPC":
        on_committee(frame, node)
        if not (value.can_hide() or value.kind is Kind.LIST):
            hint = "share numbers, booleans and arrays of them"
            raise frame.wrong(place, f"`{text}` is {value}, and cannot be shared among the seats", hint)
    frame.effect(node, f"writes `{where}`")
    if name == "L" or clear:
        frame.discloses(node, f"{where} = {text}", "everyone", "ledger")
    elif name == "DHT" and value.private:
        to = "the caller" if predicate is None else f"whoever {frame.text(predicate[0])} admits"
        frame.discloses(node, text, to, "value")
