"""The three dictionaries in memory: the ledger against a plain model, documents, secrets, the white paper's example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from enigma.contract.dictionaries.addresses import Address, address_of, read_address
from enigma.contract.dictionaries.admission import Request
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED, Policy
from enigma.contract.dictionaries.interface import Dictionaries, Document
from enigma.contract.dictionaries.memory import MemoryLedger, in_memory
from enigma.contract.dictionaries.namespace import Key, key_of
from enigma.contract.dictionaries.predicates import asked, at_most, everyone, members, only, only_me, until
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused
from enigma.program.types import number

ALICE, BOB, CAROL, MALLORY = (address_of(name) for name in ("alice", "bob", "carol", "mallory"))
HEIGHT = Held(7, (), number(0, 300))
PHOTO = key_of("photo")


@pytest.fixture
def world() -> Dictionaries:
    return in_memory()


def asks(who: Address, world: Dictionaries, *, now: int = 0) -> Request:
    return Request(who, now, world.identities)


# ---------------------------------------------------------------- keys


def test_keys_of_different_kinds_never_collide() -> None:
    alice_as_text = str(ALICE)
    subscripts: list[Any] = [
        *(1, "1", True, 0, False, "", ALICE, alice_as_text, "True", -1, 256, "1,2"),
        *(
            (1, 2),
            ("1", "2"),
            (1, "2"),
            (True, 2),
            (12, ""),
            (1, (2,)),
            ((1,), 2),
            ("", (1, 2)),
            ((), ()),
            ("", ("", 1)),
        ),
        *((1, 2, 3), ("1", 2, 3), ("", "", (1, 2, 3)), (True, 2, 3), (ALICE, 2, 3), (alice_as_text, 2, 3)),
    ]
    keys = [key_of(subscript) for subscript in subscripts]
    assert len(set(keys)) == len({key.octets for key in keys}) == len(keys)
    assert key_of(1) != key_of(True)
    assert key_of(ALICE) == key_of(read_address(alice_as_text))


def test_what_is_left_out_of_a_key_is_empty() -> None:
    assert key_of("k") == key_of(("", "k")) == key_of(("", "", "k")) == Key("", "", "k")
    assert key_of(("t", "k")) == Key("", "t", "k")
    assert str(key_of("k")) == '"k"'
    assert repr(key_of((ALICE, 1))) == f"[{ALICE}, 1]"
    assert str(key_of(("d", "", ("x", (True,))))) == '"d", "", ("x", (True,))'
    assert str(key_of("line\n" * 50)) == '"' + "line?" * 12 + '..."'


@pytest.mark.parametrize(
    "subscript",
    [None, 1.5, Decimal(1), [1], (), (1,), (1, 2, 3, 4), ("t", None), ("t", [1]), "x" * 1100, slice(1), b"k"],
)
def test_what_is_no_key_is_refused(subscript: object) -> None:
    with pytest.raises(ArgumentProblem) as refused:
        key_of(subscript)
    assert refused.value.hint


# ---------------------------------------------------------------- L


class LedgerMachine(RuleBasedStateMachine):
    """The ledger against a list of all that was written, with copies to roll back to."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = MemoryLedger()
        self.written: list[tuple[Any, int, Address, Any]] = []
        self.now = 0
        self.saved: tuple[MemoryLedger, list[tuple[Any, int, Address, Any]], int] | None = None

    subscripts = st.sampled_from([1, True, "1", ALICE, ("t", 1), ("t", True), ("d", "t", (1, "x"))])
    contents = st.sampled_from([0, 1, True, None, "", "text", Decimal("0.5"), ALICE]) | st.lists(
        st.lists(st.integers(0, 3), max_size=2), max_size=3
    )

    @rule(subscript=subscripts, value=contents, later=st.integers(0, 3), writer=st.sampled_from([ALICE, BOB]))
    def write(self, subscript: Any, value: Any, later: int, writer: Address) -> None:
        self.now += later
        kept = [list(item) for item in value] if isinstance(value, list) else value
        self.ledger.set(key_of(subscript), kept, time=self.now, writer=writer)
        if isinstance(kept, list):
            kept.append([99])  # the ledger has its own
        self.written.append((subscript, self.now, writer, value))

    @rule(subscript=subscripts, back=st.integers(1, 5))
    def write_in_the_past(self, subscript: Any, back: int) -> None:
        with pytest.raises(ArgumentProblem, match="never go back"):
            MemoryLedger.set(self.ledger, key_of(subscript), 1, time=self.now - back, writer=ALICE)

    @rule(subscript=subscripts, time=st.integers(-1, 12))
    def read(self, subscript: Any, time: int) -> None:
        key = key_of(subscript)
        mine = [(t, w, v) for s, t, w, v in self.written if key_of(s) == key]
        assert (key in self.ledger) == bool(mine)
        assert [(e.time, e.writer, e.value) for e in self.ledger.history(key)] == mine
        before = [v for t, _, v in mine if t <= time]
        if before:
            assert repr(self.ledger.get_as_of(key, time)) == repr(before[-1])
        else:
            with pytest.raises(CallRefused, match=r"nothing (is|was) stored under"):
                self.ledger.get_as_of(key, time)
        if mine:
            found = self.ledger.get(key)
            assert repr(found) == repr(mine[-1][2])
            if isinstance(found, list):
                found.append(7)  # the reader's own

    @rule()
    def save(self) -> None:
        self.saved = (self.ledger.copy(), list(self.written), self.now)

    @rule()
    def roll_back(self) -> None:
        if self.saved is not None:
            ledger, written, self.now = self.saved
            self.ledger, self.written = ledger.copy(), list(written)

    @invariant()
    def history_is_in_order(self) -> None:
        for subscript in {repr(s): s for s, *_ in self.written}.values():
            times = [entry.time for entry in self.ledger.history(key_of(subscript))]
            assert times == sorted(times)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=40, stateful_step_count=30)


