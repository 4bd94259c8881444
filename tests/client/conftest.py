"""One living network for all tests of the client: a chain, three nodes, and people with ether."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.survey import TEXT
from tests.node.living import Living, living

from enigma.local.anvil import LocalChain


@pytest.fixture(scope="session")
def alive(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Shared by all tests, so each takes people of its own: `Living.person` with numbers that no other test uses."""
    with (
        LocalChain(accounts=30) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("living")) as network,
    ):
        yield network


@pytest.fixture
def own(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A network that nobody has used."""
    with (
        LocalChain(accounts=8) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("own")) as network,
    ):
        yield network


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a contract to contribute to."""
    path = tmp_path_factory.mktemp("contract") / "survey.py"
    path.write_text(TEXT, encoding="utf-8")
    return path
