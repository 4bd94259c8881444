"""One call of a contract, from its arguments to its outcome: checked, metered, and with nothing changed if it fails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.canonical import encode_value
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.interface import Dictionaries, Document
from enigma.contract.evaluator.calls import bind, invoke
from enigma.contract.evaluator.fields import Fields
from enigma.contract.evaluator.machine import Machine
from enigma.contract.evaluator.places import PrivateMap, PrivateTable
from enigma.contract.evaluator.release import Release
from enigma.contract.evaluator.revealing import as_public
from enigma.contract.host import Context, Host, Recipients, Segment
from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.state import State
from enigma.contract.types import MapType, PrivateType, TableType
from enigma.contract.values.conform import public
from enigma.contract.values.containers import Enclosed, OrderedSet, Rows, Sealed
from enigma.contract.values.meter import Exhausted, Limits, want_stack
from enigma.contract.values.numbers import Unfit, described
from enigma.errors import ArgumentProblem, OutOfFuel, ProgramError, SourceLeak, SourceProblem, WrongType
from enigma.program.node import at
from enigma.program.types import Type
from enigma.wire import Tree, codec


@dataclass(frozen=True, eq=False)
class HeldRows:
    """Rows that a caller has shared: one stored secret for each column."""

    columns: Mapping[str, Held]
    count: int


@dataclass(frozen=True, eq=False)
class Slot:
    """In a result, the place of a sealed output: the `number`-th that the call opened to `to`."""

    number: int
    to: tuple[Any, ...]
    type: Type


@dataclass(frozen=True, eq=False)
class Handed:
    """In a result, the place of a public value that is handed to `to` alone."""

    content: Any
    to: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class HandedCiphertext:
    """In a result, the place of an encrypted document; its content key is the sealed output `key`."""

    sha256: bytes
    size: int
    key: Slot


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a call that succeeded leaves behind.

    `result` is public but for its `Slot`s, `Handed` and `HandedCiphertext`. `segments` are the programs that ran;
    `digest` binds all of them to the sources, the function and its public arguments.
    """

    result: Any
    state: State
    dictionaries: Dictionaries
    events: tuple[tuple[str, dict[str, Any]], ...]
    segments: tuple[Segment, ...]
    steps: int
    digest: bytes


def run(
    module: Module,
    name: str,
    arguments: Mapping[str, Any],
    *,
    state: State,
    context: Context,
    host: Host,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    family: str = "plain",
) -> Outcome:
    """Run one function of a contract.

    `arguments`: public values, `Held` for private ones, `HeldRows` for private tables, `Enclosed` for documents.
    `state` and the dictionaries of `context` are not changed, but for `state.answered` and the uses of what they guard:
    these remember what was opened even by a call that is refused later. Raises `SourceProblem`, `CallRefused`,
    `ArgumentProblem`.
    """
    function = entry(module, name)
    machine = _machine(module, state, context, host, limits)
    written = _written(arguments)
    with at(machine.place):
        value = _called(machine, module, function, arguments)
        if function.where is Where.PREDICATE:
            value = _answer(machine, value)
        result, sealed = _returned(machine, function, value)
        _want_declared(machine, function)
        kept = machine.finish(sealed, [*machine.fields.pending(), *machine.kept])
    dictionaries = machine.dictionaries
    settled = {-1 - i: kept[id(array.node)] for i, array in enumerate(machine.kept)}
    dictionaries.documents.settle(settled)
    dictionaries.secrets.settle(settled)
    after = machine.fields.commit(kept, context.sender)
    digest = _digest(module, name, written, machine.segments, family)
    return Outcome(
        result, after, dictionaries, tuple(machine.events), tuple(machine.segments), machine.meter.steps, digest
    )


def entry(module: Module, name: str) -> Function:
    """A function that anyone may call; raises `ArgumentProblem`."""
    contract = module.contract
    if contract is None:
        raise ArgumentProblem(f"{module.source.name} declares no contract", hint="class Name(Contract): ...")
    function = contract.functions.get(name)
    entries = [f.name for f in contract.functions.values() if f.where is not Where.INTERNAL and f.name != "__init__"]
    if function is None or function.where is Where.INTERNAL:
        raise ArgumentProblem(f"{contract.name} has no function {name}", hint=f"there is {', '.join(entries)}")
    return function


