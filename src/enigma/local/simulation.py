"""Contracts in this process: `enigma.simulate("file.py")`, for tests and for trying things out.

The chain and the dictionaries live in memory. The committee is `enigma.plain()` unless another is handed over: on
`enigma.local(3)` the same calls run between processes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.array.committee import Committee
from enigma.array.literals import Raw
from enigma.contract import call
from enigma.contract.addresses import Address, address_of
from enigma.contract.call import HeldRows, Outcome
from enigma.contract.declarations import Function, Module, Where
from enigma.contract.dictionaries import Dictionaries
from enigma.contract.evaluator.meter import Limits
from enigma.contract.held import Held
from enigma.contract.host import Context, Opened, Segment
from enigma.contract.library import Library
from enigma.contract.memory import in_memory
from enigma.contract.reading import load
from enigma.contract.source import Source
from enigma.contract.state import State
from enigma.contract.types import PrivateType
from enigma.engine.plain import fold
from enigma.errors import ArgumentProblem, CallRefused, FileProblem
from enigma.local.arguments import share_argument, wanted
from enigma.local.results import Received, delivered
from enigma.program.cost import Cost
from enigma.program.node import Node

Party = Address | str
"""An address, or the name of somebody, who gets one for the simulation."""


def party(who: Party) -> Address:
    """The address of a party."""
    return who if isinstance(who, Address) else address_of(who)


@dataclass(frozen=True)
class Receipt:
    """What is known of one call afterwards: the digest of its programs, what they cost, and its events."""

    function: str
    sender: Address
    digest: str
    cost: Cost
    programs: int
    events: tuple[tuple[str, dict[str, Any]], ...]


@dataclass
class Refusal:
    """What a `refused` block was refused with."""

    error: CallRefused | None = None


@contextmanager
def refused(words: str = "") -> Iterator[Refusal]:
    """The block must be refused by a contract, with `words` in the message; raises AssertionError otherwise."""
    refusal = Refusal()
    try:
        yield refusal
    except CallRefused as error:
        if words not in error.message:
            raise AssertionError(f"refused, but with {error.message!r} instead of {words!r}") from error
        refusal.error = error
        return
    raise AssertionError(f"nothing was refused; {words!r} was expected" if words else "nothing was refused")


class Simulation:
    """A chain, the three dictionaries and a committee, all in one place. Contracts are deployed into it."""

    def __init__(
        self, committee: Committee | None = None, *, now: int = 1_700_000_000, library: Library | None = None
    ) -> None:
        if committee is None:
            from enigma.local.plain import PlainCommittee

            committee = PlainCommittee()
        self.committee, self.library = committee, library
        self.dictionaries: Dictionaries = in_memory()
        self.now = now
        self.contracts: dict[Address, SimulatedContract] = {}
        self._snapshots = 0
        self._unused: set[int] = set()
        self._numbers = itertools.count(1)

    def deploy(
        self, file: str | Path, *, deployer: Party = "deployer", limits: Limits | None = None, **arguments: Any
    ) -> SimulatedContract:
        """A contract of a file, with the arguments of its `__init__`."""
        return self.deploy_source(read_source(file), deployer=deployer, limits=limits, **arguments)

    def deploy_source(
        self, source: Source, *, deployer: Party = "deployer", limits: Limits | None = None, **arguments: Any
    ) -> SimulatedContract:
        """A contract of a source that is at hand."""
        from enigma.contract.typing import check

        module = load(source, self.library)
        check(module)
        address = address_of(f"contract {next(self._numbers)}")
        contract = SimulatedContract(self, module, address, party(deployer), limits or Limits())
        contract._deploy(arguments)  # noqa: SLF001 - the two are one thing in two parts
        self.contracts[address] = contract
        return contract

    def pass_time(self, seconds: int) -> None:
        """Block time goes on."""
        if seconds < 0:
            raise ArgumentProblem(
                "block time does not go back", hint="a snapshot does: with simulation.snapshot(): ..."
            )
        self.now += seconds

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What happens in this block is undone at its end."""
        dictionaries, now = self.dictionaries.copy(), self.now
        states = {address: c.state.copy() for address, c in self.contracts.items()}
        received = {address: {who: list(r) for who, r in c.received.items()} for address, c in self.contracts.items()}
        self._snapshots += 1
        try:
            yield
        finally:
            self._snapshots -= 1
            self.dictionaries, self.now = dictionaries, now
            self.contracts = {address: self.contracts[address] for address in states}
            for address, state in states.items():
                self.contracts[address].state = state
                self.contracts[address].received = received[address]
            self.sweep()

    def sweep(self) -> None:
        """The committee forgets what nothing refers to any more; not within a snapshot, which may need it again."""
        if self._snapshots:
            return
        used: set[int] = set(self.dictionaries.secrets.stored() | self.dictionaries.documents.stored())
        for contract in self.contracts.values():
            used |= contract.state.stored()
        self.committee.forget(sorted(self._unused - used))
        self._unused &= used

    def keeps(self, index: int) -> int:
        """Remembers a stored secret, to be forgotten once it is of no use."""
        self._unused.add(index)
        return index

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """What a contract's predicate says: of a private one, only this is opened."""
        if contract not in self.contracts:
            raise CallRefused(f"there is no contract at {contract}", hint="the predicate was written by another one")
        return self.contracts[contract]._admits(function, asker)  # noqa: SLF001


