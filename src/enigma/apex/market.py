"""The demonstration's job: three telcos place towers and count an addressable market, and no customer is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.footprints import COUNTRIES, Footprint
from enigma.apex.kmeans import Clusters, KMeans
from enigma.apex.naive_bayes import GaussianNaiveBayes, Market
from enigma.apex.places import Places
from enigma.apex.plaintext import inertia, kmeans_reference, naive_bayes_reference
from enigma.array import Array, Committee

TOWERS = 12
ROUNDS = 10
_APART = 5.0  # degrees between two starts
# 2 km of latitude, 3.5 km of longitude at 60 degrees north: no country's places lie so close together.
_FLOOR = 2.0**-10

Tell = Callable[[str], None]
"""Told the name of each phase as it begins."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What the owners agreed to open, and the secret class of every row, which stays with the committee."""

    clusters: Clusters
    market: Market
    classes_of_rows: Array


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


def analyse(committee: Committee, owners: Sequence[Footprint], starts: NDArray[np.float64], tell: Tell) -> Analysis:
    """Cluster all owners' rows, train on their labels, and give every row a country, all of it under MPC."""
    tables = [owner.table for owner in owners]
    tell("placing towers")
    kmeans = KMeans(len(starts), rounds=ROUNDS, init=starts, group="towers", row="customers")
    clusters = kmeans.fit(committee, tables)
    tell("learning countries")
    model = GaussianNaiveBayes(floor=_FLOOR, group="countries", row="customers").fit(committee, tables)
    tell("classifying customers")
    predictions = model.predict(tables)
    tell("counting the market")
    return Analysis(clusters, model.count(predictions), predictions.marks)


def compare(
    committee: Committee, analysis: Analysis, owners: Sequence[Footprint], starts: NDArray[np.float64], tell: Tell
) -> Comparison:
    """Compute the same on pooled plaintext, which only a demonstration has.

    The rows' secret classes stay secret: scikit-learn's are shared too, and only the number of equal ones is opened.
    Inertia is taken over the published towers. Raises `ArgumentProblem` where scikit-learn is missing.
    """
    tell("comparing with plaintext")
    values = np.concatenate([owner.table.values for owner in owners])
    labels = np.concatenate([owner.table.labels for owner in owners if owner.table.labels is not None])
    centroids, sizes, plain = kmeans_reference(values, starts, ROUNDS)
    published = analysis.clusters.centroids[analysis.clusters.published]
    ratio = inertia(values, published) / plain if len(published) else float("inf")
    given = naive_bayes_reference(values, labels, values)
    classes = np.array(analysis.market.classes)
    theirs = committee.share(given == classes[:, None], dtype=xp.bool)
    both = analysis.classes_of_rows & theirs
    # Each row has one class on either side, so that at most one of its marks is common: any() is an exclusive or.
    equal = committee.reveal(xp.sum(reduce(xp.logical_xor, xp.unstack(both))))
    counts = (given == classes[:, None]).sum(axis=1)
    return Comparison(centroids, sizes, counts, ratio, int(equal) / len(values))
