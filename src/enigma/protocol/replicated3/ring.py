"""The two groups in which pieces are added: 64-bit words modulo 2^64, and octets of bits by XOR."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.algebra.prg import Block, words_for_bytes

Row = npt.NDArray[Any]
"""Words or octets, of one piece or of several."""


def reserved(size: int, bits: bool) -> int:
    """The words of randomness that `size` words, or octets of bits, take."""
    return words_for_bytes(size) if bits else size


def draw(block: Block, bits: bool, *shape: int) -> Row:
    """The next uniform words, or octets, of a block."""
    return block.bytes(*shape) if bits else block.words(*shape)


def add(one: Row, other: Row) -> Row:
    """The sum in the group of these rows."""
    total: Row = one ^ other if one.dtype == np.uint8 else one + other
    return total


def subtract(one: Row, other: Row) -> Row:
    """The difference in the group of these rows."""
    rest: Row = one ^ other if one.dtype == np.uint8 else one - other
    return rest
