"""What a node keeps: a finding becomes the contract's state in one step, and nothing that is used is ever forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.keeping import encode, remembered
from enigma.contract.state import Entry, State
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.node.arrivals import Arrived
from enigma.node.holdings import Holdings, Standing, given_of, hash_of, places_of
from enigma.node.job.finding import Finding
from enigma.program.types import number
from enigma.storage import Store

CONTRACT, COMMITMENT, REQUEST, RECEIPT = b"c" * 32, b"k" * 32, b"r" * 32, b"s" * 32
BEFORE = bytes(32)
ANN = address_of("ann")
LATER = 10_000
JOB = 7
KEPT = (JOB << 20) + 1
OWN = places_of(JOB, [COMMITMENT], [Arrived(None, {"": ()})])


@pytest.fixture
def holdings(tmp_path: Path) -> Iterator[Holdings]:
    with Store.open(tmp_path / "store.db", b"k" * 32) as store:
        yield Holdings(store)


def state(*indices: int) -> bytes:
    """What a contract remembers that refers to these secrets."""
    held = {("salaries", place): Entry(ANN, Held(i, (), number(0, 9))) for place, i in enumerate(indices)}
    return encode(remembered(address_of("contract"), State(private=dict(held)), in_memory()))


def finding(*indices: int) -> Finding:
    return Finding(
        settles=True, refusal="", programs=bytes(32), state_after=bytes(32), changes=0, outcome=b"", result=bytes(32),
        rounds=0, operations=0, answer=b"", commitments=(), state=state(*indices), kept={KEPT: b"computed"}, shares=(),
    )  # fmt: skip


def contributed(holdings: Holdings, expires: int = LATER) -> None:
    holdings.keep_upload(COMMITMENT, Arrived(None, {"": ()}), {"": b"brought"}, expires=expires)


def settle(holdings: Holdings, *, moves: bool) -> None:
    """The seat signs what is pending, and the chain takes it."""
    holdings.sign_once(REQUEST, RECEIPT)
    assert holdings.settle(CONTRACT, JOB, RECEIPT, moves=moves)


def test_a_settled_finding_is_the_state_and_its_pieces_stay(holdings: Holdings) -> None:
    contributed(holdings)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(JOB << 20, KEPT), OWN, BEFORE)
    assert holdings.standing(CONTRACT).job == 0
    settle(holdings, moves=True)
    assert holdings.standing(CONTRACT).job == JOB
    assert holdings.pieces(CONTRACT, {}, [JOB << 20, KEPT]) == [b"brought", b"computed"]
    assert holdings.pending(CONTRACT, JOB) is None
    assert holdings.answer(JOB) is not None


def test_what_the_new_state_does_not_refer_to_is_forgotten(holdings: Holdings) -> None:
    contributed(holdings)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    settle(holdings, moves=True)
    with pytest.raises(ArgumentProblem, match="stores no piece"):
        holdings.pieces(CONTRACT, OWN, [JOB << 20])


def test_inputs_that_expire_before_their_job_is_settled_are_not_lost(holdings: Holdings) -> None:
    contributed(holdings, expires=100)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(JOB << 20), OWN, BEFORE)
    assert holdings.sweep(LATER) == 0
    assert holdings.upload(COMMITMENT) is None  # it has expired as something to be asked about
    settle(holdings, moves=True)
    assert holdings.sweep(LATER) == 0
    assert holdings.pieces(CONTRACT, {}, [JOB << 20]) == [b"brought"]


def test_inputs_that_nobody_asked_about_are_swept(holdings: Holdings) -> None:
    contributed(holdings, expires=100)
    assert holdings.sweep(99) == 0
    assert holdings.upload(COMMITMENT) is not None
    assert holdings.sweep(101) == 1
    with pytest.raises(ArgumentProblem, match="stores no piece"):
        holdings.pieces(CONTRACT, OWN, [JOB << 20])


def test_a_state_that_did_not_move_keeps_what_was_there(holdings: Holdings) -> None:
    contributed(holdings)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    settle(holdings, moves=False)
    assert holdings.standing(CONTRACT) == Standing(job=JOB)
    assert holdings.sweep(LATER + 1) == 1  # what was contributed, and no more: the rest went at once


def test_the_end_of_a_job_is_heard_again_without_harm(holdings: Holdings) -> None:
    for job, moves in ((JOB, True), (JOB + 1, False)):
        found = replace(finding((job << 20) + 2), kept={(job << 20) + 2: b"x"})
        before = hash_of(holdings.standing(CONTRACT).state)
        holdings.keep_pending(CONTRACT, job, job.to_bytes(32, "big"), found, {}, before)
        holdings.sign_once(job.to_bytes(32, "big"), RECEIPT)
        assert holdings.settle(CONTRACT, job, RECEIPT, moves=moves)
    left = holdings.standing(CONTRACT)
    for job, moves in ((JOB, True), (JOB + 1, False)):  # as after a restart, when the chain is read anew
        assert holdings.settle(CONTRACT, job, RECEIPT, moves=moves)
    assert holdings.lost(CONTRACT) is None
    assert holdings.standing(CONTRACT) == left


def test_another_attempt_replaces_what_the_first_left(holdings: Holdings) -> None:
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    second = holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT, JOB << 20), OWN, BEFORE)
    pending = holdings.pending(CONTRACT, JOB)
    assert pending is not None
    assert pending.digest == second
    holdings.drop_pending(CONTRACT, JOB)
    assert holdings.pending(CONTRACT, JOB) is None
    assert holdings.sweep(0) == 0


def test_a_seat_signs_one_thing_of_a_request_for_ever(holdings: Holdings) -> None:
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    holdings.sign_once(REQUEST, RECEIPT)
    holdings.sign_once(REQUEST, RECEIPT)  # the same again is the same
    with pytest.raises(ProtocolError, match="signed something else"):
        holdings.sign_once(REQUEST, b"t" * 32)
    with pytest.raises(ProtocolError, match="finds nothing else"):
        holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT, JOB << 20), OWN, BEFORE)
    holdings.drop_pending(CONTRACT, JOB)
    with pytest.raises(ProtocolError, match="signed something else"):
        holdings.sign_once(REQUEST, b"t" * 32)


def test_a_receipt_of_something_else_does_not_become_the_state(holdings: Holdings) -> None:
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    holdings.sign_once(REQUEST, RECEIPT)
    assert not holdings.settle(CONTRACT, JOB, b"t" * 32, moves=True)
    assert holdings.standing(CONTRACT).job == 0
    assert holdings.lost(CONTRACT) == JOB


def test_an_older_job_told_again_changes_nothing(holdings: Holdings) -> None:
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN, BEFORE)
    settle(holdings, moves=True)
    assert holdings.settle(CONTRACT, JOB, RECEIPT, moves=True)
    assert holdings.settle(CONTRACT, JOB - 1, b"t" * 32, moves=True)
    assert holdings.standing(CONTRACT).job == JOB
    assert holdings.lost(CONTRACT) is None
    with pytest.raises(ProtocolError, match="has its receipt"):
        holdings.keep_pending(CONTRACT, JOB, b"q" * 32, finding(KEPT), OWN, BEFORE)


def test_a_job_that_another_has_overtaken_is_settled_after_it(holdings: Holdings) -> None:
    """One attempt failed and rested, or inputs came late: meanwhile a job of a higher number had its turn."""
    for job in (JOB + 1, JOB):
        request = job.to_bytes(32, "big")
        before = hash_of(holdings.standing(CONTRACT).state)
        found = replace(finding((job << 20) + 2), kept={(job << 20) + 2: b"x"})
        holdings.keep_pending(CONTRACT, job, request, found, {}, before)
        holdings.sign_once(request, RECEIPT)
        assert holdings.settle(CONTRACT, job, RECEIPT, moves=True)
        assert holdings.answer(job) is not None
        assert holdings.pieces(CONTRACT, {}, [(job << 20) + 2]) == [b"x"]
    left = holdings.standing(CONTRACT)
    for job in (JOB + 1, JOB):  # as after a restart
        assert holdings.settle(CONTRACT, job, RECEIPT, moves=True)
    assert holdings.standing(CONTRACT) == left


def test_a_contribution_is_one_request_s_for_good(holdings: Holdings) -> None:
    contributed(holdings, expires=100)
    assert holdings.claim(REQUEST, [COMMITMENT])
    assert holdings.claim(REQUEST, [COMMITMENT])
    assert not holdings.claim(b"q" * 32, [COMMITMENT])
    assert holdings.sweep(LATER) == 0  # claimed: it waits as long as its job does
    holdings.release([COMMITMENT])
    assert holdings.sweep(LATER) == 1
    with pytest.raises(ArgumentProblem, match="made use of before"):
        contributed(holdings)


def test_columns_keep_their_pieces_in_whatever_order_they_are_declared(holdings: Holdings) -> None:
    arrived = Arrived(2, {"pay": (2,), "age": (2,), "zeal": (2,)})
    holdings.keep_upload(COMMITMENT, arrived, {name: name.encode() for name in arrived.columns}, expires=LATER)
    read = holdings.upload(COMMITMENT)
    assert read is not None
    assert list(read.columns) == list(arrived.columns)
    places = places_of(JOB, [COMMITMENT], [read])
    given = given_of(JOB, ["rows"], [read])["rows"]
    for name, (index, _) in given.columns.items():
        assert holdings.pieces(CONTRACT, places, [index]) == [name.encode()]
