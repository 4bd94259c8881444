"""What is undone: snapshots, calls that fail half-way, secrets that nothing refers to any more."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from tests.local.contracts import deploy, picture, pool

import enigma
from enigma.array import Committee
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED
from enigma.errors import ArgumentProblem, NetworkError, SeatLost
from enigma.local.plain import PlainCommittee


@pytest.fixture(params=["plain", pytest.param("seats", marks=pytest.mark.processes)])
def committee(request: pytest.FixtureRequest) -> Iterator[Committee]:
    with enigma.plain() if request.param == "plain" else enigma.local() as made:
        yield made


def test_a_snapshot_undoes_everything(committee: Committee) -> None:
    contract = pool(committee)
    contract.befriend("bob")
    contract.as_("ann").put(60)
    contract.as_("ann").keep(7)
    before = picture(contract)
    with contract.snapshot():
        contract.befriend("cyd")
        contract.pass_time(100)
        contract.as_("ann").halfway(99)
        contract.as_("ann").keep(8)
        contract.as_("bob").append([{"age": 1, "score": 0, "kind": "a", "member": False}])
        contract.as_("ann").forget()
        contract.as_("ann").give_up()
        other = contract.simulation.deploy_source(contract.module.source)
        identity = contract.simulation.identity({"ann": OWNER, "bob": RESTRICTED})
        assert picture(contract) != before
        assert contract.as_("bob").received != []
    assert picture(contract) == before
    assert contract.friends == {enigma.address("bob")}
    assert contract.as_("bob").received == []
    assert dict(contract.simulation.dictionaries.identities.members(identity)) == {identity: OWNER}
    # What is rolled back happens again in the same way.
    assert contract.simulation.deploy_source(contract.module.source).address == other.address
    contract.as_("bob").put(2)
    assert contract.add_up() == 62


def test_snapshots_nest_and_survive_what_fails_inside(committee: Committee) -> None:
    contract = pool(committee)
    contract.as_("ann").put(1)
    with contract.snapshot():
        contract.as_("bob").put(2)
        with contract.snapshot():
            contract.as_("ann").forget()
            assert contract.who() == [enigma.address("bob")]
        assert contract.add_up() == 3
    assert contract.who() == [enigma.address("ann")]
    with pytest.raises(ZeroDivisionError), contract.snapshot():  # noqa: PT012 - the block is what is tested
        contract.as_("ann").put(9)
        _ = 1 // 0
    contract.as_("bob").put(4)
    assert contract.add_up() == 5


# ---------------------------------------------------------------- what a call leaves behind


def test_a_call_that_fails_half_way_changes_nothing(committee: Committee) -> None:
    contract = pool(committee)
    contract.befriend("bob")
    contract.as_("ann").put(60)
    before = picture(contract)
    with enigma.refused("fifty or less"):
        contract.as_("ann").halfway(50)
    assert picture(contract) == before
    assert contract.smallest == 2
    assert repr(contract.as_("ann").halfway(51)) == "<sealed to bob>"
    assert [each.value for each in contract.as_("bob").received] == [51 * 51]
    assert contract.smallest == 7


def stored(committee: PlainCommittee) -> int:
    return len(committee._stored)


def test_what_nothing_refers_to_is_forgotten() -> None:
    committee = PlainCommittee()
    contract = pool(committee)
    at_rest = stored(committee)  # the field that has a first value
    contract.as_("ann").put(1)
    contract.as_("ann").put(2)
    assert stored(committee) == at_rest + 1
    contract.as_("bob").twice(3, 4)
    assert stored(committee) == at_rest + 1
    with enigma.refused("too few"):
        contract.add_up()
    with enigma.refused("fifty"):
        contract.as_("bob").halfway(5)
    assert stored(committee) == at_rest + 1
    for bad in ((101,), (1, 101), (1, 2, 3)):
        with pytest.raises(ArgumentProblem):
            contract.as_("bob").twice(*bad)
    assert stored(committee) == at_rest + 1
    contract.as_("ann").append([{"age": 1, "score": 0, "kind": "a", "member": False}])
    assert stored(committee) == at_rest + 5
    contract.as_("bob").keep(9)
    contract.as_("bob").keep(8)
    assert stored(committee) == at_rest + 6
    contract.as_("bob").give_up()
    contract.as_("ann").forget()
    assert stored(committee) == at_rest + 4
    with contract.snapshot():
        contract.as_("cyd").put(5)
        assert stored(committee) > at_rest + 4
    assert stored(committee) == at_rest + 4


def test_a_deployment_that_fails_leaves_nothing() -> None:
    committee = PlainCommittee()
    text = (
        "class Late(Contract):\n    x: private[int(0, 9)] = 3\n"
        "    @public\n    def __init__(self, n: int):\n        require(n > 0, 'too late')\n"
    )
    with enigma.refused("too late"):
        deploy(text, committee, n=0)
    assert stored(committee) == 0


@pytest.mark.processes
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in a snapshot"])
def test_a_lost_seat_changes_nothing(inside: bool) -> None:
    with enigma.local() as committee:
        contract = pool(committee)
        contract.as_("ann").put(60)
        contract.as_("bob").put(40)
        before = picture(contract)

        def lose() -> None:
            os.kill(committee.process_ids[1], signal.SIGKILL)
            contract.add_up()

        with pytest.raises(SeatLost):  # noqa: PT012 - both ways
            if inside:
                with contract.snapshot():
                    lose()
            else:
                lose()
        assert picture(contract) == before
        # The committee has ended, and says so; the contract is still what it was.
        with pytest.raises(NetworkError, match="ended earlier"):
            contract.add_up()
        assert picture(contract) == before
