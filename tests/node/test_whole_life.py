"""A job's whole life: deploy, draw, grant, contribute, ask, receipts, settlement; then the audit, by somebody else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.commands import COMMAND
from tests.node.living import ROOT, Living, grant_everybody, living

from enigma.chain.connection import Connection
from enigma.chain.identities import EVERYBODY, Use
from enigma.errors import CallRefused, ChainRefused
from enigma.keys.account import Account
from enigma.local.anvil import FUNDS, Anvil, LocalChain, find_anvil

pytestmark = pytest.mark.processes

TOWERS = ROOT / "examples" / "towers" / "towers.py"
CITIES = ((51.5, -0.1), (53.5, -2.2), (52.4, 4.9))


def customers(owner: int, rows: int = 40) -> dict[str, list[float]]:
    random = np.random.default_rng(owner)
    places = np.array(CITIES)[random.integers(0, len(CITIES), rows)] + random.normal(0, 0.05, (rows, 2))
    return {"latitude": places[:, 0].tolist(), "longitude": places[:, 1].tolist()}


@pytest.fixture(
    params=[
        "a chain of this process",
        pytest.param("a chain that is known by its URL", marks=pytest.mark.long),
    ]
)
def network(request: pytest.FixtureRequest, anvil: Path, tmp_path: Path) -> Iterator[Living]:
    if request.param == "a chain of this process":
        with (
            LocalChain(accounts=16) as chain,
            living(chain.connection, chain.accounts, tmp_path, nodes=4) as alive,
        ):
            yield alive
        return
    process = Anvil(find_anvil(), 4242, further=["--cache-path", str(tmp_path / "cache")])
    try:
        with closing(Connection(process.url)) as connection:
            accounts = tuple(Account.create() for _ in range(16))
            for account in accounts:
                connection.ask("anvil_setBalance", account.address, hex(FUNDS))
            with living(connection, accounts, tmp_path, nodes=4) as alive:
                yield alive
    finally:
        process.stop()


def audited(network: Living, job: int) -> tuple[int, Any]:
    """What a third process finds that has the URL, the addresses and the source, and nothing else."""
    given = ["--url", network.url, "--deployment", str(network.deployment), "--source", str(TOWERS), "--json"]
    done = subprocess.run([*COMMAND, "audit", str(job), *given], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_from_deployment_to_audit(network: Living) -> None:
    owners = [network.person(index) for index in range(3)]
    network.pass_time(1300)  # the nodes count from the epoch after their registration on
    boss = owners[0]
    with network.blocks_going_on():  # the seed of the draw is a block to come
        contract = boss.deploy(TOWERS, smallest=5)
    published = boss.committees.published(contract.id)
    assert published is not None
    assert published.drawn
    assert len(set(published.seats)) == 3
    assert set(published.seats) < set(network.names)
    now = network.connection.head().timestamp
    for owner in owners:
        contract.admit(owner.account.address)
        grant_everybody(owner, contract.id, now)
        owner.publish_key()
    for index, owner in enumerate(owners):
        assert owner.contract(contract.id, TOWERS).contribute(customers(index)).result(180) is None

    stranger = network.person(3)
    with pytest.raises(ChainRefused, match="not a member"):
        stranger.contract(contract.id, TOWERS).cluster(3)

    job = contract.cluster(3, rounds=5)
    centroids, sizes = job.result(180)
    assert sorted(np.round(centroids, 1).tolist()) == sorted([lat, lon] for lat, lon in CITIES)
    assert sizes.sum() == 120
    assert job.cost > 0
    assert contract.field("asked")[boss.address] == 1

    status, found = audited(network, job.number)
    assert status == 0, found
    assert found["holds"] is True
    verdicts = [each["verdict"] for section in found["sections"] for each in section["findings"]]
    assert "wrong" not in verdicts
    assert verdicts.count("proven") > 10

    # Another member reads the same; each seat hands out its shares sealed to the reader's own key.
    theirs = type(job)(owners[1], owners[1].contract(contract.id, TOWERS), job.request, job._block)
    assert np.array_equal(theirs.result(60)[0], centroids)

    # One owner takes its word back: the next question is refused, its cost returned, and no round is run.
    owners[2].identities.revoke(Use(owners[2].account.address, contract.id, EVERYBODY))
    refused = contract.using(check_consent=False).cluster(3)
    with pytest.raises(CallRefused, match=f"(?i){owners[2].account.address} has not granted this"):
        refused.result(180)
    assert refused.cost == 0
    # What was there, and was topped up to the least that an account must hold: nothing is reserved any more.
    assert boss.jobs.balance(boss.account.address) == boss.jobs.terms().minimum
