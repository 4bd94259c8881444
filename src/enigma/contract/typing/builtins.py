"""Built-in functions: what they take, what they refuse, what they give."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from enigma.contract.typing.kinds import (
    BOOL,
    INT,
    NEVER,
    PREDICATE,
    TEXT,
    Kind,
    Value,
    list_of,
    map_of,
    set_of,
    tuple_of,
    unknown,
    used_secrecy,
)
from enigma.contract.typing.operators import did_you_mean
from enigma.contract.typing.results import Given, Place, elements_of, folded_ndim, numeric, result, want_numbers
from enigma.contract.typing.revealing import emitted, required, revealed
from enigma.contract.typing.signatures import SIGNATURES, Gives, Signature

if TYPE_CHECKING:
    from enigma.contract.typing.frame import Frame

_WHY_PUBLIC = {
    "range": "how often a loop runs would be seen",
    "zeros": "the shape of an array is seen by all",
    "ones": "the shape of an array is seen by all",
    "full": "the shape of an array is seen by all",
    "arange": "the shape of an array is seen by all",
    "eye": "the shape of an array is seen by all",
    "repeat": "the length of the result is seen by all",
    "text": "a text is public",
    "one_hot": "the number of classes is the length of the result, which is seen by all",
}


def arguments(frame: Frame, node: ast.Call, name: str, signature: Signature) -> Given:
    """The arguments by parameter, their number, names and secrecy checked."""
    given: Given = {}
    positional = [p for p in signature.parameters if not signature.starred or f"*{p}" not in signature.written]
    star = next((p for p in signature.parameters if f"*{p}" in signature.written), "")
    before = signature.parameters.index(star) if star else len(positional)
    for i, argument in enumerate(node.args):
        if star and i >= before:
            parameter = star
        elif i < len(positional):
            parameter = positional[i]
        else:
            raise frame.wrong(
                argument,
                f"{name}() takes {_count(len(positional))}, and here are {len(node.args)}",
                f"write {_usage(name, signature)}",
            )
        given.setdefault(parameter, []).append((argument, _argument(frame, name, argument, parameter, signature)))
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in positional:
            raise frame.wrong(
                keyword.value,
                f"{name}() has no argument `{keyword.arg}`",
                did_you_mean(str(keyword.arg), positional, f"{_usage(name, signature)}: there are"),
            )
        if keyword.arg in given:
            raise frame.wrong(keyword.value, f"`{keyword.arg}` is given twice", f"write {_usage(name, signature)}")
        given[keyword.arg] = [(keyword.value, _argument(frame, name, keyword.value, keyword.arg, signature))]
    needed = [w for w in signature.written.split() if "?" not in w and "*" not in w]
    missing = [w.strip("!") for w in needed if w.strip("!") not in given]
    if missing or (star and star not in given and not needed and name in ("min", "max")):
        raise frame.wrong(node, f"{name}() needs {', '.join(missing) or 'values'}", f"write {_usage(name, signature)}")
    return given


def _argument(frame: Frame, name: str, node: ast.expr, parameter: str, signature: Signature) -> Value:
    if parameter not in signature.public:
        return frame.value(node) if name in ("append", "insert") else frame.plain(node)
    text = frame.text(node)
    hint = f"use a public value, or reveal it on purpose: reveal({text}, to=everyone)"
    if name == "range":
        hint = f"loop as often as it can be at most: for i in range(most): if i < {text}:"
    return frame.public(node, _WHY_PUBLIC.get(name, f"`{parameter}` of {name}() is seen by all"), hint)


def _count(number: int) -> str:
    return "no argument" if number == 0 else f"{number} argument{'' if number == 1 else 's'} at most"


def _usage(name: str, signature: Signature) -> str:
    words = []
    for word in signature.written.split():
        bare = word.strip("*?!")
        words.append(f"{bare}, ..." if "*" in word else f"{bare}=..." if "?" in word else bare)
    return f"{name}({', '.join(words)})"


def built_in(frame: Frame, node: ast.Call, name: str) -> Value:
    """The value of a call of a built-in function."""
    if name == "reveal":
        return revealed(frame, node)
    if name == "require":
        return required(frame, node)
    if name == "emit":
        return emitted(frame, node)
    signature = SIGNATURES[name]
    given = arguments(frame, node, name, signature)
    if signature.gives is not Gives.ANY:
        if name == "len":
            return _length(frame, given["items"][0])
        if name == "pow" and given["exponent"][0][1].private:
            place = given["exponent"][0][0]
            raise frame.leak(
                place,
                f"`{frame.text(place)}` is private, and how often to multiply would be seen",
                f"write exp({frame.text(place)} * log({frame.text(node.args[0])})), for a base above zero",
            )
        return result(frame, signature, [], given)
    rule = _RULES.get(name)
    return PREDICATE if rule is None else rule(frame, given)


def _range(frame: Frame, given: Given) -> Value:
    for several in given.values():
        want_whole(frame, *several[0])
    return Value(Kind.RANGE, of=(INT,))


def _divmod(frame: Frame, given: Given) -> Value:
    values = [want_numbers(frame, *given[p][0]) for p in ("x", "y")]
    part = Value(numeric(values), used_secrecy(*values), ndim=None)
    return tuple_of(part, part)


def _enumerate(_: Frame, given: Given) -> Value:
    return list_of(tuple_of(INT, given["items"][0][1].item))


def _zip(_: Frame, given: Given) -> Value:
    return list_of(tuple_of(*(v.item for _, v in given.get("items", []))))


def _list(_: Frame, given: Given) -> Value:
    return list_of(given["items"][0][1].item if given else NEVER)


def _tuple(_: Frame, given: Given) -> Value:
    if not given:
        return tuple_of()
    value = given["items"][0][1]
    return value if value.kind is Kind.TUPLE else unknown(used_secrecy(value))


def _full(_: Frame, given: Given) -> Value:
    value = given["value"][0][1]
    element = elements_of(value)
    return Value(element.kind, value.secrecy, ndim=None) if element.element else unknown(value.secrecy)


def _columns(frame: Frame, given: Given) -> Value:
    node, value = given["items"][0]
    if value.kind is Kind.TABLE:
        return list_of(Value(Kind.NUMBER, value.secrecy, ndim=1))
    if value.unknown:
        return list_of(unknown(value.secrecy))
    element = elements_of(value)
    if value.kind not in (Kind.LIST, Kind.TUPLE) and not (element.element and value.ndim != 0):
        hint = "a table has, or a list of arrays of one length"
        raise frame.wrong(node, f"`{frame.text(node)}` is {value}, and has no columns", hint)
    return list_of(value.item)


def _text(_: Frame, __: Given) -> Value:
    return TEXT


def _sort_by(_: Frame, given: Given) -> Value:
    return unknown(used_secrecy(*(v for several in given.values() for _, v in several)))


def want_whole(frame: Frame, place: ast.expr, value: Value) -> None:
    """Refuse what is no whole number."""
    if value.unknown or value.kind in (Kind.INT, Kind.CATEGORY):
        return
    text = frame.text(place)
    hint = f"write floor({text}) or round({text})" if value.kind is Kind.NUMBER else f"did you mean len({text})?"
    raise frame.wrong(place, f"`{text}` is {value}, and here belongs a whole number", hint)


def _length(frame: Frame, place: Place) -> Value:
    node, value = place
    scalar = value.element and value.ndim == 0
    if scalar or value.kind in (Kind.NONE, Kind.ADDRESS, Kind.PREDICATE, Kind.SELF, Kind.DICTIONARY):
        raise frame.wrong(
            node, f"`{frame.text(node)}` is {value}, and has no length", "len() counts items, rows or letters"
        )
    return INT


def _extreme(frame: Frame, given: Given) -> Value:
    places = given.get("values", [])
    kinds = [elements_of(v) for _, v in places]
    if all(v.kind is Kind.TEXT for v in kinds) and kinds:
        return TEXT
    values = [want_numbers(frame, place, value) for place, value in places]
    several = len(places) > 1
    shape: int | None = 0
    if several:
        for _, value in places:
            shape = None if shape is None or value.ndim is None else max(shape, value.ndim)
    else:
        shape = None if "axis" in given or "keepdims" in given else folded_ndim(places[0][1])
    return Value(numeric(values), used_secrecy(*(v for _, v in places)), ndim=shape)


def _int(frame: Frame, given: Given) -> Value:
    return _conversion(frame, "int", given["x"][0])


def _bool(frame: Frame, given: Given) -> Value:
    return _conversion(frame, "bool", given["x"][0])


def _conversion(frame: Frame, name: str, place: Place) -> Value:
    node, value = place
    if value.private:
        element = want_numbers(frame, node, value)
        return Value(Kind.INT if name == "int" else Kind.BOOL, used_secrecy(value), ndim=element.ndim)
    if value.kind in (Kind.ADDRESS, Kind.NONE, Kind.TABLE) and name == "int":
        raise frame.wrong(
            node, f"`{frame.text(node)}` is {value}, and no number can be made of it", "use a number here"
        )
    return INT if name == "int" else BOOL


def _sorted(frame: Frame, given: Given) -> Value:
    node, value = given["items"][0]
    if value.private:
        element = want_numbers(frame, node, value)
        return Value(numeric([element]), used_secrecy(value), ndim=value.ndim if value.element else None)
    return list_of(value.item)


def _set(frame: Frame, given: Given) -> Value:
    if not given:
        return set_of(NEVER)
    node, value = given["items"][0]
    if value.private:
        text = frame.text(node)
        raise frame.leak(
            node,
            f"`{text}` is private, and the size of a set shows which items are equal",
            f"keep the array; to look for a value write any({text} == value)",
        )
    return set_of(value.item)


def _map(_: Frame, given: Given) -> Value:
    if not given:
        return map_of(NEVER, NEVER)
    value = given["items"][0][1]
    if value.kind is Kind.MAP:
        return value
    pair = value.item
    if pair.kind is Kind.TUPLE and len(pair.of) == 2:
        return map_of(pair.of[0], pair.of[1])
    return unknown(used_secrecy(value))


_RULES: Mapping[str, Callable[[Frame, Given], Value]] = {
    "bool": _bool,
    "columns": _columns,
    "divmod": _divmod,
    "enumerate": _enumerate,
    "full": _full,
    "int": _int,
    "list": _list,
    "map": _map,
    "max": _extreme,
    "min": _extreme,
    "range": _range,
    "reversed": _list,
    "set": _set,
    "sort_by": _sort_by,
    "sorted": _sorted,
    "text": _text,
    "tuple": _tuple,
    "zip": _zip,
}
"""The rules of those whose result no class of `Gives` says; all others make predicates."""
