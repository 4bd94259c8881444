"""What a call gave, as Python has it; what was sealed to others goes to them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from enigma.array.committee import Committee
from enigma.array.literals import Raw, decode
from enigma.contract.addresses import Address
from enigma.contract.call import Slot
from enigma.contract.dictionaries import Document


@dataclass(frozen=True)
class Received:
    """A value that a call has sealed to a party."""

    function: str
    value: Any


@dataclass(frozen=True)
class SealedTo:
    """In a result, the place of a value that only others can open."""

    to: tuple[Address, ...]

    def __repr__(self) -> str:
        return f"<sealed to {', '.join(map(str, self.to))}>"


def delivered(
    result: Any,
    opened: list[Raw],
    sender: Address,
    received: dict[Address, list[Received]],
    function: str,
    committee: Committee,
) -> Any:
    """The result as the sender sees it; every recipient's values are added to what it has received."""

    def seen(part: Any) -> Any:
        if isinstance(part, Slot):
            value = plain(decode(opened[part.number], part.type))
            for each in part.to:
                received.setdefault(each, []).append(Received(function, value))
            return value if sender in part.to else SealedTo(part.to)
        if isinstance(part, Document):
            return _document(part)
        if isinstance(part, tuple):
            return _array(part) if _numbers(part) else tuple(seen(each) for each in part)
        if isinstance(part, list):
            return [seen(each) for each in part]
        if isinstance(part, dict):
            return {key: seen(each) for key, each in part.items()}
        return float(part) if isinstance(part, Decimal) else part

    del committee
    return seen(result)


def _document(document: Document) -> Any:
    return document.content


def _numbers(part: tuple[Any, ...]) -> bool:
    return bool(part) and all(isinstance(each, (bool, int, Decimal)) for each in part)


def _array(part: tuple[Any, ...]) -> Any:
    return tuple(float(each) if isinstance(each, Decimal) else each for each in part)


def plain(value: Any) -> Any:
    """A NumPy scalar array as a number of Python's."""
    return value.item() if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0 else value
