"""Vectors of pieces: secrets that are split, and deliveries that no seat takes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from tools.vectors.by_the_book import Vectors, fixed

from enigma.sharing import replicated3

Raw = npt.NDArray[Any]


def raw_text(raw: Raw) -> list[Any]:
    """Values as JSON has them: booleans, or decimals as text."""
    return [bool(each) if raw.dtype == np.bool_ else str(each) for each in raw.reshape(-1).tolist()]


EXTREMES = np.array([0, 1, -1, (1 << 63) - 1, -(1 << 63), 42])
RAW: list[tuple[str, Raw]] = [
    ("one number", np.array(-7)),
    ("extremes", EXTREMES),
    ("a matrix", EXTREMES.reshape(2, 3)),
    ("no rows", np.zeros(0, np.int64)),
    ("no rows of three", np.zeros((0, 3), np.int64)),
    ("one boolean", np.array(True)),
    ("nine booleans", np.array([True, False, False, True, True, True, False, False, True])),
    ("no booleans", np.zeros(0, np.bool_)),
]


def pieces() -> Vectors:
    """Secrets in replicated pieces, and deliveries that no seat takes."""
    good = []
    for name, raw in RAW:
        made = [[each.form.value, bytes(each.content).hex()] for each in replicated3.pieces(raw, drawing(name))]
        good.append({"name": name, "kind": kind(raw), "shape": list(raw.shape), "raw": raw_text(raw), "pieces": made})
    seed = ["seed", fixed("a seed", 16).hex()]
    bad = [
        {"name": name, "kind": kinds, "shape": shape, "delivery": delivery}
        for name, kinds, shape, delivery in [
            ("a seed of 15 bytes", "int64", [3], [seed, ["seed", seed[1][2:]]]),
            ("a seed of 32 bytes", "int64", [3], [seed, ["seed", seed[1] * 2]]),
            ("a full piece of one element less", "int64", [3], [seed, ["full", "00" * 16]]),
            ("a full piece of one byte more", "int64", [3], [seed, ["full", "00" * 25]]),
            ("booleans as bytes", "bool", [9], [seed, ["full", "00" * 9]]),
            ("a bit set after the last boolean", "bool", [9], [seed, ["full", "0002"]]),
            ("one piece", "int64", [3], [seed]),
            ("three pieces", "int64", [3], [seed, seed, seed]),
            ("a form that there is not", "int64", [0], [seed, ["none", ""]]),
        ]
    ]
    return {"good": good, "bad": bad}


def drawing(name: str) -> Callable[[int], bytes]:
    """Draws that are the same at every run."""
    draws = itertools.count()
    return lambda size: fixed(f"{name} {next(draws)}", size)


def kind(raw: Raw) -> str:
    """What a column of a header says of such values."""
    return "bool" if raw.dtype == np.bool_ else "int64"
