"""What the analysing commands share: their files, their committee, and how they say what they did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from enigma.apex.tables import Table
    from enigma.array import Committee
    from enigma.cli.display import Display
    from enigma.local.committee import LocalCommittee

SEATS = 3


@dataclass(frozen=True, slots=True)
class Spent:
    """What the seats took for a command's programs: seconds, bytes sent by a seat in the mean, and rounds."""

    seconds: float
    bytes_per_seat: int
    rounds: int


def consoles() -> tuple[Console, Console]:
    """Standard output for results, and standard error for everything else."""
    from rich.console import Console

    return Console(highlight=False), Console(stderr=True, highlight=False)


def start(display: Display) -> LocalCommittee:
    """The committee of a command: seats as processes of this machine, with mutual TLS between them."""
    import enigma

    display.begin("starting the seats")
    committee = enigma.local(SEATS, progress=display)
    display.follow(committee)
    return committee


def spent(committee: Committee) -> Spent:
    """What the programs of this committee have taken so far; a plain committee takes nothing that is counted."""
    from enigma.local.committee import LocalCommittee

    reports = committee.reports if isinstance(committee, LocalCommittee) else []
    return Spent(
        sum(report.seconds for report in reports),
        round(sum(report.bytes_per_seat for report in reports)),
        sum(report.rounds for report in reports),
    )


def read(
    files: Sequence[Path], columns: str | None, ranges: Sequence[str], display: Display, *, with_class: bool = False
) -> list[Table]:
    """One table for each owner's file; names the columns that are ignored. Raises `InputError`."""
    from enigma.apex.reading import parse_columns, parse_range, read_table

    names = None if columns is None else parse_columns(columns)
    bounds = dict(parse_range(text) for text in ranges)
    tables = [read_table(file, columns=names, ranges=bounds, with_class=with_class) for file in files]
    for table in tables:
        if table.ignored:
            plural = "s" if len(table.ignored) > 1 else ""
            display.warn(f"{table.source}: ignored column{plural} {', '.join(table.ignored)}")
    return tables


def secrecy(opened: str) -> str:
    """In one sentence: what stays secret from whom, and what became known."""
    return (
        f"No seat and no other owner learns any owner's row, its cluster or class, or anything between the rounds, as "
        f"long as no two of the {SEATS} seats pool what they hold; {opened} became known, and nothing else."
    )


def print_spent(taken: Spent, console: Console) -> None:
    """Time, bytes and rounds."""
    console.print(f"{taken.seconds:.1f} s under MPC, {traffic(taken)}", style="dim")


def traffic(taken: Spent) -> str:
    """Bytes and rounds in words."""
    sent = taken.bytes_per_seat
    size = f"{sent / 1e6:.1f} MB" if sent >= 1e6 else f"{sent / 1e3:.1f} kB"
    return f"{size} sent by each seat, {taken.rounds} rounds"


def print_json(value: Any) -> None:
    """One object as one line, the last one of standard output."""
    import typer

    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))
