from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import (
    ARGUMENTS,
    ASKER,
    BOND,
    COMMITMENTS,
    FEES,
    FUNCTION,
    GWEI,
    IDLE,
    KEYS,
    LIE,
    MAXIMUM,
    MINIMUM,
    MOST_GAS,
    PATIENCE,
    SEATS,
    SILENCE,
    STRANGER,
    World,
)
from tests.chain.standing import ETHER, attacker, call_of, put

from enigma.chain.committees import Phase
from enigma.chain.jobs import ENDLESS, Jobs, Standing
from enigma.chain.nodes import Status
from enigma.chain.receipts import sign_move, sign_refusal
from enigma.errors import ArgumentProblem, ChainRefused

pytestmark = pytest.mark.processes

INSISTING, STUBBORN, REFUSING = 1, 2, 3
COST = 100 * FEES.round + 10_000 * FEES.operation


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


def standing(world: World, number: int) -> Standing:
    job = world.jobs().job(number)
    assert job is not None
    return job.standing


# ---------------------------------------------------------------- a job's life


def test_a_job_is_asked_answered_and_paid(world: World) -> None:
    jobs, before = world.jobs(), world.jobs().balance(world.asker)
    request = world.ask()
    assert (request.contract, request.asker, request.maximum) == (world.contract, world.asker, MAXIMUM)
    assert (request.function, request.arguments, request.commitments) == (FUNCTION, ARGUMENTS, COMMITMENTS)
    assert jobs.balance(world.asker) == before - MAXIMUM
    job = jobs.job(request.job)
    assert job is not None
    assert (job.standing, job.request, job.deadline) == (Standing.OPEN, request.request, request.deadline)

    receipt = world.answered(request)
    jobs.settle(receipt, world.signed(receipt))
    share = COST // SEATS
    assert [jobs.earned(key.address) for key in KEYS[:SEATS]] == [share] * SEATS
    assert jobs.balance(world.asker) == before - share * SEATS
    assert jobs.state(world.contract) == receipt.state_after
    settled = jobs.job(request.job)
    assert settled is not None
    assert settled.standing is Standing.SETTLED
    assert world.held() == before

    operator = world.chain.accounts[1].address
    owned = world.chain.connection.balance(operator)
    mined = world.jobs(1).collect(KEYS[0].address)
    assert world.chain.connection.balance(operator) == owned + share - mined.gas_used * mined.fee
    assert jobs.earned(KEYS[0].address) == 0
    with refused("nothing to collect"):
        world.jobs(1).collect(KEYS[0].address)
    with refused("only the node's operator"):
        world.jobs(2).collect(KEYS[0].address)


def test_a_cheap_job_costs_the_least(world: World) -> None:
    receipt = replace(world.answered(world.ask()), rounds=1, operations=0)
    world.jobs().settle(receipt, world.signed(receipt))
    assert world.jobs().earned(KEYS[0].address) == FEES.smallest // SEATS


def test_the_constants_are_those_of_the_deployment(world: World) -> None:
    terms = world.jobs().terms()
    assert (terms.minimum, terms.patience, terms.idle) == (MINIMUM, PATIENCE, IDLE)
    assert (terms.bond, terms.lie, terms.silence) == (BOND, LIE, SILENCE)


