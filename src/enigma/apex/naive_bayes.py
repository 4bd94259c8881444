"""Gaussian naive Bayes over several owners' rows (Chan, Golub, LeVeque 1979 for the two-pass variance), under MPC.

Labels, class means, variances and the class given to a row stay secret; only the number of rows of each class is
opened, and only where it is large enough. Row x is given the class c with the smallest

    sum over columns of ((x - mean) g)^2  -  log(rows of c)  +  1/2 sum over columns of log(2 variance),

where g = 1 / sqrt(2 variance), which orders classes as the joint log-likelihood does. The difference is squared as it
is, not as a polynomial in x: for a narrow class, the polynomial's terms are huge and cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.disclosure import SMALLEST, check_smallest, large_enough, open_sizes, withheld_note
from enigma.apex.frame import SCALE, Frame, agreed_columns, proven
from enigma.apex.tables import Table
from enigma.apex.tournament import first_smallest
from enigma.array import Array, Committee
from enigma.errors import ArgumentProblem, RangeError, RowProblem

DEVIATION_SCALE = 14
"""Fractional bits of a distance in standard deviations: near a border, a score is right to about 1e-3."""
_PRECISION_SCALE = 20  # of 1 / (standard deviation)
_SCORE_BITS = 61  # of a score: a difference of two has one more, and a sign
_ROUNDING = 2.0**-20  # far above what a mean errs by
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
        means, precisions, offsets = committee.compute(*train(points, labels, len(classes), floor))
        return Model(self, committee, frame, classes, means, precisions, offsets)

    def check(self, training: Sequence[Table]) -> None:
        """Raise what `fit` would raise for these tables. Nothing is shared."""
        check_smallest(self.smallest)
        _agreed_classes(training)
        self._floor(len(agreed_columns(training)))

    def _floor(self, columns: int) -> float:
        """The floor asked for, or the least with which the scores of so many columns stay within `_SCORE_BITS`."""
        octaves = (_SCORE_BITS - 2 * DEVIATION_SCALE - ceil(log2(columns)) - 2) // 2
        least = float(2.0 ** -(octaves + 0.5))
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
        points = self.frame.share(self.committee, tables)
        portion = max(1, _AT_ONCE // len(self.classes))
        marks: list[Array] = []
        counts: list[Array] = []
        for first in range(0, points.shape[1], portion):
            found = classify(points[:, first : first + portion], self.means, self.precisions, self.offsets)
            total = proven(xp.sum(xp.astype(found, xp.int64), axis=1), 0, found.shape[1])
            kept = self.committee.compute(found, total)
            marks.append(kept[0])
            counts.append(kept[1])
        return Predictions(xp.concat(marks, axis=1), xp.sum(xp.stack(counts), axis=0))

    def count(self, predictions: Predictions) -> Market:
        """Open the number of rows of each class, where it may be known."""
        smallest, (groups, rows) = self.trained_by.smallest, predictions.marks.shape
        counts = predictions.counts
        # A class that nobody has gives nobody away where every class may be known.
        large = xp.ones((groups,), dtype=xp.bool) if smallest == 1 else large_enough(counts, smallest)
        opened = open_sizes(counts, large, smallest, rows)
        numbers, is_large, is_open = self.committee.reveal(xp.multiply(opened, counts), large, opened)
        notes = withheld_note(is_large, is_open, smallest, self.trained_by.group, self.trained_by.row)
        shown = tuple(int(n) if known else None for n, known in zip(numbers, is_open, strict=True))
        return Market(self.classes, shown, tuple(notes))


def train(points: Array, labels: Array, classes: int, floor: float) -> tuple[Array, Array, Array]:
    """Means and precisions (classes, columns), offsets (classes,) from points (columns, rows) and labels (rows,).

    All of them secret; points lie in -1..1, labels in 0..classes - 1, each with two rows or more. A precision is
    1 / sqrt(2 variance), with variances not below floor^2. For each row: an equality
    and a conversion for each class, and two products a column.
    """
    rows = points.shape[1]
    one_hot = xp.astype(xp.equal(xp.reshape(labels, (1, rows)), np.arange(classes).reshape(-1, 1)), xp.int64)
    counts = proven(xp.sum(one_hot, axis=1), 0, rows)
    sums = xp.matmul(one_hot, xp.permute_dims(points, (1, 0)), scale=SCALE)
    divisors = xp.reshape(xp.clip(counts, 1, rows), (classes, 1))
    # Means of points lie between them, but for their rounding.
    means = proven(xp.divide(sums, divisors, scale=SCALE), -1 - _ROUNDING, 1 + _ROUNDING)
    # Each row has one class, so that the product picks one mean.
    own_means = proven(xp.matmul(xp.permute_dims(means, (1, 0)), one_hot, scale=SCALE), -1 - _ROUNDING, 1 + _ROUNDING)
    gaps = points - own_means
    # The sum of all squares, each up to 4, stays below 2^60.
    fine = min(40, 57 - rows.bit_length())
    squares = xp.multiply(gaps, gaps, scale=fine)
    scatter = xp.matmul(one_hot, xp.permute_dims(squares, (1, 0)), scale=fine)
    freedom = xp.reshape(xp.clip(counts - 1, 1, rows), (classes, 1))
    # Twice what n - 1 squares of at most 2 + rounding give.
    variances = xp.clip(xp.divide(scatter, freedom, scale=fine), floor**2, 8.0)
    doubled = variances + variances
    precisions = xp.clip(xp.divide(1, xp.sqrt(doubled), scale=_PRECISION_SCALE), 0, 1 / (floor * 2**0.5))
    logarithms = xp.sum(xp.log(doubled), axis=1)
    offsets = logarithms / 2 - xp.log(xp.clip(counts, 1, rows))
    return means, precisions, offsets


def classify(points: Array, means: Array, precisions: Array, offsets: Array) -> Array:
    """The class of each of the points (columns, rows): booleans (classes, rows), first of equals.

    For each row and class: one truncated and one whole product a column, then a comparison, a choice and a conjunction.
    """
    classes, columns = means.shape
    by_column = xp.reshape(xp.permute_dims(precisions, (1, 0)), (columns, classes, 1))
    rows = xp.reshape(points, (columns, 1, points.shape[1]))
    shifts = xp.multiply(means, precisions, scale=DEVIATION_SCALE)
    shifts = xp.reshape(xp.permute_dims(shifts, (1, 0)), (columns, classes, 1))
    deviations = xp.matmul(by_column, rows, scale=DEVIATION_SCALE) - shifts
    full = 2 * DEVIATION_SCALE
    squares = xp.sum(xp.multiply(deviations, deviations, scale=full), axis=0)
    scores = squares + xp.reshape(xp.astype(offsets, xp.fixed(full)), (classes, 1))
    lo, hi = scores.range
    if hi - lo >= 2.0 ** (62 - full):
        raise RangeError(f"scores up to {hi:.3g} at {full} fractional bits leave the headroom")
    return first_smallest(scores, hi - lo)


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
