"""`Store` and `Load` on living nodes: one person puts, another gets through any node, and nobody else gets a byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.node.living import Living, Place, living

from enigma.chain.identities import Predicate
from enigma.client.data_api import DataApi
from enigma.client.network import Network
from enigma.errors import AccessRefused, ArgumentProblem, ChainRefused, NetworkError, ProtocolError, WireError
from enigma.keys.asking import LOAD
from enigma.local.anvil import LocalChain
from enigma.node.data.giving import SHOW
from enigma.node.data.permission import Ask
from enigma.storage import Store

pytestmark = pytest.mark.processes

SECRET = "the cat's name is Mallory, and nobody else is to know"


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Shared by all tests, so each takes people of its own."""
    with (
        LocalChain(accounts=30) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("living"), nodes=5) as alive,
    ):
        assert all(place.running.data.overlay.wait_joined(120) for place in alive.places)
        yield alive


def holders(network: Living, reference: bytes) -> list[Place]:
    """Who keeps a value, as soon as those do who are to: whoever took it first may have to drop it again."""
    first = network.places[0].running
    wanted = set(first.data.placing.ranked(reference, None)[:3])
    for _ in range(1200):
        found = [place for place in network.places if place.running.data.vault.whole(reference) is not None]
        if {place.name for place in found} == wanted:
            return found
        first.docket.wait(0.1)
    raise AssertionError("those who are to keep the value do not")


def everything(store: Store) -> bytes:
    spaces = ("data", "data.contents", "dht.records")
    return b"\0".join(store.get(space, key) or b"" for space in spaces for key in store.keys(space))


def ask(network: Living, person: Network, place: Place, reference: bytes) -> DataApi:
    return DataApi(person.seat(place.name), network.connection.chain_id, person.account, reference)


def test_a_value_from_its_owner_to_a_reader(network: Living) -> None:
    ann, bob, eve = (network.person(number) for number in range(3))
    bob.publish_key()
    first = network.places[0]
    reference = ann.store("cat", SECRET, readers=[bob], nodes=[first.name])
    kept = holders(network, reference)
    assert len(kept) >= 3
    for place in network.places:
        assert SECRET.encode() not in everything(place.running.store)
    # Through every node, those that keep it and those that do not.
    for place in network.places:
        assert bob.load(reference, nodes=[place.name]) == SECRET
    assert ann.load(reference) == SECRET
    # Every node refuses whom the chain does not let read, whatever its own machine tells it to ask.
    with pytest.raises(AccessRefused, match="may not read"):
        eve.load(reference)
    for place in network.places:
        api = ask(network, eve, place, reference)
        for question in (api.show, lambda asked=api: asked.content(0), api.holders):
            with pytest.raises(AccessRefused, match="may not read"):
                question()


def soon(reader: Network, reference: bytes, place: Place) -> bytes | str:
    """What a node gives, at once or when it has found again who keeps it: one that kept it has just begun anew."""
    for _ in range(600):
        try:
            return reader.load(reference, nodes=[place.name])
        except ArgumentProblem:
            place.running.docket.wait(0.1)
    raise AssertionError("the value was not found again")


def test_a_value_survives_the_stop_of_any_node_and_the_restart_of_all(network: Living) -> None:
    ann, bob = (network.person(number) for number in range(3, 5))
    bob.publish_key()
    reference = ann.store("cat", SECRET, readers=[bob])
    keeping = holders(network, reference)
    assert len(keeping) >= 3
    for place in keeping:
        network.stop(place)
        with pytest.raises(NetworkError):
            bob.load(reference, nodes=[place.name])
        for other in network.places:
            if other is not place:
                assert soon(bob, reference, other) == SECRET
        network.start(place)
        assert place.running.wait_ready(60)
    for place in network.places:
        network.stop(place)
    for place in network.places:
        network.start(place)
    network.wait_ready()
    assert len(holders(network, reference)) >= 3
    for place in network.places:
        assert place.running.data.overlay.wait_joined(120, contacts=4)
        assert bob.load(reference, nodes=[place.name]) == SECRET


def test_readers_come_and_go_and_an_erased_value_is_deleted(network: Living) -> None:
    ann, bob = (network.person(number) for number in range(5, 7))
    with pytest.raises(ArgumentProblem, match="has published no key"):
        ann.store("cat", SECRET, readers=[bob])
    reference = ann.store("cat", SECRET)
    with pytest.raises(AccessRefused):
        bob.load(reference)
    bob.publish_key()
    ann.restrict(reference, readers=[bob])
    assert bob.load(reference) == SECRET
    ann.restrict(reference)
    with pytest.raises(AccessRefused):
        bob.load(reference)
    assert [(each.name, each.public) for each in ann.stored()] == [("cat", False)]
    ann.erase(reference)
    for place in network.places:
        assert gone(place, reference)
    assert [each.erased for each in ann.stored()] == [True]


def gone(place: Place, reference: bytes) -> bool:
    """Waits until a node has deleted a value."""
    vault = place.running.data.vault
    for _ in range(600):
        if vault.entry(reference) is None:
            return place.running.store.keys("data.contents", reference) == []
        place.running.docket.wait(0.1)
    return False


