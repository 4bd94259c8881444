"""What one owner brings to an analysis: a table of numbers whose columns have publicly agreed ranges."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from enigma.errors import ShapeError


@dataclass(frozen=True)
class Column:
    """One column: its name and the closed range `lo..hi`, in the column's own units, that all owners agreed on.

    The range is public; it is what the engine proves its overflow bounds from.
    """

    name: str
    lo: Decimal
    hi: Decimal


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """One owner's rows, in the clear, on that owner's machine.

    `source` is the file or the owner's name; `columns` name and bound the columns; `values` is float64 of shape
    (rows, columns), each value inside its column's range; `labels` is int64 of shape (rows,), or None where the rows
    carry no class; `ignored` names the columns of the source that were left out. The arrays are made read-only.
    Raises `ShapeError` where the arrays and the columns do not fit.
    """

    source: str
    columns: tuple[Column, ...]
    values: NDArray[np.float64]
    labels: NDArray[np.int64] | None = None
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise ShapeError(f"{self.source}: {len(self.columns)} columns, but values of shape {self.values.shape}")
        if self.labels is not None and self.labels.shape != (self.rows,):
            raise ShapeError(f"{self.source}: {self.rows} rows, but labels of shape {self.labels.shape}")
        self.values.setflags(write=False)
        if self.labels is not None:
            self.labels.setflags(write=False)

    @property
    def rows(self) -> int:
        """The number of rows: public in every job."""
        return int(self.values.shape[0])

    def __repr__(self) -> str:
        # Shapes only: a table that finds its way into a log must not print a customer.
        labels = "" if self.labels is None else ", with labels"
        names = ", ".join(column.name for column in self.columns)
        return f"Table({self.source!r}, {self.rows} rows of ({names}){labels})"
