"""Which dtype holds several: the standard's `result_type` and `can_cast`."""

from __future__ import annotations

from typing import Any

from enigma.array.array import Array
from enigma.array.dtypes import DType, promote
from enigma.array.operands import node_of
from enigma.errors import KindError
from enigma.program.node import caller


def result_type(*operands: Any) -> DType:
    """The dtype that holds all arrays, dtypes and numbers; a Python number takes the dtype that it meets."""
    found = [each if isinstance(each, DType) else Array(node_of(each)).dtype for each in operands]
    if not found:
        raise KindError(f"{caller()}: result_type() of nothing")
    return promote(*found)


def can_cast(from_: DType | Array, to: DType) -> bool:
    """Whether `to` holds every value of `from_` exactly."""
    source = from_.dtype if isinstance(from_, Array) else from_
    if "bool" in (source.kind, to.kind):
        return source == to
    return promote(source, to) == to
