"""The average opens to everyone, each rank to its member, and only once enough have taken part."""

from __future__ import annotations

import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import Deploy

import enigma
from enigma.errors import ArgumentProblem

TEAM = ("ann", "bob", "cyd", "dan")


def test_the_average_and_everyones_own_rank(deploy: Deploy, committee: Accounted) -> None:
    contract = deploy("average_salary", team=TEAM)
    for name, salary in zip(TEAM, (52_000, 61_000, 52_000, 48_500), strict=True):
        assert contract.as_(name).submit(salary) is None
    assert contract.as_("ann").average() == pytest.approx(53_375, abs=1e-3)
    # Equal salaries share the better rank, and the next one is counted on.
    assert [contract.as_(name).rank() for name in TEAM] == [2, 1, 2, 4]
    assert [[each.value for each in contract.as_(name).received] for name in TEAM] == [[2], [1], [2], [4]]
    assert contract.as_("deployer").received == []
    assert contract.events == []
    # The average, and four ranks: nothing else has left the committee.
    assert committee.opened == ["fixed", "int", "int", "int", "int"]


def test_nothing_opens_before_enough_have_taken_part(deploy: Deploy, committee: Accounted) -> None:
    contract = deploy("average_salary", team=TEAM, fewest=4)
    for name in TEAM[:3]:
        contract.as_(name).submit(50_000)
    with enigma.refused("too few salaries"):
        contract.as_("ann").average()
    with enigma.refused("ranks are told when the average is known"):
        contract.as_("ann").rank()
    # Handing in again is no second member.
    contract.as_("ann").submit(70_000)
    with enigma.refused("too few salaries"):
        contract.as_("ann").average()
    assert committee.opened == []
    contract.as_("dan").submit(30_000)
    assert contract.average() == pytest.approx(50_000, abs=1e-3)


def test_who_may_do_what(deploy: Deploy) -> None:
    contract = deploy("average_salary", team=TEAM)
    with enigma.refused("only members"):
        contract.as_("eve").submit(1)
    for name in TEAM[:3]:
        contract.as_(name).submit(50_000)
    contract.average()
    with enigma.refused("known already"):
        contract.as_("dan").submit(90_000)
    with enigma.refused("you have handed in no salary"):
        contract.as_("dan").rank()
    with pytest.raises(ArgumentProblem, match=r"submit\(salary\): a value outside int\(0, 10000000\)"):
        contract.as_("dan").submit(10_000_001)
    with pytest.raises(ArgumentProblem, match="salaries is private"):
        _ = contract.salaries


def test_a_team_of_two_is_none(deploy: Deploy) -> None:
    with enigma.refused("fewer members"):
        deploy("average_salary", team=["ann", "bob"])
    with pytest.raises(ArgumentProblem, match="fewest"):
        deploy("average_salary", team=TEAM, fewest=2)
    contract = deploy("average_salary", team=["ann", "bob", "ann", "cyd"])
    assert contract.members == {enigma.address(name) for name in ("ann", "bob", "cyd")}
    contract.as_("ann").submit(1)
    contract.as_("bob").submit(2)
    contract.as_("cyd").submit(3)
    assert contract.average() == pytest.approx(2, abs=1e-3)
