"""A network, as one account uses it: `enigma.connect(...)`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from enigma.chain.committees import Fees, Phase
from enigma.chain.compiling import compile_text
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.sending import Sender
from enigma.client.contract import RemoteContract
from enigma.client.seat_api import SeatApi
from enigma.contract.calling.arguments import bound, given
from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.vyper import public_half
from enigma.contract.vyper.arguments import construction
from enigma.errors import ArgumentProblem, FileProblem, NetworkError, ProtocolError
from enigma.keys.account import Account
from enigma.keys.sealing import SealingKey

GWEI = 10**9
USUAL_FEES = Fees(smallest=1000 * GWEI, round=10 * GWEI, operation=10 * GWEI, term=3600)
SEATS = 3
LOOK_EVERY = 0.2
SEALING_KEY = b"enigma/sealing/v1".ljust(32, b"\0")

Say = Callable[[str], None]
"""Told what goes on, in words."""


@dataclass(frozen=True)
class Patience:
    """Seconds: until a committee is seated, until a node that has just been seated knows it."""

    seating: float = 600.0
    hearing: float = 30.0


class Network:
    """The contracts, nodes and people of one deployment, for one account."""

    def __init__(
        self,
        url: str,
        controllers: Controllers,
        account: Account,
        *,
        journal: Path | None = None,
        say: Say = lambda words: None,
        patience: Patience = Patience(),
    ) -> None:
        self.connection, self.controllers, self.account = Connection(url), controllers, account
        self.sender = Sender(self.connection, account, journal=journal)
        self.nodes = controllers.nodes(self.connection)
        self.committees = controllers.committees(self.connection, self.sender)
        self.jobs = controllers.jobs(self.connection, self.sender)
        self.ledger = controllers.ledger(self.connection, self.sender)
        self.identities = controllers.identities(self.connection, self.sender)
        self.say, self.patience = say, patience
        self.sealing = SealingKey.from_account(account)
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
        **arguments: Any,
    ) -> RemoteContract:
        """Put a contract on the network: its public half on the chain, its private half on a committee.

        `nodes` are the seats of a named committee, in order; without them the committee is what the source declares,
        else drawn among all nodes. `arguments` are those of `__init__`. Returns when the committee knows the contract.
        """
        source = _read(file)
        module = load(source)
        half = public_half(module)
        assert module.contract is not None
        function = module.contract.functions.get("__init__")
        taken = {} if function is None else given(function, bound(function, (), arguments), party)
        values = construction(
            module, taken if function is not None else arguments,
            jobs=read_address(self.controllers.addresses["Jobs"]),
            ledger=read_address(self.controllers.addresses["Ledger"]),
        )  # fmt: skip
        self.say("compiling the public half")
        artifact = compile_text("PublicHalf", half.source)
        self.say("deploying the public half")
        address = self.sender.deploy(artifact.abi, artifact.bytecode, *values.values)
        published = self.committees.publish(
            hashlib.sha256(source.text.encode()).digest(), address, seats=SEATS, quorum=SEATS, fees=fees
        )
        declared = module.contract.committee
        chosen = list(nodes or ()) or [str(name) for name in declared.names]
        if chosen:
            self.say("naming the committee, whose nodes must accept")
            self.committees.name(published, chosen)
        else:
            self._draw(published)
        self._until_seated(published)
        contract = RemoteContract(self, published, module, half, artifact.abi, address)
        contract.introduce()
        return contract

    def contract(self, contract: bytes | str, file: str | Path) -> RemoteContract:
        """A contract that is there already, with its source from a file. Raises ProtocolError for another source."""
        identity = bytes.fromhex(contract.removeprefix("0x")) if isinstance(contract, str) else contract
        published = self.committees.published(identity)
        if published is None:
            raise ArgumentProblem(f"this network has no contract {identity.hex()}", hint="enigma chain status")
        source = _read(file)
        if hashlib.sha256(source.text.encode()).digest() != published.source:
            raise ProtocolError(
                f"{file} is not the source of contract {identity.hex()}",
                hint=f"its SHA-256 is {published.source.hex()}",
            )
        module = load(source)
        half = public_half(module)
        artifact = compile_text("PublicHalf", half.source)
        return RemoteContract(self, identity, module, half, artifact.abi, published.public_half)

    def _draw(self, contract: bytes) -> None:
        self.say("drawing the committee")
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

    # ------------------------------------------------------------ this account

    def publish_key(self) -> None:
        """Say on the chain to which key results for this account are sealed; once is enough."""
        if self.ledger.get(self.account.address, SEALING_KEY) != self.sealing.public_bytes:
            self.ledger.set(self.account.address, SEALING_KEY, self.sealing.public_bytes)

    # ------------------------------------------------------------ nodes

    def seat(self, node: str) -> SeatApi:
        """The port for people of a registered node."""
        if node not in self._seats:
            registered = self.nodes.node(node)
            if registered is None:
                raise NetworkError(f"the node {node} is not registered")
            self._seats[node] = SeatApi(registered, self.connection.chain_id)
        return self._seats[node]

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


def party(who: Any) -> Address:
    """The address of whoever is named: written out, or an account. Raises ArgumentProblem."""
    if isinstance(who, Address):
        return who
    return read_address(getattr(who, "address", who))


def _read(file: str | Path) -> Source:
    path = Path(file)
    try:
        return Source(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblem(str(file), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "is not a text in UTF-8", hint="save it as UTF-8") from None
