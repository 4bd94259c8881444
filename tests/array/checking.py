"""A plain committee that believes nothing: every value must lie in its proven range, under either kind of rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from enigma.engine import plain
from enigma.local.plain import PlainCommittee
from enigma.program.node import Node
from enigma.program.program import decode

Value = npt.NDArray[Any]


def _proven(meaning: Mapping[Any, Any]) -> dict[Any, Any]:
    def checked(compute: Any) -> Any:
        def run(node: Node, *operands: Value) -> Value:
            value: Value = compute(node, *operands)
            assert value.shape == node.shape, f"{node!r} has shape {value.shape}"
            if not node.type.is_bool and value.size:
                lo, hi = int(value.min()), int(value.max())
                assert node.type.lo <= lo, f"{node!r} reaches {lo}, below {node.type.lo}, from {node.inputs}"
                assert hi <= node.type.hi, f"{node!r} reaches {hi}, above {node.type.hi}, from {node.inputs}"
            return value

        return run

    return {op: checked(compute) for op, compute in meaning.items()}


@contextmanager
def either_rounding(seed: int) -> Iterator[None]:
    """Truncations go to either of the two nearest numbers, at random, as a secure one may."""
    random = np.random.default_rng(seed)

    def near(x: Value, shift: int) -> Value:
        exact = (x & ((1 << shift) - 1)) == 0
        return (x >> shift) + np.where(exact, 0, random.integers(0, 2, np.shape(x)))

    with patch.object(plain, "nearest", near):
        yield


class CheckingCommittee(PlainCommittee):
    """Checks every node's shape and range as it runs, and that the encoded program decodes to the same one."""

    def run(self, program: Any, stored: Any) -> Any:
        encoded = program.encode("plain")
        assert decode(encoded, "plain").encode("plain") == encoded
        with patch.object(plain, "MEANING", _proven(plain.MEANING)):
            return super().run(program, stored)
