"""Enigma beside SPU on one machine in one run, workload by workload, and MP-SPDZ's place in that run.

    python -m venv peers && peers/bin/pip install spu==0.9.5
    .venv/bin/python tools/compare_with_peers.py --spu-python peers/bin/python [WORKLOAD ...] [--rounds 3]

Both sides take turns, so that a machine that slows down slows both. MP-SPDZ does not install from a package; its place
is SPU's time here times the ratio of the two, measured once side by side (`MP_SPDZ`). Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MP_SPDZ = {
    "mul": 0.177 / 0.265,
    "compare": 0.855 / 1.22,
    "matmul": 0.216 / 0.287,
    "kmeans": 4.62 / 8.5,
    "logreg": 0.203 / 0.498,
    "latency": 0.54 / 7.8,
    "sort": 0.333 / 1.32,
}
"""Seconds of MP-SPDZ 0.4 (replicated-ring, TLS) per second of SPU 0.9.5 (ABY3, FM64) on one two-core machine."""

HERE = Path(__file__).parent


def _lines(command: Sequence[str]) -> list[dict[str, Any]]:
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def _cases(line: dict[str, Any]) -> list[str]:
    """The main case, and those that the workload reports beside it."""
    found = {key.removesuffix("_seconds") for key in line if key.endswith("_seconds")}
    return ["", *sorted(case for case in found if not case.endswith("cpu"))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", default=list(MP_SPDZ))
    parser.add_argument("--spu-python", required=True, help="a Python that has spu")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    options = parser.parse_args()
    print(
        "| workload | Enigma, s | SPU, s | MP-SPDZ, s (scaled) | times faster than the better | MB per seat | rounds |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in options.workloads:
        ours: list[dict[str, Any]] = []
        theirs: list[float] = []
        for _ in range(options.rounds):
            ours += _lines([str(Path(sys.executable).with_name("enigma")), "bench", "--workload", name, "--json"])
            theirs += [
                line["seconds"] for line in _lines([options.spu_python, str(HERE / "peers/spu_workloads.py"), name])
            ]
        spu = statistics.median(theirs)
        scaled = spu * MP_SPDZ[name]
        for case in _cases(ours[0]):
            prefix = f"{case}_" if case else ""
            seconds = statistics.median(line[f"{prefix}seconds"] for line in ours)
            first = ours[0]
            factor = "" if case == "multiply" else f"{min(spu, scaled) / seconds:.1f}"
            print(
                f"| {name}{f' ({case})' if case else ''} | {seconds:.4f} | {spu:.3f} | {scaled:.3f} | {factor} | "
                f"{first[f'{prefix}bytes_per_seat'] / 1e6:.2f} | {first[f'{prefix}rounds']} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
