"""Leases: accounts, terms and their prices, and what follows from the time alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.chain.leased import (
    ANYBODY,
    CONTENT,
    GRACE,
    OWNER,
    PRICES,
    SIZE,
    SUMS,
    TERM,
    TOTAL,
    Room,
)
from tests.chain.seated import KEYS, SEATS
from tests.chain.standing import ETHER, events

from enigma.chain.artifacts import load
from enigma.chain.leases import DAY, Lease, Status, cost
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes


# ---------------------------------------------------------------- accounts


def test_an_account_is_filled_by_anybody_and_emptied_by_its_owner(room: Room) -> None:
    leases, anybody = room.leases(), room.leases(ANYBODY)
    receipt = anybody.top_up(room.who(OWNER), ETHER)
    told = {"account": room.who(OWNER), "by": room.who(ANYBODY), "amount": ETHER}
    assert events(leases, receipt) == [("Funded", told)]
    with pytest.raises(ChainRefused, match="does not hold that amount"):
        anybody.withdraw(1)
    with pytest.raises(ChainRefused, match="does not hold that amount"):
        leases.withdraw(ETHER + 1)
    with pytest.raises(ChainRefused, match="say an amount"):
        leases.withdraw(0)
    with pytest.raises(ChainRefused, match="send the amount"):
        leases.top_up(room.who(OWNER), 0)
    leases.withdraw(ETHER)
    assert (leases.balance(room.who(OWNER)), room.held()) == (0, 0)


def test_ether_without_a_call_is_refused(room: Room) -> None:
    with pytest.raises(ChainRefused):
        room.chain.sender().transfer(room.address, ETHER)


# ---------------------------------------------------------------- opening


def test_a_lease_is_paid_at_the_prices_that_the_seats_ask(room: Room) -> None:
    leases = room.paid_in(TOTAL)
    assert leases.quote(room.world.contract, SIZE, TERM) == SUMS
    receipt = leases.send("open", room.world.contract, CONTENT, SIZE, TERM, TOTAL)
    begun = room.time()
    assert events(leases, receipt) == [
        (
            "Opened",
            {
                "lease": 1, "contract": room.world.contract, "owner": room.who(OWNER), "content": CONTENT,
                "size": SIZE, "term": TERM, "most": TOTAL,
            },
        ),
        ("Bought", {"lease": 1, "until": begun + TERM, "total": TOTAL, "amounts": list(SUMS)}),
    ]  # fmt: skip
    nodes = tuple(key.address for key in KEYS[:SEATS])
    assert room.lease(1) == Lease(
        1, room.world.contract, room.who(OWNER), CONTENT, SIZE, TERM, TOTAL, begun, begun + TERM, False, frozenset(),
        nodes, SUMS,
    )  # fmt: skip
    assert (leases.count(), leases.balance(room.who(OWNER)), room.held()) == (1, 0, TOTAL)
    assert leases.lease(2) is None
    assert leases.status(2) == Status.UNKNOWN


def test_what_cannot_be_leased_is_refused(room: Room) -> None:
    leases, contract = room.paid_in(), room.world.contract
    good = {"size": SIZE, "term": TERM, "most": TOTAL}
    for change, reason in (
        ({"size": 0}, "from 1 byte"),
        ({"size": 2**48 + 1}, "from 1 byte"),
        ({"term": 3599}, "from an hour"),
        ({"term": 366 * DAY + 1}, "from an hour"),
        ({"most": TOTAL - 1}, "costs more than the owner allows"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            leases.open(contract, CONTENT, **{**good, **change})
    with pytest.raises(ChainRefused, match="has no committee"):
        leases.open(bytes(32), CONTENT, **good)
    with pytest.raises(ChainRefused, match="does not hold that amount: top it up"):
        room.leases(ANYBODY).open(contract, CONTENT, **good)
    room.asks(0, 2**96)
    with pytest.raises(ChainRefused, match="asks more than anybody has"):
        leases.open(contract, CONTENT, **{**good, "most": 2**256 - 1})
    assert leases.count() == 0


def test_leases_is_deployed_with_other_controllers_and_a_grace_time(room: Room) -> None:
    artifact, sender = load("Leases"), room.chain.sender()
    nodes, committees, nobody = room.world.nodes_at, room.world.committees_at, room.who(5)
    for constants, reason in (
        ((nobody, committees, GRACE), "must be deployed contracts"),
        ((nodes, nobody, GRACE), "must be deployed contracts"),
        ((nodes, committees, 0), "grace time"),
        ((nodes, committees, 366 * DAY + 1), "grace time"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            sender.deploy(artifact.abi, artifact.bytecode, *constants)


# ---------------------------------------------------------------- time


def test_status_follows_from_the_time_alone(room: Room) -> None:
    leases, lease = room.opened()
    kept = room.lease(lease)
    for time, status in (
        (kept.until - 1, Status.ACTIVE),
        (kept.until, Status.RESTRICTED),
        (kept.until + GRACE - 1, Status.RESTRICTED),
        (kept.until + GRACE, Status.DELETABLE),
    ):
        room.at(time)
        assert leases.status(lease, at=room.chain.connection.head().number) == status
        assert kept.status(time, leases.grace()) == status


def test_seats_earn_evenly_and_the_rest_goes_back_at_the_end(room: Room) -> None:
    leases, lease = room.opened()
    since = room.lease(lease).since
    room.to(since + TERM // 4)
    receipt = room.leases(ANYBODY).accrue(lease)
    quarter = [amount // 4 for amount in SUMS]
    nodes = [key.address for key in KEYS[:SEATS]]
    told = {"lease": lease, "time": since + TERM // 4, "nodes": nodes, "amounts": quarter}
    assert events(leases, receipt) == [("Accrued", told)]
    assert room.earned() == quarter
    with pytest.raises(ChainRefused, match="only the lease's owner"):
        room.leases(ANYBODY).close(lease)
    room.to(since + TERM // 2)
    receipt = leases.close(lease)
    refund = TOTAL - sum(room.earned())
    assert events(leases, receipt)[-1] == ("Closed", {"lease": lease, "refund": refund})
    assert all(0 <= amount / 2 - got < 2 for amount, got in zip(SUMS, room.earned(), strict=True))
    assert leases.balance(room.who(OWNER)) == 10 * ETHER - TOTAL + refund
    assert room.lease(lease).held == (0,) * SEATS
    assert leases.status(lease) == Status.CLOSED
    calls: list[Callable[[], Any]] = [
        lambda: leases.close(lease),
        lambda: leases.renew(lease),
        lambda: leases.accrue(lease),
        lambda: leases.limit(lease, 1),
        lambda: room.leases(1).decline(lease, 0),
    ]
    for call in calls:
        with pytest.raises(ChainRefused, match="this lease is closed"):
            call()


def test_what_was_paid_for_is_all_earned_at_the_terms_end(room: Room) -> None:
    leases, lease = room.opened()
    room.at(room.lease(lease).until + GRACE + 77)
    leases.accrue(lease)
    assert room.earned() == list(SUMS)
    leases.accrue(lease)
    assert room.earned() == list(SUMS)
    leases.close(lease)
    assert leases.balance(room.who(OWNER)) == 10 * ETHER - TOTAL


def test_a_lease_that_is_not_there_does_nothing(room: Room) -> None:
    leases = room.leases()
    calls: list[Callable[[int], Any]] = [
        leases.close, leases.renew, leases.accrue, lambda n: leases.limit(n, 1), lambda n: leases.decline(n, 0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ChainRefused, match="no such lease"):
            call(1)


# ---------------------------------------------------------------- renewal


def test_anybody_renews_in_the_last_quarter_and_access_never_stops(room: Room) -> None:
    leases, lease = room.opened()
    first = room.lease(lease)
    room.to(first.until - TERM // 4 - 1)
    with pytest.raises(ChainRefused, match="renewed in its last quarter"):
        room.leases(ANYBODY).renew(lease)
    room.at(first.until - TERM // 4)
    receipt = room.leases(ANYBODY).renew(lease)
    now = room.time()
    assert [name for name, _ in events(leases, receipt)] == ["Accrued", "Bought"]
    kept = room.lease(lease)
    assert (kept.since, kept.until) == (now, first.until + TERM)
    assert sum(kept.held) + sum(room.earned()) == 2 * TOTAL
    assert leases.balance(room.who(OWNER)) == 10 * ETHER - 2 * TOTAL
    with pytest.raises(ChainRefused, match="renewed in its last quarter"):
        room.leases(ANYBODY).renew(lease)  # nobody locks up more than the next term
    room.at(kept.until + 1)
    leases.accrue(lease)
    assert room.earned() == [2 * amount for amount in SUMS]


def test_a_restricted_lease_is_renewed_from_where_it_ended_and_a_deletable_one_never(room: Room) -> None:
    leases, lease = room.opened()
    until = room.lease(lease).until
    leases.withdraw(leases.balance(room.who(OWNER)))
    room.at(until + DAY)
    with pytest.raises(ChainRefused, match="does not hold that amount: top it up"):
        leases.renew(lease)
    assert leases.status(lease) == Status.RESTRICTED
    room.leases(ANYBODY).top_up(room.who(OWNER), 2 * TOTAL)
    leases.renew(lease)
    assert room.lease(lease).until == until + TERM
    assert leases.status(lease) == Status.ACTIVE
    leases.accrue(lease)
    assert all(got > amount for got, amount in zip(room.earned()[:3], SUMS[:3], strict=True))  # the gap is paid too
    room.at(until + TERM + GRACE - 1)
    assert leases.status(lease) == Status.RESTRICTED
    room.at(until + TERM + GRACE)
    with pytest.raises(ChainRefused, match="the grace time has passed"):
        leases.renew(lease)


def test_a_term_costs_what_is_asked_when_it_is_bought_up_to_the_owners_limit(room: Room) -> None:
    leases, lease = room.opened(most=2 * TOTAL)
    room.asks(0, 20 * PRICES[0])
    assert room.lease(lease).held == SUMS  # what was bought stands
    room.at(room.lease(lease).until - 5)
    with pytest.raises(ChainRefused, match="costs more than the owner allows"):
        room.leases(1).renew(lease)
    with pytest.raises(ChainRefused, match="only the lease's owner"):
        room.leases(1).limit(lease, 10**30)
    dear = TOTAL + 19 * SUMS[0]
    receipt = leases.limit(lease, dear + SEATS)
    assert events(leases, receipt) == [("Limited", {"lease": lease, "most": dear + SEATS})]
    before = leases.balance(room.who(OWNER))
    leases.renew(lease)
    spent = before - leases.balance(room.who(OWNER))
    assert spent == TOTAL - SUMS[0] + cost(20 * PRICES[0], SIZE, TERM)
    leases.limit(lease, 0)
    room.at(room.lease(lease).until - 5)
    with pytest.raises(ChainRefused, match="costs more than the owner allows"):
        leases.renew(lease)
