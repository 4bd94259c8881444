"""Whatever is done to a contract's tree, only deliberate errors come out: of reading, of checking, of evaluating."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from tests.contract.digest_examples import SCALARS, STORES, TABLES
from tests.contract.evaluator.mutation import mutated

import enigma.contract.typing as checker
from enigma.contract.reading.source import Source
from enigma.contract.values.meter import Limits
from enigma.errors import EnigmaError
from enigma.local.simulation import Simulation

ROWS = {"age": [3, 50, 20], "height": [1.5, 1.8, 2.0], "kind": [0, 2, 1]}
MORE = """

def helper(x, y=2):
    return max(x, y) - 1


class More(Contract):
    total: private[int(0, 1000)] = 3
    names: public[map[text, int]]
    lists: public[list[list[int]]]
    rates: map[text, private[fixed(0, 1)]]
    members: public[set[address]]

    @public
    def join(self, name: text):
        self.members.add(sender)
        self.names[name] = len(self.members)
        self.lists.append([1, 2])
        del self.names[name]
        L["joined"] = [now, name]

    @private
    def run(self, x: private[int(0, 10)], xs: private[fixed(-1, 1)[3]], k: int):
        require(k > 0, "too small")
        y: private[int(0, 100)] = x
        found = []
        for i, each in enumerate(xs):
            if each > 0.5 and i < k:
                y = clip(y + i, 0, 100)
            found.append(each * 2)
        while k < 4:
            k += 1
            if k == 3:
                continue
        self.rates["a"] = clip(mean(xs), 0, 1)
        if "a" in self.rates and k in [1, 4, 5]:
            self.total = min(self.total + helper(y), 1000)
        a, b = divmod(k, 3)
        DHT.set("open", {"a": a, "b": (b, -b)}, everyone)
        best = max([sum(found), min(xs), self.rates.get("a", 0)])
        emit("Ran", k=k, text="round " + text(k), pair=(a, b))
        words = [word for word in ["a", "b"] if word != "a"]
        return reveal(best if x > 3 else -best), reveal([y, x], to=[sender]), words, DHT["open"], reveal(xs[x % 3])
"""

CONTRACTS: tuple[tuple[str, tuple[tuple[str, dict[str, Any]], ...]], ...] = (
    (SCALARS, (("run", {"x": 3, "f": 0.5, "k": 2, "who": "bob"}),)),
    (TABLES, (("add", {"rows": ROWS}), ("run", {"x": [1, 9, 9, 0], "k": 2}))),
    (STORES, (("run", {"x": True, "to": "ann"}),)),
    (MORE, (("join", {"name": "ann"}), ("run", {"x": 4, "xs": [0.5, -1.0, 0.75], "k": 2}))),
)
LIMITS = Limits(steps=20_000)


def ran(source: str, calls: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    try:
        contract = Simulation().deploy_source(Source("mutant.py", source), limits=LIMITS)
        for name, arguments in calls:
            getattr(contract.as_("ann"), name)(**arguments)
    except EnigmaError as error:
        str(error)
        return type(error).__name__
    return "ran"


def want_deliberate(seed: int, found: Counter[str]) -> None:
    random = Random(seed)
    text, calls = random.choice(CONTRACTS)
    source = mutated(text, random, random.choice([1, 1, 2, 3, 6]))
    try:
        found[ran(source, calls)] += 1
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(checker, "check", lambda module: None)
            found[f"unchecked {ran(source, calls)}"] += 1
    except Exception as error:
        error.add_note(f"seed {seed}:\n{source}")
        raise


@pytest.mark.parametrize("text", [text for text, _ in CONTRACTS])
def test_the_contracts_themselves_run(text: str) -> None:
    assert ran(text, dict(CONTRACTS)[text]) == "ran"


def test_only_deliberate_errors_come_out() -> None:
    found: Counter[str] = Counter()
    for seed in range(400):
        want_deliberate(seed, found)
    assert found["ran"] > 20, found
    assert sum(found.values()) - found["ran"] > 200, found


@pytest.mark.long
@pytest.mark.parametrize("batch", range(20))
def test_only_deliberate_errors_come_out_of_many(batch: int) -> None:
    found: Counter[str] = Counter()
    for seed in range(10_000 + batch * 1000, 11_000 + batch * 1000):
        want_deliberate(seed, found)
