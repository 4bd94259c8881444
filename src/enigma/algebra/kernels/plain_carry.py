"""The NumPy twin of the carry tree's kernels; `layout` says what the planes are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from enigma.algebra.kernels.layout import block_sizes, group_sizes

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


def _generate(x: Words, s: Words) -> Words:
    if len(x) == 1:
        return x[0] & s[0]
    if len(x) == 2:
        return (x[1] & s[1]) ^ (x[0] & ((x[1] & s[0]) ^ s[2]))
    s0, s1, s2, s01, s02, s12, s012 = s
    inner = (x[2] & x[1] & s0) ^ (x[2] & s01) ^ (x[1] & s02) ^ s012
    return (x[2] & s2) ^ (x[2] & x[1] & s1) ^ (x[1] & s12) ^ (x[0] & inner)


def _propagate(x: Words, s: Words) -> Words:
    if len(x) == 1:
        return s[0]
    if len(x) == 2:
        return (x[1] & s[0]) ^ (x[0] & s[1]) ^ s[2]
    s0, s1, s2, s01, s02, s12, s012 = s
    x0, x1, x2 = x
    return (x2 & x1 & s0) ^ (x2 & x0 & s1) ^ (x1 & x0 & s2) ^ (x2 & s01) ^ (x1 & s02) ^ (x0 & s12) ^ s012


def deal_level(l: Words, shares: Words, ones: bool, out: Words) -> None:  # noqa: E741 - l is the paper's mask
    """out = shares ^ monomials of the dealer's wires l."""
    row = 0
    for p2, p1, g1, p0, g0 in _groups(l, ones):
        if p2 is None:
            found = [p1 & p0] if ones else [p1 & g0]
        elif ones:
            found = [p2 & p1, p1 & p0, p2 & p0, p2 & p1 & p0]
        else:
            found = [p2 & g1, p2 & p1, p1 & g0, p2 & g0, p2 & p1 & g0]
            if p0 is not None:
                found += [p1 & p0, p2 & p0, p2 & p1 & p0]
        for monomial in found:
            np.bitwise_xor(monomial, shares[row], out=out[row])
            row += 1


def evaluate_level(m: Words, l: Words, shares: Words, blinds: Words, ones: bool, public: bool, out: Words) -> None:  # noqa: E741
    """One evaluator's summand of every fresh wire of a level, from its values m, its shares l of the masks, and the
    shares of their monomials: out = blinds ^ linear form [^ public part]."""
    row = wire = 0
    top = _tops(m, ones)
    top_l = _tops(l, ones)
    for (mp2, mp1, mg1, mp0, mg0), (lp2, lp1, lg1, lp0, lg0), mg2, lg2 in zip(
        _groups(m, ones), _groups(l, ones), top, top_l, strict=True
    ):
        if not ones:
            if mp2 is None:
                value = lg1 ^ (mp1 & lg0) ^ (mg0 & lp1) ^ shares[row]
                known = mg1 ^ (mp1 & mg0)
                row += 1
            else:
                c21, cpp, c10, c20, c210 = shares[row : row + 5]
                value = lg2 ^ (mp2 & lg1) ^ (mg1 & lp2) ^ c21
                value ^= _triple((mp2, mp1, mg0), (lp2, lp1, lg0), (cpp, c20, c10, c210))
                known = mg2 ^ (mp2 & mg1) ^ (mp2 & mp1 & mg0)
                row += 5
            out[wire] = value ^ blinds[wire] ^ known if public else value ^ blinds[wire]
            wire += 1
            if mp0 is None:
                continue
            cpp_here = cpp
        else:
            if mp2 is None:
                value = (mp1 & lp0) ^ (mp0 & lp1) ^ shares[row]
                out[wire] = value ^ blinds[wire] ^ (mp1 & mp0) if public else value ^ blinds[wire]
                row, wire = row + 1, wire + 1
                continue
            cpp_here = shares[row]
            row += 1
        c10, c20, c210 = shares[row : row + 3]
        value = _triple((mp2, mp1, mp0), (lp2, lp1, lp0), (cpp_here, c20, c10, c210))
        known = mp2 & mp1 & mp0
        out[wire] = value ^ blinds[wire] ^ known if public else value ^ blinds[wire]
        row, wire = row + 3, wire + 1


def _triple(m: tuple[Words, ...], l: tuple[Words, ...], c: tuple[Words, ...]) -> Words:  # noqa: E741
    """The share of (m2^l2)(m1^l1)(m0^l0) less its public part; c holds the shares of l2l1, l2l0, l1l0, l2l1l0."""
    (m2, m1, m0), (l2, l1, l0), (c21, c20, c10, c210) = m, l, c
    return (m2 & m1 & l0) ^ (m2 & m0 & l1) ^ (m1 & m0 & l2) ^ (m2 & c10) ^ (m1 & c20) ^ (m0 & c21) ^ c210


def _groups(v: Words, ones: bool) -> list[tuple[Words, ...]]:
    """(p2, p1, g1, p0, g0) of each group that does not pass through, lowest first; None where there is none."""
    blocks = len(v) if ones else (len(v) + 1) // 2
    found: list[tuple[Words, ...]] = []
    base = 0
    for size in group_sizes(blocks):
        if size > 1:
            p = [v[base + i] if ones else (v[2 * (base + i)] if base + i else None) for i in range(size)]
            g = [None if ones else v[2 * (base + i) - 1 if base + i else 0] for i in range(size)]
            found.append((p[2] if size == 3 else None, p[1], g[1], p[0], g[0]))  # type: ignore[arg-type]
        base += size
    return found


def _tops(v: Words, ones: bool) -> list[Words | None]:
    """G of the highest block of each group of three that does not pass through."""
    blocks = len(v) if ones else (len(v) + 1) // 2
    found: list[Words | None] = []
    base = 0
    for size in group_sizes(blocks):
        if size > 1:
            found.append(v[2 * (base + 2) - 1] if size == 3 and not ones else None)
        base += size
    return found
