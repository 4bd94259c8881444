"""How long an owner's machine takes from a file to sealed uploads for every seat: `python tools/table_speed.py`.

A Parquet file on the disk is read, judged, encoded, split, committed to, and sealed in chunks for three seats, without
a network. `--format csv` reads the same rows as text.
"""

from __future__ import annotations

import argparse
import os
import resource
import secrets
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from enigma.client.tables.reading import read_table
from enigma.contract.calling.raw import raw_columns
from enigma.contract.types import FixedType, TableType
from enigma.keys.sealing import SealingKey
from enigma.sharing import replicated3
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context


def measure(rows: int, columns: int, form: str) -> None:
    """Print one line for each step: seconds, and what it made."""
    names = [f"column_{i}" for i in range(columns)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{form}"
        child = os.fork()
        if child == 0:  # so that what the file is made from is no part of the memory that is measured
            random = np.random.default_rng(1)
            table = pa.table({name: random.uniform(0, 1000, rows) for name in names})
            if form == "parquet":
                parquet.write_table(table, path)
            else:
                csv.write_csv(table, path)
            os._exit(0)
        os.waitpid(child, 0)
        before, begin = peak(), time.perf_counter()
        clock = begin
        type_ = TableType("Rows", tuple((name, FixedType(Decimal(0), Decimal(1000))) for name in names))
        checked, _ = read_table(path, type_)
        clock = step("read and judge", clock)
        raw = raw_columns(checked)
        del checked
        clock = step("encode", clock)
        context = Context(31337, bytes(32), "0x" + "11" * 20, bytes(4), "rows")
        made = Contribution.make(raw, rows, context=context, family=replicated3, secret=secrets.token_bytes(32))
        del raw
        clock = step("split and commit", clock)
        for seat in range(replicated3.SEATS):
            upload = made.upload(seat, SealingKey.generate().public_bytes)
            size = sum(len(chunk) for chunk in upload.chunks())
            clock = step(f"seal to seat {seat}: {size / (8 * rows * columns):.3f} of the raw bytes", clock)
        print(f"{clock - begin:8.3f} s  in all, for {rows:,} rows of {columns} columns from {form}")
        print(f"{peak() - before:8} MiB of memory at the most, beside the libraries'")


def step(name: str, since: float) -> float:
    """Print the seconds of a step; the time now."""
    now = time.perf_counter()
    print(f"{now - since:8.3f} s  {name}")
    return now


def peak() -> int:
    """The most memory that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    given = parser.parse_args()
    measure(given.rows, given.columns, given.format)
