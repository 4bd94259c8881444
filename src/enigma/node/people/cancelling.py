"""How an asker takes a question back: by its signature, at every seat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from enigma.node.people.words import octets_of

if TYPE_CHECKING:
    from enigma.node.service import Node


def cancelling(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1")

    @routes.post("/jobs/{number}/cancellation")
    def take(number: int, signature: str) -> dict[str, Any]:
        told = node.cancellations.take(number, octets_of(signature, 65))
        if told["taken"]:
            node.worker.attempts.cut(number)
        return told

    return routes
