"""A job whose public half does not take its outcome does not count: nothing is handed out, and it is asked again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.node.living import grant_everybody, living

from enigma.errors import CallRefused, ChainRefused
from enigma.local.anvil import LocalChain
from enigma.node.states import JobState

pytestmark = pytest.mark.processes

SOURCE = '''
class Teller(Contract):
    """Tells a number once."""

    told: public[bool] = False
    stamp: public[int] = 0
    number: private[int(0, 1000)]

    @public
    def touch(self):
        self.stamp += 1

    @private
    def put(self, number: private[int(0, 1000)]):
        self.number = number

    @private
    def tell(self):
        require(not self.told, "it was told")
        self.told = True
        return reveal(self.number, to=everyone)
'''


def test_what_was_computed_on_public_fields_that_have_changed_is_not_handed_out(anvil: Path, tmp_path: Path) -> None:
    file = tmp_path / "teller.py"
    file.write_text(SOURCE, encoding="utf-8")
    with LocalChain(accounts=10) as chain, living(chain.connection, chain.accounts, tmp_path) as network:
        ann, bob = network.person(0), network.person(1)
        contract = ann.deploy(file, nodes=network.names)
        grant_everybody(ann, contract.id, network.connection.head().timestamp)
        contract.put(77).result(120)

        released = threading.Event()
        for place in network.places:
            _hold_back(place.running.worker, released)
        job = bob.contract(contract.id, file).tell()
        for place in network.places:
            docket = place.running.docket
            while (noted := docket.get(job.number)) is None or noted.state is not JobState.SIGNED:
                docket.wait(1.0)
        contract.touch()  # between the computation and its receipt
        released.set()
        with pytest.raises(CallRefused, match="public fields had changed"):
            job.result(120)
        assert contract.field("told") is False
        assert bob.contract(contract.id, file).tell().result(120) == 77
        with pytest.raises(ChainRefused, match="it was told"):
            bob.contract(contract.id, file).tell().result(120)


def _hold_back(worker: Any, released: threading.Event) -> None:
    """A node that brings receipts to the chain only when it is let."""
    bring: Callable[[Any], None] = worker._bring

    def held(job: Any) -> None:
        released.wait(120)
        bring(job)

    worker._bring = held
