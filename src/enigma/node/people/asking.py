"""What people bring a node before they ask: contracts' sources, public arguments, contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from enigma.errors import ArgumentProblem, NetworkError
from enigma.node.holdings import Sources
from enigma.node.people.uploads import MOST_CHUNK_BYTES
from enigma.node.people.words import account_of, body_of, octets_of
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Node

MOST_SOURCE_BYTES = 1 << 22


def asking(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1/contracts/{contract}", dependencies=[Depends(lambda: _want_ready(node))])
    uploads = node.uploads

    @routes.get("")
    def about(contract: str) -> dict[str, Any]:
        identity = octets_of(contract, 32)
        seated, known = node.contracts.seated(identity), node.contracts.known(identity)
        settled = node.holdings.standing(identity).job
        seat = None if seated is None else seated.seat
        return {"contract": contract, "seat": seat, "source": known is not None, "settled": settled}

    @routes.put("/source")
    async def take_source(contract: str, request: Request) -> dict[str, Any]:
        octets = await body_of(request, MOST_SOURCE_BYTES)
        await run_in_threadpool(_take_source, node, octets_of(contract, 32), octets)
        return {"taken": True}

    @routes.put("/arguments/{function}")
    async def take_arguments(contract: str, function: str, request: Request) -> dict[str, Any]:
        octets = await body_of(request, MOST_SOURCE_BYTES)
        digest = await run_in_threadpool(node.inbox.take_arguments, octets_of(contract, 32), function, octets)
        node.docket.wake()
        return {"hash": digest.hex()}

    @routes.get("/uploads/{commitment}/{asker}")
    def upload(contract: str, commitment: str, asker: str, function: str, parameter: str) -> dict[str, Any]:
        identity, owner, named = octets_of(contract, 32), account_of(asker), octets_of(commitment, 32)
        there = node.inbox.arrived(identity, function, parameter, owner, named)
        return {"complete": there is not None, "next": uploads.next(named, owner)}

    @routes.put("/uploads/{commitment}/{asker}/{number}")
    async def put_chunk(
        contract: str, commitment: str, asker: str, number: int, deadline: int, signature: str, request: Request
    ) -> dict[str, Any]:
        octets = await body_of(request, MOST_CHUNK_BYTES)

        def put() -> int:
            owner, named = account_of(asker), octets_of(commitment, 32)
            uploads.check(octets_of(contract, 32), named, owner, deadline, octets_of(signature, 65))
            return uploads.put(named, owner, number, octets)

        return {"next": await run_in_threadpool(put)}

    @routes.post("/uploads/{commitment}/{asker}")
    def finish(
        contract: str, commitment: str, asker: str, function: str, parameter: str, chunks: int, deadline: int,
        signature: str,
    ) -> dict[str, Any]:  # fmt: skip
        identity, owner, named = octets_of(contract, 32), account_of(asker), octets_of(commitment, 32)
        uploads.check(identity, named, owner, deadline, octets_of(signature, 65))
        arrived = uploads.finish(identity, function, parameter, owner, named, chunks)
        node.docket.wake()
        return {"rows": arrived.rows, "columns": list(arrived.columns)}

    return routes


def _want_ready(node: Node) -> None:
    """Before it has read the chain, a node does not know its own contracts: nobody is to be sent away for that."""
    if not node.ready:
        raise NetworkError("this node is still reading the chain", hint="ask again in a moment")


def _take_source(node: Node, contract: bytes, octets: bytes) -> None:
    match codec.decode(octets, limit=MOST_SOURCE_BYTES):
        case [str(name), str(text), dict(imports)]:
            texts = {digest: each for digest, each in imports.items() if isinstance(each, str)}
            node.contracts.take(contract, Sources(name, text, texts))
            node.docket.wake()
        case _:
            raise ArgumentProblem("a source is a name, a text, and the texts that it imports, by digest")
