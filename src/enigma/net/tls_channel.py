"""A channel over two TLS connections, one for each direction.

One OpenSSL object must not be used by two threads at once, so the direction that is written and the direction that is
read are connections of their own. Writing does not wait: a short message goes out on the caller's thread, at the price
of one system call; whatever does not go at once is left to the channel's own thread, so that computing and sending
overlap and two seats may send each other anything at the same time. Reading blocks, at the price of one system call for
all that is there: no time-out is set on the socket (it would cost a call more per wait); the channel's thread watches
the clock instead, and when a wait is over its deadline it shuts the socket down, which wakes the reader.
"""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

from enigma.errors import NetworkError, SeatLost, SeatSilent
from enigma.net.channel import DEFAULT_DEADLINE, flat_bytes

if TYPE_CHECKING:
    from enigma.net.channel import Buffer
    from enigma.net.tls_stream import TlsStream

INLINE_BYTES = 512 * 1024
"""Messages up to this size are written on the caller's thread when nothing is queued."""
WRITE_BYTES = 256 * 1024
"""What the channel's thread encrypts, and gives to the socket, at a time."""
SLOWEST_TICK = 1.0
"""Seconds between two looks at the clock, at most; an eighth of the deadline where that is less."""

_REST = memoryview(b"")
"""In the queue: what the outgoing connection encrypted and could not send."""


