"""What takes a transaction of the node's own: accepting a seat, saying that it is there. One after the other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from enigma.chain.committees import Committees, Phase
from enigma.chain.jobs import Jobs
from enigma.chain.sending import Sender
from enigma.errors import EnigmaError
from enigma.node.contracts import Contracts
from enigma.node.logs import event
from enigma.node.notes import Notes

AGAIN = 1.0
"""Seconds until a chore that failed is tried again, doubled each time up to `LONGEST`."""
LONGEST = 60.0
TRIES = 20


class Chores:
    """Of the node `name`. `accepts`: the publishers for whom it takes a named seat, None for all of them."""

    def __init__(
        self,
        name: str,
        sender: Sender,
        committees: Committees,
        jobs: Jobs,
        contracts: Contracts,
        notes: Notes,
        accepts: frozenset[str] | None,
    ) -> None:
        self._name, self._sender, self._committees, self._jobs = name, sender, committees, jobs
        self._contracts, self._notes, self._accepts = contracts, notes, accepts
        self._turn = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chore that is being done."""
        with self._turn:
            self._ending = True
            self._turn.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def accept(self, contract: bytes) -> None:
        """Take the seat that a publisher has named this node for, if its operator wants to work for that publisher.

        It is noted first: a node that ends before it has answered does so in its next life.
        """
        self._notes.to_answer(contract, True)
        self._add(0.0, 0, lambda: self._accept(contract))

    def recall(self) -> None:
        """What earlier lives left: transactions that no block had, and seats that were not answered."""
        self._add(0.0, 0, self._resume)
        for contract in self._notes.named():
            self._add(0.0, 0, partial(self._accept, contract))

    def _resume(self) -> None:
        for receipt in self._sender.resume():
            event("transaction of an earlier life", block=receipt.block, transaction=receipt.transaction)

    def wake(self, contract: bytes) -> None:
        """Say that this seat is there, where the chain takes it to be asleep: else its contract cannot be asked."""
        self._add(0.0, 0, lambda: self._wake(contract))

    def _accept(self, contract: bytes) -> None:
        published = self._committees.published(contract)
        if published is None or published.phase is not Phase.NAMED or self._name not in published.seats:
            self._notes.to_answer(contract, False)
            return
        if self._accepts is not None and published.publisher not in self._accepts:
            event("seat declined", contract=contract.hex(), publisher=published.publisher)
            return
        seat = published.seats.index(self._name)
        if self._committees.has_accepted(contract, seat):  # in an earlier life
            self._notes.to_answer(contract, False)
            return
        # Refused where the last to accept, who pays for seating all, did not expect to be the last: once more, then.
        self._committees.accept(contract, seat)
        self._notes.to_answer(contract, False)
        event("seat accepted", contract=contract.hex(), publisher=published.publisher)

    def _wake(self, contract: bytes) -> None:
        seated = self._contracts.seated(contract)
        if seated is not None and seated.seat in self._jobs.health(contract).asleep:
            self._jobs.wake(contract, seated.seat)

    def _add(self, pause: float, tries: int, chore: Callable[[], None]) -> None:
        with self._turn:
            self._waiting.append((time.monotonic() + pause, tries, chore))
            self._turn.notify_all()

    def _run(self) -> None:
        while True:
            with self._turn:
                if self._ending:
                    return
                due = [each for each in self._waiting if each[0] <= time.monotonic()]
                if not due:
                    soonest = min((each[0] for each in self._waiting), default=None)
                    self._turn.wait(None if soonest is None else max(0.0, soonest - time.monotonic()))
                    continue
                self._waiting.remove(due[0])
            _, tries, chore = due[0]
            try:
                if tries:
                    self._sender.resume()  # what no block had in time may be on its way still: not the same twice
                chore()
            except EnigmaError as error:
                event("a transaction failed", level=logging.WARNING, problem=error.message, tries=tries + 1)
                if tries + 1 < TRIES:
                    self._add(min(LONGEST, AGAIN * 2**tries), tries + 1, chore)
