"""Predicates: who is admitted, what a use is, how they read and travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.admission import Question, Request, admits, dealt_under, judge, require_admission
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED, MemoryIdentities, Policy, Right
from enigma.contract.dictionaries.predicates import (
    MAX_DEPTH,
    MAX_PARTS,
    AllOf,
    AnyOf,
    AtMost,
    Only,
    Predicate,
    asked,
    at_least,
    at_most,
    everyone,
    members,
    only,
    only_me,
    read_predicate,
    sentence,
    until,
)
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused, KindError, WireError
from enigma.wire import Tree, decode, encode

ALICE, BOB, CAROL, MALLORY = (address_of(name) for name in ("alice", "bob", "carol", "mallory"))
SHOP = address_of("the shop's contract")
IDENTITIES = MemoryIdentities()
HOME = IDENTITIES.create({ALICE: OWNER, BOB: RESTRICTED, CAROL: Policy(read=True, compute=True)})
NAMES = {ALICE: "alice", BOB: "bob", CAROL: "carol", HOME: "home", SHOP: "shop"}


def asking(
    asker: Address,
    *,
    now: int = 100,
    right: Right = Right.COMPUTE,
    signers: tuple[Address, ...] = (),
    uses: tuple[int, ...] = (),
    owner: Address = ALICE,
    ask: Callable[[Address, str, Address], bool] | None = None,
) -> Question:
    request = Request(asker, now, IDENTITIES, signers)
    return Question(request if ask is None else replace(request, ask=ask), right, owner, uses)


def named(predicate: Predicate) -> str:
    return sentence(predicate, lambda address: NAMES[address])


def test_each_kind_admits_whom_it_says() -> None:
    def admitted(predicate: Predicate, right: Right = Right.COMPUTE) -> list[Address]:
        return [who for who in (ALICE, BOB, CAROL, MALLORY) if admits(predicate, asking(who, right=right))]

    assert admitted(everyone) == [ALICE, BOB, CAROL, MALLORY]
    assert admitted(only_me()) == [ALICE]
    assert admitted(only([CAROL, BOB])) == [BOB, CAROL]
    assert admitted(members(HOME)) == [ALICE, BOB, CAROL]
    assert admitted(members(HOME), Right.READ) == [ALICE, CAROL]
    assert admitted(members(BOB)) == [BOB]  # an ordinary address is an identity of itself
    assert admitted(only([BOB]) | only_me()) == [ALICE, BOB]
    assert admitted(only([BOB, CAROL]) & members(HOME), Right.READ) == [CAROL]


def test_until_ends_at_its_time() -> None:
    assert admits(until(100), asking(BOB, now=99))
    assert not admits(until(100), asking(BOB, now=100))


def test_at_least_counts_members_who_signed_this_call() -> None:
    two = at_least(2, HOME)
    assert not admits(two, asking(ALICE))
    assert not admits(two, asking(ALICE, signers=(ALICE,)))  # the asker counts once
    assert admits(two, asking(ALICE, signers=(BOB,)))
    assert admits(two, asking(MALLORY, signers=(ALICE, BOB)))  # both signed what Mallory asks
    assert not admits(two, asking(MALLORY, signers=(ALICE, MALLORY, SHOP)))
    assert not admits(two, asking(ALICE, signers=(BOB,), right=Right.READ))  # Bob may not read, nor help to
    assert not admits(at_least(4, HOME), asking(ALICE, signers=(BOB, CAROL)))


def test_a_function_is_asked_about_the_asker_and_only_when_needed() -> None:
    log: list[tuple[Address, str, Address]] = []

    def ask(contract: Address, function: str, asker: Address) -> bool:
        log.append((contract, function, asker))
        return asker == BOB

    may_read = asked(SHOP, "may_read")
    assert admits(may_read, asking(BOB, ask=ask))
    assert not admits(may_read, asking(CAROL, ask=ask))
    assert log == [(SHOP, "may_read", BOB), (SHOP, "may_read", CAROL)]
    assert not admits(only([ALICE]) & may_read, asking(BOB, ask=ask))
    assert admits(only([BOB]) | may_read, asking(BOB, ask=ask))
    assert len(log) == 2
    with pytest.raises(CallRefused, match="no contract can be asked"):
        admits(may_read, asking(BOB))


def test_an_answer_that_is_not_a_plain_yes_is_no() -> None:
    assert not admits(asked(SHOP, "may_read"), asking(BOB, ask=lambda *_: 1))  # type: ignore[arg-type]


def test_a_use_counts_where_admitted_and_needed() -> None:
    def uses(predicate: Predicate, who: Address, before: tuple[int, ...] = ()) -> tuple[int, ...]:
        return judge(predicate, asking(who, uses=before)).uses

    assert uses(at_most(2), BOB) == (1,)
    assert uses(at_most(2), BOB, (1,)) == (2,)
    assert uses(at_most(2), BOB, (2,)) == (2,)  # refused: not counted
    assert uses(at_most(2) & only([BOB]), MALLORY) == ()  # a later part refused: not counted
    assert uses(only([BOB]) & at_most(2), BOB) == (1,)

    split = only([ALICE]) & at_most(1) | only([BOB]) & at_most(3)
    assert uses(split, ALICE) == (1, 0)
    assert uses(split, BOB) == (0, 1)  # counts of their own
    assert uses(split, BOB, (1, 1)) == (1, 2)
    assert not judge(split, asking(ALICE, uses=(1, 0))).admitted

    assert uses(only_me() | at_most(1), ALICE) == (0,)  # the owner did not need it
    assert uses(at_most(1) | at_most(1), BOB) == (1, 0)
    assert uses(at_most(1) | at_most(1), BOB, (1, 0)) == (1, 1)  # written twice, counted apart
    assert uses(at_most(5) & at_most(2), BOB, (1, 1)) == (2, 2)
    assert uses((at_most(5) & only([BOB])) | at_most(2), CAROL) == (0, 1)  # of a part that failed, nothing


leaves = st.one_of(
    st.just(everyone),
    st.just(only_me()),
    st.lists(st.sampled_from([ALICE, BOB, CAROL]), min_size=1, max_size=3).map(only),
    st.sampled_from([HOME, BOB]).map(members),
    st.builds(at_least, st.integers(1, 3), st.just(HOME)),
    st.integers(98, 102).map(until),
    st.integers(1, 3).map(at_most),
    st.builds(asked, st.just(SHOP), st.sampled_from(["may_read", "yes"])),
)
predicates = st.recursive(
    leaves,
    lambda inner: st.builds(lambda p, q, both: p & q if both else p | q, inner, inner, st.booleans()),
    max_leaves=8,
)


class Counter:
    """The definition once more, written another way: limits are objects that are spent after a yes."""

    def __init__(self, predicate: Predicate) -> None:
        self.predicate = predicate
        self.left: dict[int, int] = {}

    def use(self, question: Question) -> bool:
        spent: list[int] = []
        self.place = -1
        if not self.holds(self.predicate, question, spent):
            return False
        for place in spent:
            self.left[place] -= 1
        return True

    def holds(self, predicate: Predicate, question: Question, spent: list[int]) -> bool:
        if isinstance(predicate, AtMost):
            self.place += 1
            spent.append(self.place)
            return self.left.setdefault(self.place, predicate.count) > 0
        if isinstance(predicate, (AllOf, AnyOf)):
            stop, answer, mark = isinstance(predicate, AnyOf), isinstance(predicate, AllOf), len(spent)
            found = answer
            for part in predicate.parts:
                before = len(spent)
                said = self.holds(part, question, spent)
                if found != answer or (stop and not said):
                    del spent[before:]  # only looked at to keep the numbering
                if said == stop:
                    found = stop
            if not found:
                del spent[mark:]
            return found
        return admits(predicate, question)


@given(predicates, st.lists(st.tuples(st.sampled_from([ALICE, BOB, CAROL, MALLORY]), st.integers(97, 103)), max_size=8))
def test_judging_agrees_with_the_definition(predicate: Predicate, calls: list[tuple[Address, int]]) -> None:
    model = Counter(predicate)
    uses: tuple[int, ...] = ()
    for who, now in calls:
        question = asking(who, now=now, uses=uses, ask=lambda _, name, asker: name == "yes" or asker == CAROL)
        verdict = judge(predicate, question)
        assert verdict.admitted == admits(predicate, question) == model.use(question)
        uses = verdict.uses
    for place, count in enumerate(uses):
        if place in model.left and count:
            limit = [leaf for leaf in walk(predicate) if isinstance(leaf, AtMost)][place]
            assert count == limit.count - model.left[place]


def walk(predicate: Predicate) -> list[Predicate]:
    if isinstance(predicate, (AllOf, AnyOf)):
        return [leaf for part in predicate.parts for leaf in walk(part)]
    return [predicate]


@given(predicates)
def test_a_predicate_travels(predicate: Predicate) -> None:
    octets = encode(predicate.tree())
    found = read_predicate(decode(octets, limit=10_000))
    assert found == predicate
    assert hash(found) == hash(predicate)
    assert encode(found.tree()) == octets
    assert repr(found) == sentence(predicate)


@given(predicates, predicates)
def test_different_predicates_read_and_travel_differently(one: Predicate, other: Predicate) -> None:
    assert (one == other) == (one.tree() == other.tree()) == (named(one) == named(other))


def test_joins_are_flat_and_lists_are_sorted() -> None:
    p, q, r = only([ALICE]), at_most(2), until(9)
    assert (p & q) & r == p & (q & r) == AllOf((p, q, r))
    assert (p | q) | r == p | (q | r) == AnyOf((p, q, r))
    assert p & q != q & p  # the order is the order of judging
    assert only([BOB, ALICE, BOB]) == only([ALICE, BOB]) == Only((BOB, ALICE))


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        (everyone, "everyone"),
        (only_me(), "only its owner"),
        (only([ALICE]), "only alice"),
        (only([ALICE, BOB]) & until(1_767_225_600), "only NAMES until 2026-01-01"),
        (only_me() & until(1_767_225_601), "only its owner until 2026-01-01 00:00:01 UTC"),
        (members(HOME) & at_most(3), "the members of home at most 3 times"),
        (at_least(2, HOME) & at_most(1), "anyone if at least 2 members have signed for home once"),
        (at_least(1, HOME), "anyone if a member has signed for home"),
        (asked(SHOP, "may_read"), "whoever may_read of shop admits"),
        (only_me() | only([BOB]), "only its owner or only bob"),
        (only_me() & at_most(2) | members(HOME) & asked(SHOP, "f"), None),
    ],
)
def test_sentences(predicate: Predicate, words: str | None) -> None:
    both = " and ".join(NAMES[address] for address in sorted([ALICE, BOB]))
    if words is None:
        words = "(only its owner at most 2 times) or (the members of home and whoever f of shop admits)"
    assert named(predicate) == words.replace("NAMES", both)


def test_a_list_of_three_reads_as_one() -> None:
    one, two, three = (NAMES[address] for address in sorted([ALICE, BOB, CAROL]))
    assert named(only([ALICE, BOB, CAROL])) == f"only {one}, {two} and {three}"
    assert str(ALICE) in repr(only([ALICE]))


def test_a_refusal_says_which_predicate_and_what_to_do() -> None:
    predicate = only([BOB]) & until(50)
    with pytest.raises(AccessRefused) as refused:
        require_admission(predicate, asking(BOB), 'read DHT["photo"]')
    assert refused.value.message == (
        f'{BOB} may not read DHT["photo"]: the predicate is: only {BOB} until 1970-01-01 00:00:50 UTC; '
        "what said no is: until 1970-01-01 00:00:50 UTC"
    )
    assert f"Its owner {ALICE}" in refused.value.hint
    with pytest.raises(AccessRefused) as refused:
        require_admission(only_me(), asking(BOB), "read it")
    assert refused.value.message == f"{BOB} may not read it: the predicate is: only its owner"
    assert require_admission(at_most(2), asking(BOB, uses=(1,)), "read it") == (2,)


def test_the_default_for_a_secret_names_one_identity() -> None:
    predicate = dealt_under(HOME, ALICE, IDENTITIES)
    assert [who for who in (ALICE, BOB, CAROL, MALLORY) if admits(predicate, asking(who))] == [ALICE, BOB, CAROL]
    assert dealt_under(ALICE, ALICE, IDENTITIES) == only_me()
    identities = IDENTITIES.copy()
    trap = identities.create({ALICE: OWNER, MALLORY: OWNER})
    question = Question(Request(MALLORY, 0, identities), Right.COMPUTE, ALICE)
    assert identities.permits(trap, MALLORY, Right.COMPUTE)
    assert not admits(dealt_under(HOME, ALICE, identities), question)
    for stranger in (BOB, MALLORY):  # Bob is a member without the right to store
        with pytest.raises(AccessRefused, match="may not store under"):
            dealt_under(HOME, stranger, IDENTITIES)


def deep(levels: int) -> Predicate:
    predicate = only_me()
    for level in range(levels):
        predicate = predicate & at_most(1) if level % 2 else predicate | at_most(1)
    return predicate


def test_size_and_depth_are_capped() -> None:
    deep(MAX_DEPTH - 1)
    with pytest.raises(ArgumentProblem, match="deeper than"):
        deep(MAX_DEPTH)
    wide = AnyOf((only_me(),) * (MAX_PARTS - 1))
    with pytest.raises(ArgumentProblem, match=f"more than {MAX_PARTS} parts"):
        _ = wide | only_me()
    with pytest.raises(ArgumentProblem, match="lists 1025"):
        only(address_of(str(i)) for i in range(1025))


TEXT: Any = str(ALICE)
HALF: Any = 1.5
NOTHING: Any = None


@pytest.mark.parametrize(
    "make",
    [
        lambda: only([]),
        lambda: only([TEXT]),
        lambda: only(TEXT),
        lambda: members(TEXT),
        lambda: at_least(0, HOME),
        lambda: at_least(True, HOME),
        lambda: at_least(2, TEXT),
        lambda: until(-1),
        lambda: until(HALF),
        lambda: until(10**15),
        lambda: at_most(0),
        lambda: at_most(True),
        lambda: at_most(1 << 40),
        lambda: asked(TEXT, "f"),
        lambda: asked(SHOP, ""),
        lambda: asked(SHOP, "a b"),
        lambda: asked(SHOP, "f" * 65),
        lambda: asked(SHOP, "ﬁne"),
        lambda: asked(SHOP, NOTHING),
        lambda: only_me() & NOTHING,
        lambda: only_me() | TEXT,
        lambda: AllOf((only_me(),)),
        lambda: AnyOf((only_me(), only_me() | everyone)),
    ],
)
def test_what_is_no_predicate_is_refused(make: Callable[[], Predicate]) -> None:
    with pytest.raises(ArgumentProblem):
        make()


def test_and_or_not_are_not_for_predicates() -> None:
    with pytest.raises(KindError, match="not yes or no by itself") as refused:
        _ = only_me() and everyone
    assert "&" in refused.value.hint


a, b = sorted([ALICE.octets, BOB.octets])


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "everyone",
        ["everyone", 1],
        ["Everyone"],
        ["only"],
        ["only", []],
        ["only", [b, a]],
        ["only", [a, a]],
        ["only", [a[:-1]]],
        ["only", ["x"]],
        ["only", a],
        ["members", str(HOME)],
        ["members", b""],
        ["at least", 0, a],
        ["at least", True, a],
        ["at least", a, 1],
        ["until", -1],
        ["until", False],
        ["until", "9"],
        ["at most", 0],
        ["at most", 1 << 64],
        ["asked", a, "no name"],
        ["asked", a, b"f"],
        ["all", []],
        ["all", [["only me"]]],
        ["all", [["only me"], ["all", [["only me"], ["everyone"]]]]],
        ["any", [["only me"], ["nobody"]]],
        ["any", [["only me"]] * MAX_PARTS],
        ["any", [["only me"]] * (MAX_PARTS + 1)],
        {"only me": None},
    ],
    ids=lambda tree: repr(tree)[:30].replace("\\", ""),
)
def test_other_trees_are_refused(tree: Tree) -> None:
    with pytest.raises(WireError):
        read_predicate(tree)


def test_a_deep_tree_is_refused() -> None:
    tree: Tree = ["only me"]
    for level in range(30):
        tree = ["all" if level % 2 else "any", [tree, ["everyone"]]]
    with pytest.raises(WireError, match="deeper"):
        read_predicate(tree)
