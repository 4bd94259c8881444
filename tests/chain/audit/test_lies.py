"""A node that alters one thing at a time: each alteration reaches the audit, and no audit of it is clean.

Two kinds of lies. Where one value of an answer is altered, it does not fit the block's hash, and the node is found
lying. A node can do better, and answer with another whole chain that fits together: its blocks are made anew here,
hashes and all. Then what is altered does not fit the rest of what the chain says, or the seats' signatures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.chain.audit import court as courts
from tests.chain.audit.court import OTHER_ASKER, Court, wrong
from tests.chain.audit.forging import (
    Change,
    Forger,
    block_value,
    calldata,
    flipped,
    in_each_receipt,
    log_topic,
    log_value,
    no_log,
    said_against,
)
from tests.chain.conftest import Chain
from tests.chain.proxy import Proxy, port_of
from tests.chain.seated import ASKER

from enigma.chain.artifacts import load
from enigma.chain.coding import encode_call, function_entry
from enigma.chain.connection import Connection
from enigma.chain.identities import Use
from enigma.errors import LyingNode

pytestmark = pytest.mark.processes

Alter = Callable[[str, list[Any], Any], Any]
LONG = 2**40


@pytest.fixture(scope="module")
def prepared(whole_session_chain: Chain) -> Iterator[Court]:
    """A drawn committee; jobs 1 and 2 of two askers, the second with the first one's consent, and a late signature."""
    kept = whole_session_chain.connection.ask("evm_snapshot")
    court = courts.drawn(whole_session_chain)
    court.settled(OTHER_ASKER, result=bytes(32))
    owner, asker = (court.chain.accounts[index].address for index in (OTHER_ASKER, ASKER))
    court.identities(OTHER_ASKER).grant(Use(owner, court.world.contract, asker), until=LONG, uses=9)
    receipt = court.settled(mark=2, seats=(0, 1, 3))
    court.world.jobs().sign_late(receipt.job, 2, court.signed(receipt)[2])
    yield court
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def court(prepared: Court, chain: Chain) -> Court:
    return prepared


JOB = 2


def call(court: Court, controller: str, function: str, *arguments: Any) -> str:
    entry = function_entry(load(controller).abi, function, len(arguments))
    return "0x" + encode_call(entry, arguments).hex()


def test_the_proxy_alone_changes_nothing(court: Court) -> None:
    with Proxy(port_of(court.chain.url)) as proxy:
        found = court.audit(JOB, Connection(proxy.url))
    assert found.holds, wrong(found)


# ---------------------------------------------------------------- one value of one answer


def in_blocks(change: Change) -> Alter:
    """Alters what `change` changes in a block."""

    def alter(method: str, params: list[Any], result: Any) -> Any:
        return change(result) if method == "eth_getBlockByNumber" and result else False

    return alter


def in_receipts(change: Change) -> Alter:
    """Alters what `change` changes in the receipts of a block."""

    def alter(method: str, params: list[Any], result: Any) -> Any:
        return method == "eth_getBlockReceipts" and sum(change(receipt) for receipt in result) > 0

    return alter


RAW: dict[str, Alter] = {
    "a weight": in_receipts(log_value(("Committees", "Drawn"), 5)),
    "the seed": in_receipts(log_value(("Committees", "Drawn"), 1)),
    "a deposit": in_receipts(log_value(("Nodes", "Registered"), 0)),
    "the cost": in_receipts(log_value(("Jobs", "Settled"), 4)),
    "the state": in_receipts(log_value(("Jobs", "Settled"), 1)),
    "the result": in_receipts(log_value(("Jobs", "Settled"), 2)),
    "the maximum": in_receipts(log_value(("Jobs", "Requested"), 3)),
    "the asker": in_receipts(log_topic(("Jobs", "Requested"), 3)),
    "no consent": in_receipts(no_log(("Identities", "Granted"))),
    "no earlier job": in_receipts(no_log(("Jobs", "Settled"))),
    "no late signature": in_receipts(no_log(("Jobs", "SignedLate"))),
    "no node": in_receipts(no_log(("Nodes", "Registered"))),
    "a block's hash": in_blocks(block_value("hash")),
    "a block's parent": in_blocks(block_value("parentHash")),
    "a block's time": in_blocks(block_value("timestamp")),
    "the filter": in_blocks(block_value("logsBloom")),
    "the receipts' root": in_blocks(block_value("receiptsRoot")),
    "a signature": in_blocks(calldata("settle", -150)),
    "a late signature": in_blocks(calldata("sign_late", -150)),
    "the rounds": in_blocks(calldata("settle", 10 + 64 * 13 - 1)),
}


