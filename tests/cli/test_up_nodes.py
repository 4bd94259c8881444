"""`enigma up` with nodes: real processes, jobs on them, and what is left when things are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import COMMAND, enigma, environment

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.nodes import Status
from enigma.client.network import Network
from enigma.keys.account import Account
from enigma.node import control
from enigma.node.keystore import load_keys, read_password
from enigma.node.program import is_running

SALARY = Path(__file__).parents[2] / "examples" / "average_salary" / "average_salary.py"
SECRETS = (1_357_911, 2_468_101, 3_692_581)
NODES = 3
DEADLINE = 120.0
"""Seconds after which a test that waits for a state of other processes gives up."""


def until(what: Callable[[], bool]) -> None:
    limit = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not what():
        assert time.monotonic() < limit
        pause.wait(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


@dataclass
class Up:
    """`enigma up` in a folder. Errors of the command go to a file beside it."""

    folder: Path
    process: subprocess.Popen[str] | None = None

    def start(self, nodes: int = NODES) -> dict[str, Any]:
        with self.folder.with_suffix(".notes").open("a", encoding="utf-8") as notes:
            self.process = subprocess.Popen(
                [*COMMAND, "up", "--folder", str(self.folder), "--accounts", "4", "--nodes", str(nodes), "--json"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=notes, text=True, env=environment(),
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.folder.with_suffix(".notes").read_text(encoding="utf-8")
        told: dict[str, Any] = json.loads(line)
        return told

    def node(self, number: int) -> Path:
        return self.folder / "nodes" / str(number)

    def pids(self) -> list[int]:
        """Of everything that runs for it: itself, its chain, its nodes."""
        assert self.process is not None
        told = [control.ask(folder) for folder in sorted((self.folder / "nodes").iterdir())]
        anvil = json.loads((self.folder / "running.json").read_text(encoding="utf-8"))["pid"]
        return [self.process.pid, anvil, *(each["pid"] for each in told if each is not None)]

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def network(anvil: Path, tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path / "network")
    yield made
    if made.process is not None:
        if made.process.poll() is None:
            made.process.kill()
        with made.process:
            made.process.wait()
        enigma("down", "--folder", made.folder)


@pytest.mark.processes
def test_the_same_network_again(network: Up) -> None:
    """Ctrl-C ends all; the next start goes on with the same chain, controllers and nodes, and with fewer of them."""
    told = network.start()
    pids = network.pids()
    assert len(pids) == 2 + NODES
    assert len({each["node"] for each in told["nodes"]}) == NODES
    controllers = Controllers.load(Path(told["deployment"]))
    connection = Connection(told["url"])
    nodes = controllers.nodes(connection)
    found = [nodes.node(each["node"]) for each in told["nodes"]]
    assert [each.status for each in found if each is not None] == [Status.LOGGED_IN] * NODES
    assert [each.listing.endpoint for each in found if each is not None] == [e["endpoint"] for e in told["nodes"]]
    assert len({each.operator for each in found if each is not None}) == NODES
    connection.close()
    assert network.end() == 0
    assert not any(map(alive, pids))

    again = network.start(NODES - 1)
    assert {**again, "block": 0, "nodes": 0} == {**told, "block": 0, "nodes": 0}
    assert again["nodes"] == told["nodes"][:-1]
    connection = Connection(again["url"])
    last = controllers.nodes(connection).node(told["nodes"][-1]["node"])
    assert last is not None
    assert last.status is Status.LOGGED_OUT
    connection.close()
    pids = network.pids()
    down = enigma("down", "--folder", network.folder)
    assert (down.returncode, down.stdout, down.stderr) == (0, "Ended: network.\n", "")
    assert not any(map(alive, pids))
    assert enigma("down", "--folder", network.folder).stdout.startswith("Nothing runs in ")
    assert enigma("down", "--folder", network.folder, "--remove").returncode == 0
    assert not network.folder.exists()


def test_what_is_no_network_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("", encoding="utf-8")
    done = enigma("down", "--folder", tmp_path, "--remove")
    assert done.returncode == 2
    assert "is not the folder of a network; nothing was removed" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["lock", "mine"]


@pytest.mark.processes
def test_killed_nodes_and_a_killed_network(network: Up) -> None:
    network.start(2)
    one, other = (network.node(number) for number in (1, 2))
    before = control.ask(one)
    assert before is not None
    os.kill(before["pid"], signal.SIGKILL)

    def back() -> bool:
        now = control.ask(one)
        return now is not None and now["pid"] != before["pid"] and now["state"] == "ready"

    until(back)
    assert enigma("node", "stop", "--folder", other).returncode == 0
    assert not is_running(other)
    pids = network.pids()
    assert network.process is not None
    network.process.kill()
    network.process.wait()
    until(lambda: not is_running(one))
    assert not is_running(other)  # it was asked to end, and was not started again
    assert alive(pids[1])  # the chain's process, which makes no block by itself
    down = enigma("down", "--folder", network.folder)
    assert down.stdout == "Ended: a chain that was left behind.\n"
    until(lambda: not any(map(alive, pids[1:])))


@pytest.mark.long
@pytest.mark.processes
def test_no_log_and_no_answer_holds_a_secret(network: Up) -> None:
    """Three owners' salaries go through a job, with everything logged; then all that was said is searched."""
    network.start()
    network.end()
    for number in range(1, NODES + 1):
        file = network.node(number) / "node.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('level = "info"', 'level = "debug"'), encoding="utf-8")
    told = network.start()
    words = (network.folder / "mnemonic").read_text(encoding="utf-8")
    controllers = Controllers.load(Path(told["deployment"]))
    people = [Network(told["url"], controllers, Account.from_mnemonic(words, i + 1)) for i in range(3)]
    contract = people[0].deploy(
        SALARY, nodes=[each["node"] for each in told["nodes"]], team=[each.account.address for each in people]
    )
    for salary, person in zip(SECRETS, people, strict=True):
        person.contract(contract.id, SALARY).submit(salary).result(DEADLINE)
    for person in people:
        person.close()
    said = [json.dumps(control.ask(network.node(number))) for number in range(1, NODES + 1)]
    assert network.end() == 0
    said += [(network.node(number) / "node.log").read_text(encoding="utf-8") for number in range(1, NODES + 1)]
    said.append(network.folder.with_suffix(".notes").read_text(encoding="utf-8"))
    everything = "\n".join(said)

    for number in range(1, NODES + 1):
        assert f"contract={contract.id.hex()}" in said[NODES - 1 + number]
        assert "phase=" in said[NODES - 1 + number]  # debugging was on
    secrets = [form for number in range(1, NODES + 1) for form in key_forms(network.node(number))]
    secrets += [form for salary in SECRETS for form in value_forms(salary)]
    secrets += [each for person in people for each in (*bytes_forms(person.account.private_bytes()),)] + [words.strip()]
    assert found_in(everything, secrets) == []
    for planted in secrets:
        assert found_in(f"{everything}\nvalue={planted}", secrets) != []


def found_in(text: str, secrets: list[str]) -> list[str]:
    lowered = text.lower()
    return [each for each in secrets if each.lower() in lowered]


def key_forms(folder: Path) -> list[str]:
    password = read_password(folder / "password")
    keys = load_keys(folder, password)
    private = (keys.account.private_bytes(), keys.tls.private_bytes(), keys.sealing.private_bytes(), keys.store)
    return [password, *(form for each in private for form in bytes_forms(each))]


def bytes_forms(octets: bytes) -> list[str]:
    import base64

    return [octets.hex(), base64.b64encode(octets).decode(), str(int.from_bytes(octets, "big")), repr(octets)[2:-1]]


def value_forms(value: int) -> list[str]:
    """As written, and as raw numbers of any scale that a program may have: whole parts, and times powers of two."""
    whole = str(value)
    return [whole, f"{value:,}", *(str(value << bits) for bits in range(8, 41))]
