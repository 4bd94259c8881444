"""Seats of a committee in one process: keys, listeners, and meshes connected at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self

from enigma.keys import NodeKey
from enigma.net import Channel, Listener, PeerAddress, connect_mesh


class Seats:
    """Keys and open listeners for `count` seats; used as a context manager, it closes listeners and channels."""

    def __init__(self, count: int) -> None:
        self.keys = [NodeKey.generate() for _ in range(count)]
        self.listeners = [Listener() for _ in range(count)]
        self.stack = ExitStack()
        for listener in self.listeners:
            self.stack.callback(listener.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def peers(self, seat: int) -> dict[int, PeerAddress]:
        return {
            peer: PeerAddress(*listener.address, self.keys[peer].certificate_pem())
            for peer, listener in enumerate(self.listeners)
            if peer != seat
        }

    def connect(
        self,
        seat: int,
        *,
        peers: dict[int, PeerAddress] | None = None,
        key: NodeKey | None = None,
        deadline: float = 30.0,
        channel_deadline: float = 60.0,
        session: bytes = b"test",
    ) -> dict[int, Channel]:
        channels = connect_mesh(
            seat,
            key or self.keys[seat],
            self.listeners[seat],
            self.peers(seat) if peers is None else peers,
            deadline=deadline,
            channel_deadline=channel_deadline,
            session=session,
        )
        for channel in channels.values():
            self.stack.callback(channel.abandon)
        return channels


def at_once(tasks: Sequence[Callable[[], dict[int, Channel]]]) -> list[Future[dict[int, Channel]]]:
    """Run all tasks in threads and wait for all; results and exceptions stay in the futures."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [pool.submit(task) for task in tasks]
