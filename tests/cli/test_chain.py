"""`enigma chain` against a real chain, as an operator meets it: what is said, written, refused."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.chain.proxy import Proxy, port_of
from tests.chain.standing import LISTING, compiled
from tests.cli.commands import COMMAND, environment, last_line
from tests.cli.networks import NOWHERE, Network, Run, on_one_line

from enigma.chain.artifacts import load
from enigma.chain.coding import encode_call, function_entry
from enigma.chain.compiling import Verification
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.cli.chain_words import ether, moment, span
from enigma.keys.account import Account


def register(network: Network) -> str:
    """A node of account 1; its name."""
    signing = Account.create()
    nodes = network.controllers.nodes(network.connection, network.sender(1))
    proof = nodes.proof(signing, network.local.accounts[1].address)
    nodes.register(signing.address, LISTING, proof, deposit=15 * 10**17)
    return signing.address


# ---------------------------------------------------------------- status


@pytest.mark.processes
def test_status(network: Network, run: Run) -> None:
    node = register(network)
    network.controllers.nodes(network.connection, network.sender(1)).log_in(node)
    network.controllers.jobs(network.connection, network.sender(1)).fund(10**18)
    head = network.connection.head()
    usual = ("chain", "status", "--url", network.local.url, "--deployment", network.file)
    result = run(*usual)
    assert result.exit_code == 0, result.stderr
    assert f"Chain {network.connection.chain_id} at {network.local.url}\n" in result.stdout
    assert f"Block {head.number:,}, of {moment(head.timestamp)}\n" in result.stdout
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if "bytes" in line}
    assert {name: row[0] for name, row in rows.items()} == network.controllers.addresses
    assert rows["Nodes"][3:] == ["1.5", "ether"]
    assert rows["Jobs"][3:] == ["1", "ether"]
    assert "Nodes: 1 (1 logged in, 0 logged out, 0 leaving), deposits 1.5 ether\n" in result.stdout
    assert "Jobs: 0\n" in result.stdout
    told = last_line(run(*usual, "--json").stdout)
    assert told["nodes"] == {
        "listed": 1, "logged_in": 1, "logged_out": 0, "leaving": 0, "deposits_wei": str(15 * 10**17),
    }  # fmt: skip
    assert told["jobs"] == {
        "asked": 0, "looked_at": 0, "open": 0, "settled": 0, "partly": 0, "refused": 0, "expired": 0,
    }  # fmt: skip
    assert told["controllers"]["Nodes"]["code_bytes"] > 1000


@pytest.mark.processes
def test_a_chain_that_was_begun_anew(network: Network, run: Run) -> None:
    network.connection.ask("anvil_setCode", network.controllers.addresses["Ledger"], "0x")
    result = run("chain", "status", "--url", network.local.url, "--deployment", network.file)
    assert result.exit_code == 3
    assert "none" in next(line for line in result.stdout.splitlines() if line.startswith("Ledger")).split()
    assert "no contract is at the address of Ledger" in result.stderr
    assert "the chain was begun anew" in result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("command", ["status", "verify", "log"])
def test_readers_say_what_to_give_instead(network: Network, run: Run, tmp_path: Path, command: str) -> None:
    def refusal(status: int, url: str, file: Path) -> str:
        result = run("chain", command, "--url", url, "--deployment", file)
        assert result.exit_code == status
        assert result.stdout == ""
        return on_one_line(result.stderr)

    assert "enigma chain deploy writes one" in refusal(2, network.local.url, tmp_path / "none.json")
    (tmp_path / "text.json").write_text("hello")
    assert "this is not JSON" in refusal(2, network.local.url, tmp_path / "text.json")
    assert "no chain answers" in refusal(3, NOWHERE, network.file)
    elsewhere = tmp_path / "elsewhere.json"
    Controllers(1, network.controllers.addresses, 0).save(elsewhere)
    wrong = refusal(3, network.local.url, elsewhere)
    assert f"serves the chain {network.connection.chain_id}, and the controllers of {elsewhere} are on 1" in wrong
    assert "give --url of a node of that chain" in wrong


# ---------------------------------------------------------------- verify


@pytest.mark.processes
def test_verify(network: Network, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Controllers.verify

    def verify(self: Controllers, connection: Connection) -> list[Verification]:
        return whole(self, connection, compiled)  # each source once for all tests

    monkeypatch.setattr(Controllers, "verify", verify)
    usual = ("chain", "verify", "--url", network.local.url, "--deployment", network.file)
    result = run(*usual)
    assert result.exit_code == 0, result.stderr
    for name, address in network.controllers.addresses.items():
        assert f"{name} at {address}: holds\n" in result.stdout
    for constant in (
        "MINIMUM = 1 ether", "UNBONDING = 14 days", "EPOCH = 10 minutes", "LIE = 100 % of a deposit", "GRACE = 30 days",
    ):  # fmt: skip
        assert f"fixed at deployment: {constant}\n" in result.stdout
    assert "All 6 controllers are what the sources say, compiled again by Vyper 0.4.3" in result.stdout
    assert "ask another node too" in result.stdout

    code = bytearray(network.connection.code(network.controllers.addresses["Nodes"]))
    code[1000] ^= 1
    network.connection.ask("anvil_setCode", network.controllers.addresses["Nodes"], "0x" + code.hex())
    result = run(*usual)
    assert result.exit_code == 1
    assert "it differs from byte 1000 on" in result.stdout
    assert "Not what the sources say: Nodes." in result.stdout
    result = run(*usual, "--json")
    assert result.exit_code == 1
    told = last_line(result.stdout)
    assert told["holds"] is False
    assert [each["name"] for each in told["controllers"] if not each["holds"]] == ["Nodes"]


# ---------------------------------------------------------------- log


@pytest.mark.processes
def test_the_log_has_every_event_in_order(network: Network, run: Run) -> None:
    node, operator = register(network), network.local.accounts[1]
    network.controllers.jobs(network.connection, network.sender(1)).fund(10**18)
    network.controllers.jobs(network.connection, network.sender(1)).withdraw(10**17)
    ledger = network.controllers.ledger(network.connection, network.sender(1))
    ledger.send("set", operator.address, b"k" * 32, b"v" * 40)
    usual = ("chain", "log", "--url", network.local.url, "--deployment", network.file)
    result = run(*usual)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    said = [(line.split()[3], line.split()[4]) for line in lines]
    assert said == [
        ("Nodes", "Bound"), ("Committees", "Bound"), ("Nodes", "Registered"), ("Nodes", "Described"),
        ("Jobs", "Funded"), ("Jobs", "Withdrawn"), ("Ledger", "Set"),
    ]  # fmt: skip
    block = network.connection.block(int(lines[2].split()[0]))
    assert block is not None
    assert moment(block.timestamp) in lines[2]
    assert f"node={node}  operator={operator.address}  deposit=1.5 ether" in lines[2]
    assert 'endpoint="tls://192.0.2.1:4100"' in lines[3]
    assert lines[5].endswith(f"account={operator.address}  amount=0.1 ether")
    assert lines[6].endswith(f"value=0x{'76' * 32}..(40 bytes)")

    result = run(*usual, "--json", "--from", int(lines[4].split()[0]))
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["event"] for each in told] == ["Funded", "Withdrawn", "Set"]
    assert told[1]["arguments"] == {"account": operator.address, "amount": str(10**17)}
    assert told[2]["arguments"]["value"] == "0x" + "76" * 40
    assert {each["removed"] for each in told} == {False}
    late = run(*usual, "--from", 10**6)
    assert (late.exit_code, late.stdout) == (0, "")
    assert "before 1,000,000" in late.stderr


@pytest.mark.processes
def test_nobody_ends_the_log_or_moves_the_terminal_by_what_he_writes(network: Network, run: Run) -> None:
    """A text on the chain is whatever bytes its writer sent: no UTF-8, or commands of a terminal."""
    node, nodes, marked = register(network), network.controllers.addresses["Nodes"], b"here-is-the-endpoint"
    entry = function_entry(load("Nodes").abi, "describe", 6)
    call = encode_call(entry, (node, b"t" * 32, b"h" * 32, marked.decode(), 1, 1))
    operator = network.local.accounts[1].address
    network.connection.ask("anvil_impersonateAccount", operator)
    for endpoint in (b"\xff\xfe", b"\x1b[2Jgone\n"):
        data = call.replace(marked, endpoint.ljust(len(marked), b"-"))
        network.connection.ask("eth_sendTransaction", {"from": operator, "to": nodes, "data": "0x" + data.hex()})
    network.connection.ask("anvil_stopImpersonatingAccount", operator)
    result = run("chain", "log", "--url", network.local.url, "--deployment", network.file)
    assert result.exit_code == 0, result.stderr
    strange, moving = result.stdout.splitlines()[-2:]
    assert r'endpoint="\\xff\\xfe---' in strange
    assert r'endpoint="\u001b[2Jgone\n-----------"' in moving
    assert "\x1b" not in result.stdout


@pytest.mark.processes
def test_a_log_of_other_contracts_than_the_file_names(network: Network, run: Run, tmp_path: Path) -> None:
    register(network)
    there = network.controllers.addresses
    mixed = {**there, "Nodes": there["Jobs"], "Jobs": there["Nodes"]}
    Controllers(network.connection.chain_id, mixed, 0).save(tmp_path / "c.json")
    result = run("chain", "log", "--url", network.local.url, "--deployment", tmp_path / "c.json")
    assert result.exit_code == 3
    assert f"{there['Nodes']} has an event that Jobs does not have" in result.stderr
    assert "enigma chain verify" in result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following(network: Network, number: signal.Signals) -> None:
    words = ["chain", "log", "--url", network.local.url, "--deployment", str(network.file), "--follow", "--json"]
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None

        def following() -> Any:
            assert process.stdout is not None
            return json.loads(process.stdout.readline())

        assert [following()["controller"] for _ in range(2)] == ["Nodes", "Committees"]
        jobs = network.controllers.jobs(network.connection, network.sender(1))
        kept = network.connection.ask("evm_snapshot")
        jobs.fund(1)
        first = following()
        assert (first["event"], first["arguments"]["amount"], first["removed"]) == ("Funded", "1", False)
        network.connection.ask("evm_revert", kept)  # the chain loses the block, and gets another in its place
        network.controllers.jobs(network.connection, network.sender(2)).fund(2)
        lost, other = following(), following()
        assert (lost["transaction"], lost["removed"], lost["time"]) == (first["transaction"], True, None)
        assert (other["arguments"]["amount"], other["removed"]) == ("2", False)
        process.send_signal(number)
        rest, err = process.communicate()
        assert (process.returncode, rest) == (0, "")
        # It may have looked in the moment in which the chain had less blocks than before.
        assert all("asked again" in line or "answers again" in line for line in err.splitlines())


@pytest.mark.processes
def test_following_waits_for_a_node_that_does_not_answer(network: Network) -> None:
    with Proxy(port_of(network.local.url)) as proxy:
        words = ["chain", "log", "--url", proxy.url, "--deployment", str(network.file), "--follow"]
        with subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert ["Bound" in process.stdout.readline() for _ in range(2)] == [True] * 2
            proxy.tamper = lambda method, params, answer: b"<html>restarting</html>"
            assert process.stderr.readline().endswith("; it is asked again until it answers\n")
            network.controllers.jobs(network.connection, network.sender(1)).fund(10**18)
            proxy.tamper = None
            assert process.stderr.readline() == f"Note: {proxy.url} answers again\n"
            assert process.stdout.readline().endswith("amount=1 ether\n")
            process.send_signal(signal.SIGINT)
            assert process.communicate() == ("", "")
            assert process.returncode == 0


# ---------------------------------------------------------------- words


def test_amounts_and_times_in_words() -> None:
    assert [ether(wei) for wei in (0, 1, 10**9, 10**18, 1234 * 10**18 + 5 * 10**17)] == [
        "0 ether", "1 wei", "0.000000001 ether", "1 ether", "1,234.5 ether",
    ]  # fmt: skip
    assert moment(0) == "1970-01-01 00:00:00Z"
    assert moment(2**256 - 1) == "never"
    assert [span(seconds) for seconds in (1, 61, 600, 3600, 86_400 * 90)] == [
        "1 second", "61 seconds", "10 minutes", "1 hour", "90 days",
    ]  # fmt: skip


def test_the_commands_are_named(run: Run) -> None:
    result = run("chain", "--help")
    assert result.exit_code == 0
    for name in ("deploy", "status", "verify", "log"):
        assert name in result.stdout
    assert run("chain", "status").exit_code == 2  # no URL
