"""Nodes die at every step of a change: all old or all new pieces stay usable, never a mix, and the change comes to its
end when the nodes are back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.node.job.parties import OTHERS, TEAM, Contract, Died

from enigma.errors import NetworkError, ProtocolError

VALUES = [np.array([7, -7, 1 << 62]), np.array([True, False, True])]
CHANGES: dict[str, tuple[Sequence[str], int | None]] = {
    "refresh": (TEAM, None),
    "rebuilt where it was": (TEAM, 2),
    "rebuilt elsewhere": (("dan", "bob", "cyd"), 0),
    "one seat moves": (("ann", "dan", "cyd"), None),
    "all seats move": (OTHERS, None),
}
MOST_STEPS = 130
"""Above what any node's fuse can burn in one attempt."""


@dataclass(frozen=True)
class Story:
    """What happens: nodes that die in each attempt, by party and after how many steps; and who hears of the chain."""

    change: str
    deaths: list[list[tuple[int, int]]]
    deaf: list[int]


stories = st.builds(
    Story,
    st.sampled_from(sorted(CHANGES)),
    st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, MOST_STEPS)), min_size=1, max_size=2), max_size=3),
    st.lists(st.integers(0, 5), max_size=3),
)


class Life:
    """One story: what must hold is asked after everything that happens."""

    def __init__(self, change: str) -> None:
        self.after, self.lost = CHANGES[change]
        self.made = Contract(VALUES, TEAM, OTHERS)
        if self.lost is not None and self.after == TEAM:
            self.made.nodes[TEAM[self.lost]].erase()
        _, self.names = self.made.task(self.after, lost=self.lost)
        self.taken: bytes | None = None
        self.deaf: set[str] = set()

    def attempt(self, fuses: dict[str, int]) -> bool:
        """Whether it came to its end."""
        done = False
        with contextlib.suppress(Died, NetworkError):
            self.made.attempt(self.after, lost=self.lost, fuses=fuses)
            done = True
        if self.moves and self.taken is None:
            # As early as it can: the chain takes what it is given, whatever has become of those who signed.
            self.taken = self.made.mine(self.after, self.lost)
        self.check()
        return done

    @property
    def moves(self) -> bool:
        return tuple(self.after) != TEAM

    def hear(self, names: Sequence[str]) -> None:
        """Some nodes read of the move on the chain."""
        assert self.taken is not None
        for name in names:
            if self.made.nodes[name].generations().find(self.taken) is not None:
                self.made.nodes[name].moved(self.taken, self.made.chain.moves)
        self.check()

    def check(self) -> None:
        """The old seats have all of the old pieces, or the new ones all of the new; each gives the right values."""
        living = self.made.common(TEAM, self.lost)
        new = self.made.common(self.after)
        if self.taken is not None:
            assert self.taken in new, "what the chain took is not at all new seats"
        elif not self.moves:
            assert living or new
        else:
            assert bytes(32) in living, "the old pieces are gone before the move"
        currents = {
            current.digest
            for name in self.after
            if (current := self.made.nodes[name].generations().current) is not None
        }
        # A generation at which one new seat has arrived is one that all have, be it as pending.
        assert currents - {bytes(32)} <= new

    def end(self) -> None:
        """Everybody is back."""
        for _ in range(2):
            if self.taken is None and self.attempt({}):
                break
        if self.moves:
            assert self.taken is not None
            self.hear(self.names)
        self.made.catch_up(self.names, self.after)
        self.made.catch_up(self.names, self.after)
        self.check()
        assert len({each.digest for each in self.made.agree()}) == 1
        assert all(not self.made.nodes[name].rows for name in self.names if name not in self.after), (
            "who left still has old pieces"
        )
        assert all(len(self.made.nodes[name].rows) == 1 for name in self.after)


def live(story: Story) -> Life:
    life = Life(story.change)
    for deaths in story.deaths:
        if life.taken is not None:
            break
        life.attempt({life.names[party % len(life.names)]: steps for party, steps in deaths})
        if life.taken is None:
            mixed(life)
        else:
            deaf = {life.names[party % len(life.names)] for party in story.deaf}
            life.hear([name for name in life.names if name not in deaf])
            mixed(life)
    return life


def mixed(life: Life) -> None:
    """Seats that may be at different generations: they compute with one; or not at all, where a move is signed."""
    signed = any(each.signed for node in life.made.nodes.values() for each in node.generations().pending)
    with contextlib.suppress(ProtocolError) if signed or life.lost is not None else contextlib.nullcontext():
        assert len({each.digest for each in life.made.agree()}) == 1
    life.check()


@given(stories)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_death_loses_or_mixes_pieces(story: Story) -> None:
    life = live(story)
    event("taken early" if life.taken is not None else "not taken early")
    life.end()


@pytest.mark.parametrize("change", CHANGES)
def test_any_step_of_a_change_is_one_to_die_at(change: str) -> None:
    """One node after the other dies, spread over all the steps that it has; the others are told so, and go on."""
    counted = Life(change)
    before = {name: counted.made.nodes[name].fuse.burnt for name in counted.names}
    assert counted.attempt({})
    steps = {name: counted.made.nodes[name].fuse.burnt - before[name] for name in counted.names}
    assert all(0 < each < MOST_STEPS for each in steps.values())
    stride = len(counted.names) ** 2 // 2
    for party, name in enumerate(counted.names):
        for length in range(party % stride, steps[name], stride):
            life = Life(change)
            assert not life.attempt({name: length}), "the death did not happen"
            if life.taken is None:
                mixed(life)
            life.end()


def test_a_refresh_that_one_missed_the_end_of_while_another_lost_its_store() -> None:
    made = Contract(VALUES, TEAM)
    ann, bob, cyd = (made.nodes[name] for name in TEAM)

    def dies(digest: bytes) -> None:
        raise Died

    bob.switch = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        made.attempt(TEAM)
    del bob.switch
    digest = ann.generations().current
    assert digest is not None
    assert digest.number == 1
    assert bob.generations().unsigned == (digest.digest,)  # it waits
    cyd.erase()
    made.catch_up(TEAM, TEAM)
    assert bob.generations().current == digest
    made.attempt(TEAM, lost=2)
    assert made.agree()[0].number == 2
    assert made.common(TEAM)
