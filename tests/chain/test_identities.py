from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import events, identities_of, seen_by, signer

from enigma.chain.identities import (
    EVERYONE,
    MEMBERS,
    NOBODY,
    Identities,
    Predicate,
    Right,
    reference_of,
)
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes

CONTENT = bytes([8]) * 32
FAR = 2**64
ZERO = "0x" + "00" * 20


@pytest.fixture
def made(chain: Chain) -> Identities:
    return identities_of(chain)


@pytest.fixture
def people(chain: Chain) -> list[str]:
    return [account.address for account in chain.accounts[:6]]


def now(chain: Chain) -> int:
    return chain.connection.head().timestamp


# ---------------------------------------------------------------- protocols 1 and 2


def test_a_shared_identity_has_an_address_of_its_own_and_rights_for_each_member(
    made: Identities, people: list[str]
) -> None:
    identities = made
    alice, bob, carol = people[:3]
    rights = {alice: Right.EVERY, bob: Right.COMPUTE, carol: Right.STORE | Right.READ}
    foretold = identities.address_of(rights)
    shared = identities.create(rights)
    assert shared == foretold
    assert identities.members(shared) == rights
    for who, held in rights.items():
        for right in (Right.STORE, Right.READ, Right.COMPUTE, Right.ADMIN, Right.READ | Right.STORE):
            assert identities.permits(shared, who, right) == (held & right == right)
    assert not identities.permits(shared, shared, Right.READ)
    assert not identities.permits(shared, people[3], Right.READ)
    assert identities.create(rights, nonce=1) != shared
    assert identities.address_of(rights | {bob: Right.READ}) != shared


