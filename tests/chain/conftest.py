"""One chain for all tests of a session; each test finds it as it was, and leaves it so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from enigma.chain.connection import Connection
from enigma.chain.sending import Sender
from enigma.keys.account import Account
from enigma.local.anvil import LocalChain

if TYPE_CHECKING:
    from tests.chain.leased import Room


@dataclass(frozen=True)
class Chain:
    """A chain that mines each transaction at once, and accounts that have ether on it."""

    connection: Connection
    accounts: tuple[Account, ...]

    @property
    def url(self) -> str:
        return self.connection.url

    def sender(self, index: int = 0, **options: Any) -> Sender:
        """A sender of the account number `index`; make one for each test."""
        return Sender(self.connection, self.accounts[index], **options)

    def mine(self, blocks: int = 1, seconds: int = 1) -> None:
        """More blocks, each `seconds` after the one before."""
        self.connection.ask("anvil_mine", hex(blocks), hex(seconds))

    def pass_time(self, seconds: int) -> None:
        """One block, this much later."""
        self.connection.ask("evm_increaseTime", hex(seconds))
        self.connection.ask("evm_mine")


@pytest.fixture(scope="session")
def whole_session_chain(anvil: Path) -> Iterator[Chain]:
    with LocalChain(accounts=20) as local:
        yield Chain(local.connection, local.accounts)


@pytest.fixture
def chain(whole_session_chain: Chain) -> Iterator[Chain]:
    """The session's chain. What a test does on it is undone after it."""
    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield whole_session_chain
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture(scope="module")
def room_of_this_file(whole_session_chain: Chain) -> Iterator[Room]:
    from tests.chain.leased import room_on

    kept = whole_session_chain.connection.ask("evm_snapshot")
    yield room_on(whole_session_chain)
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def room(room_of_this_file: Room, chain: Chain) -> Room:
    """A contract with leases beside it. What a test does on its chain is undone after it."""
    return room_of_this_file
