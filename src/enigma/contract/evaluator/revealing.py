"""The one way for a private value to become known: `reveal`.

To everyone: at once, as a public value; the program that computes it ends there, and all seats confirm what came out.
Even where the call is refused later, this value is known. To identities: sealed, and opened by the last program only
when the whole call has succeeded.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from enigma.array import Array
from enigma.array.literals import Raw
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.interface import Document
from enigma.contract.dictionaries.predicates import Everyone
from enigma.contract.evaluator.choice import want_visible
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.values.containers import OrderedSet, Sealed
from enigma.contract.values.numbers import Unfit, described, exact_ratio
from enigma.program.types import Type

_CALLER = object()


def reveal(m: Machine, f: Frame, node: ast.Call, value: Any, *, to: Any = _CALLER) -> Any:
    """`reveal(x)`, `reveal(x, to=...)`."""
    want_visible(m, f, node, "revealing a value", "choose in secret first, x = a if condition else b, and reveal x")
    context = m.context
    if context is None:
        raise Unfit("reveal outside of a contract's call", "return the private value; who calls may reveal it")
    if isinstance(value, Document):
        return _document(m, value, recipients(m, to))
    _want_private(value)
    if isinstance(to, Everyone):
        arrays = _parts(value)
        opened = iter(m.open(arrays))
        return _filled(value, [as_public(next(opened), array.node.type) for array in arrays])
    return Sealed(value, recipients(m, to))


def _document(m: Machine, document: Document, to: tuple[Address, ...]) -> Sealed:
    """A stored document, for those whom its predicate admits."""
    from enigma.contract.evaluator.stores import request_of

    for asker in to:
        m.dictionaries.documents.get(document.key, request_of(m, asker))
    return Sealed(document, to)


def recipients(m: Machine, to: Any) -> tuple[Address, ...]:
    """The identities that a value is sealed to, each once; a shared identity is all of its members."""
    assert m.context is not None
    if to is _CALLER:
        return (m.context.sender,)
    if isinstance(to, Everyone):
        raise Unfit(
            "this is sealed to identities, not to everyone", "store it in the clear: DHT.set(key, value, everyone)"
        )
    named = [to] if isinstance(to, Address) else to
    if not isinstance(named, (list, tuple, OrderedSet)) or not all(isinstance(each, Address) for each in named):
        raise Unfit(f"reveal to a {described(to)}", "`to` is an address, a set or list of addresses, or everyone")
    if not named:
        raise Unfit("reveal to nobody: the set is empty")
    members = (m.dictionaries.identities.members(each) for each in named)
    return tuple(dict.fromkeys(member for group in members for member in group))


def _want_private(value: Any) -> None:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    if isinstance(value, Sealed) or any(isinstance(part, Sealed) for part in parts):
        raise Unfit("this is sealed already", "reveal the private value itself")
    if not parts or not all(isinstance(part, Array) for part in parts):
        raise Unfit(f"a {described(value)} is public: there is nothing to reveal", "use the value as it is")


def _parts(value: Any) -> list[Array]:
    return [value] if isinstance(value, Array) else list(value)


def _filled(value: Any, numbers: list[Any]) -> Any:
    if isinstance(value, Array):
        return numbers[0]
    return tuple(numbers) if isinstance(value, tuple) else numbers


def as_public(raw: Raw, type_: Type) -> Any:
    """Opened raw numbers as public values of the language: a number, or nested tuples of numbers."""
    if np.ndim(raw):
        return tuple(as_public(part, type_) for part in raw)
    if type_.is_bool:
        return bool(raw)
    return exact_ratio(int(raw), type_.scale) if type_.kind.value == "fixed" else int(raw)
