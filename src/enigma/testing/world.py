"""All seats of a committee in one process, in lock step, with every message recorded.

The same protocols and engine as between machines; only the wire is a list. Keys come from one seed, so a run repeats
bit for bit.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enigma.algebra.kernels import Kernels
from enigma.algebra.prg import KEY_BYTES, Block, Prg
from enigma.engine.secure import Runner, compile_plan
from enigma.errors import ProtocolError
from enigma.program.node import Node
from enigma.protocol.family import Family, Value
from enigma.protocol.session import Joint, Mask, Message, Session
from enigma.testing.audit import Audit, RecordedBlock


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: round, sender, receiver, what was sent and the drawn arrays that mask it."""

    round: int
    sender: int
    receiver: int
    message: Message
    masks: tuple[Mask, ...]


@dataclass
class Traffic:
    """What has travelled in a run."""

    sent: list[Sent] = field(default_factory=list)
    rounds: int = 0

    def seat_bytes(self, seats: int) -> tuple[int, ...]:
        """Bytes sent by each seat."""
        return tuple(sum(s.message.nbytes for s in self.sent if s.sender == seat) for seat in range(seats))


Tamper = Callable[[Sent], Message]
"""An adversary: what arrives in place of a message that a seat sent."""


class WorldSession(Session):
    """One seat of a `World`."""

    def __init__(self, seat: int, world: World) -> None:
        self.seat, self.kernels = seat, world.kernels
        self._world = world
        self._prgs = {holders: Prg(world.key(holders)) for holders in world.family.holders if seat in holders}
        self._inbox: dict[int, deque[tuple[int, Message]]] = {peer: deque() for peer in range(world.family.seats)}

    def block(self, holders: tuple[int, ...], words: int) -> Block:
        """See `Session.block`."""
        block = self._prgs[holders].reserve(words)
        audit = self._world.audit
        return block if audit is None else RecordedBlock(block, audit, self.seat, holders)

    def send(self, peer: int, message: Message, masks: Sequence[Mask]) -> None:
        """See `Session.send`."""
        if not message.flags.c_contiguous:
            raise ProtocolError("a message must be contiguous")
        if self._world.audit is not None:
            self._world.audit.check(self.seat, peer, message, masks)
        sent = Sent(self._world.traffic.rounds, self.seat, peer, message.copy(), tuple(masks))
        self._world.traffic.sent.append(sent)
        arrives = self._world.tamper(sent) if self._world.tamper else sent.message
        self._world.sessions[peer]._inbox[self.seat].append((sent.round, arrives))  # noqa: SLF001 - the wire

    def receive(self, peer: int, out: Message) -> None:
        """See `Session.receive`."""
        if not self._inbox[peer]:
            raise ProtocolError(f"seat {self.seat} expects a message that seat {peer} did not send")
        sent_in, message = self._inbox[peer].popleft()
        if message.nbytes != out.nbytes:
            raise ProtocolError(f"seat {self.seat} expects {out.nbytes} bytes from seat {peer}, not {message.nbytes}")
        if sent_in != self._world.traffic.rounds - 1:
            raise ProtocolError(
                f"seat {self.seat} reads in round {self._world.traffic.rounds} what was sent in {sent_in}"
            )
        out[...] = message.view(out.dtype).reshape(out.shape)

    def left_over(self) -> int:
        """Messages that arrived and were never read."""
        return sum(len(queue) for queue in self._inbox.values())


class World:
    """A committee in one process.

    Keys come from `seed`; `tamper` changes messages on their way; with `audit`, every message's masks are checked.
    """

    def __init__(
        self,
        family: Family,
        kernels: Kernels,
        seed: bytes = b"world",
        tamper: Tamper | None = None,
        *,
        audit: bool = False,
    ) -> None:
        self.family, self.kernels, self.tamper = family, kernels, tamper
        self._seed = seed
        self.audit = Audit(self.key) if audit else None
        self.traffic = Traffic()
        self.sessions = [WorldSession(seat, self) for seat in range(family.seats)]

    def key(self, holders: tuple[int, ...]) -> bytes:
        """The key of a set of seats."""
        return hashlib.sha256(self._seed + bytes([len(holders), *holders])).digest()[:KEY_BYTES]

    def run(self, protocol: Callable[[Session], Joint[Any]]) -> list[Any]:
        """Every seat's result of one protocol, run in lock step."""
        running = [protocol(session) for session in self.sessions]
        results: dict[int, Any] = {}
        while True:
            for seat, generator in enumerate(running):
                try:
                    next(generator)
                except StopIteration as finished:
                    results[seat] = finished.value
            if len(results) == len(running):
                break
            if results:
                raise ProtocolError(f"seats {sorted(results)} finished before the others")
            self.traffic.rounds += 1
        left = [session.left_over() for session in self.sessions]
        if any(left):
            raise ProtocolError(f"messages were never read: {left} by seat")
        return [results[seat] for seat in range(len(running))]

    def evaluate(self, outputs: Sequence[Node], inputs: Sequence[Mapping[int, Value]]) -> list[list[Value]]:
        """Each seat's pieces of `outputs`, given each seat's pieces of the inputs."""
        the_plan = compile_plan(tuple(outputs), self.family)
        return self.run(lambda session: Runner(session, self.family).run(the_plan, inputs[session.seat]))
