"""Three telcos over Europe for the demonstration: real places, invented owners, one rule each.

A row is the home cell of a group of customers: it stands at a populated place of GeoNames, exactly, without jitter. Of
the places that an owner's rule admits, it serves those with the smallest SHA-256 of "seed:owner:geonameid", in that
order: a draw without replacement that any program in any language repeats. Each owner draws for itself, so footprints
overlap by chance, as real ones do. The label of a row is its country.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from enigma.apex.places import LATITUDE, LONGITUDE, Places, europe_places
from enigma.apex.tables import Table


@dataclass(frozen=True)
class Country:
    """A country that all owners agreed to tell apart: ISO 3166 alpha-2 code and English name."""

    code: str
    name: str


# Agreed before anyone looks at a row: the European countries with at least 500 places inside the box. A class is its
# index here.
COUNTRIES = (
    Country("AT", "Austria"),
    Country("BE", "Belgium"),
    Country("CH", "Switzerland"),
    Country("CZ", "Czechia"),
    Country("DE", "Germany"),
    Country("DK", "Denmark"),
    Country("ES", "Spain"),
    Country("FI", "Finland"),
    Country("FR", "France"),
    Country("GB", "United Kingdom"),
    Country("GR", "Greece"),
    Country("HR", "Croatia"),
    Country("HU", "Hungary"),
    Country("IE", "Ireland"),
    Country("IT", "Italy"),
    Country("NL", "Netherlands"),
    Country("NO", "Norway"),
    Country("PL", "Poland"),
    Country("PT", "Portugal"),
    Country("RO", "Romania"),
    Country("RU", "Russia"),
    Country("SE", "Sweden"),
    Country("SI", "Slovenia"),
    Country("SK", "Slovakia"),
    Country("UA", "Ukraine"),
)

_CODES = tuple(country.code for country in COUNTRIES)


@dataclass(frozen=True)
class _Rule:
    """Which places an owner serves: `rows` of those in `countries` with at least `smallest` inhabitants."""

    name: str
    sentence: str
    rows: int
    countries: tuple[str, ...]
    smallest: int


_RULES = (
    _Rule(
        name="Continental",
        sentence="A pan-European carrier: 60,000 of all populated places in the 25 countries.",
        rows=60_000,
        countries=_CODES,
        smallest=0,
    ),
    _Rule(
        name="Westland",
        sentence="A carrier of the west and the centre: 25,000 of the populated places in Austria, Belgium, Czechia, "
        "France, Germany, Italy, the Netherlands and Switzerland.",
        rows=25_000,
        countries=("AT", "BE", "CH", "CZ", "DE", "FR", "IT", "NL"),
        smallest=0,
    ),
    _Rule(
        name="Metropole",
        sentence="A city carrier: 5,000 of the places with 10,000 inhabitants or more in the 25 countries.",
        rows=5_000,
        countries=_CODES,
        smallest=10_000,
    ),
)


@dataclass(frozen=True, eq=False)
class Footprint:
    """One owner of the demonstration: its name, its rule in one sentence, and its table with countries as labels."""

    name: str
    rule: str
    table: Table


def europe(seed: int = 2015, places: Places | None = None) -> tuple[Footprint, ...]:
    """The three owners' footprints: 60,000, 25,000 and 5,000 rows of latitude and longitude in degrees.

    The columns' public ranges are Europe's box; labels index `COUNTRIES`. The same `seed` gives the same rows wherever
    the places are the same. `places` saves reading them twice. Raises what `europe_places` raises.
    """
    places = europe_places() if places is None else places
    return tuple(Footprint(rule.name, rule.sentence, _served(rule, seed, places)) for rule in _RULES)


def _served(rule: _Rule, seed: int, places: Places) -> Table:
    admitted = np.flatnonzero(np.isin(places.countries, rule.countries) & (places.populations >= rule.smallest))
    prefix = f"{seed}:{rule.name}:"
    ranked = sorted(
        (hashlib.sha256(f"{prefix}{identifier}".encode()).digest(), at)
        for identifier, at in zip(places.identifiers[admitted].tolist(), admitted.tolist(), strict=True)
    )
    rows = [at for _, at in ranked[: rule.rows]]
    index = {code: label for label, code in enumerate(_CODES)}
    labels = np.array([index[code] for code in places.countries[rows].tolist()], dtype=np.int64)
    return Table(rule.name, (LATITUDE, LONGITUDE), np.ascontiguousarray(places.coordinates[rows]), labels)
