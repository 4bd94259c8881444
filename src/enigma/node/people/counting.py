"""Counts the bytes of bodies that pass the port for people, in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Counting:
    """An application around another (ASGI). All of it runs on one thread; whoever reads may be an answer behind."""

    def __init__(self, app: App, octets: Counter[str]) -> None:
        self._app, self._octets = app, octets

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def received() -> Message:
            message = await receive()
            self._octets["received"] += len(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            self._octets["sent"] += len(message.get("body", b""))
            await send(message)

        await self._app(scope, received, sent)
