"""Only who is richer opens."""

from __future__ import annotations

import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import Deploy

import enigma
from enigma.errors import ArgumentProblem


@pytest.mark.parametrize(
    ("first", "second", "richer"),
    [(10**15, 0, "ann"), (5, 6, "bob"), (7, 7, None), (0, 0, None), (10**15 - 1, 10**15, "bob")],
)
def test_the_richer_one(deploy: Deploy, committee: Accounted, first: int, second: int, richer: str | None) -> None:
    contract = deploy("millionaires", first="ann", second="bob")
    contract.as_("ann").declare(first)
    contract.as_("bob").declare(second)
    expected = None if richer is None else enigma.address(richer)
    assert contract.as_("bob").richer() == expected
    # One of -1, 0 and 1.
    assert committee.opened == ["int"]
    # It may be asked again, and by anyone: the answer is the same.
    assert contract.as_("eve").richer() == expected
    assert all(contract.as_(name).received == [] for name in ("ann", "bob", "eve"))
    assert contract.events == []


def test_two_take_part_and_each_declares_once(deploy: Deploy) -> None:
    contract = deploy("millionaires", first="ann", second="bob")
    with enigma.refused("both must declare"):
        contract.richer()
    contract.as_("ann").declare(3)
    with enigma.refused("both must declare"):
        contract.as_("bob").richer()
    with enigma.refused("only the two"):
        contract.as_("eve").declare(4)
    with enigma.refused("declared already"):
        contract.as_("ann").declare(4)
    with pytest.raises(ArgumentProblem, match="a value outside"):
        contract.as_("bob").declare(-1)
    contract.as_("bob").declare(2)
    assert contract.richer() == enigma.address("ann")
    with enigma.refused("it takes two"):
        deploy("millionaires", first="ann", second="ann")
