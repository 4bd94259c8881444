"""A question's inputs on their way to all seats at once: each seat its own part, from where an earlier try ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from enigma.client.progress import Step, Told
from enigma.client.seat_api import SeatApi
from enigma.contract.calling.documents import EnclosedDocument
from enigma.errors import EnigmaError, NetworkError
from enigma.keys.account import Account
from enigma.sharing.contribution import Contribution

T = TypeVar("T")

SeatOf = Callable[[str, bool], SeatApi]
"""The port of a node; True: as the chain says now, though another was known before."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one question brings: its function, public arguments, contributions by parameter, encrypted documents."""

    contract: bytes
    function: str
    arguments: bytes
    contributions: Mapping[str, Contribution]
    documents: Sequence[EnclosedDocument] = ()


class Delivery:
    """Brings a parcel to the seats. Uploads run side by side, from one contribution in memory."""

    def __init__(self, seats: Sequence[str], seat_of: SeatOf, account: Account, told: Told) -> None:
        self._seats, self._seat_of, self._account, self._told = seats, seat_of, account, told
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._sent = self._total = 0

    def bring(self, parcel: Parcel) -> None:
        """Until every seat has all of its part.

        Raises `NetworkError` with every seat that does not answer, else what a seat says is wrong. What has arrived
        stays there for an hour: the same call again goes on. An interrupt stops all uploads after their present chunk.
        """
        with ThreadPoolExecutor(len(self._seats)) as threads:
            under_way = [threads.submit(self._bring, number, parcel) for number in range(len(self._seats))]
            try:
                problems = [each.exception() for each in under_way]
            except BaseException:
                self._stopped.set()
                raise
        self._raise([each for each in problems if each is not None])

    def _bring(self, number: int, parcel: Parcel) -> None:
        node = self._seats[number]

        def all_of_it(api: SeatApi) -> None:
            api.put_arguments(parcel.contract, parcel.function, parcel.arguments)
            uploads = {name: each.upload(number, api.node.listing.hpke) for name, each in parcel.contributions.items()}
            self._expect([each.sealed_bytes for each in uploads.values()] + [each.size for each in parcel.documents])
            for document in parcel.documents:
                for size in api.upload_ciphertext(parcel.contract, self._account, document):
                    self._count(size)
                    if self._stopped.is_set():
                        return
            for name, upload in uploads.items():
                commitment = parcel.contributions[name].commitment
                sent = api.upload(parcel.contract, parcel.function, name, commitment, self._account, upload)
                for size in sent:
                    self._count(size)
                    if self._stopped.is_set():
                        return

        try:
            reached(self._seat_of, node, all_of_it)
        except EnigmaError as error:
            error.args = (f"seat {number}: {error.message}",)
            error.message = f"seat {number}: {error.message}"
            raise

    def _expect(self, sizes: Iterable[int]) -> None:
        with self._lock:
            self._total += sum(sizes)

    def _count(self, size: int) -> None:
        with self._lock:
            self._sent += size
            self._told(Step(f"sending to {len(self._seats)} seats", min(self._sent, self._total), self._total, "bytes"))

    def _raise(self, problems: Sequence[BaseException]) -> None:
        for problem in problems:
            if not isinstance(problem, NetworkError):
                raise problem
        if len(problems) == 1:
            raise problems[0]
        if problems:
            said = "; ".join(each.message for each in problems if isinstance(each, NetworkError))
            raise NetworkError(
                said, hint="nothing was asked or paid; once they answer, the same call goes on where it was"
            ) from problems[0]


def reached(seat_of: SeatOf, node: str, ask: Callable[[SeatApi], T]) -> T:
    """Ask a node; where it does not answer, once more where the chain says that it is now."""
    known = seat_of(node, False)
    try:
        return ask(known)
    except NetworkError:
        fresh = seat_of(node, True)
        if fresh.node.listing == known.node.listing:
            raise
        return ask(fresh)
