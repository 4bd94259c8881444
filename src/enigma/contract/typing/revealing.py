"""What becomes known on purpose: `reveal`, `require`, `emit`."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from enigma.contract.reading.declarations import Where
from enigma.contract.typing.kinds import NONE, Kind, Secrecy, Value
from enigma.contract.typing.operators import want_bool

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame

_TO = "write to=everyone, to=an address, or to= a set or list of addresses"


def revealed(frame: Frame, node: ast.Call) -> Value:
    """`reveal(x)`, `reveal(x, to=...)`."""
    place, to = _operands(frame, node)
    text = frame.text(place)
    deciding, frame.deciding = frame.deciding, False
    value = frame.value(place)
    target = None if to is None else frame.public(to, "it says who learns", _TO)
    frame.deciding = deciding
    if value.sealed:
        raise frame.wrong(place, f"`{text}` is revealed already", f"write {text} alone")
    if not value.private and not value.document and not frame.hangs_on_refused(place):
        raise frame.wrong(place, f"`{text}` is public: there is nothing to reveal", f"write {text} alone")
    if value.kind is Kind.TABLE:
        column = value.table.columns[0][0] if value.table and value.table.columns else "column"
        raise frame.wrong(place, f"`{text}` is a whole table", f"name what is to be known, such as {text}.{column}")
    if frame.where is Where.PUBLIC:
        raise frame.leak(
            node,
            "a @public function runs on the chain, where no private value is",
            f"make `{frame.function.name}` @private",
        )
    everyone = target is not None and target.name == "everyone"
    if everyone and value.document and not value.private:
        raise frame.wrong(
            node,
            f"`{text}` may be a document, which opens to identities that its predicate admits, not to everyone",
            f"write reveal({text}), or store it in the clear: DHT.set(key, value, everyone)",
        )
    frame.effect(node, "reveals", _after_the_if(frame, text, to))
    name, several = _receiver(frame, to, target)
    what = "condition" if everyone and frame.deciding else "value"
    frame.discloses(node, text, name, what, several=several)
    if everyone:
        return value.opened() if not value.unknown else replace(value, secrecy=Secrecy.PUBLIC)
    return Value(Kind.SEALED, Secrecy.SEALED, of=(value,))


def _after_the_if(frame: Frame, text: str, to: ast.expr | None) -> str:
    condition = frame.guards[-1] if frame.guards else ""
    rest = "" if to is None else f", to={frame.text(to)}"
    return f"reveal after the `if`, always: reveal(where({condition}, {text}, 0){rest})"


def _operands(frame: Frame, node: ast.Call) -> tuple[ast.expr, ast.expr | None]:
    named = {k.arg: k.value for k in node.keywords}
    to = named.pop("to", None)
    place = node.args[0] if node.args else named.pop("x", None)
    if place is None:
        raise frame.wrong(node, "reveal() needs what is to be known", "write reveal(x), or reveal(x, to=everyone)")
    if named or len(node.args) > 1:
        extra = node.args[1] if len(node.args) > 1 else next(iter(named.values()))
        raise frame.wrong(extra, "reveal() takes one value, and to whom: to=...", f"{_TO}; several values: reveal each")
    return place, to


def _receiver(frame: Frame, to: ast.expr | None, target: Value | None) -> tuple[str, bool]:
    """Who learns, for people to read, and whether these are several."""
    if to is None or target is None:
        return "the caller", False
    text = frame.text(to)
    if target.name == "everyone":
        return "everyone", False
    if target.kind is Kind.ADDRESS or target.unknown:
        return ("the caller" if text == "sender" else text), False
    parts = target.of[:1] if target.kind is Kind.MAP else target.of
    if target.kind in (Kind.SET, Kind.LIST, Kind.TUPLE) and all(v.kind is Kind.ADDRESS or v.unknown for v in parts):
        return text, True
    hint = f"write to={text}.keys()" if target.kind is Kind.MAP else _TO
    raise frame.wrong(to, f"`{text}` is {target}: a value is revealed to everyone, or to addresses", hint)


def required(frame: Frame, node: ast.Call) -> Value:
    """`require(condition, message)`."""
    named = {k.arg: k.value for k in node.keywords}
    condition = node.args[0] if node.args else named.get("condition")
    message = node.args[1] if len(node.args) > 1 else named.get("message")
    extra = set(named) - {"condition", "message"}
    if condition is None or message is None or len(node.args) > 2 or extra:
        raise frame.wrong(
            node, "require() takes a condition and a message", 'write require(condition, "what is wrong")'
        )
    text = frame.text(condition)
    rest = f", {frame.text(message)}"
    frame.deciding = True
    try:
        value = frame.plain(condition)
    finally:
        frame.deciding = False
    if value.private:
        want_bool(frame, condition, value, single=True)
        raise frame.leak(
            condition,
            f"`{text}` is private, and whether the call is refused is seen by all",
            f"reveal it on purpose: require(reveal({text}, to=everyone){rest})",
        )
    if value.kind in (Kind.ADDRESS, Kind.PREDICATE, Kind.TABLE):
        raise frame.wrong(condition, f"`{text}` is {value}, and a condition is a boolean", "write a comparison")
    if value.array:
        raise frame.wrong(condition, f"`{text}` is an array of conditions, and here belongs one", f"write all({text})")
    said = frame.public(message, "the message is seen by all", "say only what everyone may know")
    if said.kind is not Kind.TEXT and not said.unknown:
        raise frame.wrong(
            message, f"`{frame.text(message)}` is {said}, and a message is a text", 'write "what is wrong"'
        )
    condition_of = frame.guards[-1] if frame.guards else ""
    frame.effect(
        node,
        "may refuse the call",
        f"require it after the `if`, on purpose: require(reveal(~({condition_of}) | ({text}), to=everyone){rest})",
    )
    return NONE


def emitted(frame: Frame, node: ast.Call) -> Value:
    """`emit("Name", key=value, ...)`."""
    if len(node.args) != 1:
        place = node.args[1] if len(node.args) > 1 else node
        raise frame.wrong(place, "emit() takes the name of an event, and values by name", 'write emit("Name", value=x)')
    name = frame.public(node.args[0], "events are seen by all", "name the event with a text")
    if name.kind is not Kind.TEXT and not name.unknown:
        raise frame.wrong(node.args[0], f"the name of an event is a text, not {name}", 'write emit("Name", value=x)')
    for keyword in node.keywords:
        text = frame.text(keyword.value)
        frame.public(
            keyword.value,
            "events are seen by all",
            f"leave it out, or reveal it on purpose: {keyword.arg}=reveal({text}, to=everyone)",
        )
    frame.effect(node, "emits an event")
    values = ", ".join(f"{k.arg} = `{frame.text(k.value)}`" for k in node.keywords)
    frame.discloses(node, frame.text(node.args[0]) + (f" with {values}" if values else ""), "everyone", "event")
    return NONE
