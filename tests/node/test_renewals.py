"""An attempt at a renewal that ends in whatever way: its contract is free again, and the node can end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from enigma.errors import NetworkError, StoreFull
from enigma.node.holdings import Standing
from enigma.node.means import Work
from enigma.node.renewals import Asked, Renewals, RenewalTerms, refresh_of
from enigma.sharing.generations import Generation

CONTRACT, SEATS, NAME = b"c" * 32, ("A", "B", "C"), b"n" * 16
ASKED = Asked(refresh_of(CONTRACT, Standing(), (), Generation(), 3), SEATS, NAME)


class Parts:
    """Of the node A, whose way to B is not there: so the attempt fails."""

    def __init__(self, full: bool) -> None:
        self.told: list[str] = []
        self.freed = threading.Event()

        def peer(name: str) -> None:
            raise NetworkError(f"{name} is not there")

        def end(_: bytes) -> None:
            if full:
                raise StoreFull("the disk is full")

        def call(node: str, *_: Any) -> None:
            self.told.append(node)

        shelves = SimpleNamespace(end=end)
        means = SimpleNamespace(peer=peer, holdings=SimpleNamespace(shelves=shelves), call=call)
        attempts = SimpleNamespace(reserve=lambda _: True, free=lambda _: self.freed.set())
        self.renewals = Renewals(
            "A", cast(Any, means), Work("replicated3", 1, 1, 0, "plain"), cast(Any, attempts), RenewalTerms(),
            cast(Any, None), lambda *_: None,
        )  # fmt: skip


@pytest.mark.parametrize("full", [False, True])
def test_a_contract_is_free_after_an_attempt_that_failed(full: bool) -> None:
    parts = Parts(full)
    assert parts.renewals.begin(ASKED)
    assert parts.freed.wait(60)
    assert not parts.renewals.runs(CONTRACT)
    assert parts.told == ["B", "C"]
    parts.renewals.stop()
