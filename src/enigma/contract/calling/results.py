"""What a call gave, as Python has it; what was sealed to others goes to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from enigma.array.literals import Raw, decode
from enigma.contract.call import Handed, HandedCiphertext, Slot
from enigma.contract.calling.documents import opened as opened_document
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.values.containers import OrderedSet
from enigma.errors import CallRefused

Named = Callable[[Address], str]
"""How an address is written for people."""


@dataclass(frozen=True)
class Received:
    """A value that a call of `function` has sealed to a party."""

    function: str
    value: Any


@dataclass(frozen=True, repr=False)
class SealedTo:
    """In a result, the place of a value that only others can open."""

    to: tuple[Address, ...]
    names: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        return f"<sealed to {', '.join(self.names or map(str, self.to))}>"


@dataclass(frozen=True)
class Delivery:
    """The result as the sender sees it, and what each party has received, in the order of the result."""

    result: Any
    received: tuple[tuple[Address, Any], ...]


def nothing_stored(sha256: bytes) -> Iterable[bytes]:
    """The ciphertexts of a place that stores none."""
    raise CallRefused(f"the ciphertext {sha256.hex()[:16]}... is not stored here any more")


def delivered(
    result: Any,
    opened: Sequence[Raw],
    sender: Address,
    named: Named = str,
    ciphertext: Callable[[bytes], Iterable[bytes]] = nothing_stored,
) -> Delivery:
    """Open a call's result: `opened` has the raw values of its sealed outputs, by the numbers of their slots.

    `ciphertext` gives that of a document, by its SHA-256.

    Sealed numbers become Python's, sealed arrays NumPy's; what is public stays in Python's lists and tuples, with
    floats for decimals. In the place of what only others can open stands `SealedTo`.
    """
    received: list[tuple[Address, Any]] = []

    def handed(value: Any, to: tuple[Address, ...]) -> Any:
        received.extend((each, deepcopy(value)) for each in to)  # arrays can be written to
        return value if sender in to else SealedTo(to, tuple(named(each) for each in to))

    def seen(part: Any) -> Any:
        if isinstance(part, Slot):
            return handed(_number(decode(opened[part.number], part.type)), part.to)
        if isinstance(part, HandedCiphertext):
            text = opened_document(opened[part.key.number], part.sha256, part.size, ciphertext(part.sha256))
            return handed(text, part.key.to)
        if isinstance(part, Handed):
            return handed(in_python(part.content), part.to)
        if isinstance(part, (list, tuple)):
            return type(part)(seen(each) for each in part)
        if isinstance(part, dict):
            return {key: seen(each) for key, each in part.items()}
        return in_python(part)

    return Delivery(seen(result), tuple(received))


def in_python(value: Any) -> Any:
    """A public value of the language as Python has it: floats for decimals, `set` for sets; of the caller's own."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, OrderedSet):
        return {in_python(each) for each in value}
    if isinstance(value, (list, tuple)):
        return type(value)(in_python(each) for each in value)
    if isinstance(value, dict):
        return {in_python(key): in_python(each) for key, each in value.items()}
    return value


def _number(value: Any) -> Any:
    """A NumPy array of no dimension as a number of Python's."""
    return value.item() if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0 else value
