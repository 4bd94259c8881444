"""Pieces are made anew, rebuilt and moved: values stay, masks hide, costs are those stated, leaks are found."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocol.replicated3.changes import (
    CHANGES,
    RENEWAL,
    SEATS,
    Gathered,
    held_by,
    renewed,
    rows_of,
    seen,
    value_of,
)
from tests.protocol.replicated3.views import LIMIT, RUNS, View, bias, difference

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.protocol.renewal import Change, Kind
from enigma.protocol.replicated3 import repair, reshare
from enigma.testing.world import Sent

COUNT = 192
INT64 = np.iinfo(np.int64)
ALL = [0, 1, -1, INT64.min, INT64.max, INT64.max]
NUMBERS = [np.zeros(COUNT, np.int64), np.full(COUNT, INT64.min), np.arange(COUNT)]
BITS = [np.zeros(8 * COUNT, np.bool_), np.ones(8 * COUNT, np.bool_)]


def parts_of(raw: Any, seed: int = 1) -> Any:
    return rows_of(raw, np.random.default_rng(seed))


# ---------------------------------------------------------------- values stay


@pytest.mark.parametrize("name", CHANGES)
@given(values=st.lists(st.integers(INT64.min, INT64.max), max_size=9), seed=st.integers(0, 1 << 32))
@settings(max_examples=15, deadline=None)
def test_numbers_stay(name: str, values: list[int], seed: int) -> None:
    change, raw = CHANGES[name], np.array(ALL + values, np.int64)
    world = Gathered(change, seed.to_bytes(8, "little"))
    found = renewed(change, parts_of(raw, seed), world)
    assert np.array_equal(value_of(change, found), raw)
    assert [each.pieces is None for each in found] == [change.seat_after(party) is None for party in range(len(found))]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("count", [1, 2, 9])
def test_bits_stay(name: str, count: int) -> None:
    change = CHANGES[name]
    raw = np.random.default_rng(count).integers(0, 2, 8 * count).astype(np.bool_)
    found = renewed(change, parts_of(raw), Gathered(change))
    assert np.array_equal(value_of(change, found), np.packbits(raw, bitorder="little"))


@pytest.mark.parametrize("bits", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_all_have_alike_what_they_should(name: str, bits: bool) -> None:
    change = CHANGES[name]
    found = renewed(change, parts_of((BITS if bits else NUMBERS)[1]), Gathered(change))
    for label, holders in RENEWAL.alike(change).items():
        copies = [found[party].alike[label] for party in holders]
        assert all(np.array_equal(copies[0], copy) for copy in copies[1:])
        assert all(label not in each.alike for party, each in enumerate(found) if party not in holders)


@pytest.mark.parametrize("bits", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_costs_are_those_stated(name: str, bits: bool) -> None:
    change, parts = CHANGES[name], parts_of((BITS if bits else NUMBERS)[0])
    world = Gathered(change)
    renewed(change, parts, world)
    stated = RENEWAL.renew_cost(change, parts.shape[1], bits)
    assert world.traffic.rounds == (0 if change.kind is Kind.REFRESH else 1)
    sent = world.traffic.seat_bytes(change.parties)
    assert sent == (tuple(map(sum, zip(*stated, strict=True))) if stated else (0,) * change.parties)


def test_costs_per_element() -> None:
    per_element = {
        name: sum(sum(each) for each in RENEWAL.renew_cost(change, 1, False)) for name, change in CHANGES.items()
    }
    assert per_element["refresh"] == 0
    assert per_element["repair of seat 1"] == 16
    assert per_element["nobody stays"] == 48
    assert RENEWAL.renew_cost(CHANGES["nobody stays"], 1, False) == [(16, 16, 16, 0, 0, 0)]


def test_a_repair_can_be_traced_back_to_the_lost_pieces() -> None:
    for name in (name for name in CHANGES if name.startswith("repair")):
        change, parts = CHANGES[name], parts_of(NUMBERS[2])
        found = renewed(change, parts, Gathered(change, b"shown"))
        shown = RENEWAL.shown(change)
        assert shown is not None
        assert shown.party == change.after[change.lost]
        pieces = found[shown.party].pieces
        assert pieces is not None
        assert not np.any(pieces == held_by(change.lost, parts))
        # A session of its own, with the key that one of the two others has.
        session: Any = Gathered(change, b"shown", audit=False).sessions[shown.holders[0]]
        assert np.array_equal(RENEWAL.traced(session, change, pieces), held_by(change.lost, parts))
        assert RENEWAL.source(change, change.lost) == change.after[(change.lost + 2) % SEATS]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((0, 1, 2), (0, 1)),
        ((0, 1, 2), (0, 1, 1)),
        ((0, 0, 1), (0, 1, 2)),
        ((0, 1, 2), (0, 1, 4)),
        ((None, None, 0), (1, 2, 0)),
        ((None, 1, 2), (0, 2, 1)),
        ((None, 1, 2), (0, 3, 2)),
        ((None, 1, 0), (1, 2, 0)),
    ],
)
def test_what_is_no_change_is_refused(before: Any, after: Any) -> None:
    with pytest.raises(ArgumentProblem):
        Change(before, after)


# ---------------------------------------------------------------- nobody learns anything


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.kind is not Kind.REFRESH])
def test_what_a_party_receives_is_uniform(name: str) -> None:
    change, seed = CHANGES[name], secrets.token_bytes(8)
    for party in range(change.parties):
        for values in (NUMBERS, BITS):
            found = [seen(change, raw, [party], seed + bytes([i])) for i, raw in enumerate(values)]
            for views in found:
                assert bias(views) < LIMIT, f"seed {seed.hex()}"
            for other in found[1:]:
                assert difference(found[0], other) < LIMIT, f"seed {seed.hex()}"


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.kind is Kind.RESHARE])
def test_one_of_before_and_one_of_after_together_see_nothing(name: str) -> None:
    """Whatever is not known to the old one beforehand is uniform; what is known does not depend on the value."""
    change, seed = CHANGES[name], secrets.token_bytes(8)
    gone = [party for party in range(change.parties) if change.seat_after(party) is None]
    come = [party for party in range(change.parties) if change.seat_before(party) is None]
    for old in gone:
        for new in come:
            one, other = (seen(change, raw, [old, new], seed + bytes([i])) for i, raw in enumerate(NUMBERS[:2]))
            assert difference(one, other) < LIMIT, f"seed {seed.hex()}, parties {old} and {new}"


@pytest.mark.parametrize("name", CHANGES)
def test_old_and_new_pieces_do_not_fit_together(name: str) -> None:
    """What somebody knew of two old pieces, with the third of the new ones, is off by a uniform number."""
    change, raw, seed = CHANGES[name], NUMBERS[2], secrets.token_bytes(8)
    parts = parts_of(raw)
    mixed = []
    for number in range(RUNS):
        found = renewed(change, parts, Gathered(change, seed + b"%d" % number, audit=False))
        new: Any = found[change.after[2]].pieces
        mixed.append((parts[0] + parts[1] + new[0] - raw.view(np.uint64)).view(np.uint8).reshape(-1, 8))
    assert bias([View(np.stack(mixed), whole=True)]) < LIMIT, f"seed {seed.hex()}"


# ---------------------------------------------------------------- planted leaks


def test_a_part_that_its_receiver_can_unmask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    change, parts = CHANGES["nobody stays"], parts_of(NUMBERS[2])
    monkeypatch.setattr(reshare, "drawing", lambda change, _i, _j: tuple(range(change.parties)))
    with pytest.raises(ProtocolError, match="without a mask"):
        renewed(change, parts, Gathered(change))
    # And the leak is real: the first new seat that a part goes to takes its streams off again.
    world = Gathered(change, audit=False)
    found = renewed(change, parts, world)
    session: Any = Gathered(change, audit=False).sessions[4]
    streams = reshare._streams(session, change, COUNT, False)
    assert np.array_equal(found[4].alike["part", 0] + streams[0, 0] + streams[0, 1], parts[0])


def test_a_repair_without_a_mask_is_refused_and_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    change, parts = CHANGES["repair of seat 0"], parts_of(NUMBERS[2])
    monkeypatch.setattr(
        repair, "zero", lambda _s, _h, _first, size, bits: dict.fromkeys(range(3), np.zeros(size, np.uint64))
    )
    with pytest.raises(ProtocolError, match="did not draw"):
        renewed(change, parts, Gathered(change))
    world = Gathered(change, audit=False)
    renewed(change, parts, world)
    assert any(np.array_equal(each.message, parts[0]) for each in world.traffic.sent)
    assert bias(seen(change, NUMBERS[0], [0], b"bare")) > LIMIT


def test_streams_that_all_of_the_old_committee_draw_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would save bytes: then one old and one new party, or one who is both, put the value together."""
    change = CHANGES["nobody stays"]
    monkeypatch.setattr(reshare, "drawing", lambda c, _i, j: tuple(sorted({0, 1, 2, *reshare.after(c, j)})))
    one, other = (seen(change, raw, [0, 4], b"cheap") for raw in NUMBERS[:2])
    assert difference(one, other) > LIMIT


# ---------------------------------------------------------------- a party that departs from the protocol


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.kind is Kind.RESHARE])
def test_an_altered_part_is_not_alike(name: str) -> None:
    change, parts = CHANGES[name], parts_of(NUMBERS[2])
    honest = Gathered(change)
    renewed(change, parts, honest)
    for target in range(len(honest.traffic.sent)):
        left = iter(range(len(honest.traffic.sent)))
        reached: list[Sent] = []
        world = Gathered(change, tamper=partial(altered, left, target, reached))
        found = renewed(change, parts, world)
        (cheat,) = reached
        apart = {
            label
            for label, holders in RENEWAL.alike(change).items()
            for party in holders
            if not np.array_equal(found[party].alike[label], found[holders[0]].alike[label])
        }
        # Exactly the part that was altered, and the new piece that it is a summand of.
        assert sorted(kind for kind, _ in apart) == ["part", "piece"]
        assert all(cheat.receiver in RENEWAL.alike(change)[label] for label in apart)


def altered(left: Iterator[int], target: int, reached: list[Sent], sent: Sent) -> Any:
    if next(left) != target:
        return sent.message
    reached.append(sent)
    return sent.message + np.uint64(1)
