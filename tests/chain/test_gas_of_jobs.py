"""docs/chain.md says what a job, and what may become of it, costs in gas; here it is measured again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import ARGUMENTS, ASKER, FEES, FUNCTION, KEYS, NODE_TERMS, World
from tests.chain.standing import ETHER, attacker

from enigma.chain.answers import Receipt as Mined
from enigma.chain.jobs import Request
from enigma.chain.sortition import DELAY

pytestmark = pytest.mark.processes

DOCUMENT = Path(__file__).parents[2] / "docs" / "chain.md"


def asked(world: World) -> tuple[Mined, Request]:
    sender = world.chain.sender(ASKER)
    mined = sender.send(world.half, attacker("Half").abi, "ask", FUNCTION, ARGUMENTS, [bytes(32)])
    return mined, world.jobs().requests_in(mined)[0]


def measured(world: World) -> Iterator[tuple[str, int]]:
    jobs, asker = world.jobs(), world.jobs(ASKER)
    first, request = asked(world)
    receipt = world.answered(request, 1)
    first_settled = jobs.settle(receipt, world.signed(receipt))
    yield "both, for a contract's first job", first.gas_used + first_settled.gas_used
    mined, request = asked(world)
    receipt = world.answered(request, 2)
    yield "`request`, through a public half", mined.gas_used
    yield "`settle`, four signatures", jobs.settle(receipt, world.signed(receipt)).gas_used

    receipt = world.answered(asked(world)[1], 3)
    jobs.settle(receipt, world.signed(receipt, (0, 1, 2)))
    yield "`sign_late`", jobs.sign_late(receipt.job, 3, receipt.sign(world.domain, KEYS[3])).gas_used
    yield "`close`", jobs.close(receipt.job).gas_used

    _, request = asked(world)
    receipt, liar = world.answered(request, 4), KEYS[0]
    other = replace(receipt, rounds=1)
    proof = (liar.address, receipt, receipt.sign(world.domain, liar), other, other.sign(world.domain, liar))
    yield "`contradiction`", jobs.contradiction(*proof).gas_used
    yield "`challenge`", asker.challenge(request.job, 1, bytes(32)).gas_used
    yield "`answer`: 1,024 bytes", world.jobs(2).answer(request.job, KEYS[1].address, bytes([1]) * 1024).gas_used
    world.chain.pass_time(FEES.term + 1)
    yield "`expire`", jobs.expire(request.job).gas_used
    yield "`wake`", world.jobs(2).wake(world.contract, 1).gas_used

    other_asker = world.jobs(3)
    yield "`fund`", other_asker.fund(ETHER).gas_used
    yield "`allow`", other_asker.allow(world.contract, 10**15).gas_used
    yield "`withdraw`", other_asker.withdraw(5).gas_used
    yield "`collect`", world.jobs(3).collect(KEYS[2].address).gas_used

    world.chain.pass_time(NODE_TERMS.epoch)
    drawn = seated.publish(world)
    yield "`request_draw`", drawn.committees().request_draw(drawn.contract).gas_used
    world.chain.mine(DELAY + 1)
    yield "`finish_draw`", drawn.committees().finish_draw(drawn.contract).gas_used


def test_jobs_cost_what_the_documentation_says_within_a_tenth(chain: Chain) -> None:
    """A draw costs more where a second node of an operator is met on the way; here no operator has two."""
    text = DOCUMENT.read_text(encoding="utf-8").split("<!-- A job of four seats:begin -->")[1].split("<!--")[0]
    said = {
        call: int(gas.replace(",", "")) for call, gas in re.findall(r"^\| (.*?) \| ([\d,]+) \|$", text, re.MULTILINE)
    }
    found = dict(measured(seated.seated(chain)))
    assert set(found) == set(said)
    assert {call: gas for call, gas in found.items() if abs(gas - said[call]) > said[call] / 10} == {}
