"""One job at three seats: what they find, agree on, sign, and what they never sign."""

from __future__ import annotations

import numpy as np
import pytest
from tests.node.job.seats import Seats, altered

from enigma.chain.results import NOTHING
from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.values.containers import OrderedSet
from enigma.errors import NetworkError, ProtocolError
from enigma.node.job.assignment import Budget

TEAM = ("ann", "bob", "cyd")


def salaries() -> Seats:
    members = OrderedSet(address_of(name) for name in TEAM)
    return Seats.of("average_salary", {"members": members, "fewest": 3, "opened": False})


def test_a_contract_lives_on_three_seats() -> None:
    seats = salaries()
    for name, salary in zip(TEAM, (40_000, 50_000, 60_000), strict=True):
        signatures = seats.ask(name, "submit", salary)
        assert signatures == [{seat: bytes([seat]) * 65 for seat in range(3)}] * 3
        finding = seats.nodes[0].pending
        assert finding is not None
        assert finding.result == NOTHING
        assert finding.settles
        seats.settle()
    seats.ask("ann", "average")
    finding = seats.nodes[0].pending
    assert finding is not None
    assert finding.result != NOTHING
    assert finding.rounds > 0
    assert finding.operations > 0
    assert seats.settle() == pytest.approx(50_000, abs=1e-3)


def test_what_a_contract_remembers_is_the_same_at_all_seats() -> None:
    seats = salaries()
    seats.ask("ann", "submit", 1)
    assert len({node.pending.state_after for node in seats.nodes if node.pending}) == 1
    seats.settle()
    assert len({node.state for node in seats.nodes}) == 1
    assert all(set(node.stored) == set(seats.nodes[0].stored) for node in seats.nodes)


def test_a_refusal_is_agreed_on_and_changes_nothing() -> None:
    seats = salaries()
    seats.ask("eve", "submit", 1)
    for node in seats.nodes:
        assert node.pending is not None
        assert not node.pending.settles
        assert "only members take part" in node.pending.refusal
        assert node.pending.result == NOTHING
        assert node.pending.rounds > 0  # the range of her contribution was checked
    assert len({node.pending.digest(b"r") for node in seats.nodes if node.pending}) == 1
    seats.settle()
    assert all(node.state == b"" for node in seats.nodes)


def test_a_value_outside_its_range_is_refused_by_name() -> None:
    seats = salaries()
    seats.job += 1
    question = seats.question("ann", "submit", 5)
    (index,) = seats.nodes[0].stored
    # The dealer herself is beyond what her own software allows: the pieces are those of another number.
    from enigma.engine.families import FAMILIES

    _, sharing = FAMILIES["replicated3"]
    dealt = sharing.share(np.array(-1, np.int64), lambda n: b"\7" * n)
    for node, delivery in zip(seats.nodes, dealt, strict=True):
        node.stored[index] = sharing.output(sharing.accept(delivery, (), False))
    seats.try_again(question)
    finding = seats.nodes[1].pending
    assert finding is not None
    assert str(address_of("ann")) in finding.refusal
    assert "salary" in finding.refusal
    assert not finding.settles
    seats.settle()
    seats.ask("bob", "submit", 1)
    seats.settle()


def test_seats_that_were_told_different_things_sign_nothing() -> None:
    seats = salaries()
    seats.job += 1
    question = seats.question("ann", "submit", 5)
    with pytest.raises((ProtocolError, NetworkError)):
        seats.try_again(question, {1: altered(question, sender=str(address_of("bob")))})
    assert all(node.signed == [] and node.pending is None for node in seats.nodes)
    seats.try_again(question)
    assert all(len(node.signed) == 1 for node in seats.nodes)


def test_nobody_signs_what_not_everybody_has_stored() -> None:
    seats = salaries()
    seats.job += 1
    question = seats.question("ann", "submit", 5)
    seats.nodes[2].fails_to_store = True
    with pytest.raises((OSError, NetworkError)):
        seats.try_again(question)
    assert all(node.signed == [] for node in seats.nodes)
    seats.nodes[2].fails_to_store = False
    seats.try_again(question)  # computed anew: two had a finding, and one had none
    digests = {digest for node in seats.nodes for digest in node.signed}
    assert len(digests) == 1
    assert "evaluating the contract" in seats.nodes[0].phases


def test_what_was_found_once_is_signed_again_and_not_computed_again() -> None:
    seats = salaries()
    for name, salary in zip(TEAM, (1, 2, 3), strict=True):
        seats.ask(name, "submit", salary)
        seats.settle()
    seats.job += 1
    question = seats.question("ann", "average")
    seats.try_again(question)
    found = [node.pending for node in seats.nodes]
    for node in seats.nodes:
        node.phases.clear()
    seats.try_again(question)
    assert [node.pending for node in seats.nodes] == found
    assert all(len(set(node.signed)) == len(node.signed) - 1 for node in seats.nodes)  # the last job's twice the same
    assert all("evaluating the contract" not in node.phases for node in seats.nodes)


def test_another_request_does_not_find_the_pending_of_this_one() -> None:
    seats = salaries()
    seats.job += 1
    question = seats.question("ann", "submit", 5)
    seats.try_again(question)
    signed = seats.nodes[0].signed[-1]
    other = seats.question("bob", "submit", 7)
    seats.try_again(other)
    assert seats.nodes[0].signed[-1] != signed


def test_what_the_asker_does_not_pay_for_is_not_begun() -> None:
    seats = salaries()
    for name in TEAM:
        seats.ask(name, "submit", 5)
        seats.settle()
    seats.budget = Budget(maximum=3, round=1, operation=1)
    seats.ask("ann", "average")
    finding = seats.nodes[0].pending
    assert finding is not None
    assert "the asker allows 3" in finding.refusal
    assert not finding.settles
    assert (finding.rounds, finding.operations) == (0, 0)


def test_a_seat_that_lost_what_another_has_signed_makes_nobody_sign_again() -> None:
    """Else its own word, that nothing is pending, would make honest seats sign a second receipt of one job."""
    seats = salaries()
    for name in TEAM:
        seats.ask(name, "submit", 5)
        seats.settle()
    seats.job += 1
    question = seats.question("ann", "average")
    seats.try_again(question)
    before = [list(node.signed) for node in seats.nodes]
    seats.nodes[2].pending = None
    with pytest.raises((ProtocolError, NetworkError)):
        seats.try_again(question)
    assert [node.signed for node in seats.nodes] == before
