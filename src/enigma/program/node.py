"""The one node type of a program, and the walk over it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from enigma.program.ops import Op
from enigma.program.types import Type

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """One array operation: what it reads, what it yields, and where the user wrote it.

    Nodes compare by identity; a program is the graph behind its outputs. `where` is for messages only and is not
    part of a program's hash.
    """

    op: Op
    inputs: tuple[Node, ...]
    shape: Shape
    type: Type
    secret: bool
    attrs: dict[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def __repr__(self) -> str:
        return f"<{'secret' if self.secret else 'public'} {self.op} {self.shape} {self.type}>"


def ancestors(outputs: Iterable[Node]) -> list[Node]:
    """Every node behind `outputs`, each after its inputs, in an order that depends on the graph alone."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, Iterator[Node]]] = []
    for output in outputs:
        if id(output) in seen:
            continue
        seen.add(id(output))
        stack.append((output, iter(output.inputs)))
        while stack:
            node, rest = stack[-1]
            for parent in rest:
                if id(parent) not in seen:
                    seen.add(id(parent))
                    stack.append((parent, iter(parent.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


_place: ContextVar[Callable[[], str] | None] = ContextVar("place", default=None)


@contextmanager
def at(place: Callable[[], str]) -> Iterator[None]:
    """Within this block `caller()` is `place()`: for what builds nodes on behalf of lines that are not Python's."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def caller() -> str:
    """File and line of the user's code that is building a node: the first frame outside this package."""
    place = _place.get()
    if place is not None:
        return place()
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller's line
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == "enigma":
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
