"""What an attempt on the contract language is, and the contract around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from enigma.errors import EnigmaError


@dataclass(frozen=True)
class Attempt:
    """A source, one call of its function `run`, and how it is refused: error class, and words of the message."""

    name: str
    source: str
    error: type[EnigmaError] | tuple[type[EnigmaError], ...]
    words: str = ""
    call: Mapping[str, Any] = field(default_factory=dict)


FIELDS = """\
n: public[int] = 0
ns: public[list[int]]
nested: public[list[list[int]]]
names: public[map[text, int]]
who: public[set[address]]
t: private[int(0, 100)] = 1
rows: private[Row]
kept: map[address, private[int(0, 100)]]
"""

HEAD = "@private\ndef run(self, x: private[int(0, 10)], xs: private[int(0, 10)[4]], k: int):\n"


def entry(body: str, *, before: str = "", more: str = "") -> str:
    """A contract whose private function `run` has these lines; `before` stands at the module, `more` in the class."""
    inside = f"{FIELDS}\n{more}\n{HEAD}{indent(body, '    ')}\n"
    return f"Row = table(a=int(0, 10))\n\n{before}\n\nclass Attack(Contract):\n{indent(inside, '    ')}"


def attempt(
    name: str,
    body: str,
    error: type[EnigmaError] | tuple[type[EnigmaError], ...],
    words: str = "",
    *,
    before: str = "",
    more: str = "",
    call: Mapping[str, Any] | None = None,
) -> Attempt:
    """An attempt of these lines in `run`."""
    return Attempt(name, entry(body, before=before, more=more), error, words, call or {})
