"""The workloads of docs/performance.md: what `enigma bench` runs, from shares to shares, between real processes.

Inputs are shared before the clock starts; it stops when every seat holds its pieces of the result (k-means: when the
centroids are revealed). Randomness is made within the time: there is no offline phase.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import enigma.array as xp
from enigma.array import Array
from enigma.contract.standard import standard
from enigma.errors import ArgumentProblem
from enigma.local.committee import LocalCommittee

LATENCY_RUNS = 100


@dataclass(frozen=True, slots=True)
class Workload:
    """A name, the default size, and what to run: given a committee and a size, the arrays to compute by case."""

    name: str
    n: int
    build: Callable[[LocalCommittee, int], dict[str, Array]]
    reveals: bool = False
    runs: int = 1


def _uniform(n: int, *, seed: int, bound: float = 10.0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(-bound, bound, n)


def _multiply(committee: LocalCommittee, n: int) -> dict[str, Array]:
    x, y = (committee.share(_uniform(n, seed=i), lo=-10, hi=10) for i in (1, 2))
    return {"": x * y}


def _compare(committee: LocalCommittee, n: int) -> dict[str, Array]:
    random = np.random.default_rng(3)
    wide = [random.integers(-(2**62), 2**62, n) for _ in range(2)]
    a, b = (committee.share(v, lo=-(2**62), hi=2**62 - 1) for v in wide)
    x, y = (committee.share(_uniform(n, seed=i), lo=-10, hi=10) for i in (1, 2))
    return {"": a < b, "proven_width": x < y}


def _matmul(committee: LocalCommittee, n: int) -> dict[str, Array]:
    x = committee.share(_uniform(n * n, seed=1, bound=1.0).reshape(n, n), lo=-1, hi=1)
    y = committee.share(_uniform(n * (n // 10), seed=2, bound=1.0).reshape(n, n // 10), lo=-1, hi=1)
    return {"": x @ y}


def _kmeans(committee: LocalCommittee, n: int) -> dict[str, Array]:
    points, starts = kmeans_points(n)
    x = committee.share(points.T, lo=-2, hi=2)
    starting = xp.asarray(starts, dtype=xp.fixed(20))
    centroids, _ = standard("clustering").lloyd(x, starting, 10, [2, 2])
    return {"": centroids}


def kmeans_points(n: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """`n` points in the plane around five centres, and five starts beside the centres."""
    random = np.random.default_rng(1)
    centres = np.array([[-6, -6], [6, 6], [-6, 6], [6, -6], [0, 0]]) / 8
    return centres[random.integers(0, 5, n)] + random.normal(size=(n, 2)) * 0.1, centres + 0.2


def _logistic(committee: LocalCommittee, n: int) -> dict[str, Array]:
    random = np.random.default_rng(1)
    rows = random.uniform(-1, 1, (n, 10))
    labels = (rows @ random.normal(size=10) > 0).astype(np.int64)
    x, y = committee.share(rows, lo=-1, hi=1), committee.share(labels.reshape(n, 1), lo=0, hi=1)

    scaled = xp.multiply(x, 1 / n, scale=34)  # the mean is taken once, not in every epoch
    w: Array = xp.zeros((10, 1))
    for _ in range(10):  # unrolled: the range of w grows by at most 1 each time, which is the overflow proof
        p = xp.clip(x @ w + 0.5, 0, 1)  # the three-piece sigmoid: 0 below -1/2, 1 above 1/2
        w = w - xp.matmul(scaled.mT, p - y, scale=20)
    return {"": w}


def _latency(committee: LocalCommittee, n: int) -> dict[str, Array]:
    x, y = (committee.share(_uniform(n, seed=i), lo=-10, hi=10) for i in (1, 2))
    return {"": x < y, "multiply": x * y}


def _sort(committee: LocalCommittee, n: int) -> dict[str, Array]:
    return {"": xp.sort(committee.share(_uniform(n, seed=1), lo=-10, hi=10))}


WORKLOADS = {
    w.name: w
    for w in (
        Workload("mul", 1_000_000, _multiply),
        Workload("compare", 1_000_000, _compare),
        Workload("matmul", 1000, _matmul),
        Workload("kmeans", 100_000, _kmeans, reveals=True),
        Workload("logreg", 10_000, _logistic),
        Workload("latency", 1, _latency, runs=LATENCY_RUNS),
        Workload("sort", 10_000, _sort),
    )
}


def run(
    names: Sequence[str] | None = None, *, n: int | None = None, seats: int = 3, repeat: int = 3, kernels: str = "auto"
) -> Iterator[dict[str, Any]]:
    """One line for each workload: name, n, median seconds (of the slowest seat, and of all processors), bytes per
    seat, rounds, the largest seat's memory.

    Raises `ArgumentProblem` for an unknown workload.
    """
    for name in names or list(WORKLOADS):
        if name not in WORKLOADS:
            raise ArgumentProblem(f"no workload {name!r}", hint=f"there are {', '.join(WORKLOADS)}")
        workload = WORKLOADS[name]
        size = n or workload.n
        with LocalCommittee(seats, kernels=kernels) as committee:
            line: dict[str, Any] = {"workload": name, "n": size}
            for case, array in workload.build(committee, size).items():
                measured = _measure(committee, workload, array, max(repeat, 1))
                line.update({f"{case}_{key}" if case else key: value for key, value in measured.items()})
            yield line


def _measure(committee: LocalCommittee, workload: Workload, array: Array, repeat: int) -> dict[str, Any]:
    for _ in range(repeat * workload.runs):
        if workload.reveals:
            committee.reveal(array)
        else:
            committee.discard(committee.compute(array))
    reports = committee.reports[-repeat * workload.runs :]
    return {
        "seconds": statistics.median(r.seconds for r in reports),
        "cpu_seconds": statistics.median(r.cpu_seconds for r in reports),
        "bytes_per_seat": round(reports[-1].bytes_per_seat),
        "rounds": reports[-1].rounds,
        "max_rss_mb": round(max(r.max_rss_mb for r in reports), 1),
    }
