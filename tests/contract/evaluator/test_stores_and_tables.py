"""The dictionaries and private tables within calls: written, read, rolled back, withdrawn, and answered again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.evaluator.checking import deployed

import enigma
from enigma.contract.state import State
from enigma.errors import AccessRefused, CallRefused, ReleaseRefused
from enigma.local.simulation import Simulation

STORES = """\
@public
def write(self, k: text, v: int):
    L[k] = v
    L["table", k] = v + 1

@public
def read(self, k: text, t: int):
    return L[k], L["table", k], L.get(k, t), L.history(k), k in L

@private
def secret(self, x: private[int(0, 100)]):
    MPC["a"] = x
    y = MPC["a"] * 2
    MPC["a"] = clip(y, 0, 100)
    return reveal(MPC["a"] + y)

@private
def later(self):
    return reveal(MPC["a"])

@private
def back(self):
    return MPC.declassify("a")

@private
def forget(self):
    del MPC["a"]
    return "a" in MPC

@public
def write_document(self, v: int):
    DHT.set("open", [v, (v,)], everyone)
    DHT["mine"] = v
    return DHT["open"], "mine" in DHT

@private
def hand(self, to: address):
    return reveal(DHT["mine"], to=to)
"""


def test_the_ledger_keeps_its_history() -> None:
    world = Simulation(now=1000)
    sample = deployed(STORES, simulation=world)
    sample.as_("ann").write("k", 1)
    world.pass_time(10)
    sample.as_("bob").write("k", 2)
    assert sample.as_("ann").read("k", 1005) == (2, 3, 1, [(1000, 1), (1010, 2)], True)
    with pytest.raises(CallRefused, match="nothing was stored"):
        sample.as_("ann").read("k", 999)


def test_a_reference_computes_within_the_call_that_wrote_it_and_later() -> None:
    sample = deployed(STORES)
    assert sample.as_("ann").secret(x=7) == 28
    assert sample.as_("ann").later() == 14
    with pytest.raises(AccessRefused):
        sample.as_("bob").later()
    assert sample.as_("ann").back() == 14
    with pytest.raises(AccessRefused):
        sample.as_("bob").back()
    with pytest.raises(AccessRefused):
        sample.as_("bob").secret(x=1)
    with pytest.raises(AccessRefused):
        sample.as_("bob").forget()
    assert sample.as_("ann").forget() is False
    with pytest.raises(CallRefused, match="nothing is stored"):
        sample.as_("ann").later()


def test_documents() -> None:
    sample = deployed(STORES)
    assert sample.as_("ann").write_document(3) == ([3, (3,)], True)
    assert sample.as_("ann").hand(sample.as_("ann").address) == 3
    with pytest.raises(AccessRefused):
        sample.as_("ann").hand(sample.as_("bob").address)


PREDICATES = """\
allowed: public[set[address]]
threshold: private[int(0, 100)] = 50

@private
def give(self, x: private[int(0, 100)], which: int, until_: int):
    rules = [self.listed, self.large, until(until_) & at_most(2), only([sender]) | self.listed]
    MPC.set("x", x, rules[which])

@public
def allow(self, who: address):
    self.allowed.add(who)

@predicate
def listed(self, asker: address):
    return asker in self.allowed

@predicate
def large(self, asker: address):
    return self.threshold > 40

@private
def lower(self, x: private[int(0, 100)]):
    self.threshold = x

@private
def take(self):
    return reveal(MPC["x"])
"""


def test_predicates_in_calls() -> None:
    world = Simulation(now=1000)
    sample = deployed(PREDICATES, simulation=world)
    sample.as_("ann").give(x=5, which=0, until_=0)
    with pytest.raises(AccessRefused):
        sample.as_("bob").take()
    sample.allow("bob")
    assert sample.as_("bob").take() == 5

    sample.as_("ann").give(x=6, which=1, until_=0)
    assert sample.as_("eve").take() == 6
    sample.lower(x=10)
    with pytest.raises(AccessRefused):
        sample.as_("eve").take()

    sample.as_("ann").give(x=7, which=2, until_=1100)
    assert [sample.as_("eve").take(), sample.as_("bob").take()] == [7, 7]
    with pytest.raises(AccessRefused):
        sample.as_("bob").take()
    sample.as_("ann").give(x=8, which=2, until_=1100)
    world.pass_time(100)
    with pytest.raises(AccessRefused):
        sample.as_("eve").take()

    sample.as_("ann").give(x=9, which=3, until_=0)
    assert [sample.as_("ann").take(), sample.as_("bob").take()] == [9, 9]
    with pytest.raises(AccessRefused):
        sample.as_("eve").take()


TABLES = """\
rows: private[Row]
kept: map[address, private[int(0, 100)]]
release = {release}

