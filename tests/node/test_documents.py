"""Documents on a network: ciphertexts, and keys in pieces, opened by those whom a predicate admits, and by no node."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.node.living import Living, Place, grant_everybody, living

from enigma.client.contract import RemoteContract
from enigma.client.network import Network
from enigma.client.seat_api import SeatApi
from enigma.contract.keeping import decode
from enigma.errors import ArgumentProblem, CallRefused, ProtocolError, WireError
from enigma.keys.sealing import CHUNK_BYTES
from enigma.local.anvil import LocalChain
from enigma.node.states import JobState
from enigma.storage import Store

pytestmark = pytest.mark.processes

LETTERS = '''
class Letters(Contract):
    """Letters that nobody reads but their author and one friend."""

    @private
    def write(self, letter: document, friend: address):
        DHT.set(sender, letter, only([sender, friend]))

    @private
    def read(self, author: address):
        return reveal(DHT[author])

    @private
    def burn(self):
        del DHT[sender]
'''
SECRET = "nobody else is to know that the cat is called Mallory"


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path) as alive:
            yield alive


def everything(store: Store) -> bytes:
    """All that a node's store holds, opened."""
    spaces = ("sources", "arguments", "uploads", "pieces", "states", "pending", "answers", "chunks", "content")
    found = [store.get(space, key) or b"" for space in spaces for key in store.keys(space)]
    return b"\0".join(found)


def ciphertexts(network: Living, contract: RemoteContract) -> frozenset[bytes]:
    states = {place.running.holdings.standing(contract.id).state for place in network.places}
    assert len(states) == 1
    return decode(states.pop()).ciphertexts()


def test_a_letter_from_its_author_to_a_friend(network: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network.pass_time(1300)
    source = tmp_path / "letters.py"
    source.write_text(LETTERS)
    ann, bob, eve = (network.person(index) for index in range(3))
    letters = ann.deploy(source, nodes=network.names)
    grant_everybody(ann, letters.id, network.connection.head().timestamp)
    assert letters.write(SECRET, bob.account.address).result(120) is None

    # Every node has the ciphertext; together they have the content key, and none of them a word of the text.
    (first,) = ciphertexts(network, letters)
    for place in network.places:
        node = place.running
        octets = b"".join(node.holdings.library.read(first) or ())
        assert hashlib.sha256(octets).digest() == first
        assert SECRET.encode() not in everything(node.store)
        assert node.holdings.standing(letters.id).places

    theirs = bob.contract(letters.id, source)
    assert theirs.read(ann.account.address).result(120) == SECRET
    # What was settled is public but for the shares: another account sees that there is something, and no more.
    with pytest.raises(CallRefused, match="may not read"):
        eve.contract(letters.id, source).read(ann.account.address).result(120)
    for place in network.places:
        assert SECRET.encode() not in everything(place.running.store)

    refuses_other_bytes(network, theirs, first)
    letter_of_several_chunks(network, letters, theirs, ann, bob, first)
    letter_of_which_a_part_is_late(network, letters, bob, monkeypatch)
    withdrawn(network, letters, theirs)


def refuses_other_bytes(network: Living, theirs: RemoteContract, first: bytes) -> None:
    """A node does not take a ciphertext of another hash, and a reader does not take one from a node."""
    library = network.places[0].running.holdings.library
    with pytest.raises(WireError, match="do not have the SHA-256"):
        library.take(hashlib.sha256(b"another").digest(), [b"this"])
    # Every node hands out something else of the same length.
    for place in network.places:
        store = place.running.store
        octets = store.get("content", first) or b""
        store.put("content", first, octets[:-1] + bytes([octets[-1] ^ 1]))
    (answer,) = theirs.asked()
    with pytest.raises(ProtocolError, match="is not the ciphertext"):
        answer.result(120)
    # One honest node is enough.
    store = network.places[2].running.store
    octets = store.get("content", first) or b""
    store.put("content", first, octets[:-1] + bytes([octets[-1] ^ 1]))
    assert theirs.asked()[0].result(120) == SECRET


def letter_of_several_chunks(
    network: Living, letters: RemoteContract, theirs: RemoteContract, ann: Network, bob: Network, first: bytes
) -> None:
    """Overwriting: the new text is read, the old key is gone, and its ciphertext is held by nobody."""
    picture = b"a picture " * (2 * CHUNK_BYTES // 10 + 7)
    before = {index: set(place.running.store.keys("pieces")) for index, place in enumerate(network.places)}
    assert letters.write(picture, bob.account.address).result(120) is None
    assert theirs.read(ann.account.address).result(120) == picture
    (second,) = ciphertexts(network, letters)
    assert second != first
    for index, place in enumerate(network.places):
        assert not before[index] & set(place.running.store.keys("pieces"))


def letter_of_which_a_part_is_late(
    network: Living, letters: RemoteContract, bob: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No seat begins before it has the ciphertext: who is handed a key must find what it opens."""
    bring, late = SeatApi.upload_ciphertext, []
    slow = network.places[2]

    def bring_later(api: SeatApi, *given: Any) -> Iterator[int]:
        if api.node.node != slow.name:
            return bring(api, *given)
        late.append((api, *given))
        return iter(())

    monkeypatch.setattr(SeatApi, "upload_ciphertext", bring_later)
    job = letters.write("a letter that comes in parts", bob.account.address)

    def standing(place: Place) -> JobState | None:
        found = place.running.docket.get(job.number)
        return None if found is None else found.state

    for _ in range(600):
        if all(standing(place) is JobState.READY for place in network.places[:2]):
            break
        network.places[0].running.docket.wait(0.1)
    assert [standing(place) for place in network.places[:2]] == [JobState.READY] * 2
    assert standing(slow) in (None, JobState.ASKED)
    assert not job.done
    for given in late:
        assert sum(bring(*given)) > 0
    assert job.result(120) is None


def withdrawn(network: Living, letters: RemoteContract, theirs: RemoteContract) -> None:
    """Deleted: no piece of its content key is left at any node, and a day later no ciphertext."""
    assert letters.burn().result(120) is None
    assert ciphertexts(network, letters) == frozenset()
    for place in network.places:
        assert place.running.holdings.standing(letters.id).places == {}
        assert place.running.store.keys("pieces") == []
        library, content = place.running.holdings.library, place.running.store.keys("content")
        assert len(content) == 3  # still to be fetched by whom it was handed to
        library._now = lambda: 1e12
        assert library.expire() == 3
        assert place.running.store.keys("content") == []
    with pytest.raises(ArgumentProblem, match="does not have the ciphertext"):
        theirs.asked()[1].result(120)
