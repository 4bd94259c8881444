"""Where a node can be reached, as its registration on the chain says it.

    enigma://HOST:PORT?people=https://HOST:PORT

One text for one endpoint: what `parse` takes, `str` gives back unchanged. The text was written by whoever paid for a
registration, so nothing in it is trusted: it says where to knock, never who answers.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from enigma.errors import ArgumentProblem

MAX_BYTES = 128
"""What the chain keeps of an endpoint."""

_TEXT = re.compile(r"enigma://(?P<peers>[^/?#@]+)(?:\?people=https://(?P<people>[^/?#@]+))?")
_PLACE = re.compile(r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\]):(?P<port>[1-9][0-9]{0,4})")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The peer port of a node, and the origin of its port for people (empty: it has none).

    `host`: a lower-case name or an IP address without brackets; `people`: `https://HOST:PORT`.
    Raises ArgumentProblem on anything that the text form could not hold.
    """

    host: str
    port: int
    people: str = ""

    def __post_init__(self) -> None:
        place = f"[{self.host}]" if ":" in self.host else self.host
        if _read(f"enigma://{place}:{self.port}{f'?people={self.people}' if self.people else ''}") != (
            self.host,
            self.port,
            self.people,
        ):
            raise _problem(f"host {self.host!r}, port {self.port}, people {self.people!r}")

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """The endpoint that `text` spells. Raises ArgumentProblem when it spells none, or not in the one way."""
        return cls(*_read(text))

    def __str__(self) -> str:
        place = f"[{self.host}]" if ":" in self.host else self.host
        return f"enigma://{place}:{self.port}{f'?people={self.people}' if self.people else ''}"


def _read(text: str) -> tuple[str, int, str]:
    parts = _TEXT.fullmatch(text) if len(text) <= MAX_BYTES else None
    if parts is None:
        raise _problem(repr(text[:MAX_BYTES]))
    host, port = _place(parts["peers"])
    people = parts["people"]
    if people is not None:
        _place(people)
    return host, port, f"https://{people}" if people else ""


def _place(text: str) -> tuple[str, int]:
    place = _PLACE.fullmatch(text)
    if place is None or int(place["port"]) > 0xFFFF:
        raise _problem(repr(text))
    return _host(place["host"]), int(place["port"])


def _host(text: str) -> str:
    """The host without brackets. A name whose last label is a number would be read as an address by some resolvers."""
    try:
        if text.startswith("["):
            address = ipaddress.IPv6Address(text[1:-1])
            if address.compressed == text[1:-1]:
                return address.compressed
        elif re.fullmatch(r"(?:.*\.)?[0-9]+|(?:.*\.)?0x[0-9a-f]*", text):
            return str(ipaddress.IPv4Address(text))
        elif len(text) <= 253 and all(map(_NAME.fullmatch, text.split("."))):
            return text
    except ValueError as error:
        raise _problem(repr(text)) from error
    raise _problem(repr(text))


def _problem(what: str) -> ArgumentProblem:
    return ArgumentProblem(
        f"this is no endpoint of a node: {what}",
        hint=f"Write enigma://HOST:PORT?people=https://HOST:PORT, lower case, at most {MAX_BYTES} bytes.",
    )
