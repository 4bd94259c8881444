"""All that a program can do, on one page.

A node's shape, type and secrecy follow from its operation, inputs and attributes alone (`build`), its meaning is
`engine.plain`, and how seats do it together is a protocol family's business. *Local* operations cost nothing;
*joint* ones cost bytes and rounds as soon as an operand is secret.
"""

from __future__ import annotations

from enum import StrEnum


class Op(StrEnum):
    """The operations."""

    # sources
    INPUT = "input"  # a stored secret; attrs: index
    CONST = "const"  # a public array; attrs: value (raw int64, or bool)

    # local: linear, and the moving of elements
    ADD = "add"
    SUB = "sub"
    NEG = "neg"
    SCALE = "scale"  # by a public operand, element by element; inputs: (x, public)
    SHIFT_LEFT = "shift_left"  # attrs: bits; finer scale, or times a power of two
    SUM = "sum"  # attrs: axes
    DOT_PUBLIC = "dot_public"  # matrix product with a public operand on either side
    RETYPE = "retype"  # the same raw numbers under another kind, scale or wider range
    LIFT = "lift"  # public to (trivially shared) secret
    RESHAPE = "reshape"
    PERMUTE_DIMS = "permute_dims"  # attrs: axes
    BROADCAST = "broadcast"
    GATHER = "gather"  # attrs: axis, index (public)
    SLICE = "slice"  # attrs: (start, stop, step) for each axis
    CONCAT = "concat"  # attrs: axis
    XOR = "xor"
    NOT = "not"

    # joint
    MUL = "mul"  # attrs: shift; the product, truncated by `shift` bits
    DOT = "dot"  # attrs: shift; matrix product, summed before the truncation
    TRUNCATE = "truncate"  # attrs: shift
    NEGATIVE = "negative"  # attrs: width; is the number below zero?
    ZERO = "zero"  # attrs: width; is the number zero?
    BITS = "bits"  # attrs: width; two's complement, lowest first, along a new first axis
    AND = "and"
    TO_INT = "to_int"  # a boolean as 0 or 1
    CHOOSE = "choose"  # boolean times number, element by element
    SORT = "sort"  # rows of a matrix by its first column; attrs: width, descending
    SHUFFLE = "shuffle"  # rows in an order that no seat knows

    # structure
    LOOP = "loop"  # attrs: body, count
    ITEM = "item"  # one output of a loop; attrs: index


LOCAL = frozenset(
    {Op.ADD, Op.SUB, Op.NEG, Op.SCALE, Op.SHIFT_LEFT, Op.SUM, Op.DOT_PUBLIC, Op.RETYPE, Op.LIFT, Op.RESHAPE,
     Op.PERMUTE_DIMS, Op.BROADCAST, Op.GATHER, Op.SLICE, Op.CONCAT, Op.XOR, Op.NOT, Op.ITEM}
)  # fmt: skip
"""Operations that no seat needs another for."""
