"""Contracts as objects in a test: callers, signers, fields, receipts, time, and several contracts side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.local.contracts import deploy, picture, pool

import enigma
from enigma.array import Committee
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED
from enigma.errors import ArgumentProblem, CallRefused, FileProblem, SourceLeak
from enigma.local.committee import LocalCommittee
from enigma.local.simulation import BEGINNING, SimulatedContract, Simulation


@pytest.fixture(params=["plain", pytest.param("seats", marks=pytest.mark.processes)])
def committee(request: pytest.FixtureRequest) -> Iterator[Committee]:
    with enigma.plain() if request.param == "plain" else enigma.local() as made:
        yield made


# ---------------------------------------------------------------- callers


def test_each_party_calls_as_itself(committee: Committee) -> None:
    contract = pool(committee)
    contract.as_("ann").put(3)
    contract.as_("bob").put(number=4)
    contract.as_(enigma.address("cyd")).put(5)
    assert contract.who() == [enigma.address(name) for name in ("ann", "bob", "cyd")]
    assert contract.add_up() == 12
    # The deployer's own call.
    contract.put(8)
    assert contract.as_(str(enigma.address("ann"))).add_up() == 20
    assert contract.as_("ann").address == enigma.address("ann")


def test_several_sign_and_the_first_sends() -> None:
    contract = pool()
    assert contract.as_("ann", "bob").signed() == (2, enigma.address("ann"))
    assert contract.as_(contract.as_("bob")).signed() == (1, enigma.address("bob"))
    with pytest.raises(ArgumentProblem, match="needs a name"):
        contract.as_()
    with pytest.raises(ArgumentProblem, match="a int is no party"):
        contract.as_(3)


def test_results_go_to_whom_they_are_for(committee: Committee) -> None:
    contract = pool(committee)
    contract.befriend("bob")
    contract.as_("ann").append([{"age": 30, "score": 0.5, "kind": "b", "member": True}])
    contract.as_("ann").append({"age": [40, 50], "score": [-0.5, 0.25], "kind": [0, 1], "member": [True, False]})
    ages, score = contract.as_("ann").ages()
    assert ages.tolist() == [30, 40, 50]
    assert repr(score) == "<sealed to bob>"
    assert [each.value.tolist() for each in contract.as_("ann").received] == [[30, 40, 50]]
    (received,) = contract.as_("bob").received
    assert received.function == "ages"
    assert received.value == pytest.approx(1 / 12, abs=1e-5)
    assert contract.as_("deployer").received == []


# ---------------------------------------------------------------- what is asked wrongly


@pytest.mark.parametrize(
    ("ask", "message", "hint"),
    [
        (lambda c: c.ad_up(), "Pool has no function ad_up", "did you mean add_up?"),
        (lambda c: c.as_("ann").putt(1), "Pool has no function putt", "did you mean put?"),
        (lambda c: c.as_("ann").xyzzy, "Pool has no function xyzzy", "there is befriend, put,"),
        (lambda c: c.inner(1), "inner is internal to Pool", "@public nor @private"),
        (lambda c: c.twice(1, 2, 3), "twice takes 2 arguments, not 3", "twice(number, other)"),
        (lambda c: c.twice(), "twice is called without number", "twice(number, other)"),
        (lambda c: c.twice(1, nummber=2), "twice has no argument nummber", "did you mean number?"),
        (lambda c: c.twice(1, number=2), "twice is given number twice", "twice(number, other)"),
        (lambda c: c.twice(1, other="x"), "twice(other) is int(0, 100), and this is a text", "whole numbers"),
        (lambda c: c.befriend(3), "a int is no party", "a name such as"),
        (lambda c: c.field("smalest"), "Pool has no field smalest", "did you mean smallest?"),
        (lambda c: c.field("unset"), "unset has no value yet", ""),
        (lambda c: c.total, "total is private", "a @private function reveals"),
        (lambda c: c.rows, "rows is private", "a @private function reveals"),
        (lambda c: c.numbers, "numbers is private", "its keys and their number are public"),
        (lambda c: c.pass_time(-1), "block time does not go back", "snapshot"),
        (lambda c: c.pass_time(0.5), "0.5 is no number of seconds", "whole seconds"),
        (lambda c: c.simulation.identity({"ann": RESTRICTED}), "an identity of one member", "OWNER"),
    ],
)
def test_problems_say_what_to_do(ask: Callable[[SimulatedContract], Any], message: str, hint: str) -> None:
    contract = pool()
    before = picture(contract)
    with pytest.raises(ArgumentProblem) as caught:
        ask(contract)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert picture(contract) == before


def test_deployment(tmp_path: Path) -> None:
    assert pool(smallest=3).smallest == 3
    assert pool(deployer="ann").deployer == enigma.address("ann")
    with pytest.raises(ArgumentProblem, match="__init__ has no argument smalest"):
        pool(smalest=3)
    with pytest.raises(ArgumentProblem, match="smallest"):
        pool(smallest=11)
    plain = "class Plain(Contract):\n    @public\n    def f(self):\n        return 1\n"
    assert deploy(plain).f() == 1
    with pytest.raises(ArgumentProblem, match="Plain has no __init__, and so takes no argument x"):
        deploy(plain, x=1)
    with pytest.raises(FileProblem, match="No such file"):
        enigma.simulate(tmp_path / "absent.py")
    (tmp_path / "other.py").write_bytes(b"\xff\xfe")
    with pytest.raises(FileProblem, match="UTF-8"):
        enigma.simulate(tmp_path / "other.py")
    (tmp_path / "module.py").write_text("def f(x):\n    return x\n", encoding="utf-8")
    with pytest.raises(ArgumentProblem, match="declares no contract"):
        enigma.simulate(tmp_path / "module.py")
    (tmp_path / "leak.py").write_text(
        "class Leak(Contract):\n    x: private[int(0, 9)] = 3\n    @private\n    def f(self):\n        return self.x\n",
        encoding="utf-8",
    )
    with pytest.raises(SourceLeak):
        enigma.simulate(tmp_path / "leak.py")


def test_expected_refusals_are_checked_themselves() -> None:
    contract = pool()
    with enigma.refused("too few") as refusal:
        contract.add_up()
    assert isinstance(refusal.error, CallRefused)
    with pytest.raises(AssertionError, match="instead of 'too many'"), enigma.refused("too many"):
        contract.add_up()
    with pytest.raises(AssertionError, match="nothing was refused; 'too few' was expected"), enigma.refused("too few"):
        contract.who()
    with pytest.raises(ArgumentProblem), enigma.refused():
        contract.add_upp()


# ---------------------------------------------------------------- what everyone may see


def test_public_fields_are_attributes() -> None:
    contract = pool()
    contract.befriend("ann")
    contract.befriend("bob")
    assert contract.smallest == contract.field("smallest") == contract.as_("cyd").smallest == 2
    assert contract.ratio == 0.25
    assert contract.friends == {enigma.address("ann"), enigma.address("bob")}
    assert contract.notes == {"friends": [2]}
    # They are the reader's own.
    contract.friends.clear()
    contract.notes["friends"].append(3)
    assert contract.field("notes") == {"friends": [2]}
    assert len(contract.friends) == 2


def test_events_and_receipts(committee: Committee) -> None:
    contract = pool(committee)
    contract.befriend("ann")
    assert contract.events == [("Friend", {"friend": enigma.address("ann"), "share": 0.5})]
    assert contract.as_("ann").twice(21) == 42
    receipt = contract.receipt
    assert (receipt.function, receipt.sender, receipt.programs, receipt.events) == (
        "twice",
        enigma.address("ann"),
        1,
        (),
    )
    assert [each.function for each in contract.receipts] == ["__init__", "befriend", "twice"]
    if isinstance(committee, LocalCommittee):
        assert (receipt.cost.rounds, receipt.cost.seat_bytes) == (committee.report.rounds, committee.report.seat_bytes)


def test_the_same_call_has_the_same_digest() -> None:
    digests = []
    for number in (3, 4):
        contract = pool()
        contract.as_("ann").twice(number)
        digests.append(contract.receipt.digest)
    assert digests[0] == digests[1]


def test_how_things_show() -> None:
    contract = pool(deployer="ann")
    contract.as_("bob").put(77)
    shown = repr(contract)
    assert shown.startswith(f"<Pool at {contract.address}, deployed by ann: 1 call; functions befriend, put,")
    assert repr(contract.as_("ann", "bob")) == "<Pool as ann, bob>"
    assert repr(contract.receipt).startswith("<receipt: put by bob, ")
    # Nothing of it depends on what is private.
    other = pool(deployer="ann")
    other.as_("bob").put(5)
    assert repr((other, other.receipts, other.state)) == repr((contract, contract.receipts, contract.state))
    assert {"put", "smallest", "as_", "snapshot"} <= set(dir(contract))
    assert {"put", "received"} <= set(dir(contract.as_("bob")))
    assert contract.put.__name__ == "put"


# ---------------------------------------------------------------- time


def test_time_passes() -> None:
    contract = pool()
    assert contract.time() == contract.now == BEGINNING
    contract.pass_time(60)
    assert contract.as_("ann").time() == BEGINNING + 60
    assert Simulation(now=5).now == 5


# ---------------------------------------------------------------- several contracts


def test_identities_and_predicates_across_contracts() -> None:
    text = '''
class Door(Contract):
    """Opens to guests."""

    guests: public[set[address]]

    @public
    def invite(self, guest: address):
        self.guests.add(guest)

    @predicate
    def welcome(self, asker: address):
        return asker in self.guests

    @private
    def leave(self, number: private[int(0, 9)]):
        MPC.set(("door", sender), number, self.welcome)

    @private
    def peek(self, owner: address):
        return reveal(MPC["door", owner] + 1)
'''
    contract = deploy(text)
    contract.as_("ann").leave(4)
    with enigma.refused("may not compute with"):
        contract.as_("bob").peek("ann")
    contract.invite("bob")
    assert contract.as_("bob").peek("ann") == 5
    # Another contract could reveal it as it is: there, only its dealer may compute with it.
    again = contract.simulation.deploy_source(contract.module.source)
    with enigma.refused("only in the contract that stored it"):
        again.as_("bob").peek("ann")
    with enigma.refused("there is no contract at"):
        contract.simulation.ask(enigma.address("nowhere"), "welcome", enigma.address("bob"))
    with enigma.refused("invite is no predicate"):
        contract.simulation.ask(contract.address, "invite", enigma.address("bob"))


def test_a_shared_identity_has_names_for_members() -> None:
    simulation = Simulation()
    identity = simulation.identity({"alice": OWNER, "bob": RESTRICTED})
    members = simulation.dictionaries.identities.members(identity)
    assert members == {enigma.address("alice"): OWNER, enigma.address("bob"): RESTRICTED}
    assert simulation.named(enigma.address("bob")) == "bob"
    assert simulation.named(identity) == str(identity)
    assert simulation.identity({"alice": OWNER, "bob": RESTRICTED}) != identity


def test_documents_are_for_those_whom_they_were_revealed_to(committee: Committee) -> None:
    text = '''
class Notes(Contract):
    """A number and a text, encrypted, for one friend."""

    @private
    def write(self, number: private[int(0, 9)], words: text, friend: address):
        DHT.set(("number", sender), number, only([sender, friend]))
        DHT.set(("text", sender), words, only([sender, friend]))

    @private
    def hand(self, friend: address):
        return reveal(DHT["number", sender], to=friend), reveal(DHT["text", sender], to=[friend, sender])
'''
    contract = deploy(text, committee)
    contract.as_("ann").write(7, "hello", "bob")
    number, words = contract.as_("ann").hand("bob")
    assert repr(number) == "<sealed to bob>"
    assert words == "hello"
    assert [each.value for each in contract.as_("bob").received] == [7, "hello"]
    assert [each.value for each in contract.as_("ann").received] == ["hello"]
    with enigma.refused("may not read"):
        contract.as_("ann").hand("cyd")
    assert contract.as_("cyd").received == []


def test_a_private_predicate_opens_its_answer_and_nothing_else(committee: Committee) -> None:
    text = '''
class Club(Contract):
    """Whoever has paid enough may compute with what others leave, and nobody learns who paid what."""

    paid: map[address, private[int(0, 100)]]
    release = always

    @private
    def pay(self, amount: private[int(0, 100)]):
        self.paid[sender] = amount

    @predicate
    def generous(self, asker: address):
        if asker not in self.paid:
            return False
        return self.paid[asker] >= 50

    @private
    def leave(self, number: private[int(0, 100)]):
        MPC.set(("left", sender), number, self.generous)

    @private
    def total(self, owners: list[address]):
        return reveal(sum([MPC["left", each] for each in owners]))
'''
    contract = deploy(text, committee)
    for name, amount in {"ann": 50, "bob": 49}.items():
        contract.as_(name).pay(amount)
    for name in ("cyd", "dan"):
        contract.as_(name).leave(20)
    assert contract.as_("ann").total(["cyd", "dan"]) == 40
    for name in ("bob", "eve"):
        with enigma.refused("may not compute with"):
            contract.as_(name).total(["cyd", "dan"])
    assert contract.as_("bob").received == []