def test_public_data_are_kept_as_they_are_and_who_stores_is_checked(network: Living) -> None:
    ann, eve = (network.person(number) for number in range(7, 9))
    reference = ann.store("prices", b"\x00\x01 1.25", public=True)
    assert eve.load(reference) == b"\x00\x01 1.25"
    assert eve.load(ann.store("empty", b"", public=True)) == b""
    assert eve.load("0x" + ann.store("empty text", "", public=True).hex()) == ""
    assert any(b"\x00\x01 1.25" in everything(place.running.store) for place in network.places)
    # q_store: the chain refuses who has no right to store in an identity, and so does a node.
    with pytest.raises(ChainRefused, match="no right to STORE"):
        eve.store("prices", b"0", public=True, identity=ann.account.address)
    place = holders(network, reference)[0]
    with pytest.raises(AccessRefused, match="no right to store"):
        ask(network, eve, place, reference).put(0, b"\x00\x01 9.99")
    with pytest.raises(WireError, match="are not content 0"):
        ask(network, ann, place, reference).put(0, b"\x00\x01 9.99")
    # Who has no lease has little room.
    with pytest.raises(ArgumentProblem, match="needs a lease"):
        ann.store("much", bytes((1 << 20) + 1), public=True)


def test_a_signature_is_for_one_node_and_one_reference_and_not_for_long(network: Living) -> None:
    ann = network.person(9)
    reference = ann.store("cat", SECRET)
    one, other = holders(network, reference)[:2]
    asked = ask(network, ann, one, reference)._signature(LOAD)
    seat = ann.seat(other.name)
    path = f"/v1/data/{reference.hex()}/entry"
    with pytest.raises(ProtocolError, match="is not that of"):
        seat.ask("GET", path, params=asked)
    assert ann.seat(one.name).ask("GET", path, params=asked)
    with pytest.raises(ArgumentProblem, match="at most"):
        ann.seat(one.name).ask("GET", path, params={**asked, "deadline": asked["deadline"] + 10**9})
    with pytest.raises(ArgumentProblem, match="has passed"):
        ann.seat(one.name).ask("GET", path, params={**asked, "deadline": 1})
    with pytest.raises(ProtocolError, match="is not that of"):
        ann.seat(one.name).ask("GET", path, params={**asked, "deadline": asked["deadline"] - 1})
    # Among nodes a wish counts only from the node that it names: another one that has come by it gets nothing.
    wish = Ask(ann.account.address, one.name, reference, asked["deadline"], bytes.fromhex(asked["signature"][2:]))
    thief = next(place for place in network.places if place not in (one, other)).running
    with pytest.raises(AccessRefused, match="was signed for"):
        thief.neighbours.call(thief.client, other.name, SHOW, {"ask": wish.tree()})
    assert one.running.neighbours.call(one.running.client, other.name, SHOW, {"ask": wish.tree()})


def test_a_node_that_alters_bytes_is_named(network: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = (network.person(number) for number in range(10, 12))
    said: list[str] = []
    bob.say = said.append
    bob.publish_key()
    reference = ann.store("cat", SECRET, readers=[bob])
    liar, *_ = keeping = holders(network, reference)
    altered(liar, reference)
    with pytest.raises(ProtocolError, match=f"node {liar.name} handed out altered bytes"):
        bob.load(reference, nodes=[liar.name])
    assert liar.name in said[-1]
    assert bob.load(reference, nodes=[liar.name, keeping[1].name]) == SECRET
    # The node between a reader and those that keep it notices by itself, names it in its log, and asks another.
    between = next(place for place in network.places if place not in keeping)
    fetching = between.running.data.fetching
    asked = fetching.holders
    monkeypatch.setattr(fetching, "holders", lambda found: sorted(asked(found), key=lambda each: each != liar.name))
    assert bob.load(reference, nodes=[between.name]) == SECRET
    assert fetching.altered == {liar.name: 1}
    for place in keeping[1:]:
        altered(place, reference)
    with pytest.raises(ProtocolError, match="altered bytes"):
        bob.load(reference)


def altered(place: Place, reference: bytes) -> None:
    """The node hands out something else of the same length from now on."""
    store = place.running.store
    (key,) = store.keys("data.contents", reference)
    octets = store.get("data.contents", key) or b""
    store.put("data.contents", key, octets[:-1] + bytes([octets[-1] ^ 1]))


def test_a_reading_that_is_limited_in_number_is_counted_first(network: Living) -> None:
    ann, bob = (network.person(number) for number in (17, 18))
    bob.publish_key()
    once = Predicate(only=(ann.account.address, bob.account.address), uses=1)
    reference = ann.store("cat", SECRET, readers=once)
    place = holders(network, reference)[0]
    # The chain would let it read, and has not counted it: no node hands out anything.
    assert ann.identities.load(reference, bob.account.address)
    with pytest.raises(AccessRefused, match="may not read"):
        ask(network, bob, place, reference).show()
    assert bob.load(reference) == SECRET
    with pytest.raises(AccessRefused, match="may not read"):
        ann.load(reference)
    with pytest.raises(AccessRefused, match="may not read"):
        ask(network, ann, place, reference).show()
