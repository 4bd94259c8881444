"""Keys of the three dictionaries: one namespace, in databases and tables (white paper, section 5.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from enigma.contract.dictionaries.canonical import KeyValue, encode_key
from enigma.errors import ArgumentProblem


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A place in a dictionary, equal to another of the same canonical bytes: 1, "1" and True are three places."""

    database: KeyValue = field(compare=False)
    table: KeyValue = field(compare=False)
    key: KeyValue = field(compare=False)
    octets: bytes = field(init=False)
    """The canonical encoding of the three, for the chain and for the network."""

    def __post_init__(self) -> None:
        # Python holds 1 == True; two keys are compared as what they are written as.
        object.__setattr__(self, "octets", encode_key((self.database, self.table, self.key)))

    def __str__(self) -> str:
        """As a contract writes it, without what is left out: `"salaries", 0x..`."""
        parts = [self.database, self.table, self.key]
        while len(parts) > 1 and parts[0] == "":
            del parts[0]
        return ", ".join(_written(part) for part in parts)

    def __repr__(self) -> str:
        return f"[{self}]"


def key_of(subscript: object) -> Key:
    """The key of `X[k]`, `X[table, k]` or `X[database, table, k]`; what is left out is the empty text.

    Databases, tables and keys are whole numbers, texts, bools, addresses or tuples of these. In brackets Python does
    not tell `X[a, b]` from `X[(a, b)]`: a tuple stands for table and key, and a key that is itself a tuple needs a
    table before it. Raises ArgumentProblem, also where the whole is longer than a key may be.
    """
    parts = subscript if isinstance(subscript, tuple) else ("", "", subscript)
    if len(parts) == 2:
        parts = ("", *parts)
    if len(parts) != 3:
        raise ArgumentProblem(
            f"{len(parts)} parts are not a key",
            hint='Write X[key], X[table, key] or X[database, table, key]; where a key is a tuple, X["table", (a, b)].',
        )
    database, table, key = parts
    return Key(database, table, key)


def _written(part: KeyValue) -> str:
    if isinstance(part, str):
        text = "".join(c if c.isprintable() else "?" for c in part)
        return f'"{text[:60]}{"..." if len(text) > 60 else ""}"'
    if isinstance(part, tuple):
        return f"({', '.join(_written(item) for item in part)}{',' if len(part) == 1 else ''})"
    return str(part)
