"""An owner's machine with real nodes: tables from files, consent, interruptions, answers, and all that refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.node.living import Living

import enigma
from enigma.client.contract import RemoteContract
from enigma.client.network import Network
from enigma.client.progress import Step
from enigma.client.seat_api import SeatApi
from enigma.errors import (
    AccessRefused,
    ArgumentProblem,
    CallRefused,
    ChainRefused,
    NetworkError,
    ProtocolError,
    TableProblem,
)

pytestmark = pytest.mark.processes

LONG = 120

AsPerson = Callable[[RemoteContract, int], tuple[Network, RemoteContract]]


@pytest.fixture(scope="module")
def boss(alive: Living) -> Network:
    return alive.person(0)


@pytest.fixture(scope="module")
def survey(alive: Living, boss: Network, source: Path) -> RemoteContract:
    return boss.deploy(source, nodes=alive.names)


@pytest.fixture
def as_person(alive: Living, source: Path) -> AsPerson:
    def found(survey: RemoteContract, index: int) -> tuple[Network, RemoteContract]:
        person = alive.person(index)
        return person, person.contract(survey.id, source)

    return found


def ages(*values: int) -> pa.Table:
    return pa.table({"age": list(values), "pay": [1.5] * len(values)})


@pytest.fixture
def fresh(alive: Living, source: Path, boss: Network) -> RemoteContract:
    """A contract that nobody has contributed to."""
    return boss.deploy(source, nodes=alive.names)


# ---------------------------------------------------------------- a whole life


def test_from_files_to_an_answer(
    alive: Living, source: Path, boss: Network, fresh: RemoteContract, tmp_path: Path
) -> None:
    parquet.write_table(ages(20, 30), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("Age,pay,name\n40,1,x\n999,1,y\n,1,z\n50,2,w\n", encoding="utf-8")
    owners = [alive.person(1), alive.person(2)]
    theirs = [owner.contract(fresh.id, source) for owner in owners]
    said: list[str] = []
    owners[1].say = said.append

    assert theirs[0].contribute(tmp_path / "a.parquet").result(LONG) is None
    with pytest.raises(TableProblem, match="line 3, column Age: '999' is outside"):
        theirs[1].contribute(str(tmp_path / "b.csv"))
    job = theirs[1].contribute(enigma.table(tmp_path / "b.csv", skip_bad=True))
    assert job.result(LONG) is None
    assert job.skipped == 2
    assert job.tables["rows"].ignored == ("name",)
    assert any("2 left out" in words for words in said)
    assert set(fresh.owners) == {owner.account.address for owner in owners}

    # Nobody has agreed: it is said before anything is paid, and the seats say the same.
    before = boss.connection.balance(boss.account.address)
    with pytest.raises(AccessRefused, match="have not agreed") as refusal:
        fresh.mean_age()
    assert all(owner.account.address in refusal.value.message for owner in owners)
    assert boss.connection.balance(boss.account.address) == before
    anyway = fresh.using(check_consent=False).mean_age()
    with pytest.raises(CallRefused, match="granted this"):
        anyway.result(LONG)
    assert (anyway.cost, anyway.receipt) == (0, None)
    assert "refused" in repr(anyway)

    owners[0].grant(fresh.id, uses=5)
    owners[1].grant(theirs[1], to=boss, function="mean_age", until=timedelta(days=1))
    steps: list[str] = []
    job = fresh.mean_age()
    assert job.result(LONG, progress=lambda told: steps.append(told["doing"])) == 35
    assert job.events == [("Told", {"count": 4})]
    assert steps
    assert job.done
    assert job.receipt is not None
    assert job.cost == job.receipt["cost"] > 0
    assert f"job {job.number}: mean_age, settled" in repr(job)
    assert "mean_age" in job._repr_html_()
    with pytest.raises(ArgumentProblem, match="has ended"):
        job.cancel()

    # The same question in another program of the same account, and for another reader.
    assert [each.number for each in object.__getattribute__(fresh, "asked")()][-1] == job.number
    assert owners[0].job(job.number, theirs[0]).result(LONG) == 35

    # One use was granted: it is spent. Taken back, the other is gone too.
    with pytest.raises(AccessRefused, match=owners[1].account.address):
        fresh.mean_age()
    owners[0].revoke(fresh.id)
    with pytest.raises(ArgumentProblem, match="no such grant"):
        owners[0].revoke(fresh.id, function=None, to=boss)
    owners[1].withdraw(fresh.id)
    assert fresh.owners == (owners[0].account.address,)


def test_results_for_one_account_need_no_preparation(as_person: AsPerson, fresh: RemoteContract) -> None:
    person, mine = as_person(fresh, 3)
    mine.contribute(ages(33, 44)).result(LONG)
    assert person.ledger.get(person.account.address, _sealing()) is None
    assert mine.oldest().result(LONG) == 44
    assert person.ledger.get(person.account.address, _sealing()) == person.sealing.public_bytes


def _sealing() -> bytes:
    from enigma.chain.ledger import SEALING

    return SEALING


# ---------------------------------------------------------------- interruptions


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("kept", [True, False], ids=["in a folder", "in memory"])
def test_an_interrupted_upload_goes_on(
    alive: Living, source: Path, survey: RemoteContract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """Another program takes over where the first one broke off, with the same bytes; then the secret is gone."""
    account = alive.accounts[4 if kept else 5]
    random = np.random.default_rng(1)
    table = pa.table({"age": random.integers(0, 99, 140_000), "pay": random.uniform(0, 9, 140_000)})

    def network() -> Network:
        return Network(alive.url, alive.controllers, account, folder=tmp_path / "kept" if kept else None)

    first = network()
    mine = first.contract(survey.id, source)
    put, count = SeatApi._json, threading.Lock()
    sent: list[tuple[str, str]] = []

    def breaking(self: SeatApi, method: str, path: str, **more: Any) -> dict[str, Any]:
        if method == "PUT" and "/uploads/" in path:
            with count:
                if len(sent) == 3:
                    raise NetworkError("cut")
                sent.append((self.node.node, path))
        return put(self, method, path, **more)

    monkeypatch.setattr(SeatApi, "_json", breaking)
    before = first.jobs.count()
    with pytest.raises(NetworkError, match="cut"):
        mine.contribute(table)
    assert len(sent) == 3
    assert first.jobs.count() == before
    files = list((tmp_path / "kept").glob("*.json")) if kept else []
    assert len(files) == (1 if kept else 0)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)

    again: list[tuple[str, str]] = []

    def listening(self: SeatApi, method: str, path: str, **more: Any) -> dict[str, Any]:
        if method == "PUT" and "/uploads/" in path:
            again.append((self.node.node, path))
        return put(self, method, path, **more)

    monkeypatch.setattr(SeatApi, "_json", listening)
    if kept:
        first.close()
        first = network()
        mine = first.contract(survey.id, source)
    steps: list[Step] = []
    first._progress = steps.append
    job = mine.contribute(table)
    assert job.result(LONG) is None
    assert not set(sent) & set(again)  # nothing was sent twice
    assert {path.split("/")[5] for _, path in sent} == {path.split("/")[5] for _, path in again}  # one commitment
    uploads = [step for step in steps if step.unit == "bytes"]
    assert uploads[-1].done == uploads[-1].total > table.nbytes
    assert not list((tmp_path / "kept").glob("*.json"))

    # The same rows once more, on purpose: another contribution, with other pieces.
    other = mine.contribute(table)
    assert other.number != job.number
    assert other.request.commitments != job.request.commitments
    assert other.result(LONG) is None
    first.close()


def test_what_was_asked_is_not_asked_twice(
    alive: Living, source: Path, survey: RemoteContract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends after its transaction was mined, and before it knew."""
    account = alive.accounts[6]
    with Network(alive.url, alive.controllers, account, folder=tmp_path) as person:
        mine = person.contract(survey.id, source)
        monkeypatch.setattr(type(person.jobs), "requests_in", lambda *_: (_ for _ in ()).throw(Interrupted()))
        before = person.jobs.count()
        with pytest.raises(Interrupted):
            mine.contribute(ages(1, 2))
        assert person.jobs.count() == before + 1
        monkeypatch.undo()
    with Network(alive.url, alive.controllers, account, folder=tmp_path) as person:
        mine = person.contract(survey.id, source)
        job = mine.contribute(ages(1, 2))
        assert job.number == before + 1
        assert person.jobs.count() == before + 1
        assert job.result(LONG) is None
        assert mine.contribute(ages(1, 2)).number == before + 2


