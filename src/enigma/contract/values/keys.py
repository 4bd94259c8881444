"""Keys of maps and sets: what is public, and never changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.canonical import MAX_KEY_BYTES
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import expanded
from enigma.contract.values.numbers import Unfit, described


def key_of(value: Any) -> Any:
    """A public value as a key of a map or set."""
    if isinstance(value, Array):
        raise Unfit("a key that is private would become known", "keep an array with a place for each key", leaks=True)
    if isinstance(value, tuple):
        expanded(value, MAX_KEY_BYTES)
        return tuple(key_of(part) for part in value)
    if value is None or isinstance(value, (bool, int, Decimal, str, Address)):
        return value
    if isinstance(value, OrderedSet):
        raise Unfit("a set as a key", "use a tuple")
    raise Unfit(f"a {described(value)} as a key", "keys are numbers, texts, addresses and tuples of them")
