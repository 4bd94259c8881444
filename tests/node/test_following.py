"""A node's way back into the chain: nothing that was kept is read again, whatever crashes and changes meanwhile."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.chain.proxy import Proxy, port_of
from tests.node.follower_process import ACTED, KEY, Ear
from tests.node.living import DAYS, ROOT, sending_as

from enigma.chain.coding import encode_call, function_entry
from enigma.chain.connection import Connection
from enigma.chain.consent import Consent
from enigma.chain.deployment import USUAL, Controllers
from enigma.chain.events import TRAIL
from enigma.chain.history import History
from enigma.chain.identities import Use
from enigma.errors import WrongChain
from enigma.keys.account import Account
from enigma.local.anvil import LocalChain
from enigma.node.following import Follower
from enigma.node.journal import EventJournal
from enigma.storage import Store

pytestmark = pytest.mark.processes

LONG = 3000
CALLS_OF_A_START = 40
"""Of the chain's node, where a few blocks are new: the cursor's, the two first blocks, and those of the new blocks."""


@dataclass
class Net:
    """A chain with controllers, and a folder."""

    chain: LocalChain
    controllers: Controllers
    deployment: Path
    folder: Path

    def grant(self, number: int, sender: int = 0) -> None:
        """One event about consent."""
        with sending_as(self.chain.connection, self.chain.accounts[sender]) as sending:
            identities = self.controllers.identities(self.chain.connection, sending)
            use = Use(sending.address, number.to_bytes(32, "big"), self.chain.accounts[1].address)
            identities.grant(use, until=self.chain.connection.head().timestamp + DAYS, uses=number + 1)

    def run(self, folder: Path, step: int = 0) -> subprocess.CompletedProcess[str]:
        """A process that follows the chain with the store of this folder."""
        words = ["-m", "tests.node.follower_process", self.chain.url, str(self.deployment), str(folder), str(step)]
        return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)

    def end(self, folder: Path) -> dict[str, Any]:
        """What such a process has at the chain's end."""
        done = self.run(folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    def copy(self, folder: Path, name: str) -> Path:
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, place)
        return place

    def empty(self, name: str) -> Path:
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return place


@pytest.fixture
def net(anvil: Path, tmp_path: Path) -> Iterator[Net]:
    with LocalChain(accounts=3) as chain:
        with sending_as(chain.connection, chain.accounts[0]) as sender:
            controllers = Controllers.deploy(sender, USUAL)
        deployment = tmp_path / "controllers.json"
        controllers.save(deployment)
        yield Net(chain, controllers, deployment, tmp_path)


def same(found: dict[str, Any], fresh: dict[str, Any]) -> None:
    """What a node makes of the chain does not depend on how it came to it."""
    assert found["told"] == fresh["told"]
    assert found["acted"] == fresh["acted"]


@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.long)])
def test_killed_at_any_step_it_acts_on_everything_and_has_it_once(net: Net, every: int) -> None:
    for number in range(3):
        net.grant(number)
    first = net.empty("first")
    assert len(net.end(first)["told"]) == 3
    for number in range(3, 6):
        net.grant(number)
    fresh = net.end(net.empty("fresh"))
    assert len(fresh["told"]) == 6
    steps = net.end(net.copy(first, "whole"))["steps"]
    for step in range(1, steps + 1, every):
        folder = net.copy(first, "killed")
        assert net.run(folder, step).returncode == -signal.SIGKILL, step
        found = net.end(folder)
        same(found, fresh)
        assert found["recalled"] in {3, 6}
        assert net.end(folder)["recalled"] == 6


@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.long)])
def test_a_reorganisation_while_it_was_down_and_a_kill_at_any_step_of_the_way_back(net: Net, every: int) -> None:
    for number in range(5):
        net.grant(number)
    first = net.empty("first")
    before = net.end(first)
    net.chain.connection.ask("anvil_reorg", 3, [])
    net.grant(7, sender=2)
    net.chain.connection.ask("anvil_mine", "0x3")
    fresh = net.end(net.empty("fresh"))
    assert [each[2] for each in before["told"][:2]] == [each[2] for each in fresh["told"][:2]]
    assert len(before["told"]) == 5, "the reorganisation took three of them, and another came"
    assert len(fresh["told"]) == 3
    steps = net.end(net.copy(first, "whole"))["steps"]
    for step in range(1, steps + 1, every):
        folder = net.copy(first, "killed")
        assert net.run(folder, step).returncode == -signal.SIGKILL, step
        same(net.end(folder), fresh)


class Reader:
    """A follower in this process."""

    def __init__(self, net: Net, url: str, folder: Path) -> None:
        self.store = Store.open(folder / "store.db", KEY)
        self.connection = Connection(url)
        self.history = History(self.connection, net.controllers)
        self.journal = EventJournal(
            self.store, net.controllers, lambda event: Consent.takes(event, self.history.controller(event))
        )
        self.ear, self.end = Ear(self.store), threading.Event()
        self.follower = Follower(self.connection, self.history, self.journal, self.ear, lambda _: self.end.set())

    def read(self) -> Reader:
        """To the chain's end, or to its own; then all is closed."""
        self.follower.start()
        while not self.end.wait(0.02) and self.follower.failed is None:
            continue
        self.follower.stop()
        self.acted = self.store.keys(ACTED)
        self.store.close()
        self.connection.close()
        return self