# ---------------------------------------------------------------- what is refused


def test_a_node_that_is_down_is_named(
    alive: Living, as_person: AsPerson, survey: RemoteContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, mine = as_person(survey, 7)
    before = person.jobs.count()
    down(monkeypatch, alive.names[1])
    with pytest.raises(NetworkError, match=f"seat 1: node {alive.names[1]} at https://.* does not answer"):
        mine.contribute(ages(5))
    monkeypatch.undo()
    assert person.jobs.count() == before
    assert mine.contribute(ages(5)).result(LONG) is None


def down(monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    """From here to there, a node does not answer."""
    there = SeatApi._connected

    def connected(self: SeatApi) -> Any:
        if self.node.node == node:
            raise ConnectionRefusedError("connection refused")
        return there(self)

    monkeypatch.setattr(SeatApi, "_connected", connected)


def test_an_answer_needs_no_node_that_is_down(
    alive: Living, as_person: AsPerson, fresh: RemoteContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mine = as_person(fresh, 8)
    mine.contribute(ages(10, 20)).result(LONG)
    job = mine.mean_age()
    job._wait(LONG, None)
    down(monkeypatch, alive.names[0])
    assert job.result(LONG) == 15


def test_a_seat_that_lies_is_found_out(
    alive: Living, as_person: AsPerson, fresh: RemoteContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mine = as_person(fresh, 9)
    mine.contribute(ages(10, 20)).result(LONG)
    job = mine.mean_age()
    job._wait(LONG, None)
    honest = SeatApi.answer

    def lie(self: SeatApi, number: int) -> Any:
        told = dict(honest(self, number))
        told["answer"] = bytes(told["answer"]) + b"\0"
        return told

    monkeypatch.setattr(SeatApi, "answer", lie)
    with pytest.raises(ProtocolError, match="not what its receipt commits to"):
        job.result(LONG)
    monkeypatch.setattr(
        SeatApi, "answer", lambda self, number: (honest if self.node.node == alive.names[2] else lie)(self, number)
    )
    assert job.result(LONG) == 15


def test_what_the_public_half_refuses_costs_nothing(as_person: AsPerson, boss: Network, fresh: RemoteContract) -> None:
    person, mine = as_person(fresh, 10)
    with pytest.raises(ChainRefused, match="only the deployer"):
        mine.close()
    fresh.close()
    assert fresh.closed is True
    assert fresh.events("Closed") == [("Closed", {"by": boss.account.address})]
    before = person.connection.balance(person.account.address)
    with pytest.raises(ChainRefused, match="it is closed"):
        mine.contribute(ages(5))
    assert person.connection.balance(person.account.address) == before


def test_an_account_without_ether_is_told(alive: Living, source: Path, survey: RemoteContract) -> None:
    from enigma.errors import NoFunds
    from enigma.keys.account import Account

    with Network(alive.url, alive.controllers, Account.create()) as poor, pytest.raises(NoFunds, match="send ether"):
        poor.contract(survey.id, source).contribute(ages(5))


def test_maxima(as_person: AsPerson, survey: RemoteContract) -> None:
    person, mine = as_person(survey, 11)
    with pytest.raises(ArgumentProblem, match="at the least"):
        mine.using(maximum=1).contribute(ages(5))
    job = mine.using(maximum=5 * 10**15).contribute(ages(5))
    assert job.request.maximum == 5 * 10**15
    job.result(LONG)
    held = person.jobs.balance(person.account.address)
    assert 5 * 10**15 - job.cost <= held
    # A job that turns out dearer is refused by the seats, and costs nothing.
    fees = survey.fees
    dear = mine.using(maximum=fees.smallest).contribute(pa.table({"age": [1] * 3000, "pay": [1.0] * 3000}))
    with pytest.raises(CallRefused, match="this would cost"):
        dear.result(LONG)
    assert dear.cost == 0


def test_estimates_cover_what_jobs_cost(as_person: AsPerson, fresh: RemoteContract) -> None:
    _, mine = as_person(fresh, 12)
    for rows in (3, 5000):
        job = mine.contribute(pa.table({"age": [1] * rows, "pay": [1.0] * rows}))
        job.result(LONG)
        assert job.cost <= job.request.maximum
    job = mine.mean_age()
    job.result(LONG)
    assert job.cost <= job.request.maximum


def test_names(alive: Living, source: Path, survey: RemoteContract, boss: Network, tmp_path: Path) -> None:
    """The contract's own names go first, and every mistake says what there is."""
    assert survey.field("asked") == {}  # its field, though `asked` is a method of every contract
    assert set(survey.functions) == {"close", "contribute", "mean_age", "oldest"}
    assert "mean_age" in dir(survey)
    assert "contribute(rows: private[Person])  runs on the committee" in repr(survey)
    for wrong, said in (("mean_ages", "did you mean mean_age"), ("nothing_near", "there is asked, close")):
        with pytest.raises(AttributeError, match=said):
            getattr(survey, wrong)
    with pytest.raises(ArgumentProblem, match="people is private"):
        survey.field("people")
    with pytest.raises(ArgumentProblem, match="without rows"):
        survey.contribute()
    with pytest.raises(ArgumentProblem, match="no argument skip_bad"):
        survey.contribute(ages(1), skip_bad=True)
    with pytest.raises(ArgumentProblem, match="no contract"):
        boss.contract(bytes(32), source)
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        boss.contract("0x12", source)
    other = tmp_path / "other.py"
    other.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(ProtocolError, match="not the source"):
        boss.contract(survey.id, other)
    assert boss.contract(survey.address, source).id == survey.id
    with pytest.raises(ArgumentProblem, match="not registered"):
        boss.deploy(source, nodes=[*alive.names[:2], boss.account.address])
    with pytest.raises(ArgumentProblem, match="3 different nodes"):
        boss.deploy(source, nodes=alive.names[:1] * 3)
    with pytest.raises(ArgumentProblem, match="no function nothing"):
        boss.grant(survey, function="nothing")
    with pytest.raises(ArgumentProblem, match="has passed"):
        boss.grant(survey, until=timedelta(days=-1))


def test_modules_that_are_imported_by_digest_travel(alive: Living, boss: Network, tmp_path: Path) -> None:
    import hashlib

    module = tmp_path / "doubling.py"
    module.write_text('"""Twice."""\n\n\ndef twice(x):\n    return x + x\n', encoding="utf-8")
    digest = hashlib.sha256(module.read_bytes()).hexdigest()
    file = tmp_path / "contract.py"
    file.write_text(
        f"from sha256_{digest} import twice\n\n\nclass Doubling(Contract):\n    @private\n"
        "    def double(self, x: private[int(0, 100)]):\n        return reveal(twice(x), to=everyone)\n",
        encoding="utf-8",
    )  # fmt: skip
    contract = boss.deploy(file, nodes=alive.names, imports=[module])
    assert contract.double(21).result(LONG) == 42


def test_columns_keep_their_values_in_whatever_order_they_are_declared(
    alive: Living, boss: Network, tmp_path: Path
) -> None:
    file = tmp_path / "unsorted.py"
    file.write_text(
        "Row = table(z=int(0, 9), a=int(100, 200))\n\n\nclass Unsorted(Contract):\n    @private\n"
        "    def spread(self, rows: private[Row]):\n        return reveal(sum(rows.a) - sum(rows.z), to=everyone)\n",
        encoding="utf-8",
    )
    contract = boss.deploy(file, nodes=alive.names)
    assert contract.spread(pa.table({"z": [1, 2], "a": [150, 160]})).result(LONG) == 307
