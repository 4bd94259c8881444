"""Writes the table of costs into docs/performance.md, between its markers: formula beside measured.

    .venv/bin/python tools/cost_table.py [--check]

The measured bytes and rounds are those of a run of all three seats in one process; `--check` changes nothing and fails
where the document is not what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from enigma.algebra import kernels
from enigma.program import build
from enigma.program.cost import cost
from enigma.program.node import Node
from enigma.program.program import trace
from enigma.program.types import BOOL, number
from enigma.protocol.replicated3.family import Replicated3
from enigma.sharing import replicated3
from enigma.testing.world import World

N = 10_000
DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- costs:begin -->", "<!-- costs:end -->"

Row = tuple[str, str, str, Callable[[Node, Node, Node], Node]]

ROWS: list[Row] = [
    ("product", "1", "8", lambda x, y, b: build.mul(x, y)),
    ("product, truncated by 20 bits", "2", "(32 + 4 ceil(f/8)) / 3", lambda x, y, b: build.mul(x, y, 20)),
    ("truncation by 20 bits", "2", "(16 + 4 ceil(f/8)) / 3", lambda x, y, b: build.truncate(x, 20)),
    ("inner product of n, truncated", "2", "as one product", lambda x, y, b: _inner(x, y)),
    ("x < 0, 31 bits", "2 + ceil(log3(ceil((w-1)/3)))", "about 1.9 w / 8", lambda x, y, b: build.negative(x)),
    ("x < 0, 64 bits", "the same", "the same", lambda x, y, b: build.negative(_wide(x))),
    ("x = 0, 31 bits", "2 + ceil(log3(ceil(w/3)))", "about 1.4 w / 8", lambda x, y, b: build.zero(x)),
    ("all 31 bits", "2 + ceil(log2(w-1))", "about 2 w log2(w) / 8", lambda x, y, b: build.bits(x)),
    ("and", "1", "1/8", lambda x, y, b: build.and_(b, build.not_(b))),
    ("boolean to 0 or 1", "2", "8", lambda x, y, b: build.to_int(b)),
    ("boolean times number", "2", "32/3", lambda x, y, b: build.choose(b, x)),
    ("shuffle of rows", "3", "16 a column", lambda x, y, b: build.shuffle(build.reshape(x, (N, 1)))),
    ("sort, 31 bits", "bits + 8 a digit of two", "88 a digit", lambda x, y, b: build.sort(build.reshape(x, (N, 1)))),
]


def _inner(x: Node, y: Node) -> Node:
    small = number(-(2**20), 2**20, 20)
    left, right = (build.retype(v, small) for v in (x, y))
    return build.dot(build.reshape(left, (1, N)), build.reshape(right, (N, 1)), 20)


def _wide(x: Node) -> Node:
    return build.retype(x, number(-(2**63), 2**63 - 1, 20))


def table() -> str:
    """The table, measured now; raises `SystemExit` where a measurement differs from the static cost."""
    family = Replicated3()
    x, y = (build.input_(i, (N,), number(-(2**30), 2**30 - 1, 20)) for i in (0, 1))
    b = build.input_(2, (N,), BOOL)
    raws = [np.arange(N) % 1000, np.arange(N) % 977, np.arange(N) % 2 == 0]
    seeds = [(bytes([i]) * 16, bytes([i + 1]) * 16) for i in (1, 3, 5)]
    deliveries = [replicated3.split(raw, pair) for raw, pair in zip(raws, seeds, strict=True)]
    held = [
        {
            i: replicated3.receive(d[seat], (N,), raw.dtype == np.bool_)
            for i, (d, raw) in enumerate(zip(deliveries, raws, strict=True))
        }
        for seat in range(family.seats)
    ]
    lines = [
        f"| operation (n = {N:,}) | rounds: formula | rounds | bytes per element and seat: formula | measured |",
        "|---|---|---|---|---|",
    ]
    for name, rounds_formula, bytes_formula, make in ROWS:
        node = make(x, y, b)
        world = World(family, kernels.load())
        world.evaluate([node], held)
        static = cost(trace((), [node]), family)
        sent = world.traffic.seat_bytes(family.seats)
        if (static.rounds, static.seat_bytes) != (world.traffic.rounds, sent):
            raise SystemExit(f"{name}: the static cost {static} is not what travelled: {world.traffic.rounds}, {sent}")
        per_element = sum(sent) / family.seats / (1 if name.startswith("inner") else N)
        lines.append(f"| {name} | {rounds_formula} | {static.rounds} | {bytes_formula} | {per_element:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table, or check it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    current = f"{head}{BEGIN}\n{table()}\n{END}{tail}"
    if "--check" in sys.argv[1:]:
        if current != text:
            raise SystemExit("docs/performance.md is out of date: run tools/cost_table.py")
    else:
        DOCUMENT.write_text(current, encoding="utf-8")


if __name__ == "__main__":
    main()