def _machine(module: Module, state: State, context: Context, host: Host, limits: Limits) -> Machine:
    assert module.contract is not None
    want_stack(limits)
    rows = module.contract.release.rows
    fields = Fields(module.contract.fields, state.copy(), None if rows is None else context.this)
    release = Release(rows, state, fields, context.sender, context.this)
    # A call that fails leaves what it was given as it was, but for how often that was used for what is known since.
    tried = context.dictionaries.copy()
    machine = Machine(module, fields, replace(context, dictionaries=tried), host, limits, release)
    machine.count_uses = lambda: context.dictionaries.count_uses(tried)
    return machine


def _called(machine: Machine, module: Module, function: Function, arguments: Mapping[str, Any]) -> Any:
    """The function on its arguments. What is wrong with them is the caller's, what is wrong further in the source's."""
    assert machine.release is not None
    machine.on_chain = function.where is Where.PUBLIC
    machine.release.function = function.name
    try:
        given = {name: _argument(machine, function, name, value) for name, value in arguments.items()}
        bound = bind(function, [], given)
    except (Unfit, Exhausted) as error:
        raise ArgumentProblem(str(error), hint=error.hint) from None
    try:
        return invoke(machine, module, function, bound)
    except SourceProblem:
        raise
    except (Unfit, Exhausted) as error:
        # Still at the parameters: no statement has run.
        raise ArgumentProblem(str(error), hint=error.hint) from None
    except ProgramError as error:
        raise ArgumentProblem(error.message, hint=error.hint) from None


def _argument(machine: Machine, function: Function, name: str, value: Any) -> Any:
    if isinstance(value, Held):
        return machine.input(value, name)
    if isinstance(value, HeldRows):
        type_ = next((p.type for p in function.parameters if p.name == name), None)
        if not isinstance(type_, PrivateType) or not isinstance(type_.of, TableType):
            raise Unfit(f"`{name}` of {function.name} takes no rows")
        columns = {column: machine.input(held, f"{name}.{column}") for column, held in value.columns.items()}
        return Rows(type_.of, columns, value.count)
    return value


def _answer(machine: Machine, value: Any) -> Any:
    """A predicate's yes or no. Of a private one this is opened, to everyone, and nothing else."""
    if isinstance(value, Array) and value.secret and not value.shape and value.node.type.is_bool:
        return as_public(machine.open([value])[0], value.node.type)
    return value


def _returned(machine: Machine, function: Function, value: Any) -> tuple[Any, list[tuple[Array, Recipients]]]:
    try:
        # It is written out: what is in several places is copied as often.
        machine.meter.hold(machine.meter.walk(value.value if isinstance(value, Sealed) else value))
        machine.fields.want_public()
        return _result(machine, function, value)
    except (Unfit, Exhausted) as error:
        raise machine.blamed(function.source, function.node, error) from None


def _want_declared(machine: Machine, function: Function) -> None:
    """Public lists, sets and maps as they are declared, also where they were changed in place."""
    try:
        for name in machine.fields.handed_out:
            value = machine.fields.public[name]
            machine.meter.walk(value)
            type_ = machine.fields.declared[name].type
            assert not isinstance(type_, PrivateType)
            machine.fields.public[name] = public(value, type_, f"self.{name}")
    except (Unfit, Exhausted) as error:
        raise machine.blamed(function.source, function.node, error) from None


def _result(machine: Machine, function: Function, value: Any) -> tuple[Any, list[tuple[Array, Recipients]]]:
    """What the call returns, its sealed parts taken out."""
    sealed: list[tuple[Array, Recipients]] = []

    def handed(part: Sealed) -> Any:
        content, label = part.value.content, f"DHT[{part.value.key}]"
        if isinstance(content, Ciphertext):
            key = taken(machine.held_value(content.key, f"the content key of {label}"), part.to)
            return HandedCiphertext(content.sha256, content.size, key)
        if not isinstance(content, Held):
            return Handed(content, part.to)
        return taken(machine.held_value(content, label), part.to)

    def taken(part: Any, to: tuple[Any, ...] | None) -> Any:
        if isinstance(part, Sealed):
            return handed(part) if isinstance(part.value, Document) else taken(part.value, part.to)
        if isinstance(part, Array):
            if to is None and part.secret:
                _refuse_private(function)
            if to is None:
                return as_public(machine.fold(part), part.node.type)
            sealed.append((part, to))
            return Slot(len(sealed) - 1, to, part.node.type)
        if isinstance(part, (list, tuple)):
            return type(part)(taken(each, to) for each in part)
        if isinstance(part, dict):
            return {key: taken(each, to) for key, each in part.items()}
        if isinstance(part, (Rows, Document, PrivateTable, PrivateMap)):
            _refuse_private(function)
        if isinstance(part, (OrderedSet, range)):
            machine.meter.hold(len(part))
            return list(part)
        if not (part is None or isinstance(part, (bool, int, Decimal, str, Address))):
            raise Unfit(
                f"{function.name} returns a {described(part)}", "numbers, texts, addresses and lists are returned"
            )
        return part

    return taken(value, None), sealed


