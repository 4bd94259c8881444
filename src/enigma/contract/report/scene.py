"""The sample world that a contract is looked at in: deployed, with something in every field, and who calls it how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from enigma.contract.call import HeldRows
from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.held import Held
from enigma.contract.reading.declarations import ContractClass, Field, Function
from enigma.contract.report.samples import ASKER, DEPLOYER, LATER, NOW, OWNERS, PARTIES, Samples
from enigma.contract.state import Chunk, Entry, State
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    ElementType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PrivateType,
    SetType,
    TableType,
)
from enigma.contract.values.containers import OrderedSet

Share: TypeAlias = Callable[[Any, ElementType | ArrayType | TableType, str], Held | HeldRows]
"""Hands a private value to the committee: the value, its type, and what it is for messages."""

MOST_SITUATIONS = 48


@dataclass(frozen=True)
class Situation:
    """Who calls, when, on which state; `told` is what the report says of it."""

    sender: str = ASKER
    now: int = NOW
    fields: Mapping[str, Any] = field(default_factory=dict)
    state: State | None = None
    told: str = ASKER


def filled(
    contract: ContractClass, deployed: State, samples: Samples, share: Share, fields: Mapping[str, Any]
) -> State:
    """The state of a deployed contract with something in every field; `fields` are public ones that a user has set."""
    state = deployed.copy()
    for each in contract.fields.values():
        what = f"self.{each.name}"
        if isinstance(each.type, PrivateType):
            if isinstance(each.type.of, TableType):
                state.tables[each.name] = tuple(_chunks(each.type.of, samples, share, what))
            else:
                state.private[each.name, None] = _entry(each.type, address_of(ASKER), samples, share, what)
        elif isinstance(each.type, MapType) and isinstance(each.type.value, PrivateType):
            for key in samples.keys(each.type.key):
                owner = key if isinstance(key, Address) else address_of(ASKER)
                state.private[each.name, key] = _entry(each.type.value, owner, samples, share, what)
        elif each.name in fields:
            state.public[each.name] = fields[each.name]
        else:
            state.public[each.name] = _public(each, state, samples)
    return state


def peopled(contract: ContractClass, deployed: State, fields: Mapping[str, Any]) -> State:
    """The state of a deployed contract with the sample's parties in its sets and lists of addresses, else as it is."""
    state = deployed.copy()
    for each in contract.fields.values():
        type_: Any = each.type
        if isinstance(type_, (SetType, ListType)) and isinstance(type_.of, AddressType):
            state.public[each.name] = _with_parties(type_, state.public.get(each.name))
    state.public.update(fields)
    return state


def _with_parties(type_: SetType | ListType, there: Any) -> Any:
    together = dict.fromkeys([*(there or ()), *(address_of(name) for name in PARTIES)])
    return OrderedSet(together) if isinstance(type_, SetType) else list(together)


def _chunks(type_: TableType, samples: Samples, share: Share, what: str) -> Iterator[Chunk]:
    for place, rows in enumerate(samples.contributions(type_)):
        held = share(rows, type_, what)
        assert isinstance(held, HeldRows)
        if held.count:
            owner = address_of(OWNERS[place] if place < len(OWNERS) else f"owner {place + 1}")
            yield Chunk(owner, held.count, held.columns)


def _entry(type_: PrivateType, owner: Address, samples: Samples, share: Share, what: str) -> Entry:
    held = share(samples.private(type_.of), type_.of, what)
    assert isinstance(held, Held)
    return Entry(owner, held)


def _public(declared: Field, state: State, samples: Samples) -> Any:
    """What deployment left there, with the sample's parties among the addresses."""
    type_: Any = declared.type
    there = state.public.get(declared.name)
    if isinstance(type_, (SetType, ListType)) and isinstance(type_.of, AddressType):
        return _with_parties(type_, there)
    if isinstance(type_, (MapType, SetType, ListType)) and not there:
        return samples.public(type_)
    return samples.public(type_) if there is None else there


def ranges(type_: Any) -> str:
    """The range that a declared private type keeps its values in, for people."""
    match type_:
        case PrivateType():
            return ranges(type_.of)
        case MapType():
            return ranges(type_.value)
        case TableType():
            return "; ".join(f"{name} {ranges(element)}" for name, element in type_.columns)
        case ArrayType():
            return f"each {ranges(type_.element)}"
        case BoolType():
            return "true or false"
        case CategoryType():
            return f"one of {', '.join(type_.labels)}" if type_.labels else f"0 .. {type_.count - 1}"
        case IntType():
            return f"{type_.lo:,} .. {type_.hi:,}, whole" if type_.lo is not None and type_.hi is not None else "whole"
        case FixedType():
            return f"{type_.lo} .. {type_.hi}, in steps of 2^-{type_.scale}"
    return str(type_)


def situations(contract: ContractClass, state: State, states: Mapping[str, State], fixed: Mapping[str, Any]) -> list[
    Situation
]:  # fmt: skip
    """The ways in which a call may be let through, the plainest first; fields in `fixed` stay as they were set."""
    found = [Situation()]
    found += [Situation(sender, told=sender) for sender in (DEPLOYER, OWNERS[0])]
    found.append(Situation(now=LATER, told=f"{ASKER}, ten years later"))
    for told, other in states.items():
        found += [Situation(who, state=other, told=f"{who}, {told}") for who in (ASKER, DEPLOYER, OWNERS[0])]
        found.append(Situation(now=LATER, state=other, told=f"{ASKER}, {told}, ten years later"))
    for each in contract.fields.values():
        if each.name in fixed:
            continue
        for value in _other_values(each, state.public.get(each.name)):
            shown = str(value).lower() if isinstance(value, bool) else value
            told = f"with `{each.name}` = {shown}"
            found += [
                Situation(who, fields={each.name: value}, told=f"{who}, {told}") for who in (ASKER, DEPLOYER)
            ]  # fmt: skip
    return found[:MOST_SITUATIONS]


def _other_values(declared: Field, there: Any) -> list[Any]:
    match declared.type:
        case BoolType():
            return [not there]
        case IntType(lo, hi):
            few = [v for v in (0, 1, 2, 3) if v != there]
            return [v for v in few if (lo is None or lo <= v) and (hi is None or v <= hi)]
        case CategoryType(count):
            return [v for v in range(min(count, 4)) if v != there]
        case AddressType():
            return [a for a in (address_of(ASKER), address_of(DEPLOYER)) if a != there]
    return []


def variants(function: Function, arguments: Mapping[str, Any], fixed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments, and where public booleans among them were not given, the other values too; at most eight."""
    found = [dict(arguments)]
    for parameter in function.parameters:
        if isinstance(parameter.type, BoolType) and parameter.name not in fixed and len(found) < 8:
            here = arguments.get(parameter.name, False)
            found += [{**each, parameter.name: not here} for each in found]
    return found


def placed(situation: Situation, state: State) -> State:
    """The state of a situation, one that a call may change."""
    chosen = (situation.state or state).copy()
    return replace(chosen, public={**chosen.public, **situation.fields})
