"""A job: a question that is under way, and its answer once the chain has the receipt."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from enigma.chain.events import EventReader
from enigma.chain.jobs import Request, Standing
from enigma.client.answer import Answer, Reading
from enigma.client.brought import brought
from enigma.client.cancelling import Cancelling
from enigma.client.progress import Step
from enigma.client.tables.report import TableReport
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, NetworkError, ProtocolError

if TYPE_CHECKING:
    from enigma.client.contract import RemoteContract
    from enigma.client.deployed import Deployed
    from enigma.client.network import Network
    from enigma.sharing.header import Header

LOOK_EVERY = 0.2
SETTLED = (Standing.SETTLED, Standing.PARTLY)
_WORDS = {
    Standing.NONE: "not on the chain", Standing.OPEN: "under way", Standing.SETTLED: "settled",
    Standing.PARTLY: "settled", Standing.REFUSED: "refused", Standing.EXPIRED: "not answered in time",
}  # fmt: skip


class Job:
    """One question. `result()` waits for the receipt, checks everything against the chain, and gives the answer.

    `tables`: how each table that it brought was read, by parameter: rows taken, and rows left out.
    """

    def __init__(
        self,
        network: Network,
        contract: RemoteContract | Deployed,
        request: Request,
        block: int,
        tables: Mapping[str, TableReport] | None = None,
    ) -> None:
        from enigma.client.contract import deployed_of

        self._network, self._contract, self.request, self._block = network, deployed_of(contract), request, block
        self.function, self.tables = self._contract.function_of(request), dict(tables or {})
        self._seats = self._contract.seats
        self._told: dict[str, dict[str, Any]] = {}
        self._answer: Answer | None = None

    @property
    def number(self) -> int:
        """Its number on the chain."""
        return self.request.job

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._standing() is not Standing.OPEN

    @property
    def skipped(self) -> int:
        """Rows of its tables that were left out, since they did not fit."""
        return sum(report.bad for report in self.tables.values())

    @property
    def contributions(self) -> dict[str, Header]:
        """What it brought, by parameter: columns, rows, and how many rows were left out, as the chain has it bound."""
        return brought(self._network, self.request, self._seats)

    @property
    def cost(self) -> int:
        """Wei that the job has cost; 0 while it is open, and where it was refused."""
        told = self.receipt
        return 0 if told is None else int(told["cost"])

    @property
    def receipt(self) -> Mapping[str, Any] | None:
        """What the chain said when it was settled; None before, and where it was not."""
        return self._event("Settled") if self._standing() in SETTLED else None

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What the contract emitted in this job: names and values. Waits as `result` does."""
        return self._opened().events

    def progress(self) -> Iterator[dict[str, Any]]:
        """How far it is, in words and rounds, whenever that changes, until it has ended."""
        last: dict[str, Any] = {}
        while not self.done:
            told = self._how_far()
            if told is not None and told != last:
                last = told
                yield told
            time.sleep(LOOK_EVERY)

    def result(self, timeout: float | None = None, progress: Callable[[dict[str, Any]], None] | None = None) -> Any:
        """The answer. Raises `CallRefused` where the contract or the seats said no, NetworkError when time is up."""
        try:
            return self._opened(timeout, progress).value
        finally:
            self._network.rest()

    def cancel(self, timeout: float | None = None) -> None:
        """Take the question back: the seats stop, and refuse it on the chain, which frees what was reserved for it.

        Returns when the chain says so. Raises `ArgumentProblem` where it has ended already, or is not this account's
        to take back; `CallRefused` where its answer came first: then nothing is changed. Raises NetworkError after
        `timeout` seconds: a seat is not there, and what the others were told stays told. Once its time is over, it is
        taken back at the chain.
        """
        standing = self._standing()
        if standing is not Standing.OPEN:
            raise ArgumentProblem(f"job {self.number} has ended: {_WORDS[standing]}")
        if self._network.account.address != self.request.asker:
            raise ArgumentProblem(f"job {self.number} was asked by {self.request.asker}, who alone can take it back")
        try:
            Cancelling(self._network, self.request, self._seats).until_ended(lambda: self.done, timeout)
        finally:
            self._network.rest()
        if self._standing() in SETTLED:
            raise CallRefused(f"job {self.number} was answered first: nothing is taken back", hint="see job.result()")

    def __repr__(self) -> str:
        return f"<job {self.number}: {self.function or 'a question'}, {self._words()}>"

    def _repr_html_(self) -> str:
        rows = [("job", str(self.number)), ("function", self.function), ("standing", self._words())]
        rows += [("rows", report.sentence()) for report in self.tables.values()]
        rows.append(("deadline", datetime.fromtimestamp(self.request.deadline, UTC).strftime("%Y-%m-%d %H:%M:%SZ")))
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
        return f"<table>{cells}</table>"

    def _words(self) -> str:
        """How it stands, for people; never raises, since it is what a debugger prints."""
        try:
            standing = self._standing()
            if standing in SETTLED:
                some = "" if standing is Standing.SETTLED else ", signed by some of its seats only"
                return f"settled for {self.cost / 10**18:.6f} ether{some}"
            told = self._how_far() if standing is Standing.OPEN else None
        except EnigmaError as error:
            return f"the chain does not say: {error.message}"
        return _WORDS[standing] if told is None else str(_step(told))

    # ------------------------------------------------------------ waiting

    def _opened(self, timeout: float | None = None, progress: Callable[[dict[str, Any]], None] | None = None) -> Answer:
        if self._answer is None:
            self._wait(timeout, progress)
            standing = self._standing()
            if standing is Standing.REFUSED:
                raise CallRefused(self._reason())
            if standing not in SETTLED:
                raise NetworkError(
                    f"job {self.number} was not answered in time: {self._waits()}",
                    hint="what was reserved for it is back in your account; ask again",
                )
            settled = self._event("Settled")
            if settled is None:
                raise ProtocolError(f"job {self.number} is settled, and no event says with what")
            reading = Reading(self._network, self._contract.seats, self._seats)
            self._answer = reading.answer(self.request, bytes(settled["result"]))
        if self._answer.refusal:
            raise CallRefused(self._answer.refusal)
        return self._answer

    def _wait(self, timeout: float | None, progress: Callable[[dict[str, Any]], None] | None) -> None:
        until = None if timeout is None else time.monotonic() + timeout
        last: dict[str, Any] = {}
        while not self.done:
            told = self._how_far()
            if told is not None and told != last:
                last = told
                self._network.told(_step(told))
                if progress is not None:
                    progress(told)
            if until is not None and time.monotonic() > until:
                raise NetworkError(
                    f"job {self.number} has not ended after {timeout:g} s: {self._waits()}",
                    hint="it goes on: ask for result() again",
                )
            time.sleep(LOOK_EVERY)

    # ------------------------------------------------------------ the chain

    def _standing(self) -> Standing:
        found = self._network.jobs.job(self.number)
        return Standing.NONE if found is None else found.standing

    def _event(self, name: str) -> dict[str, Any] | None:
        if name not in self._told:
            jobs = self._network.jobs
            reader = EventReader(self._network.connection, jobs.address, jobs.abi, start=self._block, names=[name])
            found = next((e.values for e in reader.read() if e.values["job"] == self.number), None)
            if found is None:
                return None
            self._told[name] = found
        return self._told[name]

    # ------------------------------------------------------------ the seats

    def _how_far(self) -> dict[str, Any] | None:
        for node in self._seats:
            try:
                return self._network.seat(node).job(self.number)
            except EnigmaError:
                continue  # it has not heard of it yet, or is not there: another one tells as well
        return None

    def _waits(self) -> str:
        told = self._how_far()
        if told is None:
            return f"none of its nodes answers: {', '.join(self._seats)}"
        return f"{told['doing']}; {told['problem'] or 'no problem'}"

    def _reason(self) -> str:
        refused = self._event("Refused")
        wanted = b"" if refused is None else bytes(refused["reason"])
        until = time.monotonic() + self._network.patience.hearing
        while time.monotonic() < until:
            for node in self._seats:
                try:
                    reason = str(self._network.seat(node).job(self.number)["reason"])
                except EnigmaError:
                    continue
                if hmac.compare_digest(hashlib.sha256(reason.encode()).digest(), wanted):
                    return reason
            time.sleep(LOOK_EVERY)  # a seat that has not heard of its own refusal yet does not say why
        return "the seats refused it, and none of them can be reached to say why"


def _step(told: Mapping[str, Any]) -> Step:
    return Step(str(told["doing"]), int(told["done"]), int(told["total"]), "rounds")
