"""From the cells of a file to checked numbers: the part of reading that every file format shares."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from enigma.errors import RowProblem

CLASS_LIMIT = 1000  # classes are one-hot under MPC: the cost grows with the largest one, whether it occurs or not
QUOTED_AT_MOST = 40  # characters of a bad cell that an error shows to the file's owner

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Numbers:
    """One column as it stood in the file; all arrays have shape (rows,).

    `values` float64, with anything where a mask is set; `empty` marks cells without content, `strange` cells that hold
    something other than a number.
    """

    values: NDArray[np.float64]
    empty: Mask
    strange: Mask


class Cells(Protocol):
    """What a file format offers: named columns of cells, and where each of them stands."""

    @property
    def file(self) -> str:
        """The file's name as it was given."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in the order of the file, as its owner wrote them."""

    @property
    def counted(self) -> Literal["line", "row"]:
        """Whether `line` counts lines of text or rows."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    def numbers(self, column: int) -> Numbers:
        """The column with this index, as numbers."""

    def shown(self, row: int, column: int) -> str:
        """One cell as its owner wrote it, text in quotes, for an error shown to that owner only."""

    def line(self, row: int, column: int, /) -> int:
        """Where the cell stands, counted from 1."""


@dataclass(frozen=True, eq=False)
class _Fault:
    """One kind of mistake in one column: the rows that have it, and what to say, where CELL stands for the cell."""

    column: int
    rows: Mask
    complaint: str
    hint: str


def _hint_of_strange(cell: str) -> str:
    if cell.count(",") == 1 and cell.replace(",", "").strip("\"'+- ").isdigit():
        return "write decimals with a point: 51.5, not 51,5"
    return "every cell of this column must hold one number, such as 51.507221"


def _faults_of_any_number(column: int, numbers: Numbers) -> list[_Fault]:
    usable = ~(numbers.empty | numbers.strange)
    fill_in = "fill the cell in, or remove the row"
    return [
        _Fault(column, numbers.empty, "the cell is empty", fill_in),
        _Fault(column, numbers.strange, "CELL is not a number", ""),
        _Fault(column, usable & np.isnan(numbers.values), "CELL is not a number (NaN)", fill_in),
        _Fault(column, usable & np.isinf(numbers.values), "CELL is infinite, or too large", "give a finite number"),
    ]


def _raise_first(cells: Cells, faults: list[_Fault]) -> None:
    """Raise for the first bad row in the order of the file, saying how many more there are."""
    bad = np.logical_or.reduce([fault.rows for fault in faults])
    if not bad.any():
        return
    row = int(bad.argmax())
    fault = next(fault for fault in faults if fault.rows[row])
    cell = cells.shown(row, fault.column)
    quoted = cell if len(cell) <= QUOTED_AT_MOST else cell[:QUOTED_AT_MOST] + "…"
    others = int(bad.sum()) - 1
    more = f" (and {others} more row{'s are' if others > 1 else ' is'} bad)" if others else ""
    name = cells.names[fault.column]
    raise RowProblem(cells.file, cells.line(row, fault.column), name, fault.complaint.replace("CELL", quoted) + more,
                     hint=fault.hint or _hint_of_strange(cell), counted=cells.counted)  # fmt: skip


def checked(
    cells: Cells, wanted: list[tuple[int, Decimal, Decimal]], label: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """The wanted columns as float64 (rows, columns), and the class column as int64 (rows,) if `label` is its index.

    `wanted` lists (column index, lowest, highest). Raises `RowProblem` for the first row with an empty cell, a cell
    that is no finite number, a value outside its range, or a class that is not a whole number from 0 to 999.
    """
    faults: list[_Fault] = []
    columns: list[NDArray[np.float64]] = []
    for index, lo, hi in wanted:
        numbers = cells.numbers(index)
        faults += _faults_of_any_number(index, numbers)
        outside = ~((numbers.values >= float(lo)) & (numbers.values <= float(hi)))
        complaint = f"CELL is outside the agreed range {lo}..{hi}"
        faults.append(_Fault(index, outside, complaint, "correct the value, or remove the row"))
        columns.append(numbers.values)
    classes = None
    if label is not None:
        numbers = cells.numbers(label)
        faults += _faults_of_any_number(label, numbers)
        classes = numbers.values
        faults += _faults_of_class(label, classes)
    _raise_first(cells, faults)
    values = np.ascontiguousarray(np.column_stack(columns))
    return values, None if classes is None else classes.astype(np.int64)


def _faults_of_class(column: int, classes: NDArray[np.float64]) -> list[_Fault]:
    hint = f"classes are whole numbers from 0 to {CLASS_LIMIT - 1}"
    return [
        _Fault(column, classes < 0, "the class CELL is negative", hint),
        _Fault(column, classes != np.floor(classes), "the class CELL is not a whole number", hint),
        _Fault(column, classes >= CLASS_LIMIT, "the class CELL is too large", hint),
    ]
