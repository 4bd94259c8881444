"""Comparison: is a number negative, is it zero?

Two of the three pieces of x = x_AB + s belong to the dealer, who knows s; A and B know x_AB. The sign bit of a w-bit
number is the top bit of x_AB ^ s ^ carry, and the carry comes out of a tree over the w - 1 lower bits, evaluated on bit
planes in masked form (`roles`; algebra/kernels/layout draws up the wires and monomials). x = 0 iff every bit of
~x_AB ^ -s is 1: the same tree with propagate wires alone.

The dealer's whole part needs nobody: it sends the shares of all monomials of all levels in the first round. Each level
then costs the evaluators one exchange of one bit per wire. Departures from the literature: leaves of three bits from
monomials of the dealer's own summand, and joints of three blocks, which cost no more than joints of two.

Cost for w bits: 1 + 1 + ceil(log3(ceil((w - 1) / 3))) rounds for the sign; about 5.6 w bits in all, 1.9 w per seat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from enigma.algebra.kernels import layout
from enigma.algebra.prg import Block
from enigma.protocol.replicated3.roles import SEATS, A, B, D, Pair, Part, chunks, next_, own, parts, shares
from enigma.protocol.session import Joint, Octets, Session, Words


@dataclass(frozen=True, slots=True)
class Tree:
    """The shape of a carry tree over `bits` bits below the sign (or over all bits, with `ones`).

    `blocks`: blocks before each level, the last entry being 1; none for no bits. `exchanges`: planes that each
    evaluator sends at the leaves and at each level. `monomials`: planes that the dealer shares for them.
    """

    bits: int
    ones: bool
    blocks: tuple[int, ...]
    exchanges: tuple[int, ...]
    monomials: tuple[int, ...]

    @property
    def dealt(self) -> int:
        """Planes that the dealer shares in all; the sign's own bit comes last."""
        return sum(self.monomials) + (0 if self.ones else 1)


