"""Naive Bayes under MPC classifies as scikit-learn's does, and counts every row once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.apex.recording import Recording

import enigma
from enigma.apex.naive_bayes import GaussianNaiveBayes
from enigma.apex.plaintext import naive_bayes_reference
from enigma.apex.reading import read_table
from enigma.apex.tables import Column, Table
from enigma.array import Committee
from enigma.errors import ArgumentProblem, RowProblem

APEX = Path(__file__).parents[2] / "examples" / "apex"
PLACE = (Column("latitude", Decimal(-90), Decimal(90)), Column("longitude", Decimal(-180), Decimal(180)))


@pytest.fixture
def committee() -> Iterator[Committee]:
    with enigma.plain() as plain:
        yield plain


def sample() -> tuple[list[Table], list[Table]]:
    training = [read_table(APEX / f"training{i}.json", with_class=True) for i in (1, 2)]
    return training, [read_table(APEX / f"telco{i}.json") for i in (1, 2)]


def countries(rows: int, classes: int, seed: int = 4) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Classes of very different sizes and widths, some of them neighbours."""
    random = np.random.default_rng(seed)
    weights = random.uniform(0.2, 1, classes) ** 3
    labels = random.choice(classes, rows, p=weights / weights.sum())
    labels[: 2 * classes] = np.repeat(np.arange(classes), 2)
    centres = random.uniform([35, -10], [65, 40], (classes, 2))
    widths = random.uniform(0.05, 4, (classes, 2))
    return centres[labels] + random.normal(size=(rows, 2)) * widths[labels], labels


def table(values: NDArray[np.float64], labels: NDArray[np.int64] | None = None, name: str = "one") -> Table:
    return Table(name, PLACE, values.copy(), None if labels is None else labels.copy())


def test_the_sample_of_apex(committee: Committee) -> None:
    training, tables = sample()
    model = GaussianNaiveBayes(smallest=1).fit(committee, training)
    market = model.count(model.predict(tables))
    assert market.classes == (0, 1)
    assert market.counts == (6, 4)
    assert market.notes == ()


def test_the_model_has_sample_variances(committee: Committee) -> None:
    training, _ = sample()
    model = GaussianNaiveBayes().fit(committee, training)
    means, precisions = committee.reveal(model.means, model.precisions)
    for i, owner in enumerate(training):
        expected = owner.values.mean(axis=0)
        assert np.allclose(model.frame.outside(means)[i], expected, atol=1e-4)
        deviation = owner.values.std(axis=0, ddof=1)
        assert np.allclose(model.frame.units / (precisions[i] * 2**0.5), deviation, rtol=1e-2)


@pytest.mark.parametrize("classes", [2, 3, 7, 16])
def test_agrees_with_scikit_learn(committee: Committee, classes: int) -> None:
    values, labels = countries(3000, classes)
    training = [table(values[:1000], labels[:1000]), table(values[1000:], labels[1000:], "two")]
    model = GaussianNaiveBayes(smallest=1).fit(committee, training)
    predictions = model.predict([table(values)])
    given = committee.reveal(predictions.marks)
    assert (given.sum(axis=0) == 1).all()
    expected = naive_bayes_reference(values, labels, values)
    assert (given.argmax(axis=0) == expected).mean() >= 0.998
    counts = model.count(predictions).counts
    assert sum(count or 0 for count in counts) == 3000


def test_classes_are_any_whole_numbers(committee: Committee) -> None:
    values, labels = countries(500, 3)
    names = np.array([5, 17, 900])
    model = GaussianNaiveBayes(smallest=1).fit(committee, [table(values, names[labels])])
    market = model.count(model.predict([table(values)]))
    assert market.classes == (5, 17, 900)
    assert sum(count or 0 for count in market.counts) == 500


def test_no_variance_at_all_meets_the_floor(committee: Committee) -> None:
    values = np.repeat(np.array([[10.0, 10.0], [10.0, 11.0], [-90.0, 180.0]]), 4, axis=0)
    labels = np.repeat(np.arange(3), 4)
    model = GaussianNaiveBayes(smallest=1).fit(committee, [table(values, labels)])
    given = committee.reveal(model.predict([table(values)]).marks)
    assert given.argmax(axis=0).tolist() == labels.tolist()
    assert np.isfinite(committee.reveal(model.offsets)).all()


