"""docs/chain.md says what Committees, a job, and what may become of it cost in gas; here it is measured again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import (
    ARGUMENTS,
    ASKER,
    BOND,
    DRAW_FEE,
    FEES,
    FUNCTION,
    IDLE,
    KEYS,
    LIE,
    MINIMUM,
    MOST_GAS,
    NODE_TERMS,
    PATIENCE,
    PUBLISHER,
    SEATS,
    SILENCE,
    SOURCE,
    World,
)
from tests.chain.standing import ETHER, attacker

from enigma.chain.answers import Receipt as Mined
from enigma.chain.artifacts import load
from enigma.chain.committees import Committees
from enigma.chain.jobs import Request
from enigma.chain.receipts import sign_move, sign_refusal
from enigma.chain.sortition import DELAY

pytestmark = pytest.mark.processes

DOCUMENT = Path(__file__).parents[2] / "docs" / "chain.md"
BOTH = "both of the next two, for a contract's first job"
WITHIN = {"Committees": {"reseat"}, "Jobs": {"seated"}}  # another controller's calls, part of `move` and `accept`


def asked(world: World) -> tuple[Mined, Request]:
    sender = world.chain.sender(ASKER)
    mined = sender.send(world.half, attacker("Half").abi, "ask", FUNCTION, ARGUMENTS, [bytes(32)])
    return mined, world.jobs().requests_in(mined)[0]


def made(world: World, name: str, *constants: object) -> Mined:
    artifact = load(name)
    return world.chain.sender(PUBLISHER).create(artifact.abi, artifact.bytecode, *constants)


def of_committees(world: World) -> Iterator[tuple[str, int]]:
    deployed = made(world, "Committees", world.nodes_at, DRAW_FEE)
    yield "`deployment(nodes, draw_fee)`", deployed.gas_used
    another = Committees(world.chain.connection, str(deployed.contract), world.chain.sender(PUBLISHER))
    yield "`bind`", another.bind(world.jobs_at).gas_used

    committees, half = world.committees(), seated.put_half(world)
    yield "`publish`", committees.send("publish", SOURCE, half, SEATS, 3, astuple(FEES)).gas_used
    contract = committees.contract_of(half)
    assert contract is not None
    yield "`name`: four nodes", committees.name(contract, [key.address for key in KEYS[:SEATS]]).gas_used
    accepted = [world.committees(seat + 1).accept(contract, seat) for seat in range(SEATS)]
    yield "`accept`", accepted[1].gas_used
    yield "`accept`: the last, which seats the committee", accepted[-1].gas_used

    world.chain.pass_time(NODE_TERMS.epoch)
    drawn = seated.publish(world)
    yield "`request_draw`", committees.request_draw(drawn.contract).gas_used
    world.chain.mine(DELAY + 1)
    yield "`finish_draw`", committees.finish_draw(drawn.contract).gas_used
    first = committees.seating(drawn.contract).seats[0]
    operator = next(seat for seat, key in enumerate(KEYS) if key.address == first) + 1
    yield "`collect`", world.committees(operator).collect(first).gas_used

    world.chain.pass_time(IDLE + 1)
    yield "`retire`, by way of Jobs", world.jobs().retire(contract).gas_used


def of_jobs(world: World) -> Iterator[tuple[str, int]]:
    jobs, asker = world.jobs(), world.jobs(ASKER)
    constants = (world.nodes_at, world.committees_at, MINIMUM, PATIENCE, IDLE, BOND, LIE, SILENCE)
    call = "`deployment(nodes, committees, minimum, patience, idle, bond, lie, silence)`"
    yield call, made(world, "Jobs", *constants).gas_used
    first, request = asked(world)
    receipt = world.answered(request, 1)
    first_settled = jobs.settle(receipt, world.signed(receipt))
    yield BOTH, first.gas_used + first_settled.gas_used
    mined, request = asked(world)
    receipt = world.answered(request, 2)
    yield "`request`, through a public half", mined.gas_used
    yield "`settle`, four signatures", jobs.settle(receipt, world.signed(receipt)).gas_used

    receipt = world.answered(asked(world)[1], 3)
    jobs.settle(receipt, world.signed(receipt, (0, 1, 2)))
    yield "`sign_late`", jobs.sign_late(receipt.job, 3, receipt.sign(world.domain, KEYS[3])).gas_used
    yield "`close`", jobs.close(receipt.job).gas_used

    request, reason = asked(world)[1], bytes([5]) * 32
    subject = (request.contract, request.job, request.request, reason)
    said = {seat: sign_refusal(world.domain, KEYS[seat], *subject) for seat in range(SEATS)}
    yield "`refuse`, four signatures", jobs.refuse(request.job, reason, said).gas_used

    _, request = asked(world)
    receipt, liar = world.answered(request, 4), KEYS[0]
    other = replace(receipt, rounds=1)
    proof = (liar.address, receipt, receipt.sign(world.domain, liar), other, other.sign(world.domain, liar))
    yield "`contradiction`", jobs.contradiction(*proof).gas_used
    yield "`challenge`", asker.challenge(request.job, 1, bytes(32)).gas_used
    yield "`answer`: 1,024 bytes", world.jobs(2).answer(request.job, KEYS[1].address, bytes([1]) * 1024).gas_used
    asker.challenge(request.job, 2, bytes(32))
    world.chain.pass_time(PATIENCE + 1)
    yield "`unanswered`", jobs.unanswered(request.job, KEYS[2].address).gas_used
    world.chain.pass_time(FEES.term + 1)
    yield "`expire`", jobs.expire(request.job).gas_used
    yield "`wake`", world.jobs(2).wake(world.contract, 1).gas_used
    move = (world.contract, 3, KEYS[SEATS].address, bytes([6]) * 32, 0)
    signed = {seat: sign_move(world.domain, KEYS[seat], *move) for seat in range(3)}
    consent = sign_move(world.domain, KEYS[SEATS], *move)
    yield "`move`, three signatures and the new node's", jobs.move(*move[:4], consent, signed).gas_used

    other_asker = world.jobs(3)
    yield "`fund`", other_asker.fund(ETHER).gas_used
    yield "`allow`", other_asker.allow(world.contract, 10**15).gas_used
    yield "`withdraw`", other_asker.withdraw(5).gas_used
    yield "`collect`", world.jobs(3).collect(KEYS[2].address).gas_used
    world.chain.pass_time(IDLE + 1)
    yield "`retire`", jobs.retire(world.contract).gas_used


@pytest.mark.parametrize(("name", "measured"), [("Committees", of_committees), ("Jobs", of_jobs)])
def test_they_cost_what_the_documentation_says_within_a_tenth(
    chain: Chain, name: str, measured: Callable[[World], Iterator[tuple[str, int]]]
) -> None:
    """A draw costs more where a second node of an operator is met on the way; here no operator has two."""
    text = DOCUMENT.read_text(encoding="utf-8").split(f"<!-- {name}:begin -->")[1].split("<!--")[0]
    said = {
        call: int(gas.replace(",", "")) for call, gas in re.findall(r"^\| (.*?) \| ([\d,]+) \|$", text, re.MULTILINE)
    }
    found = dict(measured(seated.seated(chain)))
    rows = "\n".join(f"| {call} | {gas:,} |" for call, gas in found.items())
    assert list(found) == list(said), f"write the table again:\n{rows}"
    assert {call: gas for call, gas in found.items() if abs(gas - said[call]) > said[call] / 10} == {}, rows
    assert found.get(BOTH, 0) <= MOST_GAS
    changing = {
        entry["name"]
        for entry in load(name).abi
        if entry["type"] == "function" and entry["stateMutability"] in {"payable", "nonpayable"}
    }
    named = set(re.findall(r"`(\w+)", " ".join(found)))
    assert changing - named == WITHIN[name], "every call that changes something has its row"
