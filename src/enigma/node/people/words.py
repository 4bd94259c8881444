"""What stands in the paths and bodies of the HTTP interface, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    from fastapi import Request


def octets_of(text: str, length: int) -> bytes:
    """Bytes in hexadecimal digits, with or without 0x. Raises ArgumentProblem."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != length:
        raise ArgumentProblem(f"{text[:80]!r} is not {length} bytes in hexadecimal digits")
    return found


def account_of(text: str) -> str:
    """An address with its checksum. Raises ArgumentProblem."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(octets_of(text, 20)))


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request. Raises ArgumentProblem beyond `most` bytes, before more is taken in."""
    octets = bytearray()
    async for part in request.stream():
        octets += part
        if len(octets) > most:
            raise ArgumentProblem(f"at most {most} bytes are taken here")
    return bytes(octets)
