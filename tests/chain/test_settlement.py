from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import ASKER, FEES, KEYS, MAXIMUM, SEATS, World
from tests.chain.standing import attacker, call_of

from enigma.chain.jobs import Standing
from enigma.chain.receipts import Receipt, outcome_hash
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
TAKING, REFUSING, BURNING, CALLING, CALLING_QUIETLY = range(5)
OUTCOME = bytes(range(256)) * 16
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


# ---------------------------------------------------------------- receipts that must not pass


def test_a_receipt_settles_once(world: World) -> None:
    receipt = world.settled()
    with refused("not open"):
        world.jobs().settle(receipt, world.signed(receipt))


def test_a_receipt_of_another_state_is_refused(world: World) -> None:
    first, second = world.ask(), world.ask()
    late = world.answered(second, 2)  # from the state before the first
    receipt = world.answered(first, 1)
    world.jobs().settle(receipt, world.signed(receipt))
    with refused("another state"):
        world.jobs().settle(late, world.signed(late))
    again = world.answered(second, 3)
    world.jobs().settle(again, world.signed(again))
    assert world.jobs().state(world.contract) == again.state_after


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("job", 2, "another request"),
        ("job", 99, "not open"),
        ("contract", bytes([1]) * 32, "another contract's"),
        ("request", bytes([1]) * 32, "another request"),
        ("function", bytes(4), "not those of the request"),
        ("arguments", bytes(32), "not those of the request"),
        ("inputs", bytes(32), "not those of the request"),
        ("rounds", 2**64 - 1, "above the asker's maximum"),
        ("operations", 2**64 - 1, "above the asker's maximum"),
    ],
)
def test_a_receipt_must_answer_what_was_asked(world: World, field: str, value: object, reason: str) -> None:
    receipt = world.answered(world.ask())
    world.ask()
    other: Receipt = replace(receipt, **{field: value})  # type: ignore[arg-type]
    with refused(reason):
        world.jobs().settle(other, world.signed(other))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("result", bytes(32)),
        ("state_after", bytes(32)),
        ("changes", 1),
        ("programs", bytes(32)),
        ("rounds", 101),
        ("operations", 1),
    ],
)
def test_signatures_are_of_this_receipt_and_no_other(world: World, field: str, value: object) -> None:
    receipt = world.answered(world.ask())
    signed = world.signed(receipt)
    with refused("not the signer's"):
        world.jobs().settle(replace(receipt, **{field: value}), signed)  # type: ignore[arg-type]


@pytest.mark.parametrize("elsewhere", ["chainId", "verifyingContract"])
def test_signatures_for_another_chain_or_controller_are_refused(world: World, elsewhere: str) -> None:
    receipt = world.answered(world.ask())
    domain = {**world.domain, elsewhere: 1 if elsewhere == "chainId" else world.nodes_at}
    signed = {seat: receipt.sign(domain, KEYS[seat]) for seat in range(SEATS)}
    with refused("not the signer's"):
        world.jobs().settle(receipt, signed)


def test_a_quorum_must_sign(world: World) -> None:
    receipt = world.answered(world.ask())
    for seats in ((), (0,), (0, 1), (2, 3)):
        with refused("fewer seats"):
            world.jobs().settle(receipt, world.signed(receipt, seats))


def test_one_seat_is_not_three(world: World) -> None:
    receipt = world.answered(world.ask())
    one = receipt.sign(world.domain, KEYS[0])
    with refused("not the signer's"):
        world.jobs().settle(receipt, dict.fromkeys(range(3), one))
    with refused("of no seat"):
        world.jobs().send("settle", receipt.fields(), 0b001, [one, one, one], b"")
    with refused("missing"):
        world.jobs().send("settle", receipt.fields(), 0b111, [one], b"")


def test_signatures_stand_in_the_order_of_the_seats(world: World) -> None:
    receipt = world.answered(world.ask())
    by_seat = world.signed(receipt, range(3))
    with refused("not the signer's"):
        world.jobs().send("settle", receipt.fields(), 0b111, [by_seat[1], by_seat[0], by_seat[2]], b"")
    with refused("no such seat"):
        world.jobs().send("settle", receipt.fields(), 0b10111, list(by_seat.values()), b"")


def test_who_has_no_seat_signs_nothing(world: World) -> None:
    receipt = world.answered(world.ask())
    signed = {**world.signed(receipt, (0, 1)), 2: receipt.sign(world.domain, KEYS[SEATS])}
    with refused("not the signer's"):
        world.jobs().settle(receipt, signed)


