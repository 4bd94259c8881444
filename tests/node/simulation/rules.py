"""What the chain keeps of one private contract and its jobs, and how each transaction changes it: a plain model.

The rules are those of `enigma/chain/controllers/Jobs.vy`, without money. `apply` gives the events, or raises
`ChainRefused` with the controller's reason and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enigma.chain.jobs import Standing
from enigma.chain.receipts import (
    Domain,
    Receipt,
    check_refusal,
    inputs_of,
    outcome_hash,
    request_hash,
    seats_in,
)
from enigma.errors import ChainRefused, ProtocolError

Said = tuple[str, str, dict[str, Any]]
"""(controller, event, values)."""

MAXIMUM = 10**18


@dataclass(frozen=True)
class Asked:
    """A job as the chain keeps it."""

    number: int
    request: bytes
    function: bytes
    arguments: bytes
    commitments: tuple[bytes, ...]
    asker: str
    deadline: int
    standing: Standing = Standing.OPEN
    receipt: Receipt | None = None
    signers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What is fixed when the contract is published."""

    contract: bytes
    seats: tuple[str, ...]
    quorum: int
    term: int
    domain: Domain


@dataclass
class Kept:
    """The state after a block."""

    jobs: dict[int, Asked] = field(default_factory=dict)
    state: bytes = bytes(32)
    asleep: frozenset[int] = frozenset()

    def copy(self) -> Kept:
        return Kept(dict(self.jobs), self.state, self.asleep)


def apply(terms: Terms, kept: Kept, time: int, sender: str, name: str, args: Sequence[Any]) -> list[Said]:
    """One transaction."""
    step: Callable[..., list[Said]] = _STEPS[name]
    return step(terms, kept, time, sender, *args)


def _want(holds: bool, reason: str) -> None:
    if not holds:
        raise ChainRefused(reason, doing="a transaction")


def _request(
    terms: Terms, kept: Kept, time: int, sender: str, function: bytes, arguments: bytes, commitments: Sequence[bytes]
) -> list[Said]:
    awake = len(terms.seats) - len(kept.asleep)
    _want(awake >= terms.quorum, "too many seats are asleep: wake or replace them")
    number, deadline = len(kept.jobs) + 1, time + terms.term
    bound = request_hash(
        terms.contract, number, function, arguments, inputs_of(commitments), sender, MAXIMUM, deadline
    )  # fmt: skip
    kept.jobs[number] = Asked(number, bound, function, arguments, tuple(commitments), sender, deadline)
    told = {
        "job": number, "contract": terms.contract, "asker": sender, "function": function, "arguments": arguments,
        "commitments": list(commitments), "maximum": MAXIMUM, "deadline": deadline, "request": bound,
    }  # fmt: skip
    return [("Jobs", "Requested", told)]


def _running(kept: Kept, number: int) -> Asked:
    found = kept.jobs.get(number)
    if found is None or found.standing is not Standing.OPEN:
        raise ChainRefused("this job is not open", doing="a transaction")
    return found


def _settle(
    terms: Terms,
    kept: Kept,
    time: int,
    sender: str,
    fields: tuple[Any, ...],
    bits: int,
    signed: Sequence[bytes],
    outcome: bytes,
) -> list[Said]:
    receipt = Receipt(*fields)
    found = _running(kept, receipt.job)
    _want(receipt.contract == terms.contract, "this job is another contract's")
    _want(time <= found.deadline, "the deadline has passed")
    _want(receipt.request == found.request, "this receipt answers another request")
    whole = (receipt.function, receipt.arguments, receipt.inputs)
    _want(whole == (found.function, found.arguments, inputs_of(found.commitments)), "not those of the request")
    _want(receipt.state_before == kept.state, "the contract is in another state")
    _want(receipt.outcome == outcome_hash(outcome), "another outcome was signed")
    signers = seats_in(bits)
    _want_signed(terms, signers, signed, lambda node, each: receipt.check_signed(terms.domain, node, each))
    standing = Standing.SETTLED if len(signers) == len(terms.seats) else Standing.PARTLY
    kept.jobs[receipt.job] = replace(found, standing=standing, receipt=receipt, signers=signers)
    kept.state = receipt.state_after
    told = {
        "job": receipt.job, "contract": terms.contract, "receipt": receipt.hashed(), "state": receipt.state_after,
        "result": receipt.result, "seats": bits, "cost": 0,
    }  # fmt: skip
    return [("Jobs", "Settled", told)]


def _refuse(
    terms: Terms, kept: Kept, time: int, sender: str, number: int, reason: bytes, bits: int, signed: Sequence[bytes]
) -> list[Said]:
    found, signers = _running(kept, number), seats_in(bits)

    def check(node: str, signature: bytes) -> None:
        check_refusal(terms.domain, node, terms.contract, number, found.request, reason, signature)

    _want_signed(terms, signers, signed, check)
    kept.jobs[number] = replace(found, standing=Standing.REFUSED, signers=signers)
    return [("Jobs", "Refused", {"job": number, "reason": reason})]


def _want_signed(
    terms: Terms, signers: Sequence[int], signed: Sequence[bytes], check: Callable[[str, bytes], None]
) -> None:
    _want(len(signers) >= terms.quorum and len(signers) == len(signed), "too few seats have signed")
    for seat, signature in zip(signers, signed, strict=True):
        try:
            check(terms.seats[seat], signature)
        except ProtocolError as error:
            raise ChainRefused("a signature is not the seat's", doing="a transaction") from error


def _expire(terms: Terms, kept: Kept, time: int, sender: str, number: int) -> list[Said]:
    found = _running(kept, number)
    _want(time > found.deadline, "the deadline has not passed")
    kept.jobs[number] = replace(found, standing=Standing.EXPIRED)
    kept.asleep = frozenset(range(len(terms.seats)))
    return [("Jobs", "Expired", {"job": number})]


def _wake(terms: Terms, kept: Kept, time: int, sender: str, contract: bytes, seat: int) -> list[Said]:
    _want(sender == terms.seats[seat], "only the seat's node may wake it")
    kept.asleep -= {seat}
    return []


def _publish(terms: Terms, kept: Kept, time: int, sender: str, half: str, source: bytes) -> list[Said]:
    published = {
        "contract": terms.contract, "publisher": sender, "public_half": half, "source": source,
        "seats": len(terms.seats), "quorum": terms.quorum, "terms": (1, 1, 1, terms.term),
    }  # fmt: skip
    seated = {"contract": terms.contract, "nodes": list(terms.seats)}
    return [("Committees", "Published", published), ("Committees", "Seated", seated)]


def _grant(terms: Terms, kept: Kept, time: int, sender: str, who: str, until: int, uses: int) -> list[Said]:
    told = {"owner": sender, "contract_id": terms.contract, "who": who, "function_id": bytes(4), "by": sender}
    if not uses:
        return [("Identities", "Revoked", told)]
    return [("Identities", "Granted", {**told, "until": until, "uses": uses})]


def _withdraw(terms: Terms, kept: Kept, time: int, sender: str) -> list[Said]:
    return [("Identities", "Withdrawn", {"owner": sender, "contract_id": terms.contract, "by": sender})]


_STEPS: dict[str, Callable[..., list[Said]]] = {
    "request": _request, "settle": _settle, "refuse": _refuse, "expire": _expire, "wake": _wake, "publish": _publish,
    "grant": _grant, "withdraw": _withdraw,
}  # fmt: skip