@pytest.mark.parametrize("what", RAW)
def test_one_altered_value_does_not_fit_its_block(court: Court, what: str) -> None:
    reached: list[str] = []

    def tamper(method: str, params: list[Any], answer: dict[str, Any]) -> Any:
        if RAW[what](method, params, answer.get("result")):
            reached.append(method)
        return answer

    with Proxy(port_of(court.chain.url), tamper) as proxy, pytest.raises(LyingNode):
        court.audit(JOB, Connection(proxy.url))
    assert reached


# ---------------------------------------------------------------- what the controllers answer


def answer(controller: str, function: str, arguments: Callable[[Court], tuple[Any, ...]], word: int) -> Any:
    return controller, function, arguments, word


VIEWS = {
    "what a job is": answer("Jobs", "job", lambda _: (JOB,), 3),
    "whether it is settled": answer("Jobs", "job", lambda _: (JOB,), 5),
    "the state of a contract": answer("Jobs", "states", lambda c: (c.world.contract,), 0),
    "the asker's account": answer("Jobs", "balances", lambda c: (c.world.asker,), 0),
    "how often seats moved": answer("Jobs", "moves", lambda c: (c.world.contract,), 0),
    "what the draw gives": answer(
        "Committees",
        "draw",
        lambda c: (
            bytes(c.world.committees().check_drawn(c.world.nodes(), c.world.contract, first_block=0).seed),
            c.world.committees().drawing(c.world.contract).epoch,
            4,
        ),
        2,
    ),
    "who sits": answer("Committees", "committee", lambda c: (c.world.contract,), 9),
}


@pytest.mark.parametrize("what", VIEWS)
def test_an_altered_answer_of_a_controller_does_not_fit_its_events(court: Court, what: str) -> None:
    controller, function, arguments, word = VIEWS[what]
    wanted, at = call(court, controller, function, *arguments(court)), court.controllers.addresses[controller]
    reached: list[str] = []

    def tamper(method: str, params: list[Any], answer: dict[str, Any]) -> Any:
        if method == "eth_call" and params[0]["data"] == wanted and params[0]["to"] == at:
            answer["result"] = flipped(answer["result"], 2 + 64 * (word + 1) - 1)
            reached.append(method)
        return answer

    with Proxy(port_of(court.chain.url), tamper) as proxy:
        found = court.audit(JOB, Connection(proxy.url))
    assert reached
    assert not found.holds


def test_other_code_at_a_controllers_address_is_found(court: Court) -> None:
    at, reached = court.controllers.addresses["Jobs"], []

    def tamper(method: str, params: list[Any], answer: dict[str, Any]) -> Any:
        if method == "eth_getCode" and params[0] == at:
            answer["result"] = flipped(answer["result"], 100)
            reached.append(method)
        return answer

    with Proxy(port_of(court.chain.url), tamper) as proxy:
        found = court.audit(JOB, Connection(proxy.url))
    assert reached
    assert any("Jobs is not the controller" in sentence for sentence in wrong(found))


# ---------------------------------------------------------------- a whole other chain that fits together


