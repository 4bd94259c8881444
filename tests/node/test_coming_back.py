"""A node that stops with something on its way to the chain, and comes back: nothing waits, is lost, or is doubled."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.chain.proxy import Proxy, port_of
from tests.net.states import until
from tests.node.living import Living, Place, living, sending_as
from tests.node.test_crashes import Team

from enigma.chain.committees import Fees, Phase
from enigma.local.anvil import LocalChain
from enigma.node.states import JobState

pytestmark = pytest.mark.processes

CALLS_OF_A_START = 60
"""Of the chain's node until ready, with one seat and a few new blocks, and whatever else runs meanwhile."""


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Living]:
    with LocalChain(accounts=9) as chain, living(chain.connection, chain.accounts, tmp_path) as alive:
        yield alive


def named(network: Living) -> bytes:
    """A contract whose publisher has just named all nodes, and nothing else of which is in a block."""
    person = network.person(0)
    fees = Fees(smallest=1, round=1, operation=1, term=600)
    contract = person.committees.publish(bytes(32), person.account.address, seats=3, quorum=2, fees=fees)
    network.connection.ask("evm_setAutomine", False)
    with sending_as(network.connection, person.account) as sender:
        sender.submit(person.committees.address, person.committees.abi, "name", contract, network.names)
    network.connection.ask("evm_mine")
    return contract


def waits(network: Living, place: Place) -> bool:
    """Whether a transaction of a node waits for a block."""
    chain = network.connection
    return chain.nonce(place.name, "pending") == 1 and chain.nonce(place.name) == 0


def is_seated(network: Living, contract: bytes) -> bool:
    found = network.person(0).committees.published(contract)
    return found is not None and found.phase is Phase.SEATED


def test_a_stop_does_not_wait_for_a_block_and_the_next_life_brings_what_was_sent(network: Living) -> None:
    for place in network.places:
        place.running._sender._deadline = math.inf  # a stop that waited for a receipt would never end
    contract = named(network)
    for place in network.places:
        until(partial(waits, network, place), "its acceptance is on its way")
    for place in network.places:
        network.stop(place, patience=60.0)
    assert all(waits(network, place) for place in network.places), "no block has come meanwhile"
    sent = [signed(place) for place in network.places]
    network.connection.ask("anvil_dropAllTransactions")
    assert not any(waits(network, place) for place in network.places), "the chain's node has lost them"
    network.connection.ask("evm_setAutomine", True)
    for place in network.places:
        network.start(place)
    until(partial(is_seated, network, contract), "all have accepted")
    assert all(network.connection.receipt(each) is not None for each in sent), "the same bytes, sent again"
    # Who accepts last pays for seating all: it may have to do it once more, since it did not expect that.
    assert sorted(network.connection.nonce(name) for name in network.names)[:2] == [1, 1]
    network.wait_ready()
    until(lambda: all(place.running.contracts.seated(contract) for place in network.places), "all know it")


def signed(place: Place) -> str:
    """The hash of the one transaction that a node has signed."""
    lines = (place.folder / "transactions.jsonl").read_text(encoding="utf-8").splitlines()
    (found,) = [each for each in map(json.loads, lines) if each.get("raw")]
    return str(found["hash"])


def test_a_node_named_while_it_could_not_answer_answers_in_its_next_life(network: Living) -> None:
    contract = named(network)
    place = network.places[0]
    until(partial(waits, network, place), "its acceptance is on its way")
    network.stop(place)
    (place.folder / "transactions.jsonl").unlink()
    network.connection.ask("anvil_dropAllTransactions")
    network.connection.ask("evm_setAutomine", True)
    network.start(place)  # it has read the event, and reads it no more
    until(partial(is_seated, network, contract), "all have accepted")


def test_a_start_asks_for_nothing_that_is_known(network: Living) -> None:
    contract = named(network)
    network.connection.ask("evm_setAutomine", True)
    network.connection.ask("evm_mine")
    place = network.places[0]
    until(lambda: place.running.contracts.seated(contract) is not None, "it has its seat")
    before = {name: place.running.neighbours.registered(name) for name in network.names}
    until(lambda: _all_current(network, place), "it has asked about everybody")
    block = place.running.worker.block
    until(lambda: place.running.worker.block > block or place.running.ready, "it goes on")
    network.stop(place)
    with Proxy(port_of(network.url)) as proxy:
        url, network.url = network.url, proxy.url
        network.start(place)
        network.url = url
        assert place.running.wait_ready(90)
        asked = list(proxy.asked)
        assert place.running.contracts.seated(contract) is not None
        after = {name: place.running.neighbours.registered(name) for name in network.names}
        network.stop(place)
    assert set(after) == set(before)
    assert all(found is not None and found.locks == 1 for found in after.values())
    assert len(asked) <= CALLS_OF_A_START, asked


@pytest.mark.long
def test_a_state_whose_receipt_has_left_the_chain_is_not_computed_on(anvil: Path, tmp_path: Path) -> None:
    with LocalChain(accounts=12) as chain, living(chain.connection, chain.accounts, tmp_path) as network:
        team = Team(network)
        then = network.connection.ask("evm_snapshot")
        job = team.average()
        job.result(240)
        for place in network.places:
            until(partial(is_settled, place, job.number), "every seat has the new state")
        for place in network.places:
            network.stop(place)
        network.connection.ask("evm_revert", then)
        network.connection.ask("anvil_mine", hex(40))
        place = network.places[1]
        network.start(place)
        until(
            lambda: f"that of job {job.number}, which the chain has not settled" in place.running.problem, "it says so"
        )
        assert not place.running.ready
        assert place.running.follower.failed is None


def is_settled(place: Place, number: int) -> bool:
    """Whether a node has taken a job's end from the chain."""
    job = place.running.docket.get(number)
    return job is not None and job.state is JobState.SETTLED


def _all_current(network: Living, place: Place) -> bool:
    found = [place.running.neighbours.registered(name) for name in network.names]
    return all(each is not None and each.locks == 1 for each in found)
