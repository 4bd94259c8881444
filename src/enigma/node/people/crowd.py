"""Who stands at the port for people: how many, how many of one source, and how long without a word.

uvicorn serves whoever has come in; it waits a minute for the end of a TLS handshake, without end for a first request,
and counts nobody. So connections are accepted here. Where there are too many, the one that has asked nothing for
longest goes; one whose request is being answered stays, and then the newcomer is closed. All of it runs on one loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from traceback import clear_frames

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from enigma.net.gate import source_of
from enigma.net.listener import Listener

MOST = 256
"""Connections at once: with those at the gate, fewer than the 1,024 descriptors that many systems give a process."""
MOST_FROM_ONE_SOURCE = 128
"""The same, from one IPv4 address or one IPv6 network of 64 bits."""
HANDSHAKE_SECONDS = 10
REQUEST_SECONDS = 20.0
"""For a request's head, from the connection or the last answer on; and for each silence in a body, or of a reader."""
LOOK_SECONDS = 1.0
"""Between two looks for those whose time is over."""
ACCEPTED_AT_ONCE = 32
PAUSE_SECONDS = 0.1
"""How long nobody is accepted when the system cannot: it has no descriptors left, say."""
GOODBYE_SECONDS = 2.0
"""For the end of TLS, which a peer may leave out."""
BUFFER_BYTES = 32 * 1024
"""What one connection reads into: two records of TLS."""


class _Tls(SSLProtocol):
    """TLS as asyncio does it, whose own 256 KiB for each connection would be 64 MiB for as many as may stand here."""

    max_size = BUFFER_BYTES


class _Guest(H11Protocol):
    """One connection, as uvicorn serves it. `since`: when it began, or had its last answer; `heard`: its last word."""

    def __init__(self, ended: Callable[[_Guest], None], *, config: Config, server: Server) -> None:
        super().__init__(config, server.server_state, {})
        self._ended = ended
        self.since = self.heard = self.taken = time.monotonic()

    def data_received(self, data: bytes) -> None:
        self.heard = time.monotonic()
        super().data_received(data)

    def on_response_complete(self) -> None:
        self.since = time.monotonic()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(self)
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:  # it would hold all of this until it is due
            self.timeout_keep_alive_task.cancel()

    @property
    def asks(self) -> bool:
        """Whether a request of it, whose head is complete, is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def overdue(self, now: float) -> bool:
        """Whether it has had its time, and neither asked, nor sent on, nor read on."""
        if not self.asks:
            return now - self.since > REQUEST_SECONDS
        if not self.flow.write_paused:
            self.taken = now
        return (self.cycle.more_body and now - self.heard > REQUEST_SECONDS) or now - self.taken > REQUEST_SECONDS


class Crowd:
    """Accepts on `listener`, which stays the caller's, for `server`, which is running on this loop; until `close`."""

    def __init__(self, listener: Listener, server: Server, context: ssl.SSLContext) -> None:
        self._listener, self._server, self._context = listener, server, context
        self._loop = asyncio.get_running_loop()
        self._sources: dict[socket.socket, str] = {}
        self._shaking: dict[socket.socket, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._guests: dict[_Guest, socket.socket] = {}
        self._closed = False
        self.refused = 0
        """Connections that were closed here: in or before their handshake, or since their time was over."""
        self._listening = listener.fileno()
        self._loop.add_reader(self._listening, self._accept)
        self._look()

    def close(self) -> None:
        """Let nobody in any more; those whose handshake is going on leave."""
        self._closed = True
        self._loop.remove_reader(self._listening)
        for connection in list(self._shaking):
            _shut(connection)

    # ------------------------------------------------------------ coming

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection = self._listener.accept()
            except OSError:
                # No descriptors, or the network's own errors, which pass: a pause, so that the loop does not spin.
                self._make_place(None)
                self._loop.remove_reader(self._listening)
                self._loop.call_later(PAUSE_SECONDS, self._go_on)
                return
            if connection is None:
                return
            self._take(connection)

    def _go_on(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listening, self._accept)

    def _take(self, connection: socket.socket) -> None:
        try:
            source = source_of(connection.getpeername()[0])
        except OSError:  # gone before it was looked at
            connection.close()
            return
        same = sum(each == source for each in self._sources.values())
        if same >= MOST_FROM_ONE_SOURCE:
            room = self._make_place(source)
        else:
            room = len(self._sources) < MOST or self._make_place(None)
        if not room:
            self.refused += 1
            connection.close()
            return
        connection.setblocking(False)
        self._sources[connection] = source
        self._shaking[connection] = None
        task = self._loop.create_task(self._shake_hands(connection))
        self._tasks.add(task)  # the loop holds none of them
        task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, connection: socket.socket) -> None:
        shaken = self._loop.create_future()
        guest = _Guest(self._left, config=self._server.config, server=self._server)
        tls = _Tls(
            self._loop, guest, self._context, shaken, server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS, ssl_shutdown_timeout=GOODBYE_SECONDS,
        )  # fmt: skip
        transport, _ = await self._loop.connect_accepted_socket(lambda: tls, connection)
        # Looked at, and not raised here: the error would then hold this frame, and the frame the error, and both the
        # connection's buffers until a full garbage collection, which a large process makes seldom.
        await asyncio.wait((shaken,))
        error = shaken.exception()
        if error is not None:
            clear_frames(error.__traceback__)  # asyncio's own frames hold it too
            self._forget(connection)
            if not isinstance(error, (OSError, EOFError)):
                raise error
            self.refused += 1  # a stranger, or somebody who went; TLS errors are OSErrors
            return
        if connection not in self._shaking or transport.is_closing():  # it had to go meanwhile
            self._forget(connection)
            transport.abort()
            return
        del self._shaking[connection]
        self._guests[guest] = connection

    # ------------------------------------------------------------ going

    def _left(self, guest: _Guest) -> None:
        connection = self._guests.pop(guest, None)
        if connection is not None:
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        """It counts no more. The loop closes it: nobody else may, while the loop watches its descriptor."""
        self._shaking.pop(connection, None)
        self._sources.pop(connection, None)

    def _make_place(self, source: str | None) -> bool:
        """End the connection, of this source or of any, that has asked nothing for longest; False: there is none."""
        for connection in self._shaking:
            if source in (None, self._sources.get(connection)):
                _shut(connection)
                self._forget(connection)
                return True
        idle = [
            guest for guest, connection in self._guests.items()
            if not guest.asks and source in (None, self._sources.get(connection))
        ]  # fmt: skip
        if not idle:
            return False
        self._end(min(idle, key=lambda each: each.since))
        return True

    def _end(self, guest: _Guest) -> None:
        connection = self._guests.pop(guest)
        self._sources.pop(connection, None)
        self.refused += 1
        guest.transport.abort()

    def _look(self) -> None:
        now = time.monotonic()
        for guest in [each for each in self._guests if each.overdue(now)]:
            self._end(guest)
        if not self._closed:
            self._loop.call_later(LOOK_SECONDS, self._look)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already
        connection.shutdown(socket.SHUT_RDWR)
