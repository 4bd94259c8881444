"""What a node says about withdrawals: its signed deletion receipts, or what it waits for before it deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from enigma.node.people.words import account_of, octets_of

if TYPE_CHECKING:
    from enigma.node.service import Node


def withdrawals(node: Node) -> APIRouter:
    """The routes of a running node. Who has withdrawn from what stands on the chain: nothing here is a secret."""
    routes = APIRouter(prefix="/v1/contracts/{contract}")

    @routes.get("/withdrawals/{owner}")
    def of(contract: str, owner: str) -> dict[str, Any]:
        return {"withdrawals": node.withdrawals.of(octets_of(contract, 32), account_of(owner))}

    return routes
