"""What a node keeps: a finding becomes the contract's state in one step, and nothing that is used is ever forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.keeping import encode, remembered
from enigma.contract.state import Entry, State
from enigma.errors import ArgumentProblem
from enigma.node.holdings import Arrived, Holdings, places_of
from enigma.node.job.finding import Finding
from enigma.program.types import number
from enigma.storage import Store

CONTRACT, COMMITMENT, REQUEST = b"c" * 32, b"k" * 32, b"r" * 32
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


def test_a_settled_finding_is_the_state_and_its_pieces_stay(holdings: Holdings) -> None:
    contributed(holdings)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(JOB << 20, KEPT), OWN)
    assert holdings.standing(CONTRACT).job == 0
    holdings.settle(CONTRACT, JOB, moves=True)
    assert holdings.standing(CONTRACT).job == JOB
    assert holdings.pieces(CONTRACT, {}, [JOB << 20, KEPT]) == [b"brought", b"computed"]
    assert holdings.pending(CONTRACT, JOB) is None
    assert holdings.answer(JOB) is not None


def test_what_the_new_state_does_not_refer_to_is_forgotten(holdings: Holdings) -> None:
    contributed(holdings)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN)
    holdings.settle(CONTRACT, JOB, moves=True)
    with pytest.raises(ArgumentProblem, match="stores no piece"):
        holdings.pieces(CONTRACT, OWN, [JOB << 20])


def test_inputs_that_expire_before_their_job_is_settled_are_not_lost(holdings: Holdings) -> None:
    contributed(holdings, expires=100)
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(JOB << 20), OWN)
    assert holdings.sweep(LATER) == 0
    assert holdings.upload(COMMITMENT) is None  # it has expired as something to be asked about
    holdings.settle(CONTRACT, JOB, moves=True)
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
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN)
    holdings.settle(CONTRACT, JOB, moves=False)
    assert holdings.standing(CONTRACT).job == 0
    assert holdings.sweep(LATER + 1) == 1  # what was contributed, and no more: the rest went at once


def test_another_attempt_replaces_what_the_first_left(holdings: Holdings) -> None:
    holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT), OWN)
    second = holdings.keep_pending(CONTRACT, JOB, REQUEST, finding(KEPT, JOB << 20), OWN)
    pending = holdings.pending(CONTRACT, JOB)
    assert pending is not None
    assert pending.digest == second
    holdings.drop_pending(CONTRACT, JOB)
    assert holdings.pending(CONTRACT, JOB) is None
    assert holdings.sweep(0) == 0
