"""`enigma demo`: on a part of its rows in this process and on a network, and whole on real seats and nodes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.cli.commands import COMMAND, environment, last_line
from tests.cli.commands import enigma as command
from tests.cli.demo_parts import parts_of

import enigma
from enigma.apex.footprints import COUNTRIES
from enigma.apex.market import HeldHere
from enigma.apex.places import Places, europe_places
from enigma.cli.demo import demonstrate, folder_for, prepared_for
from enigma.cli.demo_results import Demonstration, as_json, show, write
from enigma.cli.work import spent
from enigma.errors import FileProblem

KEYS = [
    "rows",
    "owners",
    "seats",
    "towers",
    "inertia_ratio",
    "market",
    "agreement",
    "seconds",
    "bytes_per_seat",
    "rounds",
    "network",
]


@pytest.fixture(scope="module")
def places() -> Places:
    return europe_places()


@pytest.fixture(scope="module")
def found(places: Places) -> Demonstration:
    """The demonstration over every 15th row."""
    phases: list[str] = []
    with enigma.plain() as committee:
        given = prepared_for(places, parts_of(places))
        held = HeldHere(committee, [owner.name for owner in given.owners])
        result = demonstrate(held, given, phases.append, lambda: spent(committee))
    assert phases[0] == "three owners contribute"
    assert phases[-1] == "comparing with plaintext"
    return result


def test_it_is_as_good_as_plaintext(found: Demonstration) -> None:
    assert found.comparison.inertia_ratio == pytest.approx(1, abs=1e-3)
    assert found.comparison.agreement >= 0.995
    assert np.allclose(found.analysis.clusters.centroids, found.comparison.centroids, atol=1e-2)


def test_every_row_is_counted_in_one_country(found: Demonstration) -> None:
    counts = found.analysis.market.counts
    assert len(counts) == len(COUNTRIES)
    assert found.rows == 6001
    withheld = counts.count(None)
    total = sum(count for count in counts if count is not None)
    assert total == found.rows if not withheld else total < found.rows


def test_json_has_the_promised_keys(found: Demonstration) -> None:
    result = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert list(result) == KEYS
    assert len(result["towers"]) == 12
    assert result["owners"] == result["seats"] == 3


def test_everything_is_printed(found: Demonstration) -> None:
    console = Console(file=io.StringIO(), width=80)
    show(found, console, (Path("towers.geojson"), Path("towers.png")))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    for owner in found.owners:
        assert owner.name in text
    for word in (
        "London",
        "Germany",
        "scikit-learn",
        "No seat and no other owner learns",
        "GeoNames",
        "rounds",
        "towers.png",
    ):
        assert word in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_files_are_written(found: Demonstration, places: Places, tmp_path: Path) -> None:
    geojson, picture = write(found, places, tmp_path)
    collection = json.loads(geojson.read_text(encoding="utf-8"))
    assert len(collection["features"]) == 12
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileProblem, match="cannot be made a folder"):
        folder_for(tmp_path / "file")


@pytest.mark.processes
@pytest.mark.long
def test_whole_on_seats(tmp_path: Path) -> None:
    done = command("demo", "--local", "--json", "--out", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    found = last_line(done.stdout)
    assert list(found) == KEYS
    assert found["rows"] == sum(found["market"].values()) == 90_000
    assert len(found["market"]) >= 15
    assert found["inertia_ratio"] <= 1.01
    assert found["agreement"] >= 0.995
    assert found["rounds"] > 0
    assert found["bytes_per_seat"] > 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["towers.geojson", "towers.png"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A command whose seats have met, with work for many minutes before them."""
    file = tmp_path / "customers.csv"
    points = np.random.default_rng(9).uniform(-80, 80, (20_000, 2))
    file.write_text("lat,lon\n" + "\n".join(f"{lat:.5f},{lon:.5f}" for lat, lon in points.tolist()), encoding="utf-8")
    process = subprocess.Popen([*COMMAND, "cluster", str(file), "-k", "30", "--rounds", "1000"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment())  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("starting the seats"):
            break
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def seats_of(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task")
    if not children.exists():
        pytest.skip("this system does not list the children of a process")
    found = [int(pid) for task in children.iterdir() for pid in (task / "children").read_text().split()]
    assert len(found) == 3
    return found


def has_ended(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.processes
def test_a_killed_seat_ends_the_command(running: subprocess.Popen[str]) -> None:
    seats = seats_of(running)
    os.kill(seats[1], signal.SIGKILL)
    output, errors = running.communicate()
    assert running.returncode == 3
    assert output == ""
    assert errors.count("Error: ") == 1
    assert errors.startswith("Error: seat 1 was lost during: ")
    assert "Traceback" not in errors
    assert all(has_ended(pid) for pid in seats)


@pytest.mark.processes
def test_an_interruption_leaves_no_process(running: subprocess.Popen[str]) -> None:
    seats = seats_of(running)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate()
    assert running.returncode == 130
    assert output == ""
    assert "Interrupted" in errors
    assert "Traceback" not in errors
    assert all(has_ended(pid) for pid in seats)
