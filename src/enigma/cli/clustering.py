"""`enigma cluster`: k-means over the owners' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from enigma.apex.kmeans import Clusters, KMeans
from enigma.cli.display import Display
from enigma.cli.tables import print_clusters, print_notes
from enigma.cli.work import consoles, print_json, print_spent, read, secrecy, spent, start


def as_json(clusters: Clusters) -> dict[str, Any]:
    """Centroids and sizes, null where withheld; `notes` where there is something to note."""
    centroids = [
        [round(value, 6) for value in centre] if shown else None
        for centre, shown in zip(clusters.centroids.tolist(), clusters.published.tolist(), strict=True)
    ]
    notes = {"notes": list(clusters.notes)} if clusters.notes else {}
    return {"centroids": centroids, "sizes": list(clusters.sizes), **notes}


def run(
    files: Sequence[Path],
    k: int,
    rounds: int,
    init: Literal["first", "spread"],
    smallest: int,
    columns: str | None,
    ranges: Sequence[str],
    *,
    as_object: bool,
) -> None:
    """The whole command, on seats of this machine."""
    output, errors = consoles()
    kmeans = KMeans(k, rounds=rounds, init=init, smallest=smallest)
    with Display(errors) as display:
        tables = read(files, columns, ranges, display)
        kmeans.check(tables)
        with start(display) as committee:
            display.begin("clustering")
            clusters = kmeans.fit(committee, tables)
            taken = spent(committee)
    if as_object:
        print_json(as_json(clusters))
        return
    print_clusters(clusters, output)
    print_notes(clusters.notes, output)
    print_spent(taken, output)
    output.print(secrecy("the centroids and sizes above"))
