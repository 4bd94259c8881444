"""The life of a job, as a table; and who waits for it."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.chain.jobs import Request
from enigma.errors import ProtocolError
from enigma.node.docket import Docket, Job
from enigma.node.states import ENDED, WAITS, JobEvent, JobState, after

CHAIN = (JobEvent.SETTLED, JobEvent.REFUSED, JobEvent.EXPIRED)


def job(number: int) -> Job:
    request = Request(number, b"c" * 32, "0x" + "00" * 20, b"func", bytes(32), (), 10**15, 2_000_000_000, bytes(32))
    return Job(request, block=1, time=1, seat=0)


@given(st.lists(st.sampled_from(JobEvent), max_size=20))
def test_every_job_ends_only_by_the_chain_and_once(events: list[JobEvent]) -> None:
    state = JobState.ASKED
    for event in events:
        try:
            following = after(state, event)
        except ProtocolError:
            assert event not in CHAIN or state in ENDED
            continue
        assert state not in ENDED
        assert (following in ENDED) == (event in CHAIN)
        state = following


def test_every_state_that_waits_says_for_what() -> None:
    assert set(WAITS) == set(JobState) - ENDED


@pytest.mark.parametrize("state", [state for state in JobState if state not in ENDED])
@pytest.mark.parametrize("event", CHAIN)
def test_the_chain_ends_a_job_from_any_state(state: JobState, event: JobEvent) -> None:
    assert after(state, event) in ENDED


def test_an_attempt_at_a_job_that_left_the_chain_says_nothing_of_the_one_that_took_its_number() -> None:
    docket, before, after_it = Docket(), job(1), job(1)
    docket.add(before)
    docket.happen(1, JobEvent.INPUTS)
    docket.happen(1, JobEvent.BEGUN, of=before)
    docket.drop(1)
    docket.add(after_it)
    docket.happen(1, JobEvent.FAILED, of=before)
    docket.happen(1, JobEvent.FOUND, of=before)
    assert docket.in_state(JobState.ASKED) == [after_it]
    docket.happen(1, JobEvent.INPUTS, of=after_it)
    assert docket.in_state(JobState.READY) == [after_it]


def test_what_ended_stays_ended() -> None:
    docket = Docket()
    docket.add(job(1))
    docket.happen(1, JobEvent.EXPIRED)
    docket.happen(1, JobEvent.INPUTS)  # a late contribution changes nothing
    found = docket.get(1)
    assert found is not None
    assert found.state is JobState.EXPIRED
    assert [each.number for each in docket.in_state(JobState.EXPIRED)] == [1]


def test_whoever_follows_a_job_sees_its_end() -> None:
    docket = Docket()
    docket.add(job(1))
    seen: list[JobState] = []
    begun = threading.Event()

    def follow() -> None:
        for each in docket.follow(1, 60.0):
            seen.append(each.state)
            begun.set()

    thread = threading.Thread(target=follow)
    thread.start()
    assert begun.wait(60.0)
    docket.happen(1, JobEvent.INPUTS)
    docket.happen(1, JobEvent.REFUSED, lambda found: setattr(found, "reason", "no"))
    thread.join()
    assert seen[0] is JobState.ASKED
    assert seen[-1] is JobState.REFUSED


def test_a_job_whose_request_left_the_chain_is_gone_for_its_followers() -> None:
    docket = Docket()
    docket.add(job(1))
    following = docket.follow(1, 60.0)
    assert next(following).number == 1
    docket.drop(1)
    assert next(following, None) is None
