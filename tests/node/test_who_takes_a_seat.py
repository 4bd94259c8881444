"""Who may take which seat, as one node of the committee sees it: pieces are handed out before the chain is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from enigma.chain.nodes import Status
from enigma.errors import ProtocolError
from enigma.node.holdings import Holdings
from enigma.node.renewals import Asked, Renewals, RenewalTerms, repair_of
from enigma.node.replacing import Replacing
from enigma.sharing.generations import Generation
from enigma.storage import Store

CONTRACT = b"c" * 32
SEATS = ("A", "B", "C")
OPERATORS = {"A": "a", "B": "b", "C": "c", "taker": "t", "other": "o", "second of c": "c"}


@pytest.fixture
def holdings(tmp_path: Path) -> Iterator[Holdings]:
    with Store.open(tmp_path / "store.db", b"k" * 32) as store:
        yield Holdings(store)


class Committee:
    """What the node A knows: its committee, and which seats the chain takes to be asleep."""

    def __init__(self, holdings: Holdings, seats: tuple[str, ...] = SEATS, asleep: tuple[int, ...] = (1, 2)) -> None:
        self.holdings = holdings
        published = SimpleNamespace(contract=CONTRACT, seats=seats, drawn=False)
        self.seated = cast(Any, SimpleNamespace(published=published, seat=0))
        contracts = SimpleNamespace(seated=lambda _: self.seated)
        jobs = SimpleNamespace(health=lambda _: SimpleNamespace(asleep=asleep), moves=lambda _: 1)
        nodes = SimpleNamespace(
            node=lambda name: SimpleNamespace(operator=OPERATORS[name], status=Status.LOGGED_IN)
        )  # fmt: skip
        self.replacing = Replacing(
            "A", cast(Any, None), cast(Any, None), cast(Any, nodes), cast(Any, jobs), cast(Any, contracts), holdings,
            lambda *_: None, lambda _: True, replace=0, first_block=0,
        )  # fmt: skip
        means = SimpleNamespace(contracts=contracts, jobs=jobs, holdings=holdings)
        self.renewals = Renewals(
            "A", cast(Any, means), cast(Any, None), cast(Any, None), RenewalTerms(), self.replacing, lambda *_: None
        )

    def want(self, seat: int, node: str) -> None:
        """`node` convenes that it takes a seat."""
        nodes = tuple(node if each == seat else name for each, name in enumerate(self.seated.published.seats))
        task = repair_of(CONTRACT, self.holdings.standing(CONTRACT), (), Generation(), len(nodes), seat, 1)
        self.renewals.want_fitting(Asked(task, nodes, b"n" * 16), lambda name: name == node)


def test_a_node_takes_the_seat_that_it_was_allowed_to(holdings: Holdings) -> None:
    committee = Committee(holdings)
    committee.replacing.allow(CONTRACT, 2, "taker")
    committee.want(2, "taker")


def test_a_node_takes_no_other_seat_than_it_was_allowed_to(holdings: Holdings) -> None:
    committee = Committee(holdings)
    committee.replacing.allow(CONTRACT, 2, "taker")
    with pytest.raises(ProtocolError, match="nobody has agreed"):
        committee.want(1, "taker")


def test_a_node_that_has_a_seat_takes_no_second_one(holdings: Holdings) -> None:
    """It would have all pieces between its two seats, before the chain could refuse the move."""
    Committee(holdings).replacing.allow(CONTRACT, 2, "taker")
    Committee(holdings).replacing.allow(CONTRACT, 1, "taker")
    with pytest.raises(ProtocolError, match="has a seat already"):
        Committee(holdings, seats=("A", "B", "taker"), asleep=(1,)).want(1, "taker")


def test_nobody_takes_a_second_seat_by_another_node(holdings: Holdings) -> None:
    committee = Committee(holdings)
    committee.replacing.allow(CONTRACT, 1, "second of c")
    with pytest.raises(ProtocolError, match="one operator"):
        committee.want(1, "second of c")
