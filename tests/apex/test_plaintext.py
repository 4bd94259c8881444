"""The references are what their names say, on data where the answer is known."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from enigma.apex.plaintext import inertia, kmeans_reference, naive_bayes_reference
from enigma.apex.reading import read_table
from enigma.errors import ArgumentProblem

EXAMPLES = Path(__file__).parents[2] / "examples" / "apex"


def sample() -> tuple[np.ndarray, np.ndarray]:
    tables = [read_table(EXAMPLES / f"training{i}.json", with_class=True) for i in (1, 2)]
    labels = [table.labels for table in tables if table.labels is not None]
    return np.concatenate([table.values for table in tables]), np.concatenate(labels)


def test_the_sample_has_its_known_answers() -> None:
    values, labels = sample()
    centroids, sizes, total = kmeans_reference(values, values[:2], 10)
    assert np.allclose(centroids, [(52.499781, -1.178791), (52.354315, 4.901430)], atol=1e-6)
    assert sizes.tolist() == [6, 4]
    assert total == pytest.approx(inertia(values, centroids))
    assert np.bincount(naive_bayes_reference(values, labels, values)).tolist() == [6, 4]


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_rounds_are_lloyds(rounds: int) -> None:
    values = np.random.default_rng(3).normal(size=(400, 2))
    centroids = starts = values[:5].copy()
    for _ in range(rounds):
        nearest = ((values[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
        centroids = np.array([values[nearest == i].mean(axis=0) for i in range(5)])
    found, sizes, total = kmeans_reference(values, starts, rounds)
    assert np.allclose(found, centroids)
    assert sizes.sum() == 400
    assert total == pytest.approx(inertia(values, centroids))


def test_inertia_over_several_chunks() -> None:
    values = np.random.default_rng(4).normal(size=(70_000, 1))
    assert inertia(values, np.zeros((1, 1))) == pytest.approx(float((values**2).sum()))
    assert inertia(values[:0], np.zeros((1, 1))) == 0


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sklearn.cluster", "sklearn.naive_bayes"):
        monkeypatch.setitem(sys.modules, module, None)
    values, labels = sample()
    with pytest.raises(ArgumentProblem, match=r"enigma\[demo\]"):
        kmeans_reference(values, values[:2], 1)
    with pytest.raises(ArgumentProblem, match=r"enigma\[demo\]"):
        naive_bayes_reference(values, labels, values)
