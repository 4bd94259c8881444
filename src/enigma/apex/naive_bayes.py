"""Gaussian naive Bayes over several owners' tables, and what of it may be published.

The algorithm is `enigma.std.classification`, in the language of private contracts: labels, class means, variances and
the class given to a row stay secret. Only the number of rows of each class is opened, and only where it is large
enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.disclosure import SMALLEST, check_smallest, withheld_note
from enigma.apex.frame import Frame, agreed_columns
from enigma.apex.tables import Table
from enigma.array import Array, Committee
from enigma.contract.standard import standard
from enigma.errors import ArgumentProblem, RowProblem

_AT_ONCE = 1 << 22  # scores in one program: about 500 MB at each seat


@dataclass(frozen=True, eq=False)
class Market:
    """The published result: `counts` has the number of rows given each of `classes`, None where it is withheld.

    Every row is counted in one class. `notes` say in words what was withheld, and why.
    """

    classes: tuple[int, ...]
    counts: tuple[int | None, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GaussianNaiveBayes:
    """A classifier trained on all owners' labelled rows together.

    Variances are sample variances (divided by n - 1), and never below the square of `floor`: the least standard
    deviation, as a fraction of half a column's range; by default the least that still fits, 2^-15.5 for two columns
    (450 m of latitude, worldwide). Classes of fewer than `smallest` counted rows are withheld; `row` is what the notes
    call rows.
    """

    floor: float | None = None
    smallest: int = SMALLEST
    group: str = "classes"
    row: str = "rows"

    def fit(self, committee: Committee, training: Sequence[Table]) -> Model:
        """Share the training tables and train; the model stays with the committee, in pieces.

        Raises `ArgumentProblem` for a table without labels, one class only, or a floor out of bounds; `RowProblem` for
        a class with a single row.
        """
        self.check(training)
        classes = _agreed_classes(training)
        frame = Frame.separate(agreed_columns(training))
        floor = self._floor(len(frame.columns))
        points = frame.share(committee, training)
        labels = xp.concat([
            committee.share(np.searchsorted(classes, _labels(table)), lo=0, hi=len(classes) - 1) for table in training
        ])  # fmt: skip
        trained = standard("classification").train(points, labels, len(classes), floor)
        means, precisions, offsets = committee.compute(*trained)
        return Model(self, committee, frame, classes, means, precisions, offsets)

    def check(self, training: Sequence[Table]) -> None:
        """Raise what `fit` would raise for these tables. Nothing is shared."""
        check_smallest(self.smallest)
        _agreed_classes(training)
        self._floor(len(agreed_columns(training)))

    def _floor(self, columns: int) -> float:
        """The floor asked for, or the least that still fits."""
        least = float(standard("classification").least_deviation(columns))
        if self.floor is None:
            return least
        if not least <= self.floor <= 1:
            raise ArgumentProblem(f"a floor of {self.floor} for {columns} columns is outside {least:.3g}..1",
                                  hint="it is the least standard deviation, in halves of a column's range")  # fmt: skip
        return self.floor


@dataclass(frozen=True, eq=False)
class Predictions:
    """Secret answers: `marks` are booleans (classes, rows), one true for each row; `counts` its sums, (classes,)."""

    marks: Array
    counts: Array


@dataclass(frozen=True, eq=False)
class Model:
    """A trained classifier: public are its frame and `classes`, secret `means` and `precisions` (classes, columns) and
    `offsets` (classes,).
    """

    trained_by: GaussianNaiveBayes
    committee: Committee
    frame: Frame
    classes: tuple[int, ...]
    means: Array
    precisions: Array
    offsets: Array

    def predict(self, tables: Sequence[Table]) -> Predictions:
        """Share the tables and classify their rows; the answers stay with the committee, in pieces.

        Many rows are classified in portions, one program after the other, so that memory is bounded. Raises
        `ArgumentProblem` where a table has other columns than the training tables.
        """
        classification = standard("classification")
        points = self.frame.share(self.committee, tables)
        portion = max(1, _AT_ONCE // len(self.classes))
        marks: list[Array] = []
        counts: list[Array] = []
        for first in range(0, points.shape[1], portion):
            some = points[:, first : first + portion]
            found = classification.most_likely(some, self.means, self.precisions, self.offsets)
            kept = self.committee.compute(found, classification.counted(found))
            marks.append(kept[0])
            counts.append(kept[1])
        return Predictions(xp.concat(marks, axis=1), xp.sum(xp.stack(counts), axis=0))

    def count(self, predictions: Predictions) -> Market:
        """Open the number of rows of each class, where it may be known."""
        smallest, counts = self.trained_by.smallest, predictions.counts
        shown, large, opened = standard("disclosure").suppress(counts, smallest)
        numbers, is_large, is_open = self.committee.reveal(shown, large, opened)
        notes = withheld_note(is_large, is_open, smallest, self.trained_by.group, self.trained_by.row)
        known = tuple(int(n) if shown else None for n, shown in zip(numbers, is_open, strict=True))
        return Market(self.classes, known, tuple(notes))


def _agreed_classes(training: Sequence[Table]) -> tuple[int, ...]:
    """The classes of all tables, ascending: the owners agree on them, as on the columns, before anything is shared."""
    labels = [_labels(table) for table in training]
    if not labels:
        raise ArgumentProblem("no training table is given", hint="--train FILE, once for each owner")
    classes, counts = np.unique(np.concatenate(labels), return_counts=True)
    if len(classes) < 2:
        raise ArgumentProblem(f"all training rows are of one class, {classes[0]}: there is nothing to tell apart",
                              hint="training needs rows of two classes or more")  # fmt: skip
    for alone in classes[counts < 2].tolist():
        table, row = next((table, int(np.flatnonzero(_labels(table) == alone)[0]))
                          for table in training if (_labels(table) == alone).any())  # fmt: skip
        raise RowProblem(table.source, row + 1, "class", f"no other row is of class {alone}: one row has no variance",
                         hint="give at least two rows of each class, or leave this one out", counted="row")  # fmt: skip
    return tuple(classes.tolist())


def _labels(table: Table) -> NDArray[np.int64]:
    if table.labels is None:
        raise ArgumentProblem(f"{table.source} has no classes to learn from", hint="training tables need labels")
    return table.labels
