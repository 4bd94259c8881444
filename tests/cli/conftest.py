"""Commands in this process, on plain numbers: their seats are started by one function, which tests replace.

And a chain with controllers on it, one for each module of tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.networks import Network
from typer.testing import CliRunner, Result

import enigma
from enigma.array import Committee
from enigma.chain.deployment import Controllers
from enigma.chain.sending import Sender
from enigma.cli.app import app
from enigma.cli.display import Display
from enigma.local.anvil import LocalChain


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


@pytest.fixture(scope="module")
def whole_module_network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with LocalChain(accounts=3) as local:
        made = Controllers.deploy(Sender(local.connection, local.accounts[0]))
        file = tmp_path_factory.mktemp("network") / "controllers.json"
        made.save(file)
        yield Network(local, file, made)


@pytest.fixture
def network(whole_module_network: Network) -> Iterator[Network]:
    """The module's network. What a test does on it is undone after it."""
    kept = whole_module_network.connection.ask("evm_snapshot")
    yield whole_module_network
    whole_module_network.connection.ask("evm_revert", kept)
