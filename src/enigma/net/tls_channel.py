"""A channel over two TLS connections, one for each direction.

One OpenSSL object must not be used by two threads at once, so the direction that is written and the direction that is
read are connections of their own. Writing is non-blocking: a short message goes out on the caller's thread, at the
price of one system call; whatever does not go at once is left to the channel's own thread, so that computing and
sending overlap and two seats may send each other anything at the same time. Reading blocks, at the price of one system
call where data is there: no time-out is set on the socket (it would cost two calls more per wait); the channel's thread
watches the clock instead, and when a wait is over its deadline it shuts the socket down, which wakes the reader.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

from enigma.errors import NetworkError, SeatLost, SeatSilent
from enigma.net.channel import DEFAULT_DEADLINE, flat_bytes

if TYPE_CHECKING:
    from enigma.net.channel import Buffer

INLINE_BYTES = 32 * 1024
"""Messages up to this size are written on the caller's thread when nothing is queued."""
WRITE_BYTES = 256 * 1024
"""What the channel's thread gives to OpenSSL at a time."""
SLOWEST_TICK = 1.0
"""Seconds between two looks at the clock, at most; an eighth of the deadline where that is less."""


class TlsChannel:
    """The `Channel` of two seats over two established, checked TLS connections; it owns both.

    `outgoing` is written and `incoming` is read, nothing else. `deadline`: seconds.
    """

    def __init__(
        self,
        seat: int,
        peer: int,
        outgoing: ssl.SSLSocket,
        incoming: ssl.SSLSocket,
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
        self._outgoing.setblocking(False)
        self._incoming.settimeout(None)
        self._writable = select.poll()
        self._writable.register(outgoing.fileno(), select.POLLOUT)
        self._queue: deque[memoryview] = deque()
        # Guards the queue, `_closing`, and the outgoing connection while the queue is empty. While it is not, the
        # connection belongs to the channel's thread.
        self._changed = threading.Condition(threading.Lock())
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
        size = view.nbytes
        if not size:
            return
        self.sent_bytes += size
        with self._changed:
            if self._closing:
                raise SeatLost(self.peer, "sending on a channel that this seat closed")
            if size <= INLINE_BYTES and not self._queue:
                try:
                    view = view[self._outgoing.send(view) :]
                except ssl.SSLWantWriteError:
                    pass  # no room: OpenSSL wants the very same bytes again, which the thread does
                except (OSError, ValueError) as error:
                    self._failure = SeatLost(self.peer, "sending")
                    raise self._failure from error
                if not view.nbytes:
                    return
            self._queue.append(view)
            self._changed.notify_all()

    def receive_into(self, view: Buffer, step: str) -> None:
        """Fill the view, blocking; the channel's thread ends the wait when it is overdue."""
        into = flat_bytes(view)
        if self._failure is not None:
            raise self._failure
        size = into.nbytes
        if not size:
            return
        with self._reading:
            started = time.monotonic()
            self._waiting_since = started
            try:
                filled = read = self._incoming.recv_into(into)
                while filled < size and read:
                    self._waiting_since = started = time.monotonic()
                    read = self._incoming.recv_into(into[filled:])
                    filled += read
            except (OSError, ValueError) as error:
                raise self._lost(step, started) from error
            finally:
                self._waiting_since = None
            if filled < size:
                raise self._lost(step, started)
            self.received_bytes += size

    def close(self) -> None:
        """Flush the queue within the deadline, end the thread, close both connections."""
        with self._changed:
            already, self._closed = self._closed, True
            self._closing = True
            self._changed.notify_all()
        # The thread looks at the clock at every tick, so it ends by itself.
        self._thread.join()
        self._release()
        if self._failure is not None and not already:
            raise self._failure

    def abandon(self) -> None:
        """Close both connections at once."""
        with self._changed:
            self._closing = self._closed = self._abandoned = True
            self._queue.clear()
            self._changed.notify_all()
        self._shut(self._outgoing)
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
        self._shut(self._outgoing)
        self._shut(self._incoming)
        # A reader that was blocked is awake now; the descriptor may be reused only when it has left.
        with self._reading:
            self._outgoing.close()
            self._incoming.close()

    @staticmethod
    def _shut(connection: ssl.SSLSocket) -> None:
        # SSLSocket.shutdown() also drops its OpenSSL object, which another thread may be using: shut the descriptor.
        with contextlib.suppress(OSError):  # already closed, by the peer or by us
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

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
            self._failure = SeatLost(self.peer, step, hint=f"See why seat {self.peer} ended, then start the job again.")
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
                view = self._queue[0]
            try:
                self._write(view)
            except NetworkError as failure:
                self._fail(failure)
                return
            except (OSError, ValueError) as error:
                self._fail(SeatLost(self.peer, "sending"), error)
                return
            with self._changed:
                if self._queue:  # else `abandon` emptied it
                    self._queue.popleft()

    def _write(self, view: memoryview) -> None:
        """Write all of `view`, as the socket takes it. Raises SeatSilent when it takes nothing for a whole deadline."""
        position, moved = 0, time.monotonic()
        while position < view.nbytes:
            try:
                position += self._outgoing.send(view[position : position + WRITE_BYTES])
                moved = time.monotonic()
            except ssl.SSLWantWriteError:
                # Not being writable is no failure as long as the peer is behind by less than the deadline.
                if not self._writable.poll(self._tick * 1000) and time.monotonic() - moved > self._deadline:
                    raise SeatSilent(self.peer, "sending", time.monotonic() - moved) from None
            self._watch()

    def _watch(self) -> None:
        """End the reader's wait when it is over the deadline."""
        since = self._waiting_since
        if since is not None and time.monotonic() - since > self._deadline:
            self._overdue = True
            self._shut(self._incoming)

    def _fail(self, failure: NetworkError, cause: Exception | None = None) -> None:
        failure.__cause__ = cause
        with self._changed:
            if self._failure is None and not self._abandoned:
                self._failure = failure
            self._queue.clear()
            self._closing = True