def test_an_ordinary_address_permits_itself_everything_and_others_nothing(made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob = people[:2]
    assert identities.members(alice) == {}
    assert identities.permits(alice, alice, Right.EVERY)
    assert not identities.permits(alice, bob, Right.READ)
    assert not identities.permits(ZERO, ZERO, Right.READ)


@pytest.mark.parametrize("right", [0, 16, 31, 255])
def test_a_right_that_does_not_exist_is_nobodys(made: Identities, people: list[str], right: int) -> None:
    identities = made
    shared = identities.create({people[0]: Right.EVERY})
    assert not identities.read("permits", shared, people[0], right)
    assert not identities.read("permits", people[0], people[0], right)


def test_who_sends_first_makes_the_same_identity(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    rights = {people[0]: Right.EVERY, people[1]: Right.READ}
    shared = seen_by(chain, identities, 5).create(rights)
    with pytest.raises(ChainRefused, match="exists already"):
        identities.create(rights)
    assert identities.members(shared) == rights
    with pytest.raises(ChainRefused, match="ADMIN"):
        seen_by(chain, identities, 5).add(shared, people[5], Right.READ)


def test_malformed_identities_are_refused(made: Identities, people: list[str]) -> None:
    identities = made
    up = sorted(people[:2], key=lambda each: int(each, 16))
    for members, rights, reason in (
        ([], [], "at least one member"),
        (up, [15], "give each member its rights"),
        (up[::-1], [15, 15], "must ascend, each once"),
        ([up[0], up[0]], [15, 15], "must ascend, each once"),
        ([ZERO, up[0]], [15, 15], "must ascend, each once"),
        (up, [15, 0], "rights are"),
        (up, [15, 16], "rights are"),
        (up, [7, 7], "needs a member with the ADMIN right"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            identities.send("create", members, rights, 0)
    many = sorted((signer(5000 + i).address for i in range(33)), key=lambda each: int(each, 16))
    with pytest.raises(ChainRefused):
        identities.send("create", many, [15] * 33, 0)
    shared = identities.create(dict.fromkeys([*many[:31], people[0]], Right.EVERY))
    with pytest.raises(ChainRefused, match="at most 32 members"):
        identities.add(shared, many[32], Right.READ)


def test_members_come_go_and_change_by_an_administrators_hand(
    chain: Chain, made: Identities, people: list[str]
) -> None:
    identities = made
    alice, bob, carol, dave = people[:4]
    as_bob = seen_by(chain, identities, 1)
    shared = identities.create({alice: Right.EVERY, bob: Right.READ})
    calls: list[Callable[[], Any]] = [
        lambda: as_bob.add(shared, carol, Right.READ),
        lambda: as_bob.change(shared, bob, Right.EVERY),
        lambda: as_bob.remove(shared, alice),
        lambda: as_bob.rotate(shared, alice, carol),
    ]
    for call in calls:
        with pytest.raises(ChainRefused, match="takes the ADMIN right"):
            call()
    receipt = identities.add(shared, carol, Right.COMPUTE)
    assert events(identities, receipt) == [
        ("Added", {"identity": shared, "member": carol, "rights": Right.COMPUTE, "by": alice})
    ]
    identities.change(shared, bob, Right.ADMIN)
    as_bob.remove(shared, alice)
    assert identities.members(shared) == {carol: Right.COMPUTE, bob: Right.ADMIN}
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        identities.add(shared, dave, Right.READ)
    malformed: list[Callable[[], Any]] = [
        lambda: as_bob.add(shared, carol, Right.READ),
        lambda: as_bob.add(shared, ZERO, Right.READ),
        lambda: as_bob.add(shared, dave, Right(0)),
        lambda: as_bob.change(shared, alice, Right.READ),
        lambda: as_bob.remove(shared, dave),
        lambda: as_bob.rotate(shared, carol, bob),
        lambda: as_bob.rotate(shared, carol, ZERO),
        lambda: as_bob.rotate(shared, dave, alice),
    ]
    for call in malformed:
        with pytest.raises(ChainRefused, match=r"member|rights are"):
            call()


def test_an_identity_is_never_left_without_an_administrator(made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob = people[:2]
    shared = identities.create({alice: Right.EVERY, bob: Right.READ})
    calls: list[Callable[[], Any]] = [
        lambda: identities.remove(shared, alice),
        lambda: identities.change(shared, alice, Right.READ),
    ]
    for call in calls:
        with pytest.raises(ChainRefused, match="needs a member with the ADMIN right"):
            call()
    identities.change(shared, alice, Right.ADMIN)
    identities.change(shared, bob, Right.ADMIN)
    identities.remove(shared, alice)
    assert identities.members(shared) == {bob: Right.ADMIN}


def test_members_rotate_their_own_key_and_may_leave(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob, _, new = people[:4]
    as_bob = seen_by(chain, identities, 1)
    shared = identities.create({alice: Right.EVERY, bob: Right.READ | Right.STORE})
    as_bob.rotate(shared, bob, new)
    assert identities.members(shared) == {alice: Right.EVERY, new: Right.READ | Right.STORE}
    with pytest.raises(ChainRefused, match="not a member"):
        as_bob.rotate(shared, bob, people[4])
    seen_by(chain, identities, 3).remove(shared, new)
    identities.rotate(shared, alice, bob)
    assert identities.members(shared) == {bob: Right.EVERY}
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        identities.add(shared, new, Right.READ)


def test_an_ordinary_address_has_no_members_to_add(chain: Chain, made: Identities, people: list[str]) -> None:
    """Else an address could give itself a list, and lose itself."""
    identities = made
    calls: list[Callable[[], Any]] = [
        lambda: identities.add(people[0], people[1], Right.READ),
        lambda: identities.remove(people[0], people[0]),
        lambda: identities.change(people[0], people[0], Right.READ),
        lambda: identities.rotate(people[0], people[0], people[1]),
        lambda: seen_by(chain, identities, 1).add(people[0], people[1], Right.EVERY),
    ]
    for call in calls:
        with pytest.raises(ChainRefused):
            call()
    assert identities.members(people[0]) == {}
    assert identities.permits(people[0], people[0], Right.EVERY)


# ---------------------------------------------------------------- protocols 3 and 4


def test_the_white_papers_example_of_height_and_weight(chain: Chain, made: Identities, people: list[str]) -> None:
    """Alice lets Bob compute on her height without seeing it, and keeps her weight to herself; later she regrets."""
    identities = made
    alice, bob = people[:2]
    height = identities.store(alice, bytes([1]) * 32, compute=Predicate(only=(alice, bob)))
    weight = identities.store(alice, bytes([2]) * 32)
    assert identities.load(height, alice)
    assert not identities.load(height, bob)
    assert identities.may_compute(height, bob)
    assert not identities.may_compute(weight, bob)
    assert identities.may_compute(weight, alice)
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        seen_by(chain, identities, 1).restrict(weight, MEMBERS, EVERYONE)
    identities.restrict(height, MEMBERS, MEMBERS)
    assert not identities.may_compute(height, bob)
    identities.erase(height)
    assert not identities.load(height, alice)
    assert not identities.may_compute(height, alice)


def test_nobody_takes_a_reference_of_another(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob = people[:2]
    theirs = seen_by(chain, identities, 1).store(bob, CONTENT, EVERYONE, EVERYONE)  # the same content, and first
    mine = identities.store(alice, CONTENT)
    assert mine == reference_of(alice, CONTENT) != theirs
    with pytest.raises(ChainRefused, match="no right to STORE"):
        identities.store(bob, bytes(32))
    with pytest.raises(ChainRefused, match="stored already"):
        identities.store(alice, CONTENT, EVERYONE, EVERYONE)
    found = identities.reference(mine)
    assert found is not None
    assert (found.owner, found.read, found.compute, found.reads, found.computes) == (alice, MEMBERS, MEMBERS, 0, 0)
    assert identities.reference(bytes(32)) is None


def test_a_reference_that_is_not_there_is_closed_to_everybody(made: Identities, people: list[str]) -> None:
    identities = made
    for who in (people[0], ZERO):
        assert not identities.load(bytes(32), who)
        assert not identities.may_compute(bytes(32), who)
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        identities.restrict(bytes(32), EVERYONE, EVERYONE)


def test_every_part_of_a_predicate_must_hold(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob, carol, dave = people[:4]
    family = identities.create({alice: Right.EVERY, bob: Right.READ, carol: Right.COMPUTE})
    soon = now(chain) + 1000
    cases = {
        NOBODY: set(),
        EVERYONE: {alice, bob, carol, dave},
        MEMBERS: {alice, bob},
        Predicate(only=(family,)): {alice, bob},
        Predicate(only=(dave, family)): {alice, bob, dave},
        Predicate(members=True, only=(bob, carol, dave)): {bob},
        Predicate(everyone=True, only=(dave,)): {dave},
        Predicate(everyone=True, until=soon): {alice, bob, carol, dave},
        Predicate(members=True, until=soon): {alice, bob},
        Predicate(everyone=True, uses=0): set(),
        Predicate(only=(bob, dave), uses=2, until=soon): {bob, dave},
    }
    references = {
        predicate: identities.store(family, bytes([i]) * 32, read=predicate) for i, predicate in enumerate(cases)
    }
    for predicate, admitted in cases.items():
        reference = references[predicate]
        assert {who for who in people[:4] if identities.load(reference, who)} == admitted
        kept = identities.reference(reference)
        assert kept is not None
        assert kept.read == predicate
    last = references[Predicate(only=(bob, dave), uses=2, until=soon)]
    as_bob, as_dave = seen_by(chain, identities, 1), seen_by(chain, identities, 3)
    as_bob.count_load(last)
    with pytest.raises(ChainRefused, match="may not read this"):
        seen_by(chain, identities, 2).count_load(last)
    receipt = as_dave.count_load(last)
    assert events(identities, receipt) == [("Loaded", {"reference": last, "who": dave, "count": 2})]
    assert not identities.load(last, bob)
    with pytest.raises(ChainRefused, match="may not read this"):
        as_bob.count_load(last)
    identities.restrict(last, Predicate(only=(bob, dave), uses=3), MEMBERS)
    assert identities.load(last, bob)  # two of three are used
    chain.pass_time(1001)
    for predicate in cases:
        if predicate.until is not None and predicate.uses is None:
            assert not any(identities.load(references[predicate], who) for who in people)


def test_a_predicate_ends_after_its_last_second(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    end = now(chain) + 1000
    reference = identities.store(people[0], CONTENT, read=Predicate(everyone=True, until=end))
    chain.pass_time(end - now(chain))
    block = now(chain)
    assert identities.read("load", reference, people[1], at=chain.connection.head().number) == (block <= end)
    chain.pass_time(1)
    assert not identities.load(reference, people[1])


def test_unsound_predicates_are_refused(made: Identities, people: list[str]) -> None:
    identities = made
    whole: tuple[Any, ...] = (2, [], 0, 0)
    for kinds, reason in ((32, "kinds are"), (255, "kinds are"), (8, "say whom"), (16, "say whom"), (24, "say whom")):
        pairs: list[tuple[Any, Any]] = [((kinds, [], FAR, 1), whole), (whole, (kinds, [], FAR, 1))]
        for pair in pairs:
            with pytest.raises(ChainRefused, match=reason):
                identities.send("store", people[0], CONTENT, *pair)
            with pytest.raises(ChainRefused, match=r"ADMIN|kinds are|say whom"):
                identities.send("restrict", reference_of(people[0], CONTENT), *pair)
    with pytest.raises(ChainRefused):
        identities.store(people[0], CONTENT, Predicate(only=tuple(people[:1] * 17)))


def test_computations_are_counted_by_whoever_computes(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob, carol = people[:3]
    reference = identities.store(alice, CONTENT, compute=Predicate(only=(bob, carol), uses=2))
    as_bob = seen_by(chain, identities, 1)
    with pytest.raises(ChainRefused, match="may not compute on this"):
        identities.count_compute(reference)  # the owner is not on the list
    receipt = as_bob.count_compute(reference)
    assert events(identities, receipt) == [("Computed", {"reference": reference, "who": bob, "count": 1})]
    seen_by(chain, identities, 2).count_compute(reference)
    kept = identities.reference(reference)
    assert kept is not None
    assert (kept.reads, kept.computes) == (0, 2)
    assert not identities.may_compute(reference, bob)
    with pytest.raises(ChainRefused, match="may not compute on this"):
        as_bob.count_compute(reference)


def test_nobody_is_bound_and_nobody_owns_it(made: Identities) -> None:
    functions = {entry["name"] for entry in made.abi if entry["type"] == "function"}
    assert functions & {"bind", "jobs", "deployer", "use", "owner"} == set()
