"""Contracts whose digests are pinned, and how to derive them in a fresh interpreter."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unittest.mock import patch

from enigma.contract.reading.source import Source
from enigma.local.simulation import Simulation
from enigma.program.program import Program
from enigma.testing.committee import WorldCommittee

FAMILIES = ("plain", "replicated3")

SCALARS = '''"""Sets, maps, private and public conditions, two programs."""

LIMIT = 10


def twice(x, y=LIMIT):
    return x * 2 + y


class Scalars(Contract):
    names: public[set[text]]
    ages: public[map[text, int]]
    total: private[int(0, 1000)] = 5

    @private
    def run(self, x: private[int(-9, 9)], f: private[fixed(-1, 1)], k: int, who: text):
        self.names.add(who)
        for name in {"z", "a", "m", who}:
            self.ages[name] = len(self.names) + k
        y: private[int(-100, 100)] = twice(x)
        if y > 3 and f < 0.25:
            y = -y
        else:
            y = clip(y + sum([self.ages[name] for name in self.ages]), -100, 100)
        for _ in range(3):
            y = clip(y * 2 - x, -100, 100)
        positive = reveal(y > 0, to=everyone)
        self.total = clip(self.total + abs(y), 0, 1000)
        emit("Seen", positive=positive, names=[name for name in self.names])
        return reveal(y if positive else -y), reveal(f * 0.1 + x)
'''

TABLES = '''"""A table, sorting, places in secret."""

Row = table(age=int(0, 120), height=fixed(0, 3), kind=category("a", "b", "c"))


class Tables(Contract):
    rows: private[Row]
    release = always

    @private
    def add(self, rows: private[Row]):
        self.rows.append(rows)

    @private
    def run(self, x: private[int(0, 9)[4]], k: int):
        ages = sort(self.rows.age)
        tall = count_nonzero(self.rows.height > 1.75)
        each = group_sum(self.rows.age, self.rows.kind, 3)
        place = argmax(x)
        return reveal(ages[:k]), reveal((tall, each)), reveal([x[place], self.rows.age[place % 2]])
'''

STORES = '''"""The three dictionaries."""


class Stores(Contract):
    @private
    def run(self, x: private[bool], to: address):
        L["runs", sender] = now
        MPC["x"] = x
        MPC.set(("t", "y"), int(x) + 1, only([to, sender]) & at_most(3))
        return reveal(MPC["x"], to=[to, sender]), L["runs", sender]
'''


@dataclass(frozen=True)
class Example:
    """A contract, and calls of it by the name of their function."""

    name: str
    source: str
    calls: tuple[tuple[str, dict[str, Any]], ...]


ROWS = {"age": [3, 50, 20], "height": [1.5, 1.8, 2.0], "kind": ["a", "c", "b"]}

EXAMPLES = (
    Example(
        "scalars",
        SCALARS,
        (("run", {"x": 3, "f": 0.5, "k": 2, "who": "bob"}), ("run", {"x": -9, "f": 0.125, "k": 0, "who": "ann"})),
    ),
    Example("tables", TABLES, (("add", {"rows": ROWS}), ("run", {"x": [1, 9, 9, 0], "k": 2}))),
    Example("stores", STORES, (("run", {"x": True, "to": "ann"}),)),
)


def derived(
    example: Example,
    *,
    file: str = "example.py",
    source: str | None = None,
    kernels: Literal["native", "plain"] | None = None,
) -> list[dict[str, Any]]:
    """For each call, the digest of its outcome and, by family, those of its programs."""
    committee = None if kernels is None else WorldCommittee(kernels_name=kernels)
    simulation = Simulation(committee)
    programs: list[Program] = []
    run = simulation.committee.run

    def watched(program: Program, stored: Sequence[int]) -> Any:
        programs.append(program)
        return run(program, stored)

    with patch.object(simulation.committee, "run", watched):
        contract = simulation.deploy_source(Source(file, example.source if source is None else source))
        out = []
        for name, arguments in example.calls:
            programs.clear()
            getattr(contract.as_("ann"), name)(**arguments)
            digests = {family: [program.digest(family).hex() for program in programs] for family in FAMILIES}
            out.append({"function": name, "digest": contract.receipt.digest, "programs": digests})
        return out


def everything() -> dict[str, Any]:
    """Of all examples."""
    return {example.name: derived(example) for example in EXAMPLES}


if __name__ == "__main__":
    json.dump(everything(), sys.stdout, indent=1)
    print()  # noqa: T201 - the answer
