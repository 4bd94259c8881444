"""Columns as the seats see them: centred on their agreed ranges, in agreed units, with as few bits as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from enigma import array as xp
from enigma.apex.tables import Column, Table
from enigma.array import Array, Committee
from enigma.contract.standard import standard
from enigma.errors import ArgumentProblem

SCALE = 24
"""Fractional bits of a coordinate whose unit is about half its range: 1.7 m over the whole world, 0.4 m over Europe."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Where each column's 0 lies and what its 1 is: public, since it follows from the agreed ranges alone.

    `middles` and `units` are in the columns' own units, `reaches` are half ranges in `units`, at most 1; all of shape
    (columns,).
    """

    columns: tuple[Column, ...]
    middles: NDArray[np.float64]
    units: NDArray[np.float64]
    reaches: NDArray[np.float64]

    @classmethod
    def common(cls, columns: Sequence[Column]) -> Frame:
        """One unit for all columns, a power of two, so that distances keep their meaning; none from 0 exceeds 1."""
        half = np.array([float((column.hi - column.lo) / 2) for column in columns])
        unit = float(standard("scaling").common_unit(half.tolist()))
        return cls(tuple(columns), _middles(columns), np.full(len(half), unit), half / unit)

    @classmethod
    def separate(cls, columns: Sequence[Column]) -> Frame:
        """Half of its range is the unit of each column."""
        half = np.array([float((column.hi - column.lo) / 2) for column in columns])
        return cls(tuple(columns), _middles(columns), half, np.ones(len(half)))

    def inside(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (rows, columns) in the columns' own units as coordinates of this frame, (columns, rows)."""
        centred = ((values - self.middles) / self.units).T
        # A value on its range's edge may be rounded past it.
        return np.ascontiguousarray(np.clip(centred, -self.reaches[:, None], self.reaches[:, None]))

    def outside(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordinates (points, columns) of this frame in the columns' own units."""
        return np.asarray(coordinates * self.units + self.middles, dtype=np.float64)

    def share(self, committee: Committee, tables: Sequence[Table]) -> Array:
        """All owners' rows as one secret array (columns, rows), each column shared within its own range.

        Raises `ArgumentProblem` where a table has other columns than the frame.
        """
        for table in tables:
            if table.columns != self.columns:
                raise ArgumentProblem(f"{table.source} has other columns or ranges than were agreed on",
                                      hint="read every file with the same columns and ranges")  # fmt: skip
        owners = [self.inside(table.values) for table in tables]
        columns = [
            xp.concat([committee.share(rows[i], lo=-reach, hi=reach, scale=SCALE) for rows in owners])
            for i, reach in enumerate(self.reaches.tolist())
        ]
        return xp.stack(columns)


def _middles(columns: Sequence[Column]) -> NDArray[np.float64]:
    return np.array([float((column.lo + column.hi) / Decimal(2)) for column in columns])


def agreed_columns(tables: Sequence[Table]) -> tuple[Column, ...]:
    """The columns of all tables. Raises `ArgumentProblem` where there is no table."""
    if not tables:
        raise ArgumentProblem("no table is given", hint="give at least one owner's table")
    return tables[0].columns
