"""What stands in the paths and bodies of the HTTP interface, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem, NetworkError
from enigma.node.data.permission import Ask

if TYPE_CHECKING:
    from fastapi import Request

    from enigma.node.service import Node


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
    """The body of a request. Raises ArgumentProblem beyond `most` bytes, before more is taken in.

    Raises NetworkError when the connection ends before the body does: nobody hears that, and it is no defect to log.
    """
    from starlette.requests import ClientDisconnect

    octets = bytearray()
    try:
        async for part in request.stream():
            octets += part
            if len(octets) > most:
                raise ArgumentProblem(f"at most {most} bytes are taken here")
    except ClientDisconnect as error:
        raise NetworkError("the connection ended before the request did", hint="Send it again.") from error
    return bytes(octets)


def wish(node: Node) -> Any:
    """A dependency of FastAPI: what somebody has signed for this node about a reference. It is not checked yet."""
    from fastapi import Depends

    def read(reference: str, who: str, deadline: int, signature: str) -> Ask:
        return Ask(account_of(who), node.name, octets_of(reference, 32), deadline, octets_of(signature, 65))

    return Depends(read)


def ready(node: Node) -> Any:
    """A dependency of FastAPI: a node that has not read the chain yet sends nobody away for what it does not know."""
    from fastapi import Depends

    def want() -> None:
        if not node.ready:
            raise NetworkError("this node is still reading the chain", hint="ask again in a moment")

    return Depends(want)
