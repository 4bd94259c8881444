"""The layout of the carry tree's planes, which kernels and protocols share.

The tree adds x, which both evaluators know, to s, which only the dealer knows, and yields the carry out of `bits` bits
(or, with `ones`, whether every bit of x ^ s is 1). Everything is *bit planes*: row i of a (rows, W) array of words
holds bit i of 64 W elements. Neighbouring bits form blocks of three; a block j has a generate wire G_j and a propagate
wire P_j; each level joins three neighbouring blocks into one. The lowest block (or group) takes what is left over.

A wire's value is m ^ l, where m is known to both evaluators, and l is known to the dealer and split between the
evaluators by XOR. The dealer shares the *monomials*, the products of its own values, so that every product of a block
is linear in shares with coefficients that the evaluators know:

    block of bits      G = x2 s2 ^ (x2^s2) x1 s1 ^ (x2^s2)(x1^s1) x0 s0         P = (x2^s2)(x1^s1)(x0^s0)
    group of blocks    G = g2 ^ p2 g1 ^ p2 p1 g0                                P = p2 p1 p0

Order of wires: G_0, then G_j, P_j for j = 1, 2, ...; with `ones` only P_0, P_1, ...
Order of monomials in a block: s0; s0 s1 s0s1; or s0 s1 s2 s0s1 s0s2 s1s2 s0s1s2, by its size.
Order of monomials in a group: lowest of two: p1g0; lowest of three: p2g1 p2p1 p1g0 p2g0 p2p1g0; any other: these five
and then p1p0 p2p0 p2p1p0. With `ones`, of two: p1p0; of three: p2p1 p1p0 p2p0 p2p1p0.
A lowest group of one block passes through and has neither monomials nor outputs of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_ORDER = "all random words were rejected: they are not random"


def block_sizes(bits: int) -> list[int]:
    """Bits of each block, lowest first: threes, and what is left over in the lowest."""
    return [bits - 3 * ((bits - 1) // 3)] + [3] * ((bits - 1) // 3) if bits else []


def group_sizes(blocks: int) -> list[int]:
    """Blocks of each group, lowest first: threes, and what is left over in the lowest."""
    return block_sizes(blocks)


def leaf_monomials(bits: int) -> int:
    """Monomials of all blocks."""
    return (1 << _lowest(bits)) - 1 + 7 * ((bits - 1) // 3) if bits else 0


def level_monomials(blocks: int, ones: bool) -> int:
    """Monomials of all groups of one level."""
    others = (blocks - 1) // 3
    if ones:
        return (0, 0, 1, 4)[_lowest(blocks)] + 4 * others
    return (0, 0, 1, 5)[_lowest(blocks)] + 8 * others


def wires(blocks: int, ones: bool) -> int:
    """Wires of so many blocks."""
    return blocks if ones else 2 * blocks - 1


def fresh_wires(blocks: int, ones: bool) -> int:
    """Wires that one level over so many blocks makes anew (all but a lowest block that passes through)."""
    return wires((blocks + 2) // 3, ones) - (_lowest(blocks) == 1)


def _lowest(count: int) -> int:
    """The size of the lowest block or group."""
    return (count - 1) % 3 + 1


Term = tuple[int, ...]
"""A product of wires, by their numbers."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a level: the products of masks that the dealer shares, and each output as a sum of products."""

    monomials: tuple[Term, ...]
    outputs: tuple[tuple[Term, ...], ...]


def groups(count: int, ones: bool) -> list[Group]:
    """The groups of a level over `count` wires, lowest first, without a lowest block that passes through."""
    blocks = count if ones else (count + 1) // 2
    found: list[Group] = []
    base = 0
    for size in group_sizes(blocks):
        if size > 1:
            found.append(_ones_group(base, size) if ones else _carry_group(base, size))
        base += size
    return found


def _ones_group(base: int, size: int) -> Group:
    if size == 2:
        return Group(((base + 1, base),), (((base + 1, base),),))
    p0, p1, p2 = base, base + 1, base + 2
    return Group(((p2, p1), (p1, p0), (p2, p0), (p2, p1, p0)), (((p2, p1, p0),),))


def _carry_group(base: int, size: int) -> Group:
    def g(block: int) -> int:
        return 2 * (base + block) - 1 if base + block else 0

    def p(block: int) -> int:
        return 2 * (base + block)

    if size == 2:
        return Group(((p(1), g(0)),), (((g(1),), (p(1), g(0))),))
    generate = ((g(2),), (p(2), g(1)), (p(2), p(1), g(0)))
    monomials = ((p(2), g(1)), (p(2), p(1)), (p(1), g(0)), (p(2), g(0)), (p(2), p(1), g(0)))
    if base == 0:
        return Group(monomials, (generate,))
    propagate = ((p(1), p(0)), (p(2), p(0)), (p(2), p(1), p(0)))
    return Group(monomials + propagate, (generate, ((p(2), p(1), p(0)),)))
