"""What lies between nodes: calls and the channels of attempts, both with faults.

Between two seats there is TLS over TCP: what is sent comes once, in order, unaltered, late, or not at all. Calls are
made again by whoever had no answer: so they come twice, late, and in another order.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.node.simulation.scheduling import Died, Scheduler

from enigma.errors import NetworkError, PeerLost, PeerSilent, SeatLost, SeatSilent
from enigma.wire import Tree, codec

if TYPE_CHECKING:
    from tests.node.simulation.seat import Seat

CALL_SECONDS = 5.0
CHAIN, PEOPLE = "chain", "people"
LIMIT = 1 << 24
Place = int | str


@dataclass
class Faults:
    """What is wrong with the network now. `slow`: seconds that a message of a seat takes. Counts are of next calls."""

    apart: set[frozenset[Place]] = field(default_factory=set)
    slow: dict[Place, float] = field(default_factory=dict)
    twice: int = 0
    late: int = 0
    lost_answers: int = 0

    def met(self) -> None:
        """Nothing is wrong any more."""
        self.apart.clear()
        self.slow.clear()
        self.twice = self.late = self.lost_answers = 0


@dataclass
class _Flow:
    """What one seat sent another and was not taken yet: (when it is there, bytes)."""

    queue: deque[tuple[float, memoryview]] = field(default_factory=deque)
    closed: bool = False


class Link:
    """A seat's end of its channel to another one. See `enigma.engine.live.Link`."""

    def __init__(self, network: Network, seat: Seat, peer: int, out: _Flow, into: _Flow, patience: float) -> None:
        self._network, self._seat, self._peer, self._out, self._in = network, seat, peer, out, into
        self._patience = patience
        self.stopped: Callable[[], bool] = lambda: False

    def send(self, buffer: bytes | memoryview) -> None:
        self._seat.fuse.burn()
        if self._out.closed:
            raise SeatLost(self._peer, "sending")
        view = memoryview(bytes(buffer))
        if view.nbytes:
            at = self._network.arrival(self._seat.number, self._peer)
            if self._out.queue:
                at = max(at, self._out.queue[-1][0])  # nothing overtakes what was sent before
            self._out.queue.append((at, view))

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        self._seat.fuse.burn()
        into = memoryview(view).cast("B")
        filled = 0
        while filled < into.nbytes:
            if not self._there():
                self._network.scheduler.wait(
                    lambda: self._there() or self._in.closed or self.stopped(), self._patience, step
                )
            if self.stopped():
                raise NetworkError("the process of a job ended in the middle")
            if not self._there():
                if self._in.closed:
                    raise SeatLost(self._peer, step)
                raise SeatSilent(self._peer, step, self._patience)
            at, piece = self._in.queue.popleft()
            if piece.nbytes > into.nbytes - filled:
                self._in.queue.appendleft((at, piece[into.nbytes - filled :]))
                piece = piece[: into.nbytes - filled]
            into[filled : filled + piece.nbytes] = piece
            filled += piece.nbytes

    def close(self) -> None:
        """The other side takes what was sent, and then learns that nothing more comes."""
        self._out.closed = True
        self._in.closed = True
        self._in.queue.clear()

    def _there(self) -> bool:
        together = self._network.together(self._seat.number, self._peer)
        return bool(self._in.queue) and self._in.queue[0][0] <= self._network.scheduler.now and together


@dataclass
class _Room:
    """Where the seats of one attempt meet."""

    there: set[int] = field(default_factory=set)
    flows: dict[tuple[int, int], _Flow] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


