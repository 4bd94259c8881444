"""`enigma up` as people start and end it: the chain alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.commands import COMMAND, environment
from typer.testing import Result

from enigma.chain.connection import Connection
from enigma.chain.sending import Sender
from enigma.errors import ToolMissing
from enigma.keys.account import Account
from enigma.local import kept_chain
from enigma.local.anvil import INSTALL

Run = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command; whatever a test leaves running is ended."""
    started: list[subprocess.Popen[str]] = []

    def begin(folder: Path, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, "up", "--folder", str(folder), "--accounts", "2", "--nodes", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        with process:
            process.wait()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_without_anvil(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ToolMissing("anvil is not installed", hint=INSTALL)

    monkeypatch.setattr(kept_chain, "find_anvil", missing)
    result = run("up", "--folder", tmp_path / "chain")
    assert result.exit_code == 2
    assert INSTALL in " ".join(result.stderr.split())
    assert not (tmp_path / "chain").exists()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_it_says_from_beginning_to_end(anvil: Path, start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path / "chain")
    first = first_line(process)
    assert first.startswith("A chain runs at http://127.0.0.1:")
    assert first.endswith(", chain id 31337, block 0.\n")
    assert process.stdout is not None
    table = [process.stdout.readline() for _ in range(3)]  # an end that comes sooner is heard sooner
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    lines = [*table, *out.splitlines()]
    assert lines[0].split() == ["Account", "Ether"]
    assert [line.split()[1] for line in lines[1:3]] == ["10,000.0000"] * 2
    assert lines[-1].startswith("Ended at block ")
    assert str(tmp_path / "chain") in lines[-1]


@pytest.mark.processes
def test_killed_with_a_confirmed_transaction(anvil: Path, start: Start, tmp_path: Path) -> None:
    """kill -9 of everything, at once and in either order: what was confirmed is there again, block for block."""
    folder, target = tmp_path / "chain", Account.create().address
    before: list[tuple[str, str]] = []
    url = ""
    for life, both in enumerate([True, False, True]):
        process = start(folder, "--json")
        told = json.loads(first_line(process))
        assert len(told["accounts"]) == 2
        assert told["url"] == (url := url or told["url"])
        connection = Connection(told["url"], chain_id=told["chain_id"])
        words = (folder / "mnemonic").read_text()
        for transaction, block_hash in before:
            receipt = connection.receipt(transaction)
            assert receipt is not None
            assert receipt.block_hash == block_hash
        receipt = Sender(connection, Account.from_mnemonic(words), confirmations=1).transfer(target, 10**life)
        before.append((receipt.transaction, receipt.block_hash))
        connection.close()
        process.kill()  # the process that keeps it, so that its anvil is left behind
        if both:
            os.kill(json.loads((folder / "running.json").read_text())["pid"], signal.SIGKILL)
        process.communicate()
    process = start(folder, "--json")
    told = json.loads(first_line(process))
    connection = Connection(told["url"])
    assert connection.balance(target) == 111
    assert told["url"] == url
    connection.close()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0


@pytest.mark.processes
def test_two_at_once(anvil: Path, start: Start, tmp_path: Path) -> None:
    one = start(tmp_path / "chain")
    url = first_line(one).split()[4].rstrip(",")
    other = start(tmp_path / "chain")
    _, err = other.communicate()
    assert other.returncode == 2
    assert "another process runs this chain" in err
    assert url in err
    assert "Traceback" not in err
    one.send_signal(signal.SIGINT)
    one.communicate()
