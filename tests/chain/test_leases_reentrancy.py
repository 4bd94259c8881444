"""Owners and operators that are contracts: calling again from within a payment, and refusing it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.leased import (
    ANYBODY,
    CONTENT,
    PRICES,
    READER,
    SIZE,
    SUMS,
    TERM,
    TOTAL,
    Room,
    moved,
    room_on,
)
from tests.chain.seated import KEYS
from tests.chain.standing import ETHER, LISTING, Proxy, call_of, put

from enigma.chain.leases import DAY
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes

INSISTING, STUBBORN, REFUSING = 1, 2, 3  # the moods of Reentrant.vy


@pytest.fixture(scope="module")
def prepared(whole_session_chain: Chain) -> Iterator[Room]:
    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield room_on(whole_session_chain)
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def room(prepared: Room, chain: Chain) -> Room:
    return prepared


def hostile(room: Room) -> tuple[Proxy, int]:
    """An owner that is a contract, with a lease that can be renewed, and money in its account."""
    proxy = put(room.chain, "Reentrant")
    room.leases(ANYBODY).top_up(proxy.address, 2 * TOTAL + 3 * ETHER)
    proxy.act(room.leases(), "open", room.world.contract, CONTENT, SIZE, TERM, TOTAL)
    room.at(room.lease(1).until - TERM // 4)
    return proxy, 1


INNER = ("withdraw", "close", "renew", "accrue", "open", "reserve", "finish", "redeem")


@pytest.mark.parametrize("inner", INNER)
def test_calling_again_from_within_a_payment_gains_nothing(room: Room, inner: str) -> None:
    leases, reader = room.paid_in(), room.paid_in(index=READER)  # others' money, to be had
    proxy, lease = hostile(room)
    soon, late = room.time() + 10, room.time() + DAY
    signed_for = room.retrieval(reader.reserve(lease, 1, amount=PRICES[1], price=PRICES[1], until=late))
    proxy.act(leases, "reserve", lease, 1, 1, PRICES[1], soon)
    room.at(soon)
    signature = leases.served(room.chain.accounts[READER], signed_for, 5)
    args: dict[str, tuple[Any, ...]] = {
        "withdraw": (ETHER,), "close": (lease,), "renew": (lease,), "accrue": (lease,), "finish": (2,),
        "open": (room.world.contract, CONTENT, SIZE, TERM, TOTAL), "reserve": (lease, 1, 1, PRICES[1], late),
        "redeem": (signed_for.number, 5, signature),
    }  # fmt: skip
    again, before = call_of(leases, inner, *args[inner]), room.held()
    proxy.read("act", room.address, again)  # the control: by itself the call would go through
    proxy.send("arm", INSISTING, room.address, again)
    with pytest.raises(ChainRefused):
        proxy.act(leases, "withdraw", ETHER)
    assert room.held() == before
    proxy.send("arm", STUBBORN, room.address, again)
    proxy.act(leases, "withdraw", ETHER)
    assert (proxy.read("tries"), proxy.read("successes")) == (1, 0)
    assert room.chain.connection.balance(proxy.address) == ETHER
    assert room.held() == before - ETHER
    assert room.lease(lease).held == SUMS


def test_a_receiver_that_takes_no_money_harms_only_itself(room: Room) -> None:
    leases = room.leases()
    proxy, lease = hostile(room)
    proxy.send("arm", REFUSING, room.address, b"")
    room.leases(1).decline(lease, 0)  # its refund is only written down
    with pytest.raises(ChainRefused):
        proxy.act(leases, "withdraw", ETHER)
    leases.accrue(lease)
    room.leases(2).collect(KEYS[1].address)
    assert leases.balance(proxy.address) >= ETHER


def test_an_operator_that_calls_again_collects_once(room: Room) -> None:
    """Its node sits in the committee; the payment finds nothing more to collect, and the lock closed."""
    leases, lease = room.opened()
    proxy, node = put(room.chain, "Reentrant"), KEYS[6]
    parts = (LISTING.tls, LISTING.hpke, LISTING.endpoint, LISTING.capacity, PRICES[0])
    nodes = room.world.nodes()
    proxy.act(nodes, "register", node.address, *parts, nodes.proof(node, proxy.address), value=2 * ETHER)
    moved(room, 0, 6)
    leases.accrue(lease)
    room.at(room.lease(lease).until)
    leases.accrue(lease)
    due, before = leases.earned(node.address), room.held()
    assert due > 0
    proxy.send("arm", STUBBORN, room.address, call_of(leases, "collect", node.address))
    proxy.act(leases, "collect", node.address)
    assert (proxy.read("tries"), proxy.read("successes")) == (1, 0)
    assert (leases.earned(node.address), before - room.held()) == (0, due)