def test_jobs_are_numbered_by_the_chain_and_never_chosen(world: World) -> None:
    numbers = [world.ask().job for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert world.jobs().count() == 3
    assert world.jobs().job(4) is None


def test_a_whole_job_costs_at_most_400000_gas(world: World) -> None:
    """Everything is a first time here: every word that can be written is written from zero."""
    mined = world.chain.sender(ASKER).send(
        world.half, attacker("Half").abi, "ask", FUNCTION, ARGUMENTS, [bytes([n]) * 32 for n in range(1, 17)]
    )
    [request] = world.jobs().requests_in(mined)
    receipt = world.answered(request)
    settled = world.jobs().settle(receipt, world.signed(receipt))
    assert mined.gas_used + settled.gas_used <= MOST_GAS


# ---------------------------------------------------------------- accounts


def test_an_account_pays_only_what_it_allowed(world: World) -> None:
    jobs = world.jobs(ASKER)
    jobs.allow(world.contract, 2000 * GWEI, 2)
    assert jobs.allowance(world.asker, world.contract) == (2000 * GWEI, 2)
    assert world.ask().maximum == 2000 * GWEI
    world.ask()
    with refused("allows this contract no job"):
        world.ask()
    with refused("whole gwei"):
        jobs.allow(world.contract, GWEI + 1)
    with refused("below 2\\^64"):
        jobs.allow(world.contract, GWEI, ENDLESS + 1)


def test_a_false_public_half_cannot_spend_a_strangers_account(world: World) -> None:
    world.jobs(STRANGER).fund(ETHER)
    victim = world.chain.accounts[STRANGER].address
    with refused("allows this contract no job"):
        world.chain.sender().send(world.half, attacker("Half").abi, "ask_for", victim, FUNCTION, ARGUMENTS)


@pytest.mark.parametrize(
    ("amount", "maximum", "reason"),
    [
        (0, MAXIMUM, "below the minimum"),
        (ETHER // 10 - 1, MAXIMUM, "below the minimum"),
        (ETHER // 10, ETHER, "does not cover"),
        (ETHER, 999 * GWEI, "below the least"),
    ],
)
def test_an_account_must_hold_enough_to_ask(world: World, amount: int, maximum: int, reason: str) -> None:
    if amount:
        world.jobs(STRANGER).fund(amount)
    world.jobs(STRANGER).allow(world.contract, maximum)
    with refused(reason):
        world.ask(STRANGER)


def test_what_a_job_reserves_cannot_be_withdrawn(world: World) -> None:
    jobs = world.jobs(ASKER)
    world.ask()
    left = jobs.balance(world.asker)
    for amount in (left + 1, 0, 2**256 - 1):
        with refused("does not hold that amount"):
            jobs.withdraw(amount)
    jobs.withdraw(left)
    assert jobs.balance(world.asker) == 0
    assert world.held() == MAXIMUM
    with refused("does not hold"):
        world.jobs(STRANGER).withdraw(1)


def test_ether_comes_in_by_the_front_door_only(world: World) -> None:
    with pytest.raises(ChainRefused):
        world.chain.sender().transfer(world.jobs_at, 1)


@pytest.mark.parametrize("mood", [INSISTING, STUBBORN])
def test_withdrawing_again_from_within_a_withdrawal_gains_nothing(world: World, mood: int) -> None:
    jobs, thief = world.jobs(), put(world.chain, "Reentrant")
    thief.act(jobs, "fund", value=ETHER)
    thief.send("arm", mood, jobs.address, call_of(jobs, "withdraw", ETHER // 2))
    if mood == INSISTING:
        with pytest.raises(ChainRefused):
            thief.act(jobs, "withdraw", ETHER // 2)
        assert jobs.balance(thief.address) == ETHER
    else:
        thief.act(jobs, "withdraw", ETHER // 2)
        assert (thief.read("tries"), thief.read("successes")) == (1, 0)
        assert jobs.balance(thief.address) == ETHER // 2


def test_an_account_that_takes_no_money_harms_itself_alone(world: World) -> None:
    jobs, proud = world.jobs(), put(world.chain, "Reentrant")
    proud.act(jobs, "fund", value=ETHER)
    proud.act(jobs, "allow", world.contract, MAXIMUM, 5)
    proud.send("arm", REFUSING, jobs.address, b"")
    mined = world.chain.sender().send(
        proud.address,
        proud.artifact.abi,
        "act",
        world.half,
        bytes.fromhex(_call_of_half().hex()),
    )
    [request] = jobs.requests_in(mined)
    receipt = world.answered(request)
    jobs.settle(receipt, world.signed(receipt))
    assert jobs.balance(proud.address) == ETHER - COST // SEATS * SEATS
    with refused("no money"):
        proud.act(jobs, "withdraw", 1)
    world.settled(2)


def _call_of_half() -> bytes:
    from enigma.chain.coding import encode_call, function_entry

    abi = attacker("Half").abi
    return encode_call(function_entry(abi, "ask", 3), [FUNCTION, ARGUMENTS, []])


def test_only_a_public_half_asks(world: World) -> None:
    with refused("no contract with a committee"):
        world.jobs(STRANGER).request(FUNCTION, ARGUMENTS, [], world.asker)


# ---------------------------------------------------------------- those who are late, silent, or refuse


def test_leaving_a_seat_out_gains_nobody_anything(world: World) -> None:
    jobs, before = world.jobs(), world.jobs().balance(world.asker)
    receipt = world.settled(seats=(0, 2, 3))
    share = COST // SEATS
    assert [jobs.earned(key.address) for key in KEYS[:SEATS]] == [share, 0, share, share]
    assert jobs.balance(world.asker) == before - share * SEATS
    assert standing(world, receipt.job) is Standing.PARTLY
    with refused("still taken"):
        jobs.close(receipt.job)
    with refused("not the signer's"):
        jobs.sign_late(receipt.job, 1, receipt.sign(world.domain, KEYS[0]))
    jobs.sign_late(receipt.job, 1, receipt.sign(world.domain, KEYS[1]))
    assert jobs.earned(KEYS[1].address) == share
    with refused("has signed"):
        jobs.sign_late(receipt.job, 1, receipt.sign(world.domain, KEYS[1]))
    jobs.close(receipt.job)
    assert jobs.health(world.contract).asleep == ()
    with refused("no part"):
        jobs.close(receipt.job)
    assert world.held() == before


def test_a_seat_that_never_signs_sleeps_and_its_part_goes_back(world: World) -> None:
    jobs, before = world.jobs(), world.jobs().balance(world.asker)
    receipt = world.settled(seats=(0, 2, 3))
    world.chain.pass_time(PATIENCE + 1)
    with refused("has passed"):
        jobs.sign_late(receipt.job, 1, receipt.sign(world.domain, KEYS[1]))
    jobs.close(receipt.job)
    assert jobs.balance(world.asker) == before - COST // SEATS * (SEATS - 1)
    assert jobs.health(world.contract).asleep == (1,)
    assert not jobs.health(world.contract).blocked  # three of four are a quorum
    registered = world.nodes().node(KEYS[1].address)
    assert registered is not None
    assert registered.deposit == 2 * ETHER
    with refused("only the node or its operator"):
        jobs.wake(world.contract, 1)
    world.jobs(2).wake(world.contract, 1)
    assert jobs.health(world.contract).asleep == ()


def test_silence_costs_no_deposit_and_no_fee(world: World) -> None:
    jobs, before = world.jobs(), world.jobs().balance(world.asker)
    request = world.ask()
    with refused("has not passed"):
        jobs.expire(request.job)
    receipt = world.answered(request)
    world.chain.pass_time(FEES.term + 1)
    with refused("deadline has passed"):
        jobs.settle(receipt, world.signed(receipt))
    jobs.expire(request.job)
    assert standing(world, request.job) is Standing.EXPIRED
    with refused("not open"):
        jobs.expire(request.job)
    assert jobs.balance(world.asker) == before
    health = jobs.health(world.contract)
    assert (health.open, health.asleep, health.blocked) == (0, (0, 1, 2, 3), True)
    for key in KEYS[:SEATS]:
        node = world.nodes().node(key.address)
        assert node is not None
        assert (node.deposit, node.locks) == (2 * ETHER, 1)
    with refused("asleep"):
        world.ask()
    for seat in range(3):
        world.jobs(seat + 1).wake(world.contract, seat)
    assert not jobs.health(world.contract).blocked
    world.settled()


def test_a_job_that_cannot_be_run_is_refused_and_nobody_sleeps(world: World) -> None:
    jobs, before = world.jobs(), world.jobs().balance(world.asker)
    request = world.ask()
    reason = bytes([5]) * 32
    said = {
        seat: sign_refusal(world.domain, KEYS[seat], request.contract, request.job, request.request, reason)
        for seat in range(3)
    }
    with refused("fewer seats"):
        jobs.refuse(request.job, reason, {0: said[0], 1: said[1]})
    with refused("not the signer's"):
        jobs.refuse(request.job, bytes(32), said)
    jobs.refuse(request.job, reason, said)
    assert standing(world, request.job) is Standing.REFUSED
    assert jobs.balance(world.asker) == before
    assert jobs.health(world.contract).asleep == ()
    with refused("not open"):
        jobs.refuse(request.job, reason, said)


# ---------------------------------------------------------------- committees that change


def _consents(
    world: World, seat: int, pieces: bytes, seats: tuple[int, ...], move: int = 0
) -> tuple[bytes, dict[int, bytes]]:
    newcomer = KEYS[SEATS]
    parts = (world.contract, seat, newcomer.address, pieces, move)
    return sign_move(world.domain, newcomer, *parts), {
        each: sign_move(world.domain, KEYS[each], *parts) for each in seats
    }


def test_a_sleeping_seat_moves_by_a_quorum_and_the_newcomers_word(world: World) -> None:
    jobs, pieces = world.jobs(), bytes([6]) * 32
    consent, signed = _consents(world, 1, pieces, (0, 2, 3))
    newcomer = KEYS[SEATS].address
    with refused("awake"):
        jobs.move(world.contract, 1, newcomer, pieces, consent, signed)
    receipt = world.settled(seats=(0, 2, 3))
    world.chain.pass_time(PATIENCE + 1)
    jobs.close(receipt.job)
    with refused("fewer seats"):
        jobs.move(world.contract, 1, newcomer, pieces, consent, {0: signed[0], 2: signed[2]})
    with refused("not the signer's"):
        jobs.move(world.contract, 1, newcomer, pieces, signed[0], signed)
    assert jobs.moves(world.contract) == 0
    jobs.move(world.contract, 1, newcomer, pieces, consent, signed)
    assert jobs.moves(world.contract) == 1
    assert world.committees().seating(world.contract).seats[1] == newcomer
    assert jobs.health(world.contract).asleep == ()
    old, new = world.nodes().node(KEYS[1].address), world.nodes().node(newcomer)
    assert old is not None
    assert new is not None
    assert (old.locks, new.locks) == (0, 1)
    with refused("not the signer's"):  # a move's signatures hold once
        jobs.move(world.contract, 1, newcomer, pieces, consent, signed)
    with refused("not the signer's"):  # the departed seat signs nothing any more
        again = world.answered(world.ask(), 2)
        jobs.settle(again, world.signed(again, (0, 1, 2)))


def test_nobody_is_held_for_ever(world: World) -> None:
    jobs = world.jobs(STRANGER)
    request = world.ask()
    world.chain.pass_time(IDLE + 1)
    with refused("open jobs"):
        jobs.retire(world.contract)
    jobs.expire(request.job)
    jobs.retire(world.contract)
    published = world.committees().published(world.contract)
    assert published is not None
    assert published.phase is Phase.RETIRED
    for key in KEYS[:SEATS]:
        node = world.nodes().node(key.address)
        assert node is not None
        assert node.locks == 0
        assert node.status is Status.LOGGED_IN
    with refused("no contract with a committee"):
        world.ask()
    with refused("no committee"):
        jobs.retire(world.contract)


def test_a_contract_in_use_is_not_retired(world: World) -> None:
    world.chain.pass_time(IDLE + 1)
    world.settled()
    with refused("idle long enough"):
        world.jobs().retire(world.contract)


def test_only_committees_seats_and_only_jobs_reseats(world: World) -> None:
    with refused("only Committees"):
        world.jobs().send("seated", world.contract, [KEYS[4].address])
    for function, args in (("reseat", (world.contract, 0, KEYS[4].address)), ("retire", (world.contract,))):
        with refused("only Jobs"):
            world.committees().send(function, *args)


def test_a_reader_changes_nothing(world: World) -> None:
    with pytest.raises(ArgumentProblem, match="sender"):
        Jobs(world.chain.connection, world.jobs_at).fund(1)
