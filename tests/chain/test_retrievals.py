"""What a reader pays a node: as much as it signed for, and no more than it put aside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.chain.leased import (
    ANYBODY,
    OWNER,
    PRICES,
    READER,
    Room,
)
from tests.chain.seated import KEYS, SEATS
from tests.chain.standing import ETHER, events

from enigma.chain.leases import DAY, MEBIBYTE, SERVED, Leases, Retrieval, fare
from enigma.errors import ArgumentProblem, ChainRefused

pytestmark = pytest.mark.processes


PRICE, ASIDE = PRICES[1], 20 * PRICES[1]


def reserved(room: Room) -> tuple[Leases, Retrieval]:
    """The reader puts money aside for the node of seat 1."""
    _, lease = room.opened()
    reader = room.paid_in(index=READER)
    until = room.time() + DAY
    return reader, room.retrieval(reader.reserve(lease, 1, amount=ASIDE, price=PRICE, until=until))


def test_a_node_is_paid_what_the_reader_signed_for(room: Room) -> None:
    reader, kept = reserved(room)
    lease, node, account = 1, KEYS[1].address, room.chain.accounts[READER]
    assert kept == Retrieval(1, lease, room.who(READER), node, PRICE, ASIDE, 0, 0, kept.until)
    assert reader.balance(room.who(READER)) == 10 * ETHER - ASIDE
    last = 0
    for size in (1, MEBIBYTE, 3 * MEBIBYTE + 5):
        receipt = room.leases(ANYBODY).redeem(kept.number, size, reader.served(account, kept, size))
        amount = fare(PRICE, size) - last
        assert events(reader, receipt) == [
            ("Served", {"retrieval": kept.number, "node": node, "size": size, "amount": amount})
        ]
        last += amount
        assert reader.earned(node) == last
        with pytest.raises(ChainRefused, match="more bytes than the last"):
            reader.redeem(kept.number, size, reader.served(account, kept, size))
    much = 1000 * MEBIBYTE
    reader.redeem(kept.number, much, reader.served(account, kept, much))
    assert reader.earned(node) == ASIDE  # and no more than was put aside
    receipt = room.leases(2).finish(kept.number)
    assert events(reader, receipt) == [("Finished", {"retrieval": kept.number, "refund": 0})]


def test_only_the_reader_signs_and_only_for_this_retrieval(room: Room) -> None:
    reader, kept = reserved(room)
    account, other = room.chain.accounts[READER], room.chain.accounts[2]
    good = reader.served(account, kept, 5)
    message = {"retrieval": kept.number, "lease": kept.lease, "node": kept.node, "size": 5}
    forged = [
        reader.served(other, kept, 5),
        reader.served(account, kept, 6),
        reader.served(account, replace(kept, number=2), 5),
        reader.served(account, replace(kept, lease=2), 5),
        reader.served(account, replace(kept, node=KEYS[0].address), 5),
        account.sign_typed(reader.domain() | {"chainId": 1}, SERVED, message),
        account.sign_typed(reader.domain() | {"verifyingContract": room.world.jobs_at}, SERVED, message),
    ]
    for signature in forged:
        with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
            reader.redeem(kept.number, 5, signature)
    with pytest.raises(ChainRefused, match="no such retrieval"):
        reader.redeem(2, 5, good)
    with pytest.raises(ChainRefused, match="more bytes than the last"):
        reader.redeem(kept.number, 2**48 + 1, reader.served(account, kept, 2**48 + 1))
    reader.redeem(kept.number, 5, good)
    with pytest.raises(ArgumentProblem):
        reader.served(account, kept, -1)


def test_a_reader_cannot_take_back_what_it_put_aside_before_its_time(room: Room) -> None:
    reader, kept = reserved(room)
    for index in (READER, OWNER, 1):
        with pytest.raises(ChainRefused, match="only the node finishes"):
            room.leases(index).finish(kept.number)
    with pytest.raises(ChainRefused, match="does not hold that amount"):
        reader.withdraw(10 * ETHER)
    room.at(kept.until)
    room.leases(ANYBODY).finish(kept.number)
    assert reader.balance(room.who(READER)) == 10 * ETHER
    signature = reader.served(room.chain.accounts[READER], kept, 5)
    with pytest.raises(ChainRefused, match="no such retrieval, or it is finished"):
        reader.finish(kept.number)
    with pytest.raises(ChainRefused, match="no such retrieval, or it is finished"):
        reader.redeem(kept.number, 5, signature)
    assert room.retrieval(kept.number).reader == room.who(READER)
    assert reader.retrieval(2) is None


def test_what_cannot_be_put_aside_is_refused(room: Room) -> None:
    leases, lease = room.opened()
    reader, until = room.paid_in(index=READER), room.time() + DAY
    good = {"amount": ASIDE, "price": PRICE, "until": until}
    for change, reason in (
        ({"amount": 0}, "put something aside"),
        ({"amount": 11 * ETHER}, "does not hold that amount"),
        ({"price": PRICE - 1}, "asks more than that"),
        ({"until": room.time()}, "at most 90 days"),
        ({"until": room.time() + 91 * DAY}, "at most 90 days"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            reader.reserve(lease, 1, **{**good, **change})
    with pytest.raises(ChainRefused, match="no such seat"):
        reader.reserve(lease, SEATS, **good)
    with pytest.raises(ChainRefused, match="restricted, or it has ended"):
        reader.reserve(lease + 1, 1, **good)
    room.leases(2).decline(lease, 1)
    with pytest.raises(ChainRefused, match="keeps nothing"):
        reader.reserve(lease, 1, **good)
    room.asks(2, 2**96)
    with pytest.raises(ChainRefused, match="asks more than that"):
        reader.reserve(lease, 2, **{**good, "price": 2**256 - 1})
    room.at(room.lease(lease).until)
    with pytest.raises(ChainRefused, match="restricted, or it has ended"):
        reader.reserve(lease, 0, **{**good, "until": room.time() + DAY})
    leases.close(lease)
    with pytest.raises(ChainRefused, match="restricted, or it has ended"):
        reader.reserve(lease, 0, **{**good, "until": room.time() + DAY})


def test_a_price_that_rises_does_not_rise_for_what_was_put_aside(room: Room) -> None:
    reader, kept = reserved(room)
    room.asks(1, 100 * PRICE)
    reader.redeem(kept.number, MEBIBYTE, reader.served(room.chain.accounts[READER], kept, MEBIBYTE))
    assert reader.earned(kept.node) == PRICE
