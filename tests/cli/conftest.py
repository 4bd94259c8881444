"""Commands in this process, on plain numbers: their seats are started by one function, which tests replace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

import enigma
from enigma.array import Committee
from enigma.cli.app import app
from enigma.cli.display import Display


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command; standard output and standard error come apart."""

    def start(display: Display) -> Committee:
        display.begin("starting the seats")
        return enigma.plain()

    for module in ("clustering", "classifying"):
        monkeypatch.setattr(f"enigma.cli.{module}.start", start)
    monkeypatch.setenv("COLUMNS", "120")

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return invoke
