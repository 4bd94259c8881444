"""`enigma node` as an operator uses it: real processes on a real chain."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import COMMAND, environment
from tests.cli.networks import NOWHERE, Network, on_one_line
from typer.testing import Result

from enigma.chain.nodes import Status
from enigma.chain.sending import Sender
from enigma.net.endpoint import Endpoint
from enigma.node import control
from enigma.node.keystore import read_address

Run = Callable[..., Result]
PASSWORD, OPERATORS = "correct horse", "battery staple"


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def command(*arguments: object, lines: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "node", *map(str, arguments)], input=lines, capture_output=True, text=True, check=False,
        env=environment(),
    )  # fmt: skip


@dataclass
class Operated:
    """A node's folder, and its process where it was started. Its log is JSON."""

    folder: Path
    password: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "node", "start", "--folder", str(self.folder), "--password-file", str(self.password)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip

    def until(self, event: str) -> dict[str, Any]:
        """Read its log up to this event. Every line must be one."""
        assert self.process is not None
        assert self.process.stderr is not None
        for line in self.process.stderr:
            assert line.startswith("{"), line + self.process.stderr.read()
            told: dict[str, Any] = json.loads(line)
            self.events.append(told)
            if told["event"] == event:
                return told
        raise AssertionError(f"it ended without {event}: {self.events}")

    def ended(self) -> tuple[int, str]:
        assert self.process is not None
        _, rest = self.process.communicate()
        return self.process.returncode, rest

    @property
    def name(self) -> str:
        return read_address(self.folder)


