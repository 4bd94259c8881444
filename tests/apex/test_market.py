"""The demonstration's job: public starts, and a comparison that opens nothing but a number."""

from __future__ import annotations

import numpy as np
import pytest
from tests.apex.recording import Recording

from enigma.apex.footprints import Footprint, europe
from enigma.apex.market import TOWERS, HeldHere, analyse, compare, contribute, pooled, public_starts
from enigma.apex.places import Places, europe_places
from enigma.apex.tables import Table


@pytest.fixture(scope="module")
def places() -> Places:
    return europe_places()


def test_starts_are_large_cities_apart(places: Places) -> None:
    starts = public_starts(places)
    assert starts.shape == (TOWERS, 2)
    names = [places.nearest_name(*start) for start in starts.tolist()]
    assert names[:3] == ["Moscow", "London", "Saint Petersburg"]
    gaps = np.linalg.norm(starts[:, None] - starts, axis=2) + np.eye(TOWERS) * 100
    assert gaps.min() >= 5
    assert np.array_equal(public_starts(places, 4), starts[:4])


def test_the_comparison_opens_one_number(places: Places) -> None:
    owners = []
    for owner in europe(places=places):
        table = owner.table
        assert table.labels is not None
        part = Table(table.source, table.columns, table.values[::40].copy(), table.labels[::40].copy())
        owners.append(Footprint(owner.name, owner.rule, part))
    starts = public_starts(places)
    with Recording() as committee:
        held = HeldHere(committee, [owner.name for owner in owners])
        order = contribute(held, owners)
        analysis = analyse(held, owners, starts)
        before = len(committee.programs)
        comparison = compare(held, analysis, pooled(owners, starts), order)
        (program,) = committee.programs[before:]
    assert [node.shape for node in program.reveals] == [()]
    assert comparison.agreement >= 0.995
    assert comparison.counts.sum() == sum(owner.table.rows for owner in owners)
