"""What owners have withdrawn: what a job may not compute on any more, and what this node deletes, and signs for.

One rule decides both, from the chain alone: a withdrawal takes what its owner brought by jobs asked before it, and
counts for every job asked after it. A job that was asked before, and has not ended, still computes with it; so the
pieces are deleted when no such job is left, at the latest when its deadline has passed. See `enigma.chain.consent`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from enigma.chain.consent import Consent
from enigma.chain.deletions import Deletion, Withdrawal
from enigma.chain.events import Event
from enigma.chain.receipts import Domain
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.keeping import Gone, decode, encode, without
from enigma.errors import ArgumentProblem, ChainProblem, StoreProblem
from enigma.keys.account import Account
from enigma.node.arrivals import LIMIT
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.numbering import first_contributed, job_of, was_contributed
from enigma.node.logs import event as log
from enigma.node.logs import words_of
from enigma.node.states import ENDED, JobState
from enigma.node.transcripts import forget
from enigma.storage import Store
from enigma.wire import Tree, codec

_WITHDRAWALS = "withdrawals"
Answer = TypeVar("Answer")


class Ask(Protocol):
    """Puts a question to what is known of owners and their grants."""

    def __call__(self, question: Callable[[Consent], Answer], /) -> Answer:
        """What it answers."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A withdrawal, and how far this node is with it: `deleted` (pieces, octets, time), then signed."""

    withdrawal: Withdrawal
    deleted: tuple[int, int, int] | None = None
    signature: bytes | None = None


def remaining(state: bytes, job: int, ask: Ask) -> bytes:
    """The state that a job starts from: the contract's, without what was withdrawn before the job was asked."""
    return _left_of(state, ask(lambda consent: _gone(consent.withdrawn_before(job)))) if state else state


def _left_of(state: bytes, gone: Gone) -> bytes:
    return encode(without(decode(state), gone))


def _gone(left: Callable[[str | None, int], bool]) -> Gone:
    from eth_utils.address import to_checksum_address

    def gone(index: int, owner: Address | None) -> bool:
        job = job_of(index)
        if was_contributed(index) and left(None, job):
            return True
        return owner is not None and left(str(to_checksum_address(owner.octets)), job)

    return gone