def test_a_map_of_lists_is_kept_as_it_was() -> None:
    ledger = MemoryLedger()
    value: dict[Any, Any] = {ALICE: [1, (2, 3)], "b": {"c": Decimal("0.1")}}
    ledger.set(PHOTO, value, time=5, writer=ALICE)
    value[ALICE].append(9)
    assert ledger.get(PHOTO) == {ALICE: [1, (2, 3)], "b": {"c": Decimal("0.1")}}
    with pytest.raises(ArgumentProblem, match="float"):
        ledger.set(PHOTO, 0.1, time=6, writer=ALICE)
    ledger.set(PHOTO, None, time=5, writer=BOB)  # what was refused did not move the time
    assert ledger.get(PHOTO) is None
    with pytest.raises(CallRefused, match=r'nothing was stored under L\["photo"\] at block time 4'):
        ledger.get_as_of(PHOTO, 4)
    with pytest.raises(CallRefused, match=r'nothing is stored under L\["t", 1\]'):
        ledger.get(key_of(("t", 1)))


# ---------------------------------------------------------------- DHT


def test_a_document_is_its_owners_by_default(world: Dictionaries) -> None:
    world.documents.set(PHOTO, "a face", owner=ALICE)
    found = world.documents.get(PHOTO, asks(ALICE, world))
    assert isinstance(found, Document)
    assert (found.content, found.owner, found.key) == ("a face", ALICE, PHOTO)
    assert repr(found) == f"<sealed document under a key of kind text, {found.size} bytes>"
    with pytest.raises(AccessRefused, match=r'may not read DHT\["photo"\]: the predicate is: only its owner'):
        world.documents.get(PHOTO, asks(BOB, world))
    assert isinstance(world.documents.handle(PHOTO), Document)  # closed, for whoever carries it


