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

GRACE = 1
"""Seconds that an answer has which is on its way when the node ends."""


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
            server_header=False, timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        config.load()
        config.ssl = people_context(key, certificate)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise NetworkError(f"the port for people on {self.address[0]} did not open")

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        # A server in a thread must not take the signals of the process.
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
        await self._server.serve(sockets=[self._listener.listening])
        for connection in list(self._server.server_state.connections):
            # Whoever keeps a connection open without asking anything would keep this process from ending.
            connection.transport.abort()
        await asyncio.sleep(0)

    def close(self) -> None:
        """Let nobody in any more, and let answers that are on their way arrive."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
