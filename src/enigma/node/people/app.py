"""What a node answers to people, as an HTTP interface: JSON for what is said, canonical bytes for what is signed.

Nothing here needs a login: sources and arguments prove themselves by their hashes, contributions are signed by their
owner, and results are public or sealed to their reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from enigma.errors import (
    ChainProblem,
    EnigmaError,
    InputError,
    KeyProblem,
    NetworkError,
    ProgramError,
    StoreProblem,
    ToolMissing,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from enigma.node.service import Node


def create_app(node: Node) -> FastAPI:
    """The interface of a running node."""
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    from enigma.node.people.asking import asking
    from enigma.node.people.cancelling import cancelling
    from enigma.node.people.content import content
    from enigma.node.people.loading import loading
    from enigma.node.people.storing import storing
    from enigma.node.people.telling import telling
    from enigma.node.people.withdrawals import withdrawals

    app = FastAPI(title="Enigma node", version="1", docs_url=None, redoc_url=None)
    app.include_router(asking(node))
    app.include_router(content(node))
    app.include_router(storing(node))
    app.include_router(loading(node))
    app.include_router(telling(node))
    app.include_router(withdrawals(node))
    app.include_router(cancelling(node))

    @app.exception_handler(EnigmaError)
    async def refused(_: Request, error: EnigmaError) -> JSONResponse:
        return JSONResponse(_told(error), status_code=_status(error))

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"alive": True}

    @app.get("/ready", response_model=None)
    async def ready() -> JSONResponse:
        return JSONResponse({"ready": node.ready}, 200 if node.ready else 503)

    app.openapi()  # what is built at the first question is built now: several threads would build it at once
    return app


def _told(error: EnigmaError) -> dict[str, str]:
    """What a stranger may read: nothing of this machine's files, keys, or way to the chain."""
    if isinstance(error, (ChainProblem, StoreProblem, KeyProblem, ToolMissing)):
        words = f"this node cannot do this at the moment ({type(error).__name__})"
        return {"error": "NetworkError", "message": words, "hint": "try again later; its operator sees why"}
    return {"error": type(error).__name__, "message": error.message, "hint": error.hint}


def _status(error: EnigmaError) -> int:
    if isinstance(error, (NetworkError, ChainProblem, StoreProblem)):
        return 503
    return 422 if isinstance(error, (InputError, ProgramError)) else 400
