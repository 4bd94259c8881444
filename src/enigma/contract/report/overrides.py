"""`--args f.k=5` and `--set smallest=2`: public values as a user types them, read by their declared type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from enigma.contract.dictionaries.addresses import address_of, read_address
from enigma.contract.reading.declarations import ContractClass, Where
from enigma.contract.report.samples import ASKER, DEPLOYER
from enigma.contract.types import (
    AddressType,
    BoolType,
    CategoryType,
    DocumentType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PrivateType,
    PublicType,
    SetType,
    TextType,
)
from enigma.contract.values.conform import public
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.numbers import Unfit
from enigma.errors import ArgumentProblem

_NAMES = {"deployer": DEPLOYER, "sender": ASKER, "member": ASKER}


@dataclass(frozen=True)
class Overrides:
    """Public arguments by function and name, public fields by name."""

    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


def read(contract: ContractClass, arguments: Sequence[str], fields: Sequence[str]) -> Overrides:
    """What a user typed, for this contract; raises `ArgumentProblem`."""
    found: dict[str, dict[str, Any]] = {}
    for text in arguments:
        name, value = _split(text, "--args", "FUNCTION.NAME=VALUE, such as cluster.k=5")
        function, dot, parameter = name.partition(".")
        if not dot:
            raise ArgumentProblem(
                f"--args {text}: no function is named", hint="FUNCTION.NAME=VALUE, such as cluster.k=5"
            )
        found.setdefault(function, {})[parameter] = _argument(contract, function, parameter, value, f"--args {text}")
    settings = {}
    for text in fields:
        name, value = _split(text, "--set", "FIELD=VALUE, such as smallest=2")
        settings[name] = _field(contract, name, value, f"--set {text}")
    return Overrides(found, settings)


def _split(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ArgumentProblem(f"{option} {text}: this sets nothing", hint=f"write {option} {form}")
    return name.strip(), value.strip()


def _argument(contract: ContractClass, function: str, parameter: str, text: str, what: str) -> Any:
    entries = [f for f in contract.functions.values() if f.where is not Where.INTERNAL]
    known = next((f for f in entries if f.name == function), None)
    if known is None:
        hint = f"there is {', '.join(f.name for f in entries)}" if entries else "it has no functions"
        raise ArgumentProblem(f"{what}: {contract.name} has no function {function}", hint=hint)
    declared = next((p for p in known.parameters if p.name == parameter), None)
    if declared is None:
        names = ", ".join(p.name for p in known.parameters)
        raise ArgumentProblem(
            f"{what}: {function} has no argument {parameter}", hint=f"it has {names}" if names else "it takes none"
        )
    return _typed(text, declared.type, what)


def _field(contract: ContractClass, name: str, text: str, what: str) -> Any:
    declared = contract.fields.get(name)
    if declared is None:
        public_fields = [f.name for f in contract.fields.values() if not _is_private(f.type)]
        hint = f"there is {', '.join(public_fields)}" if public_fields else "it has no public field"
        raise ArgumentProblem(f"{what}: {contract.name} has no field {name}", hint=hint)
    return _typed(text, declared.type, what)


def _is_private(type_: Any) -> bool:
    return isinstance(type_, PrivateType) or (isinstance(type_, MapType) and isinstance(type_.value, PrivateType))


def _typed(text: str, type_: Any, what: str) -> Any:
    if _is_private(type_):
        raise ArgumentProblem(
            f"{what}: this is private, and samples are made for it", hint="hand in real rows with --data FILE"
        )
    if isinstance(type_, DocumentType):
        raise ArgumentProblem(f"{what}: this is a document", hint="a sample is made: nobody on the way can read it")
    try:
        return public(_value(text, type_, what), type_, what)
    except Unfit as error:
        raise ArgumentProblem(error.reason, hint=error.hint) from None


def _value(text: str, type_: PublicType, what: str) -> Any:
    match type_:
        case BoolType():
            known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if text.lower() not in known:
                raise ArgumentProblem(f"{what}: this is bool", hint="write true or false")
            return known[text.lower()]
        case IntType():
            if not re.fullmatch(r"[+-]?[0-9][0-9_]*", text):
                raise ArgumentProblem(f"{what}: this is {type_}", hint="write a whole number")
            return int(text)
        case FixedType():
            try:
                number = Decimal(text)
            except InvalidOperation:
                number = Decimal("nan")
            if not number.is_finite():
                raise ArgumentProblem(f"{what}: this is {type_}", hint="write a number such as 0.5")
            return number
        case CategoryType():
            return _category(text, type_, what)
        case AddressType():
            if text.startswith("0x"):
                return read_address(text)
            return address_of(_NAMES.get(text, text) or DEPLOYER)
        case TextType():
            return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
        case ListType() | SetType():
            parts = [part.strip() for part in text.strip("[]{}()").split(",") if part.strip()]
            items = [_value(part, type_.of, what) for part in parts]
            return OrderedSet(items) if isinstance(type_, SetType) else items
        case MapType():
            raise ArgumentProblem(f"{what}: this is {type_}", hint="maps are not set here: a sample is made")


def _category(text: str, type_: CategoryType, what: str) -> int:
    if text in type_.labels:
        return type_.labels.index(text)
    if not text.isdecimal():
        among = f"one of {', '.join(type_.labels)}" if type_.labels else f"0 to {type_.count - 1}"
        raise ArgumentProblem(f"{what}: this is {type_}", hint=f"write {among}")
    return int(text)
