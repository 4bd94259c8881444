"""Seats as real processes: what they compute and report, and that nothing of them is left, however it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.engine.operations import CASES

import enigma
import enigma.array as xp
from enigma.array import Array
from enigma.array.committee import indices
from enigma.errors import ArgumentProblem, EnigmaError, NetworkError, SeatLost
from enigma.local.committee import LocalCommittee
from enigma.program.program import trace
from enigma.program.types import BOOL, number

WHOLE = number(-(1 << 63), (1 << 63) - 1)

pytestmark = pytest.mark.processes


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def want_gone(pids: tuple[int, ...]) -> None:
    assert not [pid for pid in pids if alive(pid)]


ENDLESS = 100_000
"""Rounds of a loop that is interrupted long before its end."""


def wait_for_end(pids: tuple[int, ...]) -> None:
    """Orphans are nobody's children to wait for: their closed pipes come a moment before their end."""
    for pid in pids:
        try:
            ending = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(ending):
            select.select([ending], [], [])


def long_work(x: Array, count: int = 200) -> Array:
    """Hundreds of rounds: enough that progress is told before the end."""
    walked: Array = xp.loop(count, lambda v: xp.clip(xp.where(v > 50, v - 30, v + 7), 0, 200), x)
    return walked


def test_results_reports_and_costs_agree() -> None:
    with enigma.local() as committee:
        x, y = np.linspace(-5, 5, 7001), np.linspace(1, 3, 7001)
        a, b = committee.share(x, lo=-5, hi=5), committee.share(y, lo=1, hi=3)
        flags = committee.share(x > 1)
        asked = (a * b, a > b, flags & (a > 0), xp.sort(a)[:10], xp.asarray([1, 2]), a.sum())
        product, greater, both, smallest, public, total = committee.reveal(*asked)
        report, cost = committee.report, committee.cost(*asked)
    assert np.abs(product - x * y).max() < 1e-5
    assert np.array_equal(greater, np.round(x * 2**20) > np.round(y * 2**20))
    assert np.array_equal(both, x > 1)
    assert np.allclose(smallest, x[:10], atol=1e-6)
    assert public.tolist() == [1, 2]
    assert abs(float(total)) < 0.01
    assert (report.rounds, report.seat_bytes) == (cost.rounds, cost.seat_bytes)
    assert report.seconds > 0
    assert report.cpu_seconds > 0
    assert 10 < report.max_rss_mb < 2000


def test_every_operation_costs_what_was_foretold() -> None:
    """The programs of the one-process tests, over wires; results are checked there."""
    with LocalCommittee() as committee:
        for name, make in CASES.items():
            case = make(np.random.default_rng(1), 129)
            first, *_ = [committee._store(raw, WHOLE if raw.dtype != np.bool_ else BOOL) for raw in case.raws]
            program = trace(case.outputs)
            committee.run(program, [first + index for index in indices(program)])
            cost = committee.cost_of(program)
            assert (committee.report.rounds, committee.report.seat_bytes) == (cost.rounds, cost.seat_bytes), name


def test_values_can_be_kept_and_discarded() -> None:
    with enigma.local() as committee:
        x = committee.share([1, 2, 3], lo=0, hi=10)
        kept = committee.compute(x * x)
        committee.discard(x)
        assert committee.reveal(kept + 1).tolist() == [2, 5, 10]


def test_plain_kernels_and_progress() -> None:
    told: list[tuple[str, int, int]] = []
    with enigma.local(kernels="plain", progress=lambda *step: told.append(step)) as committee:
        assert committee.kernels == "numpy"
        committee.phase = "walking"
        x = committee.share([3, 60, 120], lo=0, hi=200)
        walked = committee.reveal(long_work(x, 1500))
    with enigma.plain() as plain:
        assert walked.tolist() == plain.reveal(long_work(plain.share([3, 60, 120], lo=0, hi=200), 1500)).tolist()
    assert told
    assert all(phase == "walking" and 0 < done <= total for phase, done, total in told)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


