"""One seat among machines: the session of a run over channels, a frame per peer and round.

Small messages of a round wait and leave as one frame per peer; large ones leave at once as frames of their own, so that
the peer receives the first chunk while this seat computes the next. Which is which depends on sizes alone, and so on
the program. Every frame names its epoch and round; a seat that is out of step is an error, never a wrong number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from enigma.algebra.kernels import Kernels
from enigma.algebra.prg import Block, Prg
from enigma.engine.secure import Known, Runner
from enigma.errors import WireError
from enigma.program.schedule import Plan
from enigma.protocol.family import Family, Value
from enigma.protocol.session import Mask, Message, Session
from enigma.wire.frames import HEADER_BYTES, FrameKind, pack_header, unpack_header

LARGE = 1 << 15
"""Messages of this many bytes are frames of their own; smaller ones share a frame until it has this many."""


class Link(Protocol):
    """What a session asks of the channel to one peer; `enigma.net` has the real ones."""

    def send(self, buffer: bytes | memoryview) -> None:
        """Send a buffer in order, without waiting; it is not changed afterwards."""

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        """Fill a view; `step` names the wait in errors."""


Progress = Callable[[int, int], None]
"""Told (rounds done, rounds in all) as a run goes on."""


class LiveSession(Session):
    """One seat of one run. Keys belong to one epoch, and an epoch to one run, whatever becomes of it."""

    def __init__(
        self,
        seat: int,
        channels: Mapping[int, Link],
        keys: Mapping[tuple[int, ...], bytes],
        kernels: Kernels,
        *,
        epoch: int,
    ) -> None:
        self.seat, self.kernels = seat, kernels
        self._prgs = {holders: Prg(key) for holders, key in keys.items()}
        self._epoch, self._round = epoch, 0
        self._channels = channels
        self._out: dict[int, list[memoryview]] = {peer: [] for peer in channels}
        self._out_bytes = dict.fromkeys(channels, 0)
        self._in: dict[int, memoryview] = dict.fromkeys(channels, memoryview(b""))
        self._step = "the first round"
        self.sent_bytes = 0

    @property
    def rounds(self) -> int:
        """Rounds finished."""
        return self._round

    def block(self, holders: tuple[int, ...], words: int) -> Block:
        """See `Session.block`."""
        return self._prgs[holders].reserve(words)

    def send(self, peer: int, message: Message, masks: Sequence[Mask]) -> None:  # noqa: ARG002 - masks are for tests
        """See `Session.send`."""
        view = _bytes_of(message)
        size = len(view)
        if not size:
            return
        self.sent_bytes += size
        if size >= LARGE:
            self._flush(peer)
            channel = self._channels[peer]
            channel.send(pack_header(FrameKind.ROUND, self._epoch, self._round, size))
            channel.send(view)
            return
        self._out[peer].append(view)
        self._out_bytes[peer] += size
        if self._out_bytes[peer] >= LARGE:
            self._flush(peer)

    def receive(self, peer: int, out: Message) -> None:
        """See `Session.receive`."""
        view = _bytes_of(out)
        size = len(view)
        if not size:
            return
        waiting = self._in[peer]
        if not waiting:
            if size >= LARGE:
                self._receive_large(peer, view)
                return
            frame = memoryview(bytearray(HEADER_BYTES + size))
            self._channels[peer].receive_into(frame, self._step)
            rest = self._length(frame[:HEADER_BYTES], 2 * LARGE) - size
            if rest < 0:
                raise WireError(f"seat {peer} sent {size + rest} bytes where the program expects {size}")
            view[:] = frame[HEADER_BYTES:]
            if rest:
                self._in[peer] = memoryview(bytearray(rest))
                self._channels[peer].receive_into(self._in[peer], self._step)
            return
        if len(waiting) < size:
            raise WireError(f"seat {peer} sent {len(waiting)} bytes where the program expects {size}")
        view[:] = waiting[:size]
        self._in[peer] = waiting[size:]

    def _receive_large(self, peer: int, view: memoryview) -> None:
        """A message that is a frame of its own goes straight to its place."""
        header = bytearray(HEADER_BYTES)
        self._channels[peer].receive_into(header, self._step)
        length = self._length(header, len(view))
        if length != len(view):
            raise WireError(f"seat {peer} sent {length} bytes where the program expects {len(view)}")
        self._channels[peer].receive_into(view, self._step)

    def _length(self, header: bytearray | memoryview, limit: int) -> int:
        return unpack_header(header, epoch=self._epoch, round=self._round - 1, limit=limit)

    def end_round(self, step: str) -> None:
        """Send what waits; `step` names the wait that follows."""
        for peer in self._channels:
            self._flush(peer)
        self._round += 1
        self._step = step

    def finish(self) -> None:
        """After the last round: every byte that came was asked for, or the seats were out of step (`WireError`)."""
        for peer, waiting in self._in.items():
            if waiting:
                raise WireError(f"seat {peer} sent {len(waiting)} bytes more than the program expects")

    def _flush(self, peer: int) -> None:
        parts = self._out[peer]
        if parts:
            header = pack_header(FrameKind.ROUND, self._epoch, self._round, self._out_bytes[peer])
            self._channels[peer].send(b"".join([header, *parts]))
            self._out[peer] = []
            self._out_bytes[peer] = 0


def _bytes_of(message: Message) -> memoryview:
    return memoryview(message.reshape(-1).view(np.uint8).data)


def run(
    session: LiveSession,
    family: Family,
    the_plan: Plan,
    inputs: Mapping[int, Value],
    *,
    known: Known | None = None,
    progress: Progress | None = None,
) -> list[Value]:
    """This seat's pieces of the plan's outputs; `known` is the plan's own, from run to run.

    Raises `NetworkError`, `WireError`, `ProtocolError`.
    """
    total = the_plan.rounds
    done = 0
    running = Runner(session, family, known).run(the_plan, inputs)
    while True:
        try:
            next(running)
        except StopIteration as finished:
            session.finish()
            outputs: list[Value] = finished.value
            return outputs
        done += 1
        session.end_round(f"round {done} of {total}")
        if progress is not None:
            progress(done, total)
