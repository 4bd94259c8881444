"""`enigma bench`: the engine's workloads, measured."""

from __future__ import annotations

from collections.abc import Sequence

from enigma.cli.tables import titled
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem


def run(workloads: Sequence[str], n: int | None, seats: int, repeat: int, *, as_object: bool) -> None:
    """Print one JSON line for each workload as soon as it is measured, or a table of all."""
    from enigma.apex.benchmark import run as measure

    if repeat < 1 or (n is not None and n < 1):
        raise ArgumentProblem("--repeat and --n are 1 or more")
    output, errors = consoles()
    table = titled("", [("workload", False), ("n", True), ("seconds", True), ("MB per seat", True), ("rounds", True),
                        ("memory MB", True)])  # fmt: skip
    for line in measure(workloads, n=n, seats=seats, repeat=repeat):
        if as_object:
            print_json(line)
            continue
        errors.print(f"{line['workload']}: {line['seconds']:.4f} s")
        table.add_row(str(line["workload"]), f"{line['n']:,}", f"{line['seconds']:.4f}",
                      f"{line['bytes_per_seat'] / 1e6:.2f}", str(line["rounds"]),
                      f"{line['max_rss_mb']:.0f}")  # fmt: skip
    if not as_object:
        output.print(table)