class Withdrawals:
    """Of one node, whose account signs in the domain of Identities. Safe between threads."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        holdings: Holdings,
        inbox: Inbox,
        docket: Docket,
        account: Account,
        domain: Domain,
        ask: Ask,
    ) -> None:
        self._store, self._contracts, self._holdings = store, contracts, holdings
        self._inbox, self._docket = inbox, docket
        self._account, self._domain, self._ask = account, domain, ask
        self._lock = threading.Lock()
        self._open = {key for key in store.keys(_WITHDRAWALS) if self._read(key).signature is None}
        self._compared: frozenset[bytes] = frozenset()
        self._problem = ""

    # ------------------------------------------------------------ what the chain says

    def take(self, event: Event, controller: str) -> None:
        """One event, in the chain's order, once all others of the node have taken it; twice is once."""
        if (controller, event.name) != ("Identities", "Withdrawn"):
            return
        at = Withdrawal(
            bytes(event.values["contract_id"]), str(event.values["owner"]), event.block, event.index,
            bytes.fromhex(event.transaction.removeprefix("0x")),
        )  # fmt: skip
        key = _key(at)
        with self._lock:
            there = self._store.get(_WITHDRAWALS, key)
            if event.removed:
                if there is not None and self._read(key).deleted is not None:
                    raise ChainProblem(
                        "a withdrawal has left the chain, and what it withdrew is deleted",
                        hint="give the node more confirmations than this chain's reorganisations are deep",
                    )
                self._open.discard(key)
                self._store.delete(_WITHDRAWALS, key)
            elif there is None and self._concerns(at.contract):
                self._put(Noted(at))
                self._open.add(key)

    def _concerns(self, contract: bytes) -> bool:
        """Whether this node has a seat, or had one: only then can it hold anything, and is its word asked for."""
        return self._contracts.seated(contract) is not None or self._holdings.sources(contract) is not None

    # ------------------------------------------------------------ what follows

    def act(self, now: int) -> None:
        """Delete and sign what can be by now; `now`: seconds since 1970, of the chain."""
        with self._lock:
            seated = frozenset(each.published.contract for each in self._contracts.all())
            for contract in seated - self._compared:
                self._compare(contract)
            self._compared = seated
            for key in sorted(self._open):
                noted = self._read(key)
                try:
                    self._go_on(noted, now)
                except StoreProblem as error:
                    if error.message != self._problem:
                        log("deletion has a problem", level=logging.ERROR, problem=words_of(error))
                    self._problem = error.message

    def _compare(self, contract: bytes) -> None:
        """Hold what is noted of a contract against what was read: a seat may be new here, or a record lost."""
        read = {
            _key(at): at
            for owner, block, index, transaction in self._ask(lambda consent: consent.withdrawals(contract))
            for at in [Withdrawal(contract, owner, block, index, bytes.fromhex(transaction.removeprefix("0x")))]
        }
        known = set(self._store.keys(_WITHDRAWALS, contract))
        for key in known - read.keys():
            if self._read(key).deleted is None:  # noted, and gone from the chain before that was read for good
                self._open.discard(key)
                self._store.delete(_WITHDRAWALS, key)
        for key in read.keys() - known:
            self._put(Noted(read[key]))
            self._open.add(key)

    def _go_on(self, noted: Noted, now: int) -> None:
        at = noted.withdrawal
        if noted.deleted is None:
            if self._waits_for(at, now) or self._holdings.shelves.is_writing(at.contract):
                return
            noted = self._delete(at, now)
        assert noted.deleted is not None
        self._store.scrub()
        deletion = Deletion(at, *noted.deleted, self._account.address)
        self._put(replace(noted, signature=deletion.sign(self._domain, self._account)))
        self._open.discard(_key(at))
        log("withdrawn data deleted", contract=at.contract.hex(), owner=at.owner,
            pieces=deletion.pieces, octets=deletion.octets)  # fmt: skip

    def _delete(self, at: Withdrawal, now: int) -> Noted:
        """Everything at once, and that it is done: a crash comes before all of it, or after."""
        contract, holdings = at.contract, self._holdings
        left_by = self._ask(lambda consent: consent.withdrawn_by(contract, at.owner, at.block, at.index))
        gone = _gone(left_by)
        indices: set[int] = set()
        texts: set[bytes] = set()
        pending = holdings.all_pending(contract)
        for state in (holdings.standing(contract).state, *(each.finding.state for each in pending)):
            if state:
                kept = decode(state)
                left = without(kept, gone)
                indices |= kept.stored() - left.stored()
                texts |= kept.ciphertexts() - left.ciphertexts()
        indices |= {index for each in pending for index in each.own if gone(index, None)}
        uploads = [
            name
            for job in self._docket.all()
            if job.request.contract == contract and gone(first_contributed(job.number), None)
            for name in self._inbox.uploads_of(job.request)
        ]
        found = [Noted(at)]

        def had(job: int) -> bool:
            try:
                return left_by(at.owner, job)
            except ArgumentProblem:
                return True  # it has left the chain, and may have had them

        def note(sizes: Sequence[int]) -> None:
            forget(self._store, contract, had)
            found[0] = Noted(at, (len(sizes), sum(sizes), now))
            self._put(found[0])

        holdings.forget(contract, indices, texts, uploads, note)
        return found[0]

    def _waits_for(self, at: Withdrawal, now: int) -> list[int]:
        """The jobs that were asked before a withdrawal and may still end with what was withdrawn."""
        return [
            job.number
            for job in self._docket.all()
            if job.request.contract == at.contract
            and job.block <= at.block
            and job.state not in ENDED
            and (now <= job.request.deadline or job.state is JobState.RUNNING)  # what runs may store something still
        ]

    # ------------------------------------------------------------ what is left

    def left(self, contract: bytes, state: bytes) -> bytes:
        """A contract's state without all that was withdrawn; see `enigma.node.shelves`."""
        if not state:
            return state
        return self._ask(lambda consent: _left_of(state, _gone(consent.withdrawn_from(contract))))

    def is_going(self, contract: bytes) -> bool:
        """Whether something that was withdrawn is not deleted yet."""
        with self._lock:
            return any(key.startswith(contract) and self._read(key).deleted is None for key in self._open)

    # ------------------------------------------------------------ what it tells

    def of(self, contract: bytes, owner: str) -> list[dict[str, Any]]:
        """An owner's withdrawals from a contract, the oldest first: deletion receipts, or what they wait for."""
        return [self._told(self._read(key)) for key in self._store.keys(_WITHDRAWALS, _prefix(contract, owner))]

    def all(self) -> list[dict[str, Any]]:
        """All that this node knows of, as `of` tells it."""
        return [self._told(self._read(key)) for key in self._store.keys(_WITHDRAWALS)]

    def _told(self, noted: Noted) -> dict[str, Any]:
        at = noted.withdrawal
        if noted.deleted is None or noted.signature is None:
            jobs = [] if noted.deleted else self._waits_for(at, 0)
            return {"contract": at.contract.hex(), "owner": at.owner, "block": at.block, "index": at.index,
                    "waits": jobs, "signature": None}  # fmt: skip
        deletion = Deletion(at, *noted.deleted, self._account.address)
        return {**deletion.tree(), "waits": [], "signature": noted.signature.hex()}

    # ------------------------------------------------------------ inside

    def _put(self, noted: Noted) -> None:
        at = noted.withdrawal
        deleted: Tree = None if noted.deleted is None else list(noted.deleted)
        self._store.put(_WITHDRAWALS, _key(at), codec.encode([at.transaction, deleted, noted.signature]))

    def _read(self, key: bytes) -> Noted:
        tree: Any = codec.decode(self._store.get(_WITHDRAWALS, key) or b"", limit=LIMIT)
        transaction, deleted, signature = tree
        from eth_utils.address import to_checksum_address

        at = Withdrawal(
            key[:32], str(to_checksum_address(key[32:52])), int.from_bytes(key[52:60], "big"),
            int.from_bytes(key[60:], "big"), bytes(transaction),
        )  # fmt: skip
        return Noted(at, None if deleted is None else (deleted[0], deleted[1], deleted[2]), signature)


def _prefix(contract: bytes, owner: str) -> bytes:
    return contract + bytes.fromhex(owner[2:])


def _key(at: Withdrawal) -> bytes:
    return _prefix(at.contract, at.owner) + at.block.to_bytes(8, "big") + at.index.to_bytes(8, "big")
