"""Following the chain: one thread that reads what the controllers said, in order, and tells the node.

begin -> what left the chain while this node was down -> what it had read -> read, take, keep; again and again
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, TypeVar

from enigma.chain.connection import Connection
from enigma.chain.events import Cursor, Event
from enigma.chain.history import History
from enigma.errors import ChainUnreachable, LyingNode, StoreDamaged, StoreFull, WrongChain
from enigma.node.journal import EventJournal
from enigma.node.logs import event as log
from enigma.node.logs import words_of

Given = TypeVar("Given")

PAUSE = 0.25
"""Seconds between two looks."""
LONGEST_PAUSE = 5.0
"""Seconds between two looks at a chain that does not answer."""


class Hears(Protocol):
    """Who is told events, each with the name of its controller. All of this may be told again after a crash."""

    def begin(self) -> None:
        """Events follow: first those that left the chain, then those of earlier lives, then new ones."""

    def left(self, event: Event, controller: str) -> None:
        """An event of an earlier life has left the chain since, and will not be recalled."""

    def recall(self, event: Event, controller: str) -> None:
        """An event that was taken in an earlier life."""

    def take(self, event: Event, controller: str) -> None:
        """A new event, or with `removed` set one that was recalled or taken in this life, and has left the chain."""


class Follower:
    """Reads a history from where `journal` ends; `ear` is told each event, on the follower's thread.

    `caught_up` is called after every look that found nothing more. Where the chain does not answer, or the disk is
    full, the same step is tried again; what else the ear raises ends it: `problem` says so.
    """

    def __init__(
        self,
        connection: Connection,
        history: History,
        journal: EventJournal,
        ear: Hears,
        caught_up: Callable[[int], None],
    ) -> None:
        self._connection, self._history, self._journal = connection, history, journal
        self._ear, self._caught_up = ear, caught_up
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
        try:
            self._recall()
            while not self._ending.is_set():
                self._go_on()
        except Exception as error:  # noqa: BLE001 - a node that has lost the thread must not go on as if it had not
            self.problem, self.failed = f"the chain cannot be followed any more: {words_of(error)}", error
            log("chain cannot be followed any more", level=logging.CRITICAL, problem=words_of(error))

    def _go_on(self) -> None:
        found: list[Event] = self._surely(self._history.read, [])
        self._tell(self._ear.take, found)
        # Once the end is asked for, no step begins any more: so nothing is kept that was not taken.
        self._surely(partial(self._journal.keep, found, self._history.cursor), None)
        if not found:
            # Nothing more is there to be read: what follows is new.
            self._surely(lambda: self._caught_up(self._history.cursor.next), None)
            self._ending.wait(PAUSE)

    def _recall(self) -> None:
        """What was read in earlier lives, as far as it still stands."""
        beginning = self._history.cursor
        kept: Cursor | None = self._surely(lambda: self._journal.open(self._connection), None)
        if kept is None:
            self._surely(self._ear.begin, None)
            return
        self._history.cursor = kept
        nothing: list[Event] = []
        left: list[Event] | None = None
        try:
            left = self._surely(self._history.unwind, nothing)
        except WrongChain as problem:
            self._forget(problem, beginning)
        # Not before: what begins is asked of the chain, and one that is behind would say what was, not what is.
        self._surely(self._ear.begin, None)
        if left is None:
            return
        try:
            self._tell(self._ear.left, left)
            self._surely(partial(self._journal.keep, left, self._history.cursor), None)
        except (WrongChain, StoreDamaged) as problem:
            self._forget(problem, beginning)
            return
        self._tell(self._ear.recall, self._journal.events())

    def _forget(self, problem: WrongChain | StoreDamaged, beginning: Cursor) -> None:
        log("what was read of the chain stands no more", level=logging.WARNING, problem=problem.message)
        self._journal.forget()
        self._history.cursor = beginning

    def _tell(self, ear: Callable[[Event, str], None], events: Iterable[Event]) -> None:
        for event in events:
            self._surely(partial(ear, event, self._history.controller(event)), None)

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
