"""What a seat does alone: linear operations, and the moving of elements, on its two pieces.

Numbers are (2, *shape) uint64 arrays, booleans (2, *shape) uint8 arrays of 0 and 1. A public constant belongs to piece
0, which seat 0 holds first and seat 2 second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.program.node import Node
from enigma.program.ops import Op
from enigma.protocol.session import Session

Pieces = npt.NDArray[Any]


def constant(session: Session, raw: npt.NDArray[Any]) -> Pieces:
    """The trivial sharing of a public value."""
    dtype = np.uint8 if raw.dtype == np.bool_ else np.uint64
    pieces = np.zeros((2, *raw.shape), dtype)
    row = {0: 0, 2: 1}.get(session.seat)
    if row is not None:
        pieces[row] = raw.astype(dtype) if dtype is np.uint8 else raw.view(np.uint64)
    return pieces


def _raw(value: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(value, np.int64).view(np.uint64)


def _add(_s: Session, _n: Node, a: Pieces, b: Pieces) -> Pieces:
    return a + b


def _scale(_s: Session, _n: Node, a: Pieces, b: npt.NDArray[Any]) -> Pieces:
    product: Pieces = a * _raw(b)
    return product


def _sum(_s: Session, node: Node, a: Pieces) -> Pieces:
    total: Pieces = a.sum(axis=tuple(i + 1 for i in node.attrs["axes"]), dtype=np.uint64)
    return total


def _dot_public(session: Session, node: Node, a: Pieces, b: Pieces) -> Pieces:
    """One operand is (2, ...) pieces, the other a raw public matrix."""
    left_secret = node.inputs[0].secret
    shape = node.shape
    out = np.empty((2, *shape), np.uint64)
    flat = out.reshape(2, -1, *shape[-2:])
    for piece in range(2):
        left = np.ascontiguousarray(a[piece] if left_secret else _raw(a)).reshape(-1, *node.inputs[0].shape[-2:])
        right = np.ascontiguousarray(_raw(b) if left_secret else b[piece]).reshape(-1, *node.inputs[1].shape[-2:])
        for i in range(flat.shape[1]):
            session.kernels.matmul(left[i], right[i], flat[piece, i], False)
    return out


def _slice(_s: Session, node: Node, a: Pieces) -> Pieces:
    parts = tuple(slice(i, None if step < 0 and j < 0 else j, step) for i, j, step in node.attrs["parts"])
    return a[(slice(None), *parts)]


def _broadcast(_s: Session, node: Node, a: Pieces) -> Pieces:
    missing = len(node.shape) - (a.ndim - 1)
    return np.broadcast_to(a.reshape(2, *(1,) * missing, *a.shape[1:]), (2, *node.shape))


def _not(session: Session, node: Node, a: Pieces) -> Pieces:
    return a ^ constant(session, np.ones((1,) * len(node.shape), np.bool_))


LOCAL: dict[Op, Callable[..., Pieces]] = {
    Op.ADD: _add,
    Op.SUB: lambda s, n, a, b: a - b,
    Op.NEG: lambda s, n, a: np.negative(a),
    Op.SCALE: _scale,
    Op.SHIFT_LEFT: lambda s, n, a: a << np.uint64(n.attrs["bits"]),
    Op.SUM: _sum,
    Op.DOT_PUBLIC: _dot_public,
    Op.RETYPE: lambda s, n, a: a,
    Op.LIFT: lambda s, n, a: constant(s, a),
    Op.RESHAPE: lambda s, n, a: a.reshape(2, *n.shape),
    Op.PERMUTE_DIMS: lambda s, n, a: a.transpose(0, *(i + 1 for i in n.attrs["axes"])),
    Op.BROADCAST: _broadcast,
    Op.GATHER: lambda s, n, a: np.take(a, n.attrs["index"], axis=n.attrs["axis"] + 1),
    Op.SLICE: _slice,
    Op.CONCAT: lambda s, n, *parts: np.concatenate(parts, axis=n.attrs["axis"] + 1),
    Op.XOR: lambda s, n, a, b: a ^ b,
    Op.NOT: _not,
}
"""The local operations. Public operands come as trivial sharings, of SCALE, DOT_PUBLIC and LIFT raw."""


def choose_public(bit: npt.NDArray[Any], x: Pieces) -> Pieces:
    """A public boolean times a shared number."""
    return x * bit.astype(np.uint64)


def and_public(a: Pieces, b: npt.NDArray[Any]) -> Pieces:
    """A shared boolean and a public one."""
    return a & b.astype(np.uint8)
