"""What a table is read from: named columns in batches, and where each row stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1 << 16
"""Of one batch: what is taken into memory at once, besides the columns that are kept."""

Counted: TypeAlias = Literal["line", "row"]


@dataclass(frozen=True, eq=False)
class TableSource:
    """A table that is to be read for a private parameter: what `enigma.table` gives.

    `source`: a path, a frame, or a query for `connection`. `columns`: the source's own name of a column, by the
    contract's. `skip_bad`: leave out rows that do not fit, and say how many.
    """

    source: Any = field(repr=False)
    skip_bad: bool = False
    connection: Any = field(default=None, repr=False)
    parameters: Any = field(default=None, repr=False)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Uneven:
    """A line of text that has another number of fields than the header."""

    line: int
    fields: int
    expected: int


class Batches(Protocol):
    """A source that is open: rows count from 0, over all batches, without the uneven ones."""

    @property
    def name(self) -> str:
        """What it is called in messages: the file as it was given."""

    @property
    def names(self) -> Sequence[str]:
        """The columns' names, as their owner wrote them."""

    @property
    def counted(self) -> Counted:
        """Whether places are lines of text, or rows."""

    def read(self, columns: Sequence[int]) -> Iterator[Sequence[pa.Array]]:
        """The columns with these numbers, batch by batch. Raises `FileProblem` for what cannot be read."""

    def places(self, rows: Sequence[int]) -> list[int]:
        """The lines (or rows) of these rows, which ascend; from 1. Only after `read` is through."""

    def uneven(self) -> tuple[int, list[Uneven]]:
        """How many lines were left out since they do not have the header's fields, and the first of them."""

    def close(self) -> None:
        """Let go of the file. Twice is fine."""
