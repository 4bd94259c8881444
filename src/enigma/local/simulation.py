"""Contracts in this process: `enigma.simulate("file.py")`, for tests and for trying things out.

The chain and the dictionaries live in memory. The committee is `enigma.plain()` unless another is handed over: on
`enigma.local(3)` the same calls run between processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.array.committee import Committee
from enigma.contract.calling.documents import OwnDocument
from enigma.contract.calling.results import Received, nothing_stored
from enigma.contract.dictionaries.addresses import Address, address_of, read_address
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.identities import Policy
from enigma.contract.dictionaries.interface import Dictionaries
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import Library
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.state import State
from enigma.contract.values.meter import Limits
from enigma.errors import ArgumentProblem, CallRefused, FileProblem, InputError, ProgramError
from enigma.keys.sealing import CONTENT_KEY_BYTES
from enigma.local.arguments import share_key
from enigma.local.deployment import Deployment, Receipt

Party = Address | str
"""An address, or the name of somebody, who gets one for the simulation."""

BEGINNING = 1_700_000_000
"""Block time at which a simulation begins: seconds since 1970."""


def party(who: Any) -> Address:
    """The address of a party: itself, one that is written out, one for a name, or that of a contract or a caller."""
    if isinstance(who, Address):
        return who
    if isinstance(who, str):
        return read_address(who) if who.startswith("0x") else address_of(who)
    address = getattr(who, "address", None)
    if isinstance(address, Address):
        return address
    raise ArgumentProblem(f"a {type(who).__name__} is no party", hint='a name such as "ann", or an address')


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
        self, committee: Committee | None = None, *, now: int = BEGINNING, library: Library | None = None
    ) -> None:
        if committee is None:
            from enigma.local.plain import PlainCommittee

            committee = PlainCommittee()
        self.committee, self.library = committee, library
        self.dictionaries: Dictionaries = in_memory()
        self.now = now
        self._deployments: dict[Address, Deployment] = {}
        self._asked: list[tuple[Address, str, Address]] = []
        """The predicates that are being judged, from the first to the innermost."""
        self._names: dict[Address, str] = {}
        self._snapshots = 0
        self._kept: set[int] = set()
        self._ciphertexts: dict[bytes, tuple[bytes, ...]] = {}
        """Of documents, in chunks, by SHA-256: what nodes would store."""

    # ------------------------------------------------------------ contracts

    def deploy(
        self, file: str | Path, /, *, deployer: Party = "deployer", limits: Limits | None = None, **arguments: Any
    ) -> SimulatedContract:
        """A contract of a file, with the arguments of its `__init__`."""
        return self.deploy_source(read_source(file), deployer=deployer, limits=limits, **arguments)

    def deploy_source(
        self, source: Source, /, *, deployer: Party = "deployer", limits: Limits | None = None, **arguments: Any
    ) -> SimulatedContract:
        """A contract of a source that is at hand."""
        from enigma.contract.typing import check

        module = load(source, self.library)
        check(module)
        address = address_of(f"contract {len(self._deployments) + 1}")
        deployment = Deployment(self, module, address, self.party(deployer), limits or Limits())
        # It is there before its first values are stored, or they would count as left over.
        self._deployments[address] = deployment
        try:
            deployment.construct(arguments)
        except BaseException:
            del self._deployments[address]
            raise
        return SimulatedContract(deployment)

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """What a contract's predicate says: of a private one, only this is opened."""
        if contract not in self._deployments:
            raise CallRefused(f"there is no contract at {contract}", hint="the predicate was written by another one")
        question = (contract, function, asker)
        if question in self._asked:
            raise CallRefused(
                f"the predicate {function} of {contract} asks itself whether it admits {asker}",
                hint="what a predicate reads must not be guarded by that predicate",
            )
        self._asked.append(question)
        try:
            return self._deployments[contract].admits(function, asker)
        finally:
            self._asked.pop()

    # ------------------------------------------------------------ parties

    def party(self, who: Any) -> Address:
        """The address of a party; names are remembered, to be shown again."""
        address = party(who)
        if isinstance(who, str) and not who.startswith("0x"):
            self._names[address] = who
        return address

    def named(self, address: Address) -> str:
        """The name of a party that was named here, else the address."""
        return self._names.get(address, str(address))

    def identity(self, members: Mapping[Any, Policy]) -> Address:
        """The address of a new shared identity, of members and their rights.

        simulation.identity({"alice": OWNER, "bob": RESTRICTED}), with OWNER and RESTRICTED of
        `enigma.contract.dictionaries.identities`. Raises `ArgumentProblem`.
        """
        return self.dictionaries.identities.create({self.party(who): policy for who, policy in members.items()})

    # ------------------------------------------------------------ time

    def pass_time(self, seconds: int) -> None:
        """Block time goes on."""
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise ArgumentProblem(f"{seconds!r} is no number of seconds", hint="block time counts whole seconds")
        if seconds < 0:
            raise ArgumentProblem("block time does not go back", hint="a snapshot does: with contract.snapshot(): ...")
        self.now += seconds

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What happens in this block, to any contract, is undone at its end."""
        dictionaries, now, names = self.dictionaries.copy(), self.now, dict(self._names)
        before = {address: deployment.remember() for address, deployment in self._deployments.items()}
        self._snapshots += 1
        with self.sweeping():
            try:
                yield
            finally:
                self._snapshots -= 1
                self.dictionaries, self.now, self._names = dictionaries, now, names
                self._deployments = {address: self._deployments[address] for address in before}
                for address, remembered in before.items():
                    self._deployments[address].restore(remembered)

    # ------------------------------------------------------------ what the committee stores

    def keep(self, stored: Iterable[int]) -> None:
        """The committee stores these from now on; they are forgotten once nothing refers to them."""
        self._kept.update(stored)

    def take(self, document: OwnDocument) -> Ciphertext:
        """Store a document as its owner's client would: encrypted, under a key that only the committee holds."""
        enclosed = document.enclosed(os.urandom(CONTENT_KEY_BYTES))
        found = share_key(self.committee, enclosed)
        self._ciphertexts[found.sha256] = tuple(enclosed.chunks())
        self.keep([found.key.index])
        return found

    def ciphertext(self, sha256: bytes) -> Iterable[bytes]:
        """A stored ciphertext; raises `CallRefused` where it is not there any more."""
        return self._ciphertexts.get(sha256) or nothing_stored(sha256)

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Whatever becomes of the block, the committee forgets what nothing refers to any more.

        Not where the committee itself failed: it has ended, and everything with it.
        """
        try:
            yield
        except (InputError, ProgramError, CallRefused):
            self._sweep()
            raise
        self._sweep()

    def _sweep(self) -> None:
        if self._snapshots:  # its end needs again what the block no longer does
            return
        used = set(self.dictionaries.secrets.stored() | self.dictionaries.documents.stored())
        for deployment in self._deployments.values():
            used |= deployment.state.stored()
        useless = sorted(self._kept - used)
        if useless:
            self.committee.forget(useless)
            self._kept.difference_update(useless)
        for sha256 in self._ciphertexts.keys() - self.dictionaries.documents.ciphertexts():
            del self._ciphertexts[sha256]


class SimulatedContract:
    """A deployed contract. `contract.as_(who).function(...)` calls it; `contract.function(...)` as its deployer.

    Public fields are attributes: `contract.smallest`. A function or field that has the name of something here is still
    there, as `contract.as_(who).name` and `contract.field("name")`.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def as_(self, *who: Any) -> Caller:
        """The contract as seen by a party; with several, all of them sign, and the first is the sender."""
        if not who:
            raise ArgumentProblem("as_() needs a name or an address", hint='contract.as_("telco 1")')
        return Caller(self._deployment, tuple(map(self.simulation.party, who)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.as_(self.deployer), name)

    def field(self, name: str) -> Any:
        """The value of a public field; raises `ArgumentProblem`, for private ones too."""
        return self._deployment.field(name)

    @property
    def simulation(self) -> Simulation:
        """Where it is deployed."""
        return self._deployment.simulation

    @property
    def module(self) -> Module:
        """Its source, read."""
        return self._deployment.module

    @property
    def address(self) -> Address:
        """Where others find it."""
        return self._deployment.address

    @property
    def deployer(self) -> Address:
        """Who deployed it."""
        return self._deployment.deployer

    @property
    def state(self) -> State:
        """What it remembers, private values as references."""
        return self._deployment.state

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Of all calls that succeeded, its deployment first."""
        return self._deployment.receipts

    @property
    def receipt(self) -> Receipt:
        """Of the latest call that succeeded."""
        return self.receipts[-1]

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """All events so far: name and values of each."""
        return [event for receipt in self.receipts for event in receipt.events]

    @property
    def now(self) -> int:
        """Block time, in seconds since 1970."""
        return self.simulation.now

    def pass_time(self, seconds: int) -> None:
        """Block time goes on."""
        self.simulation.pass_time(seconds)

    def snapshot(self) -> AbstractContextManager[None]:
        """What happens in this block, to any contract, is undone at its end."""
        return self.simulation.snapshot()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._deployment.entries(), *self._deployment.contract.fields]

    def __repr__(self) -> str:
        deployment = self._deployment
        calls = len(self.receipts) - 1
        deployer = self.simulation.named(self.deployer)
        return (
            f"<{deployment.contract.name} at {self.address}, deployed by {deployer}: "
            f"{calls} call{'s' * (calls != 1)}; functions {', '.join(deployment.entries()) or 'none'}>"
        )


class Caller:
    """A contract as one party sees it: its functions are methods, its public fields attributes."""

    def __init__(self, deployment: Deployment, signers: tuple[Address, ...]) -> None:
        self._deployment, self._signers = deployment, signers

    @property
    def address(self) -> Address:
        """Who calls."""
        return self._signers[0]

    @property
    def received(self) -> list[Received]:
        """What calls of others, and one's own, have sealed to this party, oldest first."""
        return list(self._deployment.received.get(self.address, ()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._deployment.contract.fields:
            return self._deployment.field(name)
        function = self._deployment.function(name)

        def method(*args: Any, **options: Any) -> Any:
            return self._deployment.call(name, self._signers, args, options)

        method.__name__, method.__doc__ = name, function.doc
        return method

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._deployment.entries(), *self._deployment.contract.fields]

    def __repr__(self) -> str:
        signers = ", ".join(map(self._deployment.simulation.named, self._signers))
        return f"<{self._deployment.contract.name} as {signers}>"


def read_source(file: str | Path) -> Source:
    """The source in a file; raises `FileProblem`."""
    path = Path(file)
    try:
        return Source(str(file), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblem(str(file), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "is not a text in UTF-8", hint="save it as UTF-8") from None
