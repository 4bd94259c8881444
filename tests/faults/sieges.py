"""Jobs while strangers stand at all ports, and what a node holds afterwards."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import closing

from tests.faults.garbage import AT_PEERS, AT_PEOPLE, Strangers
from tests.faults.machines import Machines, memory, until
from tests.faults.pooling import Pool

EACH_MINUTE = 10_000
DESCRIPTORS = 1024
"""What many systems give a process. With more, nothing could run out here."""
GROWTH = 64 << 20
"""Bytes by which sieges may make a node grow. Seen: 21 MiB, for as many connections as may stand at its ports; the
allocators of its threads keep that. With 256 KiB for each of them, it would be 64 MiB more."""
MORE = 16 << 20
"""The same of a second one, which finds that in place. Seen: 1 MiB."""


def want_no_trace(network: Machines, pool: Pool, count: int, jobs: int, say: Callable[[str], None] = print) -> None:
    """Two sieges of so many connections. Where the first one has filled the ports, the second adds little to a node."""
    for node in network.nodes:
        resource.prlimit(node.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    assert pool.outcome(pool.ask()) == "right"
    held = [[memory(node.pid, "VmRSS") for node in network.nodes]]
    for _ in range(2):
        besiege(network, pool, count, jobs, say)
        held.append([memory(node.pid, "VmRSS") for node in network.nodes])
    before, once, twice = held
    say(f"memory of the nodes, MiB: {[[each >> 20 for each in row] for row in held]}")
    assert all(b - a < GROWTH for a, b in zip(before, once, strict=True))
    assert all(b - a < GROWTH for a, b in zip(before, twice, strict=True))
    if count >= EACH_MINUTE:
        assert all(b - a < MORE for a, b in zip(once, twice, strict=True))


def besiege(network: Machines, pool: Pool, count: int, jobs: int, say: Callable[[str], None] = print) -> None:
    """So many connections, at the pace that is named, and jobs meanwhile; then everything is as it was."""
    descriptors = [node.descriptors() for node in network.nodes]
    most = list(descriptors)
    places = [node.config.peers for node in network.nodes], [node.config.people for node in network.nodes]
    began = time.monotonic()
    with closing(Strangers(*places, EACH_MINUTE, seed=1)) as strangers:
        until(lambda: strangers.count > count // 4)
        for number in range(jobs):
            job = pool.ask()
            until(lambda number=number: strangers.count >= count * (number + 1) // jobs)  # type: ignore[misc]
            assert pool.outcome(job) == "right"
            most = [max(a, node.descriptors()) for a, node in zip(most, network.nodes, strict=True)]
        seconds = time.monotonic() - began
        assert set(strangers.opened) == set(AT_PEERS) | set(AT_PEOPLE)  # all kinds did come
        say(f"{strangers.count} connections in {seconds:.0f} s ({strangers.refused} not taken), {jobs} jobs right; "
            f"descriptors of the nodes {descriptors}, at most {most}")  # fmt: skip
    until(
        lambda: all(node.descriptors() <= before + 8 for node, before in zip(network.nodes, descriptors, strict=True))
    )
    assert pool.outcome(pool.ask()) == "right"
