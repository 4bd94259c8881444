"""One chain for all tests of this folder."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest
from tests.contract.vyper.anvil import Chain, anvil, running

from enigma.contract.values import numbers as evaluated
from enigma.contract.values.meter import Exhausted


@pytest.fixture(scope="session")
def vyper() -> None:
    """Vyper is installed."""
    if any(importlib.util.find_spec(name) is None for name in ("vyper", "eth_abi", "eth_utils")):
        pytest.skip("Vyper is not installed: pip install vyper==0.4.3 eth-abi eth-utils")


@pytest.fixture(scope="session")
def public_chain(vyper: None) -> Iterator[Chain]:
    """An anvil of these tests alone."""
    program = anvil()
    if program is None:
        pytest.skip("anvil is not installed: npm install --prefix .tools @foundry-rs/anvil")
    with running(program) as chain:
        yield chain


@pytest.fixture
def numbers_of_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator counts up to 256 bits beside the sign, and the chain with it: here both do."""

    def narrow(value: int) -> int:
        if not -(2**255) <= value < 2**255:
            raise Exhausted("a whole number beyond those of the chain", "")
        return value

    monkeypatch.setattr(evaluated, "short_integer", narrow)
