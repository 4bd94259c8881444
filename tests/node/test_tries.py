"""A job that fails each time is not tried without end: after so many attempts its seats refuse it together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.node.living import ROOT, grant_everybody, living

from enigma.errors import CallRefused, StoreProblem
from enigma.local.anvil import LocalChain
from enigma.node import tries
from enigma.node.tries import Tries
from enigma.storage import Store

SALARY = ROOT / "examples" / "average_salary" / "average_salary.py"
KEY, REQUEST, OTHER = bytes(32), b"r" * 32, b"o" * 32


def test_a_count_outlives_the_process(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db", KEY)
    first = Tries(store)
    for expected in range(tries.MOST):
        assert (first.count(REQUEST), first.spent(REQUEST)) == (expected, False)
        first.add(REQUEST, 1 << 40)
    store.close()
    store = Store.open(tmp_path / "store.db", KEY)
    assert Tries(store).spent(REQUEST)
    assert not Tries(store).spent(OTHER)
    store.close()


@pytest.mark.processes
@pytest.mark.long
def test_a_job_that_fails_each_time_is_refused(anvil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST", 2)
    with LocalChain(accounts=12) as chain, living(chain.connection, chain.accounts, tmp_path) as network:
        people = [network.person(index) for index in range(3)]
        deployed = people[0].deploy(SALARY, nodes=network.names, team=[each.account.address for each in people])
        now = network.connection.head().timestamp
        for person, pay in zip(people, (40_000, 50_000, 60_000), strict=True):
            grant_everybody(person, deployed.id, now)
            person.contract(deployed.id, SALARY).submit(pay).result(240)

        failed = 0
        holdings = network.places[1].running.holdings
        whole = holdings.pieces

        def pieces(*given: Any) -> list[bytes]:
            nonlocal failed
            failed += 1
            raise StoreProblem("the disk does not give it back")

        monkeypatch.setattr(holdings, "pieces", pieces)
        job = deployed.average()
        with pytest.raises(CallRefused, match="none of these attempts came to an end"):
            job.result(240)
        assert failed == 2  # it did fail, and was not tried again
        assert holdings.tries.count(job.request.request) == 2
        assert job.cost == 0

        monkeypatch.setattr(holdings, "pieces", whole)
        assert deployed.average().result(240) == pytest.approx(50_000, abs=1e-3)
