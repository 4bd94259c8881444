"""A process that follows a chain, acts on what it hears, and kills itself at a step, where it is told to.

    python -m tests.node.follower_process URL DEPLOYMENT FOLDER STEP

STEP is counted over all that it does: 0 is never. At the end of the chain it prints what it has in memory and ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.node import journal
from enigma.node.following import Follower
from enigma.node.journal import EventJournal
from enigma.storage import Store

KEY = bytes(range(32))
ACTED = "acted"


class Steps:
    """Counts what is done, and ends the process with SIGKILL at one of them."""

    def __init__(self, last: int) -> None:
        self._last, self.done = last, 0

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self._one()
            given = work(*args, **options)
            self._one()
            return given

        return counted

    def _one(self) -> None:
        self.done += 1
        if self.done == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


class Ear:
    """Makes a list in memory of what it is told, and writes into the store that it has acted: twice is once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.told: list[list[Any]] = []
        self.recalled = self.begun = 0

    def begin(self) -> None:
        self.told.clear()
        self.begun += 1

    def left(self, event: Event, controller: str) -> None:
        self._store.delete(ACTED, _place(event))

    def recall(self, event: Event, controller: str) -> None:
        self.recalled += 1
        self.told.append(_shown(event, controller))

    def take(self, event: Event, controller: str) -> None:
        if event.removed:
            self._store.delete(ACTED, _place(event))
            if Consent.takes(event, controller):
                assert self.told.pop() == _shown(event, controller)
            return
        self._store.put(ACTED, _place(event), b"")
        if Consent.takes(event, controller):
            self.told.append(_shown(event, controller))


def _place(event: Event) -> bytes:
    return f"{event.block:08} {event.index:04} {event.transaction}".encode()


def _shown(event: Event, controller: str) -> list[Any]:
    return [
        controller,
        event.name,
        event.block,
        event.index,
        event.transaction,
        sorted(map(str, event.values.values())),
    ]


def main(url: str, deployment: str, folder: str, step: str) -> None:
    """Until the chain's end, or until the step."""
    journal.PAGE = 2
    steps, caught_up = Steps(int(step)), threading.Event()
    store = Store.open(Path(folder) / "store.db", KEY)
    connection, controllers = Connection(url), Controllers.load(Path(deployment))
    history = History(connection, controllers)
    kept = EventJournal(store, controllers, lambda event: Consent.takes(event, history.controller(event)))
    ear = Ear(store)
    for thing, name in (
        (history, "read"), (history, "unwind"), (kept, "open"), (kept, "keep"), (kept, "forget"),
        (store, "put"), (store, "delete"), (ear, "take"), (ear, "recall"), (ear, "left"),
    ):  # fmt: skip
        setattr(thing, name, steps.around(getattr(thing, name)))
    follower = Follower(connection, history, kept, ear, lambda _: caught_up.set())
    follower.start()
    while not caught_up.wait(0.05) and follower.failed is None:
        continue
    follower.stop()
    if follower.failed is not None:
        raise follower.failed
    acted = [key.decode() for key in store.keys(ACTED)]
    sys.stdout.write(json.dumps({"told": ear.told, "recalled": ear.recalled, "acted": acted, "steps": steps.done}))
    store.close()
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