def test_everyone_turns_encryption_off(world: Dictionaries) -> None:
    menu = ["soup", Decimal("3.5")]
    world.documents.set(PHOTO, menu, owner=ALICE, predicate=everyone)
    menu.append("fish")
    for found in (world.documents.get(PHOTO, asks(MALLORY, world)), world.documents.handle(PHOTO)):
        assert found == ["soup", Decimal("3.5")]
    with pytest.raises(ArgumentProblem, match="Held"):
        world.documents.set(PHOTO, HEIGHT, owner=ALICE, predicate=everyone)
    world.documents.set(PHOTO, "open to all for now", owner=ALICE, predicate=everyone & until(9))
    assert isinstance(world.documents.get(PHOTO, asks(MALLORY, world)), Document)


@pytest.mark.parametrize(
    ("content", "size"), [(b"\0" * 40, 40), (HEIGHT, None), (["x", [1]], 25), (None, 2), (bytearray(b"12"), 2)]
)
def test_a_closed_document_shows_nothing_of_its_content(world: Dictionaries, content: object, size: int | None) -> None:
    world.documents.set(key_of(ALICE), content, owner=ALICE)
    found = world.documents.handle(key_of(ALICE))
    assert isinstance(found, Document)
    assert found.size == size
    assert repr(found) == "<sealed document under a key of kind address" + (f", {size} bytes>" if size else ">")


def test_a_list_in_a_document_is_its_own_copy(world: Dictionaries) -> None:
    diary = ["monday"]
    world.documents.set(PHOTO, diary, owner=ALICE)
    diary.append("tuesday")
    found = world.documents.handle(PHOTO)
    assert isinstance(found, Document)
    assert found.content == ["monday"]


def test_a_document_has_a_largest_size(world: Dictionaries) -> None:
    for content in (bytes((1 << 24) + 1), "x" * (1 << 24)):
        with pytest.raises(ArgumentProblem, match="bytes"):
            world.documents.set(PHOTO, content, owner=ALICE)
    assert PHOTO not in world.documents


def test_uses_are_counted_and_start_anew_when_stored_again(world: Dictionaries) -> None:
    predicate = only_me() | only([BOB]) & at_most(2)
    world.documents.set(PHOTO, "a face", owner=ALICE, predicate=predicate)
    for who in (BOB, ALICE, BOB, ALICE):
        world.documents.get(PHOTO, asks(who, world))
    with pytest.raises(AccessRefused, match="at most 2 times"):
        world.documents.get(PHOTO, asks(BOB, world))
    world.documents.handle(PHOTO)
    world.documents.get(PHOTO, asks(ALICE, world))
    world.documents.set(PHOTO, "a face", owner=ALICE, predicate=predicate)
    world.documents.get(PHOTO, asks(BOB, world))


def test_the_predicate_alone_decides_about_reading(world: Dictionaries) -> None:
    world.documents.set(PHOTO, "for Bob", owner=ALICE, predicate=only([BOB]))
    with pytest.raises(AccessRefused):
        world.documents.get(PHOTO, asks(ALICE, world))
    world.documents.remove(PHOTO, by=ALICE)  # but it stays hers


def test_members_read_by_their_policy(world: Dictionaries) -> None:
    home = world.identities.create({ALICE: OWNER, BOB: Policy(read=True), CAROL: RESTRICTED})
    world.documents.set(PHOTO, "a face", owner=ALICE, predicate=members(home))
    world.documents.get(PHOTO, asks(BOB, world))
    for who in (CAROL, MALLORY):
        with pytest.raises(AccessRefused, match="the members of"):
            world.documents.get(PHOTO, asks(who, world))
    world.identities.change(home, CAROL, Policy(read=True), by=ALICE)
    world.documents.get(PHOTO, asks(CAROL, world))


def test_a_function_that_is_asked_cannot_get_round_the_count(world: Dictionaries) -> None:
    world.documents.set(PHOTO, "a face", owner=ALICE, predicate=at_most(1) & asked(CAROL, "may_read"))

    def ask(contract: Address, function: str, asker: Address) -> bool:
        if asker == BOB:
            world.documents.get(PHOTO, replace(request, asker=ALICE))
        return True

    request = replace(asks(BOB, world), ask=ask)
    with pytest.raises(CallRefused, match="changed while its predicate was judged"):
        world.documents.get(PHOTO, request)
    with pytest.raises(AccessRefused, match="once"):
        world.documents.get(PHOTO, request)


