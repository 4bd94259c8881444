from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import compiled

from enigma.chain.deployment import NAMES, USUAL, Controllers
from enigma.errors import ChainRefused, FileProblem, WrongChain


@pytest.mark.processes
def test_a_network_is_deployed_bound_written_down_and_verified(chain: Chain, tmp_path: Path) -> None:
    connection = chain.connection
    made = Controllers.deploy(chain.sender())
    assert tuple(made.addresses) == NAMES
    path = tmp_path / "net" / "deployment.json"
    made.save(path)
    read = Controllers.load(path)
    assert read == made
    assert read.nodes(connection).terms() == USUAL.nodes
    assert read.jobs(connection).terms() == USUAL.jobs
    for client in (read.nodes(connection), read.committees(connection)):
        assert client.jobs() == made.addresses["Jobs"]
    assert read.ledger(connection).read("identities") == made.addresses["Identities"]
    assert read.leases(connection).grace() == USUAL.grace
    found = read.verify(connection, compiled)
    assert [(each.name, each.holds) for each in found] == [(name, True) for name in NAMES]
    constants = found[0].constants
    assert constants["MINIMUM"] == USUAL.nodes.minimum
    assert constants["binding.DEPLOYER"] == chain.accounts[0].address


@pytest.mark.processes
def test_a_deployment_that_is_not_what_it_says_does_not_verify(chain: Chain) -> None:
    connection = chain.connection
    first, second = Controllers.deploy(chain.sender()), Controllers.deploy(chain.sender())

    def problems(**changes: str) -> dict[str, str]:
        mixed = replace(first, addresses={**first.addresses, **changes})
        return {each.name: each.problem for each in mixed.verify(connection, compiled) if not each.holds}

    assert problems() == {}
    strangers = problems(Identities=second.addresses["Identities"])
    assert set(strangers) == {"Ledger"}  # Identities itself obeys nobody
    strangers = strangers | problems(Committees=second.addresses["Committees"])
    assert set(strangers) == {"Ledger", "Committees", "Jobs", "Leases"}
    assert "not Nodes of this deployment" in strangers["Committees"]
    assert "not Committees of this deployment" in strangers["Leases"]
    assert "not Identities of this deployment" in strangers["Ledger"]
    swapped = problems(Nodes=first.addresses["Ledger"])
    assert "the code at this address is another" in swapped["Nodes"]
    assert "there is no code" in problems(Ledger=chain.accounts[0].address)["Ledger"]
    code = bytearray(connection.code(first.addresses["Nodes"]))
    code[1000] ^= 1
    connection.ask("anvil_setCode", first.addresses["Nodes"], "0x" + code.hex())
    assert problems()["Nodes"].endswith("it differs from byte 1000 on")


@pytest.mark.processes
def test_nobody_but_the_deployer_can_bind_what_is_half_deployed(chain: Chain) -> None:
    made = Controllers.deploy(chain.sender())
    for client in (made.nodes, made.committees):
        with pytest.raises(ChainRefused, match="only the deployer"):
            client(chain.connection, chain.sender(1)).bind(made.addresses["Ledger"])
        with pytest.raises(ChainRefused, match="bound already"):
            client(chain.connection, chain.sender()).bind(made.addresses["Ledger"])


@pytest.mark.processes
def test_controllers_of_another_chain_are_not_looked_for_on_this_one(chain: Chain) -> None:
    address = "0x" + "00" * 20
    elsewhere = Controllers(1, dict.fromkeys(NAMES, address), 0)
    for use in (elsewhere.nodes, elsewhere.identities, elsewhere.ledger, elsewhere.verify):
        with pytest.raises(WrongChain, match="the controllers are on 1"):
            use(chain.connection)


GOOD = {
    "version": 1,
    "chain_id": 31337,
    "first_block": 1,
    "controllers": dict.fromkeys(NAMES, "0x5FbDB2315678afecb367f032d93F642f64180aa3"),
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "no deployment file of version 1"),
        ({"chain_id": "31337"}, "are numbers"),
        ({"chain_id": True}, "are numbers"),
        ({"first_block": -1}, "are numbers"),
        ({"controllers": []}, "are numbers"),
        ({"controllers": {}}, "each with an address"),
        ({"controllers": GOOD["controllers"] | {"Else": "0x" + "00" * 20}}, "each with an address"),  # type: ignore[operator]
        ({"controllers": GOOD["controllers"] | {"Jobs": "0x5fbdb2"}}, "each with an address"),  # type: ignore[operator]
        (
            {"controllers": GOOD["controllers"] | {"Jobs": "0x5FbDB2315678afecb367f032d93F642f64180aA3"}},  # type: ignore[operator]
            "each with an address",
        ),
    ],
)
def test_a_malformed_deployment_file_is_refused(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(GOOD))
    assert Controllers.load(path).chain_id == 31337
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(FileProblem, match=reason):
        Controllers.load(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "no deployment file"),
        (b" " * 70_000, "no dep"),
    ],
)
def test_what_is_no_deployment_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "deployment.json"
    with pytest.raises(FileProblem, match="No such file"):
        Controllers.load(path)
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=reason):
        Controllers.load(path)
