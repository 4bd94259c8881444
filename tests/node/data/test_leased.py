"""Large values on living nodes: kept where a lease pays, gone on with where it broke off, until nobody pays more."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.node.data.test_storing import soon
from tests.node.living import ETHER, Living, Place, living

from enigma.chain.leases import Status
from enigma.client.contract import RemoteContract
from enigma.client.data_api import DataApi
from enigma.client.leasing import LeaseTerms
from enigma.errors import AccessRefused, ArgumentProblem, NetworkError
from enigma.local.anvil import LocalChain

pytestmark = pytest.mark.processes

CONTRACT = '''
class Tally(Contract):
    """Something to have a committee."""

    total: private[int(0, 1000)]

    @private
    def add(self, more: private[int(0, 10)]):
        self.total = more
'''
MIB = 1 << 20
TERM = timedelta(hours=1)


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with (
        LocalChain(accounts=16) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("living"), nodes=4) as alive,
    ):
        assert all(place.running.data.overlay.wait_joined(120) for place in alive.places)
        yield alive


@pytest.fixture(scope="module")
def contract(network: Living, tmp_path_factory: pytest.TempPathFactory) -> RemoteContract:
    source = tmp_path_factory.mktemp("contract") / "tally.py"
    source.write_text(CONTRACT)
    return network.person(4).deploy(source, nodes=network.names[:3])


def until(network: Living, done: Callable[[], bool]) -> None:
    """Wait for a state of the network."""
    for _ in range(1200):
        if done():
            return
        network.places[-1].running.docket.wait(0.1)
    raise AssertionError("the state never came")


def kept(place: Place, reference: bytes) -> bool:
    return place.running.data.vault.whole(reference) is not None


def test_what_broke_off_goes_on_where_it_was(
    network: Living, contract: RemoteContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = network.person(0), network.person(1)
    bob.publish_key()
    value = random.Random(1).randbytes(20 * MIB + 5)
    terms = LeaseTerms(contract, TERM)
    first, second, third, fourth = network.places
    sent: Counter[int] = Counter()
    put = DataApi.put

    def until_it_stops(api: DataApi, index: int, content: bytes) -> None:
        if index == 8 and not sent[8]:
            network.stop(first)
        sent[index] += 1
        put(api, index, content)

    monkeypatch.setattr(DataApi, "put", until_it_stops)
    with pytest.raises(NetworkError):
        ann.store("film", value, readers=[bob], lease=terms, nodes=[first.name])
    assert set(sent) == set(range(9))
    network.start(first)
    assert first.running.wait_ready(60)
    reference = ann.store("film", value, readers=[bob], lease=terms, nodes=[first.name])
    assert sent == {index: 2 if index == 8 else 1 for index in range(21)}
    # It lies at the seats that are paid for it, and nowhere else.
    until(network, lambda: all(kept(place, reference) for place in (first, second, third)))
    assert not kept(fourth, reference)
    assert ann.controllers.leases(ann.connection).count() == 1

    # A reader whose node stops in the middle goes on at another one.
    asked: Counter[str] = Counter()
    content = DataApi.content

    def until_that_stops(api: DataApi, index: int) -> bytes:
        if index == 11 and second.node is not None:
            network.stop(second)
        found = content(api, index)
        asked[api.name] += 1
        return found

    monkeypatch.setattr(DataApi, "content", until_that_stops)
    assert bob.load(reference, nodes=[second.name, fourth.name]) == value
    assert asked == {second.name: 11, fourth.name: 10}
    network.start(second)
    assert second.running.wait_ready(60)

    # A node that is to have it, and has lost it, is brought it by those that have it, from where one stopped.
    third.running.data.vault.drop(reference)
    vault, got = third.running.data.vault, Counter[int]()
    take = vault.take

    def until_the_giver_stops(named: bytes, index: int, octets: bytes) -> None:
        if index == 5 and first.node is not None:
            first.running.server.close()
        got[index] += 1
        take(named, index, octets)

    monkeypatch.setattr(vault, "take", until_the_giver_stops)
    for place in (second, third):  # who began anew has found the others, and they it
        until(network, lambda place=place: place.running.data.overlay.numbers.contacts == 3)  # type: ignore[misc]
    entry = third.running.data.fetching.copy(reference, first.name, vault, lambda: False)
    assert entry.whole
    assert got == dict.fromkeys(range(21), 1)
    with pytest.raises(NetworkError):
        third.running.neighbours.call(third.running.client, first.name, "data.copy", {"reference": reference})
    network.stop(first)
    network.start(first)
    assert first.running.wait_ready(60)


def test_a_lease_is_renewed_while_it_is_paid_then_only_its_owner_reads_then_it_is_deleted(
    network: Living, contract: RemoteContract
) -> None:
    ann, bob = network.person(2), network.person(3)
    bob.publish_key()
    leases = ann.controllers.leases(ann.connection, ann.sender)
    reference = ann.store("note", "remember the milk", readers=[bob], lease=LeaseTerms(contract, TERM))
    number = leases.count()
    lease = leases.lease(number)
    assert lease is not None
    assert lease.content == holder(network, reference).running.data.vault.all()[-1].manifest.hash

    leases.top_up(ann.account.address, sum(lease.held) or ETHER)
    network.pass_time(3600 - 800)

    def renewed() -> bool:
        found = leases.lease(number)
        return found is not None and found.until > lease.until

    with network.blocks_going_on():
        until(network, renewed)
        assert bob.load(reference) == "remember the milk"
    if leases.balance(ann.account.address):
        leases.withdraw(leases.balance(ann.account.address))

    def standing() -> Status:
        return leases.status(number)

    while standing() is Status.ACTIVE:
        network.pass_time(1800)
    assert standing() is Status.RESTRICTED
    for place in network.places:
        caught_up(network, place)
        with pytest.raises(AccessRefused, match="only its owner reads"):
            soon(bob, reference, place)
        assert soon(ann, reference, place) == "remember the milk"
    while standing() is Status.RESTRICTED:
        network.pass_time(86_400)
    until(network, lambda: not any(place.running.data.vault.entry(reference) for place in network.places))
    with pytest.raises(ArgumentProblem, match="does not have"):
        ann.load(reference)


def holder(network: Living, reference: bytes) -> Place:
    return next(place for place in network.places if kept(place, reference))


def caught_up(network: Living, place: Place) -> Any:
    head = network.connection.head().number
    until(network, lambda: place.running.worker.block > head)