def long_history(net: Net, events: int) -> None:
    """So many grants, five hundred in a block."""
    identities, connection = net.controllers.identities(net.chain.connection), net.chain.connection
    entry = function_entry(identities.abi, "grant", 6)
    owner = Account.create().address
    connection.ask("anvil_setBalance", owner, hex(10**24))
    connection.ask("anvil_impersonateAccount", owner)
    connection.ask("evm_setAutomine", False)
    for number in range(events):
        use = Use(owner, number.to_bytes(32, "big"), net.chain.accounts[1].address)
        data = encode_call(entry, (*use.encoded(), 2**40, 1))
        call = {"from": owner, "to": identities.address, "data": "0x" + data.hex(), "gas": hex(150_000)}
        connection.ask("eth_sendTransaction", {**call, "nonce": hex(number)})
        if number % 150 == 149:
            connection.ask("evm_mine")
    connection.ask("evm_mine")
    connection.ask("evm_setAutomine", True)


def test_a_start_after_a_long_history_asks_only_for_what_is_new(net: Net) -> None:
    long_history(net, LONG)
    folder = net.empty("long")
    with Proxy(port_of(net.chain.url)) as proxy:
        first = Reader(net, proxy.url, folder).read()
        assert len(first.ear.told) == LONG
        reading = len(proxy.asked)
        net.grant(LONG)
        net.grant(LONG + 1)
        proxy.asked.clear()
        second = Reader(net, proxy.url, folder).read()
        asked = list(proxy.asked)
    assert second.ear.recalled == LONG
    assert second.ear.told[:LONG] == first.ear.told
    assert len(second.ear.told) == LONG + 2
    assert asked.count("eth_getLogs") == 1
    assert len(asked) <= CALLS_OF_A_START < reading, (len(asked), reading)


def test_a_deep_reorganisation_and_a_reread_from_the_first_block(net: Net) -> None:
    net.grant(1)
    depth = TRAIL + 10
    then = net.chain.connection.ask("evm_snapshot")
    net.grant(2)
    net.chain.connection.ask("anvil_mine", hex(depth))
    folder = net.empty("deep")
    assert len(net.end(folder)["told"]) == 2
    net.chain.connection.ask("evm_revert", then)
    net.grant(3, sender=2)
    net.chain.connection.ask("anvil_mine", hex(depth))
    found = net.end(folder)
    assert found["recalled"] == 0
    assert found["told"] == net.end(net.empty("fresh"))["told"]
    assert len(found["told"]) == 2


def test_a_damaged_journal_is_said_and_read_anew(net: Net, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        net.grant(number)
    folder = net.empty("damaged")
    first = Reader(net, net.chain.url, folder).read()
    with closing(Store.open(folder / "store.db", KEY)) as store:
        page = next(key for key in store.keys("journal") if key != b"head")
    flip(folder / "store.db", page)
    second = Reader(net, net.chain.url, folder).read()
    assert second.ear.recalled == 0
    assert second.ear.told == first.ear.told
    assert "what was read of the chain is damaged" in caplog.messages
    third = Reader(net, net.chain.url, folder).read()
    assert (third.ear.recalled, third.ear.told) == (3, first.ear.told)


def flip(path: Path, key: bytes) -> None:
    """One bit of the value that lies under this key of the journal."""
    import sqlite3

    from enigma.storage.cipher import Cipher

    cipher = Cipher(KEY)
    with closing(sqlite3.connect(path)) as connection:
        where = cipher.space("journal"), cipher.place("journal", key)
        (value,) = connection.execute("SELECT value FROM entries WHERE space = ? AND place = ?", where).fetchone()
        altered = value[:-1] + bytes([value[-1] ^ 1])
        connection.execute("UPDATE entries SET value = ? WHERE space = ? AND place = ?", (altered, *where))
        connection.commit()


def test_another_chain_of_the_same_id_is_not_taken_for_it(net: Net, tmp_path: Path) -> None:
    net.grant(1)
    folder = net.empty("other")
    assert Reader(net, net.chain.url, folder).read().follower.failed is None

    def elsewhere(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getBlockByNumber" and params[0] in {"0x0", "0x1"}:
            answer["result"]["hash" if params[0] == "0x0" else "parentHash"] = "0x" + "5a" * 32
        return answer

    with Proxy(port_of(net.chain.url), elsewhere) as proxy:
        other = Reader(net, proxy.url, folder).read()
    assert isinstance(other.follower.failed, WrongChain)
    assert "another chain" in other.follower.problem
    assert Reader(net, net.chain.url, folder).read().ear.recalled == 1, "nothing was forgotten"


def test_a_folder_of_another_deployment_is_refused(net: Net) -> None:
    folder = net.empty("deployed")
    net.grant(1)
    Reader(net, net.chain.url, folder).read()
    with sending_as(net.chain.connection, net.chain.accounts[1]) as sender:
        net.controllers = Controllers.deploy(sender, USUAL)
    other = Reader(net, net.chain.url, folder).read()
    assert isinstance(other.follower.failed, WrongChain)
    assert "another deployment" in other.follower.problem


def test_a_node_of_the_chain_that_is_behind_is_waited_for(net: Net) -> None:
    for number in range(3):
        net.grant(number)
    folder = net.empty("behind")
    Reader(net, net.chain.url, folder).read()
    end = net.chain.connection.head().number - 2

    def behind(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getBlockByNumber" and (params[0] == "latest" or int(params[0], 16) > end):
            block = net.chain.connection.ask(method, hex(end), False) if params[0] == "latest" else None
            return {**answer, "result": block}
        return answer

    with Proxy(port_of(net.chain.url), behind) as proxy:
        reader = Reader(net, proxy.url, folder)
        done = threading.Thread(target=reader.read)
        done.start()
        while "ends before it now" not in reader.follower.problem:
            assert not reader.end.wait(0.02)
        # What begins asks the chain who has seats, and must not be told who had them.
        begun = reader.ear.begun
        proxy.tamper = None
        done.join()
    assert (begun, reader.ear.begun) == (0, 1)
    assert reader.follower.failed is None
    assert len(reader.ear.told) == 3
    assert reader.ear.recalled == 3
