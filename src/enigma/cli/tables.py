"""Results as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from enigma.apex.kmeans import Clusters
    from enigma.apex.naive_bayes import Market

_WITHHELD = "withheld"


def number(count: int | None) -> str:
    """A count with thousands apart, or that it is withheld."""
    return _WITHHELD if count is None else f"{count:,}"


def titled(title: str, columns: Sequence[tuple[str, bool]]) -> Table:
    """An empty table; each column has a name, and whether it holds numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name, numeric in columns:
        table.add_column(name, justify="right" if numeric else "left", header_style="dim")
    return table


def print_clusters(clusters: Clusters, console: Console) -> None:
    """One line for each cluster."""
    names = [column.name for column in clusters.columns]
    table = titled("Clusters", [("", True), *((name, True) for name in names), ("rows", True)])
    for i, (centre, size, shown) in enumerate(
        zip(clusters.centroids.tolist(), clusters.sizes, clusters.published.tolist(), strict=True), start=1
    ):
        cells = [f"{value:.6f}" for value in centre] if shown else [_WITHHELD] * len(names)
        table.add_row(str(i), *cells, number(size))
    console.print(table)


def print_counts(market: Market, console: Console) -> None:
    """One line for each class."""
    table = titled("Classes", [("class", True), ("rows", True)])
    for name, count in zip(market.classes, market.counts, strict=True):
        table.add_row(str(name), number(count))
    console.print(table)


def print_notes(notes: Sequence[str], console: Console) -> None:
    """What was withheld, and why."""
    for note in notes:
        console.print(Text.assemble(("Withheld: ", "yellow"), note))


def print_facts(facts: Mapping[str, str], console: Console) -> None:
    """Names and values, in two columns."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for name, value in facts.items():
        table.add_row(Text(name, style="dim"), Text(value))
    console.print(table)
