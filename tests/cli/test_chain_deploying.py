"""`enigma chain deploy` against a real chain: what is said and written, refused, and gone on with."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain.proxy import Proxy, port_of
from tests.cli.commands import COMMAND, environment, last_line
from tests.cli.networks import NOWHERE, PASSWORD, Network, Run, on_one_line
from typer.testing import CliRunner, Result

from enigma.chain.deployment import NAMES, Controllers
from enigma.chain.sending import Sender
from enigma.cli.app import app
from enigma.cli.chain_deploying import STEPS
from enigma.cli.chain_words import ether
from enigma.keys.account import Account


@pytest.fixture
def pay(tmp_path: Path) -> Callable[..., Path]:
    """Writes an account's keystore."""

    def write(account: Account) -> Path:
        path = tmp_path / f"{account.address}.json"
        account.save(path, PASSWORD, work=2)
        return path

    return write


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `enigma chain deploy`, and type a password."""
    monkeypatch.setenv("COLUMNS", "120")

    def invoke(*arguments: object, password: str = PASSWORD) -> Result:
        return CliRunner().invoke(app, ["chain", "deploy", *map(str, arguments)], input=f"{password}\n")

    return invoke


@pytest.mark.processes
def test_what_deploying_says_and_writes(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path
) -> None:
    payer = network.local.accounts[2]
    before = network.connection.balance(payer.address)
    save = tmp_path / "new" / "c.json"
    result = deploy("--url", network.local.url, "--keystore", pay(payer), "--save", save)
    assert result.exit_code == 0, result.stderr
    made = Controllers.load(save)
    assert made.chain_id == network.connection.chain_id
    lines = result.stdout.splitlines()
    assert [line.split() for line in lines[2:-2]] == [[name, made.addresses[name]] for name in NAMES]
    paid = before - network.connection.balance(payer.address)
    assert lines[-2].startswith("8 transactions, ")
    assert lines[-2].endswith(f" gas, {ether(paid)}.")
    assert str(save) in lines[-1]
    assert [line.rpartition(":")[0] for line in result.stderr.splitlines()[1:]] == list(STEPS)
    assert payer.address in result.stderr
    assert PASSWORD not in result.output
    assert made.jobs(network.connection).count() == 0


@pytest.mark.processes
def test_deploying_for_a_program(network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path) -> None:
    payer, save = network.local.accounts[2], tmp_path / "c.json"
    before = network.connection.balance(payer.address)
    result = deploy("--url", network.local.url, "--keystore", pay(payer), "--save", save, "--json")
    told = last_line(result.stdout)
    made = Controllers.load(save)
    assert (told["controllers"], told["first_block"], told["file"]) == (made.addresses, made.first_block, str(save))
    assert told["transactions"] == 8
    assert int(told["cost_wei"]) == before - network.connection.balance(payer.address)


@pytest.mark.processes
def test_nothing_is_sent_where_something_is_wrong(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path
) -> None:
    url, keystore, save = network.local.url, pay(network.local.accounts[2]), tmp_path / "c.json"
    head = network.connection.head().number

    def refusal(status: int, *arguments: object, password: str = PASSWORD) -> str:
        result = deploy(*arguments, password=password)
        assert result.exit_code == status, result.output
        assert result.stdout == ""
        assert network.connection.head().number == head
        return on_one_line(result.stderr)

    usual = ("--url", url, "--keystore", keystore, "--save", save)
    assert "the password does not open this keystore nothing was sent" in refusal(2, *usual, password="wrong")
    assert "no password" in refusal(2, *usual, password="")
    missing = refusal(2, "--url", url, "--keystore", tmp_path / "none.json", "--save", save)
    assert "there is no such file --keystore takes the file in which a wallet" in missing
    (tmp_path / "text.json").write_text("hello")
    assert "is no keystore" in refusal(2, "--url", url, "--keystore", tmp_path / "text.json", "--save", save)
    gone = refusal(3, "--url", NOWHERE, "--keystore", keystore, "--save", save)
    assert "no chain answers at http://127.0.0.1:9" in gone
    assert "`enigma up` starts one" in gone
    assert "it looks like http://" in refusal(2, "--url", "localhost:8545", "--keystore", keystore, "--save", save)
    assert "it is there already" in refusal(2, "--url", url, "--keystore", keystore, "--save", network.file)
    assert "nothing can be written in" in refusal(
        2, "--url", url, "--keystore", keystore, "--save", keystore / "c.json"
    )
    poor = refusal(3, "--url", url, "--keystore", pay(Account.create()), "--save", save)
    assert "too little for the transaction and its fee" in poor
    assert "send ether to 0x" in poor
    assert not save.exists()


@pytest.mark.processes
def test_the_password_is_asked_for_on_a_terminal_and_not_shown(
    network: Network, pay: Callable[..., Path], tmp_path: Path
) -> None:
    keystore, save = pay(network.local.accounts[2]), tmp_path / "c.json"
    words = ["chain", "deploy", "--url", network.local.url, "--keystore", str(keystore), "--save", str(save), "--json"]
    ours, terminal = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,  # no terminal but the one that is its standard input
    ) as process:
        assert process.stderr is not None
        asked = b""
        while not asked.endswith(b".json: "):
            asked += (byte := process.stderr.read(1))
            assert byte, asked
        os.write(ours, f"{PASSWORD}\n".encode())
        out, err = process.communicate()
    shown = os.read(ours, 1000) if select.select([ours], [], [], 0)[0] else b""
    os.close(ours)
    os.close(terminal)
    assert process.returncode == 0, err
    assert PASSWORD.encode() not in out + err + shown
    assert Controllers.load(save).chain_id == network.connection.chain_id


@pytest.mark.processes
def test_money_that_ends_halfway(network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path) -> None:
    payer, save = Account.create(), tmp_path / "c.json"
    fee = 3 * 10**9  # wei per gas: about what the first controller takes
    network.connection.ask("anvil_setBalance", payer.address, hex(3_600_000 * fee))
    network.connection.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    result = deploy("--url", network.local.url, "--keystore", pay(payer), "--save", save)
    assert result.exit_code == 3
    told = on_one_line(result.stderr)
    assert " of 8 transactions were done, for " in told
    assert "Run the same again: it goes on, and does nothing twice" in told
    assert not save.exists()
    done = network.connection.nonce(payer.address)
    assert 0 < done < 8
    network.connection.ask("anvil_setBalance", payer.address, hex(10**18))
    result = deploy("--url", network.local.url, "--keystore", tmp_path / f"{payer.address}.json", "--save", save)
    assert result.exit_code == 0, result.stderr
    assert network.connection.nonce(payer.address) == 8
    assert "too little for the transaction" in told


@pytest.mark.processes
def test_a_file_that_cannot_be_written_after_all(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Controllers, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Controllers, "save", full)
    arguments = (
        "--url",
        network.local.url,
        "--keystore",
        pay(network.local.accounts[2]),
        "--save",
        tmp_path / "c.json",
    )
    result = deploy(*arguments, "--json")
    assert result.exit_code == 2
    assert set(last_line(result.stdout)["controllers"]) == set(NAMES)
    assert "No space left on device" in result.stderr
    assert "keep what is printed above" in result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("sendings", [1, 4, 8])
def test_a_deployment_that_was_killed_goes_on(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path, sendings: int
) -> None:
    payer, save = network.local.accounts[2], tmp_path / "c.json"
    usual = ["--keystore", str(pay(payer)), "--save", str(save)]
    with Proxy(port_of(network.local.url)) as proxy:
        words = [*COMMAND, "chain", "deploy", "--url", proxy.url, *usual]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
        ) as process:

            def cut(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
                if proxy.asked.count("eth_sendRawTransaction") == sendings:
                    process.kill()
                return answer

            proxy.tamper = cut
            process.communicate(f"{PASSWORD}\n".encode())
            assert process.returncode == -signal.SIGKILL
    assert not save.exists()
    assert network.connection.nonce(payer.address) == sendings
    result = deploy("--url", network.local.url, *usual)
    assert result.exit_code == 0, result.stderr
    assert network.connection.nonce(payer.address) == 8
    made = Controllers.load(save)
    assert all(network.connection.code(address) for address in made.addresses.values())
    assert made.nodes(network.connection).jobs() == made.addresses["Jobs"]
    assert "8 transactions, " in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([save.name, Path(usual[1]).name])


@pytest.mark.processes
def test_another_accounts_journal_is_left_alone(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path
) -> None:
    save = tmp_path / "c.json"
    journal = tmp_path / "c.json.journal"
    payer = network.local.accounts[1]
    sender = Sender(network.connection, payer, journal=journal)
    sender.transfer(payer.address, 1, once="something")
    sender.close()
    before = journal.read_bytes()
    result = deploy("--url", network.local.url, "--keystore", pay(network.local.accounts[2]), "--save", save)
    assert result.exit_code == 2
    assert f"the journal of {payer.address}" in on_one_line(result.stderr)
    assert journal.read_bytes() == before


@pytest.mark.processes
def test_a_deployment_waits_for_blocks_above_it(
    network: Network, deploy: Run, pay: Callable[..., Path], tmp_path: Path
) -> None:
    save, last = tmp_path / "c.json", []

    def one_block_for_each_look(method: str, params: list[Any]) -> bool:
        if method == "eth_blockNumber":
            network.connection.ask("evm_mine")
        return True

    def keep(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getTransactionReceipt" and answer["result"] is not None:
            last.append(int(answer["result"]["blockNumber"], 16))
        return answer

    with Proxy(port_of(network.local.url), keep) as proxy:
        proxy.before = one_block_for_each_look
        result = deploy(
            "--url", proxy.url, "--keystore", pay(network.local.accounts[2]), "--save", save, "--confirmations", 7
        )
    assert result.exit_code == 0, result.stderr
    assert network.connection.head().number - max(last) >= 7
    assert "waiting for 7 blocks" in result.stderr
    assert Controllers.load(save).first_block == min(last)
