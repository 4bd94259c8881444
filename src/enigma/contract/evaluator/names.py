"""What a name stands for: a local, something of the module, a fact of the call, or a built-in."""

from __future__ import annotations

import ast
from typing import Any

from enigma.contract.evaluator.callables import FunctionValue, Unset
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.reading.declarations import Module, Where
from enigma.contract.values.numbers import Unfit
from enigma.errors import UnknownName


class Self:
    """`self`: the fields and functions of the contract."""


SELF = Self()

FACTS = ("sender", "senders", "deployer", "now", "this")
"""Names of what a call is: who asks, who deployed, when, which contract."""


def read(m: Machine, f: Frame, node: ast.Name) -> Any:
    """The value of a name."""
    name = node.id
    if name in f.locals:
        value = f.locals[name]
        if isinstance(value, Unset):
            m.refuse(f, node, UnknownName, f"`{name}` may not be read here: {value.reason}",
                     f"give {name} a value before")  # fmt: skip
        return value
    if name == "self" and f.function.where is not Where.HELPER:
        return SELF
    found = of_module(m, f.module, name)
    if found is not None:
        return found
    if name in FACTS:
        return fact(m, name)
    from enigma.contract.evaluator.builtins import BUILT_IN

    if name in BUILT_IN:
        return BUILT_IN[name]
    hint = "names are locals, and what the file and Enigma define"
    raise f.source.problem(UnknownName, node, f"there is no `{name}` here", hint)


def of_module(m: Machine, module: Module, name: str) -> Any:
    """What a module defines or imports under a name; None for nothing."""
    if name in module.functions:
        return FunctionValue(module.functions[name], module)
    if name in module.constants:
        return m.constant(module, module.constants[name])
    if name in module.imports:
        imported = module.imports[name]
        return of_module(m, imported.module, imported.name)
    return module.tables.get(name)


def fact(m: Machine, name: str) -> Any:
    """`sender`, `now`, ... of the call."""
    if m.context is None:
        raise Unfit(f"`{name}` outside of a contract's call", "hand it over as an argument")
    return getattr(m.context, name)
