"""How far something is, for people: one line in a terminal or a notebook, nothing elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

WIDTH = 100
_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


@dataclass(frozen=True, slots=True)
class Step:
    """What goes on, and how far it is: `done` of `total` (0 where nobody knows), in `unit`: "bytes", "rounds" or ""."""

    what: str
    done: int = 0
    total: int = 0
    unit: str = ""

    def __str__(self) -> str:
        if not self.total:
            return self.what
        if self.unit == "bytes":
            return f"{self.what}: {_bytes(self.done)} of {_bytes(self.total)}, {100 * self.done // self.total} %"
        return f"{self.what}: {self.done:,} of {self.total:,} {self.unit}".rstrip()


Told = Callable[[Step], None]
"""Told each step; called from one thread at a time."""


class ShownProgress:
    """Writes steps over each other on one line; `end` clears it. Where nobody looks, it writes nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        # A notebook's output is no terminal, and takes a carriage return as one does.
        self._seen = self._stream.isatty() or "ipykernel" in sys.modules
        self._lock = threading.Lock()
        self._length = 0

    def __call__(self, step: Step) -> None:
        """Show a step."""
        self._write(str(step)[:WIDTH])

    def line(self, words: str) -> None:
        """A sentence that stays, above what is shown."""
        if self._seen:
            with self._lock:
                self._stream.write("\r" + words.ljust(self._length) + "\n")
                self._stream.flush()
                self._length = 0

    def end(self) -> None:
        """Clear the line."""
        self._write("")

    def _write(self, text: str) -> None:
        if not self._seen:
            return
        with self._lock:
            if text or self._length:
                self._stream.write("\r" + text.ljust(self._length) + ("" if text else "\r"))
                self._stream.flush()
            self._length = len(text)


def silent(_: Step) -> None:
    """Show nothing."""


def _bytes(count: int) -> str:
    for unit, size in _UNITS:
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
