"""Three owners with a contract of their own, on a network that lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from tests.client.survey import TEXT
from tests.node.living import Living, grant_everybody

from enigma.client.contract import RemoteContract
from enigma.client.network import Network

LONG = 240.0
ROWS = 10


class Firms:
    """Three owners with a contract of their own, into which each has handed ages."""

    def __init__(self, network: Living, folder: Path) -> None:
        self.source = folder / "survey.py"
        self.source.write_text(TEXT, encoding="utf-8")
        self.people: list[Network] = [network.person(index) for index in range(3)]
        deployed = self.people[0].deploy(self.source, nodes=network.names)
        self.id = deployed.id
        self.contracts: list[RemoteContract] = [each.contract(self.id, self.source) for each in self.people]
        now = network.connection.head().timestamp
        for person in self.people:
            grant_everybody(person, self.id, now)
        for owner, age in enumerate((20, 40, 90)):
            self.contribute(owner, age)

    def contribute(self, owner: int, age: int) -> None:
        """As many rows as must change until the contract answers again, all of one age."""
        table = pa.table({"age": [age] * ROWS, "pay": [1.5] * ROWS})
        self.contracts[owner].contribute(table).result(LONG)

    def mean(self) -> float:
        return float(self.contracts[0].mean_age().result(LONG))


def until(done: Callable[[], object]) -> None:
    """Until something is so."""
    end = time.monotonic() + LONG
    while not done():
        assert time.monotonic() < end
        threading.Event().wait(0.05)
