"""Withdrawal on a network: pieces deleted by every seat, receipts checked, and what the next job sees."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.commands import COMMAND
from tests.node.firms import LONG, Firms, until
from tests.node.living import Living, Place, living

from enigma.client.network import Network
from enigma.contract.keeping import decode
from enigma.errors import NetworkError, ProtocolError, WireError
from enigma.local.anvil import LocalChain
from enigma.node.attempts import Attempts

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive:
            yield alive


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
        keys = set(pieces_of(place, firms.id, leaving).values())
        assert len(keys) == 2
        kept = sealed_in_files(place)
        assert all(store.get("pieces", key) for key in keys)
        before[place.name] = (keys, kept)

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


@pytest.mark.long
def test_a_job_that_was_asked_before_still_ends_with_the_data(
    network: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firms = Firms(network, tmp_path)
    leaving, held = firms.people[2], threading.Event()
    may_begin = Attempts.may_begin
    monkeypatch.setattr(Attempts, "may_begin", lambda self, job: held.is_set() and may_begin(self, job))
    asked = firms.contracts[0].mean_age()
    withdrawn = leaving.withdraw(firms.id)
    for place in network.places:
        until(lambda place=place: place.running.withdrawals.of(firms.id, leaving.account.address))  # type: ignore[misc]
    assert not withdrawn.look()
    assert withdrawn.missing == tuple(firms.contracts[0].seats)
    assert all(f"end of job {asked.number}" in words for words in withdrawn.waits.values())
    with pytest.raises(NetworkError, match="0 of 3 seats have signed"):
        withdrawn.receipts(0)
    held.set()
    # The rule is the chain's order: the question came first.
    assert asked.result(LONG) == pytest.approx(50, abs=1e-3)
    assert [each.pieces for each in withdrawn.receipts(LONG)] == [2, 2, 2]
    after = firms.contracts[0].mean_age()
    assert after.result(LONG) == pytest.approx(30, abs=1e-3)

    given = ["--url", network.url, "--deployment", str(network.deployment), "--source", str(firms.source), "--json"]
    for job in (asked, after):
        done = subprocess.run([*COMMAND, "audit", str(job.number), *given], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["holds"] is True


def test_a_node_that_was_down_deletes_when_it_is_back(
    network: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firms = Firms(network, tmp_path)
    leaving, late = firms.people[1], network.places[2]
    sealed, keys = sealed_in_files(late), set(pieces_of(late, firms.id, leaving).values())
    network.stop(late)
    withdrawn = leaving.withdraw(firms.id)
    until(lambda: withdrawn.look() or len(withdrawn.signed) == 2)
    assert withdrawn.missing == (late.name,)
    with pytest.raises(NetworkError, match=late.name):
        withdrawn.receipts(0)
    network.start(late)
    assert len(withdrawn.receipts(LONG)) == 3
    assert not keys & set(late.running.store.keys("pieces"))
    gone, files = sealed - sealed_in_files(late), on_disk(late)
    assert len(gone) >= 2
    assert not [each for each in gone if each in files]
    assert firms.mean() == pytest.approx((20 + 90) / 2, abs=1e-3)
    lies(network, firms, leaving, monkeypatch)


def lies(network: Living, firms: Firms, leaving: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt that says something else, one of another node, and none at all."""
    told = network.places[0].running.withdrawals.of(firms.id, leaving.account.address)
    theirs = network.places[1].running.withdrawals.of(firms.id, leaving.account.address)
    (withdrawn,) = leaving.withdrawn(firms.id)
    for lie, problem in (
        ([{**told[0], "pieces": told[0]["pieces"] + 1}], "is not that of"),
        (theirs, "of something else"),
        ([{**told[0], "octets": -1}], "not a deletion receipt"),
        ([{**told[0], "signature": "no"}], "hexadecimal"),
    ):
        monkeypatch.setattr(network.places[0].running.withdrawals, "of", lambda *_, lie=lie: lie)
        with pytest.raises((ProtocolError, WireError), match=problem):
            withdrawn.receipts(LONG)
        assert withdrawn.missing == (network.places[0].name,)
    monkeypatch.setattr(network.places[0].running.withdrawals, "of", lambda *_: [])
    with pytest.raises(NetworkError, match="2 of 3 seats have signed"):
        withdrawn.receipts(0)
    monkeypatch.undo()
    assert len(withdrawn.receipts(LONG)) == 3
