"""What a node tells people: about itself, about jobs as they go on, and what came of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from enigma.errors import ArgumentProblem
from enigma.node.docket import Job
from enigma.node.people.results import answer_of, sealed_for
from enigma.node.people.words import account_of
from enigma.node.states import ENDED
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Node

LOOK_EVERY = 0.2
HEARTBEAT = 15.0
"""Seconds after which a job's progress is told again although nothing has changed."""
OCTETS = "application/octet-stream"


def telling(node: Node) -> APIRouter:
    """The routes of a running node."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/node")
    def about() -> dict[str, Any]:
        seats = {each.published.contract.hex(): each.seat for each in node.contracts.all()}
        return {"node": node.name, "chain": node.connection.chain_id, "block": node.worker.block, "seats": seats}

    @routes.get("/jobs/{number}")
    def about_job(number: int) -> dict[str, Any]:
        return told(_job(node, number))

    @routes.get("/jobs/{number}/events")
    def events(number: int) -> StreamingResponse:
        _job(node, number)
        return StreamingResponse(_events(node, number), media_type="text/event-stream")

    @routes.get("/jobs/{number}/answer")
    def answer(number: int) -> Response:
        return Response(codec.encode(answer_of(node.holdings, number)), media_type=OCTETS)

    @routes.get("/jobs/{number}/contributions")
    def contributions(number: int) -> Response:
        return Response(codec.encode(dict(node.inbox.about(_job(node, number).request))), media_type=OCTETS)

    @routes.get("/jobs/{number}/sealed/{reader}")
    def sealed(number: int, reader: str) -> Response:
        found = sealed_for(node.holdings, node.ledger, number, account_of(reader), _job(node, number).seat)
        return Response(codec.encode(found), media_type=OCTETS)

    return routes


def told(job: Job) -> dict[str, Any]:
    """A job in words, for everybody: nothing in it depends on what is private."""
    return {
        "job": job.number,
        "contract": job.request.contract.hex(),
        "state": str(job.state),
        "doing": job.waits,
        "done": job.done,
        "total": job.total,
        "attempts": job.attempts,
        "problem": job.problem,
        "reason": job.reason,
    }


async def _events(node: Node, number: int) -> AsyncIterator[str]:
    """A job each time that it has changed, and now and then as it stands. Takes no thread while it waits."""
    version, silent = -1, 0.0
    while True:
        job = node.docket.get(number)
        if job is None:
            return
        if job.version != version or silent >= HEARTBEAT:
            version, silent = job.version, 0.0
            yield f"data: {json.dumps(told(job))}\n\n"
        if job.state in ENDED:
            return
        await asyncio.sleep(LOOK_EVERY)
        silent += LOOK_EVERY


def _job(node: Node, number: int) -> Job:
    job = node.docket.get(number)
    if job is None:
        raise ArgumentProblem(f"this node knows no job {number}", hint="ask the nodes of the contract's committee")
    return job
