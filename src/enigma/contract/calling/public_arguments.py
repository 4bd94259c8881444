"""A caller's Python values as public arguments: as the language has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

import numpy as np

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.reading.names import suggestion
from enigma.contract.types import AddressType, CategoryType, ListType, MapType, PublicType, SetType
from enigma.contract.values.conform import public
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import Unfit
from enigma.errors import ArgumentProblem


def public_argument(value: Any, type_: PublicType, what: str, party: Callable[[Any], Address]) -> Any:
    """A public argument as the language has it: names of parties for addresses, decimals for floats.

    Raises `ArgumentProblem` for what is not of the declared type.
    """
    try:
        return public(_of_the_language(value, type_, what, party), type_, what)
    except (Unfit, Exhausted) as error:
        raise ArgumentProblem(str(error), hint=error.hint) from None


def _of_the_language(value: Any, type_: Any, what: str, party: Callable[[Any], Address]) -> Any:
    if isinstance(type_, AddressType):
        return party(value)
    if isinstance(type_, (SetType, ListType)):
        if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
            raise ArgumentProblem(f"{what} is {type_}, and this is a {type(value).__name__}", hint="give a list: [...]")
        items = [_of_the_language(each, type_.of, what, party) for each in value]
        # Items are proven before they are a set: a list, say, has no place in one.
        return OrderedSet(public(each, type_.of, what) for each in items) if isinstance(type_, SetType) else items
    if isinstance(type_, MapType):
        if not isinstance(value, Mapping):
            raise ArgumentProblem(f"{what} is {type_}, and this is a {type(value).__name__}", hint="give a dict: {...}")
        return {
            _of_the_language(k, type_.key, what, party): _of_the_language(v, type_.value, what, party)
            for k, v in value.items()
        }
    if isinstance(type_, CategoryType) and isinstance(value, str):
        if value not in type_.labels:
            hint = suggestion(value, type_.labels) or f"there is {', '.join(type_.labels)}"
            raise ArgumentProblem(f"{what}: not one of the labels of {type_}", hint=hint)
        return type_.labels.index(value)
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (float, Decimal)) and not isfinite(value):
        raise ArgumentProblem(f"{what}: a number that is not finite", hint="public numbers are whole ones or decimals")
    return Decimal(repr(value)) if isinstance(value, float) else value
