"""The examples: their public halves on a real chain agree with the simulator."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from tests.contract.vyper.anvil import ROOT, Chain, compiled
from tests.contract.vyper.twins import Twins

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.vyper import public_half
from enigma.local.simulation import BEGINNING

EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*/*.py") if path.parent.name == path.stem)
LIMIT = 24_576
"""Bytes of code that a chain takes."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_compiles(vyper: None, path: Path) -> None:
    half = public_half(load(Source(path.name, path.read_text())))
    code, _ = compiled(half.source)
    assert 0 < len(code) < LIMIT


def example(name: str) -> str:
    return (ROOT / "examples" / name / f"{name}.py").read_text()


def test_average_salary(public_chain: Chain) -> None:
    twins = Twins(
        public_chain, example("average_salary"), ["ann", "bob", "cid", "eve"], team=["ann", "bob", "cid"], fewest=3
    )
    random = Random(1)
    for _ in range(14):
        who = random.choice(["ann", "bob", "cid", "eve"])
        function, arguments = random.choice([("submit", [4000]), ("average", []), ("rank", [])])
        twins.call(who, function, *arguments)
    for who in ("ann", "bob", "cid"):
        twins.call(who, "submit", 100)
    twins.call("ann", "average")
    twins.call("eve", "rank")
    assert twins.refusal == "you have handed in no salary"


def test_blind_vote(public_chain: Chain) -> None:
    voters = ["ann", "bob", "cid"]
    deadline = BEGINNING + 10**8
    twins = Twins(public_chain, example("blind_vote"), [*voters, "eve"], question="Shall we — really?", voters=voters,
                  deadline=deadline, fewest=3)  # fmt: skip
    twins.call("eve", "vote", True)
    assert twins.refusal == "not registered to vote"
    for who in voters:
        twins.call(who, "vote", who != "bob")
    twins.call("eve", "close")
    assert twins.refusal == "votes may still change"
    twins.pass_time(deadline - twins.now - 1)
    twins.call("ann", "vote", False)
    assert twins.problem is None
    twins.call("ann", "vote", False)
    assert twins.refusal == "the vote is over"
    twins.call("eve", "close")
    assert twins.get("decided") is True
    twins.call("eve", "close")
    assert twins.refusal == "the verdict is known"


@pytest.mark.parametrize(("deadline", "fewest", "voters", "words"), [
    (5, 3, ["ann", "bob", "cid"], "the deadline is over"),
    (2**40, 3, ["ann", "bob", "bob", "ann"], "fewer voters"),
    (2**40, 2, ["ann", "bob", "cid"], "outside"),
])  # fmt: skip
def test_a_deployment_is_refused(
    public_chain: Chain, deadline: int, fewest: int, voters: list[str], words: str
) -> None:
    twins = Twins(public_chain, example("blind_vote"), ["ann", "bob", "cid"], question="?", voters=voters,
                  deadline=deadline, fewest=fewest)  # fmt: skip
    assert twins.problem is not None
    assert words in twins.refusal


def test_towers(public_chain: Chain) -> None:
    twins = Twins(public_chain, example("towers"), ["ann", "bob", "eve"], smallest=2, budget=2)
    twins.call("eve", "admit", "eve")
    assert twins.refusal == "only the deployer admits members"
    for who in ("ann", "bob", "ann"):
        twins.call("deployer", "admit", who)
    rows = {"latitude": [8.0 * i - 80 for i in range(20)], "longitude": [16.0 * i - 160 for i in range(20)]}
    twins.call("eve", "contribute", rows)
    assert twins.refusal == "not a member"
    twins.call("ann", "contribute", rows)
    twins.call("ann", "cluster", 2, 5)
    assert twins.problem is None
    twins.call("ann", "cluster", 2, 5)
    assert twins.get("asked", "ann") == 2
    twins.call("ann", "cluster", 2, 5)
    assert twins.refusal == "your questions are spent"
    twins.call("bob", "cluster", 1, 1)
    assert "lies outside" in twins.refusal


def test_second_price_auction(public_chain: Chain) -> None:
    deadline = BEGINNING + 2 * 10**8
    twins = Twins(public_chain, example("second_price_auction"), ["ann", "bob", "cid"], deadline=deadline)
    twins.call("ann", "bid", 5)
    assert twins.refusal == "the seller has not offered yet"
    twins.call("deployer", "offer", 10)
    for who in ("bob", "ann", "cid", "bob"):
        twins.call(who, "bid", 12 + len(who))
    assert twins.refusal == "a bid stands"
    twins.pass_time(deadline - twins.now)
    twins.call("cid", "settle")
    assert twins.get("settled") is True


def test_millionaires(public_chain: Chain) -> None:
    twins = Twins(public_chain, example("millionaires"), ["ann", "bob", "cid"], first="ann", second="bob")
    for who in ("ann", "cid", "ann"):
        twins.call(who, "declare", 7)
    twins.call("cid", "richer")
    assert twins.refusal == "both must declare first"
    twins.call("bob", "declare", 8)
    assert twins.call("cid", "richer") is not None
