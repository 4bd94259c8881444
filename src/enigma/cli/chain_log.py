"""`enigma chain log`: what the controllers said, one line for each event."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.cli.chain_words import ether, moment
from enigma.cli.work import consoles
from enigma.errors import ChainBehind, ChainUnreachable

EVERY = 0.5  # seconds between two looks for what is new
SHOWN = 32  # bytes of a value that are shown to people
_WEI = {"amount", "deposit", "fee", "price", "maximum", "refund", "cost", "forfeited"}
_TIMES = {"until", "deadline", "withdrawable"}


def run(connection: Connection, controllers: Controllers, first: int | None, *, follow: bool, as_objects: bool) -> None:
    """The whole command; with `follow` until this process is asked to end. Raises ChainProblem, FileProblem."""
    history = History(connection, controllers, start=first)
    printer = _Printer(connection, history, as_objects=as_objects)
    head = connection.head().number
    if first is not None and first > head:
        _note(f"the chain is at block {head:,}, before {first:,}")
    with _until_asked_to_end() as ended:
        while not ended.is_set():
            lines = printer.read(patient=follow and printer.begun)
            sys.stdout.writelines(f"{line}\n" for line in lines)
            sys.stdout.flush()
            if not lines and not follow:
                return
            if not lines:
                ended.wait(EVERY)


class _Printer:
    """Events as lines, with the time of their blocks; with `as_objects` as JSON."""

    def __init__(self, connection: Connection, history: History, *, as_objects: bool) -> None:
        self._connection, self._history, self._as_objects = connection, history, as_objects
        self._time_of = lru_cache(maxsize=1024)(self._asked_time)
        self._waiting: list[Event] = []  # read, and not yet told: their times were not to be had
        self.begun = False
        self._lost = False

    def read(self, *, patient: bool) -> list[str]:
        """What is new; a patient reader takes an unreachable chain as one that says nothing, and says so once."""
        try:
            self._waiting = self._waiting or self._history.read()
            lines = [self._told(event) for event in self._waiting]
        except (ChainUnreachable, ChainBehind) as error:
            if not patient:
                raise
            if not self._lost:
                _note(f"{error.message}; it is asked again until it answers")
            self._lost = True
            return []
        if self._lost:
            _note(f"{self._connection.url} answers again")
        self._waiting, self._lost, self.begun = [], False, True
        return lines

    def _told(self, event: Event) -> str:
        if event.removed:
            self._time_of.cache_clear()  # its number will have another block
        time = None if event.removed else self._time_of(event.block)
        return (_object if self._as_objects else _line)(event, self._history.controller(event), time)

    def _asked_time(self, number: int) -> int | None:
        """None where the block is gone since the event was read: the event will be told as removed."""
        block = self._connection.block(number)
        return None if block is None else block.timestamp


def _line(event: Event, controller: str, time: int | None) -> str:
    when = moment(time) if time is not None else f"{'removed' if event.removed else 'block is gone':<20}"
    values = "  ".join(f"{name}={_value(name, value)}" for name, value in event.values.items())
    return f"{event.block:>8}  {when}  {controller:<10}  {event.name:<14}  {values}".rstrip()


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return ether(value) if name in _WEI else moment(value) if name in _TIMES else str(value)
    if isinstance(value, bytes):
        more = f"..({len(value):,} bytes)" if len(value) > SHOWN else ""
        return f"0x{value[:SHOWN].hex()}{more}"
    if isinstance(value, list | tuple):
        inner = ", ".join(_value("", each) for each in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    # Addresses are plain; every other text is somebody's, who may have written a terminal's commands into it.
    return value if value.startswith("0x") and value.isalnum() else json.dumps(value)


def _object(event: Event, controller: str, time: int | None) -> str:
    return json.dumps(
        {
            "block": event.block,
            "time": time,
            "controller": controller,
            "event": event.name,
            "arguments": {name: _plain(value) for name, value in event.values.items()},
            "transaction": event.transaction,
            "index": event.index,
            "removed": event.removed,
        }
    )


def _plain(value: Any) -> Any:
    """Numbers as decimal text: many readers of JSON round what is above 2^53, and wei are."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


@contextmanager
def _until_asked_to_end() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set: to end a log is no failure."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that handlers have
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _note(sentence: str) -> None:
    from rich.text import Text

    consoles()[1].print(Text.assemble(("Note: ", "yellow"), sentence), soft_wrap=True)
