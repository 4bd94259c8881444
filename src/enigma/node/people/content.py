"""The ciphertexts of documents over the HTTP interface: brought by their owners in chunks, fetched by anyone by hash.

A chunk is signed for as one of a contribution is, with the SHA-256 of the whole ciphertext in the commitment's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from enigma.errors import ArgumentProblem
from enigma.node.people.uploads import MOST_CHUNK_BYTES
from enigma.node.people.words import account_of, body_of, octets_of

if TYPE_CHECKING:
    from enigma.node.service import Node

OCTETS = "application/octet-stream"


def content(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1")
    library = node.holdings.library
    uploads = node.uploads
    brought = "/contracts/{contract}/content/{sha256}/{asker}"

    @routes.get("/content/{sha256}")
    def give(sha256: str, start: int = 0) -> StreamingResponse:
        digest = octets_of(sha256, 32)
        size, parts = library.size(digest), library.read(digest, start)
        if size is None or parts is None:
            raise ArgumentProblem(
                f"this node does not have the ciphertext {digest.hex()}",
                hint="its entry was overwritten or deleted, or it is stored by another committee",
            )
        if not 0 <= start <= size:
            raise ArgumentProblem(f"this ciphertext has {size} bytes: none begins at {start}")
        return StreamingResponse(parts, media_type=OCTETS, headers={"content-length": str(size - start)})

    @routes.get(brought)
    def here(contract: str, sha256: str, asker: str) -> dict[str, Any]:
        octets_of(contract, 32)
        digest = octets_of(sha256, 32)
        return {"complete": library.size(digest) is not None, "next": uploads.next(digest, account_of(asker))}

    @routes.put(brought + "/{number}")
    async def put_chunk(
        contract: str, sha256: str, asker: str, number: int, deadline: int, signature: str, request: Request
    ) -> dict[str, Any]:
        octets = await body_of(request, MOST_CHUNK_BYTES)

        def put() -> int:
            owner, digest = account_of(asker), octets_of(sha256, 32)
            uploads.check(octets_of(contract, 32), digest, owner, deadline, octets_of(signature, 65))
            return uploads.put(digest, owner, number, octets)

        return {"next": await run_in_threadpool(put)}

    @routes.post(brought)
    def finish(contract: str, sha256: str, asker: str, chunks: int, deadline: int, signature: str) -> dict[str, Any]:
        owner, digest = account_of(asker), octets_of(sha256, 32)
        uploads.check(octets_of(contract, 32), digest, owner, deadline, octets_of(signature, 65))
        size = uploads.finish_content(digest, owner, chunks)
        node.docket.wake()
        return {"size": size}

    return routes