@private
def add(self, rows: private[Row]):
    self.rows.append(rows)
    return len(self.rows), self.rows.owners

@private
def leave(self):
    return self.rows.withdraw(), len(self.rows), self.rows.owners

@private
def both(self, rows: private[Row]):
    self.rows.append(rows)
    n = self.rows.withdraw()
    self.rows.append(rows)
    return n, len(self.rows)

@private
def total(self):
    return reveal(sum(self.rows.a))

@private
def checked(self, fail: bool):
    total = reveal(sum(self.rows.a), to=everyone)
    require(not fail, "no")
    return total

@private
def keep(self, x: private[int(0, 100)]):
    self.kept[sender] = x
    return len(self.kept)

@private
def sum_kept(self):
    return reveal(sum(self.kept.values()))

@private
def drop(self):
    del self.kept[sender]
    return len(self.kept)
"""


def tables(release: str) -> str:
    return TABLES.replace("{release}", release)


ROW = "Row = table(a=int(0, 100))\n"


def rows(*values: int) -> dict[str, list[int]]:
    return {"a": list(values)}


def test_rows_are_their_owners() -> None:
    sample = deployed(tables("always"), before=ROW)
    assert sample.as_("ann").add(rows(1, 2)) == (2, 1)
    assert sample.as_("bob").add(rows(10)) == (3, 2)
    assert sample.as_("ann").add(rows(100)) == (4, 2)
    assert sample.as_("eve").total() == 113
    assert sample.as_("ann").leave() == (3, 1, 1)
    assert sample.as_("eve").total() == 10
    assert sample.as_("ann").leave() == (0, 1, 1)
    assert sample.as_("ann").both(rows(4, 5)) == (2, 3)
    assert sample.as_("eve").total() == 19
    assert sample.as_("bob").leave() == (1, 2, 1)
    assert sample.as_("ann").leave() == (2, 0, 0)
    assert sample.as_("eve").total() == 0
    assert sample.as_("ann").add(rows()) == (0, 0)


def test_an_answer_is_not_given_again_for_a_few_rows() -> None:
    sample = deployed(tables("after(3)"), before=ROW)
    sample.as_("ann").add(rows(1, 2, 3))
    assert sample.as_("eve").total() == 6
    assert sample.as_("eve").total() == 6
    sample.as_("bob").add(rows(10))
    with pytest.raises(ReleaseRefused):
        sample.as_("eve").total()
    assert sample.as_("bob").total() == 16, "whose row it is knows it"
    sample.as_("bob").add(rows(20, 30))
    with pytest.raises(ReleaseRefused):
        sample.as_("eve").total()  # bob's own answer and this one would subtract to two rows
    sample.as_("bob").add(rows(40))
    assert sample.as_("eve").total() == 106


def test_an_answer_of_a_call_that_failed_counts() -> None:
    sample = deployed(tables("after(3)"), before=ROW)
    sample.as_("ann").add(rows(1, 2, 3))
    with enigma.refused("no"):
        sample.as_("eve").checked(fail=True)
    sample.as_("bob").add(rows(10))
    with pytest.raises(ReleaseRefused):
        sample.as_("eve").checked(fail=False)


def test_private_maps_have_public_keys() -> None:
    sample = deployed(tables("always"), before=ROW)
    assert sample.as_("ann").keep(x=5) == 1
    assert sample.as_("bob").keep(x=6) == 2
    assert sample.as_("ann").keep(x=7) == 2
    assert sample.as_("eve").sum_kept() == 13
    assert sample.as_("ann").drop() == 1
    assert sample.as_("eve").sum_kept() == 6
    with pytest.raises(Exception, match="no value for this key"):
        sample.as_("ann").drop()


def test_what_a_map_consists_of_is_found_out_once_in_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = deployed(tables("always"), before=ROW)
    for who in ("ann", "bob", "eve"):
        sample.as_(who).keep(x=5)
    asked: list[str] = []
    version = State.version

    def watched(state: State, name: str) -> Any:
        asked.append(name)
        return version(state, name)

    monkeypatch.setattr(State, "version", watched)
    assert sample.as_("dan").sum_kept() == 15
    assert len(asked) <= 1, "or a sum over a map would take its size squared"
