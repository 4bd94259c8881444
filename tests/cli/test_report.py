"""`enigma report` of jobs on a chain: what the page says is what happened, and a file that is another is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.networks import Run, on_one_line
from tests.node.living import Living, living

from enigma.local.anvil import LocalChain
from enigma.node.look.looking import look

pytestmark = pytest.mark.processes

ROWS = (7, 9)
SOURCE = '''"""What are people paid? No firm shows its payroll."""

Employee = table(part_time=bool, pay=fixed(0, 50_000))


class Pay(Contract):
    staff: private[Employee]

    @private
    def contribute(self, rows: private[Employee]):
        self.staff.append(rows)

    @private
    def mean_pay(self):
        require(len(self.staff) >= 5, "too few people")
        return reveal(mean(self.staff.pay), to=everyone)
'''


@dataclass
class Past:
    """A job on the rows of two owners, of whom the second withdrew afterwards."""

    network: Living
    source: Path
    headers: Path
    job: int
    asker: str
    owners: list[str]


@pytest.fixture(scope="module")
def past(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("network")
    source = folder / "pay.py"
    source.write_text(SOURCE, encoding="utf-8")
    with LocalChain(accounts=16) as chain, living(chain.connection, chain.accounts, folder) as network:
        asker, *owners = (network.person(index) for index in range(3))
        contract = asker.deploy(source, nodes=network.names)
        for owner, rows in zip(owners, ROWS, strict=True):
            theirs = owner.contract(contract.id, source)
            theirs.contribute({"part_time": [True] * rows, "pay": [100 * each for each in range(rows)]}).result(180)
            owner.grant(contract.id, to=asker, uses=3)
        job = contract.mean_pay()
        job.result(180)
        owners[1].withdraw(contract.id)
        headers = folder / "headers.json"
        told = look(network.places[0].running, {"job": job.number})
        headers.write_text(json.dumps(told["headers"]), encoding="utf-8")
        addresses = [owner.account.address for owner in owners]
        yield Past(network, source, headers, job.number, asker.account.address, addresses)


def given(past: Past) -> list[object]:
    return ["report", past.job, "--url", past.network.url, "--deployment", past.network.deployment]


def told(run: Run, past: Past, *arguments: object) -> Any:
    done = run(*given(past), *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def test_what_happened(run: Run, past: Past) -> None:
    found = told(run, past, "--source", past.source, "--headers", past.headers)
    assert found["holds"] is True
    assert (found["function"], found["asker"], found["state"]) == ("mean_pay", past.asker, "settled")
    assert found["source"]["purpose"] == "What are people paid? No firm shows its payroll."
    assert any("mean(self.staff.pay)" in each for each in found["source"]["reveals"])
    assert [(each["owner"], each["rows"]) for each in found["contributions"]] == [
        (owner, {"rows": rows}) for owner, rows in zip(past.owners, ROWS, strict=True)
    ]
    assert [each["withdrawn"] is not None for each in found["contributions"]] == [False, True]
    assert [(each["owner"], each["in_force"], each["uses"]) for each in found["agreements"]] == [
        (owner, True, 3) for owner in past.owners
    ]
    assert all(each["given"]["transaction"].startswith("0x") for each in found["agreements"])
    assert [each["node"] for each in found["seats"]] == past.network.names
    assert [each["operator"] for each in found["seats"]] == [p.operator.address for p in past.network.places]
    assert all(each["signed"] for each in found["seats"])
    assert [(each["owner"], each["before"]) for each in found["withdrawals"]] == [(past.owners[1], False)]


def test_the_page_in_a_file(run: Run, past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*given(past), "--source", past.source)
    assert done.exit_code == 0, done.output
    text = (tmp_path / f"job-{past.job}.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert past.owners[0] in text
    done = run(*given(past), "--markdown", "--out", "-")
    assert done.stdout.startswith(f"# Job {past.job}")
    assert "Not known here" in done.stdout


def test_another_source_is_refused(run: Run, past: Past, tmp_path: Path) -> None:
    other = tmp_path / "pay.py"
    other.write_text(SOURCE.replace("too few", "too many"), encoding="utf-8")
    done = run(*given(past), "--source", other)
    assert done.exit_code == 2
    assert "is not the source that was published" in on_one_line(done.output)


def test_a_header_with_other_rows_is_refused(run: Run, past: Past, tmp_path: Path) -> None:
    """A seat, or whoever hands headers on, cannot say another number of rows than the owner committed to."""
    headers = json.loads(past.headers.read_text(encoding="utf-8"))
    assert headers[0]["header"]["rows"] == ROWS[0]
    headers[0]["header"]["rows"] = 8
    headers[0]["header"]["columns"] = [[name, kind, [8]] for name, kind, _ in headers[0]["header"]["columns"]]
    altered = tmp_path / "headers.json"
    altered.write_text(json.dumps(headers), encoding="utf-8")
    done = run(*given(past), "--headers", altered)
    assert done.exit_code != 0
    assert "not those behind the commitment on the chain" in on_one_line(done.output)


@pytest.mark.parametrize("content", ["no JSON", "[1]", '[{"commitment": "zz"}]'])
def test_a_file_that_holds_no_headers(run: Run, past: Past, tmp_path: Path, content: str) -> None:
    file = tmp_path / "headers.json"
    file.write_text(content, encoding="utf-8")
    done = run(*given(past), "--headers", file)
    assert done.exit_code == 2
    assert "no file of headers" in on_one_line(done.output)
