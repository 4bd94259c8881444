"""What a private argument is for, and what everybody may know of it: its columns, their kinds and shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.errors import ArgumentProblem, WireError

MOST_COLUMNS = 1000
MOST_AXES = 8
MOST_ELEMENTS = 1 << 40
"""Elements of one column: what a program can hold at all. What a seat takes is for the seat to say."""
MOST_NAME_BYTES = 256

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_KINDS = {"bool": True, "int64": False}


@dataclass(frozen=True, slots=True)
class Context:
    """The one place where a contribution counts: a parameter of a function of a contract of a chain, asked by one.

    `contract` has 32 bytes, `function` 4 (its selector), `asker` is an address (0x and 40 digits, in any case).
    """

    chain: int
    contract: bytes
    asker: str
    function: bytes
    parameter: str

    def __post_init__(self) -> None:
        if self.chain < 0 or len(self.contract) != 32 or len(self.function) != 4:
            raise ArgumentProblem("a contribution is for a chain's id, a contract of 32 bytes and a selector of 4")
        if not _ADDRESS.fullmatch(self.asker):
            raise ArgumentProblem(f"a contribution has an asker's address, and {self.asker!r:.60} is none")

    @property
    def tree(self) -> dict[str, Any]:
        """What is hashed and sealed under."""
        return {
            "asker": bytes.fromhex(self.asker[2:]),
            "chain": self.chain,
            "contract": self.contract,
            "function": self.function,
            "parameter": self.parameter,
        }

    @property
    def named(self) -> str:
        """Whose contribution, and to what: for messages."""
        return f"the contribution of {self.asker} to {self.parameter}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name ("" for one value or array), whether it holds booleans, else int64, and its shape."""

    name: str
    boolean: bool
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        try:
            size = len(self.name.encode())
        except UnicodeEncodeError:
            raise ArgumentProblem("a column's name is text that UTF-8 can spell") from None
        if size > MOST_NAME_BYTES:
            raise ArgumentProblem(f"a column's name has at most {MOST_NAME_BYTES} bytes, not {size}")
        # An extent of 0 does not make the others harmless: arrays count their places without it.
        places = prod(min(extent or 1, MOST_ELEMENTS + 1) for extent in self.shape[:MOST_AXES])
        if len(self.shape) > MOST_AXES or any(extent < 0 for extent in self.shape) or places > MOST_ELEMENTS:
            raise ArgumentProblem(f"column {self.name!r} has at most {MOST_AXES} axes and {MOST_ELEMENTS} elements")

    @property
    def size(self) -> int:
        """Its elements."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """The public side of a private argument: family of sharing, rows of a table (None: one value or array), columns.

    `skipped`: rows of its owner's table that did not fit, and were left out.
    """

    family: str
    rows: int | None
    columns: tuple[Column, ...]
    skipped: int = 0

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not 1 <= len(names) <= MOST_COLUMNS or len(set(names)) != len(names):
            raise ArgumentProblem(f"a private argument has 1 to {MOST_COLUMNS} columns of different names")
        if self.rows is None:
            if names != [""]:
                raise ArgumentProblem("one value or array is one column without a name")
        elif "" in names or any(column.shape != (self.rows,) for column in self.columns):
            raise ArgumentProblem(f"each column of a table of {self.rows} rows has a name, and one value for each row")
        if not 0 <= self.skipped <= MOST_ELEMENTS or (self.skipped and self.rows is None):
            raise ArgumentProblem(f"rows are left out of tables, from 0 to {MOST_ELEMENTS} of them")

    @classmethod
    def of(cls, family: str, rows: int | None, columns: Mapping[str, npt.NDArray[Any]], skipped: int = 0) -> Header:
        """The header of raw columns, int64 or bool. Raises ArgumentProblem."""
        for name, column in columns.items():
            if column.dtype not in (np.bool_, np.int64):
                raise ArgumentProblem(f"column {name!r} holds {column.dtype}; what is shared is int64 or bool")
        described = (Column(name, column.dtype == np.bool_, column.shape) for name, column in columns.items())
        return cls(family, rows, tuple(described), skipped)

    @property
    def tree(self) -> dict[str, Any]:
        """The header on the wire."""
        columns = [[c.name, "bool" if c.boolean else "int64", list(c.shape)] for c in self.columns]
        tree: dict[str, Any] = {"columns": columns, "family": self.family, "rows": self.rows}
        return {**tree, "skipped": self.skipped} if self.skipped else tree

    @classmethod
    def read(cls, tree: Any) -> Header:
        """The header that a decoded tree is. Raises WireError."""
        match tree:
            case {"columns": list(columns), "family": str(family), "rows": None | int() as rows, **rest}:
                try:
                    return cls(family, _whole(rows), tuple(map(_column, columns)), _skipped(rest))
                except ArgumentProblem as problem:
                    raise WireError(problem.message) from None
        raise WireError("a header has columns, a family and rows")


def _skipped(rest: Any) -> int:
    """One spelling: the number stands there only where it is not 0."""
    match rest:
        case {"skipped": int(skipped)} if len(rest) == 1 and not isinstance(skipped, bool) and skipped > 0:
            return skipped
        case {} if not rest:
            return 0
    raise WireError("a header has columns, a family, rows, perhaps rows that were skipped, and nothing else")


def _column(tree: Any) -> Column:
    match tree:
        case [str(name), str(kind), list(shape)] if kind in _KINDS and all(isinstance(each, int) for each in shape):
            return Column(name, _KINDS[kind], tuple(_whole(each) for each in shape))
    raise WireError("a column is its name, bool or int64, and its shape")


def _whole(number: Any) -> Any:
    """A number, and not a boolean, which is one in Python."""
    if isinstance(number, bool):
        raise WireError("a header counts in numbers")
    return number
