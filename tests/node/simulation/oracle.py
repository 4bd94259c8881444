"""What must hold, found out from the chain's receipts, every seat's disk, and every signature that was ever given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from tests.node.simulation.chain import Chain
from tests.node.simulation.contract import CONTRACT, functions
from tests.node.simulation.people import Parcel, People
from tests.node.simulation.process import SEATS
from tests.node.simulation.rules import MAXIMUM, Asked
from tests.node.simulation.seat import Seat

from enigma.chain.jobs import Request, Standing
from enigma.chain.receipts import Receipt
from enigma.chain.results import NOTHING, result_commitment
from enigma.contract.answers import SealedOutput, read_result
from enigma.contract.keeping import decode
from enigma.engine.families import FAMILIES
from enigma.node.holdings import Pending
from enigma.wire import codec

LIMIT = 1 << 24
ENOUGH_TIME = 150
"""Seconds before its deadline that a job must have when everything is whole again, to be certain of its receipt."""


class Broken(AssertionError):
    """Something that must always hold does not."""


def want(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


@dataclass(frozen=True)
class Row:
    """A row that the contract holds; `place`: of the request that brought it, on the chain."""

    parcel: Parcel
    place: int

    def is_withdrawn(self, left: Sequence[tuple[str, int]], until: float = math.inf) -> bool:
        """Whether its owner withdrew after bringing it, and before `until`."""
        return any(owner == self.parcel.owner and self.place < at < until for owner, at in left)


class Oracle:
    """Of one world."""

    def __init__(self, chain: Chain, people: People, seats: Sequence[Seat]) -> None:
        self._chain, self._people, self._seats = chain, people, seats
        self._signed: dict[tuple[int, bytes], Mapping[str, Any]] = {}
        self._broken: Broken | None = None  # at a signature, where a handler of every error stands around it

    # ------------------------------------------------------------ when a seat signs

    def signed(self, seat: Seat, message: Mapping[str, Any]) -> None:
        """A signature leaves a seat: it is the only one of its request, and every disk holds what is signed."""
        try:
            self._want_rightly_signed(seat, message)
        except Broken as broken:
            self._broken = self._broken or broken

    def _want_rightly_signed(self, seat: Seat, message: Mapping[str, Any]) -> None:
        request, number = bytes(message["request"]), int(message["job"])
        before = self._signed.setdefault((seat.number, request), dict(message))
        want(before == dict(message), f"seat {seat.number} has signed two things of job {number}")
        want(
            seat.store.get("signed", request) is not None,
            f"seat {seat.number} signs job {number} before that is on disk",
        )
        mine = self._stored(seat, number, request)
        for other in self._seats:
            theirs = self._stored(other, number, request)
            want(
                theirs is not None and theirs == mine,
                f"seat {seat.number} signs job {number}, and seat {other.number} has not stored the same",
            )

    def _stored(self, seat: Seat, number: int, request: bytes) -> bytes | None:
        pending = seat.holdings.pending(CONTRACT, number)
        if pending is not None and pending.request == request:
            return pending.digest
        answer = seat.holdings.answer(number)
        return None if answer is None or answer.request != request else b"settled"

    # ------------------------------------------------------------ what follows from the receipts alone

    def settled(self) -> Iterator[tuple[Asked, Receipt]]:
        """The jobs with a receipt, in the order in which the chain took them."""
        for block in self._chain.blocks:
            for sent in block.sent:
                if sent.name == "settle" and not sent.refusal:
                    receipt = Receipt(*sent.args[0])
                    yield self._chain.kept.jobs[receipt.job], receipt

    def rows(self) -> list[Parcel]:
        """What the contract holds after the last receipt; raises where a contribution counts twice."""
        *_, (rows, _) = [([], None), *self._history()]
        return [row.parcel for row in rows]

    def _history(self) -> Iterator[tuple[list[Row], tuple[Asked, Receipt]]]:
        rows: list[Row] = []
        seen: set[bytes] = set()
        asked, left = self._places()
        for job, receipt in self.settled():
            rows = [row for row in rows if not row.is_withdrawn(left, asked[job.number])]
            want(job.signers == tuple(range(SEATS)), f"job {job.number} is settled, and not all seats have signed")
            if job.function == functions().add:
                (commitment,) = job.commitments
                want(commitment not in seen, f"the row of job {job.number} counts twice")
                seen.add(commitment)
                rows = [*rows, Row(self._people.asked[commitment], asked[job.number])]
            elif job.function == functions().leave:
                rows = [row for row in rows if row.parcel.owner != job.asker]
            yield rows, (job, receipt)

    def _places(self) -> tuple[dict[int, int], list[tuple[str, int]]]:
        """Where the chain has each job's request, and each owner's withdrawals."""
        asked: dict[int, int] = {}
        left = []
        taken = (sent for block in self._chain.blocks for sent in block.sent if not sent.refusal)
        for place, sent in enumerate(taken):
            if sent.name == "request":
                asked[len(asked) + 1] = place
            elif sent.name == "withdraw":
                left.append((sent.sender, place))
        return asked, left

    # ------------------------------------------------------------ what the disks hold

    def check(self) -> None:
        """All that must hold at every moment. Raises `Broken`."""
        if self._broken is not None:
            raise self._broken
        history = list(self._history())
        sums = {job.number: (sum(row.parcel.amount for row in rows), job, receipt) for rows, (job, receipt) in history}
        for seat in self._seats:
            want(
                seat.holdings.lost(CONTRACT) is None, f"seat {seat.number} does not know the contract's state any more"
            )
            for job in self._chain.kept.jobs.values():
                self._check_answer(seat, job, sums)
        if history:
            rows, (job, receipt) = history[-1]
            _, left = self._places()
            stay = {row.parcel.amount for row in rows if not row.is_withdrawn(left)}
            self._check_pieces(job, receipt, stay, {row.parcel.amount for row in rows})

    def answered(self, seat: Seat, number: int) -> bool:
        return seat.holdings.answer(number) is not None

    def _check_answer(self, seat: Seat, job: Asked, sums: Mapping[int, tuple[int, Asked, Receipt]]) -> None:
        answer = seat.holdings.answer(job.number)
        if answer is None:
            return
        want(job.number in sums, f"seat {seat.number} answers job {job.number}, which has no receipt")
        total, _, receipt = sums[job.number]
        found = answer.finding
        want(answer.request == job.request, f"seat {seat.number} answers another request than that of job {job.number}")
        says = result_commitment(found.answer, found.commitments)
        want(receipt.result in {says, NOTHING}, f"seat {seat.number} answers job {job.number} against its receipt")
        if job.function == functions().total:
            want(receipt.result == says, f"the result of job {job.number} is not on the chain")
            tree: Any = codec.decode(found.answer, limit=LIMIT)
            value, sealed = read_result(tree["result"])
            want(value == total, f"the sum of job {job.number} is {value}, and its rows give {total}")
            self._check_sealed(job, sealed, total)

    def _check_sealed(self, job: Asked, sealed: SealedOutput, total: int) -> None:
        """What the asker alone is told, once all seats have settled the job."""
        answers = [seat.holdings.answer(job.number) for seat in self._seats]
        shares = [each.finding.shares[sealed.slot.number].share for each in answers if each is not None]
        if len(shares) == SEATS:
            _, sharing = FAMILIES["replicated3"]
            told = int(np.asarray(sharing.reconstruct([sharing.read_output(each, (), False) for each in shares])))
            want(told == total, f"the asker of job {job.number} is told {told}, and its rows give {total}")

    def _check_pieces(self, job: Asked, receipt: Receipt, stay: set[int], may: set[int]) -> None:
        """Of the state after the last receipt, any two seats have all pieces, but of what was withdrawn since."""
        held = []
        for seat in self._seats:
            found = self._state_after(seat, job, receipt)
            want(found is not None, f"seat {seat.number} has not what job {job.number} left")
            assert found is not None
            held.append(found)
        for one, other in combinations(range(SEATS), 2):
            indices = sorted(held[one].keys() & held[other].keys())
            there = [_value({one: held[one][index], other: held[other][index]}) for index in indices]
            want(
                stay <= set(there) <= may and len(there) == len(set(there)),
                f"seats {one} and {other} hold {there} after job {job.number}, not {stay}",
            )

    def _state_after(self, seat: Seat, job: Asked, receipt: Receipt) -> dict[int, bytes] | None:
        """A seat's pieces by index, as a settled job left them: settled here too, or still to be heard of.

        None where it has not stored what the job left.
        """
        holdings = seat.holdings
        standing = holdings.standing(CONTRACT)
        state, places = standing.state, dict(standing.places)
        if holdings.answer(job.number) is None:
            chain: list[Pending] = []
            for each, _ in self.settled():
                if holdings.answer(each.number) is None:
                    pending = holdings.pending(CONTRACT, each.number)
                    if pending is None or pending.request != each.request:
                        return None
                    chain.append(pending)
            for pending in chain:
                places |= {**pending.own, **pending.places}
                state = pending.finding.state
        wanted = decode(state).stored() if state else set()
        pieces = {index: seat.store.get("pieces", places[index]) for index in wanted if index in places}
        return {index: octets for index, octets in pieces.items() if octets is not None}

    # ------------------------------------------------------------ what is owed once everything is whole

    def due(self, now: int) -> list[bytes]:
        """Requests that must be settled or refused: nothing that they need is missing, and there is time left."""
        used = {commitment for job, _ in self.settled() for commitment in job.commitments}
        found = []
        for job in self._chain.kept.jobs.values():
            if job.standing is not Standing.OPEN or job.deadline < now + ENOUGH_TIME:
                continue
            if any(commitment in used for commitment in job.commitments) or not self._has_inputs(job):
                continue
            used.update(job.commitments)
            found.append(job.request)
        return found

    def _has_inputs(self, job: Asked) -> bool:
        """Whether every seat still has what this very request brings."""
        request = Request(
            job.number, CONTRACT, job.asker, job.function, job.arguments, job.commitments, MAXIMUM, job.deadline,
            job.request,
        )  # fmt: skip
        return all(
            seat.holdings.upload(name) is not None and seat.store.get("claims", name) in {None, job.request}
            for seat in self._seats
            for name in seat.inbox.uploads_of(request)
        )

    def want_settled(self, requests: list[bytes]) -> None:
        ended = {job.request: job for job in self._chain.kept.jobs.values()}
        for request in requests:
            job = ended.get(request)
            if job is not None:
                told = [(found.state, found.problem) for seat in self._seats if (found := seat.docket.get(job.number))]
                want(
                    job.standing in {Standing.SETTLED, Standing.REFUSED},
                    f"job {job.number} is {job.standing.name}, though all was whole and it had time: {told}",
                )


def _value(held: Mapping[int, bytes]) -> int:
    """One amount from the pieces of two seats."""
    _, sharing = FAMILIES["replicated3"]
    half = len(next(iter(held.values()))) // 2
    pieces: dict[int, bytes] = {}
    for seat, octets in held.items():
        for number, piece in zip(sharing.held_by(seat), (octets[:half], octets[half:]), strict=True):
            want(pieces.setdefault(number, piece) == piece, f"copies of piece {number} differ")
    all_of_them = [
        sharing.read_output(b"".join(pieces[number] for number in sharing.held_by(seat)), (1,), False)
        for seat in range(SEATS)
    ]
    (value,) = np.asarray(sharing.reconstruct(all_of_them)).tolist()
    return int(value)