def _refuse_private(function: Function) -> None:
    raise function.source.problem(
        SourceLeak, function.node, f"{function.name} returns a private value, and nothing says who may know it",
        "return reveal(x) for the caller, reveal(x, to=...) for others",
    )  # fmt: skip


def _digest(module: Module, name: str, written: dict[str, bytes], segments: list[Segment], family: str) -> bytes:
    tree: Tree = [list(module.digests), name, dict(written), [segment.digest(family) for segment in segments]]
    return hashlib.sha256(codec.encode(tree)).digest()


def _written(arguments: Mapping[str, Any]) -> dict[str, bytes]:
    """The canonical bytes of the public arguments: `ArgumentProblem` on what has none, before anything is computed."""
    return {name: encode_value(_plain(value)) for name, value in sorted(arguments.items()) if not _is_held(value)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, OrderedSet) else value


def _is_held(value: Any) -> bool:
    return isinstance(value, (Held, HeldRows, Enclosed))


def deploy(
    module: Module,
    arguments: Mapping[str, Any],
    *,
    context: Context,
    host: Host,
    limits: Limits = Limits(),  # noqa: B008
) -> Outcome:
    """The first state of a contract: its fields' defaults, then `__init__` where there is one."""
    contract = module.contract
    if contract is None:
        raise ArgumentProblem(f"{module.source.name} declares no contract", hint="class Name(Contract): ...")
    machine = _machine(module, State(), context, host, limits)
    written = _written(arguments)
    with at(machine.place):
        for field in contract.fields.values():
            _initial(machine, module, field)
        if "__init__" in contract.functions:
            _called(machine, module, contract.functions["__init__"], arguments)
            _want_declared(machine, contract.functions["__init__"])
        elif arguments:
            raise ArgumentProblem(f"{contract.name} has no __init__ that takes arguments")
        kept = machine.finish([], [*machine.fields.pending(), *machine.kept])
    assert machine.context is not None
    return Outcome(
        None, machine.fields.commit(kept, context.deployer), machine.context.dictionaries, tuple(machine.events),
        tuple(machine.segments), machine.meter.steps, _digest(module, "__init__", written, machine.segments, "plain"),
    )  # fmt: skip


def beginning(
    module: Module,
    *,
    context: Context,
    host: Host,
    limits: Limits = Limits(),  # noqa: B008
) -> State:
    """The private part of a contract's first state: the defaults of its private fields.

    For whoever holds only this part, where the public one, and `__init__`, are a chain's.
    """
    assert module.contract is not None
    machine = _machine(module, State(), context, host, limits)
    with at(machine.place):
        for field in module.contract.fields.values():
            if isinstance(field.type, PrivateType) and field.default is not None:
                _initial(machine, module, field)
        kept = machine.finish([], machine.fields.pending())
    return machine.fields.commit(kept, context.deployer)


def _initial(machine: Machine, module: Module, field: Any) -> None:
    """A field's first value: its default; empty containers are there without one."""
    from enigma.contract.types import ListType, SetType

    try:
        if field.default is not None:
            value = machine.constant(module, field.default)
            if isinstance(field.type, PrivateType):
                machine.fields.set((field.name, None), value)
            else:
                machine.fields.public[field.name] = public(value, field.type, f"self.{field.name}")
        elif isinstance(field.type, (SetType, ListType)):
            machine.fields.public[field.name] = OrderedSet() if isinstance(field.type, SetType) else []
        elif isinstance(field.type, MapType) and not isinstance(field.type.value, PrivateType):
            machine.fields.public[field.name] = {}
    except Unfit as error:
        raise module.source.problem(WrongType, field.node, error.reason, error.hint) from None
    except Exhausted as error:
        raise module.source.problem(OutOfFuel, field.node, error.what, error.hint) from None
