"""The answer to a settled job: fetched from its seats, held against the receipt, and opened as far as it is ours."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from enigma.array.literals import Raw, decode
from enigma.chain.jobs import Request
from enigma.chain.results import NOTHING, result_commitment, share_commitment, share_context
from enigma.client.delivering import reached
from enigma.client.documents import received
from enigma.client.seat_api import SeatApi
from enigma.contract.answers import SealedDocument, SealedOutput, read_result
from enigma.contract.calling.results import SealedTo, in_python
from enigma.engine.families import FAMILIES, FAMILY
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, NetworkError, ProtocolError, WireError
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.client.network import Network

T = TypeVar("T")

LIMIT = 1 << 32
LOOK_EVERY = 0.2
ENOUGH = 2
"""Seats that must say the same where a receipt commits to nothing: of these, one is honest."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job. `refusal` is why the contract said no after something had become known, else empty."""

    value: Any
    events: list[tuple[str, dict[str, Any]]]
    refusal: str


class Reading:
    """Fetches from the nodes that have the seats `now`, and those that had them `then`, when the job was asked."""

    def __init__(self, network: Network, now: Sequence[str], then: Sequence[str]) -> None:
        self._network = network
        self._seats = [tuple(dict.fromkeys(pair)) for pair in zip(now, then, strict=True)]

    def answer(self, request: Request, result: bytes) -> Answer:
        """The answer to which a receipt's `result` commits. Raises `ProtocolError` where no seat has that."""
        octets, commitments = self._agreed(request.job, result)
        tree: Any = codec.decode(octets, limit=LIMIT)
        if "refused" in tree:
            return Answer(None, [], str(tree["refused"]))
        filled = self._filled(read_result(tree["result"]), request, commitments)
        events = [(str(name), in_python(read_result(values))) for name, values in tree["events"]]
        return Answer(filled, events, "")

    def _agreed(self, job: int, result: bytes) -> tuple[bytes, list[list[bytes]]]:
        """The answer's octets, and the commitments to sealed outputs."""
        said: list[tuple[bytes, list[list[bytes]]]] = []
        problems: list[EnigmaError] = []
        wrong = 0
        for number in range(len(self._seats)):
            try:
                found = self._of_seat(number, lambda api: _read(api.answer(job)))
            except EnigmaError as problem:
                problems.append(problem)
                continue
            if result == NOTHING:
                said.append(found)
            elif hmac.compare_digest(result, result_commitment(*found)):
                return found
            else:
                wrong += 1
        if wrong:
            raise ProtocolError(f"the answers of {wrong} seats to job {job} are not what its receipt commits to")
        if any(each != said[0] for each in said):
            raise ProtocolError(f"the seats give different answers to job {job}")
        refusals = [problem for problem in problems if isinstance(problem, CallRefused)]
        if len(refusals) >= ENOUGH:
            raise refusals[0]
        if len(said) < ENOUGH:
            raise NetworkError(
                f"job {job} is settled, and too few of its seats tell the answer: {problems[0].message}",
                hint="the answer stays with them: ask for result() again when they are there",
            )
        return said[0]

    def _of_seat(self, number: int, ask: Callable[[SeatApi], T], *, needed: bool = False) -> T:
        """Ask the node of a seat; one that has not heard of the receipt yet is given a moment.

        `needed`: no other seat has it, so that one that does not answer is given it too: it may begin anew.
        """
        until = time.monotonic() + self._network.patience.hearing
        while True:
            problems: list[EnigmaError] = []
            for node in self._seats[number]:
                try:
                    return reached(self._network.seat, node, ask)
                except (ArgumentProblem, NetworkError) as problem:
                    problems.append(problem)
            # A node that does not answer may be down for long; one that answers will know soon.
            waiting = [each for each in problems if needed or isinstance(each, ArgumentProblem)]
            if not waiting or time.monotonic() > until:
                raise (waiting or problems)[0]
            time.sleep(LOOK_EVERY)

    # ------------------------------------------------------------ what is sealed

    def _filled(self, result: Any, request: Request, commitments: list[list[bytes]]) -> Any:
        own = self._network.address
        wanted = {each.slot.number: each for each in _sealed(result) if own in each.slot.to}
        raws = self._shares(request, wanted, commitments) if wanted else {}

        def seen(part: Any) -> Any:
            if isinstance(part, SealedOutput):
                if part.slot.number not in raws:
                    return SealedTo(part.slot.to)
                value = decode(raws[part.slot.number], part.slot.type)
                return value.item() if value.ndim == 0 else value
            if isinstance(part, SealedDocument):
                slot = part.key.slot
                if slot.number not in raws:
                    return SealedTo(slot.to)
                nodes = dict.fromkeys(node for pair in self._seats for node in pair)
                return received(part, raws[slot.number], nodes, self._network.seat)
            if isinstance(part, (list, tuple)):
                return type(part)(seen(each) for each in part)
            if isinstance(part, dict):
                return {in_python(key): seen(each) for key, each in part.items()}
            return in_python(part)

        return seen(result)

    def _shares(
        self, request: Request, wanted: Mapping[int, SealedOutput], commitments: list[list[bytes]]
    ) -> dict[int, Raw]:
        """What is sealed to this account, put together from every seat's share, each as committed to."""
        _, sharing = FAMILIES[FAMILY]
        held: dict[int, list[Raw]] = {number: [] for number in wanted}
        for seat in range(len(self._seats)):
            told = self._of_seat(seat, lambda api: api.sealed(request.job, self._network.account.address), needed=True)
            for number, sealed in told:
                if number not in wanted:
                    raise WireError(f"seat {seat} hands out an output {number} that is not for this account")
                context = share_context(request.request, number, seat)
                share, salt = _pair(self._network.sealing.open(bytes(sealed), context), seat)
                if share_commitment(context, share, salt) != commitments[number][seat]:
                    raise ProtocolError(f"seat {seat} hands out another share of output {number} than it committed to")
                each = wanted[number]
                held[number].append(sharing.read_output(share, each.shape, each.slot.type.is_bool))
        return {number: sharing.reconstruct(parts) for number, parts in held.items()}


def _read(tree: Any) -> tuple[bytes, list[list[bytes]]]:
    try:
        return bytes(tree["answer"]), [[bytes(c) for c in each] for each in tree["commitments"]]
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"not an answer to a job: {error!r}") from error


def _sealed(part: Any) -> Iterator[SealedOutput]:
    if isinstance(part, SealedOutput):
        yield part
    elif isinstance(part, SealedDocument):
        yield part.key
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
