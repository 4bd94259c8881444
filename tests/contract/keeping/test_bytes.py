"""Bytes of what a contract remembers: one spelling, every type, nothing in the clear that is not for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import MemoryIdentities
from enigma.contract.dictionaries.interface import Dictionaries, Document
from enigma.contract.dictionaries.memory import Guarded, in_memory
from enigma.contract.dictionaries.namespace import key_of
from enigma.contract.dictionaries.predicates import (
    Predicate,
    asked,
    at_least,
    at_most,
    everyone,
    members,
    only,
    only_me,
    until,
)
from enigma.contract.keeping import Kept, decode, encode, remembered, state_hash
from enigma.contract.reading.source import Source
from enigma.contract.state import Chunk, Entry, State
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.numbers import CONTEXT
from enigma.errors import ArgumentProblem, CallRefused
from enigma.keys.sealing import TAG_BYTES
from enigma.local.simulation import Simulation
from enigma.program.types import BOOL, Kind, number

THIS, ANN, BOB = address_of("this"), address_of("ann"), address_of("bob")
WHOLE = number(0, 100)


def kept(state: State | None = None, dictionaries: Dictionaries | None = None) -> Kept:
    return remembered(THIS, state or State(), dictionaries or in_memory())


def held(index: int, *shape: int, **options: Any) -> Held:
    return Held(index, shape, options.pop("type", WHOLE), **options)


K = TypeVar("K")
V = TypeVar("V")


def turned_round(entries: Mapping[K, V]) -> dict[K, V]:
    return dict(reversed(list(entries.items())))


# ---------------------------------------------------------------- one spelling


def test_fields_and_entries_have_no_order() -> None:
    first = State({"a": 1, "b": [2]}, {("x", None): Entry(ANN, held(1)), ("m", "k"): Entry(BOB, held(2))})
    first.tables = {"r": (Chunk(ANN, 2, {"c": held(3, 2)}),), "s": (Chunk(BOB, 1, {"c": held(4, 1)}),)}
    first.answered = {("f", "r"): frozenset({frozenset({3}), frozenset({3, 4})}), ("g", "s"): frozenset({frozenset()})}
    first.contributed = {3: (ANN, 2), 4: (BOB, 1)}
    second = State(
        turned_round(first.public),
        turned_round(first.private),
        turned_round(first.tables),
        turned_round(first.answered),
        turned_round(first.contributed),
    )
    dictionaries, turned = in_memory(), in_memory()
    for one, order in ((dictionaries, (1, 2)), (turned, (2, 1))):
        for number_ in order:
            one.secrets.set(key_of(number_), held(number_), dealer=ANN)
            one.documents.set(key_of(number_), number_, owner=ANN, predicate=everyone)
            one.ledger.set(key_of(number_), number_, time=5, writer=ANN)
    assert encode(kept(first, dictionaries)) == encode(kept(second, turned))


def test_what_says_nothing_is_not_written() -> None:
    empty = State(tables={"r": ()}, answered={("f", "r"): frozenset()})
    assert encode(kept(empty)) == encode(kept())
    used, unused = in_memory(), in_memory()
    for each in (used, unused):
        each.secrets.set(key_of(1), held(1), dealer=ANN, predicate=only_me() | at_most(3))
    assert encode(kept(None, used)) == encode(kept(None, unused))
    entry = kept(None, used).secrets[key_of(1)]
    counted = Kept(THIS, State(), {}, {}, {key_of(1): Guarded(ANN, entry.predicate, entry.content, (0,))})
    assert encode(counted) == encode(kept(None, unused))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": OrderedSet([1, 2])}, {"a": OrderedSet([2, 1])}),
        ({"a": {1: 2, 3: 4}}, {"a": {3: 4, 1: 2}}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": [1]}, {"a": OrderedSet([1])}),
        ({"a": []}, {"a": {}}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": Decimal(1)}),
        ({"a": Decimal("1.5")}, {"a": Decimal("1.50")}),
        ({"a": "1"}, {"a": 1}),
        ({"a": ANN}, {"a": str(ANN)}),
        ({"a": 0}, {}),
    ],
)
def test_what_a_contract_can_tell_apart_has_other_bytes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert encode(kept(State(one))) != encode(kept(State(other)))
    for each in (one, other):
        assert repr(decode(encode(kept(State(each)))).state.public) == repr(each)


def test_private_keys_keep_their_order() -> None:
    pairs = [(("m", "b"), Entry(ANN, held(1))), (("m", "a"), Entry(BOB, held(2)))]
    one, other = State(private=dict(pairs)), State(private=dict(reversed(pairs)))
    assert encode(kept(one)) != encode(kept(other))
    assert list(decode(encode(kept(one))).state.private) == [("m", "b"), ("m", "a")]


def test_the_first_column_names_a_contribution() -> None:
    state = State(tables={"r": (Chunk(ANN, 2, {"z": held(8, 2), "a": held(9, 2)}),)})
    assert decode(encode(kept(state))).state.tables["r"][0].number == 8


def test_the_encoding_stays_what_it_is() -> None:
    """A node of tomorrow reads the store of today: change this only with `VERSION`."""
    basis = frozenset({(THIS, "r", frozenset({3}))})
    state = State({"a": Decimal("-1.50")}, {("m", ANN): Entry(ANN, held(7, 2, basis=basis))})
    state.contributed = {3: (BOB, 2)}
    dictionaries = in_memory()
    dictionaries.documents.set(key_of("k"), {"open": True}, owner=ANN, predicate=everyone)
    assert state_hash(kept(state, dictionaries)).hex() == HASH


HASH = "751173162e6b6218fb3e28c97a048d2cfb7ca58e5136efff5901f154a43ebe37"

# ---------------------------------------------------------------- every type

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40).map(CONTEXT.plus)
SOMEBODY = st.binary(min_size=20, max_size=20).map(Address)
KEYS = st.one_of(st.booleans(), st.integers(-(2**255), 2**255), st.text(max_size=5), SOMEBODY)
SCALARS = st.one_of(KEYS, DECIMALS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(KEYS, max_size=4).map(OrderedSet),
        st.dictionaries(KEYS, inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_public_values_come_back_as_they_were(public: dict[str, Any]) -> None:
    octets = encode(kept(State(public)))
    again = decode(octets)
    assert {name: repr(value) for name, value in again.state.public.items()} == {k: repr(v) for k, v in public.items()}
    assert encode(again) == octets


ADDRESSES = st.sampled_from([ANN, BOB, THIS])
SINGLE: st.SearchStrategy[Predicate] = st.one_of(
    st.just(only_me()),
    st.just(everyone),
    st.lists(ADDRESSES, min_size=1, max_size=3).map(only),
    ADDRESSES.map(members),
    st.builds(at_least, st.integers(1, 5), ADDRESSES),
    st.integers(0, 10**9).map(until),
    st.integers(1, 9).map(at_most),
    st.builds(asked, ADDRESSES, st.sampled_from(["may_read", "x"])),
)
PREDICATES = st.recursive(
    SINGLE, lambda inner: st.tuples(inner, inner, st.booleans()).map(lambda p: p[0] & p[1] if p[2] else p[0] | p[1])
)
SMALL = st.integers(0, 30)
FIXED = st.builds(
    lambda lo, width, scale: number(lo, lo + width, scale, Kind.FIXED), st.integers(-99, 99), SMALL, SMALL
)
TYPES = st.one_of(st.just(BOOL), st.just(WHOLE), FIXED)
BASES = st.frozensets(
    st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from(["r", "s"]), st.frozensets(SMALL, max_size=3)), max_size=3
)
HELD = st.builds(Held, st.integers(0, 2**60), st.lists(st.integers(0, 9), max_size=3).map(tuple), TYPES, BASES)


@given(st.lists(st.tuples(st.integers(), PREDICATES, HELD), max_size=5, unique_by=lambda each: each[0]), st.data())
def test_entries_come_back_as_they_were(entries: list[tuple[int, Predicate, Held]], data: st.DataObject) -> None:
    dictionaries = in_memory()
    for number_, predicate, what in entries:
        contract = data.draw(st.one_of(st.none(), ADDRESSES))
        dictionaries.secrets.set(key_of((number_, "k")), what, dealer=ANN, predicate=predicate, contract=contract)
        if predicate != everyone:
            dictionaries.documents.set(key_of(number_), what, owner=BOB, predicate=predicate)
    first = kept(None, dictionaries)
    assert first.secrets.keys() == {key_of((n, "k")) for n, _, _ in entries}
    again = decode(encode(first))
    assert again.secrets == first.secrets
    assert [(k, e.owner, e.predicate) for k, e in again.documents.items()] == [
        (k, e.owner, e.predicate) for k, e in sorted(first.documents.items(), key=lambda pair: pair[0].octets)
    ]
    for key, entry in again.documents.items():
        assert entry.content.content == first.documents[key].content.content  # type: ignore[union-attr]
    identities = MemoryIdentities()
    assert again.dictionaries(identities).identities is identities


def test_a_ledger_goes_on_at_its_time() -> None:
    dictionaries = in_memory()
    for time in (3, 3, 9):
        dictionaries.ledger.set(key_of("k"), time, time=time, writer=ANN)
    ledger = decode(encode(kept(None, dictionaries))).dictionaries(MemoryIdentities()).ledger
    assert [each.value for each in ledger.history(key_of("k"))] == [3, 3, 9]
    with pytest.raises(ArgumentProblem, match="block time 9"):
        ledger.set(key_of("other"), 1, time=8, writer=ANN)


# ---------------------------------------------------------------- what is not kept


@pytest.mark.parametrize("content", ["a text", b"bytes", 7, None, [1, 2], {"a": ANN}])
@pytest.mark.parametrize("predicate", [only_me(), everyone | only_me(), only([ANN]), members(ANN)])
def test_no_document_in_the_clear_is_kept_but_for_everyone(content: object, predicate: Predicate) -> None:
    dictionaries = in_memory()
    dictionaries.documents.set(key_of("photo"), content, owner=ANN, predicate=predicate)
    with pytest.raises(CallRefused, match=r'DHT\["photo"\] holds a document in the clear') as refusal:
        encode(kept(None, dictionaries))
    assert "documents of private content need to be encrypted" in str(refusal.value)
    assert "a text" not in str(refusal.value)


def test_a_document_for_everyone_is_kept() -> None:
    dictionaries = in_memory()
    dictionaries.documents.set(key_of("photo"), "seen", owner=ANN, predicate=everyone)
    again = decode(encode(kept(None, dictionaries))).dictionaries(MemoryIdentities())
    assert again.documents.handle(key_of("photo")) == "seen"


def test_a_documents_parameter_is_kept_as_a_ciphertext_and_a_key() -> None:
    text = "class D(Contract):\n    @private\n    def put(self, d: document):\n        DHT[sender] = d\n"
    contract = Simulation().deploy_source(Source("d.py", text))
    contract.as_("ann").put("a letter")
    first = remembered(contract.address, contract.state, contract.simulation.dictionaries)
    octets = encode(first)
    assert b"a letter" not in octets
    again = decode(octets)
    assert again.stored() == first.stored() != frozenset()
    assert again.ciphertexts() == first.ciphertexts() != frozenset()
    (document,) = (entry.content for entry in again.documents.values())
    assert isinstance(document, Document)
    assert isinstance(document.content, Ciphertext)
    assert document.size == document.content.size == len("a letter") + 1 + TAG_BYTES
    assert document.content == next(iter(first.documents.values())).content.content  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "value", [None, 1.5, (1,), {1}, b"x", object(), 2**256, Decimal("NaN"), Decimal("-0"), Decimal(1).scaleb(300),
              Decimal(10**35 + 1), [[1.5]], "\ud800"],
)  # fmt: skip
def test_what_is_no_public_value_is_refused(value: object) -> None:
    with pytest.raises(CallRefused):
        encode(kept(State({"a": value})))


def test_containers_have_a_depth() -> None:
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested]
    with pytest.raises(CallRefused, match="deep in one another"):
        encode(kept(State({"a": nested})))


def test_what_is_not_stored_yet_is_refused() -> None:
    with pytest.raises(ArgumentProblem, match="stands for a value that nobody stores yet"):
        encode(kept(State(private={("x", None): Entry(ANN, held(-1))})))


def test_versions_are_written_once() -> None:
    """A map of a thousand values, each computed on all thousand, takes no million numbers."""
    everybody = frozenset(range(1000))
    basis = frozenset({(THIS, "m", everybody)})
    state = State(private={("m", i): Entry(ANN, held(i, basis=basis)) for i in range(1000)})
    state.contributed = dict.fromkeys(range(1000), (ANN, 1))
    octets = encode(kept(state))
    assert len(octets) < 120_000
    again = decode(octets)
    assert len({id(entry.held.basis) for entry in again.state.private.values()}) == 1
