"""What each node stores and receives for two data sets of one shape cannot be told apart; a planted leak is found.

Two payrolls of the same length have the same answer, and nothing else in common. The same comparison that finds no
difference between them, over many runs with fresh randomness, finds each of the leaks below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tests.node.job.views import View, Watched, differences

from enigma.contract.keeping import decode
from enigma.node.job.gathering import Gathering
from enigma.sharing import replicated3

ROWS = 24
RUNS = 32
FEW = 6
"""Runs of each data set with a leak: it is found in so many already."""
MANY = 300
SOURCE = '''"""How many earn more than a limit?"""

Employee = table(part_time=bool, pay=fixed(0, 50_000))


class Pay(Contract):
    staff: private[Employee]
    release = always

    @private
    def above(self, rows: private[Employee], limit: fixed(0, 50_000)):
        self.staff.append(rows)
        return reveal(sum((rows.pay > limit) & rows.part_time), to=everyone)
'''
LIMIT = 2500
Table = dict[str, list[Any]]
LOW: Table = {"part_time": [True] * ROWS, "pay": [0.0] * (ROWS - 1) + [2501.0]}
HIGH: Table = {
    "part_time": [False, True] * (ROWS // 2),
    "pay": [50_000.0 - 7 * each if each % 2 == 0 else each for each in range(ROWS - 1)] + [49_999.0],
}
ANSWER = 1


def runs(table: Table, count: int, make: Callable[[str], Watched] = Watched) -> list[list[View]]:
    """So many jobs on one data set, each of a contract of its own that has seen nothing before."""
    found = []
    for _ in range(count):
        answer, views = make(SOURCE).views("above", table, LIMIT)
        assert answer == ANSWER
        found.append(views)
    return found


@dataclass
class Honest:
    low: list[list[View]]
    high: list[list[View]]


@pytest.fixture(scope="module")
def honest() -> Honest:
    return Honest(runs(LOW, RUNS), runs(HIGH, RUNS))


def test_two_data_sets_cannot_be_told_apart(honest: Honest) -> None:
    assert differences(honest.low, honest.high) == []


def test_nor_one_from_itself(honest: Honest) -> None:
    assert differences(honest.low[: RUNS // 2], honest.low[RUNS // 2 :]) == []


def test_there_is_enough_to_tell(honest: Honest) -> None:
    """The comparison is of something: pieces at every seat, masked words at some, and messages in clear."""
    for seat in range(3):
        view = honest.low[0][seat]
        assert {"piece 0", "piece 1"} <= view.noise.keys()
        assert len(view.noise["piece 1"]) == 2 * 8 * ROWS
        assert len(view.told) > 5
        assert len(view.sizes) > 20
    masked = [sum(len(o) for n, o in view.noise.items() if n.startswith("message")) for view in honest.low[0]]
    assert max(masked) > 8 * ROWS


def test_what_a_contract_remembers_is_the_same(honest: Honest) -> None:
    """Public: shapes, owners, row counts. Not one byte of it depends on a private value."""
    states = []
    for table in (LOW, HIGH):
        watched = Watched(SOURCE)
        watched.views("above", table, LIMIT)
        states.append(watched.nodes[0].state)
        assert {node.state for node in watched.nodes} == {states[-1]}
    assert states[0] == states[1]
    assert len(decode(states[0]).stored()) == 2


# ---------------------------------------------------------------- leaks, each planted into the product


def plant_unmasked_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a seed stands for is zeros: two pieces of each secret are nothing, and the third is the secret."""

    def expand(_: bytes, shape: tuple[int, ...], boolean: bool) -> Any:
        return np.zeros(shape, np.uint8 if boolean else np.uint64)

    monkeypatch.setattr(replicated3, "expand", expand)


def plant_one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner's machine draws the same secret for each contribution: the same rows give the same pieces again."""
    monkeypatch.setattr(Watched, "secret", lambda _: b"s" * 32)


def plant_one_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each two seats draw their masks from one key in all jobs, and in all programs of a job."""
    keys = Gathering._keys

    def the_same(self: Gathering, epoch: int) -> Any:
        return {holders: bytes([sum(holders)]) * len(key) for holders, key in keys(self, epoch).items()}

    monkeypatch.setattr(Gathering, "_keys", the_same)


def plant_one_piece_for_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows of a column are masked by one random number."""
    expand = replicated3.expand

    def first_of(seed: bytes, shape: tuple[int, ...], boolean: bool) -> Any:
        found = expand(seed, shape, boolean)
        return found if boolean else np.broadcast_to(found[:1], shape).copy()

    monkeypatch.setattr(replicated3, "expand", first_of)


def plant_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner's machine leaves rows out that it has sent before: how many are left depends on their values."""
    whole = Watched._raws

    def distinct(self: Watched, argument: Any) -> Any:
        raws, rows = whole(self, argument)
        together = np.stack([raw.astype(np.int64) for raw in raws.values()], axis=1)
        kept = np.sort(np.unique(together, axis=0, return_index=True)[1])
        return {name: raw[kept] for name, raw in raws.items()}, None if rows is None else len(kept)

    monkeypatch.setattr(Watched, "_raws", distinct)


def plant_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commitment without its salt: the seats agree on a hash that only the rows decide."""
    deal, ask = Watched.deal, Watched.ask

    def remember(self: Watched, raws: dict[str, Any], rows: int | None) -> Any:
        self.hint = hashlib.sha256(b"".join(raw.tobytes() for raw in raws.values())).digest()  # type: ignore[attr-defined]
        return deal(self, raws, rows)

    monkeypatch.setattr(Watched, "deal", remember)

    def hinted(self: Watched, *args: Any, **options: Any) -> Any:
        found = ask(self, *args, **options)
        for transcript in self.transcripts:
            transcript.messages[-1] = replace(transcript.messages[-1], first=self.hint)  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(Watched, "ask", hinted)


LEAKS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "a piece that is not masked": (plant_unmasked_pieces, "piece 1 is not noise"),
    "one secret for all contributions": (plant_one_secret, "a word of piece"),
    "one mask for all jobs": (plant_one_mask, "a word of message"),
    "one mask for all rows": (plant_one_piece_for_all_columns, "of piece 1"),
    "a size that depends on data": (plant_sizes, "other sizes"),
    "a hash of the rows, in clear": (plant_a_hint, "decides"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, says = LEAKS[leak]
    plant(monkeypatch)
    found = differences(leaky(LOW), leaky(HIGH))
    assert any(says in each for each in found), found


def leaky(table: Table) -> list[list[View]]:
    """Runs with a leak; what it does to the answer is not the point."""
    return [Watched(SOURCE).views("above", table, LIMIT)[1] for _ in range(FEW)]


@pytest.mark.long
def test_over_many_runs() -> None:
    assert differences(runs(LOW, MANY), runs(HIGH, MANY)) == []