class _CommitteeHost:
    """Runs a call's programs on the simulation's committee, and takes the sealed outputs in."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.sealed: list[Raw] = []
        self.costs: list[Cost] = []

    def run(self, segment: Segment) -> Opened:
        """See `Host.run`."""
        committee = self._simulation.committee
        self.costs.append(committee.cost_of(segment.program))
        values, kept = committee.run(segment.program, segment.stored)
        for index in kept:
            self._simulation.keeps(index)
        self.sealed.extend(value for value, to in zip(values, segment.to, strict=True) if to is not None)
        return Opened([None if to is not None else value for value, to in zip(values, segment.to, strict=True)], kept)

    def fold(self, node: Node) -> Raw:
        """See `Host.fold`."""
        return fold(node)

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """See `Host.ask`."""
        return self._simulation.ask(contract, function, asker)

    @property
    def cost(self) -> Cost:
        """Of all programs so far."""
        seats = max((len(cost.seat_bytes) for cost in self.costs), default=1)
        sent = tuple(sum(cost.seat_bytes[i] for cost in self.costs) for i in range(seats))
        return Cost(sum(cost.rounds for cost in self.costs), sent)


class SimulatedContract:
    """A deployed contract. `contract.as_(who).function(...)` calls it; `contract.function(...)` as its deployer."""

    def __init__(
        self, simulation: Simulation, module: Module, address: Address, deployer: Address, limits: Limits
    ) -> None:
        self.simulation, self.module, self.address, self.deployer = simulation, module, address, deployer
        self.limits = limits
        self.state = State()
        self.received: dict[Address, list[Received]] = {}
        self.receipts: list[Receipt] = []

    def as_(self, *who: Party) -> Caller:
        """The contract as seen by a party; with several, all of them sign, and the first is the sender."""
        if not who:
            raise ArgumentProblem("as_() needs a name or an address", hint='contract.as_("telco 1")')
        return Caller(self, tuple(party(each) for each in who))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        method: Callable[..., Any] = getattr(self.as_(self.deployer), name)
        return method

    @property
    def receipt(self) -> Receipt:
        """Of the latest call that succeeded."""
        if not self.receipts:
            raise ArgumentProblem("nothing has been called yet")
        return self.receipts[-1]

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """All events so far."""
        return [event for receipt in self.receipts for event in receipt.events]

    def snapshot(self) -> Any:
        """What happens in this block, to any contract, is undone at its end."""
        return self.simulation.snapshot()

    def _context(self, signers: tuple[Address, ...]) -> Context:
        world = self.simulation
        return Context(signers[0], self.deployer, self.address, world.now, world.dictionaries, signers)

    def _deploy(self, arguments: Mapping[str, Any]) -> None:
        host = _CommitteeHost(self.simulation)
        contract = self.module.contract
        constructor = contract.functions.get("__init__") if contract is not None else None
        given = self._shared(constructor, arguments) if constructor is not None else dict(arguments)
        context = self._context((self.deployer,))
        outcome = call.deploy(self.module, given, context=context, host=host, limits=self.limits)
        self._settle("__init__", self.deployer, outcome, host)

    def _shared(self, function: Function, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as a call takes them: private ones shared with the committee, public ones as the language's."""
        types = {parameter.name: parameter.type for parameter in function.parameters}
        given: dict[str, Any] = {}
        for name, value in arguments.items():
            if name not in types:
                raise ArgumentProblem(f"{function.name} has no argument {name}", hint=f"there is {', '.join(types)}")
            type_ = types[name]
            if isinstance(type_, PrivateType):
                given[name] = share_argument(self.simulation.committee, value, type_.of, f"{function.name}({name})")
                self._remember(given[name])
            else:
                given[name] = wanted(value, type_, f"{function.name}({name})", party)
        return given

    def _remember(self, value: Held | HeldRows) -> None:
        for held in value.columns.values() if isinstance(value, HeldRows) else (value,):
            self.simulation.keeps(held.index)

    def _call(self, name: str, signers: tuple[Address, ...], args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        function = call.entry(self.module, name)
        host = _CommitteeHost(self.simulation)
        try:
            given = self._shared(function, _bound(function, args, options))
            outcome = call.run(
                self.module,
                name,
                given,
                state=self.state,
                context=self._context(signers),
                host=host,
                limits=self.limits,
            )
            self._settle(name, signers[0], outcome, host)
            return delivered(outcome.result, host.sealed, signers[0], self.received, name, self.simulation.committee)
        finally:
            self.simulation.sweep()

    def _settle(self, name: str, sender: Address, outcome: Outcome, host: _CommitteeHost) -> None:
        self.state, self.simulation.dictionaries = outcome.state, outcome.dictionaries
        self.receipts.append(
            Receipt(name, sender, outcome.digest.hex(), host.cost, len(outcome.segments), outcome.events)
        )

    def _admits(self, name: str, asker: Address) -> bool:
        function = call.entry(self.module, name)
        if function.where is not Where.PREDICATE:
            raise CallRefused(f"{name} is no predicate of this contract")
        host = _CommitteeHost(self.simulation)
        given = {parameter.name: asker for parameter in function.parameters[:1]}
        context = self._context((asker,))
        outcome = call.run(self.module, name, given, state=self.state, context=context, host=host, limits=self.limits)
        return outcome.result is True


class Caller:
    """A contract as one party sees it: its functions are methods."""

    def __init__(self, contract: SimulatedContract, signers: tuple[Address, ...]) -> None:
        self._contract, self._signers = contract, signers

    @property
    def address(self) -> Address:
        """Who calls."""
        return self._signers[0]

    @property
    def received(self) -> list[Received]:
        """What calls of others, and one's own, have sealed to this party, oldest first."""
        return list(self._contract.received.get(self._signers[0], []))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        call.entry(self._contract.module, name)
        return lambda *args, **options: self._contract._call(name, self._signers, args, options)  # noqa: SLF001

    def __dir__(self) -> list[str]:
        contract = self._contract.module.contract
        assert contract is not None
        return [f.name for f in contract.functions.values() if f.where is not Where.INTERNAL]


def _bound(function: Function, args: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    names = [parameter.name for parameter in function.parameters]
    if len(args) > len(names):
        raise ArgumentProblem(
            f"{function.name} takes {len(names)} arguments, not {len(args)}",
            hint=f"{function.name}({', '.join(names)})",
        )
    given = dict(zip(names, args, strict=False))
    twice = next((name for name in options if name in given), None)
    if twice is not None:
        raise ArgumentProblem(f"{function.name} is given `{twice}` twice")
    return {**given, **options}


def read_source(file: str | Path) -> Source:
    """The source in a file; raises `FileProblem`."""
    path = Path(file)
    try:
        return Source(str(file), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblem(str(file), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "is not a text in UTF-8", hint="save it as UTF-8") from None
