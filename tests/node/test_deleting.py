"""What a node deletes for a withdrawal, and when, on a store and a consent of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.node.test_holdings import CONTRACT, JOB, LATER, OWN, REQUEST, contributed, finding, settle

from enigma.chain.consent import Consent
from enigma.chain.events import Event
from enigma.chain.jobs import Request
from enigma.keys.account import Account
from enigma.node.arrivals import Arrived
from enigma.node.docket import Docket, Job
from enigma.node.holdings import Holdings
from enigma.node.job.generations import Pending
from enigma.node.job.numbering import first_computed, first_contributed
from enigma.node.states import JobEvent
from enigma.node.transcripts import Transcripts
from enigma.node.withdrawing import Withdrawals
from enigma.sharing.generations import Generation
from enigma.storage import Store

OTHER = b"u" * 32
OWNER, ASKER = "0x" + "11" * 20, "0x" + "22" * 20
TERM, DEADLINE = 100, 1000
BROUGHT, MADE = first_contributed(JOB), first_computed(JOB)
LEFT = Event("Withdrawn", {"contract_id": CONTRACT, "owner": OWNER}, "", 9, "0x" + "ab" * 32, 0)
DOMAIN = {"name": "Enigma Identities", "version": "1", "chainId": 1, "verifyingContract": "0x" + "33" * 20}


@dataclass
class Parts:
    """A contract to which OWNER has contributed by job 7; whether this node has a seat in its committee."""

    store: Store
    has_seat: bool = True

    def __post_init__(self) -> None:
        self.holdings, self.consent, self.docket = Holdings(self.store), Consent(), Docket()
        self.transcripts = Transcripts(self.store, 1 << 20, 1 << 30, lambda: 0)
        seated = SimpleNamespace(published=SimpleNamespace(contract=CONTRACT))
        contracts = SimpleNamespace(
            seated=lambda contract: seated if self.has_seat and contract == CONTRACT else None,
            all=lambda: [seated] if self.has_seat else [],
        )
        self.withdrawals = Withdrawals(
            self.store, cast(Any, contracts), self.holdings, cast(Any, SimpleNamespace(uploads_of=lambda _: [OTHER])),
            self.docket, Account.create(), DOMAIN, lambda ask: ask(self.consent),
        )  # fmt: skip
        self.holdings.shelves.withdrawn = self.withdrawals

    def asked(self, job: int, block: int, asker: str = OWNER) -> Request:
        request = Request(job, CONTRACT, asker, bytes(4), bytes(32), (bytes(32),), 0, DEADLINE, REQUEST)
        values = {"job": job, "contract": CONTRACT, "asker": asker, "function": bytes(4), "commitments": [bytes(32)],
                  "deadline": DEADLINE}  # fmt: skip
        self.consent.take(Event("Requested", values, "", block, "0x" + "cd" * 32, job), "Jobs")
        return request

    def settled(self) -> None:
        """What OWNER has contributed is the contract's state, and one value more that was computed."""
        self.consent.take(
            Event("Published", {"contract": CONTRACT, "terms": [0, 0, 0, TERM]}, "", 1, "", 0), "Committees"
        )
        self.asked(JOB, 2)
        contributed(self.holdings)
        self.holdings.keep_pending(
            CONTRACT, JOB, REQUEST, replace(finding(BROUGHT, MADE), kept={MADE: b"computed"}), OWN, bytes(32)
        )
        settle(self.holdings, moves=True)

    def withdraws(self) -> None:
        """As the node hears it."""
        self.withdrawals.take(LEFT, "Identities")
        self.consent.take(LEFT, "Identities")

    def told(self) -> list[dict[str, Any]]:
        return self.withdrawals.of(CONTRACT, OWNER)

    def written(self) -> set[bytes]:
        found = {self.store.get("pieces", key) for key in self.store.keys("pieces")}
        return {each for each in found if each is not None}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with Store.open(tmp_path / "store.db", b"k" * 32) as store:
        made = Parts(store)
        made.settled()
        yield made


def again(parts: Parts) -> Parts:
    """The node after a start: what it knows of the chain is recalled."""
    made = Parts(parts.store, parts.has_seat)
    made.consent = parts.consent
    return made


def test_deleted_and_signed(parts: Parts) -> None:
    assert b"brought" in parts.written()
    parts.withdraws()
    parts.withdrawals.act(0)
    assert b"brought" not in parts.written()
    assert parts.told()[0]["signature"]


