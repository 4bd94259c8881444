from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import ASKER, BOND, FEES, KEYS, NODE_TERMS, PATIENCE, SEATS, SILENCE, STRANGER, World
from tests.chain.standing import ETHER

from enigma.chain.nodes import Registered, Status
from enigma.chain.receipts import Receipt, sign_move
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes

DEPOSIT = 2 * ETHER
MESSAGE = bytes([4]) * 32


@pytest.fixture(scope="module")
def prepared(whole_session_chain: Chain) -> Iterator[World]:
    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield seated.seated(whole_session_chain)
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def world(prepared: World, chain: Chain) -> World:
    return prepared


def refused(reason: str) -> AbstractContextManager[object]:
    return pytest.raises(ChainRefused, match=reason)


def node(world: World, seat: int) -> Registered:
    found = world.nodes().node(KEYS[seat].address)
    assert found is not None
    return found


def awarded(world: World, seat: int) -> int:
    return world.nodes().awarded(world.chain.accounts[seat + 1].address)


# ---------------------------------------------------------------- contradictions


def test_two_receipts_of_one_seat_cost_its_deposit_to_the_others(world: World) -> None:
    a = world.answered(world.ask(), 1)
    b = replace(a, result=bytes(32))
    liar = KEYS[0]
    proof = (liar.address, a, a.sign(world.domain, liar), b, b.sign(world.domain, liar))
    world.jobs(STRANGER).contradiction(*proof)
    shares = [awarded(world, seat) for seat in range(SEATS)]
    assert shares == [0, *[DEPOSIT // 3] * 3]
    assert node(world, 0).deposit == DEPOSIT - DEPOSIT // 3 * 3
    assert node(world, 0).status is Status.LOGGED_OUT
    assert all(node(world, seat).deposit == DEPOSIT for seat in range(1, SEATS))
    with refused("has paid for its lie"):
        world.jobs(STRANGER).contradiction(*proof)


def test_a_second_liar_does_not_profit_from_the_first(world: World) -> None:
    a = world.answered(world.ask(), 1)
    b = replace(a, result=bytes(32))
    for liar in KEYS[:2]:
        world.jobs().contradiction(liar.address, a, a.sign(world.domain, liar), b, b.sign(world.domain, liar))
    first, second = DEPOSIT // 3, DEPOSIT // 2
    assert [awarded(world, seat) for seat in range(SEATS)] == [0, first, first + second, first + second]


def test_the_settled_receipt_is_evidence_too(world: World) -> None:
    receipt = world.settled()
    other = replace(receipt, state_after=bytes(32))
    liar = KEYS[2]
    world.jobs().contradiction(
        liar.address, receipt, receipt.sign(world.domain, liar), other, other.sign(world.domain, liar)
    )
    assert node(world, 2).deposit < NODE_TERMS.minimum


def test_to_be_in_the_minority_costs_nothing(world: World) -> None:
    """A liar misleads one seat and signs with the others: the honest one has signed one receipt, and is safe."""
    honest = world.answered(world.ask(), 1)
    lie = replace(honest, result=bytes(32))
    signed = world.signed(lie, (0, 1, 2))
    alone = honest.sign(world.domain, KEYS[3])
    world.jobs().settle(lie, signed)
    for other, signature in ((lie, signed[0]), (honest, alone)):
        with pytest.raises(ChainRefused):
            world.jobs().contradiction(KEYS[3].address, honest, alone, other, signature)
    assert node(world, 3).deposit == DEPOSIT


def test_what_is_no_contradiction_is_refused(world: World) -> None:
    first, second = world.ask(), world.ask()
    a, liar = world.answered(first, 1), KEYS[0]

    def accuse(b: Receipt, *, one: Receipt = a, who: int = 0) -> None:
        world.jobs().contradiction(
            KEYS[who].address, one, one.sign(world.domain, KEYS[who]), b, b.sign(world.domain, liar)
        )

    with refused("are one"):
        accuse(a)
    with refused("of two jobs"):
        accuse(world.answered(second, 2))
    with refused("in two states"):  # another job was settled in between: the seat had to begin again
        accuse(replace(a, state_before=bytes([3]) * 32))
    with refused("another request"):  # signed before the chain was reorganised, for another job of this number
        accuse(replace(a, request=second.request))
    elsewhere = replace(a, request=second.request)
    with refused("another request"):
        accuse(replace(elsewhere, result=bytes(32)), one=elsewhere)
    nowhere = replace(a, job=77)
    with refused("no such job"):
        accuse(replace(nowhere, result=bytes(32)), one=nowhere)
    with refused("not the signer's"):
        accuse(replace(a, result=bytes(32)), who=1)
    with refused("never had a seat"):
        accuse(replace(a, result=bytes(32)), who=4)


def test_one_signature_in_two_forms_is_no_contradiction(world: World) -> None:
    a = world.answered(world.ask(), 1)
    good = a.sign(world.domain, KEYS[0])
    b = replace(a, result=bytes(32))
    forged = good[:32] + (2**256 - 1 - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + good[64:]
    with pytest.raises(ChainRefused):
        world.jobs().contradiction(KEYS[0].address, a, good, b, forged)


def test_a_seat_that_has_moved_on_still_answers_for_what_it_signed(world: World) -> None:
    a = world.answered(world.ask(), 1)
    b, liar, newcomer = replace(a, result=bytes(32)), KEYS[0], KEYS[4]
    parts = (world.contract, 0, newcomer.address, MESSAGE, 0)
    agreed = {seat: sign_move(world.domain, KEYS[seat], *parts) for seat in range(3)}
    world.jobs().move(world.contract, 0, newcomer.address, MESSAGE, sign_move(world.domain, newcomer, *parts), agreed)
    world.nodes(1).begin_exit(liar.address)
    with refused("unbonding"):
        world.nodes(1).withdraw(liar.address)
    world.jobs().contradiction(liar.address, a, a.sign(world.domain, liar), b, b.sign(world.domain, liar))
    assert node(world, 0).deposit < NODE_TERMS.minimum
    assert awarded(world, 4) == DEPOSIT // 4


def test_who_has_left_with_its_deposit_has_nothing_to_lose(world: World) -> None:
    a = world.answered(world.ask(), 1)
    b, leaver, newcomer = replace(a, result=bytes(32)), KEYS[0], KEYS[4]
    parts = (world.contract, 0, newcomer.address, MESSAGE, 0)
    agreed = {seat: sign_move(world.domain, KEYS[seat], *parts) for seat in range(3)}
    world.jobs().move(world.contract, 0, newcomer.address, MESSAGE, sign_move(world.domain, newcomer, *parts), agreed)
    world.nodes(1).begin_exit(leaver.address)
    world.chain.pass_time(NODE_TERMS.unbonding + 1)
    world.nodes(1).withdraw(leaver.address)
    world.jobs().contradiction(leaver.address, a, a.sign(world.domain, leaver), b, b.sign(world.domain, leaver))
    assert [awarded(world, seat) for seat in range(5)] == [0] * 5


# ---------------------------------------------------------------- challenges


def test_an_answered_challenge_earns_the_bond(world: World) -> None:
    request, jobs = world.ask(), world.jobs(ASKER)
    jobs.challenge(request.job, 1, MESSAGE)
    held = world.held()
    with refused("answers another"):
        jobs.challenge(request.job, 1, bytes(32))
    with refused("only the node or its operator"):
        world.jobs(STRANGER).answer(request.job, KEYS[1].address, b"sealed")
    with refused("message itself"):
        world.jobs(2).answer(request.job, KEYS[1].address, b"")
    world.jobs(2).answer(request.job, KEYS[1].address, bytes(4096))
    assert jobs.earned(KEYS[1].address) == BOND
    assert world.held() == held
    with refused("nobody challenged"):
        jobs.unanswered(request.job, KEYS[1].address)
    assert node(world, 1).deposit == DEPOSIT
    jobs.challenge(request.job, 1, bytes(32))  # another message may be missing too


def test_an_unanswered_challenge_costs_a_part_and_returns_the_bond(world: World) -> None:
    request, jobs = world.ask(), world.jobs(ASKER)
    before = jobs.balance(world.asker)
    jobs.challenge(request.job, 1, MESSAGE)
    with refused("has not passed"):
        jobs.unanswered(request.job, KEYS[1].address)
    world.chain.pass_time(PATIENCE + 1)
    with refused("has passed"):
        world.jobs(2).answer(request.job, KEYS[1].address, b"too late")
    world.jobs(STRANGER).unanswered(request.job, KEYS[1].address)
    fallen = DEPOSIT * SILENCE // 10_000 // 3 * 3
    assert node(world, 1).deposit == DEPOSIT - fallen
    assert [awarded(world, seat) for seat in range(SEATS)] == [fallen // 3, 0, fallen // 3, fallen // 3]
    assert jobs.balance(world.asker) == before + BOND
    with refused("has paid for its silence"):
        jobs.challenge(request.job, 1, MESSAGE)


def test_the_price_of_silence_buys_no_lie(world: World) -> None:
    request, jobs = world.ask(), world.jobs(ASKER)
    jobs.challenge(request.job, 1, MESSAGE)
    world.chain.pass_time(PATIENCE + 1)
    jobs.unanswered(request.job, KEYS[1].address)
    a = world.answered(request, 1)
    b, liar = replace(a, result=bytes(32)), KEYS[1]
    jobs.contradiction(liar.address, a, a.sign(world.domain, liar), b, b.sign(world.domain, liar))
    assert node(world, 1).deposit < 3


def test_challenges_are_for_those_who_wait_and_for_running_jobs(world: World) -> None:
    request = world.ask()
    with refused("only the asker or a seat"):
        world.jobs(STRANGER).challenge(request.job, 1, MESSAGE)
    with refused("exactly the bond"):
        world.jobs(ASKER).send("challenge", request.job, 1, MESSAGE, value=BOND - 1)
    with refused("not open"):
        world.jobs(ASKER).challenge(99, 1, MESSAGE)
    with pytest.raises(ChainRefused):
        world.jobs(ASKER).challenge(request.job, SEATS, MESSAGE)
    world.chain.pass_time(FEES.term + 1)
    with refused("deadline has passed"):
        world.jobs(ASKER).challenge(request.job, 1, MESSAGE)
