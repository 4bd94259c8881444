"""`enigma data`: a file put by one account is got by a reader, byte for byte, and by nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.node.living import Living, living
from typer.testing import CliRunner, Result

from enigma.cli.app import app
from enigma.local.anvil import LocalChain

pytestmark = pytest.mark.processes

CONTENT = b"\x00\xffterms\n"


def run(network: Living, keystore: Path, *arguments: object) -> Result:
    where = ["--url", network.url, "--deployment", network.deployment, "--keystore", keystore]
    return CliRunner().invoke(app, ["data", *map(str, [*arguments, *where])], input="secret\n")


def test_put_get_and_list(anvil: Path, tmp_path: Path) -> None:
    with LocalChain(accounts=12) as chain, living(chain.connection, chain.accounts, tmp_path) as network:
        stores = [tmp_path / f"{number}.json" for number in range(3)]
        for store, account in zip(stores, network.accounts, strict=False):
            account.save(store, "secret", work=2)
        network.person(1).publish_key()
        file = tmp_path / "terms.pdf"
        file.write_bytes(CONTENT)
        done = run(network, stores[0], "put", file, "--reader", network.accounts[1].address)
        assert done.exit_code == 0, done.output
        reference = done.stdout.split()[-1]
        assert run(network, stores[1], "get", reference).stdout_bytes.endswith(CONTENT)
        written = tmp_path / "got.pdf"
        assert run(network, stores[1], "get", reference, "--output", written).exit_code == 0
        assert written.read_bytes() == CONTENT
        again = run(network, stores[1], "get", reference, "--output", written)
        assert (again.exit_code, "exists" in again.output) == (2, True)
        refused = run(network, stores[2], "get", reference)
        assert (refused.exit_code, "may not read" in " ".join(refused.output.split())) == (2, True)
        listed = json.loads(run(network, stores[0], "list", "--json").stdout.splitlines()[-1])
        assert [(each["reference"], each["name"], each["public"]) for each in listed["data"]] == [
            (reference, "terms.pdf", False)
        ]
        assert f"{reference}  terms.pdf  " in run(network, stores[0], "list").stdout
