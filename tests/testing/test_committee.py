"""`WorldCommittee`: what a user writes for `enigma.local(...)` runs on it, and agrees with the plain committee."""

from __future__ import annotations

import numpy as np
import pytest

import enigma
import enigma.array as xp
from enigma.array import Array
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.protocol.session import Message
from enigma.testing.committee import WorldCommittee
from enigma.testing.world import Sent


def averages(spend: Array, visits: Array) -> tuple[Array, ...]:
    each = spend / visits
    return xp.argmax(each), xp.mean(xp.where(each > 37, each, 0)), visits.sum(), xp.sort(visits)


def test_agrees_with_the_plain_committee() -> None:
    found = []
    for committee in (WorldCommittee(), enigma.plain()):
        with committee:
            spend = committee.share([120.5, 80.0, 310.25], lo=0, hi=5000)
            visits = committee.share([3, 2, 9], lo=1, hi=100)
            found.append(committee.reveal(*averages(spend, visits)))
    secure, plain = found
    assert np.allclose(secure[1], plain[1], atol=1e-4)
    assert [int(secure[i]) for i in (0, 2)] == [int(plain[i]) for i in (0, 2)]
    assert secure[3].tolist() == [2, 3, 9]


def test_measures_what_was_foretold() -> None:
    with WorldCommittee() as committee:
        x = committee.share(np.linspace(-3, 3, 70), lo=-3, hi=3)
        y = xp.exp(x) > xp.abs(x)
        committee.reveal(y)
        assert committee.measured == committee.cost(y)
        assert committee.measured.rounds == committee.traffic.rounds + 1


def test_kept_values_go_on_and_discarded_ones_are_gone() -> None:
    with WorldCommittee() as committee:
        x = committee.share([1, 2, 3], lo=0, hi=10)
        square = committee.compute(x * x)
        assert committee.reveal(square + x).tolist() == [2, 6, 12]
        committee.discard(square)
        with pytest.raises(ArgumentProblem, match="discarded before"):
            committee.discard(square)


def test_public_results_come_as_they_are() -> None:
    with WorldCommittee() as committee:
        x = committee.share([1, 2], lo=0, hi=10)
        both = committee.reveal(xp.asarray([5, 6]), x)
        assert [v.tolist() for v in both] == [[5, 6], [1, 2]]


def test_runs_never_share_a_mask() -> None:
    with WorldCommittee() as committee:
        x = committee.share(np.arange(100), lo=0, hi=100)
        sent = []
        for _ in range(2):
            committee.reveal(x > 5)
            sent.append([s.message.tobytes() for s in committee.traffic.sent if s.message.nbytes > 16])
        assert not set(sent[0]) & set(sent[1])


def test_an_altered_copy_is_found_where_it_is_revealed() -> None:
    def tamper(sent: Sent) -> Message:
        return sent.message ^ np.uint64(1) if sent.sender == 2 else sent.message

    with WorldCommittee(tamper=tamper) as committee:
        x = committee.share([3, 4], lo=0, hi=10)
        with pytest.raises(ProtocolError, match="seats 1 and 2 hold different copies"):
            committee.reveal(x * x)