def test_a_transcript_of_a_job_that_had_the_data_goes_too(parts: Parts) -> None:
    """With another seat's it would give them back."""
    parts.asked(8, 3, ASKER)
    for job in (JOB, 8):
        parts.transcripts.keep(CONTRACT, job, 0, 1, 0, [[], []])
    parts.transcripts.keep(b"o" * 32, 3, 0, 1, 0, [[], []])
    parts.withdraws()
    parts.asked(10, 20, ASKER)
    parts.transcripts.keep(CONTRACT, 10, 0, 1, 0, [[], []])
    parts.withdrawals.act(0)
    assert parts.transcripts.jobs(CONTRACT) == [10]  # it was asked afterwards, and never had them
    assert parts.transcripts.jobs(b"o" * 32) == [3]


def test_a_job_that_still_runs_after_its_time_is_waited_for(parts: Parts) -> None:
    """Else its process would store once more what it was given."""
    parts.docket.add(Job(parts.asked(8, 3, ASKER), 3, 0, 0))
    parts.docket.happen(8, JobEvent.INPUTS)
    parts.docket.happen(8, JobEvent.BEGUN)
    parts.withdraws()
    parts.withdrawals.act(DEADLINE + 1)
    assert b"brought" in parts.written()
    assert not parts.told()[0]["signature"]
    parts.docket.happen(8, JobEvent.FAILED)
    parts.withdrawals.act(DEADLINE + 1)
    assert b"brought" not in parts.written()
    assert parts.told()[0]["signature"]


def write(parts: Parts, *indices: int) -> None:
    for index in indices:
        parts.holdings.shelves.write(CONTRACT, index, b"new" + index.to_bytes(8, "big"), [])


PENDING = Pending(Generation(1, b"n" * 32), bytes(32), (b"p",), stays=True, move=None, seats=0, task=b"t")


def test_a_renewal_that_goes_on_is_waited_for(parts: Parts) -> None:
    """What it has written of the pieces is on no shelf yet."""
    shelves = parts.holdings.shelves
    shelves.begin(CONTRACT)
    write(parts, BROUGHT, MADE)
    parts.withdraws()
    parts.withdrawals.act(0)
    assert not parts.told()[0]["signature"]
    shelves.keep(CONTRACT, PENDING)
    parts.withdrawals.act(0)
    assert parts.told()[0]["signature"]
    assert parts.written() == {b"computed", b"new" + MADE.to_bytes(8, "big")}


def test_a_renewal_keeps_nothing_that_is_deleted(parts: Parts) -> None:
    """It was begun with the others before this node had read of the withdrawal."""
    parts.withdraws()
    parts.withdrawals.act(0)
    parts.holdings.shelves.begin(CONTRACT)
    write(parts, BROUGHT, MADE)
    parts.holdings.shelves.keep(CONTRACT, PENDING)
    assert parts.written() == {b"computed", b"new" + MADE.to_bytes(8, "big")}


def test_a_node_that_takes_its_seat_later_signs_too(parts: Parts) -> None:
    """Whoever asks the seats for their receipts would wait for it for ever."""
    parts.has_seat = False
    parts.withdraws()
    parts.withdrawals.act(0)
    assert parts.told() == []
    parts.has_seat = True
    parts.withdrawals.act(0)
    assert parts.told()[0]["signature"]


def test_a_withdrawal_whose_record_is_lost_is_made_anew(parts: Parts) -> None:
    parts.withdraws()
    for key in parts.store.keys("withdrawals"):
        parts.store.delete("withdrawals", key)
    made = again(parts)
    made.withdrawals.act(0)
    assert b"brought" not in parts.written()
    assert made.told()[0]["signature"]


def test_a_withdrawal_that_has_left_the_chain_unheard_deletes_nothing(parts: Parts) -> None:
    """The node had noted it, ended before it kept that it had read it, and the chain was reorganised meanwhile."""
    parts.withdrawals.take(replace(LEFT, block=10), "Identities")
    made = again(parts)
    made.withdrawals.act(0)
    assert made.told() == []
    assert b"brought" in parts.written()
    assert not made.withdrawals.is_going(CONTRACT)


def test_what_an_expired_job_had_brought_is_deleted_before_it_is_swept(parts: Parts) -> None:
    parts.holdings.keep_upload(OTHER, Arrived(None, {"": ()}), {"": b"in vain"}, expires=LATER)
    parts.docket.add(Job(parts.asked(8, 3), 3, 0, 0))
    parts.holdings.release([OTHER])
    parts.docket.happen(8, JobEvent.EXPIRED)
    assert b"in vain" in parts.written()
    parts.withdraws()
    parts.withdrawals.act(0)
    assert parts.told()[0]["signature"]
    assert b"in vain" not in parts.written()
