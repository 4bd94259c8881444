"""Following the chain: one thread that reads what the controllers said, in order, and tells the node."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.errors import ChainUnreachable, LyingNode, StoreFull
from enigma.node.logs import event as log
from enigma.node.logs import words_of

Given = TypeVar("Given")

PAUSE = 0.25
"""Seconds between two looks."""
LONGEST_PAUSE = 5.0
"""Seconds between two looks at a chain that does not answer."""


class Follower:
    """Reads a history from its beginning and goes on; `take` is told each event, on the follower's thread.

    `caught_up` is called after every look that found nothing more. Where the chain does not answer, or the disk is
    full, the same step is tried again; what else `take` raises ends it: `problem` says so.
    """

    def __init__(self, history: History, take: Callable[[Event, str], None], caught_up: Callable[[int], None]) -> None:
        self._history, self._take, self._caught_up = history, take, caught_up
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chain follower", daemon=True)
        self.problem: str = ""
        """Why nothing is read at the moment; empty while all is well."""
        self.failed: Exception | None = None
        """Why nothing will be read any more."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ending.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                found: list[Event] = self._surely(self._history.read, [])
                for event in found:
                    self._surely(partial(self._take, event, self._history.controller(event)), None)
                if not found:
                    # Nothing more is there to be read: what follows is new.
                    self._surely(lambda: self._caught_up(self._history.cursor.next), None)
                    self._ending.wait(PAUSE)
            except Exception as error:  # noqa: BLE001 - a node that has lost the thread must not go on as if it had not
                self.problem, self.failed = f"the chain cannot be followed any more: {words_of(error)}", error
                log("chain cannot be followed any more", level=logging.CRITICAL, problem=words_of(error))
                return

    def _surely(self, step: Callable[[], Given], instead: Given) -> Given:
        """What a step gives, tried until the chain answers: the reader moves past what it has given once."""
        pause = PAUSE
        while not self._ending.is_set():
            try:
                given = step()
            except (ChainUnreachable, LyingNode, StoreFull) as error:
                if not self.problem:
                    what = "store is full" if isinstance(error, StoreFull) else "chain does not answer"
                    log(what, level=logging.WARNING, problem=error.message)
                self.problem, pause = error.message, min(2 * pause, LONGEST_PAUSE)
                self._ending.wait(pause)
                continue
            if self.problem:
                log("chain answers again")
            self.problem = ""
            return given
        return instead