# ---------------------------------------------------------------- MPC


def test_alice_shares_her_height_with_bob_who_computes_and_does_not_see(world: Dictionaries) -> None:
    """White paper, section 6: height, not weight; Alice owns, Bob is restricted."""
    home = world.identities.create({ALICE: OWNER, BOB: RESTRICTED})
    height, weight = key_of(("alice", "height")), key_of(("alice", "weight"))
    world.secrets.set(height, HEIGHT, dealer=ALICE, identity=home)
    world.secrets.set(weight, Held(8, (), number(0, 300)), dealer=ALICE)

    assert world.secrets.reference(height, asks(BOB, world)) == HEIGHT
    assert world.secrets.reference(height, asks(ALICE, world)) == HEIGHT
    assert world.secrets.declassify(height, by=ALICE) == HEIGHT
    with pytest.raises(AccessRefused, match=f"only its dealer {ALICE} may"):
        world.secrets.declassify(height, by=BOB)
    with pytest.raises(AccessRefused, match=r'compute with MPC\["alice", "weight"\]: the predicate is: only its owner'):
        world.secrets.reference(weight, asks(BOB, world))
    with pytest.raises(AccessRefused):
        world.secrets.reference(height, asks(MALLORY, world))
    for who in (MALLORY, home):
        with pytest.raises(AccessRefused):
            world.secrets.declassify(height, by=who)

    for stranger in (BOB, MALLORY):  # Bob is a member without the right to store
        with pytest.raises(AccessRefused, match="may not store under the identity"):
            world.secrets.set(PHOTO, HEIGHT, dealer=stranger, identity=home, predicate=everyone)
    after = world.copy()
    after.identities.remove(home, BOB, by=ALICE)
    after.identities.add(home, CAROL, Policy(store=True), by=ALICE)
    with pytest.raises(AccessRefused):
        after.secrets.reference(height, asks(BOB, after))
    after.secrets.set(PHOTO, HEIGHT, dealer=CAROL, identity=home)  # asks the copied identities
    with pytest.raises(AccessRefused):
        world.secrets.set(PHOTO, HEIGHT, dealer=CAROL, identity=home)


def test_the_dealer_may_declassify_what_it_may_not_reference(world: Dictionaries) -> None:
    world.secrets.set(PHOTO, HEIGHT, dealer=ALICE, predicate=only([BOB]) & until(10) & at_most(1))
    assert world.secrets.declassify(PHOTO, by=ALICE) == HEIGHT  # not a use
    with pytest.raises(AccessRefused, match="said no is: until"):
        world.secrets.reference(PHOTO, asks(BOB, world, now=10))
    world.secrets.reference(PHOTO, asks(BOB, world, now=9))
    with pytest.raises(AccessRefused, match="said no is: once"):
        world.secrets.reference(PHOTO, asks(BOB, world, now=9))


def test_stand_ins_are_settled_where_a_call_ends(world: Dictionaries) -> None:
    stand_in, kept, other = (replace(HEIGHT, index=index) for index in (-1, 40, 3))
    world.secrets.set(PHOTO, stand_in, dealer=ALICE, predicate=only([BOB]) & at_most(1))
    world.secrets.set(key_of("other"), other, dealer=ALICE)
    world.documents.set(PHOTO, stand_in, owner=ALICE)
    world.documents.set(key_of("menu"), "soup", owner=ALICE, predicate=everyone)
    assert world.secrets.reference(PHOTO, asks(BOB, world)) == stand_in  # within the call itself
    before = world.copy()
    for dictionary in (world.documents, world.secrets):
        dictionary.settle({-1: kept})
    found = world.documents.handle(PHOTO)
    assert isinstance(found, Document)
    assert (found.content, found.owner, found.key) == (kept, ALICE, PHOTO)
    assert world.secrets.declassify(PHOTO, by=ALICE) == kept
    assert world.secrets.declassify(key_of("other"), by=ALICE) == other
    assert before.secrets.declassify(PHOTO, by=ALICE) == stand_in
    with pytest.raises(AccessRefused, match="once"):  # the use stays counted
        world.secrets.reference(PHOTO, asks(BOB, world))


