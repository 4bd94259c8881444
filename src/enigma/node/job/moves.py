"""The chain's side of a change: the moves that all parties sign, and bringing them to the chain in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enigma.chain.answers import Receipt as Mined
from enigma.chain.jobs import Jobs
from enigma.chain.receipts import Domain, sign_move
from enigma.keys.account import Account
from enigma.node.job.reshaping import SIGNATURE_BYTES, Reshaping


def signed_moves(task: Reshaping, digest: bytes, nodes: Sequence[str], domain: Domain, account: Account) -> bytes:
    """A party's signatures of all moves of a change, 65 bytes each; `nodes`: the parties' addresses.

    A party that takes a seat consents by the same signature by which the others agree.
    """
    return b"".join(
        sign_move(domain, account, task.contract, seat, nodes[party], digest, number)
        for seat, party, number in task.moves
    )


def hand_in(
    jobs: Jobs, task: Reshaping, digest: bytes, nodes: Sequence[str], signatures: Mapping[int, bytes]
) -> list[Mined]:
    """Bring the moves that are not on the chain yet to it. Raises `ChainProblem`.

    After each move the seat's new node signs in the place of the one that left; a lost one does not sign.
    """
    mined = []
    holding = dict(enumerate(task.change.before))
    there = jobs.moves(task.contract)
    for place, (seat, party, number) in enumerate(task.moves):
        given = {
            other: _of(signatures[holder], place)
            for other, holder in holding.items()
            if holder is not None and holder in signatures
        }
        if number >= there:
            consent = _of(signatures[party], place)
            mined.append(jobs.move(task.contract, seat, nodes[party], digest, consent, given))
        holding[seat] = party
    return mined


def _of(signatures: bytes, place: int) -> bytes:
    return signatures[SIGNATURE_BYTES * place : SIGNATURE_BYTES * (place + 1)]
