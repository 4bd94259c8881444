"""What a node says about itself: events with named fields, one on each line, for a person or for a program.

A field is a number, a word or a sentence; bytes are refused, so that no key and no piece can get into a line by
mistake. Of errors that are not ours only the kind and the places in the code are told: their texts may quote values.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from enigma.errors import EnigmaError

NAME = "enigma.node"
LONGEST = 600
"""Characters of a field."""

Plain = str | int | float | bool | None


def event(name: str, /, *, level: int = logging.INFO, **fields: Plain) -> None:
    """Log that something happened. `fields` are public: decide for each one that it is."""
    for field, value in fields.items():
        if not isinstance(value, str | int | float | bool | None):
            raise TypeError(f"the field {field} of a log has a {type(value).__name__}")
    logging.getLogger(NAME).log(level, name, extra={"fields": fields})


def words_of(error: BaseException) -> str:
    """An error in one line that holds no value: ours in their words, others by kind and places in the code."""
    if isinstance(error, EnigmaError):
        return error.message
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


class JsonLines(logging.Formatter):
    """One JSON object on each line: time, level, event, and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        name, fields = _told(record)
        line = {"time": _time(record), "level": record.levelname.lower(), "event": name, **fields}
        return json.dumps(line, default=str)


class HumanLines(logging.Formatter):
    """Time, level where it is not the usual one, event, then fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        name, fields = _told(record)
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        parts = "".join(f"  {field}={_word(value)}" for field, value in fields.items())
        return f"{_time(record)[:19].replace('T', ' ')}  {level}{name}{parts}"


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """All logs of this process to `stream` (standard error), and defects of every thread with them.

    Libraries are heard from warnings on. `form` is human or json.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if form == "json" else HumanLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger(NAME).setLevel(level.upper())
    threading.excepthook = _thread_failed
    sys.excepthook = _failed


def _told(record: logging.LogRecord) -> tuple[str, dict[str, Plain]]:
    fields: dict[str, Any] = dict(getattr(record, "fields", {}))
    if not record.name.startswith(NAME):
        # A library's words; not its exception's, and no value that it was given.
        fields = {"logger": record.name, "words": str(record.msg)}
        name = "a library has a warning"
    else:
        name = record.getMessage()
    if record.exc_info and isinstance(record.exc_info[1], BaseException):
        fields["problem"] = words_of(record.exc_info[1])
    return name, {field: _short(value) for field, value in fields.items()}


def _short(value: Plain) -> Plain:
    return f"{value[:LONGEST]}..." if isinstance(value, str) and len(value) > LONGEST else value


def _word(value: Plain) -> str:
    if isinstance(value, str):
        plain = value.isascii() and value.isprintable() and value and not set(value) & set(' "=\\')
        return value if plain else json.dumps(value)
    return f"{value:.3f}" if isinstance(value, float) else json.dumps(value)


def _time(record: logging.LogRecord) -> str:
    return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")


def _thread_failed(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None and what.exc_type is not SystemExit:
        name = "" if what.thread is None else what.thread.name
        event("a defect ended a thread", level=logging.ERROR, thread=name, problem=words_of(what.exc_value))


def _failed(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    event("a defect ended the node", level=logging.CRITICAL, problem=words_of(error))


def timed(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tell a sentence only where it is another than the last one: for what is looked at again and again."""
    last = ""

    def say(sentence: str) -> None:
        nonlocal last
        if sentence != last:
            last = sentence
            if sentence:
                tell(sentence)

    return say
