"""Documents at three seats: a hash, a size and a content key in pieces; nothing else reaches a seat."""

from __future__ import annotations

import numpy as np
import pytest
from tests.node.job.seats import Seats

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.keeping import decode
from enigma.engine.families import FAMILIES

LETTERS = """
class Letters(Contract):
    @private
    def write(self, letter: document, friend: address):
        DHT.set(sender, letter, only([sender, friend]))

    @private
    def read(self, author: address):
        return reveal(DHT[author])

    @private
    def swap(self, letter: document, friend: address):
        old = reveal(DHT[sender], to=friend)
        DHT.set(sender, letter, only([sender, friend]))
        return [old, reveal(DHT[sender])]

    @private
    def burn(self):
        handed = reveal(DHT[sender])
        del DHT[sender]
        return handed
"""
TEXT = "nobody else is to know that the cat is called Mallory"


def seats() -> Seats:
    return Seats(LETTERS, {})


def written(found: Seats, text: bytes | str = TEXT) -> Seats:
    found.ask("ann", "write", text, "bob")
    assert found.settle() is None
    return found


@pytest.mark.parametrize("text", [TEXT, TEXT.encode(), "", b""])
def test_a_friend_reads_it(text: bytes | str) -> None:
    found = written(seats(), text)
    for who in ("ann", "bob"):
        found.ask(who, "read", "ann")
        again = found.settle()
        assert again == text
        assert type(again) is type(text)


def test_no_seat_has_the_text_or_the_key() -> None:
    found = seats()
    found.ask("ann", "write", TEXT, "bob")
    (document,) = found.documents.values()
    key = document.words.astype(">u4").tobytes()
    for node in found.nodes:
        assert node.pending is not None
        seen = b"".join([node.pending.state, node.pending.answer, *node.stored.values()])
        assert document.sha256 in seen
        assert TEXT.encode() not in seen
        assert key not in seen
        assert document.words.astype("<i8").tobytes() not in seen
    found.settle()
    (state,) = {node.state for node in found.nodes}
    assert decode(state).ciphertexts() == {document.sha256}
    assert len(decode(state).stored()) == 1


def test_a_stranger_gets_nothing() -> None:
    found = written(seats())
    found.ask("eve", "read", "ann")
    for node in found.nodes:
        assert node.pending is not None
        assert "may not read" in node.pending.refusal
        assert node.pending.shares == ()
    assert "refused" in found.settle()


def test_overwritten_and_handed_out_in_one_job() -> None:
    found = written(seats())
    (first,) = found.documents
    found.ask("ann", "swap", "the dog is called Trent", "bob")
    assert found.settle() == [TEXT, "the dog is called Trent"]
    state = decode(found.nodes[0].state)
    assert state.ciphertexts() == found.documents.keys() - {first}
    assert len(state.stored()) == 1


def test_deleted_it_leaves_no_reference() -> None:
    found = written(seats())
    found.ask("ann", "burn")
    assert found.settle() == TEXT
    state = decode(found.nodes[0].state)
    assert (state.ciphertexts(), state.stored()) == (frozenset(), frozenset())
    found.ask("bob", "read", "ann")
    assert "nothing is stored" in found.settle()["refused"]


def test_a_key_beyond_its_range_is_refused_by_name() -> None:
    found = seats()
    found.job += 1
    question = found.question("ann", "write", TEXT, "bob")
    (index,) = found.nodes[0].stored
    _, sharing = FAMILIES["replicated3"]
    words = np.array([1 << 32, 0, 0, 0, 0, 0, 0, 0], np.int64)
    for node, delivery in zip(found.nodes, sharing.share(words, lambda n: b"\7" * n), strict=True):
        node.stored[index] = sharing.output(sharing.accept(delivery, (8,), False))
    found.try_again(question)
    finding = found.nodes[1].pending
    assert finding is not None
    assert f"{address_of('ann')} contributed values of letter outside" in finding.refusal
    assert not finding.settles
