"""The people port itself: uvicorn in a thread, over TLS with the node's own certificate or one of its operator's."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from enigma.errors import NetworkError
from enigma.keys.node import NodeKey
from enigma.net.listener import Listener
from enigma.net.tls import people_context

if TYPE_CHECKING:
    from enigma.node.service import Node

ROUNDS = 16
"""Rounds of the loop in which connections that were ended close."""
GRACE = 1
"""Seconds that an answer has which is on its way when the node ends."""
KEPT = 15
"""Seconds that a connection is kept after an answer: longer than clients keep one, so that they close it, and first."""


class PeoplePort:
    """Serves people on `listen`. `certificate`: the operator's PEM files (chain, key), None for the node's own."""

    def __init__(
        self, node: Node, key: NodeKey, listen: tuple[str, int], *, certificate: tuple[Path, Path] | None = None
    ) -> None:
        import uvicorn

        from enigma.node.people.app import create_app
        from enigma.node.people.counting import Counting

        self._listener = Listener(*listen)
        self.address = self._listener.address
        self.bytes: Counter[str] = Counter()
        """Octets of bodies since it opened: received, sent."""
        config = uvicorn.Config(
            Counting(create_app(node), self.bytes), log_config=None, lifespan="off", access_log=False,
            server_header=False, timeout_graceful_shutdown=GRACE, timeout_keep_alive=KEPT, http="h11", ws="none",
        )  # fmt: skip
        config.load()
        self._context = people_context(key, certificate)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise NetworkError(f"the port for people on {self.address[0]} did not open")

    def _run(self) -> None:
        asyncio.run(self._serve())

    def _end(self) -> None:
        """On the loop: end the connections on which nothing is being answered, and let the others finish."""
        for connection in list(self._server.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is None or cycle.response_complete:
                connection.transport.abort()
        self._server.should_exit = True

    async def _serve(self) -> None:
        from enigma.node.people.crowd import Crowd

        self._loop = asyncio.get_running_loop()
        # A server in a thread must not take the signals of the process.
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
        crowd = Crowd(self._listener, self._server, self._context)
        try:
            await self._server.serve(sockets=[])
        finally:
            crowd.close()
        for connection in list(self._server.server_state.connections):
            # Whoever keeps a connection open without asking anything would keep this process from ending.
            connection.transport.abort()
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    def close(self) -> None:
        """Let nobody in any more, and let answers that are on their way arrive."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
