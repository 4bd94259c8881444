"""The demonstration's job: three telcos place towers and count an addressable market, and no customer is shown.

The analysis is the contract `contracts/market.py`. Who holds it deployed, on a network or on a committee of this
machine, is a `Held`; what is asked, and what is made of the answers, is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from enigma.apex.disclosure import SMALLEST, withheld_note
from enigma.apex.footprints import COUNTRIES, Footprint
from enigma.apex.kmeans import Clusters
from enigma.apex.naive_bayes import Market
from enigma.apex.places import Places
from enigma.apex.plaintext import inertia, kmeans_reference, naive_bayes_reference
from enigma.array import Committee
from enigma.local.simulation import Simulation

CONTRACT = Path(__file__).parent / "contracts" / "market.py"
TOWERS = 12
ROUNDS = 10
_APART = 5.0  # degrees between two starts

Rows = dict[str, NDArray[np.float64] | NDArray[np.int64]]
"""One owner's customers as columns."""


class Held(Protocol):
    """The contract where it is deployed, for its owners and the one who asks."""

    def contribute(self, tables: Mapping[str, Rows]) -> tuple[str, ...]:
        """Every owner, by name, contributes its rows; the names in the order in which the contract has the rows."""
        ...

    def ask(self, function: str, **arguments: Any) -> Any:
        """What a function of the contract answers."""
        ...


class HeldHere:
    """The contract on a committee of this machine: no chain, no accounts, no grants."""

    def __init__(self, committee: Committee, owners: Sequence[str]) -> None:
        self._contract = Simulation(committee).deploy(CONTRACT, carriers=list(owners), smallest=SMALLEST)

    def contribute(self, tables: Mapping[str, Rows]) -> tuple[str, ...]:
        """See `Held.contribute`."""
        for owner, rows in tables.items():
            self._contract.as_(owner).contribute(rows)
        return tuple(tables)

    def ask(self, function: str, **arguments: Any) -> Any:
        """See `Held.ask`."""
        return getattr(self._contract, function)(**arguments)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What the owners agreed to open."""

    clusters: Clusters
    market: Market


@dataclass(frozen=True, eq=False)
class Pooled:
    """scikit-learn's results on `values`, the pooled rows (rows, 2): `classes` has the class of each row, by owner."""

    values: NDArray[np.float64]
    centroids: NDArray[np.float64]
    sizes: NDArray[np.int64]
    inertia: float
    classes: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same on pooled plaintext by scikit-learn, beside what was found under MPC.

    `centroids` (towers, 2) and `sizes` (towers,) are of the same starts and rounds, `counts` is (classes,);
    `inertia_ratio` is the secure inertia over the plain one; `agreement` the share of rows given the same class.
    """

    centroids: NDArray[np.float64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]
    inertia_ratio: float
    agreement: float


def public_starts(places: Places, count: int = TOWERS) -> NDArray[np.float64]:
    """Where towers start, (count, 2): the largest cities of the market's countries, 5 degrees apart or more; public."""
    served = np.isin(places.countries, [country.code for country in COUNTRIES])
    starts: list[NDArray[np.float64]] = []
    for at in np.argsort(-np.where(served, places.populations, -1), kind="stable").tolist():
        here = places.coordinates[at]
        if all(np.hypot(*(here - other)) >= _APART for other in starts):
            starts.append(here)
        if len(starts) == count:
            break
    return np.array(starts)


def contribute(held: Held, owners: Sequence[Footprint]) -> tuple[str, ...]:
    """All owners contribute; their names in the order of their rows in the contract."""
    return held.contribute({owner.name: _rows(owner) for owner in owners})


def analyse(held: Held, owners: Sequence[Footprint], starts: NDArray[np.float64]) -> Analysis:
    """Cluster all contributed rows, learn countries from them, give every row one: what the contract opens of it."""
    latitudes, longitudes = starts.T.tolist()
    answer = held.ask("analyse", latitudes=latitudes, longitudes=longitudes, rounds=ROUNDS)
    places, sizes, large, told, counts, enough, opened = map(np.asarray, answer)
    towers = Clusters(
        owners[0].table.columns,
        np.where(large[:, None], places, np.nan),
        _known(sizes, told),
        tuple(withheld_note(large, told, SMALLEST, "towers", "customers")),
    )
    market = Market(
        tuple(range(len(COUNTRIES))),
        _known(counts, opened),
        tuple(withheld_note(enough, opened, SMALLEST, "countries", "customers")),
    )
    return Analysis(towers, market)


def pooled(owners: Sequence[Footprint], starts: NDArray[np.float64]) -> Pooled:
    """What scikit-learn makes of all rows in the clear. Raises `ArgumentProblem` where it is missing."""
    values = np.concatenate([owner.table.values for owner in owners])
    labels = np.concatenate([owner.table.labels for owner in owners if owner.table.labels is not None])
    centroids, sizes, plain = kmeans_reference(values, starts, ROUNDS)
    given = naive_bayes_reference(values, labels, values)
    ends = np.cumsum([owner.table.rows for owner in owners])[:-1]
    classes = dict(zip((owner.name for owner in owners), np.split(given, ends), strict=True))
    return Pooled(values, centroids, sizes, plain, classes)


def compare(held: Held, analysis: Analysis, plain: Pooled, order: Sequence[str]) -> Comparison:
    """Hold the analysis against plaintext, which only a demonstration has.

    The rows' secret classes stay secret: scikit-learn's are contributed too, in the order of the owners' rows, and the
    contract opens only how many are equal. Inertia is taken over the published towers.
    """
    published = analysis.clusters.centroids[analysis.clusters.published]
    ratio = inertia(plain.values, published) / plain.inertia if len(published) else float("inf")
    given = np.concatenate([plain.classes[name] for name in order])
    equal = held.ask("agreement", others=given)
    counts = np.bincount(given, minlength=len(COUNTRIES)).astype(np.int64)
    return Comparison(plain.centroids, plain.sizes, counts, ratio, int(equal) / len(given))


def _rows(owner: Footprint) -> Rows:
    assert owner.table.labels is not None  # footprints have them
    latitude, longitude = owner.table.values.T
    return {"latitude": latitude, "longitude": longitude, "country": owner.table.labels}


def _known(numbers: NDArray[np.int64], shown: NDArray[np.bool_]) -> tuple[int | None, ...]:
    return tuple(int(n) if yes else None for n, yes in zip(numbers, shown, strict=True))
