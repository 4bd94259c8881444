"""The door itself: help, version, doctor, errors, interruption."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
import typer
from tests.cli.commands import COMMAND
from typer.testing import Result

from enigma import __version__
from enigma.cli.failing import INTERRUPTED, reporting
from enigma.errors import ArgumentProblem, EnigmaError, SeatLost

Run = Callable[..., Result]


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"enigma {__version__}\n"


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in ("demo", "cluster", "classify", "doctor", "bench"):
        assert name in result.stdout


def test_help_needs_no_heavy_library() -> None:
    script = "import sys, enigma.cli.app; print([m for m in ('numpy', 'pyarrow', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_command_and_an_unknown_one(run: Run) -> None:
    assert run().exit_code == 2
    assert run("clutser").exit_code == 2


def test_doctor(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert "The main job can run here." in result.stdout


@pytest.mark.parametrize(
    ("error", "status"), [(ArgumentProblem("k is odd", hint="say [even]"), 2), (SeatLost(1, "clustering"), 3)]
)
def test_errors_are_one_message(error: EnigmaError, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        reporting(fail)()
    assert ended.value.exit_code == status
    printed = capsys.readouterr()
    assert printed.out == ""
    # Brackets are text, not the terminal's markup.
    assert printed.err == f"Error: {error.message}\n" + (f"{error.hint}\n" if error.hint else "")


def test_an_interruption_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        reporting(interrupt)()
    assert ended.value.exit_code == INTERRUPTED == 130
    assert capsys.readouterr().err.startswith("Interrupted")


def test_unexpected_errors_are_not_swallowed() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reporting(fail)()


@pytest.mark.processes
def test_the_command_is_there() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"enigma {__version__}\n"


def test_a_bench_of_nothing_is_refused(run: Run) -> None:
    for option in ("--n", "--repeat"):
        result = run("bench", "--workload", "mul", option, 0)
        assert result.exit_code == 2
        assert "1 or more" in result.stderr


@pytest.mark.processes
def test_bench_prints_one_line_for_each_workload(run: Run) -> None:
    result = run("bench", "--workload", "mul", "--workload", "kmeans", "--n", 1000, "--repeat", 1, "--json")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["workload"] for line in lines] == ["mul", "kmeans"]
    for line in lines:
        assert set(line) >= {"workload", "n", "seconds", "bytes_per_seat", "rounds", "max_rss_mb"}
        assert line["n"] == 1000
