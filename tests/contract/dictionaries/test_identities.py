"""Shared identities: protocols 1 and 2 of the white paper, and who may change what."""

from __future__ import annotations

import hashlib

import pytest

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED, MemoryIdentities, Policy, Right
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused
from enigma.wire import encode

ALICE, BOB, CAROL, MALLORY = (address_of(name) for name in ("alice", "bob", "carol", "mallory"))


@pytest.fixture
def identities() -> MemoryIdentities:
    return MemoryIdentities()


@pytest.fixture
def home(identities: MemoryIdentities) -> Address:
    return identities.create({ALICE: OWNER, BOB: RESTRICTED})


def test_the_address_is_a_hash_of_counter_and_members(identities: MemoryIdentities, home: Address) -> None:
    octets = encode(["shared identity", 0, sorted([ALICE.octets, BOB.octets])])
    assert home == Address(hashlib.sha256(octets).digest()[-20:])
    assert MemoryIdentities().create({BOB: RESTRICTED, ALICE: OWNER}) == home  # the order of naming does not matter
    assert identities.create({ALICE: OWNER, BOB: RESTRICTED}) != home  # the same people can have a second one


def test_the_last_to_join_cannot_choose_the_address() -> None:
    """With XOR, this member would make the identity's address Alice's own."""
    target = ALICE.octets
    chosen = Address(bytes(a ^ b for a, b in zip(target, BOB.octets, strict=True)))
    assert MemoryIdentities().create({BOB: OWNER, chosen: OWNER}) != ALICE


def test_permissions_are_checked_by_policy(identities: MemoryIdentities, home: Address) -> None:
    assert all(identities.permits(home, ALICE, right) for right in Right)
    assert [right for right in Right if identities.permits(home, BOB, right)] == [Right.COMPUTE]
    assert not any(identities.permits(home, MALLORY, right) for right in Right)
    assert not any(identities.permits(home, home, right) for right in Right)
    assert identities.policy(home, BOB) == RESTRICTED
    assert str(OWNER) == "store, read, compute, admin"
    assert str(Policy()) == "nothing"
    with pytest.raises(CallRefused, match="no member"):
        identities.policy(home, MALLORY)


def test_members_come_sorted_and_as_a_copy(identities: MemoryIdentities, home: Address) -> None:
    members = dict(identities.members(home))
    assert list(members) == sorted([ALICE, BOB])
    members[MALLORY] = OWNER
    assert not identities.permits(home, MALLORY, Right.READ)


def test_one_member_is_an_ordinary_address(identities: MemoryIdentities) -> None:
    assert identities.create({ALICE: OWNER}) == ALICE
    assert identities.members(ALICE) == {ALICE: OWNER}
    assert identities.permits(ALICE, ALICE, Right.ADMIN)
    assert not identities.permits(ALICE, BOB, Right.COMPUTE)
    with pytest.raises(ArgumentProblem, match="every right over itself"):
        identities.create({ALICE: RESTRICTED})
    with pytest.raises(CallRefused, match="ordinary address"):
        identities.add(ALICE, BOB, OWNER, by=ALICE)


def test_what_is_no_identity_is_not_created(identities: MemoryIdentities, home: Address) -> None:
    with pytest.raises(ArgumentProblem, match="no members"):
        identities.create({})
    with pytest.raises(ArgumentProblem, match="is a shared identity"):
        identities.create({home: OWNER, ALICE: OWNER})
    with pytest.raises(ArgumentProblem, match="is a shared identity"):
        identities.create({home: OWNER})
    with pytest.raises(ArgumentProblem, match="at most 1024"):
        identities.create({address_of(str(i)): OWNER for i in range(1025)})


