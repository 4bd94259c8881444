"""Leases: who keeps, who is paid, and who collects."""

from __future__ import annotations

import pytest
from tests.chain.leased import (
    ANYBODY,
    OWNER,
    PRICES,
    SIZE,
    SUMS,
    TERM,
    TOTAL,
    Room,
    moved,
)
from tests.chain.seated import KEYS, SEATS
from tests.chain.standing import ETHER, call_of, events

from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes


# ---------------------------------------------------------------- seats


def test_a_node_that_declines_earns_nothing_more(room: Room) -> None:
    leases, lease = room.opened()
    since = room.lease(lease).since
    for index in (OWNER, ANYBODY, 2):
        with pytest.raises(ChainRefused, match="only the seat's node or its operator"):
            room.leases(index).decline(lease, 0)
    with pytest.raises(ChainRefused, match="no such seat"):
        room.leases(1).decline(lease, SEATS)
    room.to(since + TERM // 2)
    receipt = room.leases(1).decline(lease, 0)
    refund = SUMS[0] - SUMS[0] // 2
    told = {"lease": lease, "seat": 0, "node": KEYS[0].address, "refund": refund}
    assert events(leases, receipt)[-1] == ("Declined", told)
    assert leases.balance(room.who(OWNER)) == 10 * ETHER - TOTAL + refund
    assert room.lease(lease).declined == {0}
    with pytest.raises(ChainRefused, match="has declined"):
        room.leases(1).decline(lease, 0)
    room.at(room.lease(lease).until - 1)
    before = leases.balance(room.who(OWNER))
    leases.renew(lease)
    assert before - leases.balance(room.who(OWNER)) == TOTAL - SUMS[0]
    room.at(room.lease(lease).until)
    leases.accrue(lease)
    assert room.earned() == [SUMS[0] // 2, *(2 * amount for amount in SUMS[1:])]


def test_a_node_declines_by_its_own_key(room: Room) -> None:
    leases, lease = room.opened()
    node = KEYS[2].address
    room.chain.connection.ask("anvil_setBalance", node, hex(ETHER))
    room.chain.connection.ask("anvil_impersonateAccount", node)
    data = "0x" + call_of(leases, "decline", lease, 2).hex()
    fields = {"from": node, "to": room.address, "data": data, "gas": hex(5_000_000)}
    assert room.chain.connection.ask("eth_sendTransactionSync", fields)["status"] == "0x1"
    room.chain.connection.ask("anvil_stopImpersonatingAccount", node)
    assert room.lease(lease).declined == {2}


def test_a_node_that_leaves_is_paid_to_the_terms_end_and_for_no_other(room: Room) -> None:
    leases, lease = room.opened()
    for seat in range(2):
        room.world.nodes(seat + 1).begin_exit(KEYS[seat].address)
    assert leases.quote(room.world.contract, SIZE, TERM) == (0, 0, *SUMS[2:])
    room.at(room.lease(lease).until)
    leases.renew(lease)
    assert room.lease(lease).held == (0, 0, *SUMS[2:])
    assert room.earned() == list(SUMS)
    for seat in (2, 3):
        room.world.nodes(seat + 1).begin_exit(KEYS[seat].address)
    room.at(room.lease(lease).until)
    with pytest.raises(ChainRefused, match="no seat of this contract keeps anything"):
        leases.renew(lease)


def test_who_takes_a_seat_over_takes_its_earnings_over(room: Room) -> None:
    leases, lease = room.opened()
    kept = room.lease(lease)
    moved(room, 1, 4)
    room.to(kept.since + TERM // 2)
    room.leases(5).accrue(lease)  # the new node sees to it
    assert room.lease(lease).nodes[1] == KEYS[4].address
    room.at(kept.until)
    leases.accrue(lease)
    assert leases.earned(KEYS[1].address) == SUMS[1] // 2
    assert leases.earned(KEYS[4].address) == SUMS[1] - SUMS[1] // 2


def test_who_takes_a_declined_seat_over_begins_with_the_next_term(room: Room) -> None:
    leases, lease = room.opened()
    room.leases(1).decline(lease, 0)
    moved(room, 0, 4)
    leases.accrue(lease)
    assert (room.lease(lease).declined, room.lease(lease).held[0]) == (frozenset(), 0)
    room.asks(4, PRICES[0])
    room.at(room.lease(lease).until)
    leases.renew(lease)
    assert room.lease(lease).held == SUMS


# ---------------------------------------------------------------- what nodes collect


def test_only_the_operator_collects_what_its_node_earned(room: Room) -> None:
    leases, lease = room.opened()
    room.at(room.lease(lease).until)
    leases.accrue(lease)
    node, operator = KEYS[0].address, room.leases(1)
    for index in (OWNER, ANYBODY, 2):
        with pytest.raises(ChainRefused, match="only the node's operator collects"):
            room.leases(index).collect(node)
    before = room.held()
    receipt = operator.collect(node)
    assert events(leases, receipt) == [("Collected", {"node": node, "operator": room.who(1), "amount": SUMS[0]})]
    assert before - room.held() == SUMS[0]
    with pytest.raises(ChainRefused, match="nothing to collect"):
        operator.collect(node)