@pytest.mark.parametrize("victim", [0, 1, 2])
def test_a_seat_killed_in_mid_run(victim: int) -> None:
    killed: list[int] = []

    def kill(phase: str, done: int, total: int) -> None:
        if not killed:
            killed.append(done)
            os.kill(committee.process_ids[victim], signal.SIGKILL)

    committee = LocalCommittee(progress=kill)
    pids = committee.process_ids
    x = committee.share(np.arange(100), lo=0, hi=200)
    with pytest.raises(SeatLost) as caught:
        committee.reveal(long_work(x, ENDLESS))
    assert killed, "the run ended before its progress was told"
    assert caught.value.exit_status == 3
    assert str(victim) in caught.value.message
    want_gone(pids)
    with pytest.raises(NetworkError, match="ended earlier"):
        committee.reveal(x)
    committee.close()


def test_a_seat_killed_while_nothing_runs() -> None:
    with LocalCommittee() as committee:
        x = committee.share([1, 2], lo=0, hi=5)
        os.kill(committee.process_ids[1], signal.SIGKILL)
        with pytest.raises(SeatLost):
            committee.reveal(x * x)
        want_gone(committee.process_ids)


def test_closing_twice_and_using_afterwards() -> None:
    committee = LocalCommittee()
    pids = committee.process_ids
    x = committee.share([1, 2], lo=0, hi=5)
    committee.close()
    want_gone(pids)
    committee.close()
    for use in (lambda: committee.reveal(x), lambda: committee.share([1], lo=0, hi=1)):
        with pytest.raises(EnigmaError):
            use()


def test_an_error_inside_the_block_ends_the_seats() -> None:
    pids: tuple[int, ...] = ()
    with pytest.raises(ZeroDivisionError), LocalCommittee() as committee:  # noqa: PT012 - the block is what is tested
        pids = committee.process_ids
        assert all(alive(pid) for pid in pids)
        _ = 1 // 0
    assert len(pids) == 3
    want_gone(pids)


def test_an_interrupt_in_mid_run_leaves_nothing() -> None:
    """Progress comes from another thread: the interrupt then is what Ctrl-C is, a signal to the main one."""
    sent: list[int] = []

    def interrupt(phase: str, done: int, total: int) -> None:
        if not sent:
            sent.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    pids: tuple[int, ...] = ()
    with pytest.raises(KeyboardInterrupt), LocalCommittee(progress=interrupt) as committee:  # noqa: PT012 - as above
        pids = committee.process_ids
        committee.reveal(long_work(committee.share(np.arange(100), lo=0, hi=200), ENDLESS))
    assert sent
    want_gone(pids)


CLIENT = """
import sys
import numpy as np
import enigma
import enigma.array as xp

def told(phase, done, total):
    print("running", flush=True)

committee = enigma.local(progress=told)
print(*committee.process_ids, flush=True)
x = committee.share(np.arange(100), lo=0, hi=200)
if sys.argv[1] == "leave":
    sys.exit(0)
committee.reveal(xp.loop(100_000, lambda v: xp.clip(xp.where(v > 50, v - 30, v + 7), 0, 200), x))
"""


@pytest.mark.parametrize("way", ["leave", "die"])
def test_seats_end_with_their_client(way: str) -> None:
    """A seat holds the write end of the pipe that we read: it ends when the last of them has."""
    reading, writing = os.pipe()
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, way],
        stdout=subprocess.PIPE,
        stderr=writing,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    os.close(writing)
    with client, os.fdopen(reading, "rb") as errors:
        assert client.stdout is not None
        pids = tuple(int(pid) for pid in client.stdout.readline().split())
        assert len(pids) == 3
        if way == "die":
            assert client.stdout.readline() == "running\n"
            client.kill()
        assert errors.read() == b""
        assert client.wait() == (-signal.SIGKILL if way == "die" else 0)
    if hasattr(os, "pidfd_open"):
        wait_for_end(pids)
    want_gone(pids)


def test_other_numbers_of_seats_are_refused() -> None:
    with pytest.raises(ArgumentProblem, match="a committee of 4 seats"):
        enigma.local(seats=4)


def test_a_report_needs_a_run() -> None:
    with LocalCommittee() as committee, pytest.raises(ArgumentProblem, match="nothing has run"):
        _ = committee.report
