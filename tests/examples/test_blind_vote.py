"""Only the verdict opens, once, and after the deadline."""

from __future__ import annotations

import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import Deploy

import enigma
from enigma.local.simulation import BEGINNING, SimulatedContract

VOTERS = [f"voter {i}" for i in range(6)]
DAY = 24 * 60 * 60


@pytest.fixture
def vote(deploy: Deploy) -> SimulatedContract:
    return deploy("blind_vote", question="Shall we move?", voters=VOTERS, deadline=BEGINNING + DAY)


@pytest.mark.parametrize(
    ("votes", "passed"),
    [
        ([True, True, False], True),
        ([True, False, True, False], False),
        ([True, True, True, True, False, False], True),
        ([True, True, True, False, False, False], False),
        ([False, False, False], False),
        ([True, True, True], True),
    ],
)
def test_two_thirds_of_the_votes_cast(
    vote: SimulatedContract, committee: Accounted, votes: list[bool], passed: bool
) -> None:
    for name, yes in zip(VOTERS, votes, strict=False):
        vote.as_(name).vote(yes)
    vote.pass_time(DAY)
    assert vote.as_("anyone").close() is passed
    assert vote.passed is passed
    # The verdict is all there is: the same whatever the count was.
    assert vote.events == [("Verdict", {"question": "Shall we move?", "passed": passed})]
    assert all(vote.as_(name).received == [] for name in [*VOTERS, "anyone"])
    assert committee.opened == ["bool"]


def test_the_last_vote_counts(vote: SimulatedContract) -> None:
    for name in VOTERS[:3]:
        vote.as_(name).vote(True)
    for name in VOTERS[:2]:
        vote.as_(name).vote(False)
    vote.as_(VOTERS[1]).vote(True)
    vote.pass_time(DAY)
    assert vote.close() is True


def test_before_and_after_the_deadline(vote: SimulatedContract, committee: Accounted) -> None:
    for name in VOTERS[:3]:
        vote.as_(name).vote(False)
    vote.pass_time(DAY - 1)
    with enigma.refused("votes may still change"):
        vote.close()
    vote.as_(VOTERS[0]).vote(True)
    vote.pass_time(1)
    with enigma.refused("the vote is over"):
        vote.as_(VOTERS[1]).vote(True)
    assert committee.opened == []
    assert vote.close() is False
    with enigma.refused("the verdict is known"):
        vote.close()
    assert committee.opened == ["bool"]


def test_who_may_vote_and_how_few_may_not(vote: SimulatedContract, deploy: Deploy) -> None:
    with enigma.refused("not registered"):
        vote.as_("eve").vote(True)
    for name in VOTERS[:2]:
        vote.as_(name).vote(True)
        vote.as_(name).vote(True)
    vote.pass_time(DAY)
    with enigma.refused("too few votes"):
        vote.close()
    assert vote.events == []
    assert vote.decided is False
    with enigma.refused("the deadline is over"):
        deploy("blind_vote", question="?", voters=VOTERS, deadline=BEGINNING)
