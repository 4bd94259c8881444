"""K-means over several owners' tables, and what of it may be published.

The algorithm is `enigma.std.clustering`, in the language of private contracts: points, assignments, sizes and the
centroids of every round stay secret. Only the last centroids and sizes are opened, and of those only the ones of groups
that are large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.disclosure import SMALLEST, check_smallest, withheld_note
from enigma.apex.frame import SCALE, Frame, agreed_columns
from enigma.apex.tables import Column, Table
from enigma.array import Array, Committee
from enigma.contract.standard import standard
from enigma.errors import ArgumentProblem, ShapeError

Init = Literal["first", "spread"] | NDArray[np.float64]

MOST_ROUNDS = 1000
MOST_SPREAD = 16
"""Columns for which `enigma.std.clustering` has spread starts."""


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
        clustering, disclosure = standard("clustering"), standard("disclosure")
        centroids, averaged = clustering.lloyd(points, self._starts(frame, points), self.rounds, reaches)
        sizes = clustering.assigned(points, centroids, reaches)
        # The rows that a centroid is the mean of, and those that it serves, differ where the rounds were too few.
        large = disclosure.large_enough(averaged, self.smallest) & disclosure.large_enough(sizes, self.smallest)
        opened = disclosure.open_sizes(sizes, large, self.smallest)
        known = committee.reveal(
            disclosure.withhold(centroids, large), disclosure.withhold(sizes, opened), large, opened
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
        elif self.init == "spread" and len(columns) > MOST_SPREAD:
            raise ArgumentProblem(f"spread starts are defined for up to {MOST_SPREAD} columns, not {len(columns)}",
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
        starts: Array = standard("clustering").spread_starts(points, self.k, frame.reaches.tolist())
        return starts
