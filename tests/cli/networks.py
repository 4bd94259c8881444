"""A chain with controllers on it, for the tests of commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from typer.testing import Result

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.sending import Sender
from enigma.local.anvil import LocalChain

Run = Callable[..., Result]
PASSWORD = "correct horse"
NOWHERE = "http://127.0.0.1:9"  # the discard service's port: nobody serves a chain there


@dataclass(frozen=True)
class Network:
    """A chain with controllers on it, and the file that says where."""

    local: LocalChain
    file: Path
    controllers: Controllers

    @property
    def connection(self) -> Connection:
        return self.local.connection

    def sender(self, index: int = 0) -> Sender:
        return Sender(self.connection, self.local.accounts[index])


def on_one_line(text: str) -> str:
    return " ".join(text.split())