def test_the_other_form_of_a_signature_is_refused(world: World) -> None:
    receipt = world.answered(world.ask())
    signed = world.signed(receipt)
    good = signed[0]
    mirrored = (ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    for bad, reason in (
        (good[:32] + mirrored + bytes([55 - good[64]]), "malleable"),
        (good[:64] + bytes([good[64] - 27]), "27 or 28"),
        (good[:64], "65 bytes"),
        (bytes(64) + bytes([27]), "not the signer's"),
    ):
        with refused(reason):
            world.jobs().settle(receipt, {**signed, 0: bad})


def test_a_receipt_of_another_contract_with_the_same_committee_is_refused(world: World) -> None:
    other = seated.publish(world)
    seated.seat(other)
    world.jobs(ASKER).allow(other.contract, MAXIMUM)
    mine, theirs = world.ask(), other.ask()
    receipt = world.answered(mine)
    for crossed in (
        replace(receipt, job=theirs.job),
        replace(receipt, job=theirs.job, request=theirs.request),
        replace(receipt, contract=other.contract),
    ):
        with pytest.raises(ChainRefused):
            world.jobs().settle(crossed, world.signed(receipt))
        with pytest.raises(ChainRefused):
            world.jobs().settle(crossed, world.signed(crossed))


# ---------------------------------------------------------------- what the public half is told


def armed(world: World, mood: int, back: bytes = b"") -> None:
    world.chain.sender().send(world.half, attacker("Half").abi, "arm", mood, back)


def of_half(world: World, function: str, *args: Any) -> Any:
    return world.chain.connection.read(world.half, attacker("Half").abi, function, *args)


def with_outcome(world: World, outcome: bytes = OUTCOME, changes: int = 0) -> Receipt:
    return replace(world.answered(world.ask()), outcome=outcome_hash(outcome), changes=changes)


def test_the_public_half_is_told_what_the_seats_signed(world: World) -> None:
    receipt = with_outcome(world)
    signed = world.signed(receipt)
    for other in (b"", OUTCOME[:-1], bytes(4096)):
        with refused("not the outcome"):
            world.jobs().settle(receipt, signed, other)
    world.jobs().settle(receipt, signed, OUTCOME)
    assert of_half(world, "told", receipt.job) == OUTCOME
    assert world.jobs().state(world.contract) == receipt.state_after
    without = world.answered(world.ask(), 2)
    with refused("not the outcome"):
        world.jobs().settle(without, world.signed(without), OUTCOME)


@pytest.mark.parametrize(("mood", "changes"), [(REFUSING, 0), (BURNING, 0), (TAKING, 1)])
def test_a_public_half_that_refuses_does_not_keep_the_seats_from_being_paid(
    world: World, mood: int, changes: int
) -> None:
    """The contract's two halves stay together: neither moves."""
    armed(world, mood)
    receipt = with_outcome(world, changes=changes)
    before = world.jobs().state(world.contract)
    world.jobs().settle(receipt, world.signed(receipt), OUTCOME)
    assert world.jobs().state(world.contract) == before
    assert of_half(world, "told", receipt.job) == b""
    assert [world.jobs().earned(key.address) for key in KEYS[:SEATS]] == [COST // SEATS] * SEATS
    job = world.jobs().job(receipt.job)
    assert job is not None
    assert job.standing is Standing.SETTLED


def test_nobody_makes_an_outcome_fail_by_sending_too_little_gas(world: World) -> None:
    from enigma.chain.coding import encode_call, function_entry
    from enigma.chain.receipts import gathered

    receipt = with_outcome(world)
    jobs = world.jobs()
    args = (receipt.fields(), *gathered(world.signed(receipt)), OUTCOME)
    call = {
        "to": jobs.address,
        "data": "0x" + encode_call(function_entry(jobs.abi, "settle", 4), args).hex(),
        "gas": hex(5_000_000),
    }
    with refused("too little gas"):
        world.chain.connection.call(call, jobs.abi, "settle")
    world.chain.connection.call({**call, "gas": hex(6_000_000)}, jobs.abi, "settle")


def test_a_public_half_cannot_come_back_while_it_is_told(world: World) -> None:
    receipt, other = with_outcome(world), world.answered(world.ask(), 2)
    jobs = world.jobs()
    call = call_of(jobs, "settle", other.fields(), 0b1111, list(world.signed(other).values()), b"")
    armed(world, CALLING, call)
    jobs.settle(receipt, world.signed(receipt), OUTCOME)
    assert of_half(world, "told", receipt.job) == b""
    again = replace(with_outcome(world), state_before=jobs.state(world.contract))
    armed(world, CALLING_QUIETLY, call)
    jobs.settle(again, world.signed(again), OUTCOME)
    assert of_half(world, "told", again.job) == OUTCOME
    assert not of_half(world, "called")
    assert jobs.health(world.contract).open == 1


def test_a_seat_that_began_again_after_the_public_half_changed_has_not_lied(world: World) -> None:
    a = with_outcome(world)
    b = replace(a, changes=1, outcome=bytes([1]) * 32)
    key = KEYS[0]
    with refused("in two states"):
        world.jobs().contradiction(key.address, a, a.sign(world.domain, key), b, b.sign(world.domain, key))
