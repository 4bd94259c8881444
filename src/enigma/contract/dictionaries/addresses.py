"""Addresses: who signs, what is called, what is shared. 20 bytes, printed as 0x and 40 hexadecimal digits."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from enigma.errors import ArgumentProblem

ADDRESS_BYTES = 20

_SPELLING = re.compile(r"0x[0-9a-fA-F]{40}")
_SIMULATED = b"enigma simulated address\0"


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """One address. Equal to another address of the same bytes, and to nothing else: never to a text."""

    octets: bytes

    def __post_init__(self) -> None:
        octets: object = self.octets
        if type(octets) is not bytes or len(octets) != ADDRESS_BYTES:
            raise ArgumentProblem(
                f"an address is made of {ADDRESS_BYTES} bytes",
                hint="Read a written address with read_address(text), or make one for a name with address_of(name).",
            )

    def __str__(self) -> str:
        return f"0x{self.octets.hex()}"

    def __repr__(self) -> str:
        return str(self)


def spells_address(text: str) -> bool:
    """Whether `text` is an address as `read_address` reads it."""
    return _SPELLING.fullmatch(text) is not None


def read_address(text: object) -> Address:
    """The address written as `text`: 0x and 40 hexadecimal digits, small or capital.

    Capitals that spell a checksum (EIP-55) are read as small letters and not checked. Raises ArgumentProblem on
    anything else, spaces included.
    """
    if not isinstance(text, str) or not spells_address(text):
        shown = f"{text[:60]!r}" if isinstance(text, str) else f"a {type(text).__name__}"
        raise ArgumentProblem(
            f"{shown} is not an address",
            hint="An address is 0x and 40 hexadecimal digits; for a party of a simulation, address_of(name) makes one.",
        )
    return Address(bytes.fromhex(text[2:]))


def address_of(name: str) -> Address:
    """The address that stands for a person, a company or a contract in a simulation: the same for the same name.

    The last 20 bytes of a SHA-256 over the name. Nobody holds a key to it. Raises ArgumentProblem on an empty name, and
    on one that UTF-8 cannot spell.
    """
    if not name:
        raise ArgumentProblem("a name is empty", hint='Give every party a name, such as address_of("alice").')
    try:
        octets = name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentProblem(
            f"the name {name!r} holds half of a character, which UTF-8 cannot spell",
            hint="Write the name in whole characters.",
        ) from error
    return Address(hashlib.sha256(_SIMULATED + octets).digest()[-ADDRESS_BYTES:])
