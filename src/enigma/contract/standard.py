"""The standard library from Python: its functions, called on arrays and public numbers.

The same evaluator runs them as inside of a contract; nothing can be revealed, and nothing of a call is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from enigma import array as xp
from enigma.array import Array, Committee
from enigma.array.operands import committee_of
from enigma.contract.evaluator.calls import bind, invoke
from enigma.contract.evaluator.fields import Fields
from enigma.contract.evaluator.machine import Machine
from enigma.contract.reading.declarations import Function, Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.state import State
from enigma.contract.values.meter import Exhausted, Limits
from enigma.contract.values.numbers import Unfit, described
from enigma.errors import ArgumentProblem
from enigma.program.node import at

_LIMITS = Limits(steps=1 << 26, items=1 << 26, elements=1 << 36, total_elements=1 << 48)
"""Whoever calls from Python is not a stranger: what fits is for the committee's memory to say."""


class Standard:
    """One module of the standard library; its functions are attributes."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._module.functions.get(name)
        if function is None:
            known = ", ".join(self._module.functions)
            raise AttributeError(f"{self._module.source.name} has no function {name}; there is {known}")
        return _callable(self._module, function)

    def __dir__(self) -> list[str]:
        return sorted(self._module.functions)

    def __repr__(self) -> str:
        return f"<{self._module.source.name}>"


@cache
def standard(name: str) -> Standard:
    """The module `enigma.std.<name>`: `standard("clustering").lloyd(points, starts, 10, reaches)`.

    Its functions take arrays, NumPy arrays of public numbers, numbers, booleans, texts, and lists and tuples of these;
    a float is the decimal that `repr` writes. They give arrays of the committee of their arguments, public whole
    numbers, `Decimal`s, texts, lists and tuples. Raises `ArgumentProblem` where there is no such module. The functions
    raise `SourceProblem`, `CallRefused` for what they require, `ArgumentProblem` for arguments of another kind.
    """
    library = StandardLibrary()
    if name not in library.names:
        raise ArgumentProblem(
            f"the standard library has no module {name}", hint=f"there are {', '.join(library.names)}"
        )
    return Standard(load(library.standard(name), library, trusted=True))


def _callable(module: Module, function: Function) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        machine = Machine(module, Fields({}, State()), None, None, _LIMITS)
        committee = committee_of(*_arrays([args, list(options.values())]))
        with at(machine.place):
            try:
                given = [_argument(each) for each in args], {key: _argument(each) for key, each in options.items()}
                result = invoke(machine, module, function, bind(function, *given))
            except (Unfit, Exhausted) as error:
                raise ArgumentProblem(f"{function.name}: {error}", hint=error.hint) from None
        return _result(result, committee)

    call.__name__ = call.__qualname__ = function.name
    call.__doc__ = function.doc
    return call


def _arrays(value: Any) -> list[Array]:
    if isinstance(value, (list, tuple)):
        return [array for each in value for array in _arrays(each)]
    return [value] if isinstance(value, Array) else []


def _argument(value: Any) -> Any:
    """A value of Python's as one of the language; raises `Unfit`."""
    if isinstance(value, np.ndarray):
        return xp.asarray(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not np.isfinite(value):
            raise Unfit("a number that is not finite", "numbers of the language are decimals")
        return Decimal(repr(value))
    if isinstance(value, (list, tuple)):
        return type(value)(_argument(each) for each in value)
    if value is None or isinstance(value, (Array, bool, int, Decimal)) or type(value) is str:
        return value
    raise Unfit(f"a {described(value)} is no value of the language", "arrays, numbers, texts, and lists of these")


def _result(value: Any, committee: Committee | None) -> Any:
    if isinstance(value, Array):
        return value if value.committee is committee else Array(value.node, committee)
    if isinstance(value, (list, tuple)):
        return type(value)(_result(each, committee) for each in value)
    return value