@lru_cache(maxsize=256)
def tree_of(bits: int, ones: bool) -> Tree:
    """The tree for so many bits."""
    if not bits:
        return Tree(0, ones, (), (1,), ())
    blocks = [(bits + 2) // 3]
    while blocks[-1] > 1:
        blocks.append((blocks[-1] + 2) // 3)
    levels = blocks[:-1]
    return Tree(
        bits,
        ones,
        tuple(blocks),
        (layout.wires(blocks[0], ones), *(layout.fresh_wires(n, ones) for n in levels)),
        (layout.leaf_monomials(bits), *(layout.level_monomials(n, ones) for n in levels)),
    )


def negative(session: Session, x: Pair, width: int) -> Joint[Octets]:
    """Whether the `width`-bit numbers of (2, n) pieces are below zero; (2, n) shared bits."""
    return (yield from _tree(session, x, tree_of(width - 1, False)))


def zero(session: Session, x: Pair, width: int) -> Joint[Octets]:
    """Whether the `width`-bit numbers of (2, n) pieces are zero; (2, n) shared bits."""
    return (yield from _tree(session, x, tree_of(width, True)))


def _tree(session: Session, x: Pair, tree: Tree) -> Joint[Octets]:
    out = np.empty((2, len(x[0])), np.uint8)
    work: list[_Evaluator] = []
    for part in parts(session.seat, len(x[0])):
        blocks = _Blocks(session, part, tree)
        for start, stop in chunks(part.size):
            here = slice(part.start + start, part.start + stop)
            if part.role == D:
                _deal(session, part, tree, blocks, x[0][here] + x[1][here], out[:, here])
            else:
                work.append(_Evaluator(session, part, tree, blocks, x[1 if part.role == A else 0][here], out[:, here]))
    steps = [evaluator.steps() for evaluator in work]
    for _ in range(1 + len(tree.exchanges)):
        for step in steps:
            next(step)
        yield
    for step in steps:
        next(step, None)
    return out


class _Blocks:
    """The randomness of one part: shares of the monomials (key AD), and both evaluators' masks of every wire."""

    __slots__ = ("a", "b", "shares")

    def __init__(self, session: Session, part: Part, tree: Tree) -> None:
        width = sum((b - a + 63) // 64 for a, b in chunks(part.size))
        masks = sum(tree.exchanges) * width
        self.a: Block = _NONE
        self.b: Block = _NONE
        self.shares: Block = _NONE
        if part.role in (A, D):
            key = own if part.role == A else next_
            self.shares, self.a = key(session, tree.dealt * width), key(session, masks)
        if part.role in (B, D):
            self.b = (next_ if part.role == B else own)(session, masks)


_NONE: Any = None


def _deal(session: Session, part: Part, tree: Tree, blocks: _Blocks, s: Words, out: Octets) -> None:
    """The dealer: its summand's bits, the masks of every wire, and the shares of all monomials, in one message."""
    width = (len(s) + 63) // 64
    if tree.ones:
        s = np.uint64(0) - s
    planes = np.empty((tree.bits + (not tree.ones), width), np.uint64)
    session.kernels.to_planes(s, planes)
    masks_a, masks_b = blocks.a.words(sum(tree.exchanges), width), blocks.b.words(sum(tree.exchanges), width)
    shares_ = blocks.shares.words(tree.dealt, width)
    message = np.empty_like(shares_)
    row = 0
    if tree.bits:
        row = tree.monomials[0]
        session.kernels.deal_leaves(planes[: tree.bits], shares_[:row], message[:row])
    masks = masks_a ^ masks_b
    wires = masks[: tree.exchanges[0]]
    used = tree.exchanges[0]
    for blocks_here, monomials, fresh in zip(tree.blocks[:-1], tree.monomials[1:], tree.exchanges[1:], strict=True):
        session.kernels.deal_level(wires, shares_[row : row + monomials], tree.ones, message[row : row + monomials])
        wires = _next_wires(wires, masks[used : used + fresh], blocks_here)
        row, used = row + monomials, used + fresh
    if not tree.ones:
        np.bitwise_xor(planes[tree.bits], shares_[row], out=message[row])
    session.send(part.b, message, (shares_,))
    session.kernels.unpack(masks_b[-1], out[0])
    session.kernels.unpack(masks_a[-1], out[1])


def _next_wires(wires: Words, fresh: Words, blocks: int) -> Words:
    """The wires after a level: a lowest block that passes through, then the fresh ones."""
    return np.concatenate((wires[:1], fresh)) if blocks % 3 == 1 else fresh


class _Evaluator:
    """A or B on one chunk."""

    __slots__ = ("blocks", "out", "part", "session", "tree", "x")

    def __init__(self, session: Session, part: Part, tree: Tree, blocks: _Blocks, x: Words, out: Octets) -> None:
        self.session, self.part, self.tree, self.blocks, self.x, self.out = session, part, tree, blocks, x, out

    def steps(self) -> Iterator[None]:
        """One step for each round; A sends its leaves in the first, B when the dealer's message is there."""
        tree, part, session = self.tree, self.part, self.session
        first = part.role == A
        width = (len(self.x) + 63) // 64
        planes = np.empty((tree.bits + (not tree.ones), width), np.uint64)
        session.kernels.to_planes(~self.x if tree.ones else self.x, planes)
        masks = (self.blocks.a if first else self.blocks.b).words(sum(tree.exchanges), width)
        if first:
            shares_ = self.blocks.shares.words(tree.dealt, width)
            yield
        else:
            yield
            shares_ = np.empty((tree.dealt, width), np.uint64)
            session.receive(part.dealer, shares_)
        self.session.kernels.unpack(masks[-1], self.out[0 if first else 1])
        top = None if tree.ones else shares_[-1] ^ planes[tree.bits] if first else shares_[-1]
        mine = np.empty((tree.exchanges[0], width), np.uint64)
        if tree.bits:
            row = tree.monomials[0]
            session.kernels.evaluate_leaves(
                planes[: tree.bits], shares_[:row], masks[: len(mine)], tree.ones, first, mine
            )
        else:
            row = 0
            mine[...] = masks[:1]
        used = len(mine)
        last = len(tree.exchanges) == 1
        if last and top is not None:
            mine[-1] ^= top
        session.send(part.other, mine, (masks[:used],))
        yield
        values, own_masks = self._opened(mine), masks[:used]
        for blocks_here, monomials, fresh in zip(tree.blocks[:-1], tree.monomials[1:], tree.exchanges[1:], strict=True):
            mine = np.empty((fresh, width), np.uint64)
            blinds = masks[used : used + fresh]
            here = shares_[row : row + monomials]
            session.kernels.evaluate_level(values, own_masks, here, blinds, tree.ones, first, mine)
            used, row = used + fresh, row + monomials
            if used == len(masks) and top is not None:
                mine[-1] ^= top
            session.send(part.other, mine, (blinds,))
            yield
            values = _next_wires(values, self._opened(mine), blocks_here)
            own_masks = _next_wires(own_masks, blinds, blocks_here)
        session.kernels.unpack(values[-1], self.out[1 if first else 0])

    def _opened(self, mine: Words) -> Words:
        theirs = np.empty_like(mine)
        self.session.receive(self.part.other, theirs)
        theirs ^= mine
        return theirs


def tree_cost(count: int, tree: Tree) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    rounds = [[0] * SEATS for _ in range(1 + len(tree.exchanges))]
    for dealer, start, stop in shares(count):
        width = sum((b - a + 63) // 64 for a, b in chunks(stop - start))
        rounds[0][dealer] += 8 * tree.dealt * width
        for i, planes in enumerate(tree.exchanges):
            for evaluator in ((dealer + 1) % SEATS, (dealer + 2) % SEATS):
                rounds[1 + i][evaluator] += 8 * planes * width
    return [tuple(r) for r in rounds] if count else []