FORGED: dict[str, Change] = {
    **{
        what: in_each_receipt(change)
        for what, change in {
            "a weight": log_value(("Committees", "Drawn"), 5),
            "the seed": log_value(("Committees", "Drawn"), 1),
            "a deposit": log_value(("Nodes", "Registered"), 0, back=16),
            "the cost": log_value(("Jobs", "Settled"), 4),
            "the state": log_value(("Jobs", "Settled"), 1),
            "the result": log_value(("Jobs", "Settled"), 2),
            "the seats that signed": log_value(("Jobs", "Settled"), 3),
            "the maximum": log_value(("Jobs", "Requested"), 3),
            "the deadline": log_value(("Jobs", "Requested"), 4),
            "the asker": log_topic(("Jobs", "Requested"), 3),
            "the published prices": log_value(("Committees", "Published"), 4),
            "a seat": log_value(("Committees", "Seated"), 2),
            "what was allowed": log_value(("Jobs", "Allowed"), 0),
            "what was paid in": log_value(("Jobs", "Funded"), 0),
            "no consent": no_log(("Identities", "Granted")),
            "no log in": no_log(("Nodes", "LoggedIn")),
            "no late signature": no_log(("Jobs", "SignedLate")),
            "no end of the job": no_log(("Jobs", "Settled")),
            "no draw": no_log(("Committees", "Drawn")),
        }.items()
    },
    "a signature": calldata("settle", -150),
    "a late signature": calldata("sign_late", -150),
    "the rounds": calldata("settle", 10 + 64 * 13 - 1),
    "the state before": calldata("settle", 10 + 64 * 8 - 1),
    "the outcome": calldata("settle", -1),
}


FOUND = {
    "a weight": "weights are not those",
    "the seed": "seed is not that of block",
    "a deposit": "weights are not those",
    "the cost": "The cost is",
    "the state": "another state than the receipt says",
    "the result": "not the one that was settled",
    "the seats that signed": "other seats than those that signed",
    "the maximum": "another request, asker, maximum",
    "the deadline": "hash is not that of its parts",
    "the asker": "hash is not that of its parts",
    "the published prices": "The cost is",
    "a seat": "fall to other nodes",
    "what was allowed": "beyond what the asker allowed",
    "what was paid in": "asker's account is not",
    "no consent": "had not agreed",
    "no log in": "Nothing can be drawn",
    "no late signature": "What Jobs holds for a seat is not",
    "no end of the job": "SignedLate of job 2 does not follow",
    "no draw": "Not every node of the named committee",
    "a signature": "are not those of the nodes that held the seats 3",
    "a late signature": "late signature that is not its own",
    "the rounds": "are not those of the nodes that held the seats 0, 1, 3",
    "the state before": "did not begin in the state",
    "the outcome": "does not decode",
}


@pytest.mark.parametrize("what", sorted({*FORGED, *FOUND}))
def test_a_chain_made_to_fit_an_alteration_is_not_clean(court: Court, what: str) -> None:
    """The forger cannot sign for the seats, and Jobs' own answers are asked too."""
    forger = Forger(court.chain.connection, court.controllers.first_block, FORGED[what])
    assert forger.altered
    with Proxy(port_of(court.chain.url), forger.tamper) as proxy:
        assert FOUND[what] in said_against(court, proxy.url, JOB)
    assert forger.served


def test_a_chain_that_was_made_anew_and_not_altered_is_clean(court: Court) -> None:
    """Control: what finds the alterations is not that the blocks were made anew."""
    forger = Forger(court.chain.connection, court.controllers.first_block, lambda block: False)
    with Proxy(port_of(court.chain.url), forger.tamper) as proxy:
        found = court.audit(JOB, Connection(proxy.url))
    assert forger.served
    assert found.holds, wrong(found)


def test_another_block_hash_gives_another_seed(court: Court) -> None:
    seed_block = court.world.committees().drawing(court.world.contract).seed_block

    def change(block: dict[str, Any]) -> bool:
        if int(block["number"], 16) != seed_block:
            return False
        block["extraData"] = "0x01"
        return True

    forger = Forger(court.chain.connection, court.controllers.first_block, change)
    assert forger.altered
    with Proxy(port_of(court.chain.url), forger.tamper) as proxy:
        found = court.audit(JOB, Connection(proxy.url))
    assert any("seed is not that of block" in sentence for sentence in wrong(found))


def test_findings_are_plain_trees(court: Court) -> None:
    tree = court.audit(JOB).tree()
    assert json.loads(json.dumps(tree)) == tree
