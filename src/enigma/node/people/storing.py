"""`Store` over the HTTP interface: an owner brings a value content by content; each request is signed for this node."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from enigma.errors import ArgumentProblem
from enigma.net.dht.manifest import CONTENT_BYTES, TAG_BYTES
from enigma.node.data.permission import Ask
from enigma.node.data.vault import ENTRY_LIMIT, FREE_SECONDS, SEALS_LIMIT, Entry, Seals, entry_from
from enigma.node.people.words import body_of, octets_of, ready, wish
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Node

SPREAD_SECONDS = 20.0
"""How long whoever stores waits for the copies; they come about later, too."""


def storing(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1/data/{reference}", dependencies=[ready(node)])
    parts, asked = node.data, wish(node)

    def stored(ask: Ask) -> Entry:
        """What somebody may go on storing here."""
        entry = parts.vault.entry(ask.reference)
        if entry is None:
            raise ArgumentProblem(f"{ask.reference.hex()} was not begun here", hint="send its manifest first")
        parts.permission.check_store(ask, entry)
        return entry

    @routes.get("")
    def known(reference: str) -> dict[str, Any]:
        return {"known": parts.permission.knows(octets_of(reference, 32)), "block": parts.permission.block()}

    @routes.put("/entry")
    async def begin(request: Request, ask: Ask = asked) -> dict[str, Any]:
        octets = await body_of(request, ENTRY_LIMIT)

        def put() -> dict[str, Any]:
            given = entry_from(ask.reference, octets)
            until = int(time.time()) + FREE_SECONDS
            entry = Entry(ask.reference, given.manifest, given.seals, given.lease, until, whole=False)
            parts.permission.check_store(ask, entry)
            parts.vault.begin(entry)
            return {"missing": parts.vault.missing(ask.reference)}

        return await run_in_threadpool(put)

    @routes.put("/contents/{index}")
    async def take(index: int, request: Request, ask: Ask = asked) -> dict[str, Any]:
        octets = await body_of(request, CONTENT_BYTES + TAG_BYTES)

        def put() -> dict[str, Any]:
            stored(ask)
            parts.vault.take(ask.reference, index, octets)
            return {"taken": True}

        return await run_in_threadpool(put)

    @routes.post("")
    def finish(ask: Ask = asked) -> dict[str, Any]:
        stored(ask)
        parts.vault.finish(ask.reference)
        placed = parts.keeping.spread(ask.reference, SPREAD_SECONDS)
        parts.keeping.look(ask.reference)
        return {"here": list(placed.here), "coming": list(placed.coming)}

    @routes.put("/seals")
    async def seal(request: Request, ask: Ask = asked) -> dict[str, Any]:
        octets = await body_of(request, SEALS_LIMIT + 1024)

        def put() -> dict[str, Any]:
            entry = stored(ask)
            match codec.decode(octets, limit=SEALS_LIMIT + 1024):
                case [bytes(sealed), int(sequence), bytes(signature)]:
                    seals = Seals(sealed, sequence, signature)
                case _:
                    raise ArgumentProblem("sealed keys are octets, a sequence and a signature")
            parts.permission.check_seals(ask.reference, seals, public=entry.manifest.public)
            parts.vault.seal(ask.reference, seals)
            parts.keeping.look(ask.reference)
            return {"taken": True}

        return await run_in_threadpool(put)

    return routes
