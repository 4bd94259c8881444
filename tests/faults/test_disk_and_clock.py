"""A node whose clock is wrong works, or says why not; one whose disk is full refuses, and works again with room."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.machines import Machine, Machines, machines, until
from tests.faults.pooling import Pool, customers

from enigma.errors import ArgumentProblem, NetworkError

pytestmark = [pytest.mark.processes, pytest.mark.long]

HOUR = 3600
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += SHIFT;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"""
"""The clock of one process and of those that it starts, SHIFT seconds off."""
DISK = "16m"
ON_A_SMALL_DISK = (
    f'cp -a "$0" "$0.before" && mount -t tmpfs -o size={DISK} tmpfs "$0" && cp -a "$0.before/." "$0/" && exec "$@"'
)
"""A shell's words: `$0` the folder, then the command. The mount is seen by this process alone, and gone with it."""


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("disk")) as found:
        yield found


@pytest.fixture(scope="module")
def pool(network: Machines) -> Pool:
    return Pool(network, rows=100, rounds=2)


def again(network: Machines, node: Machine, within: tuple[str, ...]) -> None:
    """Stop a node, and start it in another way."""
    node.stop()
    node.within = within
    node.start()
    network.wait_ready()


@pytest.mark.parametrize("shift", [HOUR + 60, -HOUR - 60])
def test_a_clock_that_is_an_hour_off(network: Machines, pool: Pool, tmp_path: Path, shift: int) -> None:
    """Jobs go by the chain's time. An upload to a node that is ahead is refused, and told why."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler, cc, to shift the clock of a process")
    source, made = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK, encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", f"-DSHIFT=({shift})", "-o", made, source, "-ldl"], check=True)
    wrong = ("env", f"LD_PRELOAD={made}")
    here, there = (
        int(subprocess.run([*before, "date", "+%s"], capture_output=True, check=True).stdout) for before in ((), wrong)
    )
    assert abs(there - here - shift) < 30  # it does shift
    again(network, network.nodes[1], wrong)
    assert pool.outcome(pool.ask()) == "right"
    if shift > 0:
        with pytest.raises(ArgumentProblem, match="by this node's clock"):
            pool.contract.contribute(customers(7, 10))
    else:
        pool.contribute(7, 10)
    again(network, network.nodes[1], ())
    assert pool.outcome(pool.ask()) == "right"


def test_a_disk_without_room(network: Machines, pool: Pool) -> None:
    """What needs room is refused, and nothing that was there is lost; with room, all goes on, a waiting job too."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs a mount of its own: run as root on Linux")
    node = network.nodes[2]
    again_apart(network, node)
    ballast = node.view / "ballast"
    fill(ballast)
    with pytest.raises(NetworkError, match="cannot do this at the moment"):
        pool.contract.contribute(customers(8, 10))
    assert node.runs

    ballast.unlink()
    assert pool.outcome(pool.ask()) == "right"
    job = pool.ask()
    fill(ballast)  # in the middle of it: this seat cannot keep what is found, and nobody signs
    until(lambda: job.done or any("StoreFull" in told["problem"] for told in node.jobs()) or "full" in node.waits())
    assert node.runs
    ballast.unlink()
    assert pool.outcome(job) == "right"
    until(lambda: node.is_ready(2))
    assert pool.outcome(pool.ask()) == "right"


def again_apart(network: Machines, node: Machine) -> None:
    node.stop()
    node.within, node.apart = ("unshare", "--mount", "sh", "-c", ON_A_SMALL_DISK, str(node.folder)), True
    node.start()
    network.wait_ready()


def fill(path: Path) -> None:
    """Take all room that is left."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    assert file.write(b"\0" * size) > 0
            except OSError:
                continue
