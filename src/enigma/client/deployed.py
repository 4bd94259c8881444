"""A contract on a network: what the chain and its source say of it, and whatever its users do with it is done here."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from enigma.chain.coding import Abi, selector_of
from enigma.chain.committees import Fees
from enigma.chain.events import EventReader
from enigma.chain.jobs import Request
from enigma.client.delivering import reached
from enigma.client.estimating import Estimates
from enigma.contract.calling.results import in_python
from enigma.contract.reading.declarations import ContractClass, Module, Where
from enigma.contract.types import MapType, PrivateType
from enigma.contract.vyper import PublicHalf
from enigma.contract.vyper.standing import public_fields
from enigma.engine.families import FAMILY
from enigma.errors import ArgumentProblem, ChainRefused

if TYPE_CHECKING:
    from enigma.client.network import Network

AGAIN = 0.5
"""Seconds until a node that does not know a new contract yet is told again."""
_RUNS = {Where.PUBLIC: "on the chain", Where.PRIVATE: "on the committee", Where.PREDICATE: "on the committee"}


class Deployed:
    """A contract, for one account. `maximum`: wei that a job may cost, None for what is estimated."""

    def __init__(
        self,
        network: Network,
        contract: bytes,
        module: Module,
        half: PublicHalf,
        abi: Abi,
        address: str,
        *,
        maximum: int | None = None,
        check_consent: bool = True,
        estimates: Estimates | None = None,
    ) -> None:
        assert module.contract is not None
        self.network, self.module, self.half, self.abi = network, module, half, abi
        self.id, self.address = contract, address
        self.maximum, self.check_consent = maximum, check_consent
        self.estimates = estimates or Estimates(module, FAMILY)
        self.declared: ContractClass = module.contract
        self._fees: Fees | None = None

    def using(self, maximum: int | None, *, check_consent: bool) -> Deployed:
        """The same with other settings."""
        return Deployed(
            self.network, self.id, self.module, self.half, self.abi, self.address, maximum=maximum,
            check_consent=check_consent, estimates=self.estimates,
        )  # fmt: skip

    @property
    def seats(self) -> tuple[str, ...]:
        """The nodes of its committee, by seat, as the chain says now."""
        return self.network.committees.seating(self.id).seats

    @property
    def fees(self) -> Fees:
        """What its jobs cost, fixed when it was published."""
        if self._fees is None:
            self._fees = self.network.committees.seating(self.id).fees
        return self._fees

    @property
    def owners(self) -> tuple[str, ...]:
        """The accounts whose data it holds now."""
        return self.network.agreement.owners(self.id)

    def selector(self, function: str) -> bytes:
        """The four bytes by which the chain names a function."""
        return selector_of(self.half.functions[function].signature)

    def introduce(self) -> None:
        """Give every seat the source, all at once: each compiles it, and that takes a second or more."""
        seats = self.seats
        with ThreadPoolExecutor(len(seats)) as together:
            for each in [together.submit(self._introduce, node) for node in seats]:
                each.result()

    def _introduce(self, node: str) -> None:
        """A seat that has not heard of the contract yet is given a moment."""
        until = time.monotonic() + self.network.patience.hearing
        source, imports = self.module.source, imported(self.module)
        while True:
            try:
                reached(
                    self.network.seat, node,
                    lambda api: api.put_source(self.id, source.name, source.text, imports),
                )  # fmt: skip
                return
            except ArgumentProblem:
                if time.monotonic() > until:
                    raise
                time.sleep(AGAIN)

    # ------------------------------------------------------------ what can be seen

    def field(self, name: str) -> Any:
        """The value of a public field, as it stands on the chain now. Raises `ArgumentProblem`."""
        contract = self.declared
        declared = contract.fields.get(name)
        if declared is None:
            raise ArgumentProblem(f"{contract.name} has no field {name}", hint=near(name, contract.fields))
        if isinstance(declared.type, PrivateType) or (
            isinstance(declared.type, MapType) and isinstance(declared.type.value, PrivateType)
        ):
            raise ArgumentProblem(
                f"{name} is private: the committee holds it in pieces, and nobody reads it from outside",
                hint="what may become known of it, a @private function reveals",
            )

        def read(view: str, *args: Any) -> Any:
            try:
                return self.network.connection.read(self.address, self.abi, view, *args)
            except ChainRefused:
                return None

        found = public_fields(contract, read)
        if name not in found:
            raise ArgumentProblem(f"{name} has no value yet")
        return in_python(found[name])

    def events(self, name: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """What its public half has emitted, in order: names and values. `name`: only these."""
        known = [str(each["name"]) for each in self.abi if each.get("type") == "event"]
        if name is not None and name not in known:
            raise ArgumentProblem(f"its public half has no event {name}", hint=near(name, known))
        first = self.network.controllers.first_block
        wanted = None if name is None else [name]
        reader = EventReader(self.network.connection, self.address, self.abi, start=first, names=wanted)
        return [(event.name, in_python(event.values)) for event in reader.read()]

    def asked(self) -> list[tuple[Request, int]]:
        """This account's questions to it, with their blocks, the oldest first."""
        found = questions(self.network, self.network.controllers.first_block)
        return [each for each in found if each[0].contract == self.id and each[0].asker == self.network.account.address]

    def function_of(self, request: Request) -> str:
        """The name of the function that a question asks, empty where the contract has none like it."""
        return next((name for name in self.half.functions if self.selector(name) == request.function), "")

    def signatures(self) -> Iterator[str]:
        """Each function as people read it, and where it runs."""
        for name in self.half.functions:
            function = self.declared.functions[name]
            given = ", ".join(f"{p.name}: {p.type}" for p in function.parameters)
            yield f"{name}({given})  runs {_RUNS.get(function.where, 'elsewhere')}"


def questions(network: Network, start: int) -> list[tuple[Request, int]]:
    """All questions since a block, of anybody to anything, each with its block."""
    jobs = network.jobs
    reader = EventReader(network.connection, jobs.address, jobs.abi, start=start, names=["Requested"])
    return [(jobs.request_of(event), event.block) for event in reader.read()]


def imported(module: Module) -> dict[str, str]:
    """The texts of all that a module imports by digest, directly or not, by their digests."""
    found: dict[str, str] = {}
    pending = list(module.modules)
    while pending:
        each = pending.pop()
        if not each.trusted and each.source.digest not in found:
            found[each.source.digest] = each.source.text
            pending += each.modules
    return found


def near(name: str, known: Iterable[str]) -> str:
    """The known name that was meant, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"there is {', '.join(names) or 'none'}"
