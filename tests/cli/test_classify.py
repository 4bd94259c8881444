"""`enigma classify` on files: counts, refusals, and what it says about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.commands import APEX, enigma, last_line
from typer.testing import Result

Run = Callable[..., Result]
SAMPLE = (APEX / "telco1.json", APEX / "telco2.json")
TRAINING = ("--train", APEX / "training1.json", "--train", APEX / "training2.json")


def test_the_sample_of_apex(run: Run) -> None:
    result = run("classify", *TRAINING, *SAMPLE, "--smallest", 1, "--json")
    assert result.exit_code == 0
    assert last_line(result.stdout) == {"counts": {"0": 6, "1": 4}}
    assert len(result.stdout.splitlines()) == 1


def test_as_a_table(run: Run) -> None:
    result = run("classify", *TRAINING, *SAMPLE, "--smallest", 1)
    assert result.exit_code == 0
    assert "class" in result.stdout
    assert "No seat and no other owner learns any owner's row" in result.stdout


def test_small_classes_are_withheld(run: Run) -> None:
    result = run("classify", *TRAINING, *SAMPLE, "--json")
    found = last_line(result.stdout)
    assert found["counts"] == {"0": None, "1": None}
    assert found["notes"] == ["2 of 2 classes are withheld: fewer than 10 rows each"]


def test_training_columns_are_named_when_ignored(run: Run) -> None:
    result = run("classify", *TRAINING, APEX / "training1.json", "--smallest", 1, "--json")
    assert result.exit_code == 0
    assert "ignored column class" in result.stderr.replace("\n", " ")
    assert last_line(result.stdout) == {"counts": {"0": 6, "1": 0}}


def test_one_class_only(run: Run) -> None:
    result = run("classify", "--train", APEX / "training1.json", *SAMPLE)
    assert result.exit_code == 2
    assert "all training rows are of one class, 0" in result.stderr


def test_a_class_with_one_row(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "training.csv"
    file.write_text("lat,lon,class\n1,2,0\n1,3,0\n5,5,1\n", encoding="utf-8")
    result = run("classify", "--train", file, *SAMPLE)
    assert result.exit_code == 2
    assert "row 3, column class: no other row is of class 1" in " ".join(result.stderr.split())


def test_training_without_classes(run: Run) -> None:
    result = run("classify", "--train", SAMPLE[0], *SAMPLE)
    assert result.exit_code == 2
    assert "no column class" in result.stderr


def test_training_is_required(run: Run) -> None:
    assert run("classify", *SAMPLE).exit_code == 2


@pytest.mark.processes
def test_on_seats() -> None:
    done = enigma("classify", *TRAINING, *SAMPLE, "--smallest", 1, "--json")
    assert done.returncode == 0, done.stderr
    assert last_line(done.stdout) == {"counts": {"0": 6, "1": 4}}
