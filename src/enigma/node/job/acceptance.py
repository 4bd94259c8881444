"""Before a contribution counts: every value lies in its declared range, checked by the seats, on the pieces.

Ranges carry every later proof (widths of comparisons, headroom of sums), so an owner's word is not enough. A word x of
64 bits lies in lo .. hi exactly if both x - lo and hi - x, taken modulo 2^64 as signed words, are not negative: their
sum is hi - lo < 2^63, and two words that are not negative have that sum modulo 2^64 only if they have it exactly. So
two signs of full width decide for each value, and one bit becomes known for each column: all fit, or not.

Booleans are bits in pieces: they cannot be anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

import enigma.array as xp
from enigma.array import Array
from enigma.contract.call import HeldRows
from enigma.contract.dictionaries.held import Held
from enigma.contract.host import Host, Segment
from enigma.errors import CallRefused
from enigma.program import build
from enigma.program.node import Node
from enigma.program.program import trace
from enigma.program.types import LINEAR_BITS, number


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    held: Held


def want_in_range(given: Mapping[str, Held | HeldRows], host: Host, dealer: str) -> None:
    """Goes on only if every value of these arguments is what its type says; raises `CallRefused` naming the column."""
    columns = [each for each in _columns(given) if not each.held.type.is_bool and _size(each.held)]
    if not columns:
        return
    checks = [_outside(build.input_(i, c.held.shape, c.held.type)) for i, c in enumerate(columns)]
    segment = Segment(
        trace(checks),
        tuple(each.held.index for each in columns),
        tuple(each.name for each in columns),
        (None,) * len(columns),
    )
    for column, outside in zip(columns, host.run(segment).values, strict=True):
        if outside is not None and bool(outside):
            raise CallRefused(
                f"{dealer} contributed values of {column.name} outside of {column.held.type}",
                hint="the contribution was not taken; contribute again with values in the declared range",
            )


def _columns(given: Mapping[str, Held | HeldRows]) -> Iterator[_Column]:
    for name, held in given.items():
        if isinstance(held, Held):
            yield _Column(name, held)
        else:
            for column, each in held.columns.items():
                yield _Column(f"{name}.{column}", each)


def _size(held: Held) -> int:
    size = 1
    for extent in held.shape:
        size *= extent
    return size


def _outside(x: Node) -> Node:
    """Whether any value of an input is outside of the range that its type claims."""
    lo, hi = x.type.lo, x.type.hi
    word = number(-(1 << LINEAR_BITS), (1 << LINEAR_BITS) - 1, x.type.scale, x.type.kind)
    above = build.sub(x, _constant(lo, x))
    below = build.sub(_constant(hi, x), x)
    # Under the claimed range both would be proven not to be negative: nothing is believed here.
    low, high = (build.negative(build.retype(each, word)) for each in (above, below))
    either = build.not_(build.and_(build.not_(low), build.not_(high)))
    return xp.any(Array(either)).node


def _constant(value: int, like: Node) -> Node:
    return build.broadcast(build.const(np.array(value, np.int64), like.type.scale, like.type.kind), like.shape)
