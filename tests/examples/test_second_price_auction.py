"""The winner and the price open, and no other bid."""

from __future__ import annotations

import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import Deploy

import enigma
from enigma.local.simulation import BEGINNING, SimulatedContract

HOUR = 3600


@pytest.fixture
def auction(deploy: Deploy) -> SimulatedContract:
    contract = deploy("second_price_auction", deployer="seller", deadline=BEGINNING + HOUR)
    contract.as_("seller").offer(50)
    return contract


@pytest.mark.parametrize(
    ("bids", "winner", "price"),
    [
        ([10, 100, 70], "bidder 1", 70),
        ([100, 60, 70], "bidder 0", 70),
        ([90, 90, 80], "bidder 0", 90),  # of equal bids the earliest wins, and pays as much
        ([20, 30, 120], "bidder 2", 50),  # the second is below the reserve
        ([50], "bidder 0", 50),
        ([0, 1_000_000_000], "bidder 1", 50),
    ],
)
def test_the_best_bid_wins_at_the_second_price(
    auction: SimulatedContract, committee: Accounted, bids: list[int], winner: str, price: int
) -> None:
    for place, amount in enumerate(bids):
        auction.as_(f"bidder {place}").bid(amount)
    auction.pass_time(HOUR)
    assert auction.as_("anyone").settle() == (enigma.address(winner), price)
    assert auction.events == [("Sold", {"winner": enigma.address(winner), "price": price})]
    assert all(auction.as_(name).received == [] for name in ("seller", "anyone", "bidder 0", "bidder 1", "bidder 2"))
    # One opening tells that it is sold, the other to whom and for how much: no third.
    assert auction.receipt.programs == 2
    # Who the only bidder is, is public anyway.
    assert committee.opened == ["bool", "int", "int"][: 3 if len(bids) > 1 else 2]


def test_below_the_reserve_nothing_else_is_known(auction: SimulatedContract, committee: Accounted) -> None:
    auction.as_("ann").bid(49)
    auction.as_("bob").bid(48)
    auction.pass_time(HOUR)
    assert auction.settle() is None
    assert auction.events == [("Unsold", {})]
    assert auction.receipt.programs == 1
    with enigma.refused("settled already"):
        auction.settle()
    assert committee.opened == ["bool"]


def test_who_may_do_what_and_when(deploy: Deploy) -> None:
    auction = deploy("second_price_auction", deployer="seller", deadline=BEGINNING + HOUR)
    with enigma.refused("has not offered yet"):
        auction.as_("ann").bid(1)
    with enigma.refused("only the seller"):
        auction.as_("ann").offer(1)
    auction.offer(10)
    with enigma.refused("offered already"):
        auction.offer(5)
    with enigma.refused("the seller does not bid"):
        auction.as_("seller").bid(1)
    auction.as_("ann").bid(20)
    with enigma.refused("a bid stands"):
        auction.as_("ann").bid(30)
    with enigma.refused("bidding goes on"):
        auction.settle()
    auction.pass_time(HOUR)
    with enigma.refused("bidding is over"):
        auction.as_("bob").bid(30)
    assert auction.settle() == (enigma.address("ann"), 10)


def test_without_bids(auction: SimulatedContract) -> None:
    auction.pass_time(HOUR)
    with enigma.refused("nobody has bid"):
        auction.settle()
    assert auction.settled is False
