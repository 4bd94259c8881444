"""Three live seats over channels in memory, each in a thread, with hooks for an attacker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.engine.checking import FAMILY, Raw, loaded, pieces

from enigma.engine.live import Link, LiveSession, run
from enigma.engine.secure import compile_plan
from enigma.net import memory_mesh
from enigma.program.node import Node
from enigma.testing.world import World

Wrap = Callable[[int, int, Link], Link]
"""(seat, peer, its channel) to what the seat is given instead."""


class Altered:
    """A channel whose outgoing buffers pass through an attacker."""

    def __init__(self, link: Link, alter: Callable[[bytes], Sequence[bytes]]) -> None:
        self._link, self._alter = link, alter

    def send(self, buffer: bytes | memoryview) -> None:
        for part in self._alter(bytes(buffer)):
            self._link.send(part)

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        self._link.receive_into(view, step)


def run_live(
    outputs: Sequence[Node], raws: Sequence[Raw], wrap: Wrap | None = None, *, epochs: Sequence[int] = (1, 1, 1)
) -> tuple[list[LiveSession], list[Any]]:
    """Each seat's session, and its outputs or the exception that ended it."""
    mesh = memory_mesh(range(3))
    held, keys = pieces(raws, b"world"), World(FAMILY, loaded())
    the_plan = compile_plan(tuple(outputs), FAMILY)
    sessions = []
    for seat in range(3):
        links: dict[int, Link] = {peer: wrap(seat, peer, link) if wrap else link for peer, link in mesh[seat].items()}
        mine = {holders: keys.key(holders) for holders in FAMILY.holders if seat in holders}
        sessions.append(LiveSession(seat, links, mine, loaded(), epoch=epochs[seat]))

    def one(seat: int) -> Any:
        try:
            return run(sessions[seat], FAMILY, the_plan, held[seat])
        except Exception as error:  # noqa: BLE001 - the test says which it must be
            for channel in mesh[seat].values():
                channel.abandon()
            return error

    with ThreadPoolExecutor(3) as pool:
        return sessions, list(pool.map(one, range(3)))
