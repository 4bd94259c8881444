"""All controllers of one network: put on a chain, written down, and checked against their source."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from enigma.chain.artifacts import Artifact, load
from enigma.chain.committees import Committees
from enigma.chain.compiling import Verification, compile_source, verify
from enigma.chain.connection import Connection
from enigma.chain.identities import Identities
from enigma.chain.jobs import Jobs
from enigma.chain.jobs import Terms as JobTerms
from enigma.chain.leases import Leases
from enigma.chain.ledger import Ledger
from enigma.chain.nodes import Nodes
from enigma.chain.nodes import Terms as NodeTerms
from enigma.chain.sending import Sender
from enigma.errors import FileProblem, WrongChain

VERSION = 1
LIMIT = 1 << 16  # bytes of a deployment file
NAMES = ("Nodes", "Identities", "Ledger", "Committees", "Jobs", "Leases")
BOUND = ("Nodes", "Committees")  # to Jobs, which they obey

_DAY = 86_400  # seconds
_ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Terms:
    """The constants of a network, fixed for ever when it is deployed: `draw_fee` in wei, leases' `grace` in seconds."""

    nodes: NodeTerms
    jobs: JobTerms
    draw_fee: int
    grace: int


USUAL = Terms(
    nodes=NodeTerms(minimum=_ETHER, unbonding=14 * _DAY, epoch=600, reputation_cap=100),
    jobs=JobTerms(minimum=_ETHER // 100, patience=300, idle=90 * _DAY, bond=_ETHER // 100, lie=10_000, silence=1_000),
    draw_fee=_ETHER // 100,
    grace=30 * _DAY,
)


@dataclass(frozen=True, slots=True)
class Controllers:
    """Where the controllers of one network are: the chain's id, addresses by name, the block to read events from."""

    chain_id: int
    addresses: Mapping[str, str]
    first_block: int

    @classmethod
    def deploy(cls, sender: Sender, terms: Terms = USUAL, *, once: str | None = None) -> Controllers:
        """Deploy every controller and bind those that obey Jobs to it: eight transactions.

        `once` names the deployment: under one name the sender's journal makes each part of it only once, so that what
        was interrupted goes on. Raises ChainProblem; what was deployed by then obeys nobody, and takes no deposit.
        """
        addresses: dict[str, str] = {}
        blocks: list[int] = []

        def named(*parts: Any) -> str | None:
            """The name binds the bytes too: a newer program does not go on with what an older one began."""
            return None if once is None else f"{once}: {hashlib.sha256(repr(parts).encode()).hexdigest()}"

        def put(name: str, *constants: Any) -> None:
            artifact = load(name)
            name_of_it = named(name, artifact.bytecode, constants)
            made = sender.create(artifact.abi, artifact.bytecode, *constants, once=name_of_it)
            assert made.contract is not None  # create checks it
            addresses[name] = made.contract
            blocks.append(made.block)

        put("Nodes", *astuple(terms.nodes))
        put("Identities")
        put("Ledger", addresses["Identities"])
        put("Committees", addresses["Nodes"], terms.draw_fee)
        put("Jobs", addresses["Nodes"], addresses["Committees"], *astuple(terms.jobs))
        put("Leases", addresses["Nodes"], addresses["Committees"], terms.grace)
        for name in BOUND:
            where = addresses[name], addresses["Jobs"]
            sender.send(where[0], load(name).abi, "bind", where[1], once=named("bind", *where))
        return cls(sender.connection.chain_id, addresses, min(blocks))

    def nodes(self, connection: Connection, sender: Sender | None = None) -> Nodes:
        """The client of Nodes."""
        return Nodes(self._checked(connection), self.addresses["Nodes"], sender)

    def identities(self, connection: Connection, sender: Sender | None = None) -> Identities:
        """The client of Identities."""
        return Identities(self._checked(connection), self.addresses["Identities"], sender)

    def ledger(self, connection: Connection, sender: Sender | None = None) -> Ledger:
        """The client of Ledger."""
        return Ledger(self._checked(connection), self.addresses["Ledger"], sender)

    def committees(self, connection: Connection, sender: Sender | None = None) -> Committees:
        """The client of Committees."""
        return Committees(self._checked(connection), self.addresses["Committees"], sender)

    def jobs(self, connection: Connection, sender: Sender | None = None) -> Jobs:
        """The client of Jobs."""
        return Jobs(self._checked(connection), self.addresses["Jobs"], sender)

    def leases(self, connection: Connection, sender: Sender | None = None) -> Leases:
        """The client of Leases."""
        return Leases(self._checked(connection), self.addresses["Leases"], sender)

    def verify(
        self, connection: Connection, compiled: Callable[[str], Artifact] = compile_source
    ) -> list[Verification]:
        """Compile each source again, and compare with the code on the chain; also which controllers they trust.

        The shipped artifacts are not believed; `compiled` is for a caller who has compiled the sources already. Raises
        ToolMissing without the compiler that the sources pin.
        """
        self._checked(connection)
        found = []
        for name, address in self.addresses.items():
            one = verify(compiled(name), address, connection.code(address))
            found.append(replace(one, problem=self._disloyal(connection, one)) if one.holds else one)
        return found

    def _disloyal(self, connection: Connection, one: Verification) -> str:
        """A controller is only as good as those whose word it takes: they must be of this deployment too."""
        believed = {constant.rpartition(".")[2].title(): value for constant, value in one.constants.items()}
        if one.name in BOUND:
            believed["Jobs"] = str(connection.read(one.address, load(one.name).abi, "jobs"))
        for name, address in believed.items():
            if name in self.addresses and address != self.addresses[name]:
                return f"it takes the word of {address}, which is not {name} of this deployment"
        return ""

    def _checked(self, connection: Connection) -> Connection:
        if connection.chain_id != self.chain_id:
            raise WrongChain(
                f"{connection.url} serves the chain {connection.chain_id}, and the controllers are on {self.chain_id}",
                hint="give the address of a node of the right chain, or another deployment file",
            )
        return connection

    # ------------------------------------------------------------ the deployment file

    def save(self, path: Path) -> None:
        """Write the deployment file, whole or not at all."""
        fields = {
            "version": VERSION,
            "chain_id": self.chain_id,
            "first_block": self.first_block,
            "controllers": dict(self.addresses),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(fields, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Controllers:
        """Read a deployment file. Raises FileProblem, naming what is wrong with it."""
        try:
            with path.open("rb") as file:
                content = file.read(LIMIT + 1)
            fields: Any = json.loads(content) if len(content) <= LIMIT else None
        except OSError as error:
            raise FileProblem(str(path), str(error.strerror), hint="enigma chain deploy writes one") from None
        except ValueError:
            raise FileProblem(str(path), "this is not JSON", hint="enigma chain deploy writes one") from None
        if not isinstance(fields, dict) or fields.get("version") != VERSION:
            raise FileProblem(str(path), f"this is no deployment file of version {VERSION}")
        chain_id, first, addresses = (fields.get(name) for name in ("chain_id", "first_block", "controllers"))
        if not (_counts(chain_id) and _counts(first) and isinstance(addresses, dict)):
            raise FileProblem(str(path), "chain_id and first_block are numbers, controllers are addresses by name")
        missing = [name for name in NAMES if not _is_address(addresses.get(name))]
        if missing or set(addresses) - set(NAMES):
            raise FileProblem(str(path), f"it should name {', '.join(NAMES)}, each with an address")
        return cls(chain_id, addresses, first)


def _counts(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_address(value: Any) -> bool:
    from eth_utils.address import is_checksum_address

    return isinstance(value, str) and is_checksum_address(value)
