"""Questions that their askers took back: what this seat was told, and what it may not be told any more.

A job that has shown anything to everyone counts, whatever comes of it, and so does one that this seat has signed. Until
then its asker may take it back. Which of the two came first, a seat decides for itself, durably; what follows from it,
the seats decide together when they meet (`enigma.node.job.attempt`): one that may have shown something is enough.
"""

from __future__ import annotations

import threading
from typing import Any

from enigma.chain.jobs import Request
from enigma.errors import ArgumentProblem, CallRefused
from enigma.keys.cancelling import check_cancellation
from enigma.node.docket import Docket
from enigma.node.holdings import Holdings
from enigma.node.logs import event
from enigma.node.states import ENDED
from enigma.storage import Store

_CANCELLED, _OPENED = "cancelled", "opened"
KEEP = 86_400
"""Seconds after a job's deadline in which the seat remembers what it was told about it."""


class Cancellations:
    """Of one node. Safe between threads."""

    def __init__(self, store: Store, holdings: Holdings, docket: Docket, chain: int) -> None:
        self._store, self._holdings, self._docket, self.chain = store, holdings, docket, chain
        self._lock = threading.Lock()

    def take(self, number: int, signature: bytes) -> dict[str, Any]:
        """Take the asker's word that a job need not be computed; `taken` is False where it comes too late.

        Raises `ProtocolError` for anyone else's, `ArgumentProblem` for a job that this node does not know.
        """
        job = self._docket.get(number)
        if job is None:
            raise ArgumentProblem(f"this node knows no job {number}", hint="ask the nodes of the contract's committee")
        request = job.request
        check_cancellation(
            request.asker, signature, self.chain,
            contract=request.contract, job=number, request=request.request,
        )  # fmt: skip
        with self._lock:
            pending = self._holdings.pending(request.contract, number)
            signed = self._holdings.signed(request.request) is not None
            if job.state in ENDED or (signed and (pending is None or pending.finding.settles)):
                return {"taken": False, "why": "its answer is signed"}
            if self._store.get(_OPENED, request.request) is not None:
                return {"taken": False, "why": "something of it is known already"}
            self._store.put(_CANCELLED, request.request, signature, expires=request.deadline + KEEP)
        event("job cancelled by its asker", job=number)
        return {"taken": True, "why": ""}

    def of(self, request: Request) -> bytes | None:
        """The asker's signature, None where the question stands."""
        return self._store.get(_CANCELLED, request.request)

    def opens(self, request: Request, *, overruled: bool) -> None:
        """Before anything of a job becomes known: from here on it counts. Raises `CallRefused` where it was taken back.

        `overruled`: at another seat something may be known already, so that it counts in any case.
        """
        with self._lock:
            if not overruled and self._store.get(_CANCELLED, request.request) is not None:
                raise CallRefused(f"job {request.job} was taken back by its asker")
            if self._store.get(_OPENED, request.request) is None:
                self._store.put(_OPENED, request.request, b"", expires=request.deadline + KEEP)

    def has_opened(self, request: Request) -> bool:
        """Whether something of a job may be known."""
        return self._store.get(_OPENED, request.request) is not None
