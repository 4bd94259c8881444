"""The in-memory twin of a channel: the same behaviour between two threads of one process, without sockets or keys."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from enigma.errors import SeatLost, SeatSilent
from enigma.net.channel import DEFAULT_DEADLINE, flat_bytes

if TYPE_CHECKING:
    from enigma.net.channel import Buffer, Channel


class _Direction:
    """What one seat sent and the other has not taken yet. `condition` guards all of it."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.queue: deque[memoryview] = deque()
        self.closed_by_sender = False
        self.closed_by_receiver = False


class MemoryChannel:
    """One end of a pair made by `memory_pair`."""

    def __init__(self, seat: int, peer: int, outgoing: _Direction, incoming: _Direction, deadline: float) -> None:
        self.seat = seat
        self.peer = peer
        self.sent_bytes = 0
        self.received_bytes = 0
        self._outgoing = outgoing
        self._incoming = incoming
        self._deadline = deadline
        self._closed = False

    def send(self, buffer: Buffer) -> None:
        """Queue the buffer for the peer, uncopied."""
        view = flat_bytes(buffer)
        if self._closed:
            raise SeatLost(self.peer, "sending on a channel that this seat closed")
        with self._outgoing.condition:
            if self._outgoing.closed_by_receiver:
                raise SeatLost(self.peer, "sending")
            if view.nbytes:
                self._outgoing.queue.append(view)
                self._outgoing.condition.notify_all()
        self.sent_bytes += view.nbytes

    def receive_into(self, view: Buffer, step: str) -> None:
        """Fill the view from what the peer sent, waiting for it up to the deadline."""
        into = flat_bytes(view)
        if self._closed:
            raise SeatLost(self.peer, f"{step} (this seat closed the channel)")
        filled = 0
        while filled < into.nbytes:
            piece = self._next_piece(into.nbytes - filled, step)
            into[filled : filled + piece.nbytes] = piece
            filled += piece.nbytes
        self.received_bytes += filled

    def _next_piece(self, at_most: int, step: str) -> memoryview:
        incoming = self._incoming
        started = time.monotonic()
        with incoming.condition:
            incoming.condition.wait_for(
                lambda: incoming.queue or incoming.closed_by_sender or incoming.closed_by_receiver,
                timeout=self._deadline,
            )
            if incoming.closed_by_receiver:
                raise SeatLost(self.peer, f"{step} (this seat closed the channel)")
            if not incoming.queue:
                if incoming.closed_by_sender:
                    raise SeatLost(self.peer, step)
                raise SeatSilent(self.peer, step, time.monotonic() - started)
            piece = incoming.queue.popleft()
            if piece.nbytes > at_most:
                incoming.queue.appendleft(piece[at_most:])
                piece = piece[:at_most]
            return piece

    def close(self) -> None:
        """Close both directions; the peer can still take what was sent."""
        self._closed = True
        with self._outgoing.condition:
            self._outgoing.closed_by_sender = True
            self._outgoing.condition.notify_all()
        with self._incoming.condition:
            self._incoming.closed_by_receiver = True
            self._incoming.queue.clear()
            self._incoming.condition.notify_all()

    def abandon(self) -> None:
        """Close: here nothing is ever queued that the peer could not take."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def memory_pair(
    first: int = 0, second: int = 1, *, deadline: float = DEFAULT_DEADLINE
) -> tuple[MemoryChannel, MemoryChannel]:
    """The two ends of one channel: the one that seat `first` holds, then the one that seat `second` holds."""
    forth, back = _Direction(), _Direction()
    return (
        MemoryChannel(first, second, forth, back, deadline),
        MemoryChannel(second, first, back, forth, deadline),
    )


def memory_mesh(seats: Sequence[int], *, deadline: float = DEFAULT_DEADLINE) -> dict[int, dict[int, Channel]]:
    """All pairwise channels of a committee in one process: for every seat, its channels by peer."""
    mesh: dict[int, dict[int, Channel]] = {seat: {} for seat in seats}
    for position, first in enumerate(seats):
        for second in seats[position + 1 :]:
            mesh[first][second], mesh[second][first] = memory_pair(first, second, deadline=deadline)
    return mesh
