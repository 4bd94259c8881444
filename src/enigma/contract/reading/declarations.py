"""What a file declares: the result of reading it, and the input of everything else."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.reading.source import Source
from enigma.contract.types import ParameterType, TableType, ValueType


class Where(StrEnum):
    """Where a function runs, and who may call it."""

    PUBLIC = "public"  # on the chain, by anyone
    PRIVATE = "private"  # on the committee, by anyone
    PREDICATE = "predicate"  # asked by the network when something is read
    INTERNAL = "internal"  # by other functions of the contract
    HELPER = "helper"  # outside of a class: a function of its arguments


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter; `type` is None where a helper has no annotation, `default` a constant expression."""

    name: str
    type: ParameterType | None
    default: ast.expr | None
    node: ast.arg


@dataclass(frozen=True, eq=False)
class Function:
    """One function. `parameters` are without `self`. `body` is without the docstring."""

    name: str
    where: Where
    parameters: tuple[Parameter, ...]
    body: tuple[ast.stmt, ...]
    doc: str
    node: ast.FunctionDef
    source: Source


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a contract. `type` is `PrivateType`, a map to it, or a public type."""

    name: str
    type: ValueType
    default: ast.expr | None
    node: ast.AnnAssign


@dataclass(frozen=True, eq=False)
class Committee:
    """`committee = drawn(n)` (names empty), or `named([...])`."""

    seats: int = 3
    names: tuple[Address, ...] = ()


@dataclass(frozen=True, eq=False)
class Release:
    """`release = after(rows)`: so many rows of others must change before another answer; None is `always`."""

    rows: int | None = 10


@dataclass(frozen=True, eq=False)
class ContractClass:
    """`class Name(Contract):`."""

    name: str
    doc: str
    fields: Mapping[str, Field]
    functions: Mapping[str, Function]
    committee: Committee
    release: Release
    node: ast.ClassDef


@dataclass(frozen=True, eq=False)
class Imported:
    """A name that another module defines."""

    module: Module
    name: str


@dataclass(frozen=True, eq=False)
class Module:
    """One file, read. `imports` maps local names; `contract` is None in a module of functions."""

    source: Source
    doc: str
    tables: Mapping[str, TableType]
    constants: Mapping[str, ast.expr]
    functions: Mapping[str, Function]
    imports: Mapping[str, Imported]
    contract: ContractClass | None
    trusted: bool = False
    """Of the standard library: may say `proven`."""

    modules: tuple[Module, ...] = field(default=())
    """The modules that it imports, once each, in the order of their first import."""

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of this source and of all that it imports, directly or not, each once."""
        seen: dict[str, None] = {}
        stack: list[Module] = [self]
        while stack:
            module = stack.pop()
            if module.source.digest not in seen:
                seen[module.source.digest] = None
                stack.extend(reversed(module.modules))
        return tuple(seen)
