"""The JSON vectors of docs/spec, as the library has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.sharing.header import Context

FOLDER = Path(__file__).parents[2] / "docs" / "spec" / "vectors"

Vector = dict[str, Any]


def vectors(name: str) -> dict[str, list[Vector]]:
    """All vectors of one page of the specification."""
    read: dict[str, list[Vector]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return read


def named(vector: Vector) -> str:
    """What a vector is of; for a bad one, what is wrong."""
    return str(vector["name"])


def raw_of(kind: str, shape: list[int], values: list[Any]) -> npt.NDArray[Any]:
    """Raw values: booleans, or decimals as text."""
    plain = values if kind == "bool" else [int(each) for each in values]
    return np.array(plain, np.bool_ if kind == "bool" else np.int64).reshape(shape)


def context_of(tree: Vector) -> Context:
    """A context."""
    octets = {name: bytes.fromhex(tree[name]) for name in ("contract", "function")}
    return Context(tree["chain"], octets["contract"], tree["asker"], octets["function"], tree["parameter"])
