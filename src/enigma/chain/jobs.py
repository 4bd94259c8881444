"""The controller Jobs, typed: accounts, requests, receipts, and what a lie costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from enigma.chain.answers import Log
from enigma.chain.answers import Receipt as Mined
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.connection import At
from enigma.chain.controller import Controller
from enigma.chain.events import Event
from enigma.chain.receipts import Receipt, gathered, inputs_of, outcome_hash, request_hash, seats_in
from enigma.errors import ArgumentProblem, LyingNode

ENDLESS = 2**64 - 1  # jobs that an allowance can count


class Standing(IntEnum):
    """What became of a job."""

    NONE = 0
    OPEN = 1
    SETTLED = 2
    PARTLY = 3  # settled; seats that have not signed may still do so
    REFUSED = 4
    EXPIRED = 5


@dataclass(frozen=True, slots=True)
class Terms:
    """The controller's constants.

    `minimum` is the balance in wei below which an account cannot ask; `patience` and `idle` are seconds; `bond` is what
    a challenge costs in wei; `lie` and `silence` are the parts of a deposit, in 1/10000, that fall.
    """

    minimum: int
    patience: int
    idle: int
    bond: int
    lie: int
    silence: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the chain keeps it: `maximum` in wei, `deadline` in seconds since 1970, `request` binds the question."""

    number: int
    contract: bytes
    request: bytes
    asker: str
    maximum: int
    deadline: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Request:
    """A question as its event tells it. `commitments` are to the private arguments, 32 bytes each."""

    job: int
    contract: bytes
    asker: str
    function: bytes
    arguments: bytes
    commitments: tuple[bytes, ...]
    maximum: int
    deadline: int
    request: bytes

    @property
    def inputs(self) -> bytes:
        """What a receipt says of the commitments."""
        return inputs_of(self.commitments)

    def receipt(
        self,
        *,
        programs: bytes,
        state_before: bytes,
        state_after: bytes,
        result: bytes,
        rounds: int,
        operations: int,
        changes: int = 0,
        outcome: bytes = b"",
    ) -> Receipt:
        """The receipt of this job, for the seats to sign; `outcome` is what the public half will be told."""
        return Receipt(
            contract=self.contract,
            job=self.job,
            request=self.request,
            function=self.function,
            programs=programs,
            arguments=self.arguments,
            inputs=self.inputs,
            state_before=state_before,
            state_after=state_after,
            changes=changes,
            outcome=outcome_hash(outcome),
            result=result,
            rounds=rounds,
            operations=operations,
        )


@dataclass(frozen=True, slots=True)
class Health:
    """How a contract stands: open and settled jobs, sleeping seats, the time of its last receipt, can it be asked."""

    open: int
    settled: int
    asleep: tuple[int, ...]
    last: int
    blocked: bool


