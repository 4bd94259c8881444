"""Documents in a simulation, on plain numbers and under MPC: encrypted by whoever calls, kept as a hash and a key."""

from __future__ import annotations

import pytest

import enigma
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.interface import Document
from enigma.contract.reading.source import Source
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused, ProtocolError
from enigma.local.simulation import SimulatedContract, Simulation

LETTERS = """
class Letters(Contract):
    @private
    def write(self, letter: document, friend: address):
        require(friend != sender, "to oneself")
        DHT.set(sender, letter, only([sender, friend]))

    @private
    def read(self, author: address):
        return reveal(DHT[author])

    @private
    def hand(self, friend: address):
        return reveal(DHT[sender], to=[friend, sender]), [friend]

    @private
    def burn(self):
        handed = reveal(DHT[sender])
        del DHT[sender]
        return handed
"""


@pytest.fixture
def letters() -> SimulatedContract:
    return Simulation().deploy_source(Source("letters.py", LETTERS))


@pytest.mark.processes
def test_under_mpc_they_are_read_as_in_the_clear() -> None:
    with enigma.local(3) as committee:
        letters = Simulation(committee).deploy_source(Source("letters.py", LETTERS))
        letters.as_("ann").write("a letter", "bob")
        letters.as_("bob").write(b"another", "ann")
        assert letters.as_("bob").read("ann") == "a letter"
        assert letters.as_("ann").read("bob") == b"another"
        with pytest.raises(AccessRefused, match="may not read"):
            letters.as_("eve").read("ann")
        assert letters.as_("ann").burn() == "a letter"
        assert len(letters.simulation._ciphertexts) == 1


@pytest.mark.parametrize("content", ["a letter", "", "öre", b"\0\xff", b""])
def test_whoever_is_admitted_reads_what_was_written(letters: SimulatedContract, content: bytes | str) -> None:
    letters.as_("ann").write(content, "bob")
    assert letters.as_("ann").read("ann") == content
    assert letters.as_("bob").read("ann") == content
    handed, to = letters.as_("ann").hand("bob")
    assert handed == content
    assert to == [enigma.address("bob")]
    assert [each.value for each in letters.as_("bob").received] == [content, content]
    with pytest.raises(AccessRefused, match="may not read"):
        letters.as_("eve").read("ann")
    with pytest.raises(AccessRefused, match="may not read"):
        letters.as_("ann").hand("eve")
    assert letters.as_("eve").received == []


def test_nothing_but_a_hash_a_size_and_a_reference_is_kept(letters: SimulatedContract) -> None:
    letters.as_("ann").write("the cat is called Mallory", "bob")
    simulation = letters.simulation
    (entry,) = (entry.content for entry in simulation.dictionaries.documents.entries().values())  # type: ignore[attr-defined]
    assert isinstance(entry, Document)
    assert isinstance(entry.content, Ciphertext)
    octets = b"".join(simulation.ciphertext(entry.content.sha256))
    assert len(octets) == entry.content.size
    assert b"Mallory" not in octets
    assert "Mallory" not in repr(vars(letters)) + repr(entry) + repr(entry.content)


def test_overwritten_and_deleted_ones_are_forgotten(letters: SimulatedContract) -> None:
    simulation, ann = letters.simulation, letters.as_("ann")
    ann.write("first", "bob")
    (first,) = simulation.dictionaries.documents.ciphertexts()
    (key,) = simulation.dictionaries.documents.stored()
    ann.write("second", "bob")
    with pytest.raises(CallRefused, match="not stored here any more"):
        simulation.ciphertext(first)
    assert key not in simulation.dictionaries.documents.stored()
    assert ann.read("ann") == "second"
    assert ann.burn() == "second"
    assert simulation.dictionaries.documents.stored() == frozenset()
    assert simulation.dictionaries.documents.ciphertexts() == frozenset()
    assert simulation._ciphertexts == {}
    with enigma.refused("nothing is stored"):
        ann.read("ann")


def test_a_call_that_is_refused_stores_nothing(letters: SimulatedContract) -> None:
    simulation, ann = letters.simulation, letters.as_("ann")
    with enigma.refused("to oneself"):
        ann.write("a letter", "ann")
    assert simulation._ciphertexts == {}
    with pytest.raises(ArgumentProblem, match="is a document, and this is a int"):
        ann.write(7, "bob")


def test_a_snapshot_brings_back_what_was_overwritten(letters: SimulatedContract) -> None:
    ann = letters.as_("ann")
    ann.write("first", "bob")
    with letters.snapshot():
        ann.write("second", "bob")
        assert ann.read("ann") == "second"
        ann.burn()
    assert ann.read("ann") == "first"
    assert len(letters.simulation._ciphertexts) == 1


def test_another_ciphertext_is_refused(letters: SimulatedContract) -> None:
    simulation = letters.simulation
    for who in ("ann", "bob"):
        letters.as_(who).write(f"a letter of {who}", "cyd")
    stored = simulation._ciphertexts
    one, other = stored
    stored[one], stored[other] = stored[other], stored[one]
    with pytest.raises(ProtocolError, match="is not the ciphertext"):
        letters.as_("ann").read("ann")
