"""A chain made anew around one altered penalty, refusal, move or acceptance is not clean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.chain.audit import court as courts
from tests.chain.audit.court import Court, wrong
from tests.chain.audit.forging import (
    Change,
    Forger,
    calldata,
    in_each_receipt,
    log_topic,
    log_value,
    no_log,
    said_against,
)
from tests.chain.conftest import Chain
from tests.chain.proxy import Proxy, port_of
from tests.chain.seated import ASKER, FEES, KEYS, PATIENCE

from enigma.chain.receipts import sign_move, sign_refusal

pytestmark = pytest.mark.processes

MESSAGE = bytes([4]) * 32
PUNISHED, REFUSED, EXPIRED = 1, 2, 3


@pytest.fixture(scope="module")
def court(whole_session_chain: Chain) -> Iterator[Court]:
    """A named committee with a seat that moved. Job 1: a lie, an answer, a silence. 2: refused. 3: expired."""
    kept = whole_session_chain.connection.ask("evm_snapshot")
    court = courts.named(whole_session_chain)
    world, domain = court.world, court.world.domain
    parts = (world.contract, 0, KEYS[4].address, MESSAGE, 0)
    agreed = {seat: sign_move(domain, KEYS[seat], *parts) for seat in range(3)}
    world.jobs().move(world.contract, 0, KEYS[4].address, MESSAGE, sign_move(domain, KEYS[4], *parts), agreed)

    request, asker = court.ask(), world.jobs(ASKER)
    a = world.answered(request)
    b = replace(a, result=bytes(32))
    world.jobs().contradiction(KEYS[1].address, a, a.sign(domain, KEYS[1]), b, b.sign(domain, KEYS[1]))
    for seat in (2, 3):
        asker.challenge(request.job, seat, MESSAGE)
    world.jobs(3).answer(request.job, KEYS[2].address, b"sealed")
    whole_session_chain.pass_time(PATIENCE + 1)
    world.jobs().unanswered(request.job, KEYS[3].address)

    refused = court.ask()
    signed = {
        seat: sign_refusal(domain, KEYS[seat], world.contract, refused.job, refused.request, MESSAGE)
        for seat in (1, 2, 3)
    }
    world.jobs().refuse(refused.job, MESSAGE, signed)
    expired = court.ask()
    whole_session_chain.pass_time(FEES.term + 1)
    world.jobs().expire(expired.job)
    yield court
    whole_session_chain.connection.ask("evm_revert", kept)


FORGED: dict[str, tuple[int, Change, str]] = {
    "what fell for a lie": (
        PUNISHED,
        in_each_receipt(log_value(("Jobs", "Contradicted"), 2)),
        "by the rules it is",
    ),
    "what fell for silence": (PUNISHED, in_each_receipt(log_value(("Jobs", "Unanswered"), 1)), "by the rules it is"),
    "what fell, at Nodes": (PUNISHED, in_each_receipt(log_value(("Nodes", "Forfeited"), 0)), "by the rules it is"),
    "who received it": (PUNISHED, in_each_receipt(log_topic(("Nodes", "Awarded"), 2)), "by the rules it is"),
    "how much of it": (PUNISHED, in_each_receipt(log_value(("Nodes", "Awarded"), 0)), "by the rules it is"),
    "that others received it": (PUNISHED, in_each_receipt(no_log(("Nodes", "Awarded"))), "by the rules it is"),
    "a receipt of the lie": (PUNISHED, in_each_receipt(log_value(("Jobs", "Contradicted"), 0)), "prove no lie"),
    "a signature of the lie": (PUNISHED, calldata("contradiction", -150), "prove no lie"),
    "that there was an answer": (
        PUNISHED,
        in_each_receipt(no_log(("Jobs", "Answered"))),
        "Jobs keeps other challenges",
    ),
    "that there was a lie": (
        PUNISHED,
        in_each_receipt(no_log(("Jobs", "Contradicted"))),
        "Jobs keeps other challenges",
    ),
    "the time for an answer": (PUNISHED, in_each_receipt(log_value(("Jobs", "Challenged"), 1)), "another time"),
    "what was asked for": (PUNISHED, in_each_receipt(log_value(("Jobs", "Challenged"), 0)), "did not answer in time"),
    "that it was asked for": (PUNISHED, in_each_receipt(no_log(("Jobs", "Challenged"))), "there was not"),
    "the reason of a refusal": (REFUSED, in_each_receipt(log_value(("Jobs", "Refused"), 0)), "The refusal: signatures"),
    "a signature of a refusal": (REFUSED, calldata("refuse", -150), "The refusal: signatures"),
    "that it was refused": (REFUSED, in_each_receipt(no_log(("Jobs", "Refused"))), "its events say open"),
    "that it expired": (EXPIRED, in_each_receipt(no_log(("Jobs", "Expired"))), "its events say open"),
    "when it was due": (EXPIRED, in_each_receipt(log_value(("Jobs", "Requested"), 4, back=10)), "hash is not that"),
    "a signature of a move": (EXPIRED, calldata("move", -150), "The move of seat 0"),
    "the pieces of a move": (EXPIRED, in_each_receipt(log_value(("Jobs", "Moved"), 1)), "did not sign the move"),
    "who moved in": (EXPIRED, in_each_receipt(log_value(("Committees", "Replaced"), 2)), "other seats today"),
    "that a seat moved": (EXPIRED, in_each_receipt(no_log(("Committees", "Replaced"))), "Jobs counts 1"),
    "that a node accepted": (EXPIRED, in_each_receipt(no_log(("Committees", "Accepted"))), "Not every node"),
    "who was named": (EXPIRED, in_each_receipt(log_value(("Committees", "Named"), 3)), "Not every node"),
    "who published": (EXPIRED, in_each_receipt(log_topic(("Committees", "Published"), 2)), "id is not the one"),
}


@pytest.mark.parametrize("job", [PUNISHED, REFUSED, EXPIRED])
def test_unaltered_they_are_clean(court: Court, job: int) -> None:
    assert wrong(court.audit(job)) == []


@pytest.mark.parametrize("what", FORGED)
def test_a_chain_made_to_fit_an_alteration_is_not_clean(court: Court, what: str) -> None:
    job, change, expected = FORGED[what]
    forger = Forger(court.chain.connection, court.controllers.first_block, change)
    assert forger.altered
    with Proxy(port_of(court.chain.url), forger.tamper) as proxy:
        found = said_against(court, proxy.url, job)
    assert forger.served
    assert expected in found
