"""A network of processes, as `enigma node start` starts them, on a real chain: to be killed, and looked at."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import USUAL, Controllers
from enigma.chain.sending import Sender
from enigma.client.network import Network
from enigma.errors import NetworkError
from enigma.keys.account import Account
from enigma.local.anvil import LocalChain
from enigma.node import control
from enigma.node.config import FILE_NAME, Config, read_config
from enigma.node.config_fields import Plain, written
from enigma.node.keystore import create_keys, load_keys, read_address
from enigma.node.registering import Offer, register

ROOT = Path(__file__).parents[2]
TOWERS = ROOT / "examples" / "towers" / "towers.py"
SALARY = ROOT / "examples" / "average_salary" / "average_salary.py"
HOST = "127.0.0.1"
ETHER = 10**18
WEAK = 1 << 12
"""scrypt's work: these passwords are random, and protect nothing."""
PATIENCE = 300.0
"""Seconds after which a test that waits for a state of other processes gives up."""
BLOCKS_EVERY = 0.25
"""Seconds between blocks, so that the chain's time goes on without anybody's transaction."""


def until(what: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a state of other processes."""
    limit = time.monotonic() + patience
    pause = threading.Event()
    while not what():
        assert time.monotonic() < limit, "it did not come to be"
        pause.wait(0.05)


class Machine:
    """One node: a folder with its keys, and a process. `within` stands before its command (a network namespace).

    `apart`: its process sees another folder at that place than this one does.
    """

    def __init__(
        self,
        folder: Path,
        operator: Account,
        chain_url: str,
        deployment: Path,
        *,
        host: str = HOST,
        ports: tuple[int, int] | None = None,
        within: Sequence[str] = (),
        fields: Mapping[str, Plain] | None = None,
    ) -> None:
        self.folder, self.operator = folder, operator
        self._password = secrets.token_hex(16)
        self.within, self.apart = tuple(within), False
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_keys(folder, self._password, work=WEAK)
        peers, people = ports or free_ports()
        text = written(
            {
                "chain.url": chain_url,
                "chain.deployment": str(deployment),
                "chain.confirmations": 0,
                "peers.listen": f"{host}:{peers}",
                "peers.public": f"{host}:{peers}",
                "people.listen": f"{host}:{people}",
                "people.public": f"https://{host}:{people}",
                "jobs.ending_seconds": 5,
                **(fields or {}),
            }
        )
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
        self.config: Config = read_config(folder / FILE_NAME)

    @property
    def name(self) -> str:
        """Its address on the chain."""
        return read_address(self.folder)

    @property
    def pid(self) -> int:
        """Of its process, which runs or has just ended."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start its process; `is_ready` says when it serves. It ends when the test's process does."""
        self._log = (self.folder / "node.log").open("ab")
        command = [sys.executable, "-m", "enigma.cli", "node", "start", "--folder", str(self.folder), "--with-parent"]
        self._process = subprocess.Popen(
            [*self.within, *command], stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, start_new_session=True
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._password.encode() + b"\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """As a power cut would: SIGKILL to the process of the node. Its jobs' processes end with it."""
        assert self._process is not None
        self._process.kill()
        self.reap()

    def kill_jobs(self) -> int:
        """SIGKILL to all processes of its jobs, also those that wait for one; how many there were."""
        found = 0
        for child in self.children():
            try:
                os.kill(child, signal.SIGKILL)
                found += 1
            except ProcessLookupError:
                continue
        return found

    def stop(self) -> None:
        """Ask it to end, and wait for it; kill it where it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self.reap()

    def reap(self) -> int:
        """Wait until the process has ended, and close what was held of it; its status."""
        assert self._process is not None
        status = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._log is not None:
            self._log.close()
        return status

    @property
    def runs(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def told(self) -> dict[str, Any] | None:
        """What `enigma node status` shows; None where it does not answer."""
        try:
            return control.ask(self.view)
        except NetworkError:  # it is too busy to answer, or ends
            return None

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that it works on, as it tells them."""
        told = self.told()
        return [] if told is None else list(told.get("jobs", []))

    def waits(self) -> str:
        """What it waits for, as it tells it."""
        told = self.told()
        return "" if told is None else str(told["waits"])

    @property
    def view(self) -> Path:
        """Its folder as its process sees it."""
        return Path(f"/proc/{self.pid}/root{self.folder}") if self.apart else self.folder

    def is_ready(self, peers: int) -> bool:
        """Whether it serves, has read the chain, and knows so many others. A process that has ended fails the test."""
        assert self.runs, self.log()[-2000:]
        told = self.told()
        return told is not None and told["state"] == "ready" and not told["waits"] and told["peers"] >= peers

    def log(self) -> str:
        """All that it has logged."""
        return (self.folder / "node.log").read_text(encoding="utf-8", errors="replace")

    def register(self, connection: Connection, controllers: Controllers) -> None:
        """Say on the chain who it is and where, with money for its transactions, and log it in."""
        with closing(Sender(connection, self.operator)) as sender:
            offer = Offer(self.config.endpoint, self.config.at_once, fund=ETHER)
            register(controllers.nodes(connection, sender), sender, load_keys(self.folder, self._password), offer)

    # ------------------------------------------------------------ what the system says of it

    def children(self) -> list[int]:
        """The processes that it has started: jobs, and those that wait for one."""
        try:
            listed = Path(f"/proc/{self.pid}/task").iterdir()
            return [int(child) for task in listed for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def memory(pid: int, which: str = "VmHWM") -> int:
    """Bytes of memory that a process holds (VmRSS) or has ever held (VmHWM); 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{which}:")), 0)


def free_ports() -> tuple[int, int]:
    """Two ports that are free now. Both are held until both are known, so that they differ."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


@dataclass
class Machines:
    """The network of one test. `accounts` are people with ether, and no node."""

    url: str
    connection: Connection
    controllers: Controllers
    deployment: Path
    nodes: list[Machine]
    accounts: Sequence[Account]
    folder: Path
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.nodes]

    def person(self, index: int) -> Network:
        """The network as one person uses it."""
        found = Network(self.url, self.controllers, self.accounts[index], folder=self.folder / f"person{index}")
        return self._stack.enter_context(found)

    def hang_up(self) -> None:
        """Everybody who was a person here."""
        self._stack.close()

    def wait_ready(self) -> None:
        """Until all nodes serve, and know each other."""
        until(lambda: all(each.is_ready(len(self.nodes) - 1) for each in self.nodes))


@contextmanager
def blocks(connection_url: str) -> Iterator[None]:
    """Blocks are made without anybody's transaction, as on every other chain."""
    ending = threading.Event()

    def mine() -> None:
        with closing(Connection(connection_url)) as connection:
            while not ending.wait(BLOCKS_EVERY):
                connection.ask("evm_mine")

    thread = threading.Thread(target=mine, name="blocks")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@contextmanager
def machines(
    folder: Path, *, nodes: int = 3, people: int = 4, fields: Mapping[str, Plain] | None = None
) -> Iterator[Machines]:
    """A chain, its controllers, and nodes that are registered and ready. All of it is gone afterwards."""
    with LocalChain(accounts=1 + nodes + people) as chain, blocks(chain.url):
        with closing(Sender(chain.connection, chain.accounts[0])) as sender:
            controllers = Controllers.deploy(sender, USUAL)
        deployment = folder / "controllers.json"
        controllers.save(deployment)
        made = [
            Machine(folder / f"node{i}", chain.accounts[1 + i], chain.url, deployment, fields=fields)
            for i in range(nodes)
        ]
        found = Machines(
            chain.url, chain.connection, controllers, deployment, made, chain.accounts[1 + nodes :], folder
        )
        try:
            for each in made:
                each.start()
            for each in made:
                each.register(chain.connection, controllers)
            found.wait_ready()
            yield found
        finally:
            found.hang_up()
            for each in made:
                each.stop()
