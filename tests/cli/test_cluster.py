"""`enigma cluster` on files: results, refusals, and what it says about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.cli.commands import APEX, enigma, last_line
from typer.testing import Result

Run = Callable[..., Result]
SAMPLE = (APEX / "telco1.json", APEX / "telco2.json")


def test_the_sample_of_apex(run: Run) -> None:
    result = run("cluster", *SAMPLE, "-k", 2, "--init", "first", "--smallest", 1, "--json")
    assert result.exit_code == 0
    found = last_line(result.stdout)
    assert set(found) == {"centroids", "sizes"}
    assert np.allclose(found["centroids"], [(52.499781, -1.178791), (52.354315, 4.901430)], atol=1e-4)
    assert found["sizes"] == [6, 4]


def test_as_a_table(run: Run) -> None:
    result = run("cluster", *SAMPLE, "-k", 2, "--smallest", 1)
    assert result.exit_code == 0
    assert "52.3543" in result.stdout
    assert "No seat and no other owner learns any owner's row" in result.stdout
    assert "clustering" in result.stderr


def test_json_is_the_only_line_of_standard_output(run: Run) -> None:
    result = run("cluster", *SAMPLE, "-k", 2, "--json")
    assert len(result.stdout.splitlines()) == 1


def test_what_is_withheld_is_null_and_noted(run: Run) -> None:
    result = run("cluster", *SAMPLE, "-k", 2, "--json")
    assert last_line(result.stdout) == {
        "centroids": [None, None],
        "sizes": [None, None],
        "notes": ["2 of 2 clusters are withheld: fewer than 10 rows each"],
    }
    words = run("cluster", *SAMPLE, "-k", 2).stdout
    assert "Withheld: 2 of 2 clusters" in words


@pytest.mark.parametrize("k", [-1, 0, 1, 6, 9, 10])
def test_k_out_of_bounds(run: Run, k: int) -> None:
    result = run("cluster", *SAMPLE, "-k", k)
    assert result.exit_code == 2
    assert f"Error: k = {k} is outside 2..5 for 10 rows" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("bad_text_latitude.json", "line 3, column latitude"),
        ("bad_longitude.json", "line 3, column longitude: 200 is outside the agreed range -180..180"),
        ("nowhere.csv", "no such file"),
    ],
)
def test_bad_files(run: Run, file: str, complaint: str) -> None:
    result = run("cluster", SAMPLE[0], APEX / file, "-k", 2)
    assert result.exit_code == 2
    assert f"{file}" in result.stderr
    assert complaint in result.stderr
    assert result.stderr.count("Error: ") == 1


def test_other_columns_and_ignored_ones(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    files = []
    for name, shift in (("one", 0), ("two", 1)):
        rows = [f"{c},{500 + 3000 * shift + random.uniform(0, 100):.2f},{random.integers(1, 9)}" for c in range(20)]
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text("\n".join(["customer,spend,visits", *rows]), encoding="utf-8")
    result = run("cluster", *files, "-k", 2, "--columns", "spend,visits", "--range", "spend=0:5000",
                 "--range", "visits=0:10", "--json")  # fmt: skip
    assert result.exit_code == 0
    assert sorted(last_line(result.stdout)["sizes"]) == [20, 20]
    assert f"Note: {files[0]}: ignored column customer" in result.stderr.replace("\n", "")
    missing = run("cluster", *files, "-k", 2, "--columns", "spend,visits", "--range", "spend=0:5000")
    assert missing.exit_code == 2
    assert "the column visits has no agreed range" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--rounds", 0], "0 rounds are outside 1..1000"),
        (["--smallest", 0], "--smallest 0"),
        (["--range", "latitude"], "not of the form"),
        (["--init", "best"], "best"),
    ],
)
def test_bad_options(run: Run, arguments: list[object], complaint: str) -> None:
    result = run("cluster", *SAMPLE, "-k", 2, *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_one_row_and_no_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("lat,lon\n1,2\n", encoding="utf-8")
    result = run("cluster", tmp_path / "one.csv", "-k", 2)
    assert result.exit_code == 2
    assert "1 row in all: there is nothing to cluster" in result.stderr
    assert run("cluster", "-k", 2).exit_code == 2


@pytest.mark.processes
def test_on_seats() -> None:
    done = enigma("cluster", *SAMPLE, "-k", 2, "--init", "first", "--smallest", 1, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert np.allclose(found["centroids"], [(52.499781, -1.178791), (52.354315, 4.901430)], atol=1e-4)
    assert found["sizes"] == [6, 4]
    assert "starting the seats: " in done.stderr
    assert "clustering: " in done.stderr
