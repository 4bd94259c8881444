"""A network, as one account uses it: what `enigma.connect(...)` gives."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from enigma.chain.answers import Receipt as Mined
from enigma.chain.committees import Fees, Phase, Published
from enigma.chain.compiling import compile_text
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import EventReader
from enigma.chain.ledger import SEALING
from enigma.chain.sending import Sender
from enigma.client.agreeing import Agreement
from enigma.client.asking import party
from enigma.client.contract import RemoteContract, deployed_of
from enigma.client.deployed import Deployed
from enigma.client.granting import last_second, use_of
from enigma.client.job import Job
from enigma.client.progress import Step, Told, silent
from enigma.client.seat_api import SeatApi
from enigma.client.storing import Storing
from enigma.client.unfinished import Unfinished
from enigma.client.withdrawal import Withdrawn
from enigma.contract.calling.arguments import bound, given
from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.vyper import PublicHalf, public_half
from enigma.contract.vyper.arguments import construction
from enigma.errors import ArgumentProblem, FileProblem, NetworkError, ProtocolError
from enigma.keys.account import Account
from enigma.keys.sealing import SealingKey

GWEI = 10**9
USUAL_FEES = Fees(smallest=1000 * GWEI, round=10 * GWEI, operation=10 * GWEI, term=3600)
SEATS = 3
QUORUM = 2
"""Seats whose signatures move a contract on the chain. All sign every receipt; two can replace the third."""
LOOK_EVERY = 0.2

Say = Callable[[str], None]
"""Told what goes on, in words."""
Contract = RemoteContract | bytes | str
"""A contract, or its id."""


@dataclass(frozen=True)
class Patience:
    """Seconds: until a committee is seated, until a node that has just been seated knows it, until a block."""

    seating: float = 600.0
    hearing: float = 30.0
    mining: float = 60.0


class Network(Storing):
    """The contracts, nodes and people of one deployment, for one account.

    `folder` keeps what an interrupted contribution needs to go on in a later program; without it, it goes on in this
    one only. `say` hears what goes on in sentences, `progress` how far it is.
    """

    def __init__(
        self,
        url: str,
        controllers: Controllers,
        account: Account,
        *,
        journal: Path | None = None,
        folder: Path | None = None,
        say: Say = lambda words: None,
        progress: Told = silent,
        patience: Patience = Patience(),
    ) -> None:
        self.connection, self.controllers, self.account = _reached(url, controllers), controllers, account
        self.sender = Sender(self.connection, account, journal=journal)
        self.nodes = controllers.nodes(self.connection)
        self.committees = controllers.committees(self.connection, self.sender)
        self.jobs = controllers.jobs(self.connection, self.sender)
        self.ledger = controllers.ledger(self.connection, self.sender)
        self.identities = controllers.identities(self.connection, self.sender)
        self.agreement = Agreement(self.connection, controllers, self.jobs)
        self.unfinished = Unfinished(folder)
        self.say, self.patience = say, patience
        self._progress = progress
        self.sealing = SealingKey.from_account(account)
        self._published = False
        self._seats: dict[str, SeatApi] = {}

    @property
    def address(self) -> Address:
        """This account."""
        return read_address(self.account.address)

    # ------------------------------------------------------------ contracts

    def deploy(
        self,
        file: str | Path,
        /,
        *,
        nodes: Sequence[str] | None = None,
        fees: Fees = USUAL_FEES,
        imports: Sequence[str | Path] = (),
        **arguments: Any,
    ) -> RemoteContract:
        """Put a contract on the network: its public half on the chain, its private half on a committee.

        `nodes` are the seats of a named committee, in order; without them the committee is what the source declares,
        else drawn among all nodes. `imports`: files of the modules that the source imports by digest. `arguments` are
        those of `__init__`. Returns when the committee knows the contract.
        """
        try:
            return self._deploy(file, nodes, fees, imports, arguments)
        finally:
            self.rest()

    def _deploy(
        self,
        file: str | Path,
        nodes: Sequence[str] | None,
        fees: Fees,
        imports: Sequence[str | Path],
        arguments: Mapping[str, Any],
    ) -> RemoteContract:
        module, half = _loaded(file, imports)
        assert module.contract is not None
        chosen = list(nodes or ()) or [str(name) for name in module.contract.committee.names]
        self._want_nodes(chosen)
        function = module.contract.functions.get("__init__")
        taken = {} if function is None else given(function, bound(function, (), arguments), party)
        values = construction(
            module, taken if function is not None else arguments,
            jobs=read_address(self.controllers.addresses["Jobs"]),
            ledger=read_address(self.controllers.addresses["Ledger"]),
        )  # fmt: skip
        self._goes_on("compiling the public half")
        artifact = compile_text("PublicHalf", half.source)
        self._goes_on("deploying the public half")
        address = self.sender.deploy(artifact.abi, artifact.bytecode, *values.values)
        published = self.committees.publish(
            hashlib.sha256(module.source.text.encode()).digest(), address, seats=SEATS, quorum=QUORUM, fees=fees
        )
        if chosen:
            self._goes_on("naming the committee, whose nodes must accept")
            self.committees.name(published, chosen)
        else:
            self._draw(published)
        self._until_seated(published)
        self._goes_on("bringing the source to the committee")
        deployed = Deployed(self, published, module, half, artifact.abi, address)
        deployed.introduce()
        return RemoteContract(deployed)

    def contract(
        self, contract: bytes | str, file: str | Path, *, imports: Sequence[str | Path] = ()
    ) -> RemoteContract:
        """A contract that is there already, by its id or its address, with its source from a file.

        Raises `ProtocolError` for another source, `ArgumentProblem` where there is none.
        """
        published = self._of(contract)
        module, half = _loaded(file, imports)
        if hashlib.sha256(module.source.text.encode()).digest() != published.source:
            raise ProtocolError(
                f"{file} is not the source of contract {published.contract.hex()}",
                hint=f"its SHA-256 is {published.source.hex()}",
            )
        artifact = compile_text("PublicHalf", half.source)
        return RemoteContract(Deployed(self, published.contract, module, half, artifact.abi, published.public_half))

    def job(self, number: int, contract: RemoteContract) -> Job:
        """A question that was asked before, by anybody, of this contract. Raises `ArgumentProblem`."""
        deployed = deployed_of(contract)
        found = self.jobs.job(number)
        if found is None or found.contract != deployed.id:
            raise ArgumentProblem(f"this contract was never asked a question {number}", hint="enigma jobs lists them")
        reader = EventReader(
            self.connection, self.jobs.address, self.jobs.abi, start=self.controllers.first_block, names=["Requested"]
        )
        event = next(each for each in reader.read() if each.values["job"] == number)
        return Job(self, deployed, self.jobs.request_of(event), event.block)

    def _of(self, contract: bytes | str) -> Published:
        """A contract by its id, or the address of its public half."""
        try:
            octets = bytes.fromhex(contract.removeprefix("0x")) if isinstance(contract, str) else bytes(contract)
        except ValueError:
            octets = b""
        if len(octets) not in (20, 32):
            raise ArgumentProblem(
                f"{contract!r:.80} is no contract", hint="a contract's id has 32 bytes, its public half's address 20"
            )
        identity = octets if len(octets) == 32 else self.committees.contract_of(_checksummed(octets))
        published = None if identity is None else self.committees.published(identity)
        if published is None:
            raise ArgumentProblem(
                f"this network has no contract {octets.hex()}",
                hint=f"is {self.connection.url} the right network? enigma chain status",
            )
        return published

    def _want_nodes(self, nodes: Sequence[str]) -> None:
        """Goes on only with nodes that can have seats: found out before anything is paid."""
        if nodes and (len(nodes) != SEATS or len({each.lower() for each in nodes}) != SEATS):
            raise ArgumentProblem(f"a committee has {SEATS} different nodes, and {len(nodes)} are named")
        for node in nodes:
            if self.nodes.node(str(node)) is None:
                raise ArgumentProblem(f"the node {node} is not registered", hint="enigma chain status lists the nodes")
        if nodes:
            return
        listed = self.nodes.listed()
        if len(listed) < SEATS:
            raise NetworkError(
                f"this network has {len(listed)} nodes, and a committee takes {SEATS}",
                hint="enigma up starts some on this machine; enigma node registers one",
            )
        epoch = self.nodes.epoch()
        ready = sum(self.nodes.eligible(node, epoch) for node in listed)
        if ready < SEATS:
            wait = self.nodes.terms().epoch
            raise NetworkError(
                f"{ready} of the {len(listed)} nodes can be drawn now, and a committee takes {SEATS}",
                hint=f"one that has just logged in counts from the next epoch on, in {wait} s at the latest; or name "
                "the nodes: deploy(..., nodes=network.nodes.listed()[:3])",
            )

    def _draw(self, contract: bytes) -> None:
        self._goes_on("drawing the committee")
        self.committees.request_draw(contract)
        seed = self.committees.drawing(contract).seed_block
        self._until(lambda: self.connection.head().number > seed, "the block of the draw's seed")
        self.committees.finish_draw(contract)

    def _until_seated(self, contract: bytes) -> None:
        def seated() -> bool:
            found = self.committees.published(contract)
            return found is not None and found.phase is Phase.SEATED

        self._until(seated, "the nodes that were named to accept their seats")

    def _until(self, done: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + self.patience.seating
        while not done():
            if time.monotonic() > until:
                raise NetworkError(f"waited {self.patience.seating:.0f} s for {what}", hint="what was sent stays sent")
            time.sleep(LOOK_EVERY)

    # ------------------------------------------------------------ this account, and its data

    def publish_key(self) -> None:
        """Say on the chain to which key results for this account are sealed; once is enough, and done when needed."""
        if not self._published and self.ledger.get(self.account.address, SEALING) != self.sealing.public_bytes:
            self._goes_on("publishing the key to which results for you are sealed")
            self.ledger.set(self.account.address, SEALING, self.sealing.public_bytes)
        self._published = True

    def grant(
        self,
        contract: Contract,
        *,
        to: Any = "everybody",
        function: str | None = None,
        until: datetime | timedelta | int | None = None,
        uses: int = 1,
    ) -> Mined:
        """Agree that a contract uses this account's data, so often, to answer `to`'s questions.

        `to`: an account or its address, or "everybody", which is whoever the contract lets ask. `function`: the name of
        one, else all. `until`: a time, a length of time, or seconds since 1970; a year from now where nothing is said.
        """
        if isinstance(uses, bool) or not 1 <= uses < 2**256:
            raise ArgumentProblem(f"uses={uses!r}", hint="grant at least one use")
        return self.identities.grant(
            use_of(self, contract, to, function), until=last_second(until, self.connection.head().timestamp), uses=uses
        )

    def revoke(self, contract: Contract, *, to: Any = "everybody", function: str | None = None) -> Mined:
        """Take a grant back; `to` and `function` as it was given. Raises `ArgumentProblem` where there is none."""
        use = use_of(self, contract, to, function)
        if self.identities.grant_of(use).uses == 0:
            raise ArgumentProblem(
                "no such grant was given", hint="a grant is revoked as it was given: the same to= and function="
            )
        return self.identities.revoke(use)

    def withdraw(self, contract: Contract, *, owner: str | None = None) -> Withdrawn:
        """Withdraw the data of this account, or of an identity that it administers, from a contract.

        Every seat deletes its pieces and signs that it has: `.receipts()` waits for all. What was computed stays known.
        """
        identity, named = self.contract_id(contract), owner or self.account.address
        return Withdrawn.of(self, identity, self.identities.withdraw(named, identity))

    def withdrawn(self, contract: Contract, *, owner: str | None = None) -> list[Withdrawn]:
        """What this account, or another owner, has withdrawn from a contract before, the oldest first."""
        return Withdrawn.all(self, self.contract_id(contract), owner or self.account.address)

    def contract_id(self, contract: Contract) -> bytes:
        """The id of a contract of this network."""
        return deployed_of(contract).id if isinstance(contract, RemoteContract) else self._of(contract).contract

    # ------------------------------------------------------------ nodes

    def seat(self, node: str, fresh: bool = False) -> SeatApi:
        """The port for people of a registered node; `fresh`: as the chain says now, whatever it said before."""
        if fresh or node not in self._seats:
            registered = self.nodes.node(node)
            if registered is None:
                raise NetworkError(f"the node {node} is not registered")
            known = self._seats.get(node)
            if known is None or known.node.listing != registered.listing:
                self._seats[node] = SeatApi(registered, self.connection.chain_id)
        return self._seats[node]

    # ------------------------------------------------------------ what people see

    def told(self, step: Step) -> None:
        """Tell how far something is."""
        self._progress(step)

    def rest(self) -> None:
        """Nothing goes on any more."""
        end = getattr(self._progress, "end", None)
        if end is not None:
            end()

    def _goes_on(self, words: str) -> None:
        self.say(words)
        self.told(Step(words))

    def close(self) -> None:
        """Hang up on everybody."""
        for seat in self._seats.values():
            seat.close()
        self.sender.close()
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<network at {self.connection.url}, for {self.account.address}>"


def _reached(url: str, controllers: Controllers) -> Connection:
    """The chain of the controllers. Raises `WrongChain`, `ChainUnreachable`, and leaves nothing open then."""
    connection = Connection(url)
    try:
        controllers.nodes(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _checksummed(octets: bytes) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(octets))


def _loaded(file: str | Path, imports: Sequence[str | Path]) -> tuple[Module, PublicHalf]:
    """A contract's source with what it imports, and its public half. Raises `FileProblem`, `SourceProblem`."""
    texts = [_read(each).text for each in imports]
    library = StandardLibrary({hashlib.sha256(text.encode()).hexdigest(): text for text in texts})
    module = load(_read(file), library)
    if module.contract is None:
        raise ArgumentProblem(f"{module.source.name} declares no contract", hint="class Name(Contract): ...")
    return module, public_half(module)


def _read(file: str | Path) -> Source:
    path = Path(file)
    try:
        return Source(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblem(str(file), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "is not a text in UTF-8", hint="save it as UTF-8") from None
