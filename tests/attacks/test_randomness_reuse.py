"""No position of any key's stream is drawn twice: in a run, the next, after a failure or a reconnection."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.attacks.live import Altered
from tests.engine.checking import FAMILY, loaded, pieces

from enigma.algebra.prg import Prg
from enigma.engine import live
from enigma.engine.agreement import Contributions, contribute, epoch_keys
from enigma.engine.live import Link, LiveSession, run
from enigma.engine.secure import compile_plan
from enigma.errors import EnigmaError
from enigma.keys.node import NodeKey
from enigma.net import memory_mesh
from enigma.program import build
from enigma.program.types import number

X = build.input_(0, (300, 1), number(-(1 << 20), 1 << 20, 4))
OUTPUTS = (build.sort(X), build.truncate(build.mul(X, X), 3), build.negative(X))
HELD = pieces([np.arange(300).reshape(300, 1)])


class Registry:
    """Which words of which key each seat drew."""

    def __init__(self) -> None:
        self.seats: dict[int, dict[bytes, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
        self.seat = threading.local()

    def prg(self) -> type[Prg]:
        registry = self

        class Recorded(Prg):
            def __init__(self, key: bytes) -> None:
                super().__init__(key)
                self.key, self.owner = key, registry.seat.number

            def fill(self, position: int, out: memoryview) -> None:
                end = position + (len(out) + 7) // 8
                registry.seats[self.owner][self.key].append((position, end))
                super().fill(position, out)

        return Recorded

    def want_no_repetition(self) -> int:
        words = 0
        for drawn in self.seats.values():
            for ranges in drawn.values():
                ranges.sort()
                assert all(a[1] <= b[0] for a, b in pairwise(ranges)), "words were drawn twice"
                words += sum(end - start for start, end in ranges)
        return words


def attempt(
    registry: Registry, contributions: Sequence[Contributions], epoch: int, *, breaks: bool = False
) -> list[Any]:
    """One run over fresh channels, under the keys of an epoch; seat 1's channel breaks in mid-run if asked to."""
    mesh, the_plan = memory_mesh(range(3)), compile_plan(OUTPUTS, FAMILY)

    def one(seat: int) -> Any:
        registry.seat.number = seat
        links: dict[int, Link] = dict(mesh[seat])
        sent: list[bytes] = []

        def cut(buffer: bytes) -> Sequence[bytes]:
            sent.append(buffer)
            if len(sent) == 6:
                raise EnigmaError("the cable was cut")
            return [buffer]

        if breaks and seat == 1:
            links[2] = Altered(mesh[1][2], cut)
        keys = epoch_keys(contributions[seat], job=b"job", epoch=epoch, committee=[b"a", b"b", b"c"])
        try:
            return run(LiveSession(seat, links, keys, loaded(), epoch=epoch), FAMILY, the_plan, HELD[seat])
        except EnigmaError as error:
            for channel in mesh[seat].values():
                channel.abandon()
            return error

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(one, range(3)))


def agreed() -> list[Contributions]:
    import os

    mesh, keys = memory_mesh(range(3)), [NodeKey.generate() for _ in range(3)]
    members = {seat: key.public_bytes for seat, key in enumerate(keys)}
    with ThreadPoolExecutor(3) as pool:
        return list(
            pool.map(lambda s: contribute(s, keys[s], members, mesh[s], FAMILY.holders, b"job", os.urandom), range(3))
        )


def test_runs_failures_and_retries_draw_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    monkeypatch.setattr(live, "Prg", registry.prg())
    contributions = agreed()
    for epoch, breaks in ((1, False), (2, True), (3, False)):
        results = attempt(registry, contributions, epoch, breaks=breaks)
        assert all(isinstance(r, EnigmaError) for r in results) == breaks
    words = registry.want_no_repetition()
    attempt(registry, agreed(), 1)  # other processes, the same job and epoch
    assert registry.want_no_repetition() > words > 0


def test_the_scan_finds_an_epoch_that_is_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    monkeypatch.setattr(live, "Prg", registry.prg())
    contributions = agreed()
    attempt(registry, contributions, 1, breaks=True)
    attempt(registry, contributions, 1)
    with pytest.raises(AssertionError, match="drawn twice"):
        registry.want_no_repetition()
