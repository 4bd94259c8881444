"""The door itself: help, version, doctor, errors, interruption."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import typer
from click.testing import Result

from enigma import __version__
from enigma.cli.failing import INTERRUPTED, reporting
from enigma.errors import ArgumentProblem, EnigmaError, SeatLost
from tests.cli.commands import COMMAND

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
    script = "import sys; from enigma.cli.app import app; print([m for m in ('numpy', 'pyarrow', 'sklearn') if m in sys.modules])"
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
