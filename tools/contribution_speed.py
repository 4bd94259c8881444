"""How long an owner takes to make a contribution, and a seat to accept it: `python tools/contribution_speed.py`.

Raw columns in memory to sealed chunks for every seat, in one process, without a network.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import time

import numpy as np

from enigma.keys.sealing import SealingKey
from enigma.sharing import replicated3
from enigma.sharing.acceptance import accept
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context, Header


def measure(rows: int, columns: int) -> None:
    """Print one line for each step: seconds, and what it made."""
    random = np.random.default_rng(1)
    table = {f"column {i}": random.integers(-(1 << 40), 1 << 40, rows) for i in range(columns)}
    raw_bytes = 8 * rows * columns
    context = Context(31337, bytes(32), "0x" + "11" * 20, bytes(4), "rows")
    keys = [SealingKey.generate() for _ in range(replicated3.SEATS)]
    before = peak()
    clock = time.perf_counter()
    made = Contribution.make(table, rows, context=context, family=replicated3, secret=secrets.token_bytes(32))
    total = step("split and commit", clock)
    uploads = []
    for seat, key in enumerate(keys):
        upload = made.upload(seat, key.public_bytes)
        clock = time.perf_counter()
        size = sum(len(chunk) for chunk in upload.chunks())
        total += step(f"seal to seat {seat}: {size / raw_bytes:.3f} of the raw bytes", clock)
        uploads.append(upload)
    print(
        f"{total:8.3f} s  in all, for {rows:,} rows of {columns} columns; {peak() - before} MiB of memory beside them"
    )
    for seat, key in enumerate(keys):
        clock = time.perf_counter()
        accept(
            uploads[seat].chunks(), key=key, family=replicated3, seat=seat, context=context,
            commitment=made.commitment, most_bytes=1 << 40, want=any_header,
        )  # fmt: skip
        step(f"accept at seat {seat}, its chunks sealed on the way", clock)


def step(name: str, since: float) -> float:
    """Print the seconds of a step, and give them back."""
    seconds = time.perf_counter() - since
    print(f"{seconds:8.3f} s  {name}")
    return seconds


def peak() -> int:
    """The most memory that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def any_header(header: Header) -> None:
    """Take any."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=8)
    given = parser.parse_args()
    measure(given.rows, given.columns)
