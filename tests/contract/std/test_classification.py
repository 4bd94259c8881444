"""Naive Bayes of the standard library agrees with scikit-learn's, and costs what is written here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

import enigma
from enigma.array import Array, Committee
from enigma.contract.standard import standard
from enigma.errors import CallRefused
from enigma.program.cost import cost
from enigma.program.program import trace
from enigma.protocol.replicated3.family import Replicated3

classification = standard("classification")


@pytest.fixture
def committee() -> Iterator[Committee]:
    with enigma.plain() as plain:
        yield plain


def rows_of(count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(8)
    labels = random.integers(0, 4, count)
    centres, widths = random.uniform([10, -900], [60, 900], (4, 2)), random.uniform([1, 20], [8, 200], (4, 2))
    values = centres[labels] + random.normal(size=(count, 2)) * widths[labels]
    return np.clip(values, [0, -1000], [80, 1000]), labels


def shared(committee: Committee, values: NDArray[np.float64]) -> list[Array]:
    return [committee.share(values[:, 0], lo=0, hi=80), committee.share(values[:, 1], lo=-1000, hi=1000)]


def test_as_scikit_learn_classifies(committee: Committee) -> None:
    from sklearn.naive_bayes import GaussianNB

    values, labels = rows_of(600)
    training, others = values[:400], values[400:]
    model = classification.naive_bayes(shared(committee, training), committee.share(labels[:400], lo=0, hi=3), 4)
    marks, counts = committee.reveal(*classification.classify(model, shared(committee, others)))
    expected = GaussianNB(var_smoothing=0).fit(training, labels[:400]).predict(others)
    # Variances are divided by n - 1 here, by n there.
    assert (marks.argmax(axis=0) == expected).mean() >= 0.99
    assert (marks.sum(axis=0) == 1).all()
    assert counts.tolist() == marks.sum(axis=1).tolist()


def test_the_model_is_what_numpy_computes(committee: Committee) -> None:
    values, labels = rows_of(400)
    columns = shared(committee, values)
    model = classification.naive_bayes(columns, committee.share(labels, lo=0, hi=3), 4)
    means, precisions, offsets = committee.reveal(*model[:3])
    middles, units = (np.array(each, dtype=np.float64) for each in model[3:])
    scaled = (values - middles) / units
    assert middles.tolist() == [40, 0]
    assert units.tolist() == [40, 1000]
    groups = [scaled[labels == i] for i in range(4)]
    variances = np.array([each.var(axis=0, ddof=1) for each in groups])
    assert np.allclose(means, [each.mean(axis=0) for each in groups], atol=1e-5)
    assert np.allclose(precisions, 1 / np.sqrt(2 * variances), rtol=1e-4)
    logarithms = np.log(2 * variances).sum(axis=1) / 2 - np.log([len(each) for each in groups])
    assert np.allclose(offsets, logarithms, atol=1e-3)


def test_what_it_costs(committee: Committee) -> None:
    points = committee.share(np.zeros((2, 10_000)), lo=-1, hi=1, scale=24)
    labels = committee.share(np.zeros(10_000, dtype=int), lo=0, hi=3)
    trained = classification.train(points, labels, 4, classification.least_deviation(2))
    found = cost(trace([], [x.node for x in trained]), Replicated3())
    assert found.rounds == 93
    assert found.seat_bytes[0] == pytest.approx(775_872, rel=1e-3)
    marks = classification.most_likely(points, *committee.compute(*trained))
    found = cost(trace([], [marks.node]), Replicated3())
    assert found.rounds == 16
    assert found.seat_bytes[0] == pytest.approx(2_555_780, rel=1e-3)


def test_the_least_deviation_for_two_columns() -> None:
    assert float(classification.least_deviation(2)) == pytest.approx(2**-14.5 / 2)
    assert [classification.bits_of(n) for n in (0, 1, 2, 255, 256)] == [0, 1, 2, 8, 9]


def test_what_it_requires(committee: Committee) -> None:
    columns, labels = shared(committee, rows_of(20)[0]), committee.share(np.zeros(20, dtype=int), lo=0, hi=3)
    for arguments, words in [
        ((columns, labels, 1), "at least two classes"),
        ((columns, labels, 3), "a category"),
        ((columns, labels, 4, 2), "narrowest lies between"),
        ((columns, labels, 4, 1e-9), "narrowest lies between"),
    ]:
        with pytest.raises(CallRefused, match=words):
            classification.naive_bayes(*arguments)
    model = classification.naive_bayes(columns, labels, 4)
    with pytest.raises(CallRefused, match="other columns"):
        classification.classify(model, columns[:1])
