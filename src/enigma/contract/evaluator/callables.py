"""What a name can stand for beside a value: a function, or nothing that may be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enigma.contract.reading.declarations import Function, Module


@dataclass(frozen=True, eq=False)
class FunctionValue:
    """A function that a call names."""

    function: Function
    module: Module


@dataclass(frozen=True, eq=False)
class BuiltIn:
    """A built-in function, or a method bound to its object: `call(machine, frame, node, *args, **options)`."""

    name: str
    call: Callable[..., Any]
    bound: tuple[Any, ...] = ()
    """What a method is bound to: comes before the arguments."""


class Unset:
    """In the place of a variable that may not be read; says why."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason
