"""What is wrong with the rows of a table: all of it counted, the first of it kept, for its owner's eyes."""

from __future__ import annotations

from dataclasses import dataclass, field

from enigma.client.tables.source import Counted

KEPT = 1000
"""Bad cells that a report names; it counts all bad rows."""
SHOWN = 20
"""Of these, what a message prints."""
QUOTED = 40
"""Characters of a value that are quoted."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """One reason to refuse a row. `at` counts from 1; `column` is "" for a whole line. `value` does not print."""

    at: int
    column: str
    why: str
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TableReport:
    """How the reading of one table went. `bad` rows of `rows` do not fit; `cells` says why, of the first of them.

    `ignored` are the columns of the source that nobody asked for. `skipped`: the bad rows were left out, as asked.
    """

    name: str
    counted: Counted
    rows: int
    bad: int
    cells: tuple[BadCell, ...]
    ignored: tuple[str, ...] = ()
    skipped: bool = False

    @property
    def taken(self) -> int:
        """The rows that fit."""
        return self.rows - self.bad

    def lines(self, most: int = SHOWN) -> list[str]:
        """The bad rows for their owner, values quoted: `line 5, column salary: '51x' is not a number`."""
        found = []
        for cell in self.cells[:most]:
            column = f", column {cell.column}" if cell.column else ""
            found.append(f"{self.counted} {cell.at}{column}: {cell.why.replace('CELL', cell.value)}")
        return found

    def text(self, most: int = SHOWN) -> str:
        """All of it, as an error says it."""
        count = f"{self.bad:,} of {self.rows:,} rows" if self.rows != 1 else f"{self.bad} of 1 row"
        said = [f"{self.name}: {count} {'does' if self.bad == 1 else 'do'} not fit", *self.lines(most)]
        shown = len(self.cells[:most])
        places = {cell.at for cell in self.cells[:most]}
        if self.bad > len(places):
            said.append(f"and {self.bad - len(places):,} more rows")
        elif shown < len(self.cells):
            said.append("and more in the same rows")
        return "\n  ".join(said)

    def sentence(self) -> str:
        """What became of the rows, without any value."""
        said = f"{self.name}: {self.taken:,} row{'s' * (self.taken != 1)}"
        if self.bad:
            said += f", {self.bad:,} left out since they do not fit"
        if self.ignored:
            said += f"; not needed, and not read: {', '.join(self.ignored)}"
        return said
