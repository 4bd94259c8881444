"""Owners and grants, from events as the controllers say them; the whole against a chain stands in tests/chain/audit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.chain.consent import EVERY_FUNCTION, EVERYBODY, Consent
from enigma.chain.events import Event
from enigma.errors import ArgumentProblem, LyingNode, WrongChain

CONTRACT, OTHER = bytes([1]) * 32, bytes([2]) * 32
FUNCTION, ANOTHER = bytes([3]) * 4, bytes([4]) * 4
ANN, BEN, CAT = (f"0x{letter * 40}" for letter in "abc")
RESULT, EMPTY = bytes([5]) * 32, bytes(32)
TERM = 100
LONG = 2**40


class Log:
    """Writes events as controllers would, and keeps them."""

    def __init__(self) -> None:
        self.consent = Consent()
        self.events: list[tuple[str, Event]] = []
        self.jobs = 0
        self.time = 1000
        for contract in (CONTRACT, OTHER):
            self.say("Committees", "Published", contract=contract, terms=(1, 1, 1, TERM))

    def say(self, controller: str, name: str, **values: Any) -> None:
        number = len(self.events)
        self.events.append((controller, Event(name, values, controller, number, f"0x{number}", 0)))
        self.consent.take(self.events[-1][1], controller)

    def unsay(self) -> None:
        controller, event = self.events.pop()
        self.consent.take(replace(event, removed=True), controller)

    def ask(self, asker: str, *, gives: bool = True, function: bytes = FUNCTION, contract: bytes = CONTRACT) -> int:
        self.jobs += 1
        self.say(
            "Jobs",
            "Requested",
            job=self.jobs,
            contract=contract,
            asker=asker,
            function=function,
            commitments=[RESULT] if gives else [],
            deadline=self.time + TERM,
        )
        return self.jobs

    def end(self, job: int, result: bytes = RESULT) -> int:
        self.say("Jobs", "Settled", job=job, contract=CONTRACT, result=result)
        return job

    def done(self, asker: str, result: bytes = RESULT, **options: Any) -> int:
        return self.end(self.ask(asker, **options), result)

    def grant(
        self,
        owner: str,
        who: str = EVERYBODY,
        *,
        function: bytes = EVERY_FUNCTION,
        until: int = LONG,
        uses: int = 99,
        contract: bytes = CONTRACT,
    ) -> None:
        values = {"owner": owner, "contract_id": contract, "who": who, "function_id": function}
        self.say("Identities", "Granted", **values, until=until, uses=uses, by=owner)

    def revoke(self, owner: str, who: str = EVERYBODY, *, function: bytes = EVERY_FUNCTION) -> None:
        self.say("Identities", "Revoked", owner=owner, contract_id=CONTRACT, who=who, function_id=function, by=owner)

    def withdraw(self, owner: str) -> None:
        self.say("Identities", "Withdrawn", owner=owner, contract_id=CONTRACT, by=owner)

    def missing(self, job: int) -> tuple[str, ...]:
        return self.consent.missing(job)


@pytest.fixture
def log() -> Log:
    return Log()


def test_owners_are_who_contributed_and_was_settled(log: Log) -> None:
    assert log.consent.owners(CONTRACT) == ()
    log.done(ANN, EMPTY)
    log.done(BEN, gives=False)
    log.ask(CAT)
    assert log.consent.owners(CONTRACT) == (ANN,)
    assert log.consent.owners(OTHER) == ()
    log.done(BEN)
    assert log.consent.owners(CONTRACT) == (ANN, BEN)


def test_a_job_needs_every_owner_but_its_asker(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.done(BEN, EMPTY)
    job = log.ask(BEN, gives=False)
    assert log.missing(job) == (ANN,)
    stranger = log.ask(CAT, gives=False)
    assert log.missing(stranger) == (ANN, BEN)
    assert log.missing(log.end(log.ask(CAT), EMPTY)) == ()


def test_a_job_that_comes_to_nothing_needs_nobody(log: Log) -> None:
    log.done(ANN, EMPTY)
    for name in ("Refused", "Expired"):
        job = log.ask(BEN)
        assert log.missing(job) == (ANN,)
        log.say("Jobs", name, job=job)
        assert log.missing(job) == ()


@pytest.mark.parametrize("who", [BEN, EVERYBODY])
@pytest.mark.parametrize("function", [FUNCTION, EVERY_FUNCTION])
def test_a_grant_names_the_asker_or_everybody_and_a_function_or_all(log: Log, who: str, function: bytes) -> None:
    log.done(ANN, EMPTY)
    log.grant(ANN, who, function=function)
    assert log.missing(log.ask(BEN)) == ()
    assert bool(log.missing(log.ask(CAT))) == (who == BEN)
    assert bool(log.missing(log.ask(BEN, function=ANOTHER))) == (function == FUNCTION)


def test_a_grant_for_another_contract_or_by_another_owner_is_none(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.grant(ANN, contract=OTHER)
    log.grant(CAT)
    assert log.missing(log.ask(BEN)) == (ANN,)


def test_a_grant_holds_at_the_block_of_the_request(log: Log) -> None:
    log.done(ANN, EMPTY)
    early = log.ask(BEN)
    log.grant(ANN, until=2000)
    log.time = 2000
    last = log.ask(BEN)
    log.time = 2001
    late = log.ask(BEN)
    assert [log.missing(job) for job in (early, last, late)] == [(ANN,), (), (ANN,)]
    log.revoke(ANN)
    assert log.missing(last) == ()
    log.time = 1500
    assert log.missing(log.ask(BEN)) == (ANN,)


def test_uses_are_counted_from_the_log(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.grant(ANN, uses=2)
    first, second, third = (log.ask(BEN, gives=False) for _ in range(3))
    assert [log.missing(job) for job in (first, second, third)] == [(), (), (ANN,)]
    log.end(first, EMPTY)
    assert log.missing(third) == ()
    assert log.missing(log.ask(CAT)) == (ANN,)
    log.grant(ANN, uses=1)  # counts anew
    assert log.missing(log.ask(CAT)) == ()


def test_an_owners_own_requests_use_nothing(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.grant(ANN, uses=1)
    log.done(ANN)
    assert log.missing(log.ask(BEN)) == ()


def test_what_names_the_asker_is_used_first(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.grant(ANN, EVERYBODY, uses=1)
    log.grant(ANN, BEN, uses=1)
    assert log.missing(log.ask(BEN)) == ()
    assert log.missing(log.ask(CAT)) == ()
    assert log.missing(log.ask(BEN)) == (ANN,)


def test_who_withdraws_is_no_owner_until_they_contribute_again(log: Log) -> None:
    log.done(ANN, EMPTY)
    asked = log.ask(BEN)
    log.withdraw(ANN)
    assert log.consent.owners(CONTRACT) == ()
    assert log.missing(asked) == (ANN,)  # it was asked while the data were there
    assert log.missing(log.ask(BEN)) == ()
    log.done(ANN, EMPTY)
    assert log.missing(log.ask(BEN)) == (ANN,)


def test_a_withdrawal_takes_what_was_asked_for_before_it_and_counts_for_what_is_asked_after_it(log: Log) -> None:
    first = log.done(ANN, EMPTY)
    under_way = log.ask(ANN)  # a contribution that is settled only after its owner has withdrawn
    asked = log.ask(BEN)
    withdrawn = log.events[-1][1].block + 1
    log.withdraw(ANN)
    log.end(under_way, EMPTY)
    log.done(BEN, EMPTY)
    late = log.ask(BEN)
    again = log.done(ANN, EMPTY)
    # Computed with: both contributions by the job that was asked before, neither by the one that was asked after.
    for job, gone in ((asked, False), (late, True)):
        left = log.consent.withdrawn_before(job)
        assert [left(ANN, first), left(None, under_way), left(ANN, again)] == [gone, gone, False]
        assert not left(BEN, first)
    assert log.missing(asked) == (ANN,)
    assert log.missing(log.ask(BEN)) == (ANN,)  # by what came again
    by_this = log.consent.withdrawn_by(CONTRACT, ANN, withdrawn, 0)
    assert [by_this(None, first), by_this(ANN, under_way), by_this(ANN, again), by_this(BEN, first)] == [
        True, True, False, False,
    ]  # fmt: skip
    with pytest.raises(ArgumentProblem, match="no event has said"):
        log.consent.withdrawn_by(CONTRACT, BEN, withdrawn, 0)
    with pytest.raises(ArgumentProblem, match="job 99"):
        log.consent.withdrawn_before(99)


def test_what_is_withdrawn_while_it_is_under_way_needs_no_consent(log: Log) -> None:
    under_way = log.ask(ANN)
    log.withdraw(ANN)
    log.end(under_way, EMPTY)
    assert log.consent.owners(CONTRACT) == ()
    assert log.missing(log.ask(BEN)) == ()


def test_who_contributes_between_request_and_settlement_is_asked_too(log: Log) -> None:
    job = log.ask(BEN)
    assert log.missing(job) == ()
    log.done(ANN, EMPTY)
    assert log.missing(job) == (ANN,)
    log.end(job)
    log.done(CAT, EMPTY)
    assert log.missing(job) == (ANN,)


def test_what_cannot_be_is_refused(log: Log) -> None:
    with pytest.raises(ArgumentProblem, match="job 7"):
        log.missing(7)
    with pytest.raises(LyingNode, match="nobody published"):
        log.ask(ANN, contract=bytes(32))
    job = log.done(ANN)
    with pytest.raises(LyingNode, match="not open"):
        log.end(job)


def test_events_of_other_controllers_with_the_same_name_say_nothing(log: Log) -> None:
    log.done(ANN, EMPTY)
    log.say("Nodes", "Withdrawn", node=ANN, operator=ANN, amount=1)
    log.say("Jobs", "Withdrawn", account=ANN, amount=1)
    assert log.consent.owners(CONTRACT) == (ANN,)


# ---------------------------------------------------------------- reorganisations

ACTS = st.lists(
    st.tuples(st.sampled_from(["ask", "end", "void", "fail", "grant", "revoke", "withdraw"]), st.integers(0, 8)),
    max_size=25,
)


def act(log: Log, name: str, number: int) -> None:
    person, other = (ANN, BEN, CAT)[number % 3], (ANN, BEN, EVERYBODY)[number // 3]
    ended = {event.values["job"] for _, event in log.events if event.name in {"Settled", "Expired"}}
    running = [job for job in range(1, log.jobs + 1) if job not in ended]
    match name:
        case "ask":
            log.ask(person, gives=number % 2 == 0)
        case "end" | "void" if running:
            log.end(running[number % len(running)], RESULT if name == "end" else EMPTY)
        case "fail" if running:
            log.say("Jobs", "Expired", job=running[number % len(running)])
        case "grant":
            log.grant(person, other, uses=1 + number % 3)
        case "revoke":
            log.revoke(person, other)
        case "withdraw":
            log.withdraw(person)


def answers(log: Log) -> object:
    jobs = [event.values["job"] for _, event in log.events if event.name == "Requested"]
    return log.consent.owners(CONTRACT), [log.missing(job) for job in jobs]


@given(ACTS, ACTS)
def test_what_left_the_chain_is_as_if_it_had_never_been(kept: Any, lost: Any) -> None:
    log = Log()
    for each in kept:
        act(log, *each)
    before, events, jobs = answers(log), len(log.events), log.jobs
    for each in lost:
        act(log, *each)
    while len(log.events) > events:
        log.unsay()
    log.jobs = jobs
    assert answers(log) == before


@given(ACTS)
def test_who_had_agreed_to_a_job_stays_so(acts: Any) -> None:
    """What becomes of earlier jobs frees uses, and takes none. Who contributes later is asked too, until it settles."""
    log = Log()
    found: dict[int, set[str]] = {}
    for each in acts:
        act(log, *each)
        ended = {event.values["job"] for _, event in log.events if event.name in {"Settled", "Expired"}}
        for job in range(1, log.jobs + 1):
            now = set(log.missing(job))
            if job in found:
                assert now <= found[job]
            if job in ended:
                found[job] = now


def test_only_the_newest_event_is_undone(log: Log) -> None:
    log.done(ANN)
    log.done(BEN)
    controller, event = log.events[-2]
    with pytest.raises(WrongChain, match="before those that came after"):
        log.consent.take(replace(event, removed=True), controller)


def test_what_is_too_old_is_read_again(log: Log) -> None:
    log.done(ANN)
    controller, event = log.events[-1]
    far = Event("Expired", {"job": log.ask(BEN)}, "Jobs", 10_000, "0xfar", 0)
    log.consent.take(far, "Jobs")
    with pytest.raises(WrongChain, match="too old"):
        log.consent.take(replace(event, removed=True), controller)
