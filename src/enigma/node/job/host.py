"""The host of a call at one seat: its programs run with the other seats, and what they keep gets its number here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from enigma.array.literals import Raw
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.host import Opened, Segment
from enigma.engine.plain import fold
from enigma.errors import CallRefused, WireError
from enigma.node.job.assignment import Budget
from enigma.node.job.meeting import Meeting
from enigma.node.job.numbering import MOST_COMPUTED, MOST_CONTRIBUTED, first_computed
from enigma.program.cost import Cost, cost
from enigma.program.node import Node
from enigma.protocol.family import Value
from enigma.wire import codec

UNIT_BYTES = 1024
"""What a receipt counts as one operation: so many bytes that a program makes all seats send together, at most."""

Pieces = Callable[[Sequence[int]], list[bytes]]
"""Fetches this seat's pieces of stored secrets, by their indices."""

Phase = Callable[[str, int, int], None]
"""Told (what is going on, rounds done, rounds in all)."""


@dataclass(frozen=True, slots=True)
class SealedShare:
    """This seat's share of one output that only its recipients may know."""

    node: Node
    to: tuple[Address, ...]
    share: bytes


Ask = Callable[[Address, str, Address], bool]
"""What a contract's predicate says about an asker: (contract, function, asker)."""


class SeatHost:
    """Runs the programs of one call. See `enigma.contract.host.Host`."""

    def __init__(
        self,
        meeting: Meeting,
        job: int,
        contributed: int,
        budget: Budget,
        pieces: Pieces,
        phase: Phase,
        ask: Ask,
    ) -> None:
        self._meeting, self._budget = meeting, budget
        self._pieces, self._phase, self._ask = pieces, phase, ask
        if contributed > MOST_CONTRIBUTED:
            raise WireError(f"a job brings more than {MOST_CONTRIBUTED} secrets")
        self._first = first_computed(job)
        self.kept: dict[int, Value] = {}
        self.sealed: list[SealedShare] = []
        self.opened = False
        """Whether anything has become known to everyone: from then on the job counts, whatever comes of it."""
        self.opening: Callable[[], None] = lambda: None
        """Called each time before something becomes known to everyone; what it raises prevents it."""
        self.agreeing: Callable[[], None] = lambda: None
        """Called before each program: whether the chain told all seats the same; what it raises ends the attempt."""
        self.programs: list[bytes] = []
        self._rounds, self._bytes = 0, 0

    @property
    def rounds(self) -> int:
        """Network rounds of all programs so far, as their programs fix them."""
        return self._rounds

    @property
    def operations(self) -> int:
        """What the programs so far make all seats send, in units of `UNIT_BYTES`, rounded up."""
        return _operations(self._bytes)

    def run(self, segment: Segment) -> Opened:
        """See `Host.run`."""
        self.agreeing()
        family = self._meeting.family
        program = segment.program
        spent = cost(program, family)
        self._spend(spent)
        digest = segment.digest(family.name)
        self.programs.append(digest)
        self._phase(f"program {len(self.programs)}", 0, spent.rounds)
        inputs = self._inputs(segment)
        bound = hashlib.sha256(codec.encode([digest, list(segment.stored)])).digest()
        outputs = self._meeting.run(
            program, bound, inputs, lambda done, total: self._phase(f"program {len(self.programs)}", done, total)
        )
        revealed = list(zip(program.reveals, outputs[: len(program.reveals)], segment.to, strict=True))
        public = [(node, value) for node, value, to in revealed if to is None and node.secret]
        if any(to is None for to in segment.to):
            self.opening()
            self.opened = True
        raws = iter(self._meeting.open([value for _, value in public], [node for node, _ in public]))
        values: list[Raw | None] = []
        for node, value, to in revealed:
            if to is not None:
                self.sealed.append(SealedShare(node, to, self._share(node, value)))
                values.append(None)
            else:
                values.append(next(raws) if node.secret else value)
        return Opened(values, [self._keep(value) for value in outputs[len(program.reveals) :]])

    def _spend(self, spent: Cost) -> None:
        """Count what a program will cost; one that the asker does not pay for is not begun."""
        rounds, sent = self._rounds + spent.rounds, self._bytes + sum(spent.seat_bytes)
        price = rounds * self._budget.round + _operations(sent) * self._budget.operation
        if price > self._budget.maximum:
            raise CallRefused(
                f"this would cost {price:,} wei, and the asker allows {self._budget.maximum:,}",
                hint="enigma check says what a call costs; allow the contract more for a job",
            )
        self._rounds, self._bytes = rounds, sent

    def fold(self, node: Node) -> Raw:
        """See `Host.fold`."""
        return fold(node)

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """See `Host.ask`."""
        return self._ask(contract, function, asker)

    def _share(self, node: Node, value: Value) -> bytes:
        # A public output has no pieces: whoever is told it gets the number from each seat.
        return self._meeting.sharing.output(value) if node.secret else np.ascontiguousarray(value).tobytes()

    def _keep(self, value: Value) -> int:
        if len(self.kept) >= MOST_COMPUTED:
            raise WireError(f"a job keeps more than {MOST_COMPUTED} secrets")
        index = self._first + len(self.kept)
        self.kept[index] = np.ascontiguousarray(value)
        return index

    def _inputs(self, segment: Segment) -> Mapping[int, Value]:
        missing = [index for index in segment.stored if index not in self.kept]
        fetched = dict(zip(missing, self._pieces(missing) if missing else [], strict=True))
        inputs = {}
        for node, index in zip(segment.program.inputs, segment.stored, strict=True):
            value = self.kept.get(index)
            inputs[node.attrs["index"]] = (
                # Pieces rest in the same bytes in which they are handed to a reader.
                self._meeting.sharing.read_output(fetched[index], node.shape, node.type.is_bool)
                if value is None
                else value
            )
        return inputs


def _operations(sent: int) -> int:
    return -(-sent // UNIT_BYTES)
