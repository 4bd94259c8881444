"""One attempt of a simulated node: the code of a job's process, on a task; and the keys that outlive processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from enigma.algebra import kernels
from enigma.engine.families import FAMILIES
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.keys.sealing import SealingKey
from enigma.keys.typed_data import Types
from enigma.net.gate import Gate
from enigma.node.job.assignment import Assignment
from enigma.node.job.attempt import attempt
from enigma.node.job.finding import Finding
from enigma.node.job.generations import Generations
from enigma.node.job.meeting import Meeting
from enigma.wire import Tree, codec

if TYPE_CHECKING:
    from tests.node.simulation.seat import Seat

SEATS = 3
LIMIT = 1 << 26


@dataclass(frozen=True)
class Identity:
    """A node's keys: what outlives its process."""

    account: Account
    tls: NodeKey
    sealing: SealingKey
    certificate: bytes

    @classmethod
    @cache
    def of(cls, number: int) -> Identity:
        tls = NodeKey.generate()
        return cls(Account(bytes([number + 1] * 32)), tls, SealingKey.generate(), tls.certificate_pem())


class Pen:
    """A node's account, whose every signature is seen."""

    def __init__(self, account: Account, seen: Callable[[Mapping[str, Any]], None]) -> None:
        self.address, self._account, self._seen = account.address, account, seen

    def sign_typed(self, domain: Mapping[str, Any], types: Types, message: Mapping[str, Any]) -> bytes:
        signature = self._account.sign_typed(domain, types, message)
        self._seen(message)
        return signature


class InnerProcess:
    """One attempt, on a task instead of a process. See `enigma.node.running.JobProcess`."""

    def __init__(
        self,
        assignment: Assignment,
        gate: Gate,
        spares: object,
        *,
        pieces: Callable[[list[int]], list[bytes]],
        store: Callable[[Finding], None],
        sign: Callable[[bytes], bytes],
        opening: Callable[[bool], None],
        chain: Callable[[bytes], bytes],
        keeper: Callable[[Any], Any],
        heard: Callable[[Tree], None],
        phase: Callable[[str, int, int], None],
        memory: int = 0,
    ) -> None:
        self._assignment = Assignment.read(codec.decode(codec.encode(assignment.tree()), limit=LIMIT))
        self._seat = cast("Seat", gate)
        assert not assignment.transcript
        self._pieces, self._store, self._sign, self.phase = pieces, store, sign, phase
        self.opening, self.chain, self._keeper, self._heard = opening, chain, keeper, heard
        self._stopped = False
        self.process_id = None

    def run(self) -> dict[int, bytes]:
        seat, told = self._seat, self._assignment
        links = seat.network.meet(seat, len(told.seats), told.session, float(told.deadline), lambda: self._stopped)
        identities = [Identity.of(number) for number in range(SEATS)]
        family, sharing = FAMILIES[told.family]
        try:
            meeting = Meeting(
                told.seat, NodeKey.from_private_bytes(told.key), [each.tls.public_bytes for each in identities],
                [each.tls.fingerprint for each in identities], cast("Mapping[int, Any]", links), family, sharing,
                told.session, kernels.load(), os.urandom,
            )  # fmt: skip
            return attempt(told, meeting, self, os.urandom)
        finally:
            for link in links.values():
                link.close()

    def stop(self) -> None:
        self._stopped = True

    # ------------------------------------------------------------ what the attempt asks of its node

    def pieces(self, indices: Sequence[int]) -> list[bytes]:
        return self._pieces(list(indices))

    def store(self, finding: Finding) -> None:
        self._store(Finding.read(codec.decode(codec.encode(finding.tree()), limit=LIMIT)))

    def generations(self) -> Generations:
        return Generations.read(self._keeper({"need": "generations"})["generations"])

    def switch(self, digest: bytes) -> None:
        self._keeper({"need": "switch", "digest": digest})

    def drop(self, digest: bytes) -> None:
        self._keeper({"need": "drop", "digest": digest})

    def release(self, digest: bytes) -> None:
        self._keeper({"need": "release", "digest": digest})

    def sign(self, digest: bytes) -> bytes:
        self._seat.fuse.burn()
        signature = self._sign(digest)
        self._seat.fuse.burn()
        return signature
