"""Pieces are refreshed, rebuilt and moved between nodes: values stay, wrong pieces are named, old ones erased."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tests.net.committee import Seats
from tests.node.job.parties import (
    CONTRACT,
    FAMILY,
    OTHERS,
    SHARING,
    TEAM,
    Chain,
    Contract,
    Died,
    PartyNode,
    contract,
    refreshed,
)

from enigma.algebra import kernels
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.node.job.gathering import Gathering
from enigma.node.job.generations import Pending
from enigma.node.job.reshaping import STEP_OCTETS, Reshaped, Reshaping, Stored, reshape
from enigma.protocol.renewal import Change
from enigma.sharing.generations import SLICE_OCTETS, Committed, Generation, Slice


def settled(made: Contract, after: Sequence[str], lost: int | None = None) -> bytes:
    """A change to other nodes, taken by the chain and followed by all."""
    _, names = made.task(after, lost=lost)
    made.attempt(after, lost=lost)
    digest = made.mine(after, lost)
    assert digest is not None
    for name in names:
        made.nodes[name].moved(digest, made.chain.moves)
    made.catch_up(names, after)
    return digest


def test_a_refresh_changes_all_pieces_and_no_value() -> None:
    made = contract()
    old = {name: dict(node.rows[bytes(32)]) for name, node in made.nodes.items() if node.rows}
    results = made.attempt(TEAM)
    assert results == [Reshaped(results[0].digest, {})] * 3
    assert made.common(TEAM) == {results[0].digest}
    for name in TEAM:
        node = made.nodes[name]
        assert set(node.rows) == {results[0].digest}
        assert all(old[name][100, 0][row] != node.rows[results[0].digest][100, 0][row] for row in range(2))
    assert made.agree() == [Generation(1, results[0].digest)] * 3


def test_refreshes_follow_each_other() -> None:
    made = contract()
    digests = [refreshed(made) for _ in range(3)]
    assert len(set(digests)) == 3
    assert made.common(TEAM) == {digests[-1]}
    assert made.agree() == [Generation(3, digests[-1])] * 3


@pytest.mark.parametrize("renewed_before", [False, True])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_seat_is_rebuilt_at_another_node(lost: int, renewed_before: bool) -> None:
    made = contract()
    if renewed_before:
        refreshed(made)
    after = [*TEAM]
    after[lost] = "dan"
    digest = settled(made, after, lost)
    assert made.common(after) == {digest}
    assert digest not in made.nodes[TEAM[lost]].rows
    assert made.agree() == [Generation(2 if renewed_before else 1, digest)] * 3


def test_a_node_that_lost_its_disk_is_rebuilt_where_it_is() -> None:
    made = contract()
    refreshed(made)
    made.nodes["bob"].erase()
    digest = made.attempt(TEAM, lost=1)[0].digest
    assert made.common(TEAM) == {digest}
    assert made.agree() == [Generation(2, digest)] * 3


@pytest.mark.parametrize("after", [OTHERS, ("ann", "dan", "cyd"), ("bob", "dan", "ann"), ("dan", "eve", "ann")])
def test_pieces_move_to_other_nodes(after: Sequence[str]) -> None:
    made = contract()
    refreshed(made)
    digest = settled(made, after)
    assert made.common(after) == {digest}
    for name, node in made.nodes.items():
        assert set(node.rows) == ({digest} if name in after else set()), "old pieces are erased, by those who left too"
    assert made.agree() == [Generation(2, digest)] * 3
    refreshed(made)
    made.common(after)


def test_old_pieces_stay_until_the_last_new_seat_has_switched() -> None:
    made = contract()
    _, names = made.task(OTHERS)
    made.attempt(OTHERS)
    digest = made.mine(OTHERS)
    assert digest is not None
    for name in (*TEAM, "dan", "eve"):
        made.nodes[name].moved(digest, made.chain.moves)
    made.catch_up(names, OTHERS)
    assert made.common(TEAM) == {bytes(32)}
    assert made.common(OTHERS) == {digest}
    made.nodes["fay"].moved(digest, made.chain.moves)
    made.catch_up(names, OTHERS)
    assert all(not made.nodes[name].rows for name in TEAM)


def test_many_and_large_values_take_several_steps() -> None:
    random = np.random.default_rng(5)
    long = random.integers(-(1 << 62), 1 << 62, SLICE_OCTETS // 8 + 77)
    made = contract([long, *(np.array(number) for number in range(130)), random.integers(0, 2, 4099) == 1])
    digest = settled(made, ("ann", "dan", "cyd"))
    assert made.common(("ann", "dan", "cyd")) == {digest}
    made.attempt(made.chain.seats, lost=None)
    made.common(made.chain.seats)
    assert len(made.nodes["dan"].agreed[next(iter(made.nodes["dan"].rows))]) == 2 + 130 + 1


def test_bits_that_belong_to_no_boolean_stay_zero() -> None:
    made = contract([np.ones(13, np.bool_)])
    settled(made, OTHERS)
    made.attempt(OTHERS, lost=None)
    for name in OTHERS:
        (rows,) = made.nodes[name].rows.values()
        assert all(row[-1] >> 5 == 0 for row in rows[100, 0])


@pytest.mark.parametrize(("after", "lost"), [(TEAM, None), (("ann", "dan", "cyd"), 1), (OTHERS, None)])
def test_what_is_sent_is_what_the_family_states(after: Sequence[str], lost: int | None) -> None:
    made = contract([np.arange(1000), np.ones(8000, np.bool_)])
    task, names = made.task(after, lost=lost)

    def work(gathering: Gathering, node: PartyNode) -> int:
        reshape(task, gathering, node, FAMILY, SHARING)
        return gathering.sent_bytes

    sent = made.gather(names, FAMILY.renewal.holders(task.change), work)
    stated = [FAMILY.renewal.renew_cost(task.change, 1000, bits) for bits in (False, True)]
    assert sent == [sum(each[0][party] for each in stated if each) for party in range(len(names))]


def test_memory_does_not_grow_with_the_value() -> None:
    class Streaming(PartyNode):
        """Pieces that nobody keeps: all zeros, and so of the value zero."""

        def read(self, piece: Slice) -> list[bytes]:
            return [bytes(piece.octets)] * 2

        def write(self, piece: Slice, rows: Sequence[bytes], context: bytes, committed: Committed) -> None:
            assert len(rows) == 2

    made = contract([])
    for name in TEAM:
        made.nodes[name].__class__ = Streaming
    task, names = made.task(TEAM)
    octets = 8 * STEP_OCTETS
    task = replace(task, values=(Stored(1, (octets // 8,), False),))
    tracemalloc.start()
    try:
        made.gather(
            names,
            FAMILY.renewal.holders(task.change),
            lambda gathering, node: reshape(task, gathering, node, FAMILY, SHARING),
        )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Three nodes in one process; each reads and writes 16 steps of the value all in all.
    assert most < 3 * 6 * STEP_OCTETS


def test_six_nodes_meet_over_their_mesh() -> None:
    made = contract([np.arange(70_000)])
    task, names = made.task(OTHERS)
    with Seats(6) as seats:
        nodes = [made.nodes[name] for name in names]

        def run(party: int) -> Reshaped:
            gathering = Gathering(
                party, seats.keys[party], [key.public_bytes for key in seats.keys],
                [key.fingerprint for key in seats.keys], seats.connect(party), FAMILY.renewal.holders(task.change),
                b"room", kernels.load(), os.urandom,
            )  # fmt: skip
            return reshape(task, gathering, nodes[party], FAMILY, SHARING)

        with ThreadPoolExecutor(6) as threads:
            results = list(threads.map(run, range(6)))
    assert len({each.digest for each in results}) == 1
    assert sorted(results[0].signatures) == list(range(6))
    assert made.common(OTHERS) == {results[0].digest}


def test_a_change_that_one_seat_saw_the_end_of_is_not_made_twice() -> None:
    made = contract()
    task, names = made.task(TEAM)

    class Dying(PartyNode):
        def switch(self, digest: bytes) -> None:
            raise Died

    def work(gathering: Gathering, node: PartyNode) -> Reshaped:
        return reshape(task, gathering, node, FAMILY, SHARING)

    made.nodes["bob"].__class__ = Dying
    with pytest.raises(Died):
        made.gather(names, FAMILY.renewal.holders(task.change), work)
    made.nodes["bob"].__class__ = PartyNode
    assert made.nodes["bob"].generations().current == Generation()
    ends = {made.nodes[name].generations().current for name in ("ann", "cyd")}
    (end,) = ends
    assert end is not None
    assert end != Generation()
    assert made.gather(names, FAMILY.renewal.holders(task.change), work) == [Reshaped(end.digest, {})] * 3
    assert made.common(TEAM) == {end.digest}


# ---------------------------------------------------------------- what the chain decides


def test_of_two_moves_of_one_seat_the_chain_takes_one() -> None:
    """The first new node fell silent after all had signed; another is found, and then the first comes back."""
    made = contract()
    first = made.attempt(("ann", "dan", "cyd"))[0].digest
    second = made.attempt(("ann", "eve", "cyd"))[0].digest
    assert [each.digest for each in made.nodes["ann"].generations().pending] == [first, second]
    made.chain = Chain(["ann", "eve", "cyd"], 1)
    for node in made.nodes.values():
        if node.generations().pending:
            node.moved(second, 1)
    assert made.common(("ann", "eve", "cyd")) == {second}
    assert not made.nodes["dan"].rows
    made.catch_up(["ann", "bob", "cyd", "eve"], made.chain.seats)
    assert made.agree() == [Generation(1, second)] * 3


def test_two_seats_at_once_exclude_any_other_move() -> None:
    made = contract()
    made.attempt(("dan", "eve", "cyd"))
    with pytest.raises(ProtocolError, match="already waiting"):
        made.attempt(("ann", "dan", "cyd"))


def test_whoever_has_signed_believes_no_peer_that_says_it_never_stored() -> None:
    made = contract()
    made.attempt(OTHERS)
    made.nodes["bob"].erase()
    made.catch_up([*TEAM, *OTHERS], TEAM)
    kept = [name for name, node in made.nodes.items() if node.generations().pending]
    assert kept == ["ann", "cyd", *OTHERS]
    # Before anybody has signed, the same word of a peer frees the others.
    free = contract()
    with pytest.raises(Died):
        free.attempt(OTHERS, fuses={"bob": _steps_until_stored(contract())})
    waiting = [name for name, node in free.nodes.items() if node.generations().pending]
    assert waiting
    assert "bob" not in waiting
    free.catch_up([*TEAM, *OTHERS], TEAM)
    assert not any(node.generations().pending for node in free.nodes.values())


def _steps_until_stored(made: Contract) -> int:
    """How many steps bob takes before his store knows of the new pieces."""
    counted: list[int] = []

    class Counting(PartyNode):
        def store(self, pending: Pending) -> None:
            counted.append(self.fuse.burnt)
            super().store(pending)

    made.nodes["bob"].__class__ = Counting
    made.attempt(OTHERS)
    return counted[0]


# ---------------------------------------------------------------- what is refused


def test_nothing_is_computed_while_a_move_is_signed() -> None:
    made = contract()
    made.attempt(OTHERS)
    with pytest.raises(ProtocolError, match="nothing is computed until that is decided"):
        made.agree()


def test_pieces_of_two_generations_do_not_meet() -> None:
    made = contract()
    digest = refreshed(made)
    stale, rows = contract().nodes["bob"], {digest: made.nodes["bob"].rows[digest]}
    made.nodes["bob"].record, made.nodes["bob"].rows = stale.record, rows
    assert made.nodes["bob"].generations().current == Generation()
    with pytest.raises(ProtocolError, match="differ in the generation of pieces"):
        made.agree()
    with pytest.raises(ProtocolError, match="of another generation"):
        made.attempt(TEAM)


def test_parties_that_were_told_different_things_make_nothing() -> None:
    made = contract()
    task, names = made.task(OTHERS)
    other = Reshaping(CONTRACT, 8, task.former, task.change, task.values, task.move)
    with pytest.raises(ProtocolError, match="differ in the change of pieces"):
        made.gather(
            names,
            FAMILY.renewal.holders(task.change),
            lambda gathering, node: reshape(other if gathering.party == 4 else task, gathering, node, FAMILY, SHARING),
        )
    assert all(not node.generations().pending for node in made.nodes.values())


@pytest.mark.parametrize(("after", "move"), [(TEAM, 0), (OTHERS, None)])
def test_a_seat_moves_by_the_chain_and_a_refresh_does_not(after: Sequence[str], move: int | None) -> None:
    made = contract()
    task, names = made.task(after)
    wrong = replace(task, move=move)

    def work(gathering: Gathering, node: PartyNode) -> Reshaped:
        return reshape(wrong, gathering, node, FAMILY, SHARING)

    with pytest.raises(ArgumentProblem):
        made.gather(names, FAMILY.renewal.holders(task.change), work)


def test_the_moves_of_a_change() -> None:
    values = (Stored(1, (), False),)
    task = Reshaping(CONTRACT, 7, Generation(), Change((0, 1, 2), (3, 1, 0)), values, 5)
    assert task.moves == [(0, 3, 5), (2, 0, 6)]
    assert Reshaping(CONTRACT, 7, Generation(), Change((0, None, 1), (0, 2, 1)), values, None).moves == []
