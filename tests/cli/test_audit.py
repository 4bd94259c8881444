"""`enigma audit` and `enigma jobs` from a process that shares nothing with those who did the jobs, but the URL."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.chain.audit import court as courts
from tests.chain.audit.court import CONTRIBUTE, OTHER_ASKER, TEXT, Court
from tests.chain.conftest import Chain
from tests.chain.proxy import Proxy, port_of
from tests.chain.seated import ASKER, FEES
from tests.cli.commands import COMMAND, enigma, environment, last_line

from enigma.local.anvil import LocalChain

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Network:
    """A deployment on a chain of its own, the file that says where, and the source of its contract."""

    court: Court
    file: Path
    source: Path

    @property
    def url(self) -> str:
        return self.court.chain.url

    def run(self, command: str, *arguments: object, url: str = "") -> subprocess.CompletedProcess[str]:
        return enigma(command, *arguments, "--url", url or self.url, "--deployment", self.file)


def written(court: Court, folder: Path) -> Network:
    file, source = folder / "controllers.json", folder / "pay.py"
    court.controllers.save(file)
    source.write_bytes(TEXT)
    return Network(court, file, source)


@pytest.fixture(scope="module")
def named(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A named committee: job 1 settled, job 2 part signed and without consent, job 3 expired, job 4 open."""
    with LocalChain(accounts=20) as local:
        court = courts.named(Chain(local.connection, local.accounts))
        court.settled(OTHER_ASKER, result=bytes(32))
        court.settled(mark=2, seats=(0, 1, 3))
        expired = court.ask()
        court.chain.pass_time(FEES.term + 1)
        court.world.jobs().expire(expired.job)
        court.world.jobs(1).wake(court.world.contract, 0)
        for seat in range(1, 4):
            court.world.jobs(seat + 1).wake(court.world.contract, seat)
        court.ask()
        yield written(court, tmp_path_factory.mktemp("named"))


@pytest.fixture(scope="module")
def drawn(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A drawn committee on another chain that was started on its own, with one settled job."""
    with LocalChain(accounts=20, chain_id=4242) as local:
        court = courts.drawn(Chain(local.connection, local.accounts))
        court.settled()
        yield written(court, tmp_path_factory.mktemp("drawn"))


def test_a_job_of_a_named_committee(named: Network) -> None:
    done = named.run("audit", 1, "--source", named.source)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All that the chain can prove of job 1 holds." in done.stdout
    assert "✓ pay.py is the source that was published." in done.stdout
    assert "? That what people contributed is true." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_a_job_of_a_drawn_committee_on_another_chain(drawn: Network) -> None:
    done = drawn.run("audit", 1, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = last_line(done.stdout)
    assert (found["holds"], found["ended"], found["chain_id"]) == (True, "settled", 4242)
    assert found["counts"]["wrong"] == 0
    [committee] = [section for section in found["sections"] if section["title"] == "The committee"]
    assert any("seats fall to the same nodes" in finding["sentence"] for finding in committee["findings"])
    assert all(finding["block"] for finding in committee["findings"] if "seed" in finding["sentence"])


def test_what_does_not_fit_is_exit_status_1(named: Network) -> None:
    done = named.run("audit", 2)
    assert done.returncode == 1
    assert "✗ 1 of 1 other owner had not agreed, and the result is not empty." in done.stdout
    assert "Job 2 is not as it should be." in done.stdout
    assert last_line(named.run("audit", 2, "--json").stdout)["holds"] is False


def test_jobs_that_ended_otherwise(named: Network) -> None:
    for job, word in ((3, "expired"), (4, "open")):
        done = named.run("audit", job)
        assert done.returncode == 0, done.stdout
        assert f"Job {job} is {word}." in done.stdout


def test_what_is_not_there(named: Network, drawn: Network) -> None:
    missing = named.run("audit", 99)
    assert missing.returncode == 2
    assert "there is no job 99" in missing.stderr
    elsewhere = named.run("audit", 1, url=drawn.url)
    assert elsewhere.returncode == 3
    assert "serves the chain 4242" in elsewhere.stderr
    assert named.run("audit", 1, "--opening", named.file).returncode == 2


def test_a_node_that_lies_is_found_out_from_another_process(named: Network) -> None:
    reached: list[str] = []

    def tamper(method: str, params: list[Any], answer: dict[str, Any]) -> Any:
        if method == "eth_getBlockReceipts":
            for receipt in answer["result"]:
                kept = receipt["logs"][:-1]
                reached.extend([method] * (len(receipt["logs"]) - len(kept)))
                receipt["logs"] = kept
        return answer

    with Proxy(port_of(named.url), tamper) as proxy:
        done = named.run("audit", 1, url=proxy.url)
    assert reached
    assert done.returncode == 3
    assert "are not those that its hash binds" in done.stderr
    assert done.stdout == ""


# ---------------------------------------------------------------- jobs


def test_the_list_of_jobs(named: Network) -> None:
    done = named.run("jobs", "--source", named.source)
    assert done.returncode == 0, done.stderr
    head, *rows, count = done.stdout.splitlines()
    assert head.split() == ["job", "contract", "function", "asker", "state", "cost", "in", "ether", "asked", "(UTC)"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4"]
    assert ["settled" in rows[0], "part signed" in rows[1], "expired" in rows[2], "open" in rows[3]] == [True] * 4
    assert all("submit" in row for row in rows)
    assert count == "4 jobs"
    selector = "0x" + CONTRIBUTE.hex()
    assert selector in named.run("jobs").stdout


def test_the_list_of_jobs_fits_80_columns(named: Network) -> None:
    command = [*COMMAND, "jobs", "--url", named.url, "--deployment", str(named.file)]
    narrow = {**environment(), "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=narrow)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert max(map(len, lines)) <= 80


def test_jobs_of_one_asker_or_contract(named: Network) -> None:
    asker = named.court.chain.accounts[ASKER].address
    found = last_line(named.run("jobs", "--asker", asker, "--json").stdout)["jobs"]
    assert [job["number"] for job in found] == [2, 3, 4]
    assert {job["asker"] for job in found} == {asker}
    assert [job["cost"] is None for job in found] == [False, False, True]
    contract = "0x" + named.court.world.contract.hex()
    assert len(last_line(named.run("jobs", "--contract", contract[:9], "--json").stdout)["jobs"]) == 4
    assert named.run("jobs", "--contract", "0x" + "00" * 32).stdout == "No job was asked.\n"
    assert named.run("jobs", "--contract", "pay").returncode == 2


def test_jobs_are_followed_until_interrupted(drawn: Network) -> None:
    command = [*COMMAND, "jobs", "--follow", "--json", "--url", drawn.url, "--deployment", str(drawn.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["state"] == "settled"
        request = drawn.court.ask()
        opened = json.loads(process.stdout.readline())
        assert (opened["number"], opened["state"], opened["cost"]) == (request.job, "open", None)
        receipt = drawn.court.world.answered(request, 2)
        drawn.court.world.jobs().settle(receipt, drawn.court.signed(receipt))
        assert json.loads(process.stdout.readline())["state"] == "settled"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
