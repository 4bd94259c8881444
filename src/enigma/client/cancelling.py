"""Taking a question back: the asker's signature, brought to every seat until the chain has the question's end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from enigma.chain.events import EventReader
from enigma.chain.jobs import Request, Standing
from enigma.errors import ArgumentProblem, CallRefused, ChainRefused, EnigmaError, NetworkError
from enigma.keys.cancelling import sign_cancellation

if TYPE_CHECKING:
    from enigma.client.network import Network

LOOK_EVERY = 0.2


def cancel(network: Network, number: int, timeout: float | None = None) -> None:
    """Take a question of this account back, by its number; nothing of its contract need be known. See `Job.cancel`."""
    found = network.jobs.job(number)
    if found is None:
        raise ArgumentProblem(f"nobody has asked a job {number} on this network", hint="enigma jobs lists them")
    if found.standing is not Standing.OPEN:
        raise ArgumentProblem(f"job {number} has ended: {found.standing.name.lower()}")
    if found.asker != network.account.address:
        raise ArgumentProblem(f"job {number} was asked by {found.asker}, who alone can take it back")
    first = network.controllers.first_block
    reader = EventReader(network.connection, network.jobs.address, network.jobs.abi, start=first, names=["Requested"])
    event = next(each for each in reader.read() if each.values["job"] == number)
    published = network.committees.published(found.contract)
    seats = () if published is None else published.seats

    def standing() -> Standing:
        now = network.jobs.job(number)
        return Standing.NONE if now is None else now.standing

    ending = Cancelling(network, network.jobs.request_of(event), seats)
    ending.until_ended(lambda: standing() is not Standing.OPEN, timeout)
    if standing() in (Standing.SETTLED, Standing.PARTLY):
        raise CallRefused(f"job {number} was answered first: nothing is taken back", hint="see job.result()")


class Cancelling:
    """Of one request. `told` has what each seat said: whether it took it, else why not."""

    def __init__(self, network: Network, request: Request, seats: Sequence[str]) -> None:
        self._network, self._request, self._seats = network, request, seats
        self._signature = sign_cancellation(
            network.account, network.connection.chain_id,
            contract=request.contract, job=request.job, request=request.request,
        )  # fmt: skip
        self.told: dict[str, str] = {}
        self._took: set[str] = set()

    def until_ended(self, done: Callable[[], bool], timeout: float | None) -> None:
        """Tell all seats, again those that did not answer, until `done`. Raises NetworkError when time is up."""
        until = None if timeout is None else time.monotonic() + timeout
        while not done():
            for node in self._seats:
                if node not in self._took:
                    self._tell(node)
            if self._network.connection.head().timestamp > self._request.deadline:
                self._expire(done)
                return
            if until is not None and time.monotonic() > until:
                said = "; ".join(f"{node}: {words}" for node, words in self.told.items())
                raise NetworkError(
                    f"job {self._request.job} is not taken back yet: {said}",
                    hint="it goes on when all seats are there; after its deadline, call cancel() again",
                )
            time.sleep(LOOK_EVERY)

    def _tell(self, node: str) -> None:
        try:
            told = self._network.seat(node).cancel(self._request.job, self._signature)
        except EnigmaError as error:
            self.told[node] = error.message
            return
        # One that says no will not say otherwise later: the chain will have the answer.
        self._took.add(node)
        self.told[node] = "has stopped" if told.get("taken") is True else str(told.get("why", ""))[:200]

    def _expire(self, done: Callable[[], bool]) -> None:
        try:
            self._network.jobs.expire(self._request.job)
        except ChainRefused:
            if not done():  # else somebody else was faster
                raise