def test_an_admin_adds_changes_and_removes(identities: MemoryIdentities, home: Address) -> None:
    identities.add(home, CAROL, Policy(read=True), by=ALICE)
    assert identities.permits(home, CAROL, Right.READ)
    identities.change(home, CAROL, Policy(compute=True), by=ALICE)
    assert not identities.permits(home, CAROL, Right.READ)
    identities.remove(home, CAROL, by=ALICE)
    assert list(identities.members(home)) == sorted([ALICE, BOB])


@pytest.mark.parametrize("by", [BOB, MALLORY])
def test_nobody_else_does(identities: MemoryIdentities, home: Address, by: Address) -> None:
    with pytest.raises(AccessRefused, match="may not change") as refused:
        identities.add(home, CAROL, OWNER, by=by)
    assert str(ALICE) in refused.value.hint
    with pytest.raises(AccessRefused):
        identities.change(home, BOB, OWNER, by=by)
    with pytest.raises(AccessRefused):
        identities.remove(home, ALICE, by=by)
    with pytest.raises(AccessRefused):
        identities.rotate(home, ALICE, by, by=by)
    assert identities.members(home) == {ALICE: OWNER, BOB: RESTRICTED}


def test_a_member_may_leave_and_replace_its_own_key(identities: MemoryIdentities, home: Address) -> None:
    identities.rotate(home, BOB, CAROL, by=BOB)
    assert identities.members(home) == {ALICE: OWNER, CAROL: RESTRICTED}
    identities.rotate(home, ALICE, BOB, by=ALICE)
    assert identities.members(home) == {BOB: OWNER, CAROL: RESTRICTED}
    identities.remove(home, CAROL, by=CAROL)
    assert identities.members(home) == {BOB: OWNER}
    assert not identities.permits(home, CAROL, Right.COMPUTE)
    with pytest.raises(AccessRefused):
        identities.remove(home, CAROL, by=CAROL)


def test_changes_that_do_not_fit_are_refused(identities: MemoryIdentities, home: Address) -> None:
    with pytest.raises(CallRefused, match="already"):
        identities.add(home, BOB, OWNER, by=ALICE)
    with pytest.raises(CallRefused, match="already"):
        identities.rotate(home, BOB, ALICE, by=BOB)
    with pytest.raises(CallRefused, match="no member"):
        identities.change(home, CAROL, OWNER, by=ALICE)
    with pytest.raises(CallRefused, match="no member"):
        identities.remove(home, CAROL, by=ALICE)
    with pytest.raises(CallRefused, match="no admin left"):
        identities.change(home, ALICE, RESTRICTED, by=ALICE)
    with pytest.raises(CallRefused, match="no admin left"):
        identities.remove(home, ALICE, by=ALICE)
    with pytest.raises(ArgumentProblem, match="is a shared identity"):
        identities.add(home, home, OWNER, by=ALICE)
    with pytest.raises(ArgumentProblem, match="is a shared identity"):
        identities.rotate(home, BOB, home, by=BOB)


def test_an_identity_without_an_admin_stays_but_for_those_who_leave(identities: MemoryIdentities) -> None:
    fixed = identities.create({ALICE: RESTRICTED, BOB: RESTRICTED})
    with pytest.raises(AccessRefused, match="may not change") as refused:
        identities.add(fixed, CAROL, OWNER, by=ALICE)
    assert "no admin" in refused.value.hint
    identities.remove(fixed, BOB, by=BOB)
    with pytest.raises(CallRefused, match="no member left"):
        identities.remove(fixed, ALICE, by=ALICE)


def test_a_copy_goes_its_own_way(identities: MemoryIdentities, home: Address) -> None:
    before = identities.copy()
    identities.add(home, CAROL, OWNER, by=ALICE)
    work = identities.create({ALICE: OWNER, CAROL: OWNER})
    assert not before.permits(home, CAROL, Right.READ)
    assert before.members(work) == {work: OWNER}
    before.remove(home, BOB, by=ALICE)
    assert identities.permits(home, BOB, Right.COMPUTE)
    assert before.create({ALICE: OWNER, CAROL: OWNER}) == work  # the counter is copied too