class TlsChannel:
    """The `Channel` of two seats over two established, checked TLS connections; it owns both.

    `outgoing` is written and `incoming` is read, nothing else. `deadline`: seconds.
    """

    def __init__(
        self,
        seat: int,
        peer: int,
        outgoing: TlsStream,
        incoming: TlsStream,
        *,
        deadline: float = DEFAULT_DEADLINE,
    ) -> None:
        self.seat = seat
        self.peer = peer
        self.sent_bytes = 0
        self.received_bytes = 0
        self._deadline = deadline
        self._outgoing = outgoing
        self._incoming = incoming
        self._outgoing.settimeout(0)
        self._incoming.settimeout(None)
        self._writable = select.poll()
        self._writable.register(outgoing.fileno(), select.POLLOUT)
        self._queue: deque[memoryview] = deque()
        # True while the channel's thread writes: the outgoing connection is then its own. It also is while something is
        # queued; otherwise whoever holds `_writing`, which guards all of these and `_closing`, may write.
        self._busy = False
        self._writing = threading.Lock()
        self._changed = threading.Condition(self._writing)
        self._reading = threading.Lock()
        self._closing = False
        self._abandoned = False
        self._closed = False
        self._failure: NetworkError | None = None
        self._waiting_since: float | None = None
        self._overdue = False
        self._tick = min(SLOWEST_TICK, deadline / 8)
        self._thread = threading.Thread(target=self._serve, name=f"seat {seat} to seat {peer}", daemon=True)
        self._thread.start()

    def send(self, buffer: Buffer) -> None:
        """Write at once what is short and finds room, queue the rest."""
        view = flat_bytes(buffer)
        if self._failure is not None:
            raise self._failure
        size = len(view)
        if not size:
            return
        self.sent_bytes += size
        with self._writing:
            if self._closing:
                raise SeatLost(self.peer, "sending on a channel that this seat closed")
            if size <= INLINE_BYTES and not self._queue and not self._busy:
                try:
                    if self._outgoing.write(view):
                        return
                except (OSError, ValueError) as error:
                    self._failure = SeatLost(self.peer, "sending")
                    raise self._failure from error
                view = _REST
            self._queue.append(view)
            self._changed.notify_all()

    def receive_into(self, view: Buffer, step: str) -> None:
        """Fill the view, blocking; the channel's thread ends the wait when it is overdue."""
        into = flat_bytes(view)
        if self._failure is not None:
            raise self._failure
        size = len(into)
        if not size:
            return
        with self._reading:
            started = 0.0
            try:
                if self._closed:
                    raise self._lost(step, started)
                filled = self._incoming.take(into)
                while filled < size:
                    self._waiting_since = started = time.monotonic()
                    if not self._incoming.fill():
                        raise self._lost(step, started)
                    self._waiting_since = None
                    filled += self._incoming.take(into[filled:] if filled else into)
            except (OSError, ValueError) as error:
                raise self._lost(step, started) from error
            finally:
                self._waiting_since = None
            self.received_bytes += size

    def close(self) -> None:
        """Flush the queue within the deadline, end the thread, close both connections."""
        with self._writing:
            already, self._closed = self._closed, True
            self._closing = True
            self._changed.notify_all()
        # The thread looks at the clock at every tick, so it ends by itself.
        self._thread.join()
        if self._failure is None and not already:
            self._outgoing.say_end()
        self._release()
        if self._failure is not None and not already:
            raise self._failure

    def abandon(self) -> None:
        """Close both connections at once."""
        with self._writing:
            self._closing = self._closed = self._abandoned = True
            self._queue.clear()
            self._changed.notify_all()
        self._outgoing.shut()
        self._thread.join()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _release(self) -> None:
        self._outgoing.shut()
        self._incoming.shut()
        # A reader that was blocked is awake now; the descriptor may be reused only when it has left.
        with self._reading:
            self._outgoing.close()
            self._incoming.close()

    def _lost(self, step: str, started: float) -> NetworkError:
        """Why a read ended early."""
        if self._failure is None and self._overdue:
            self._failure = SeatSilent(
                self.peer,
                step,
                time.monotonic() - started,
                hint=f"See whether seat {self.peer} still runs and can be reached, then start the job again.",
            )
        elif self._failure is None and self._closed:
            return SeatLost(self.peer, f"{step} (this seat closed the channel)")
        elif self._failure is None:
            how = "closed the channel" if self._incoming.ended else "ended"
            self._failure = SeatLost(self.peer, step, hint=f"See why seat {self.peer} {how}, then start the job again.")
        return self._failure

    # What follows runs on the channel's thread.

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing:
                    self._changed.wait(self._tick)
                    self._watch()
                if not self._queue:
                    return
                batch, self._queue = self._queue, deque()
                self._busy = True
            try:
                self._write(batch)
            except NetworkError as failure:
                self._fail(failure)
                return
            except (OSError, ValueError) as error:
                self._fail(SeatLost(self.peer, "sending"), error)
                return
            with self._changed:
                self._busy = False

    def _write(self, batch: deque[memoryview]) -> None:
        """Write all of `batch`, many short messages to a system call, and what an inline send left before it."""
        self._drain()
        while batch:
            view = batch.popleft()
            for start in range(0, len(view), WRITE_BYTES):
                if self._outgoing.encrypt(view[start : start + WRITE_BYTES]) >= WRITE_BYTES:
                    self._drain()
        self._drain()

    def _drain(self) -> None:
        """Wait until the socket has all that is encrypted. Raises SeatSilent when it takes nothing for a deadline."""
        moved = time.monotonic()
        self._watch()
        while not self._outgoing.flush():
            # Not being writable is no failure as long as the peer is behind by less than the deadline.
            while not self._writable.poll(self._tick * 1000):
                if time.monotonic() - moved > self._deadline:
                    raise SeatSilent(self.peer, "sending", time.monotonic() - moved)
                self._watch()
            moved = time.monotonic()
            self._watch()

    def _watch(self) -> None:
        """End the reader's wait when it is over the deadline."""
        since = self._waiting_since
        if since is not None and time.monotonic() - since > self._deadline:
            self._overdue = True
            self._incoming.shut()

    def _fail(self, failure: NetworkError, cause: Exception | None = None) -> None:
        failure.__cause__ = cause
        with self._changed:
            if self._failure is None and not self._abandoned:
                self._failure = failure
            self._queue.clear()
            self._closing = True
