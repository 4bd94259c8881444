"""One contract in a simulation: what it remembers, and how a call of it runs on the committee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enigma.array.literals import Raw
from enigma.contract import call
from enigma.contract.call import Outcome
from enigma.contract.calling.arguments import bound, given
from enigma.contract.calling.documents import OwnDocument
from enigma.contract.calling.private_arguments import Checked
from enigma.contract.calling.results import Received, delivered, in_python
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Held
from enigma.contract.host import Context, Opened, Segment
from enigma.contract.reading.declarations import ContractClass, Function, Module, Where
from enigma.contract.reading.names import suggestion
from enigma.contract.state import State
from enigma.contract.types import MapType, PrivateType
from enigma.contract.values.containers import Enclosed
from enigma.contract.values.meter import Limits
from enigma.engine.plain import fold
from enigma.errors import ArgumentProblem, CallRefused
from enigma.local.arguments import share
from enigma.program.cost import Cost
from enigma.program.node import Node

if TYPE_CHECKING:
    from enigma.local.simulation import Simulation


@dataclass(frozen=True, repr=False)
class Receipt:
    """What is known of one call afterwards.

    `digest`: of its programs, its function and its public arguments, in hexadecimal digits. `cost`: of all its
    programs, on the committee that ran them: nothing on plain numbers. `events`: name and values of each.
    """

    function: str
    sender: Address
    digest: str
    cost: Cost
    programs: int
    events: tuple[tuple[str, dict[str, Any]], ...]
    sender_name: str = ""

    def __repr__(self) -> str:
        parts = [f"{self.programs} program{'s' * (self.programs != 1)}"]
        if self.cost.rounds:
            parts.append(f"{self.cost.rounds} rounds, {self.cost.bytes_per_seat:,.0f} bytes per seat")
        if self.events:
            parts.append(f"events {', '.join(name for name, _ in self.events)}")
        sender = self.sender_name or self.sender
        return f"<receipt: {self.function} by {sender}, {', '.join(parts)}, digest {self.digest[:12]}...>"


class CommitteeHost:
    """Runs a call's programs on the simulation's committee, and keeps the sealed outputs until the call is over."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._costs: list[Cost] = []
        self.sealed: list[Raw] = []
        """The raw values of sealed outputs, in the order of their slots."""

    def run(self, segment: Segment) -> Opened:
        """See `Host.run`."""
        committee = self._simulation.committee
        self._costs.append(committee.cost_of(segment.program))
        values, kept = committee.run(segment.program, segment.stored)
        self._simulation.keep(kept)
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
        seats = max((len(cost.seat_bytes) for cost in self._costs), default=1)
        sent = tuple(sum(cost.seat_bytes[i] for cost in self._costs) for i in range(seats))
        return Cost(sum(cost.rounds for cost in self._costs), sent)


@dataclass(frozen=True)
class Remembered:
    """What a deployment goes back to at the end of a snapshot."""

    state: State
    received: dict[Address, tuple[Received, ...]]
    receipts: tuple[Receipt, ...]


