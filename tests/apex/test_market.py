"""The demonstration's job: public starts, and a comparison that opens nothing but a number."""

from __future__ import annotations

import numpy as np
import pytest
from tests.apex.recording import Recording

from enigma.apex.footprints import Footprint, europe
from enigma.apex.market import TOWERS, analyse, compare, public_starts
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
    with Recording() as committee:
        analysis = analyse(committee, owners, public_starts(places), lambda _: None)
        before = len(committee.programs)
        comparison = compare(committee, analysis, owners, public_starts(places), lambda _: None)
        (program,) = committee.programs[before:]
        marks = committee.reveal(analysis.classes_of_rows)
    assert [node.shape for node in program.reveals] == [()]
    assert marks.shape == (len(analysis.market.classes), sum(owner.table.rows for owner in owners))
    assert (marks.sum(axis=0) == 1).all()
    assert comparison.agreement >= 0.995
    assert comparison.counts.sum() == marks.shape[1]
