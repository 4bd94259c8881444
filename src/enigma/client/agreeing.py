"""Who must still agree before a question can be answered: the owners' grants, read from the chain's log."""

from __future__ import annotations

import threading
from dataclasses import replace

from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.history import History
from enigma.chain.jobs import Jobs
from enigma.errors import WrongChain


class Agreement:
    """The grants of one deployment, as its log has them. Safe between threads; reads on at each question."""

    def __init__(self, connection: Connection, controllers: Controllers, jobs: Jobs) -> None:
        self._connection, self._controllers, self._jobs = connection, controllers, jobs
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._history, self._consent = History(self._connection, self._controllers), Consent()

    def missing(self, contract: bytes, function: bytes, asker: str, term: int, *, contributes: bool) -> tuple[str, ...]:
        """The owners who would not have agreed to this question, if it were asked now and revealed something.

        `function`: its selector; `term`: seconds that the contract's jobs have.
        """
        with self._lock:
            self._catch_up()
            head = self._connection.head()
            number = self._jobs.count() + 1
            values = {
                "job": number, "contract": contract, "function": function, "asker": asker,
                "deadline": head.timestamp + term, "commitments": [bytes(32)] if contributes else [],
            }  # fmt: skip
            supposed = Event("Requested", values, self._jobs.address, head.number + 1, "", 0)
            self._consent.take(supposed, Jobs.NAME)
            try:
                return self._consent.missing(number)
            finally:
                self._consent.take(replace(supposed, removed=True), Jobs.NAME)

    def owners(self, contract: bytes) -> tuple[str, ...]:
        """Whose data the contract holds now."""
        with self._lock:
            self._catch_up()
            return self._consent.owners(contract)

    def _catch_up(self) -> None:
        try:
            self._read()
        except WrongChain:
            # The chain was reorganised deeper than is followed, or a local one was set back.
            self._begin()
            self._read()

    def _read(self) -> None:
        for event in self._history.read():
            self._consent.take(event, self._history.controller(event))
