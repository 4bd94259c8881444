"""Whole jobs on a real chain, audited: named and drawn, late, refused, expired, punished, agreed to or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.chain.audit import court as courts
from tests.chain.audit.court import CONTRIBUTE, OTHER_ASKER, TEXT, Court, open_questions, proven, wrong
from tests.chain.conftest import Chain
from tests.chain.seated import ASKER, FEES, KEYS, NODE_TERMS, PATIENCE, SEATS, fund
from tests.chain.standing import ETHER, registered

from enigma.chain.audit import Audit
from enigma.chain.consent import Consent
from enigma.chain.history import History
from enigma.chain.identities import Use
from enigma.chain.receipts import outcome_hash, sign_move, sign_refusal
from enigma.chain.results import result_commitment, share_commitment, share_context
from enigma.chain.sortition import DELAY
from enigma.errors import ArgumentProblem

pytestmark = pytest.mark.processes

REASON = bytes([5]) * 32
LONG = 2**40


@pytest.fixture(scope="module")
def prepared(whole_session_chain: Chain) -> Iterator[Court]:
    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield courts.named(whole_session_chain)
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def court(prepared: Court, chain: Chain) -> Court:
    return prepared


def clean(found: Audit) -> None:
    assert found.holds, wrong(found)
    assert wrong(found) == []


def says(sentences: list[str], part: str) -> bool:
    return any(part in sentence for sentence in sentences)


def test_a_settled_job_of_a_named_committee(court: Court, tmp_path: Path) -> None:
    first = court.settled()
    second = court.settled(mark=2)
    source = tmp_path / "answer.py"
    source.write_bytes(TEXT)
    found = court.audit(second.job, source=source)
    clean(found)
    assert found.ended == "settled"
    assert says(proven(found), "each of its nodes accepted")
    assert says(proven(found), "signed by 4 of 4 seats")
    assert says(proven(found), f"the state that job {first.job} left")
    assert says(proven(found), "answer.py is the source")
    assert says(open_questions(found), "is true")
    assert says(open_questions(found), "--opening")
    clean(court.audit(first.job))


def test_the_opening_of_a_result(court: Court, tmp_path: Path) -> None:
    request, salts = court.ask(), [bytes([seat]) * 32 for seat in range(SEATS)]
    shares = [
        share_commitment(share_context(request.request, 0, seat), b"%d" % seat, salts[seat]) for seat in range(SEATS)
    ]
    receipt = replace(court.world.answered(request), result=result_commitment(b"public", [shares]))
    court.world.jobs().settle(receipt, court.signed(receipt))
    sealed: list[dict[str, str]] = [{"commitment": "0x" + share.hex()} for share in shares]
    sealed[1] = {"share": "0x" + b"1".hex(), "salt": "0x" + salts[1].hex()}
    fields = {"version": 1, "public": "0x" + b"public".hex(), "sealed": [sealed]}
    file = tmp_path / "opening.json"
    file.write_text(json.dumps(fields))
    found = court.audit(receipt.job, opening=file)
    clean(found)
    assert says(proven(found), "6 public bytes, and 1 of 4 shares")
    others: list[dict[str, Any]] = [
        {"public": "0x00"},
        {"sealed": [[*sealed[:1], *sealed[:1], *sealed[2:]]]},
        {"sealed": []},
    ]
    for bad in others:
        file.write_text(json.dumps({**fields, **bad}))
        assert wrong(court.audit(receipt.job, opening=file)) == [
            "The opening is not that of the result that the seats signed."
        ]


def test_another_source_is_found(court: Court, tmp_path: Path) -> None:
    receipt = court.settled()
    source = tmp_path / "other.py"
    source.write_bytes(TEXT + b"\n")
    assert wrong(court.audit(receipt.job, source=source)) == [
        "other.py is not the source that was published: its SHA-256 is another."
    ]


def test_an_open_job(court: Court) -> None:
    found = court.audit(court.ask().job)
    clean(found)
    assert found.ended == "open"


def test_there_is_no_such_job(court: Court) -> None:
    with pytest.raises(ArgumentProblem, match="no job 99"):
        court.audit(99)


def test_late_signatures_and_those_that_never_came(court: Court) -> None:
    receipt = court.settled(seats=(0, 1, 2))
    found = court.audit(receipt.job)
    clean(found)
    assert found.ended == "settled, some seats still to sign"
    court.world.jobs().sign_late(receipt.job, 3, court.signed(receipt)[3])
    found = court.audit(receipt.job)
    clean(found)
    assert says(proven(found), "Seat 3 signed the same receipt late")
    court.world.jobs().close(receipt.job)
    clean(court.audit(receipt.job))

    second = court.settled(mark=2, seats=(1, 2, 3))
    court.chain.pass_time(PATIENCE + 1)
    court.world.jobs().close(second.job)
    found = court.audit(second.job)
    clean(found)
    assert says(proven(found), "1 seat never signed")


def test_a_refusal(court: Court) -> None:
    request, world = court.ask(), court.world
    signed = {
        seat: sign_refusal(world.domain, KEYS[seat], world.contract, request.job, request.request, REASON)
        for seat in range(3)
    }
    world.jobs().refuse(request.job, REASON, signed)
    found = court.audit(request.job)
    clean(found)
    assert found.ended == "refused"
    assert says(proven(found), "The refusal is signed by 3 of 4 seats")


def test_an_expiry(court: Court) -> None:
    request = court.ask()
    court.chain.pass_time(FEES.term + 1)
    court.world.jobs().expire(request.job)
    found = court.audit(request.job)
    clean(found)
    assert found.ended == "expired"


def test_a_contradiction(court: Court) -> None:
    a = court.world.answered(court.ask())
    b = replace(a, result=bytes(32))
    domain, liar = court.world.domain, KEYS[1]
    court.world.jobs().contradiction(liar.address, a, a.sign(domain, liar), b, b.sign(domain, liar))
    court.world.jobs().settle(a, court.signed(a))
    found = court.audit(a.job)
    clean(found)
    assert says(proven(found), "two different receipts")
    assert says(proven(found), "fell, in equal parts to 3 other seats")
    second = KEYS[2]
    court.world.jobs().contradiction(second.address, a, a.sign(domain, second), b, b.sign(domain, second))
    clean(court.audit(a.job))


def test_challenges(court: Court) -> None:
    request, jobs = court.ask(), court.world.jobs(ASKER)
    jobs.challenge(request.job, 1, REASON)
    jobs.challenge(request.job, 2, REASON)
    clean(court.audit(request.job))
    court.world.jobs(3).answer(request.job, KEYS[2].address, b"sealed")
    court.chain.pass_time(PATIENCE + 1)
    court.world.jobs().unanswered(request.job, KEYS[1].address)
    found = court.audit(request.job)
    clean(found)
    assert says(proven(found), "answered in time")
    assert says(proven(found), "did not answer in time")


def test_a_seat_that_moved(court: Court) -> None:
    first, world = court.settled(), court.world
    parts = (world.contract, 0, KEYS[4].address, REASON, 0)
    agreed = {seat: sign_move(world.domain, KEYS[seat], *parts) for seat in range(3)}
    world.jobs().move(world.contract, 0, KEYS[4].address, REASON, sign_move(world.domain, KEYS[4], *parts), agreed)
    second = court.settled(mark=2)
    for job in (first.job, second.job):
        found = court.audit(job)
        clean(found)
        assert says(proven(found), "The new node of seat 0 agreed")


def test_what_the_public_half_was_told_or_refused(court: Court) -> None:
    for mark, changes in ((1, 0), (2, 1)):
        receipt = replace(court.world.answered(court.ask(), mark), outcome=outcome_hash(b"told"), changes=changes)
        court.world.jobs().settle(receipt, court.signed(receipt), b"told")
        found = court.audit(receipt.job)
        clean(found)
        assert says(proven(found), "are those that the seats signed")
        assert says(proven(found), "did not take the outcome") == bool(changes)


def test_consent_of_the_owners(court: Court) -> None:
    court.settled(OTHER_ASKER, result=bytes(32))
    bare = court.settled(mark=2)
    found = court.audit(bare.job)
    assert wrong(found) == ["1 of 1 other owner had not agreed, and the result is not empty."]
    owner, asker = (court.chain.accounts[index].address for index in (OTHER_ASKER, ASKER))
    identities = court.identities(OTHER_ASKER)
    identities.grant(Use(owner, court.world.contract, asker, CONTRIBUTE), until=LONG, uses=1)
    granted = court.settled(mark=3)
    clean(court.audit(granted.job))
    used_up = court.settled(mark=4)
    assert not court.audit(used_up.job).holds
    empty = court.settled(mark=5, result=bytes(32))
    clean(court.audit(empty.job))

    consent, history = Consent(), History(court.chain.connection, court.controllers)
    while batch := history.read():
        for event in batch:
            consent.take(event, history.controller(event))
    assert consent.owners(court.world.contract) == (owner, asker)
    assert [consent.missing(job) for job in (bare.job, granted.job, used_up.job)] == [(owner,), (), (owner,)]


def test_owners_who_withdraw_are_not_asked_again(court: Court) -> None:
    court.settled(OTHER_ASKER, result=bytes(32))
    owner = court.chain.accounts[OTHER_ASKER].address
    court.identities(OTHER_ASKER).send("withdraw", owner, court.world.contract)
    clean(court.audit(court.settled(mark=2).job))


# ---------------------------------------------------------------- a drawn committee


@pytest.fixture(scope="module")
def drawn(whole_session_chain: Chain) -> Iterator[Court]:
    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield courts.drawn(whole_session_chain)
    whole_session_chain.connection.ask("evm_revert", kept)


def test_a_settled_job_of_a_drawn_committee(drawn: Court, chain: Chain) -> None:
    receipt = drawn.settled()
    found = drawn.audit(receipt.job)
    clean(found)
    assert says(proven(found), "seats fall to the same nodes")
    assert says(proven(found), "Committees draws the same nodes")
    assert says(proven(found), "computed again from every event of Nodes")
    for mark in range(2, 8):  # some earn reputation meanwhile, and others pay in
        drawn.settled(mark=mark)
    drawn.world.nodes(2).top_up(KEYS[1].address, 10**18)
    chain.pass_time(10_000)
    found = drawn.audit(receipt.job)
    clean(found)
    assert not says(proven(found), "Committees draws the same nodes")


def test_a_draw_after_a_long_history_of_the_register(drawn: Court, chain: Chain) -> None:
    """Deposits, reputation, locks, places that were left and taken: the weights of a later draw know them all."""
    world, domain = drawn.world, drawn.world.domain
    for mark in range(1, 9):
        drawn.settled(mark=mark)
    held = world.committees().seating(world.contract).seats
    idle = next(number for number, key in enumerate(KEYS[:5]) if key.address not in held)
    world.nodes(idle + 1).begin_exit(KEYS[idle].address)
    liar = next(number for number, key in enumerate(KEYS) if key.address == held[0])
    a = world.answered(drawn.ask())
    b = replace(a, result=bytes(32))
    world.jobs().contradiction(held[0], a, a.sign(domain, KEYS[liar]), b, b.sign(domain, KEYS[liar]))
    chain.pass_time(NODE_TERMS.unbonding + 1)
    world.nodes(idle + 1).withdraw(KEYS[idle].address)
    newcomer = world.nodes(7)
    registered(newcomer, KEYS[6], 3 * ETHER)  # takes the place that was left
    newcomer.log_in(KEYS[6].address)
    for place, key in ((8, KEYS[7]), (9, KEYS[5])):
        registered(world.nodes(place), key, place * ETHER)
        world.nodes(place).log_in(key.address)
    world.nodes(8).log_out(KEYS[7].address)
    chain.pass_time(NODE_TERMS.epoch)
    later = courts.published(world, hashlib.sha256(TEXT).digest())
    later.committees().request_draw(later.contract)
    world.nodes(8).log_in(KEYS[7].address)  # too late for this draw
    chain.mine(DELAY + 1)
    later.committees().finish_draw(later.contract)
    fund(later)
    court = replace(drawn, world=later)
    request = court.ask()
    found = court.audit(request.job)
    clean(found)
    assert says(proven(found), "computed again from every event of Nodes")
    weights = next(f for f in found if "computed again from every event" in f.sentence).evidence.values["told"]
    assert len(weights.split(", ")) == 7
    assert "0" in weights.split(", ")


def test_with_few_headers_an_omission_stays_open(drawn: Court, chain: Chain) -> None:
    receipt = drawn.settled()
    found = drawn.audit(receipt.job, most=3)
    clean(found)
    assert says(open_questions(found), "left an event out")
    assert len(drawn.world.committees().seating(drawn.world.contract).seats) == SEATS
