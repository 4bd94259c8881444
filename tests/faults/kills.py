"""kill -9 at random moments of jobs, and what became of each."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from tests.faults.machines import Machine, Machines, until
from tests.faults.pooling import Pool

SEED = 20_260_729
FOREVER = 3600
"""Seconds that seats wait for each other here: whoever goes on sooner knows that the other is gone."""


def strike(victims: list[Machine], what: str) -> None:
    """Kill, and start again what does not start by itself."""
    for each in victims:
        if what == "node":
            each.kill()
        else:
            each.kill_jobs()
    for each in victims:
        if what == "node":
            each.start()


def survive(
    network: Machines, pool: Pool, moments: int, at_once: int, say: Callable[[str], None] = print
) -> Counter[str]:
    """Kill `at_once` nodes at so many random moments of a job, each in a job of its own; how these jobs ended."""
    drawn = random.Random(SEED + at_once)
    ends: Counter[str] = Counter()
    in_the_middle = 0
    for moment in range(moments):
        victims = drawn.sample(network.nodes, at_once)
        what = drawn.choice(["node", "node", "job"])
        after = drawn.uniform(0, pool.seconds)
        before = {each.pid for each in victims}
        job = pool.ask()
        began = time.monotonic()
        pause = began + after
        until(lambda pause=pause: time.monotonic() >= pause)  # type: ignore[misc]
        under_way = not job.done
        in_the_middle += under_way
        strike(victims, what)
        if what == "node":
            assert not before & {each.pid for each in victims}
        ended = pool.outcome(job)
        ends[f"{what}: {ended}"] += 1
        places = ", ".join(str(network.nodes.index(each)) for each in victims)
        say(f"{moment + 1}: {what} {places} after {after:.1f} s (under way: {under_way}): {ended}, "
            f"{time.monotonic() - began:.1f} s in all")  # fmt: skip
    network.wait_ready()
    assert pool.outcome(pool.ask()) == "right"
    assert in_the_middle >= moments // 2  # most of them did meet a job
    return ends


def all_right(ends: Counter[str]) -> bool:
    return all(": right" in each for each in ends)
