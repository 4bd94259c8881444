"""One lets another use a value in a mean without seeing it; strangers may not; only the owner opens it."""

from __future__ import annotations

import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import Deploy

import enigma
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED, Policy
from enigma.contract.reading.source import Source
from enigma.errors import ArgumentProblem
from enigma.local.simulation import SimulatedContract

HEIGHTS = {"alice": 168.5, "carol": 181.25, "dave": 174.0}


@pytest.fixture
def shared(deploy: Deploy) -> SimulatedContract:
    """Alice, Carol and Dave each let Bob compute with their height."""
    contract = deploy("shared_height")
    for name, height in HEIGHTS.items():
        contract.as_(name).store(height, contract.simulation.identity({name: OWNER, "bob": RESTRICTED}))
    return contract


def test_bob_learns_the_mean_and_nothing_else(shared: SimulatedContract, committee: Accounted) -> None:
    assert shared.as_("bob").average(list(HEIGHTS)) == pytest.approx(174.5833, abs=1e-3)
    (received,) = shared.as_("bob").received
    assert received.function == "average"
    with enigma.refused("nothing is stored"):
        shared.as_("bob").mine()
    assert all(shared.as_(name).received == [] for name in HEIGHTS)
    assert committee.opened == ["fixed"]


THIEF = """
class Thief(Contract):
    @private
    def open(self, place: address, person: address):
        return MPC.declassify((place, "height", person))

    @private
    def compute(self, place: address, person: address):
        return reveal(MPC[place, "height", person])
"""


def test_alice_alone_declassifies(shared: SimulatedContract) -> None:
    assert shared.as_("alice").mine() == pytest.approx(168.5)
    assert [each.value for each in shared.as_("alice").received] == [pytest.approx(168.5)]
    assert shared.as_("bob").received == []
    thief = shared.simulation.deploy_source(Source("thief.py", THIEF))
    for name in ("bob", "eve", "carol"):
        with enigma.refused("only its dealer"):
            thief.as_(name).open(shared, "alice")
    # Bob may compute with her height in that contract alone: one of his own does not reach it.
    for name in ("bob", "eve"):
        with enigma.refused("may not compute with"):
            thief.as_(name).compute(shared, "alice")


def test_a_stranger_may_not_compute(shared: SimulatedContract, committee: Accounted) -> None:
    with enigma.refused("may not compute with"):
        shared.as_("eve").average(list(HEIGHTS))
    # Nor one who shares an identity with her that was made by somebody else.
    shared.simulation.identity({"alice": RESTRICTED, "eve": OWNER})
    with enigma.refused("may not compute with"):
        shared.as_("eve").average(list(HEIGHTS))
    # One who may not use each of the heights gets no mean of the others.
    shared.as_("erin").store(160, shared.simulation.identity({"erin": OWNER, "carol": RESTRICTED}))
    with enigma.refused("may not compute with"):
        shared.as_("bob").average([*HEIGHTS, "erin"])
    # That counted no use, and opened nothing.
    assert committee.opened == []
    assert shared.as_("bob").average(list(HEIGHTS)) == pytest.approx(174.5833, abs=1e-3)


def test_each_height_goes_into_one_mean(shared: SimulatedContract) -> None:
    shared.as_("erin").store(160, shared.simulation.identity({"erin": OWNER, "bob": RESTRICTED}))
    shared.as_("bob").average(list(HEIGHTS))
    # Another mean with one person more would show that person.
    with enigma.refused("what said no is: once"):
        shared.as_("bob").average([*HEIGHTS, "erin"])
    identity = shared.simulation.identity({"alice": OWNER, "bob": RESTRICTED})
    shared.as_("alice").store(168.5, identity)
    with enigma.refused("what said no is: once"):
        shared.as_("bob").average(["alice", "erin", "dave"])


def test_groups_are_large_enough_and_of_others(shared: SimulatedContract) -> None:
    with enigma.refused("a mean of so few"):
        shared.as_("bob").average(["alice", "carol"])
    with enigma.refused("each person counts once"):
        shared.as_("bob").average(["alice", "alice", "alice"])
    with enigma.refused("your own height"):
        shared.as_("alice").average(list(HEIGHTS))


def test_who_may_store(shared: SimulatedContract) -> None:
    identity = shared.simulation.identity({"frank": Policy(compute=True, read=True), "gina": OWNER})
    with enigma.refused("may not store under the identity"):
        shared.as_("frank").store(180, identity)
    with pytest.raises(ArgumentProblem, match="a value outside"):
        shared.as_("gina").store(1.8, identity)
