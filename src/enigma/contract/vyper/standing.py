"""The public fields of a contract as they stand on the chain, as values of the language: the reverse of `outcome`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from enigma.contract.dictionaries.addresses import read_address
from enigma.contract.reading.declarations import ContractClass
from enigma.contract.types import AddressType, FixedType, ListType, MapType, PrivateType, SetType
from enigma.contract.values.containers import OrderedSet
from enigma.contract.vyper.kinds import decimal_of, kind_of

Read = Callable[..., Any]
"""What a view function of the public half answers: (name, its arguments); None where the field has no value yet."""


def public_fields(contract: ContractClass, read: Read) -> dict[str, Any]:
    """Each public field that has a value, by its name; without private ones, and the keys of private maps."""
    found: dict[str, Any] = {}
    for field in contract.fields.values():
        type_ = field.type
        if isinstance(type_, PrivateType) or (isinstance(type_, MapType) and isinstance(type_.value, PrivateType)):
            continue
        if kind_of(type_) is None:
            continue
        if isinstance(type_, MapType):
            keys = read(f"{field.name}_keys")
            found[field.name] = {
                from_chain(key, type_.key): from_chain(read(field.name, key), type_.value) for key in keys
            }
            continue
        value = read(field.name)
        if value is not None:
            found[field.name] = from_chain(value, type_)
    return found


def from_chain(value: Any, type_: Any) -> Any:
    """A value of the ABI as one of a declared type of the language."""
    if isinstance(type_, FixedType):
        return decimal_of(value)
    if isinstance(type_, AddressType):
        return read_address(value)
    if isinstance(type_, ListType):
        return [from_chain(each, type_.of) for each in value]
    if isinstance(type_, SetType):
        return OrderedSet(from_chain(each, type_.of) for each in value)
    return value
