"""The NumPy twin of the carry tree's kernels; `layout` says what the planes are."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.algebra.kernels.layout import block_sizes, groups

Words = npt.NDArray[np.uint64]


def deal_leaves(s: Words, shares: Words, out: Words) -> None:
    """out = shares ^ monomials of the dealer's planes s (bits, W)."""
    row = base = 0
    for size in block_sizes(len(s)):
        bit = s[base : base + size]
        found = [bit[0]]
        if size >= 2:
            found = [bit[0], bit[1], bit[0] & bit[1]]
        if size == 3:
            found = [bit[0], bit[1], bit[2], found[2], bit[0] & bit[2], bit[1] & bit[2], found[2] & bit[2]]
        for monomial in found:
            np.bitwise_xor(monomial, shares[row], out=out[row])
            row += 1
        base += size


def evaluate_leaves(x: Words, shares: Words, blinds: Words, ones: bool, public: bool, out: Words) -> None:
    """One evaluator's summand of every wire of the blocks: out = blinds ^ linear form of shares [^ public part]."""
    row = base = wire = 0
    for j, size in enumerate(block_sizes(len(x))):
        bit, share = x[base : base + size], shares[row : row + (1 << size) - 1]
        if not ones:
            np.bitwise_xor(blinds[wire], _generate(bit, share), out=out[wire])
            wire += 1
        if ones or j > 0:
            value = blinds[wire] ^ _propagate(bit, share)
            if public:
                value ^= np.bitwise_and.reduce(bit, axis=0)
            out[wire] = value
            wire += 1
        row, base = row + (1 << size) - 1, base + size


def _generate(x: Words, s: Words) -> Any:
    if len(x) == 1:
        return x[0] & s[0]
    if len(x) == 2:
        return (x[1] & s[1]) ^ (x[0] & ((x[1] & s[0]) ^ s[2]))
    s0, s1, s2, s01, s02, s12, s012 = s
    inner = (x[2] & x[1] & s0) ^ (x[2] & s01) ^ (x[1] & s02) ^ s012
    return (x[2] & s2) ^ (x[2] & x[1] & s1) ^ (x[1] & s12) ^ (x[0] & inner)


def _propagate(x: Words, s: Words) -> Any:
    if len(x) == 1:
        return s[0]
    if len(x) == 2:
        return (x[1] & s[0]) ^ (x[0] & s[1]) ^ s[2]
    s0, s1, s2, s01, s02, s12, s012 = s
    x0, x1, x2 = x
    return (x2 & x1 & s0) ^ (x2 & x0 & s1) ^ (x1 & x0 & s2) ^ (x2 & s01) ^ (x1 & s02) ^ (x0 & s12) ^ s012


def deal_level(lam: Words, shares: Words, ones: bool, out: Words) -> None:
    """out = shares ^ monomials of the dealer's wires lam."""
    rows = zip(shares, out, strict=True)
    for group in groups(len(lam), ones):
        for wires in group.monomials:
            share, target = next(rows)
            np.bitwise_xor(np.bitwise_and.reduce(lam[list(wires)], axis=0), share, out=target)


def evaluate_level(m: Words, lam: Words, shares: Words, blinds: Words, ones: bool, public: bool, out: Words) -> None:
    """One evaluator's summand of every fresh wire of a level, from its values m, its shares lam of the masks, and the
    shares of their monomials: out = blinds ^ linear form [^ public part]."""
    row = wire = 0
    for group in groups(len(lam), ones):
        monomials = dict(zip(group.monomials, shares[row : row + len(group.monomials)], strict=True))
        row += len(group.monomials)
        for terms in group.outputs:
            value = blinds[wire].copy()
            for term in terms:
                value ^= _linear(term, m, lam, monomials)
                if public:
                    value ^= np.bitwise_and.reduce(m[list(term)], axis=0)
            out[wire] = value
            wire += 1


def _linear(term: tuple[int, ...], m: Words, lam: Words, monomials: dict[tuple[int, ...], Words]) -> Words:
    """The share of the product of the wires m ^ lam of `term`, less its public part.

    It is the sum, over some of the masks, of their product (as the monomial that the dealer shared, or the mask itself)
    times the values of the other wires.
    """
    total: Words = np.zeros_like(m[0])
    for count in range(1, len(term) + 1):
        for masked in combinations(term, count):
            share: Any = lam[masked[0]] if count == 1 else monomials[masked]
            for wire in term:
                if wire not in masked:
                    share = share & m[wire]
            total ^= share
    return total
