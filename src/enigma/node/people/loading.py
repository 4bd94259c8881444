"""`Load` over the HTTP interface: who asks signs for this node, this reference and a deadline.

What is here is given from here; what is not is got from the nodes that keep it, with the reader's wish, which they
check as this one does. A node hands out nothing of what the chain does not let the reader read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import Response

from enigma.errors import ArgumentProblem
from enigma.net.dht import Manifest
from enigma.node.data.permission import Ask
from enigma.node.data.vault import Entry
from enigma.node.people.words import ready, wish
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Node

OCTETS = "application/octet-stream"


def loading(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1/data/{reference}", dependencies=[ready(node)])
    parts, asked = node.data, wish(node)

    def allowed(ask: Ask) -> Entry | None:
        """What is here of it, for whom the chain lets read."""
        here = parts.vault.whole(ask.reference)
        parts.permission.check_load(ask, 0 if here is None else here.lease)
        return here

    @routes.get("/entry")
    def show(ask: Ask = asked) -> Response:
        found = allowed(ask) or parts.fetching.show(ask)
        return Response(codec.encode(found.tree()), media_type=OCTETS)

    @routes.get("/contents/{index}")
    def give(index: int, ask: Ask = asked) -> Response:
        here = allowed(ask)
        manifest: Manifest = parts.fetching.manifest(ask) if here is None else here.manifest
        if not 0 <= index < len(manifest.contents):
            raise ArgumentProblem(f"this value has {len(manifest.contents)} contents, and no number {index}")
        content = None if here is None else parts.vault.content(ask.reference, index)
        if content is None:
            content = parts.fetching.content(ask, manifest, index)
        return Response(content, media_type=OCTETS)

    @routes.get("/holders")
    def holders(ask: Ask = asked) -> dict[str, Any]:
        own = [node.name] if allowed(ask) is not None else []
        return {"holders": [*own, *parts.fetching.holders(ask.reference)]}

    return routes