@pytest.fixture
def made(network: Network, tmp_path: Path) -> Iterator[Operated]:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    password.chmod(0o600)
    peers, people, metrics = free_ports(3)
    folder = tmp_path / "node"
    done = command(
        "init", "--host", "127.0.0.1", "--folder", folder, "--chain", network.local.url, "--deployment", network.file,
        "--confirmations", 0, "--peers-port", peers, "--people-port", people, "--password-file", password,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    file = folder / "node.toml"
    text = (
        file.read_text(encoding="utf-8")
        .replace('format = "human"', 'format = "json"')
        .replace("on = false", "on = true")
    )
    file.write_text(text.replace("127.0.0.1:9464", f"127.0.0.1:{metrics}"), encoding="utf-8")
    operated = Operated(folder, password)
    yield operated
    if operated.process is not None:
        with operated.process:
            operated.process.kill()


@pytest.fixture
def operator(network: Network, tmp_path: Path) -> Path:
    path = tmp_path / "operator.json"
    network.local.accounts[1].save(path, OPERATORS, work=2)
    return path


@pytest.mark.processes
def test_from_init_to_stop(made: Operated, network: Network, operator: Path) -> None:
    folder = made.folder
    assert folder.stat().st_mode & 0o077 == 0
    assert command("status", "--folder", folder).returncode == 1
    made.start()
    assert made.until("node is ready")["node"] == made.name
    assert made.until("node waits")["waits"] == "to be registered: enigma node register"

    register = ("register", "--folder", folder, "--keystore", operator, "--json")
    first = command(*register, "--fund", "0.5", lines=f"{PASSWORD}\n{OPERATORS}\n")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["done"] == ["funded with 0.5 ether", "registered with a deposit of 1 ether", "logged in"]
    assert (told["status"], told["balance_wei"]) == ("logged_in", str(5 * 10**17))
    found = network.controllers.nodes(network.connection).node(made.name)
    assert found is not None
    assert (found.status, found.operator) == (Status.LOGGED_IN, network.local.accounts[1].address)
    endpoint = Endpoint.parse(found.listing.endpoint)

    again = command(*register, lines=f"{PASSWORD}\n{OPERATORS}\n")
    assert json.loads(again.stdout)["done"] == []
    raised = command(*register, "--price", "2", "--deposit", "1.5", lines=f"{PASSWORD}\n{OPERATORS}\n")
    assert json.loads(raised.stdout)["done"] == ["described anew", "deposit raised to 1.5 ether"]
    out = command(*register, "--log-out", lines=f"{OPERATORS}\n")
    assert json.loads(out.stdout)["done"] == ["logged out"]
    back = command(*register, lines=f"{PASSWORD}\n{OPERATORS}\n")
    assert json.loads(back.stdout)["done"] == ["logged in"]

    status = command("status", "--folder", folder, "--json")
    told = json.loads(status.stdout)
    assert (told["state"], told["node"], told["jobs"], told["seats"]) == ("ready", made.name, [], [])
    assert made.process is not None
    assert told["pid"] == made.process.pid
    table = command("status", "--folder", folder)
    assert table.returncode == 0
    assert made.name in table.stdout
    assert str(endpoint) in on_one_line(table.stdout)

    config = (folder / "node.toml").read_text(encoding="utf-8")
    where = config.rpartition('listen = "')[2].partition('"')[0]
    with urllib.request.urlopen(f"http://{where}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    assert "enigma_ready 1.0" in lines
    assert 'enigma_jobs{state="running"} 0.0' in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)

    stopped = command("stop", "--folder", folder)
    assert stopped.stdout == f"The node in {folder} has ended.\n"
    code, rest = made.ended()
    said = [json.loads(line)["event"] for line in rest.splitlines()]
    assert (code, said[-2:]) == (0, ["node is ending", "node stopped"])
    assert set(said[:-2]) <= {"peer shut out", "node waits", "node is ready"}  # of its logging out and in again
    assert command("stop", "--folder", folder).stdout.startswith("No node runs in ")


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_for_its_chain_and_ends_by_a_signal(made: Operated, network: Network, number: signal.Signals) -> None:
    file = made.folder / "node.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(network.local.url, NOWHERE), encoding="utf-8")
    made.start()
    assert made.until("waiting for the chain")["level"] == "warning"
    told = control.ask(made.folder)
    assert told is not None
    assert told["state"] == "starting"
    assert told["waits"].startswith("waiting for the chain")
    assert made.process is not None
    made.process.send_signal(number)
    assert made.ended()[0] == 0
    file.write_text(text, encoding="utf-8")
    made.start()
    made.until("node is ready")
    made.process.send_signal(number)
    assert made.ended()[0] == 0


@pytest.mark.processes
def test_a_killed_one_starts_again_and_a_second_one_does_not(made: Operated) -> None:
    made.start()
    made.until("node is ready")
    second = command("start", "--folder", made.folder, lines=f"{PASSWORD}\n")
    assert second.returncode == 2
    assert "this node runs already" in second.stderr
    assert made.process is not None
    made.process.kill()
    made.ended()
    assert command("status", "--folder", made.folder, "--json").returncode == 1
    made.start()
    made.until("node is ready")


@pytest.mark.processes
def test_what_keeps_it_from_starting(made: Operated) -> None:
    wrong = command("start", "--folder", made.folder, lines="another\n")
    assert wrong.returncode == 2
    assert "the password does not open this keystore" in on_one_line(wrong.stderr)
    none = command("start", "--folder", made.folder)
    assert "no password" in on_one_line(none.stderr)
    made.password.chmod(0o644)
    opened = command("start", "--folder", made.folder, "--password-file", made.password)
    assert "can be read by others" in on_one_line(opened.stderr)
    file = made.folder / "node.toml"
    text = file.read_text(encoding="utf-8")
    port = int(text.partition('listen = "0.0.0.0:')[2].partition('"')[0])
    with socket.create_server(("0.0.0.0", port)):
        taken = command("start", "--folder", made.folder, lines=f"{PASSWORD}\n")
    assert taken.returncode == 3
    assert f"port {port}" in on_one_line(taken.stderr)
    file.write_text(text.replace("at_once = 2", "at_once = 0"), encoding="utf-8")
    line = next(i for i, each in enumerate(text.splitlines(), 1) if each.startswith("at_once"))
    bad = command("start", "--folder", made.folder, lines=f"{PASSWORD}\n")
    assert bad.returncode == 2
    assert f"node.toml, line {line}, jobs.at_once: 0 will not do: write a whole number from 1" in on_one_line(
        bad.stderr
    )
    assert not any("Traceback" in each.stderr for each in (wrong, none, opened, taken, bad))


@pytest.mark.processes
def test_it_ends_with_its_parent(made: Operated) -> None:
    process = subprocess.Popen(
        [*COMMAND, "node", "start", "--folder", str(made.folder), "--with-parent"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    made.process = process
    assert process.stdin is not None
    process.stdin.write(PASSWORD + "\n")
    process.stdin.flush()
    made.until("node is ready")
    assert made.ended()[0] == 0  # communicate closes its input


def test_init_changes_nothing_that_is_there(run: Run, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    arguments = ("node", "init", "--host", "a.example", "--folder", tmp_path / "n", "--password-file", password)
    assert run(*arguments).exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "n").rglob("*") if path.is_file()}
    again = run(*arguments)
    assert again.exit_code == 2
    assert "it is there already" in again.stderr
    assert before == {path: path.read_bytes() for path in (tmp_path / "n").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "no host"], "people.public: "),
        (["--host", "0.0.0.0"], "nobody reaches"),
        (["--host", "a.example", "--chain", "localhost"], "http://HOST:PORT"),
        (["--host", "a.example", "--peers-port", "7443"], "another port"),
        (["--host", "a.example", "--deployment", "none.json"], "none.json"),
    ],
)
def test_init_leaves_nothing_where_it_fails(run: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    result = run("node", "init", *arguments, "--folder", tmp_path / "n", "--password-file", password)
    assert result.exit_code == 2
    assert words in on_one_line(result.stderr)
    assert not (tmp_path / "n").exists()


@pytest.mark.processes
def test_register_refuses_what_cannot_be(made: Operated, network: Network, operator: Path, tmp_path: Path) -> None:
    register = ("register", "--folder", made.folder, "--keystore", operator)
    both = f"{PASSWORD}\n{OPERATORS}\n"
    for arguments, words in (
        (["--deposit", "0.5"], "the least is 1 ether"),
        (["--fund", "much"], "no amount"),
        (["--log-out"], "is not registered"),
    ):
        lines = f"{OPERATORS}\n" if arguments == ["--log-out"] else both
        done = command(*register, *arguments, lines=lines)
        assert (done.returncode, words in on_one_line(done.stderr)) == (2, True), done.stderr
    assert command(*register, lines=both).returncode == 0
    other = tmp_path / "other.json"
    network.local.accounts[2].save(other, OPERATORS, work=2)
    done = command("register", "--folder", made.folder, "--keystore", other, lines=both)
    assert done.returncode == 2
    assert "was registered by" in on_one_line(done.stderr)
    controllers = network.controllers.nodes(network.connection, Sender(network.connection, network.local.accounts[1]))
    controllers.begin_exit(made.name)
    left = command(*register, lines=both)
    assert left.returncode == 2
    assert "make another node" in on_one_line(left.stderr)


def test_no_environment_variable_is_looked_at() -> None:
    root = Path(__file__).parents[2] / "src" / "enigma"
    for path in [*(root / "node").glob("*.py"), *(root / "cli").glob("node*.py"), *(root / "cli").glob("up*.py")]:
        assert "environ" not in path.read_text(encoding="utf-8"), path
        assert "getenv" not in path.read_text(encoding="utf-8"), path
