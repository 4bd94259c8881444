"""`enigma contribute`, `enigma jobs cancel` and `enigma id withdraw` on nodes that live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.commands import last_line
from tests.cli.networks import PASSWORD
from tests.client.survey import TEXT
from tests.node.firms import LONG, until
from tests.node.living import Living, living
from typer.testing import CliRunner, Result

from enigma.chain.jobs import Standing
from enigma.cli.app import app
from enigma.client.brought import brought
from enigma.client.contract import RemoteContract
from enigma.client.network import Network
from enigma.errors import NetworkError
from enigma.local.anvil import LocalChain
from enigma.node.attempts import Attempts
from enigma.wire import codec

pytestmark = pytest.mark.processes


@dataclass
class Office:
    """A contract on a network, and the keystore of one owner."""

    alive: Living
    boss: Network
    contract: RemoteContract
    source: Path
    keystore: Path

    @property
    def id(self) -> str:
        return "0x" + self.contract.id.hex()

    @property
    def where(self) -> list[str]:
        return ["--url", self.alive.url, "--deployment", str(self.alive.deployment)]

    def run(self, *words: str, signs: bool = True) -> Result:
        keystore = ["--keystore", str(self.keystore)] if signs else []
        return CliRunner().invoke(app, [*words, *self.where, *keystore], input=f"{PASSWORD}\n")


@pytest.fixture(scope="module")
def office(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    source = folder / "survey.py"
    source.write_text(TEXT, encoding="utf-8")
    with LocalChain(accounts=10) as chain, living(chain.connection, chain.accounts, folder) as alive:
        chain.connection.ask("evm_setIntervalMining", 1)
        boss = alive.person(0)
        contract = boss.deploy(source, nodes=alive.names)
        keystore = folder / "owner.json"
        alive.accounts[1].save(keystore, PASSWORD, work=2)
        yield Office(alive, boss, contract, source, keystore)


def test_a_table_is_contributed_and_withdrawn(office: Office, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("age,pay\n40,1\n999,1\n50,2\n", encoding="utf-8")
    given = ["contribute", office.id, str(table), "--source", str(office.source)]
    refused = office.run(*given)
    assert refused.exit_code == 2
    assert "line 3, column age: '999' is outside" in refused.output
    assert "--skip-bad" in refused.output
    assert not office.contract.owners
    done = office.run(*given, "--skip-bad", "--json")
    assert done.exit_code == 0, done.output
    told = last_line(done.stdout)
    assert (told["rows"], told["skipped"], told["function"]) == (2, 1, "contribute")
    audited = office.run("audit", str(told["job"]), "--contributions", "--json", signs=False)
    assert audited.exit_code == 0, audited.output
    assert last_line(audited.stdout)["contributions"] == [
        {"parameter": "rows", "rows": 2, "skipped": 1, "columns": ["age", "pay"]}
    ]
    refuses_another_count(office, told["job"])
    owner = office.alive.accounts[1].address
    assert office.contract.owners == (owner,)
    assert office.run(*given, "--function", "mean_age").exit_code == 2

    nothing = office.run("id", "withdrawn", office.id, owner, signs=False)
    assert nothing.exit_code == 2
    withdrawn = office.run("id", "withdraw", office.id, "--wait", str(LONG), "--json")
    assert withdrawn.exit_code == 0, withdrawn.output
    told = last_line(withdrawn.stdout)
    assert {each["node"] for each in told["signed"]} == set(office.contract.seats)
    assert len(told["signed"]) == len(office.contract.seats)
    assert all(each["pieces"] == 2 for each in told["signed"])
    assert told["missing"] == {}
    again = office.run("id", "withdrawn", office.id, owner, signs=False)
    assert again.exit_code == 0, again.output
    assert again.stdout.count("has deleted 2 pieces") == 3
    late = office.alive.places[2]
    office.alive.stop(late)
    missing = office.run("id", "withdrawn", office.id, owner, signs=False)
    office.alive.start(late)
    assert missing.exit_code == 0, missing.output
    assert f"{late.name} has not signed: " in " ".join(missing.stdout.split())


def refuses_another_count(office: Office, job: int) -> None:
    """A seat that says that nothing was left out is not believed; the next one is asked."""
    request = office.boss.job(job, office.contract).request
    honest = office.alive.places[0].running.inbox.about(request)["rows"]
    header, commitments = codec.decode(honest, limit=1 << 20)  # type: ignore[misc]
    assert header["skipped"] == 1  # type: ignore[index,call-overload]
    lie = codec.encode([{key: each for key, each in header.items() if key != "skipped"}, commitments])  # type: ignore[union-attr]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.alive.places[0].running.inbox, "about", lambda _: {"rows": lie})
        assert brought(office.boss, request, office.alive.names)["rows"].skipped == 1
        with pytest.raises(NetworkError, match="not what the chain's commitment binds"):
            brought(office.boss, request, office.alive.names[:1])


def test_a_job_is_taken_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = office.alive.person(1)
    monkeypatch.setattr(Attempts, "may_begin", lambda *_: False)
    job = asked.contract(office.contract.id, office.source).oldest()
    until(lambda: office.alive.places[0].running.docket.get(job.number) is not None)
    waits = office.run("jobs", "cancel", str(job.number), "--wait", "0")
    assert waits.exit_code == 3
    assert "has stopped" in waits.output
    monkeypatch.undo()
    done = office.run("jobs", "cancel", str(job.number), "--wait", str(LONG))
    assert done.exit_code == 0, done.output
    assert "is taken back" in done.stdout
    assert job._standing() is Standing.REFUSED
    assert "has ended" in office.run("jobs", "cancel", str(job.number)).output
    assert "nobody has asked" in office.run("jobs", "cancel", "999").output
    listed = office.run("jobs", "--json", signs=False)
    assert last_line(listed.stdout)["jobs"][-1]["state"] == "refused"
