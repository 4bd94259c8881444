"""Many owners and many jobs at once on several contracts, with the memory of every process looked at all the while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.machines import Machine, Machines, memory
from tests.node.living import grant_everybody

from enigma.client.contract import RemoteContract, deployed_of
from enigma.client.deployed import Deployed
from enigma.client.job import Job
from enigma.client.network import Network

TALLY = '''
Row = table(spent=int(0, 1_000_000))


class Tally(Contract):
    """What was spent in all, by everybody who has handed in rows."""

    rows: private[Row]

    @private
    def contribute(self, rows: private[Row]):
        self.rows.append(rows)

    @private
    def total(self):
        return reveal(sum(self.rows.spent), to=everyone)
'''
ROWS = 50
LOOK_EVERY = 0.1
LONG = 1800.0
"""Seconds after which a job of a load is given up."""


@dataclass
class Peaks:
    """The most memory, in bytes, that each node's process has held, and each process of a job, by its number."""

    nodes: dict[int, int] = field(default_factory=dict)
    jobs: dict[int, int] = field(default_factory=dict)


@contextmanager
def watched(nodes: list[Machine]) -> Iterator[Peaks]:
    """Looks at all processes until the end."""
    peaks, ending = Peaks(), threading.Event()

    def look() -> None:
        while not ending.wait(LOOK_EVERY):
            for node in nodes:
                peaks.nodes[node.pid] = max(memory(node.pid), peaks.nodes.get(node.pid, 0))
                for child in node.children():
                    peaks.jobs[child] = max(memory(child), peaks.jobs.get(child, 0))

    thread = threading.Thread(target=look, name="memory")
    thread.start()
    try:
        yield peaks
    finally:
        ending.set()
        thread.join()


@dataclass
class Load:
    """Contracts, each with a committee of three that overlaps the others', and its owners."""

    network: Machines
    contracts: list[RemoteContract]
    owners: list[list[Network]]

    @classmethod
    def prepared(cls, network: Machines, contracts: int, owners: int) -> Load:
        """So many contracts, and so many owners of each, who have agreed to everything."""
        file = network.folder / "tally.py"
        file.write_text(TALLY, encoding="utf-8")
        people = [[network.person(c * owners + i) for i in range(owners)] for c in range(contracts)]
        names = network.names
        made = [
            each[0].deploy(file, nodes=[names[(c + seat) % len(names)] for seat in range(3)])
            for c, each in enumerate(people)
        ]
        now = network.connection.head().timestamp

        def agree(each: tuple[Network, RemoteContract]) -> None:
            grant_everybody(each[0], each[1].id, now)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(agree, [(one, made[c]) for c, each in enumerate(people) for one in each]))
        return cls(network, made, people)

    def contribute(self) -> float:
        """All owners at once; seconds until the last contribution is settled."""
        began = time.monotonic()
        asked = [(c, i) for c, each in enumerate(self.owners) for i in range(len(each))]

        def hand_in(which: tuple[int, int]) -> None:
            c, i = which
            _as(self.contracts[c], self.owners[c][i]).contribute({"spent": _spent(c, i)}).result(LONG)

        with ThreadPoolExecutor(len(asked)) as pool:
            list(pool.map(hand_in, asked))
        return time.monotonic() - began

    def ask(self, each: int) -> list[tuple[int, int, float]]:
        """So many jobs of each contract, all at once: (contract, answer, seconds until settled), in order."""
        began = time.monotonic()

        def asked(which: tuple[int, int]) -> Job:
            c, i = which
            return _as(self.contracts[c], self.owners[c][i]).total()  # type: ignore[no-any-return]

        def answered(which: tuple[int, Job]) -> tuple[int, int, float]:
            found = which[1].result(LONG)
            return which[0], int(found), time.monotonic() - began

        questions = [(c, i) for i in range(each) for c in range(len(self.contracts))]
        with ThreadPoolExecutor(len(questions)) as pool:
            jobs = list(pool.map(asked, questions))
            told = list(pool.map(answered, [(c, job) for (c, _), job in zip(questions, jobs, strict=True)]))
        return sorted(told, key=lambda one: one[2])

    def right(self, contract: int) -> int:
        """What was spent in all, by the rows themselves."""
        return sum(sum(_spent(contract, i)) for i in range(len(self.owners[contract])))


def bear(network: Machines, contracts: int, owners: int, jobs: int, say: Callable[[str], None] = print) -> Peaks:
    """The whole load: `owners` of each contract contribute at once, then `jobs` of each are asked at once."""
    load = Load.prepared(network, contracts, owners)
    with watched(network.nodes) as peaks:
        seconds = load.contribute()
        say(f"{contracts * owners} owners contributed at once, in {seconds:.0f} s")
        told = load.ask(jobs)
    say(f"{len(told)} jobs asked at once, answered in {told[-1][2]:.0f} s; seconds by contract: " + "; ".join(
        ", ".join(f"{when:.0f}" for of, _, when in told if of == c) for c in range(contracts)))  # fmt: skip
    say(f"most memory of a node {max(peaks.nodes.values()) >> 20} MiB, "
        f"of a job's process {max(peaks.jobs.values()) >> 20} MiB")  # fmt: skip
    assert [answer for _, answer, _ in told] == [load.right(c) for c, _, _ in told]
    assert len(told) == contracts * jobs
    first = {c: min(when for of, _, when in told if of == c) for c in range(contracts)}
    last = {c: max(when for of, _, when in told if of == c) for c in range(contracts)}
    # Nobody starves: no contract has all its answers before another one has its first.
    assert max(first.values()) <= min(last.values())
    for node in network.nodes:
        lines = [line for line in node.log().splitlines() if "a defect" in line or "a step failed" in line]
        assert lines == []
    return peaks


def _as(contract: RemoteContract, person: Network) -> RemoteContract:
    """The contract as another person has it, without reading its source again."""
    there = deployed_of(contract)
    return RemoteContract(Deployed(person, there.id, there.module, there.half, there.abi, there.address))


def _spent(contract: int, owner: int) -> list[int]:
    return [(1000 * contract + 100 * owner + row) % 1_000_001 for row in range(ROWS)]
