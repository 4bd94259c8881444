"""The contracts in whose committee this node has a seat: their sources, as published, and their public fields."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enigma.chain.artifacts import Artifact
from enigma.chain.committees import Committees, Phase, Published
from enigma.chain.compiling import compile_text, verify
from enigma.chain.connection import Connection
from enigma.contract.dictionaries.addresses import read_address
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.keeping import encode, remembered
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.state import State
from enigma.contract.vyper import PublicHalf, public_half
from enigma.contract.vyper.standing import public_fields
from enigma.errors import ArgumentProblem, ChainRefused, ProtocolError
from enigma.node.holdings import Holdings, Sources
from enigma.node.logs import event
from enigma.node.notes import Notes

NO_VALUE = "has no value yet"
NAME = "contract.py"
"""What messages call the source, whatever its owner does: refusals are the same at all seats."""


@dataclass(frozen=True, slots=True)
class Seated:
    """A contract, and this node's seat in its committee."""

    published: Published
    seat: int


@dataclass(frozen=True, slots=True)
class Known:
    """A contract whose source has come, and fits what the chain says."""

    sources: Sources
    module: Module
    half: PublicHalf
    artifact: Artifact


class Contracts:
    """Of the node at `node` (the address of its signing key). Safe between threads. `compiled`: the Vyper compiler."""

    def __init__(
        self,
        connection: Connection,
        committees: Committees,
        holdings: Holdings,
        notes: Notes,
        node: str,
        *,
        compiled: Callable[[str, str], Artifact] = compile_text,
    ) -> None:
        self._connection, self._committees, self._holdings, self._node = connection, committees, holdings, node
        self._notes, self._compiled = notes, compiled
        self._lock = threading.RLock()
        self._seated: dict[bytes, Seated] = {}
        self._known: dict[bytes, Known] = {}

    def recall(self) -> None:
        """Look at the contracts in which this node had a seat in an earlier life."""
        for contract in self._notes.seats():
            self.look(contract)

    def look(self, contract: bytes) -> Seated | None:
        """Ask the chain who holds a contract; what it says now counts from here on."""
        published = self._committees.published(contract)
        with self._lock:
            if published is None or published.phase is not Phase.SEATED or self._node not in published.seats:
                self._notes.seated(contract, False)
                if self._seated.pop(contract, None) is not None:
                    event("seat given up", contract=contract.hex())
                return None
            self._notes.seated(contract, True)
            self._seated[contract] = Seated(published, published.seats.index(self._node))
            event("seat held", contract=contract.hex(), seat=self._seated[contract].seat)
            return self._seated[contract]

    def seated(self, contract: bytes) -> Seated | None:
        """This node's seat, None where it has none."""
        with self._lock:
            return self._seated.get(contract)

    def all(self) -> list[Seated]:
        """Every contract in which this node has a seat."""
        with self._lock:
            return list(self._seated.values())

    def known(self, contract: bytes) -> Known | None:
        """A contract's source, read; None before it has come."""
        with self._lock:
            found = self._known.get(contract)
            if found is None:
                sources = self._holdings.sources(contract)
                if sources is not None and contract in self._seated:
                    found = self._read(contract, sources)
                    self._known[contract] = found
            return found

    def take(self, contract: bytes, sources: Sources) -> None:
        """Take a contract's source from anybody: it proves itself.

        Raises `ProtocolError` where it is not what was published, and `SourceProblem` where it is no contract.
        """
        if self.seated(contract) is None:
            raise ArgumentProblem(
                f"this node has no seat in the committee of {contract.hex()}",
                hint="the chain says who has: enigma chain status",
            )
        if self.known(contract) is not None:
            return  # the first that proved itself stays: all seats must go on with the same
        with self._lock:
            found = self._read(contract, Sources(NAME, sources.text, sources.imports))
            self._holdings.keep_sources(contract, found.sources)
            self._known[contract] = found
        event("source taken", contract=contract.hex())

    def public(self, contract: bytes, block: int) -> tuple[bytes, int]:
        """The public fields at the end of a block, as an assignment has them, and how often they had changed."""
        known, seated = self.known(contract), self.seated(contract)
        assert known is not None
        assert seated is not None
        assert known.module.contract is not None
        address, abi = seated.published.public_half, known.artifact.abi

        def read(name: str, *args: Any) -> Any:
            try:
                return self._connection.read(address, abi, name, *args, at=block)
            except ChainRefused as refusal:
                if NO_VALUE in str(refusal):
                    return None
                raise

        state = State(public=public_fields(known.module.contract, read))
        octets = encode(remembered(read_address(address), state, in_memory()))
        return octets, int(self._connection.read(address, abi, "enigma_changes", at=block))

    def _read(self, contract: bytes, sources: Sources) -> Known:
        from enigma.contract.typing import check

        seated = self.seated(contract)
        assert seated is not None
        published = seated.published
        if hashlib.sha256(sources.text.encode()).digest() != published.source:
            raise ProtocolError(
                f"this is not the source that was published as {contract.hex()}",
                hint=f"its SHA-256 must be {published.source.hex()}",
            )
        for digest, text in sources.imports.items():
            if hashlib.sha256(text.encode()).hexdigest() != digest:
                raise ProtocolError(f"an import does not have the SHA-256 {digest} under which it was sent")
        module = load(Source(sources.name, sources.text), StandardLibrary(sources.imports))
        check(module)
        half = public_half(module)
        artifact = self._compiled("PublicHalf", half.source)
        found = verify(artifact, published.public_half, self._connection.code(published.public_half))
        if not found.holds:
            raise ProtocolError(
                f"the public half at {published.public_half} is not that of this source: {found.problem}",
                hint="its requirements would not be those that everyone can read; deploy it anew",
            )
        reached = {digest: text for digest, text in sources.imports.items() if digest in module.digests}
        return Known(Sources(sources.name, sources.text, reached), module, half, artifact)