class Deployment:
    """A contract at its address. A call that fails, wherever it does, leaves all of this as it was."""

    def __init__(
        self, simulation: Simulation, module: Module, address: Address, deployer: Address, limits: Limits
    ) -> None:
        if module.contract is None:
            raise ArgumentProblem(f"{module.source.name} declares no contract", hint="class Name(Contract): ...")
        self.simulation, self.module, self.address, self.deployer = simulation, module, address, deployer
        self.contract: ContractClass = module.contract
        self.limits = limits
        self.state = State()
        self.received: dict[Address, tuple[Received, ...]] = {}
        self.receipts: tuple[Receipt, ...] = ()

    # ------------------------------------------------------------ calls

    def construct(self, arguments: Mapping[str, Any]) -> None:
        """Run `__init__` as the deployer."""
        function = self.contract.functions.get("__init__")
        if function is None and arguments:
            raise ArgumentProblem(
                f"{self.contract.name} has no __init__, and so takes no argument {next(iter(arguments))}"
            )
        host = CommitteeHost(self.simulation)
        with self.simulation.sweeping():
            taken = self._given(function, bound(function, (), arguments)) if function is not None else {}
            outcome = call.deploy(
                self.module, taken, context=self._context((self.deployer,)), host=host, limits=self.limits
            )
            self._settle("__init__", self.deployer, outcome, host)

    def call(self, name: str, signers: tuple[Address, ...], args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Call a function; the first signer is the sender. Raises `ArgumentProblem`, `CallRefused`, `SourceProblem`."""
        function = self.function(name)
        host = CommitteeHost(self.simulation)
        with self.simulation.sweeping():
            taken = self._given(function, bound(function, args, options))
            outcome = call.run(
                self.module,
                name,
                taken,
                state=self.state,
                context=self._context(signers),
                host=host,
                limits=self.limits,
            )
            delivery = delivered(
                outcome.result, host.sealed, signers[0], self.simulation.named, self.simulation.ciphertext
            )
            self._settle(name, signers[0], outcome, host)
            for party, value in delivery.received:
                self.received[party] = (*self.received.get(party, ()), Received(name, value))
        return delivery.result

    def admits(self, name: str, asker: Address) -> bool:
        """What a predicate of this contract says about an asker. Of a private one, only this is opened."""
        function = self.function(name)
        if function.where is not Where.PREDICATE:
            raise CallRefused(f"{name} is no predicate of {self.contract.name}")
        taken = {parameter.name: asker for parameter in function.parameters[:1]}
        host, context = CommitteeHost(self.simulation), self._context((asker,))
        outcome = call.run(self.module, name, taken, state=self.state, context=context, host=host, limits=self.limits)
        return outcome.result is True

    def function(self, name: str) -> Function:
        """A function that anyone may call; raises `ArgumentProblem`."""
        try:
            return call.entry(self.module, name)
        except ArgumentProblem as error:
            internal = self.contract.functions.get(name)
            if internal is not None:
                hint = f"it has neither @public nor @private: only {self.contract.name} itself calls it"
                raise ArgumentProblem(f"{name} is internal to {self.contract.name}", hint=hint) from None
            hint = suggestion(name, [*self.entries(), *self.contract.fields]) or error.hint
            raise ArgumentProblem(error.message, hint=hint) from None

    def entries(self) -> list[str]:
        """The names of the functions that anyone may call."""
        functions = self.contract.functions.values()
        return [f.name for f in functions if f.where is not Where.INTERNAL and f.name != "__init__"]

    def _context(self, signers: tuple[Address, ...]) -> Context:
        simulation = self.simulation
        return Context(signers[0], self.deployer, self.address, simulation.now, simulation.dictionaries, signers)

    def _given(self, function: Function, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as a call takes them. All are checked before the first private one is shared."""
        found = given(function, arguments, self.simulation.party)
        for name, value in found.items():
            if isinstance(value, Checked):
                found[name] = share(self.simulation.committee, value)
                held = [found[name]] if isinstance(found[name], Held) else found[name].columns.values()
                self.simulation.keep([each.index for each in held])
            elif isinstance(value, OwnDocument):
                found[name] = Enclosed(self.simulation.take(value))
        return found

    def _settle(self, name: str, sender: Address, outcome: Outcome, host: CommitteeHost) -> None:
        """The call has succeeded: from here on it is what happened."""
        self.state, self.simulation.dictionaries = outcome.state, outcome.dictionaries
        events = tuple((event, in_python(values)) for event, values in outcome.events)
        receipt = Receipt(
            name, sender, outcome.digest.hex(), host.cost, len(outcome.segments), events, self.simulation.named(sender)
        )
        self.receipts = (*self.receipts, receipt)

    # ------------------------------------------------------------ what can be seen from outside

    def field(self, name: str) -> Any:
        """The value of a public field, in Python's own; raises `ArgumentProblem` for private ones and unknown names."""
        declared = self.contract.fields.get(name)
        if declared is None:
            hint = suggestion(name, self.contract.fields) or f"there is {', '.join(self.contract.fields) or 'none'}"
            raise ArgumentProblem(f"{self.contract.name} has no field {name}", hint=hint)
        keyed = isinstance(declared.type, MapType) and isinstance(declared.type.value, PrivateType)
        if keyed or isinstance(declared.type, PrivateType):
            raise ArgumentProblem(
                f"{name} is private: the committee holds it in pieces, and nobody reads it from outside",
                hint="its keys and their number are public: a @public function may return them"
                if keyed
                else "what may become known of it, a @private function reveals",
            )
        if name not in self.state.public:
            raise ArgumentProblem(f"{name} has no value yet")
        return in_python(self.state.public[name])

    def remember(self) -> Remembered:
        """All that a snapshot goes back to."""
        return Remembered(self.state.copy(), dict(self.received), self.receipts)

    def restore(self, remembered: Remembered) -> None:
        """Back to it."""
        self.state, self.received = remembered.state, dict(remembered.received)
        self.receipts = remembered.receipts
