"""`Share` and `Compute`: a contribution with a reference, and questions by whom its owner lets compute on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.node.living import Living

from enigma.errors import AccessRefused, ArgumentProblem

pytestmark = pytest.mark.processes


def test_who_may_compute_does_and_reads_nothing(alive: Living, source: Path) -> None:
    ann, bob, eve = (alive.person(number) for number in (20, 21, 22))
    contract = ann.deploy(source, nodes=alive.names)
    rows = {"age": [30, 40], "pay": [1.5, 2.5]}
    shared = ann.share(contract, "contribute", compute=[bob], rows=rows)
    known = ann.identities.reference(shared.reference)
    assert known is not None
    assert known.owner == ann.account.address
    theirs = bob.contract(contract.id, source)
    job = bob.compute(shared.reference, theirs, "mean_age")
    assert job.result(120) == pytest.approx(35)
    # Nobody may read what was shared, and who is not named does not compute, in whatever way it asks.
    with pytest.raises(AccessRefused, match="may not read"):
        bob.load(shared.reference)
    with pytest.raises(AccessRefused, match="may not compute"):
        eve.compute(shared.reference, theirs, "mean_age")
    with pytest.raises(AccessRefused):
        eve.contract(contract.id, source).mean_age()
    with pytest.raises(ArgumentProblem, match="knows no reference"):
        bob.compute(bytes(32), theirs, "mean_age")
    with pytest.raises(ArgumentProblem, match="is public"):
        ann.share(contract, "close")
