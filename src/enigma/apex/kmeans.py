"""K-means over several owners' rows: Lloyd's algorithm (Lloyd 1982, "Least squares quantization in PCM") under MPC.

Points, assignments, sizes and the centroids of every round stay secret; a fixed number of rounds is one loop of one
program. Only the last centroids and sizes are opened, and of those only the ones of groups that are large enough.

Of the squared distance |x - c|^2 only |c|^2 - 2 c.x depends on the centroid: one matrix product for all points and
centroids, compared at full precision without a truncation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.disclosure import SMALLEST, check_smallest, large_enough, open_sizes, withheld_note
from enigma.apex.frame import SCALE, Frame, agreed_columns, proven
from enigma.apex.tables import Column, Table
from enigma.apex.tournament import first_smallest_of_pairs, indicators
from enigma.array import Array, Committee
from enigma.array.averages import average
from enigma.array.literals import bound_raw
from enigma.array.operands import wrap
from enigma.errors import ArgumentProblem, ShapeError

Init = Literal["first", "spread"] | NDArray[np.float64]

MOST_ROUNDS = 1000
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)


@dataclass(frozen=True, eq=False)
class Clusters:
    """The published result: what everyone may know.

    `centroids` is (k, columns) in the columns' own units, NaN where a cluster is withheld; `sizes` has the number of
    rows nearest to each centroid, None where it is withheld; `notes` say in words what was withheld, and why.
    """

    columns: tuple[Column, ...]
    centroids: NDArray[np.float64]
    sizes: tuple[int | None, ...]
    notes: tuple[str, ...] = ()

    @property
    def published(self) -> NDArray[np.bool_]:
        """Which clusters are published, (k,)."""
        return np.asarray(~np.isnan(self.centroids).any(axis=1))


@dataclass(frozen=True, eq=False)
class KMeans:
    """k clusters in `rounds` rounds of Lloyd's algorithm, over all owners' rows together.

    `init`: "first" starts from the first k rows in order of tables and rows; "spread" from a low-discrepancy sequence
    (Halton) over the box of the secret mean and sqrt(3) standard deviations to either side; an array (k, columns) from
    public points. Rows at equal distances go to the first centroid; a cluster without rows keeps its centroid. Withheld
    is a cluster whose centroid is the mean of fewer than `smallest` rows, or is nearest to fewer; `group` and `row` are
    what the notes call clusters and rows.
    """

    k: int
    rounds: int = 10
    init: Init = "spread"
    smallest: int = SMALLEST
    group: str = "clusters"
    row: str = "rows"

    def fit(self, committee: Committee, tables: Sequence[Table]) -> Clusters:
        """Share the tables, cluster them, and open what may be known. Raises `ArgumentProblem`."""
        self.check(tables)
        columns = agreed_columns(tables)
        frame = Frame.common(columns)
        points = frame.share(committee, tables)
        reaches = frame.reaches.tolist()
        centroids, averaged = lloyd(points, self._starts(frame, points), self.rounds, reaches=reaches)
        sizes = assigned(points, centroids, reaches=reaches)
        # The rows that a centroid is the mean of, and those that it serves, differ where the rounds were too few.
        large = large_enough(averaged, self.smallest) & large_enough(sizes, self.smallest)
        opened = open_sizes(sizes, large, self.smallest, points.shape[1])
        # What is withheld is 0 before it is opened.
        known = committee.reveal(
            xp.multiply(xp.reshape(large, (self.k, 1)), centroids), xp.multiply(opened, sizes), large, opened
        )
        places, counts, is_large, is_open = known
        values = np.where(is_large[:, None], frame.outside(places), np.nan)
        numbers = tuple(int(n) if shown else None for n, shown in zip(counts, is_open, strict=True))
        notes = withheld_note(is_large, is_open, self.smallest, self.group, self.row)
        return Clusters(columns, values, numbers, tuple(notes))

    def check(self, tables: Sequence[Table]) -> None:
        """Raise `ArgumentProblem` where these clusters of these tables are refused. Nothing is shared."""
        check_smallest(self.smallest)
        columns = agreed_columns(tables)
        rows = sum(table.rows for table in tables)
        if rows < 4:
            raise ArgumentProblem(f"{rows} row{'' if rows == 1 else 's'} in all: there is nothing to cluster",
                                  hint="clusters need at least 4 rows, two in each of two")  # fmt: skip
        if not 2 <= self.k <= rows // 2:
            reason = (
                "one cluster is the mean of all rows"
                if self.k < 2
                else "so many centroids would be the customers themselves"
            )
            raise ArgumentProblem(f"k = {self.k} is outside 2..{rows // 2} for {rows} rows: {reason}",
                                  hint=f"ask for 2 to {rows // 2} clusters")  # fmt: skip
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise ArgumentProblem(f"{self.rounds} rounds are outside 1..{MOST_ROUNDS}", hint="10 rounds are usual")
        if isinstance(self.init, np.ndarray):
            self._check_starts(self.init, columns)
        elif self.init not in ("first", "spread"):
            raise ArgumentProblem(f"there is no start {self.init!r}", hint="first, spread, or an array of points")
        elif self.init == "spread" and len(columns) > len(_PRIMES):
            raise ArgumentProblem(f"spread starts are defined for up to {len(_PRIMES)} columns, not {len(columns)}",
                                  hint="start from the first rows: --init first")  # fmt: skip

    def _check_starts(self, starts: NDArray[np.float64], columns: Sequence[Column]) -> None:
        if starts.shape != (self.k, len(columns)):
            raise ShapeError(f"starts of shape {starts.shape} for {self.k} clusters of {len(columns)} columns")
        lowest, highest = (np.array([float(bound) for bound in bounds])
                           for bounds in zip(*((c.lo, c.hi) for c in columns), strict=True))  # fmt: skip
        # Written so that NaN is refused too.
        if not ((starts >= lowest) & (starts <= highest)).all():
            raise ArgumentProblem("a start lies outside the agreed ranges", hint="starts are in the columns' own units")

    def _starts(self, frame: Frame, points: Array) -> Array:
        if isinstance(self.init, np.ndarray):
            return xp.asarray(frame.inside(self.init).T, dtype=xp.fixed(SCALE))
        if self.init == "first":
            return xp.permute_dims(points[:, : self.k], (1, 0))
        centre = xp.mean(points, axis=1)
        deviation = xp.std(points, axis=1)
        # A uniform distribution over -sqrt(3)..sqrt(3) has a standard deviation of 1.
        offsets = 3**0.5 * (2 * halton(self.k, points.shape[0]) - 1)
        starts = centre + xp.multiply(deviation, offsets, scale=SCALE)
        edges = [(-reach, reach) for reach in frame.reaches.tolist()]
        return xp.stack([xp.clip(starts[:, i], lo, hi) for i, (lo, hi) in enumerate(edges)], axis=1)


def lloyd(points: Array, starts: Array, rounds: int, *, reaches: Sequence[float] | None = None) -> tuple[Array, Array]:
    """The centroids (k, columns) and sizes (k,) after `rounds` rounds over secret `points` of shape (columns, rows).

    `starts` (k, columns), secret or public, has the points' scale. `reaches` bound the absolute values of points and
    starts in each column, by default all by the points' range. Sizes count the rows of the last assignment, of which
    the centroids are the means. A round costs, for each row: k - 1 products, the comparisons, choices and conjunctions
    of `tournament.first_smallest`, and k - 1 conversions; and for each centroid and column an `average`.
    """
    columns, rows = points.shape
    count = starts.shape[0]
    reach = _reach(points, reaches)
    by_rows = xp.permute_dims(points, (1, 0))
    total = xp.reshape(xp.sum(points, axis=1), (1, columns))

    def one_round(centroids: Array, _sizes: Array) -> tuple[Array, Array]:
        ones = _nearest(points, centroids, reaches)
        counts = _with_rest(xp.sum(ones, axis=1, keepdims=True), rows, 0, rows)
        sums = _with_rest(xp.matmul(ones, by_rows, scale=points.scale), total, -rows * reach, rows * reach)
        # A cluster without rows keeps its centroid. A mean of points lies between them, but for its rounding.
        means = average(sums.node, counts.node, bound_raw(reach, points.scale), centroids.node)
        return proven(wrap(means, centroids), -reach, reach), xp.reshape(counts, (count,))

    first = xp.with_range(starts, -reach, reach)
    none = xp.with_range(xp.zeros((count,), dtype=xp.int64), 0, rows)
    centroids, sizes = xp.loop(rounds, one_round, first, none)
    return centroids, sizes


def assigned(points: Array, centroids: Array, *, reaches: Sequence[float] | None = None) -> Array:
    """How many of the points (columns, rows) are nearest to each of the centroids (k, columns): secret, (k,)."""
    rows = points.shape[1]
    return _with_rest(xp.sum(_nearest(points, centroids, reaches), axis=1), rows, 0, rows)


def _nearest(points: Array, centroids: Array, reaches: Sequence[float] | None) -> Array:
    """For all but the last centroid, 1 at the points nearest to it and else 0: (k - 1, rows); the first of equals."""
    slack = _slack(points)
    bounds = [bound + slack for bound in reaches] if reaches else [_reach(points, None)] * points.shape[0]
    # Squared distances in the box, which centroids may leave by their slack, are at most that of its diagonal.
    spread = sum((2 * bound) ** 2 for bound in bounds)
    # |c|^2 is added, exactly, to the matrix product that is made in the same round.
    squares = xp.sum(xp.multiply(centroids, centroids, scale=2 * points.scale), axis=1, keepdims=True)
    squares = proven(squares, 0, sum(bound**2 for bound in bounds))
    # The first round of the tournament needs differences of pairs, which are as cheap here as the numbers themselves.
    left, right = _pairs(centroids)
    difference = right - left[: right.shape[0]]
    # Only differences matter, so the first distance is taken from all: it is 0 then, and needs no product.
    rows = xp.concat([difference, left[1:] - left[:1]])
    left_square, right_square = _pairs(squares)
    more = xp.concat([right_square - left_square[: right.shape[0]], left_square[1:] - left_square[:1]])
    distances = proven(xp.matmul(-2 * rows, points, scale=2 * points.scale) + more, -spread, spread)
    pairs = difference.shape[0]
    first = xp.zeros((1, points.shape[1]), dtype=xp.fixed(2 * points.scale))
    relative = xp.concat([first, distances[pairs:]])
    return indicators(first_smallest_of_pairs(relative, distances[:pairs], spread))


def _pairs(x: Array) -> tuple[Array, Array]:
    """Rows 0, 2, 4, ... and rows 1, 3, 5, ..."""
    return x[0::2], x[1::2]


def _slack(points: Array) -> float:
    """Far above what a mean of points errs by: 4 units of the last place, and 2^-26 of itself."""
    return float(2.0 ** (4 - points.scale) + 2.0**-20 * max(abs(bound) for bound in points.range))


def _reach(points: Array, reaches: Sequence[float] | None) -> float:
    """A bound of every coordinate of points and centroids."""
    return max(*(abs(bound) for bound in points.range), *(reaches or ())) + _slack(points)


def _with_rest(parts: Array, whole: Array | int, lo: float, hi: float) -> Array:
    """All but the last of the sums over disjoint groups, and the last: what they leave over of the whole."""
    rest = whole - xp.sum(parts, axis=0, keepdims=True)
    return proven(xp.concat([parts, rest]), lo, hi)


def halton(count: int, columns: int) -> NDArray[np.float64]:
    """The first points of Halton's sequence in the unit cube, (count, columns): radical inverses in prime bases.

    (Halton 1960, "On the efficiency of certain quasi-random sequences of points".) The origin is left out.
    """
    points = np.empty((count, columns))
    for column, base in enumerate(_PRIMES[:columns]):
        for i in range(count):
            left, value, weight = i + 1, Fraction(0), Fraction(1, base)
            while left:
                left, digit = divmod(left, base)
                value, weight = value + digit * weight, weight / base
            points[i, column] = float(value)
    return points
