"""What is left when owners have withdrawn: what was not theirs, spelled as everything that is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, KEY_WORDS, Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.dictionaries.namespace import key_of
from enigma.contract.dictionaries.predicates import everyone, only_me
from enigma.contract.keeping import Gone, Kept, decode, encode, remembered, state_hash, without
from enigma.contract.state import Chunk, Entry, State
from enigma.program.types import number

THIS, ANN, BOB = address_of("this"), address_of("ann"), address_of("bob")
WHOLE = number(0, 100)


def held(index: int) -> Held:
    return Held(index, (2,), WHOLE)


def gone(who: Address, *, contributed: frozenset[int] = frozenset()) -> Gone:
    """All that is `who`'s by its place, and these numbers, which it contributed."""
    return lambda index, owner: owner == who or index in contributed


def full() -> Kept:
    dictionaries = in_memory()
    for number_, owner in ((20, ANN), (21, BOB)):
        dictionaries.secrets.set(key_of(f"secret {owner}"), held(number_), dealer=owner, predicate=only_me())
    for number_, owner in ((30, ANN), (31, BOB)):
        text = Ciphertext(bytes([number_]) * 32, 40, Held(number_, (KEY_WORDS,), KEY_TYPE))
        dictionaries.documents.set(key_of(f"letter {owner}"), text, owner=owner, predicate=only_me())
    dictionaries.documents.set(key_of("notice"), "hello", owner=ANN, predicate=everyone)
    rows = (
        Chunk(ANN, 2, {"x": held(1), "y": held(2)}),
        Chunk(BOB, 2, {"x": held(3), "y": held(4)}),
        Chunk(ANN, 2, {"x": held(5), "y": held(6)}),
    )
    private = {
        ("total", None): Entry(ANN, held(7)),
        ("raw", None): Entry(BOB, held(8)),
        ("pay", ANN): Entry(ANN, held(9)),
        ("pay", BOB): Entry(BOB, held(10)),
        ("regions", 3): Entry(ANN, held(12)),
    }
    state = State({"count": 3}, private, {"rows": rows})
    state.answered["mean", "rows"] = frozenset({state.version("rows")})
    return remembered(THIS, state, dictionaries)


def test_what_is_an_owners_goes_and_what_was_derived_stays() -> None:
    kept = full()
    before = encode(kept)
    left = without(kept, gone(ANN, contributed=frozenset({8})))
    assert kept.stored() - left.stored() == {1, 2, 5, 6, 8, 9, 20, 30}
    assert kept.ciphertexts() - left.ciphertexts() == {bytes([30]) * 32}
    assert set(left.state.private) == {("total", None), ("pay", BOB), ("regions", 3)}
    assert key_of("notice") in left.documents
    assert left.state.public == {"count": 3}
    # The release policy still knows on what it has answered, and whose rows they were.
    assert left.state.answered == kept.state.answered
    assert left.state.contributed == kept.state.contributed
    assert encode(kept) == before
    assert state_hash(left) != state_hash(kept)


def test_nobody_withdraws_and_everybody_does() -> None:
    kept = full()
    assert encode(without(kept, lambda *_: False)) == encode(kept)
    assert not without(kept, lambda *_: True).stored()


@given(st.sets(st.sampled_from([ANN, BOB])), st.sets(st.integers(1, 31)))
def test_what_is_left_is_spelled_as_everything_that_is_kept(owners: set[Any], numbers: set[int]) -> None:
    def some(index: int, owner: Address | None) -> bool:
        return index in numbers or owner in owners

    left = without(full(), some)
    octets = encode(left)
    assert encode(decode(octets)) == octets
    # Twice is once.
    assert encode(without(decode(octets), some)) == octets


@pytest.mark.parametrize("contributed", [frozenset[int](), frozenset({1})])
def test_rows_go_together(contributed: frozenset[int]) -> None:
    """All columns of a contribution, or none."""
    left = without(full(), gone(address_of("nobody"), contributed=contributed))
    numbers = {index for index in left.stored() if index <= 2}
    assert numbers == (set() if contributed else {1, 2})
