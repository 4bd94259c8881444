"""What a private function's job leaves on the chain, as values of the ABI: what `enigma_settle` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.reading.declarations import ContractClass
from enigma.contract.state import State
from enigma.contract.types import ListType, MapType, PrivateType, SetType
from enigma.contract.values.containers import OrderedSet
from enigma.contract.vyper.kinds import FIXED_UNIT, spelled
from enigma.contract.vyper.settlement import MOST_KEYS, Written
from enigma.errors import CallRefused


def outcome(contract: ContractClass, written: Sequence[Written], before: State, after: State) -> list[Any]:
    """The values to be encoded as a tuple of the `types` of all `written`, one after the other.

    `before` is the state that the function was computed on, `after` what it left. Raises `CallRefused` where more
    changed than one job may leave on the chain.
    """
    values: list[Any] = []
    for each in written:
        type_ = contract.fields[each.field].type
        if isinstance(type_, MapType) and isinstance(type_.value, PrivateType):
            keys = [_keys(state, each.field) for state in (before, after)]
            values += _few(each.field, _moved(*keys))
            continue
        old, new = before.public.get(each.field), after.public.get(each.field)
        if isinstance(type_, SetType):
            values += _few(each.field, _moved(list(old or OrderedSet()), list(new or OrderedSet())))
        elif isinstance(type_, MapType):
            values += _of_map(each.field, old or {}, new or {})
        elif isinstance(type_, ListType):
            values += [old != new, [on_chain(item) for item in new or []] if old != new else []]
        else:
            values.append([] if new is None or _same(old, new) else [on_chain(new)])
    return values


def on_chain(value: Any) -> Any:
    """A public value as the chain has it."""
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, Decimal):
        units = spelled(value)
        if units is None:
            raise CallRefused(f"{value} has more digits than the chain has", hint=f"it counts in 1/{FIXED_UNIT}")
        return units
    if isinstance(value, list | OrderedSet):
        return [on_chain(item) for item in value]
    return value


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)


def _keys(state: State, field: str) -> list[Any]:
    return [key for name, key in state.private if name == field]


def _moved(before: list[Any], after: list[Any]) -> list[list[Any]]:
    """What must go, and then come at the end, so that the order becomes that of `after`."""
    places = {item: i for i, item in enumerate(before)}
    kept, last = 0, -1
    for item in after:
        if places.get(item, -1) <= last:
            break
        kept, last = kept + 1, places[item]
    staying = set(after[:kept])
    return [[item for item in before if item not in staying], after[kept:]]


def _of_map(field: str, before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[Any]:
    gone, come = _moved(list(before), list(after))
    new = set(come)
    changed = [key for key in after if key not in new and not _same(before[key], after[key])]
    keys = [*changed, *come]
    return _few(field, [gone, keys, [after[key] for key in keys]])


def _few(field: str, parts: list[list[Any]]) -> list[Any]:
    if max(map(len, parts)) > MOST_KEYS:
        raise CallRefused(
            f"one job changes more than {MOST_KEYS} entries of self.{field}", hint="change fewer in one call"
        )
    return [on_chain(part) for part in parts]
