"""Progress: lines where nobody watches, bars on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from enigma.cli.display import Display


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lines_for_finished_phases() -> None:
    console = Console(file=io.StringIO(), width=100)
    with Display(console) as display:
        display.begin("reading")
        display.begin("clustering")
        display("clustering", 3, 10)
        display.warn("a [column] is ignored")
    lines = shown(console).splitlines()
    assert lines[0].startswith("reading: ")
    assert lines[1] == "Note: a [column] is ignored"
    assert lines[2].startswith("clustering: ")


def test_a_phase_that_failed_is_not_called_finished() -> None:
    console = Console(file=io.StringIO(), width=100)

    def divide() -> None:
        with Display(console) as display:
            display.begin("dividing")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        divide()
    assert shown(console) == ""


def test_bars_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, legacy_windows=False)
    with Display(console) as display:
        display.begin("clustering")
        display("clustering", 3, 10)
        display("another phase", 9, 10)
    text = shown(console)
    assert "clustering" in text
    assert "10 rounds" in text
    assert "9/10" not in text
