"""The moves of a change are signed by all, and reach a chain that checks them as the controller does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from enigma.chain.jobs import Jobs
from enigma.chain.receipts import MOVE
from enigma.errors import WireError
from enigma.keys.account import Account, recover_typed
from enigma.node.job.moves import hand_in, signed_moves
from enigma.node.job.reshaping import Reshaping, Stored
from enigma.protocol.renewal import Change
from enigma.sharing.generations import Generation
from enigma.wire import codec

CONTRACT, DIGEST = b"c" * 32, b"d" * 32
DOMAIN = {"name": "Enigma", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "11" * 20}
QUORUM = 2
ACCOUNTS = [Account.from_key(bytes([number + 1]) * 32) for number in range(6)]
NODES = [account.address for account in ACCOUNTS]


class CheckingChain:
    """What the controller asks of a move: the signatures of a quorum of those who have the seats now, and a consent."""

    def __init__(self, seats: list[str], moves: int) -> None:
        self.seats, self.count = seats, moves

    def moves(self, contract: bytes) -> int:
        assert contract == CONTRACT
        return self.count

    def move(
        self, contract: bytes, seat: int, node: str, pieces: bytes, consent: bytes, signatures: Mapping[int, bytes]
    ) -> int:
        message = {"contract": contract, "seat": seat, "node": node, "pieces": pieces, "move": self.count}
        assert len(signatures) >= QUORUM
        for other, signature in signatures.items():
            assert recover_typed(DOMAIN, MOVE, message, signature) == self.seats[other]
        assert recover_typed(DOMAIN, MOVE, message, consent) == node
        self.seats[seat] = node
        self.count += 1
        return self.count


def task_of(change: Change) -> Reshaping:
    return Reshaping(CONTRACT, 3, Generation(4, b"g" * 32), change, (Stored(1 << 20, (2, 3), True),), 9)


def handed_in(change: Change, chain: CheckingChain) -> list[Any]:
    task = task_of(change)
    signatures = {party: signed_moves(task, DIGEST, NODES, DOMAIN, ACCOUNTS[party]) for party in range(change.parties)}
    return hand_in(cast(Jobs, chain), task, DIGEST, NODES, signatures)


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (Change((0, 1, 2), (3, 4, 5)), 3),
        (Change((0, 1, 2), (0, 3, 2)), 1),
        (Change((0, 1, 2), (2, 3, 1)), 3),
        (Change((None, 1, 2), (0, 1, 2)), 1),
    ],
)
def test_moves_are_taken_one_after_the_other(change: Change, moved: int) -> None:
    seats = ["nobody" if party is None else NODES[party] for party in change.before]
    chain = CheckingChain(seats, 9)
    assert handed_in(change, chain) == [10 + number for number in range(moved)]
    assert chain.seats == [NODES[party] for party in change.after]


def test_what_is_on_the_chain_already_is_not_handed_in_again() -> None:
    chain = CheckingChain([NODES[3], NODES[1], NODES[2]], 10)
    assert handed_in(Change((0, 1, 2), (3, 4, 5)), chain) == [11, 12]
    assert chain.seats == NODES[3:]


def test_a_change_is_written_and_read() -> None:
    for change in (Change((0, 1, 2), (2, 3, 1)), Change((None, 1, 2), (0, 1, 2))):
        task = task_of(change)
        assert Reshaping.read(codec.decode(codec.encode(task.tree), limit=1 << 16)) == task
        assert Reshaping.read(task.tree).bound() == task.bound()


@pytest.mark.parametrize("tree", [None, [], [b"c", 1, [0, b""], [[0, 1, 1], [0, 1, 2]], [], None]])
def test_what_is_no_change_is_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        Reshaping.read(tree)
