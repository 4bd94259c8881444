"""A job: a question that is under way, and its answer once the chain has the receipt."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enigma.array.literals import Raw, decode
from enigma.chain.events import EventReader
from enigma.chain.jobs import Request, Standing
from enigma.chain.results import NOTHING, result_commitment, share_commitment, share_context
from enigma.contract.answers import SealedOutput, read_result
from enigma.contract.calling.results import SealedTo, in_python
from enigma.engine.families import FAMILIES
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, NetworkError, ProtocolError, WireError
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.client.contract import RemoteContract
    from enigma.client.network import Network

LOOK_EVERY = 0.2
LIMIT = 1 << 32
SETTLED = (Standing.SETTLED, Standing.PARTLY)


class Job:
    """One question. `result()` waits for the receipt, checks everything against the chain, and gives the answer."""

    def __init__(self, network: Network, contract: RemoteContract, request: Request, block: int) -> None:
        self._network, self._contract, self.request, self._block = network, contract, request, block
        self._seats = contract.seats
        self._events: dict[str, dict[str, Any]] = {}

    @property
    def number(self) -> int:
        """Its number on the chain."""
        return self.request.job

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._standing() is not Standing.OPEN

    @property
    def cost(self) -> int:
        """Wei that the job has cost; 0 while it is open, and where it was refused."""
        told = self._event("Settled")
        return 0 if told is None else int(told["cost"])

    @property
    def receipt(self) -> Mapping[str, Any] | None:
        """What the chain said when it was settled; None before."""
        return self._event("Settled")

    def progress(self) -> Iterator[dict[str, Any]]:
        """How far it is, in words and rounds, whenever that changes, until it has ended."""
        last: dict[str, Any] = {}
        while not self.done:
            told = self._told()
            if told is not None and told != last:
                last = told
                yield told
            time.sleep(LOOK_EVERY)

    def result(self, timeout: float | None = None, progress: Callable[[dict[str, Any]], None] | None = None) -> Any:
        """The answer. Raises `CallRefused` where the contract or the seats said no, NetworkError when time is up."""
        until = None if timeout is None else time.monotonic() + timeout
        last: dict[str, Any] = {}
        while not self.done:
            told = self._told() if progress is not None else None
            if progress is not None and told is not None and told != last:
                last = told
                progress(told)
            if until is not None and time.monotonic() > until:
                raise NetworkError(f"job {self.number} has not ended after {timeout:g} s: {self._waits()}")
            time.sleep(LOOK_EVERY)
        standing = self._standing()
        if standing is Standing.REFUSED:
            raise CallRefused(self._reason())
        if standing not in SETTLED:
            raise NetworkError(
                f"job {self.number} was not answered in time: {self._waits()}",
                hint="what was reserved for it is back in your account; ask again",
            )
        return self._opened()

    # ------------------------------------------------------------ the chain

    def _standing(self) -> Standing:
        found = self._network.jobs.job(self.number)
        return Standing.NONE if found is None else found.standing

    def _event(self, name: str) -> dict[str, Any] | None:
        """The values of the event by which the chain ended it, None where there is none of that name."""
        if name not in self._events:
            jobs = self._network.jobs
            reader = EventReader(self._network.connection, jobs.address, jobs.abi, start=self._block, names=[name])
            found = next((event.values for event in reader.read() if event.values["job"] == self.number), None)
            if found is None:
                return None
            self._events[name] = found
        return self._events[name]

    # ------------------------------------------------------------ the seats

    def _told(self) -> dict[str, Any] | None:
        for node in self._seats:
            try:
                return self._network.seat(node).job(self.number)
            except EnigmaError:
                continue  # it has not heard of it yet, or is not there: another one tells as well
        return None

    def _waits(self) -> str:
        told = self._told()
        return "no seat says how far it is" if told is None else f"{told['doing']}; {told['problem'] or 'no problem'}"

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
        return f"the seats refused job {self.number}, and none of them says why"

    def _opened(self) -> Any:
        """The answer, once every seat has said the same, and the chain's receipt commits to it."""
        settled = self._event("Settled")
        if settled is None:
            raise ProtocolError(f"job {self.number} is settled, and no event says with what")
        told = [self._said(node) for node in self._seats]
        first = told[0]
        if any(each != first for each in told):
            raise ProtocolError(f"the seats give different answers to job {self.number}")
        answer, commitments = bytes(first["answer"]), [[bytes(c) for c in each] for each in first["commitments"]]
        result = bytes(settled["result"])
        if result != NOTHING and not hmac.compare_digest(result, result_commitment(answer, commitments)):
            raise ProtocolError(f"the answer to job {self.number} is not the one that its receipt commits to")
        tree: Any = codec.decode(answer, limit=LIMIT)
        if "refused" in tree:
            raise CallRefused(str(tree["refused"]))
        return self._filled(read_result(tree["result"]), commitments)

    def _said(self, node: str) -> Any:
        """A seat's answer; one that has not heard of the receipt yet is given a moment."""
        until = time.monotonic() + self._network.patience.hearing
        while True:
            try:
                return self._network.seat(node).answer(self.number)
            except ArgumentProblem:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_EVERY)

    def _filled(self, result: Any, commitments: list[list[bytes]]) -> Any:
        own = self._network.address
        wanted = {each.slot.number: each for each in _sealed(result) if own in each.slot.to}
        raws = self._shares(wanted, commitments) if wanted else {}

        def seen(part: Any) -> Any:
            if isinstance(part, SealedOutput):
                if part.slot.number not in raws:
                    return SealedTo(part.slot.to)
                value = decode(raws[part.slot.number], part.slot.type)
                return value.item() if value.ndim == 0 else value
            if isinstance(part, (list, tuple)):
                return type(part)(seen(each) for each in part)
            if isinstance(part, dict):
                return {in_python(key): seen(each) for key, each in part.items()}
            return in_python(part)

        return seen(result)

    def _shares(self, wanted: Mapping[int, SealedOutput], commitments: list[list[bytes]]) -> dict[int, Raw]:
        """What is sealed to this account, put together from every seat's share, each as committed to."""
        from enigma.client.contract import FAMILY

        _, sharing = FAMILIES[FAMILY]
        held: dict[int, list[Raw]] = {number: [] for number in wanted}
        for seat, node in enumerate(self._seats):
            for number, sealed in self._network.seat(node).sealed(self.number, self._network.account.address):
                context = share_context(self.request.request, number, seat)
                share, salt = _pair(self._network.sealing.open(bytes(sealed), context), seat)
                if share_commitment(context, share, salt) != commitments[number][seat]:
                    raise ProtocolError(f"seat {seat} hands out another share of output {number} than it committed to")
                each = wanted[number]
                held[number].append(sharing.read_output(share, each.shape, each.slot.type.is_bool))
        return {number: sharing.reconstruct(parts) for number, parts in held.items()}


def _sealed(part: Any) -> Iterator[SealedOutput]:
    if isinstance(part, SealedOutput):
        yield part
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from _sealed(each)
    elif isinstance(part, dict):
        for each in part.values():
            yield from _sealed(each)


def _pair(octets: bytes, seat: int) -> tuple[bytes, bytes]:
    match codec.decode(octets, limit=LIMIT):
        case [bytes(share), bytes(salt)]:
            return share, salt
    raise WireError(f"seat {seat} sealed something else than a share and its salt")
