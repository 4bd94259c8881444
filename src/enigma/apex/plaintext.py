"""The same analyses on pooled plaintext by scikit-learn: what the secure ones are compared with, and nothing else.

Whoever runs this sees every row. It exists for demonstrations and tests, where one machine owns all data anyway.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enigma.errors import ArgumentProblem

_ROWS_AT_ONCE = 65_536  # keeps the matrix of distances small


def kmeans_reference(
    values: NDArray[np.float64], starts: NDArray[np.float64], rounds: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """Lloyd's k-means from `starts`, at most `rounds` rounds: centroids (k, columns), sizes (k,), inertia.

    `values` is (rows, columns), `starts` (k, columns), both in the columns' units; inertia is the sum of squared
    distances to the nearest centroid. It ends early where no row moves. A cluster without rows is given the row
    farthest from its centroid (scikit-learn's rule). Raises `ArgumentProblem` where scikit-learn is missing.
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise _missing() from error
    model = KMeans(n_clusters=len(starts), init=starts, n_init=1, max_iter=rounds, tol=0.0, algorithm="lloyd")
    model.fit(values)
    centroids = np.asarray(model.cluster_centers_, dtype=np.float64)
    sizes = np.bincount(model.labels_, minlength=len(starts)).astype(np.int64)
    return centroids, sizes, inertia(values, centroids)


def inertia(values: NDArray[np.float64], centroids: NDArray[np.float64]) -> float:
    """The sum over rows (rows, columns) of the squared distance to the nearest of the centroids (k, columns)."""
    total = 0.0
    for first in range(0, len(values), _ROWS_AT_ONCE):
        chunk = values[first : first + _ROWS_AT_ONCE]
        squares = ((chunk[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
        total += float(squares.min(axis=1).sum())
    return total


def naive_bayes_reference(
    train_values: NDArray[np.float64], train_labels: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The classes (rows,) that scikit-learn's GaussianNB, trained on the first two, gives to `values` (rows, columns).

    It divides a class's variance by n where the secure classifier divides by n-1: rows on the very border between two
    classes may differ. Raises `ArgumentProblem` where scikit-learn is missing.
    """
    try:
        from sklearn.naive_bayes import GaussianNB
    except ImportError as error:
        raise _missing() from error
    labels = GaussianNB().fit(train_values, train_labels).predict(values)
    return np.asarray(labels, dtype=np.int64)


def _missing() -> ArgumentProblem:
    return ArgumentProblem("the comparison with plaintext needs scikit-learn, which is not installed",
                           hint="pip install 'enigma[demo]'")  # fmt: skip