class Network:
    """Between the seats of one world, and from people to them."""

    def __init__(self, scheduler: Scheduler, chance: random.Random, confirmations: int) -> None:
        self.scheduler, self.confirmations, self._chance = scheduler, confirmations, chance
        self.seats: list[Seat] = []
        self.faults = Faults()
        self.calls: list[tuple[Seat, str, str, bytes]] = []
        """Every call that was ever made, to be made again."""
        self._rooms: dict[bytes, _Room] = {}

    def together(self, one: Place, other: Place) -> bool:
        return frozenset({one, other}) not in self.faults.apart

    def arrival(self, one: Place, other: Place) -> float:
        """When something that is sent now is there."""
        slow = self.faults.slow.get(one, 0.0) + self.faults.slow.get(other, 0.0)
        at = self.scheduler.now + slow
        if slow:
            self.scheduler.alarm(at)
        return at

    # ------------------------------------------------------------ attempts

    def meet(
        self, seat: Seat, size: int, session: bytes, patience: float, stopped: Callable[[], bool]
    ) -> dict[int, Link]:
        """This seat's channels to all others of its room. Raises `NetworkError` where they do not come."""
        room = self._rooms.setdefault(session, _Room())
        me = seat.number
        if me in room.there:
            raise NetworkError("this seat has been in this room before")
        room.there.add(me)
        links = {}
        for peer in range(size):
            if peer == me:
                continue
            out = room.flows.setdefault((me, peer), _Flow())
            into = room.flows.setdefault((peer, me), _Flow())
            links[peer] = Link(self, seat, peer, out, into, patience)
            links[peer].stopped = stopped
        seat.links += links.values()
        room.links += links.values()

        def all_there() -> bool:
            return len(room.there) == size and all(self.together(me, peer) for peer in links)

        self.scheduler.wait(lambda: all_there() or stopped(), patience, "the other seats of an attempt")
        if stopped():
            raise NetworkError("the process of a job ended in the middle")
        if not all_there():
            raise NetworkError("the other seats of an attempt did not come")
        return links

    def cut(self, one: int, other: int) -> None:
        """The connections between two seats break."""
        for room in self._rooms.values():
            for pair in ((one, other), (other, one)):
                if pair in room.flows:
                    room.flows[pair].closed = True

    # ------------------------------------------------------------ calls

    def call(self, caller: Seat, name: str, method: str, tree: Tree) -> Any:
        """Another node's answer. Raises `NetworkError`, and what it answers with."""
        faults, target = self.faults, next(each for each in self.seats if each.name == name)
        octets = codec.encode(tree)
        self.calls.append((caller, name, method, octets))
        if faults.late:
            faults.late -= 1
            self._later(caller, target, method, octets, CALL_SECONDS + 20.0 * self._chance.random())
            self.scheduler.sleep(CALL_SECONDS)
            raise PeerSilent(name, "waiting for an answer", CALL_SECONDS)
        if faults.twice:
            faults.twice -= 1
            self._later(caller, target, method, octets, 3.0 * self._chance.random())
        answer = self._reached(caller, target, method, octets)
        if faults.lost_answers:
            faults.lost_answers -= 1
            raise PeerLost(name, "waiting for an answer")
        return answer

    def again(self, place: int) -> None:
        """A call that was made before is made once more."""
        if self.calls:
            caller, name, method, octets = self.calls[place % len(self.calls)]
            target = next(each for each in self.seats if each.name == name)
            self._later(caller, target, method, octets, 0.0)

    def _later(self, caller: Seat, target: Seat, method: str, octets: bytes, seconds: float) -> None:
        def run() -> None:
            self.scheduler.sleep(seconds)
            try:
                self._reached(caller, target, method, octets)
            except Exception as error:  # noqa: BLE001 - nobody waits for this answer
                target.said.append(f"{method} once more: {error}")

        self.scheduler.task(f"{method} once more", run).start()

    def _reached(self, caller: Seat, target: Seat, method: str, octets: bytes) -> Any:
        arrival = self.arrival(caller.number, target.number)
        if arrival > self.scheduler.now:
            self.scheduler.sleep(min(CALL_SECONDS, arrival - self.scheduler.now))
        if not target.running:
            raise PeerLost(target.name, "connecting")
        if not self.together(caller.number, target.number) or arrival > self.scheduler.now:
            self.scheduler.sleep(CALL_SECONDS)
            raise PeerSilent(target.name, "waiting for an answer", CALL_SECONDS)
        try:
            answer = target.serve(caller, method, codec.decode(octets, limit=LIMIT))
        except Died:
            if not caller.running:
                raise
            raise PeerLost(target.name, "waiting for an answer") from None
        return codec.decode(codec.encode(answer), limit=LIMIT)