def test_a_tie_goes_to_the_first_class(committee: Committee) -> None:
    values = np.array([[10.0, 1.0], [12.0, 3.0]] * 2)
    model = GaussianNaiveBayes(smallest=1).fit(committee, [table(values, np.array([0, 0, 1, 1]))])
    assert model.count(model.predict([table(values)])).counts == (4, 0)


def test_small_counts_are_withheld(committee: Committee) -> None:
    training, tables = sample()
    model = GaussianNaiveBayes(smallest=5).fit(committee, training)
    market = model.count(model.predict(tables))
    assert market.counts == (None, None)
    assert market.notes[0] == "1 of 2 classes is withheld: fewer than 5 rows"
    nothing = GaussianNaiveBayes().fit(committee, training)
    assert nothing.count(nothing.predict(tables)).notes == ("2 of 2 classes are withheld: fewer than 10 rows each",)


def test_only_counts_are_opened() -> None:
    training, tables = sample()
    with Recording() as committee:
        model = GaussianNaiveBayes(smallest=1).fit(committee, training)
        model.count(model.predict(tables))
        trained, predicted, counted = committee.programs
    assert trained.reveals == predicted.reveals == ()
    assert [node.shape for node in counted.reveals] == [(2,), (2,), (2,)]


def test_many_rows_are_classified_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    values, labels = countries(500, 3)
    with Recording() as committee:
        model = GaussianNaiveBayes(smallest=1).fit(committee, [table(values, labels)])
        whole = model.predict([table(values)])
        monkeypatch.setattr("enigma.apex.naive_bayes._AT_ONCE", 3 * 150)
        before = len(committee.programs)
        portions = model.predict([table(values)])
        assert len(committee.programs) == before + 4
        assert np.array_equal(committee.reveal(portions.marks), committee.reveal(whole.marks))
        assert model.count(portions).counts == model.count(whole).counts


def test_one_class_only(committee: Committee) -> None:
    training, _ = sample()
    with pytest.raises(ArgumentProblem, match="all training rows are of one class, 0"):
        GaussianNaiveBayes().fit(committee, training[:1])


def test_a_class_with_one_row_is_named_with_its_row(committee: Committee) -> None:
    values = np.array([[1.0, 1], [2, 2], [3, 3], [4, 4]])
    tables = [table(values, np.array([0, 0, 1, 1])), table(values, np.array([0, 7, 0, 1]), "two.csv")]
    with pytest.raises(RowProblem, match=r"two\.csv, row 2, column class: no other row is of class 7"):
        GaussianNaiveBayes().fit(committee, tables)
    # Another owner's row of the same class is enough.
    tables[0] = table(values, np.array([0, 0, 1, 7]))
    GaussianNaiveBayes().fit(committee, tables)


def test_refusals(committee: Committee) -> None:
    training, tables = sample()
    with pytest.raises(ArgumentProblem, match="no classes to learn from"):
        GaussianNaiveBayes().fit(committee, tables)
    with pytest.raises(ArgumentProblem, match="no training table"):
        GaussianNaiveBayes().fit(committee, [])
    with pytest.raises(ArgumentProblem, match="--smallest 0"):
        GaussianNaiveBayes(smallest=0).fit(committee, training)
    for floor in (0.0, -1.0, 1e-9, 2.0, float("nan")):
        with pytest.raises(ArgumentProblem, match="a floor of"):
            GaussianNaiveBayes(floor=floor).fit(committee, training)


@pytest.mark.parametrize("columns", [1, 3, 9])
def test_other_columns(committee: Committee, columns: int) -> None:
    names = tuple(Column(f"c{i}", Decimal(0), Decimal(5000)) for i in range(columns))
    random = np.random.default_rng(7)
    labels = random.integers(0, 2, 200)
    values = np.clip(1500 + 1500 * labels[:, None] + random.normal(0, 300, (200, columns)), 0, 5000)
    model = GaussianNaiveBayes(smallest=1).fit(committee, [Table("one", names, values, labels)])
    given = committee.reveal(model.predict([Table("one", names, values)]).marks)
    assert (given.argmax(axis=0) == naive_bayes_reference(values, labels, values)).mean() >= 0.99


@pytest.mark.processes
def test_seats_find_what_the_plain_committee_finds(committee: Committee) -> None:
    values, labels = countries(400, 5)
    given = []
    with enigma.local(seats=3) as seats:
        for each in (committee, seats):
            model = GaussianNaiveBayes().fit(each, [table(values, labels)])
            given.append(each.reveal(model.predict([table(values)]).marks).argmax(axis=0))
    assert (given[0] == given[1]).mean() >= 0.995