class Jobs(Controller):
    """Accounts, requests, receipts and penalties."""

    NAME: ClassVar[str] = "Jobs"

    # ------------------------------------------------------------ an asker

    def fund(self, amount: int) -> Mined:
        """Pay wei into the sender's account."""
        return self.send("fund", value=amount)

    def withdraw(self, amount: int) -> Mined:
        """Take wei back. What open jobs reserve is not in the account."""
        return self.send("withdraw", amount)

    def allow(self, contract: bytes, maximum: int, jobs: int = ENDLESS) -> Mined:
        """Let a contract's public half ask in the sender's name: at most `maximum` wei each (whole gwei), so often."""
        return self.send("allow", contract, maximum, jobs)

    def request(self, function: bytes, arguments: bytes, commitments: Sequence[bytes], asker: str) -> Request:
        """Ask, where the sender itself stands for a contract's public half; others call the public half."""
        return self.requests_in(self.send("request", function, arguments, list(commitments), asker))[0]

    # ------------------------------------------------------------ the seats, or anybody for them

    def settle(self, receipt: Receipt, signatures: Mapping[int, bytes], outcome: bytes = b"") -> Mined:
        """Hand in a receipt with its seats' signatures, and what the public half is told: at most 4096 bytes."""
        return self.send("settle", receipt.fields(), *gathered(signatures), outcome)

    def sign_late(self, job: int, seat: int, signature: bytes) -> Mined:
        """Add the signature of a seat that was left out, within the controller's patience."""
        return self.send("sign_late", job, seat, signature)

    def close(self, job: int) -> Mined:
        """Give back what was kept for seats that never signed."""
        return self.send("close", job)

    def refuse(self, job: int, reason: bytes, signatures: Mapping[int, bytes]) -> Mined:
        """Hand in a quorum's word that a job cannot be run: its asker gets everything back."""
        return self.send("refuse", job, reason, *gathered(signatures))

    def expire(self, job: int) -> Mined:
        """End a job whose deadline has passed: its asker gets everything back, the seats sleep until they wake."""
        return self.send("expire", job)

    def wake(self, contract: bytes, seat: int) -> Mined:
        """Say that a seat is there again; sent by its node or operator."""
        return self.send("wake", contract, seat)

    def collect(self, node: str) -> Mined:
        """Pay what a node earned to its operator, who sends this."""
        return self.send("collect", node)

    def move(
        self, contract: bytes, seat: int, node: str, pieces: bytes, consent: bytes, signatures: Mapping[int, bytes]
    ) -> Mined:
        """Give a seat to another node: its consent, and a quorum's signatures."""
        return self.send("move", contract, seat, node, pieces, consent, *gathered(signatures))

    def retire(self, contract: bytes) -> Mined:
        """End a contract that has been idle for long, and free its seats."""
        return self.send("retire", contract)

    # ------------------------------------------------------------ proofs

    def contradiction(self, node: str, a: Receipt, signature_a: bytes, b: Receipt, signature_b: bytes) -> Mined:
        """Show two receipts that a node signed for one request and state."""
        return self.send("contradiction", node, a.fields(), signature_a, b.fields(), signature_b)

    def challenge(self, job: int, seat: int, message: bytes) -> Mined:
        """Name the message that a seat owes, for the bond; sent by the asker or another seat's node."""
        return self.send("challenge", job, seat, message, value=self.terms().bond)

    def answer(self, job: int, node: str, sealed: bytes) -> Mined:
        """Give the message, sealed to its receiver, for all to see; at most 4096 bytes."""
        return self.send("answer", job, node, sealed)

    def unanswered(self, job: int, node: str) -> Mined:
        """Say that the time for an answer has passed."""
        return self.send("unanswered", job, node)

    # ------------------------------------------------------------ what the chain says

    def terms(self) -> Terms:
        """The constants set at deployment."""
        return Terms(*self.read("terms"))

    def count(self, *, at: At = "latest") -> int:
        """How many jobs were ever asked; they are numbered from 1."""
        return int(self.read("jobs_count", at=at))

    def job(self, number: int, *, at: At = "latest") -> Job | None:
        """A job, None where there is none of that number."""
        contract, request, asker, maximum, deadline, standing = self.read("job", number, at=at)
        if standing == Standing.NONE:
            return None
        return Job(number, contract, request, asker, maximum, deadline, Standing(standing))

    def balance(self, account: str, *, at: At = "latest") -> int:
        """Wei of an account that no open job reserves."""
        return int(self.read("balances", account, at=at))

    def earned(self, node: str, *, at: At = "latest") -> int:
        """Wei that wait for a node's operator."""
        return int(self.read("earned", node, at=at))

    def allowance(self, account: str, contract: bytes, *, at: At = "latest") -> tuple[int, int]:
        """What an account allows a contract: wei for a job, and how many more jobs."""
        maximum, jobs = self.read("allowance", account, contract, at=at)
        return int(maximum), int(jobs)

    def state(self, contract: bytes, *, at: At = "latest") -> bytes:
        """The hash of a contract's state; 32 zero bytes before its first receipt."""
        return bytes(self.read("states", contract, at=at))

    def health(self, contract: bytes, *, at: At = "latest") -> Health:
        """How a contract stands."""
        opened, settled, asleep, last, blocked = self.read("standing", contract, at=at)
        return Health(opened, settled, seats_in(asleep), last, blocked)

    def moves(self, contract: bytes, *, at: At = "latest") -> int:
        """How often a seat of the contract has moved: what the next move's signatures name."""
        return int(self.read("moves", contract, at=at))

    # ------------------------------------------------------------ events

    def requests_in(self, mined: Mined) -> list[Request]:
        """The questions that a transaction asked, also through a public half."""
        found = [log for log in mined.logs if log.address.lower() == self.address.lower()]
        return [self.requested(log) for log in found if log.topics[0] == event_topic(self._event("Requested"))]

    def requested(self, log: Log) -> Request:
        """A question from its event. Raises LyingNode where its parts do not give its hash."""
        entry = self._event("Requested")
        if not log.topics or log.topics[0] != event_topic(entry):
            raise ArgumentProblem("this log is no event Requested")
        return self._bound(decode_event(entry, log.topics, log.data))

    def request_of(self, event: Event) -> Request:
        """The same from an event that a reader has delivered."""
        if event.name != "Requested" or event.address != self.address:
            raise ArgumentProblem("this event is no Requested of this controller")
        return self._bound(event.values)

    def _bound(self, told: dict[str, Any]) -> Request:
        found = Request(**{**told, "commitments": tuple(told["commitments"])})
        bound = request_hash(
            found.contract,
            found.job,
            found.function,
            found.arguments,
            found.inputs,
            found.asker,
            found.maximum,
            found.deadline,
        )
        if bound != found.request:
            raise LyingNode(f"{self.connection.url}: the parts of job {found.job} are not those that its hash binds")
        return found

    def _event(self, name: str) -> dict[str, Any]:
        return next(entry for entry in self.abi if entry["type"] == "event" and entry["name"] == name)
