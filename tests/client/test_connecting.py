"""Finding the network of this machine, and whoever speaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.node.living import Living

import enigma
from enigma.errors import ArgumentProblem, ChainUnreachable, FileProblem, KeyProblem, NetworkError, WrongChain
from enigma.keys.account import Account

WORDS = "test test test test test test test test test test test junk"


def up(folder: Path, port: int, deployment: str | None = None) -> None:
    """What `enigma up` leaves in its folder."""
    folder.mkdir(exist_ok=True)
    (folder / "running.json").write_text(json.dumps({"pid": 1, "port": port}), encoding="utf-8")
    (folder / "mnemonic").write_text(WORDS + "\n", encoding="utf-8")
    if deployment is not None:
        (folder / "controllers.json").write_text(deployment, encoding="utf-8")


def test_where_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no network runs on this machine\n  enigma up"):
        enigma.connect(local=tmp_path)
    up(tmp_path, 1)
    with pytest.raises(FileProblem, match="enigma up deploys"):
        enigma.connect(local=tmp_path)
    (tmp_path / "running.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileProblem, match="not what enigma up writes"):
        enigma.connect(local=tmp_path)


@pytest.mark.processes
def test_the_network_of_this_machine(alive: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = alive.deployment.read_text(encoding="utf-8")
    port = int(alive.url.rpartition(":")[2])
    up(tmp_path / "chain", port, text)
    for number in (0, 3):
        with enigma.connect(local=tmp_path / "chain", account=number) as network:
            assert network.account == Account.from_mnemonic(WORDS, number)
            assert network.account.address in repr(network)
            assert network.nodes.listed() == alive.names
    for wrong in (-1, True, 1 << 40):
        with pytest.raises(ArgumentProblem, match="account="):
            enigma.connect(local=tmp_path / "chain", account=wrong)

    other = json.loads(text) | {"chain_id": 5}
    up(tmp_path / "chain", port, json.dumps(other))
    with pytest.raises(WrongChain, match="serves the chain 31337, and the controllers are on 5"):
        enigma.connect(local=tmp_path / "chain")
    up(tmp_path / "chain", 1, text)
    with pytest.raises(ChainUnreachable, match="start it again with enigma up"):
        enigma.connect(local=tmp_path / "chain")


@pytest.mark.processes
def test_any_network(alive: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    account = Account.create()
    keystore = tmp_path / "wallet.json"
    account.save(keystore, "secret", work=1 << 4)
    with enigma.connect(alive.url, alive.deployment, keystore, password="secret") as network:
        assert network.account == account
    with enigma.connect(alive.url, alive.controllers, account) as network:
        assert network.account == account
    with pytest.raises(KeyProblem):
        enigma.connect(alive.url, alive.deployment, keystore, password="wrong")
    with pytest.raises(ArgumentProblem, match="has a password"):
        enigma.connect(alive.url, alive.deployment, keystore)
    with pytest.raises(ArgumentProblem, match="needs an account"):
        enigma.connect(alive.url, alive.deployment)
    with pytest.raises(ArgumentProblem, match="have numbers"):
        enigma.connect(alive.url, alive.deployment, 1)
    with pytest.raises(FileProblem, match="names the controllers"):
        enigma.connect(alive.url, account=account)
