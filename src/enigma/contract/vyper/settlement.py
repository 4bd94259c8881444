"""What a private function leaves on the chain once its job is done: its public fields, and the keys of private maps."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from enigma.contract.reading.declarations import ContractClass, Function
from enigma.contract.reading.source import Source
from enigma.contract.types import MapType, PrivateType, SetType
from enigma.contract.vyper import fields
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import MOST_ITEMS, MOST_TEXT, TEXT, Kind, Sort
from enigma.contract.vyper.term import Term
from enigma.errors import WrongType

MOST_BYTES = "{most}"
"""Stands for the most bytes that any job of the contract leaves."""
MOST_KEYS = 128
"""Of one set or map that come or go with one job."""

_READING = frozenset({"get", "index", "items", "keys", "values"})


@dataclass(frozen=True)
class Written:
    """A field that a private function writes, and the ABI types in which `enigma_settle` takes what it became.

    A single value: a list of it, empty where it did not change. A list: whether it changed, and all of it. A set: what
    has gone, what has come. A map: the keys that have gone, the keys that were written, and their values; of a private
    map no values.
    """

    field: str
    types: tuple[str, ...]


def written_by(source: Source, contract: ContractClass, kinds: Mapping[str, Kind], function: Function) -> list[str]:
    """The fields on the chain that a private function may write, through all that it calls, as they are declared."""
    found: dict[str, ast.Attribute] = {}
    seen: set[str] = set()
    pending = [function]
    while pending:
        each = pending.pop()
        if each.name in seen:
            continue
        seen.add(each.name)
        for part in each.body:
            for name, node in _changed(part):
                if isinstance(node.ctx, ast.Store) or (name in kinds and not kinds[name].scalar):
                    found.setdefault(name, node)
            called = [n.attr for n in ast.walk(part) if isinstance(n, ast.Attribute) and _is_self(n)]
            pending += [contract.functions[name] for name in called if name in contract.functions]
    for name, node in found.items():
        kind = kinds.get(name)
        if kind is not None and kind.sort is Sort.MAP and not (kind.of[1].scalar or kind.of[1].sort is Sort.NONE):
            raise source.problem(
                WrongType, node, f"self.{name} is a map of lists, and a @private function changes it",
                "what a private function changes on the chain are plain values, lists, sets, and maps of plain values",
            )  # fmt: skip
    return [name for name in kinds if name in found]


def _is_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _changed(statement: ast.stmt) -> Iterator[tuple[str, ast.Attribute]]:
    """The fields that a statement may change; one that is handed on as a whole may be changed by whoever gets it."""
    harmless: set[int] = set()
    nodes = list(ast.walk(statement))
    for node in nodes:
        match node:
            case ast.Subscript(value=ast.Attribute() as field, ctx=ast.Load()):
                harmless.add(id(field))
            case ast.Attribute(value=ast.Attribute() as field, attr=attr) if attr in _READING:
                harmless.add(id(field))
            case ast.Compare():
                harmless.update(id(side) for side in [node.left, *node.comparators])
            case ast.For(iter=field):
                harmless.add(id(field))
            case ast.comprehension(iter=field):
                harmless.add(id(field))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=options) if name in _BUILT_IN:
                harmless.update(id(each) for each in args)
                harmless.update(id(each.value) for each in options)
    for node in nodes:
        if isinstance(node, ast.Attribute) and _is_self(node) and id(node) not in harmless:
            yield node.attr, node


_BUILT_IN = frozenset({
    "abs", "all", "any", "bool", "clip", "emit", "int", "len", "list", "max", "mean", "median", "min", "only", "range",
    "require", "reveal", "round", "set", "sorted", "stack", "sum", "text", "tuple", "where",
})  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One value of an outcome: up to `most` of a kind, or (no kind) whether something changed."""

    kind: Kind | None
    most: int = 0

    @property
    def vyper(self) -> str:
        """Its type in Vyper."""
        return "bool" if self.kind is None else f"DynArray[{self.kind.vyper}, {self.most}]"

    @property
    def abi(self) -> str:
        """Its type in encodings."""
        return "bool" if self.kind is None else f"{self.kind.abi}[]"

    @property
    def size(self) -> int:
        """The most bytes of its encoding."""
        each = 96 + MOST_TEXT if self.kind == TEXT else 32
        return 32 if self.kind is None else 64 + self.most * each


def parts_of(contract: ContractClass, kinds: Mapping[str, Kind], name: str) -> tuple[Part, ...]:
    """The values in which a field is settled."""
    kind = kinds[name]
    if kind.scalar:
        return (Part(kind, 1),)
    if kind.sort is Sort.LIST:
        return Part(None), Part(kind.item, MOST_ITEMS)
    keys = Part(kind.item, MOST_KEYS)
    field = contract.fields[name].type
    if isinstance(field, SetType):
        return keys, keys
    assert isinstance(field, MapType)
    return (keys, keys) if isinstance(field.value, PrivateType) else (keys, keys, Part(kind.of[1], MOST_KEYS))


@dataclass(frozen=True)
class Settling:
    """The function that writes what a job leaves, and the most bytes that it reads; it takes `MOST_BYTES`."""

    name: str
    text: str
    size: int


def settling(b: Body, contract: ContractClass, names: list[str]) -> Settling:
    """The function that writes the fields, from the bytes of an outcome."""
    parts: list[tuple[str, Part]] = []
    of: dict[str, list[str]] = {}
    for name in names:
        for part in parts_of(contract, b.half.fields, name):
            place = b.name()
            parts.append((place, part))
            of.setdefault(name, []).append(place)
    for place, part in parts:
        b.add(f"{place}: {part.vyper} = empty({part.vyper})")
    types = ", ".join(part.vyper for _, part in parts)
    given = f"({types})" if len(parts) > 1 else types
    b.add(f"{', '.join(place for place, _ in parts)} = abi_decode(outcome, {given})")
    for name in names:
        _settle(b, contract, name, of[name])
    size = sum(part.size for _, part in parts)
    own = f"_0settle_{b.function.name}"
    lines = "".join(f"{line}\n" for line in [*b.declarations(), *b.lines])
    return Settling(own, f"@internal\ndef {own}(outcome: Bytes[{MOST_BYTES}]):\n{lines}", size)


def _settle(b: Body, contract: ContractClass, name: str, given: list[str]) -> None:
    kind = b.half.fields[name]
    type_ = contract.fields[name].type
    if kind.scalar:
        with b.block(f"if len({given[0]}) == 1:"):
            b.add(f"self._{name} = {given[0]}[0]")
            if name not in b.half.sure:
                b.add(f"self._0set_{name} = True")
        return
    if kind.sort is Sort.LIST:
        with b.block(f"if {given[0]}:"):
            b.add(f"self._{name} = {given[1]}")
        return
    place = fields.place_of(name, type_, kind)  # type: ignore[arg-type]
    with b.rounds(f"len({given[0]})") as i:
        gone = b.kept(Term(f"{given[0]}[{i}]", kind.item))
        with b.block(f"if {place.has}[{gone.text}]:"):
            fields.dropped(b, place, gone)
    if place.values:
        b.want(f"len({given[1]}) == len({given[2]})", "keys and values of different number")
    with b.rounds(f"len({given[1]})") as i:
        come = b.kept(Term(f"{given[1]}[{i}]", kind.item))
        fields.put(b, place, come)
        if place.values:
            b.add(f"{place.values}[{come.text}] = {given[2]}[{i}]")