# ---------------------------------------------------------------- what documents and secrets have in common


def document(world: Dictionaries, owner: Address) -> None:
    world.documents.set(PHOTO, "a face", owner=owner, predicate=everyone)


def secret(world: Dictionaries, owner: Address) -> None:
    world.secrets.set(PHOTO, HEIGHT, dealer=owner, predicate=everyone)


@pytest.mark.parametrize(("store", "name"), [(document, "DHT"), (secret, "MPC")])
def test_only_the_owner_overwrites_and_removes(
    world: Dictionaries, store: Callable[[Dictionaries, Address], None], name: str
) -> None:
    there = world.documents if name == "DHT" else world.secrets
    store(world, ALICE)
    store(world, ALICE)
    with pytest.raises(AccessRefused, match=rf'may not overwrite {name}\["photo"\]: it belongs to {ALICE}') as refused:
        store(world, BOB)
    assert f"{name}[sender, key]" in refused.value.hint
    with pytest.raises(AccessRefused, match=f"may not remove .*{ALICE}"):
        there.remove(PHOTO, by=BOB)
    there.remove(PHOTO, by=ALICE)
    assert PHOTO not in there
    with pytest.raises(CallRefused, match=rf'nothing is stored under {name}\["photo"\]') as unknown:
        there.remove(PHOTO, by=ALICE)
    assert unknown.value.hint == f'`"photo" in {name}` tells beforehand.'
    store(world, BOB)


def test_an_unknown_key_is_named(world: Dictionaries) -> None:
    key = key_of(("people", ALICE))
    reads: list[Callable[[], object]] = [
        lambda: world.documents.get(key, asks(ALICE, world)),
        lambda: world.documents.handle(key),
        lambda: world.secrets.reference(key, asks(ALICE, world)),
        lambda: world.secrets.declassify(key, by=ALICE),
    ]
    for read in reads:
        with pytest.raises(CallRefused, match=rf'nothing is stored under (DHT|MPC)\["people", {ALICE}\]'):
            read()


def test_a_copy_rolls_everything_back(world: Dictionaries) -> None:
    home = world.identities.create({ALICE: OWNER, BOB: RESTRICTED})
    world.secrets.set(PHOTO, HEIGHT, dealer=ALICE, predicate=members(home) & at_most(1))
    before = world.copy()
    world.secrets.reference(PHOTO, asks(BOB, world))
    world.ledger.set(PHOTO, 1, time=10, writer=ALICE)
    world.documents.set(PHOTO, "a face", owner=ALICE)
    world.identities.remove(home, BOB, by=ALICE)

    assert PHOTO not in before.ledger
    assert PHOTO not in before.documents
    before.ledger.set(PHOTO, 2, time=3, writer=ALICE)
    assert world.ledger.get(PHOTO) == 1
    assert before.secrets.reference(PHOTO, asks(BOB, before)) == HEIGHT
    before.secrets.remove(PHOTO, by=ALICE)
    assert PHOTO in world.secrets


@given(st.lists(st.sampled_from([ALICE, BOB, MALLORY]), max_size=12), st.integers(1, 4))
def test_uses_of_a_call_that_fails_later_do_not_count(callers: list[Address], limit: int) -> None:
    world = in_memory()
    world.secrets.set(PHOTO, HEIGHT, dealer=ALICE, predicate=only([ALICE, BOB]) & at_most(limit))
    used = 0
    for number_, who in enumerate(callers):
        trial = world.copy()
        try:
            trial.secrets.reference(PHOTO, asks(who, trial))
        except AccessRefused:
            assert who == MALLORY or used == limit
            continue
        assert who != MALLORY
        assert used < limit
        if number_ % 2:
            world, used = trial, used + 1
