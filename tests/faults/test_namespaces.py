"""Nodes on machines of their own: network namespaces, with 20 ms between any two, and one frame in a hundred lost."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.faults.machines import Machine, Machines, blocks, until
from tests.faults.pooling import Pool
from tests.faults.wire import Namespace, Wire, cable, missing

from enigma.chain.connection import Connection
from enigma.chain.deployment import USUAL, Controllers
from enigma.chain.sending import Sender
from enigma.errors import ChainProblem
from enigma.keys.account import Account
from enigma.local.anvil import FUNDS

pytestmark = pytest.mark.processes

DELAY, LOSS = 0.020, 0.01
CHAIN_PORT, PORTS = 8545, (7300, 7443)
PEOPLE = 3


@contextmanager
def chain_in(place: Namespace, program: Path, folder: Path) -> Iterator[str]:
    """A chain that others on the cable reach; its URL."""
    with (folder / "anvil.log").open("wb") as log:
        process = subprocess.Popen(
            [*place.within, str(program), "--host", place.host, "--port", str(CHAIN_PORT), "--accounts", "0",
             "--order", "fifo", "--chain-id", "31337", "--prune-history", "64", "--cache-path", str(folder / "cache")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield f"http://{place.host}:{CHAIN_PORT}"
        finally:
            process.kill()
            process.wait()


def funded(url: str, count: int) -> tuple[Account, ...]:
    """Accounts with ether, as soon as the chain answers."""
    accounts = tuple(Account.create() for _ in range(count))
    with closing(Connection(url)) as connection:

        def answers() -> bool:
            try:
                return connection.chain_id == 31337
            except ChainProblem:
                return False

        until(answers)
        for each in accounts:
            connection.ask("anvil_setBalance", each.address, hex(FUNDS))
    return accounts


@contextmanager
def spread(folder: Path, url: str, places: list[Namespace]) -> Iterator[Machines]:
    """Nodes, one in each namespace, registered and ready. To be called from within a namespace on the cable."""
    accounts = funded(url, 1 + len(places) + PEOPLE)
    with closing(Connection(url)) as connection, blocks(url):
        with closing(Sender(connection, accounts[0])) as sender:
            controllers = Controllers.deploy(sender, USUAL)
        deployment = folder / "controllers.json"
        controllers.save(deployment)
        nodes = [
            Machine(folder / f"node{i}", accounts[1 + i], url, deployment, host=each.host, ports=PORTS,
                    within=each.within)
            for i, each in enumerate(places)
        ]  # fmt: skip
        found = Machines(url, connection, controllers, deployment, nodes, accounts[1 + len(places) :], folder)
        try:
            for node in nodes:
                node.start()
            for node in nodes:
                node.register(connection, controllers)
            found.wait_ready()
            yield found
        finally:
            found.hang_up()
            for node in nodes:
                node.stop()


def same_result(
    folder: Path, url: str, places: list[Namespace], seats: list[int], wire: Wire, rounds: int,
    say: Callable[[str], None] = print,
) -> None:  # fmt: skip
    """Contribute and ask over the bad wire, then ask over a good one."""
    with spread(folder, url, places) as network:
        wire.delay, wire.loss = DELAY, LOSS
        lost, carried = wire.lost, wire.carried
        pool = Pool(network, rows=200, seats=[network.names[seat] for seat in seats], rounds=rounds)
        assert wire.lost > lost  # it did lose some
        say(f"carried {wire.carried - carried} frames, lost {wire.lost - lost}; one job took {pool.seconds:.1f} s")
        wire.delay, wire.loss = 0.0, 0.0
        assert pool.outcome(pool.ask()) == "right"
        wire.delay, wire.loss = DELAY, LOSS
        assert pool.outcome(pool.ask()) == "right"
        wire.delay, wire.loss = 0.0, 0.0


@pytest.fixture
def permitted() -> None:
    """Skips where this machine lets nobody make namespaces."""
    why = missing()
    if why:
        pytest.skip(f"needs namespaces of its own: {why}")


@pytest.mark.usefixtures("permitted")
def test_the_wire_delays_and_loses() -> None:
    """What is said over it arrives, whole and in order, later than it was sent; what is lost is said again by TCP."""
    words = bytes(range(256)) * 4000
    with cable(2) as (ends, wire):
        listening = ends[0].do(lambda: socket.create_server((ends[0].host, 7000)))
        with listening, ThreadPoolExecutor() as pool:
            wire.delay, wire.loss = DELAY, 0.05
            heard = pool.submit(_all_of_one, listening)
            began = time.monotonic()
            ends[1].do(lambda: _say((ends[0].host, 7000), words))
            assert heard.result(60) == words
            assert time.monotonic() - began > 3 * DELAY  # a handshake, and the words
        assert wire.lost > 0
        assert wire.carried > len(words) // 1500
    assert not [each for each in ends if Path(each.path).exists()]


def _say(place: tuple[str, int], words: bytes) -> None:
    with socket.create_connection(place, timeout=60) as connection:
        connection.sendall(words)


def _all_of_one(listening: socket.socket) -> bytes:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as file:
        return file.read()


@pytest.mark.long
@pytest.mark.usefixtures("permitted")
@pytest.mark.parametrize(
    ("nodes", "seats", "rounds"),
    [pytest.param(3, [0, 1, 2], 2, id="three"), pytest.param(7, [0, 2, 5], 10, id="seven")],
)
def test_far_apart_and_with_losses(anvil: Path, tmp_path: Path, nodes: int, seats: list[int], rounds: int) -> None:
    """The contract's committee is three of the nodes; chain and client have namespaces of their own."""
    with cable(nodes + 2) as (places, wire), chain_in(places[0], anvil, tmp_path) as url:
        places[1].do(lambda: same_result(tmp_path, url, places[2:], seats, wire, rounds))
