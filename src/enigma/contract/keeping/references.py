"""References to stored secrets as trees: their types, and what they were computed on, are written once each.

A private map of a thousand people names the same thousand contributions in each of its values. So what recurs stands in
tables, sorted, and a reference has its place there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeVar

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Basis, Held, Version
from enigma.contract.keeping import trees
from enigma.errors import ArgumentProblem, RangeError, WireError
from enigma.program.program import MAX_ELEMENTS, read_type, type_tree
from enigma.program.types import Type
from enigma.wire import Tree

_T = TypeVar("_T")

MAX_DIMENSIONS = 32
"""As NumPy has it."""


class Writer:
    """Writes references; `versions` are those that are named by themselves."""

    def __init__(self, held: Iterable[Held], versions: Iterable[Version]) -> None:
        types: dict[Type, None] = {}
        bases: dict[Basis, None] = {}
        for each in held:
            types[each.type] = bases[each.basis] = None
        found = {version for basis in bases for _, _, version in basis}.union(versions)
        spelled = sorted((sorted(version), version) for version in found)
        self._versions = {version: place for place, (_, version) in enumerate(spelled)}
        self._types = {each: place for place, each in enumerate(sorted(types, key=_type_order))}
        self._bases = {each: place for place, each in enumerate(sorted(bases, key=self._basis))}

    def tables(self) -> dict[str, Tree]:
        """What the places of references mean."""
        return {
            "types": [type_tree(each) for each in self._types],
            "versions": [sorted(version) for version in self._versions],
            "bases": [[list(part) for part in self._basis(each)] for each in self._bases],
        }

    def held(self, held: Held) -> Tree:
        """One reference."""
        if held.index < 0:
            raise ArgumentProblem("a reference stands for a value that nobody stores yet", hint="settle the call first")
        return [held.index, list(held.shape), self._types[held.type], self._bases[held.basis]]

    def version(self, version: Version) -> int:
        """The place of a version."""
        return self._versions[version]

    def _basis(self, basis: Basis) -> list[tuple[bytes, str, int]]:
        return sorted((contract.octets, name, self._versions[version]) for contract, name, version in basis)


class Reader:
    """Reads references, with the tables of `Writer.tables`. Raises WireError."""

    def __init__(self, types: Tree, versions: Tree, bases: Tree) -> None:
        self._types = [_read_type(each) for each in trees.items(types, "the table of types")]
        self._versions = [_read_version(each) for each in trees.items(versions, "the table of versions")]
        self._bases = [self._read_basis(each) for each in trees.items(bases, "the table of bases")]

    def held(self, tree: Tree) -> Held:
        """One reference."""
        index, shape, type_, basis = trees.row(tree, 4, "a reference")
        return Held(
            trees.whole(index, "the index of a reference"),
            _read_shape(shape),
            _at(self._types, type_, "a type"),
            _at(self._bases, basis, "a basis"),
        )

    def version(self, tree: Tree) -> Version:
        """The version at a place."""
        return _at(self._versions, tree, "a version")

    def of(self, contract: Address) -> Iterable[Version]:
        """The versions of this contract's own tables and maps that something was computed on."""
        return (version for basis in self._bases for owner, _, version in basis if owner == contract)

    def _read_basis(self, tree: Tree) -> Basis:
        parts = [trees.row(part, 3, "a basis") for part in trees.items(tree, "a basis")]
        return frozenset(
            (
                trees.address(contract, "the contract of a basis"),
                trees.text(name, "the field of a basis"),
                self.version(version),
            )
            for contract, name, version in parts
        )


def _type_order(type_: Type) -> tuple[str, int, int, int]:
    return type_.kind.value, type_.scale, type_.lo, type_.hi


def _read_type(tree: Tree) -> Type:
    kind, *numbers = trees.row(tree, 4, "a type")
    trees.text(kind, "the kind of a type")
    if any(type(each) is not int for each in numbers):
        raise WireError("a type is not made of whole numbers")
    try:
        return read_type(tree)
    except (ValueError, RangeError) as error:
        raise WireError(f"a type that no value has: {error}") from error


def _read_version(tree: Tree) -> Version:
    return frozenset(trees.whole(each, "a contribution's number") for each in trees.items(tree, "a version"))


def _read_shape(tree: Tree) -> tuple[int, ...]:
    shape = tuple(trees.whole(each, "an extent", MAX_ELEMENTS) for each in trees.items(tree, "a shape"))
    if len(shape) > MAX_DIMENSIONS or prod(shape) > MAX_ELEMENTS:
        raise WireError("a reference has a shape that no value has")
    return shape


def _at(table: Sequence[_T], place: Tree, what: str) -> _T:
    return table[trees.whole(place, what, len(table) - 1)]
