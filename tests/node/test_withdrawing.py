"""Withdrawal on a network: pieces deleted by every seat, receipts checked, and what the next job sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from tests.client.survey import TEXT
from tests.node.living import Living, Place, grant_everybody, living

from enigma.client.contract import RemoteContract
from enigma.client.network import Network
from enigma.contract.keeping import decode
from enigma.local.anvil import LocalChain

pytestmark = pytest.mark.processes

LONG = 240.0
ROWS = 10


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive:
            yield alive


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


def sealed_in_files(place: Place) -> set[bytes]:
    """What the database's rows hold as they lie on the disk: sealed values of all pieces, at least 32 bytes each."""
    import sqlite3

    with sqlite3.connect(f"file:{place.folder / 'store.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT value FROM entries WHERE value IS NOT NULL").fetchall()
    return {bytes(value) for (value,) in rows if len(value) >= 32}


def on_disk(place: Place) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(place.folder.rglob("*")) if path.is_file())


def pieces_of(place: Place, contract: bytes, owner: Network) -> dict[int, bytes]:
    """The pieces of a table that an owner's rows are, by number, with the key under which each lies."""
    standing = place.running.holdings.standing(contract)
    chunks = decode(standing.state).state.tables["people"]
    indices = [held.index for chunk in chunks if chunk.owner == owner.address for held in chunk.columns.values()]
    return {index: standing.places[index] for index in indices}


def test_every_seat_deletes_and_signs(network: Living, tmp_path: Path) -> None:
    firms = Firms(network, tmp_path)
    assert firms.mean() == pytest.approx((20 + 40 + 90) / 3, abs=1e-3)
    leaving = firms.people[2]
    before = {}
    for place in network.places:
        store = place.running.store
        keys = pieces_of(place, firms.id, leaving).values()
        assert len(keys) == 2
        kept = sealed_in_files(place)
        assert all(store.get("pieces", key) for key in keys)
        before[place.name] = (set(keys), kept)

    withdrawn = leaving.withdraw(firms.contracts[2])
    receipts = withdrawn.receipts(LONG)

    assert [each.node for each in receipts] == list(firms.contracts[0].seats)
    assert all(each.pieces == 2 and each.octets > 0 for each in receipts)
    assert all(each.withdrawal == withdrawn.at for each in receipts)
    for place in network.places:
        keys, kept = before[place.name]
        store = place.running.store
        assert not keys & set(store.keys("pieces"))
        gone = kept - sealed_in_files(place)
        files = on_disk(place)
        assert len(gone) >= 2  # the two columns, at least, lay there
        assert not [each for each in gone if each in files]
        told = place.running.withdrawals.of(firms.id, leaving.account.address)
        assert len(told) == 1
    assert set(firms.contracts[0].owners) == {each.account.address for each in firms.people[:2]}
    assert firms.mean() == pytest.approx(30, abs=1e-3)
    # Once more: the contract's memory has nothing of the owner any more.
    assert not pieces_of(network.places[0], firms.id, leaving)
    firms.contribute(2, 60)
    assert firms.mean() == pytest.approx((20 + 40 + 60) / 3, abs=1e-3)
    assert len(leaving.withdrawn(firms.id)) == 1
