"""What `enigma demo` found: its files, its JSON, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from enigma.apex.footprints import COUNTRIES, Footprint
from enigma.apex.geojson import towers_geojson, write_geojson
from enigma.apex.market import Analysis, Comparison
from enigma.apex.picture import draw
from enigma.apex.places import ATTRIBUTION, Places
from enigma.cli.demo_settled import Settled
from enigma.cli.tables import number, print_facts, print_notes, titled
from enigma.cli.work import SEATS, Spent, secrecy, traffic

if TYPE_CHECKING:
    from rich.console import Console

GEOJSON, PICTURE = "towers.geojson", "towers.png"


@dataclass(frozen=True, eq=False)
class Demonstration:
    """What was found; `towers` are their names."""

    owners: tuple[Footprint, ...]
    analysis: Analysis
    comparison: Comparison
    taken: Spent
    towers: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The rows of all owners."""
        return sum(owner.table.rows for owner in self.owners)

    @property
    def market(self) -> dict[str, int | None]:
        """Customers by country, None where withheld."""
        market = self.analysis.market
        return {COUNTRIES[label].name: count for label, count in zip(market.classes, market.counts, strict=True)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was withheld, and why."""
        return self.analysis.clusters.notes + self.analysis.market.notes


def write(found: Demonstration, places: Places, out: Path) -> tuple[Path, Path]:
    """Write the published towers as GeoJSON and the picture. Raises `FileProblem`."""
    clusters = found.analysis.clusters
    shown = np.flatnonzero(clusters.published).tolist()
    centroids, sizes = clusters.centroids[shown], [clusters.sizes[i] for i in shown]
    names = [found.towers[i] for i in shown]
    write_geojson(out / GEOJSON, towers_geojson(centroids, sizes, names=names))
    draw(
        out / PICTURE,
        centroids=centroids,
        sizes=sizes,
        names=names,
        market={name: count for name, count in found.market.items() if count is not None},
        backdrop=places.coordinates,
        served=np.isin(places.countries, [country.code for country in COUNTRIES]),
        subtitle=f"{found.rows:,} customers of {len(found.owners)} owners, computed by {SEATS} seats",
    )
    return out / GEOJSON, out / PICTURE


def as_json(found: Demonstration, chain: Settled | None = None) -> dict[str, Any]:
    """The one JSON object; `chain` is what one says of the jobs."""
    clusters, comparison = found.analysis.clusters, found.comparison
    return {
        "rows": found.rows,
        "owners": len(found.owners),
        "seats": SEATS,
        "towers": [[round(value, 6) for value in centre] for centre in clusters.centroids[clusters.published].tolist()],
        "inertia_ratio": comparison.inertia_ratio,
        "market": found.market,
        "agreement": comparison.agreement,
        "seconds": round(found.taken.seconds, 3),
        "bytes_per_seat": found.taken.bytes_per_seat,
        "rounds": found.taken.rounds,
        "network": None if chain is None else chain.tree(),
    }


def show(found: Demonstration, console: Console, files: tuple[Path, Path], chain: Settled | None = None) -> None:
    """Print everything, with scikit-learn's results beside ours, and what a chain says of the jobs."""
    for owner in found.owners:
        console.print(Text.assemble((owner.name, "bold"), f"  {owner.table.rows:,} customers  ", (owner.rule, "dim")))
    console.print()
    _show_towers(found, console)
    console.print()
    _show_market(found, console)
    console.print()
    print_notes(found.notes, console)
    comparison, taken = found.comparison, found.taken
    print_facts(
        {
            "inertia": f"{comparison.inertia_ratio:.6f} of scikit-learn's, from the same starts in the same rounds",
            "agreement": f"{comparison.agreement:.4%} of customers get scikit-learn's country (compared under MPC: "
            "only this share was opened)",
            "time": f"{taken.seconds:.1f} s "
            + (f"under MPC, on {SEATS} seats" if chain is None else "from the question to the answer, MPC and chain"),
            "traffic": traffic(taken),
            **({} if chain is None else chain.facts()),
            "written": f"{files[0]}, {files[1]}",
        },
        console,
    )
    console.print()
    console.print(secrecy("the towers, their sizes, the market's counts and the agreement"))
    console.print(ATTRIBUTION, style="dim")


def _show_towers(found: Demonstration, console: Console) -> None:
    clusters, plain = found.analysis.clusters, found.comparison
    table = titled(
        "Towers: under MPC, and by scikit-learn on pooled plaintext",
        [("near", False), ("latitude", True), ("longitude", True), ("customers", True),
         ("plain lat.", True), ("plain lon.", True), ("plain", True)],
    )  # fmt: skip
    for i, name in enumerate(found.towers):
        ours = [f"{value:.4f}" if clusters.published[i] else "" for value in clusters.centroids[i].tolist()]
        theirs = [f"{value:.4f}" for value in plain.centroids[i].tolist()]
        table.add_row(name, *ours, number(clusters.sizes[i]), *theirs, number(int(plain.sizes[i])))
    console.print(table)


def _show_market(found: Demonstration, console: Console) -> None:
    table = titled(
        "Addressable market: customers by country, as classified",
        [("country", False), ("under MPC", True), ("plain", True)] * 2,
    )
    rows = [
        (name, number(count), number(int(plain)))
        for (name, count), plain in zip(found.market.items(), found.comparison.counts.tolist(), strict=True)
    ]
    half = (len(rows) + 1) // 2
    for i in range(half):
        table.add_row(*rows[i], *(rows[half + i] if half + i < len(rows) else ()))
    console.print(table)
