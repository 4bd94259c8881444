"""Damaged stores, and nodes that lie about pieces: what is noticed, and who is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.node.job.parties import OTHERS, SHARING, TEAM, PartyNode, contract, refreshed

from enigma.errors import ProtocolError
from enigma.sharing.generations import Slice


def damage(node: PartyNode, row: int) -> None:
    """One bit of the first value's piece turns over in the store."""
    (digest,) = node.rows
    octets = bytearray(node.rows[digest][100, 0][row])
    octets[3] ^= 1
    node.rows[digest][100, 0][row] = bytes(octets)


def test_a_damaged_piece_is_found_by_its_own_node() -> None:
    made = contract()
    refreshed(made)
    damage(made.nodes["bob"], 1)
    with pytest.raises(ProtocolError, match="this node's piece 2 of stored secret 100 is not what the seats agreed on"):
        made.attempt(OTHERS)
    made.nodes["bob"].erase()
    made.attempt(TEAM, lost=1)
    made.common(TEAM)


@pytest.mark.parametrize(("after", "words"), [(TEAM, "piece 2"), (OTHERS, "part 2")])
def test_two_copies_that_differ_are_found_and_their_holders_named(after: Sequence[str], words: str) -> None:
    """Never renewed before, so that nobody has committed to them."""
    made = contract()
    damage(made.nodes["bob"], 1)
    with pytest.raises(ProtocolError, match=rf"parties \[1, 2.*\] differ in {words} of stored secret 100"):
        made.attempt(after)
    assert all(not node.generations().pending for node in made.nodes.values())


class Liar(PartyNode):
    """Sends another piece than it has, and tells nobody that it is not the one committed to."""

    asked = 0
    altered = 0

    def read(self, piece: Slice) -> list[bytes]:
        self.asked += 1
        rows = super().read(piece)
        rows[self.altered] = rows[self.altered][:-1] + bytes([rows[self.altered][-1] ^ 0x80])
        return rows

    def committed(self, piece: Slice) -> Any:
        # To itself it says that there was nothing; to the new node, what everybody knows.
        self.asked -= 1
        return None if self.asked == 0 else super().committed(piece)


@pytest.mark.parametrize(("liar", "number"), [("ann", 1), ("cyd", 2)])
def test_who_rebuilds_a_wrong_piece_is_named(liar: str, number: int) -> None:
    made = contract([np.arange(9)], ("dan",))
    refreshed(made)
    party, lost = ("ann", "cyd").index(liar), 1
    assert number in SHARING.held_by(lost)
    altered = SHARING.held_by(TEAM.index(liar)).index(number)
    kind = type("AboutThis", (Liar,), {"altered": altered})
    made.nodes[liar].__class__ = kind
    with pytest.raises(ProtocolError, match=f"party {party} sent another piece {number} of stored secret 100"):
        made.attempt(("ann", "dan", "cyd"), lost=lost)
    # The control: with nothing to compare with, the same lie goes through.
    unknown = contract([np.arange(9)], ("dan",))
    unknown.nodes[liar].__class__ = kind
    unknown.attempt(("ann", "dan", "cyd"), lost=lost)
    with pytest.raises(AssertionError):
        unknown.common(("ann", "dan", "cyd"))


def test_commitments_that_two_helpers_tell_differently_are_refused() -> None:
    made = contract([np.arange(9)], ("dan",))
    refreshed(made)
    (agreed,) = made.nodes["ann"].agreed.values()
    (place, (_, committed)) = next(iter(agreed.items()))
    agreed[place] = os.urandom(32), committed
    made.nodes["ann"].__class__ = type("Quiet", (Liar,), {"read": _counted})
    with pytest.raises(ProtocolError, match="know different commitments to stored secret 100"):
        made.attempt(("ann", "dan", "cyd"), lost=1)


def _counted(node: Any, piece: Slice) -> list[bytes]:
    node.asked += 1
    return PartyNode.read(node, piece)
