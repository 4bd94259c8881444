"""The one door to the heavy arithmetic: `load` returns the native kernels, or the NumPy twin with the same bits.

All arrays are C-contiguous, aligned and of the stated type; outputs are the caller's and never overlap inputs.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""Elements of Z_2^64, or 64 bits of a bit plane in each word."""

Octets = NDArray[np.uint8]
"""Bytes, or one bit in each."""


class Kernels(Protocol):
    """Every kernel there is. `plain` is the definition; other implementations give the same bits."""

    def level(self) -> str:
        """What runs: "numpy" for the twin, "baseline", "avx2" or "avx512" for native code."""

    def matmul(self, a: Words, b: Words, out: Words, accumulate: bool) -> None:
        """Write the product of a (m,k) and b (k,n) modulo 2^64 to out (m,n), or add it to what out holds."""

    def cross(
        self, x0: Words, x1: Words, y0: Words, y1: Words, plus: Words | None, minus: Words | None, out: Words
    ) -> None:
        """Write one seat's summand of a replicated product, x0 (y0 + y1) + x1 y0 [+ plus] [- minus]; all (n,)."""

    def cross_bits(self, x0: Octets, x1: Octets, y0: Octets, y1: Octets, mask: Octets, out: Octets) -> None:
        """Write one seat's summand of a replicated AND, packed and masked by XOR.

        Inputs are (n,) octets of 0 or 1; mask and out (ceil(n / 8),), lowest bit first.
        """

    def truncate_deal(
        self, z: Words, blinds: tuple[Words, Words] | None, wa: Words, wb: Words, low: Words, shares: Octets,
        shift: int, message: Words, hints: Octets,
    ) -> None:  # fmt: skip
        """Write the dealer's `message` (n,) and `hints` (n, 2, k) of a truncation by 0 < shift < 63 bits.

        Words are (n,), shares (n, 2, k) with 1 <= k <= 8; see protocol/replicated3/truncate.
        """

    def truncate_pick(
        self, ma: Words, mb: Words | None, md: Words, shares: Octets, opened: Words, picked: Octets
    ) -> None:
        """Write opened = ma [+ mb] + md (n,), and to picked (n, k) the number of shares (n, 2, k) for its top bit."""

    def truncate_close(self, opened: Words, mine: Octets, theirs: Octets, shift: int, out: Words) -> None:
        """Write (opened >> shift) - 2^(62-shift) + (mine + theirs) 2^(64-shift), (n,); mine and theirs are (n, k)."""

    def convert_deal(
        self, l0: Octets, l1: Octets, rest: tuple[Words, Words] | None, shares: Words, message: Words
    ) -> None:
        """Write (l[, l (rest0 + rest1)]) - shares with l = l0 ^ l1, bits (n,); shares and message are (1 or 2, n)."""

    def convert_evaluate(
        self, m: Octets, numbers: tuple[Words, Words] | None, dealt: Words, mask: Words, first: bool, out: Words
    ) -> None:
        """Write an evaluator's summand of a converted bit (numbers None), or of a bit times a number.

        With t = 1 - 2m: t dealt0 [+ m if first] - mask; or, numbers being x's common and own piece,
        m own + t (dealt0 common + dealt1) [+ m common if first] - mask. Bits and words (n,), dealt (1 or 2, n).
        """

    def permutation(self, random: Words, order: Words) -> None:
        """Make `order` (n,) a uniformly random permutation of 0 .. n - 1 out of `random`, more than n random words.

        Raises ValueError when the words run out, which random ones do not.
        """

    def to_planes(self, x: Words, planes: Words) -> None:
        """Write bit i of x[j] to bit j % 64 of planes[i, j // 64]; x (n,), planes (1..64, ceil(n / 64))."""

    def from_planes(self, planes: Words, x: Words) -> None:
        """Undo `to_planes`; bits beyond the planes given are 0."""

    def pack(self, bits: Octets, words: Words) -> None:
        """Write (n,) octets of 0 or 1 as bits, lowest first, of (ceil(n / 64),) words; the rest is 0."""

    def unpack(self, words: Words, bits: Octets) -> None:
        """Undo `pack` for (n,) bits."""

    def deal_leaves(self, s: Words, shares: Words, out: Words) -> None:
        """Write shares ^ monomials of the dealer's planes s (bits, W) to out (monomials, W); see `layout`."""

    def evaluate_leaves(self, x: Words, shares: Words, blinds: Words, ones: bool, public: bool, out: Words) -> None:
        """Write one evaluator's masked summands of every wire of the blocks, (wires, W), from its planes x (bits, W).

        `ones`: propagate wires alone; `public`: this evaluator adds the part that both know.
        """

    def deal_level(self, lam: Words, shares: Words, ones: bool, out: Words) -> None:
        """Write shares ^ monomials of the dealer's wires lam (wires, W) to out (monomials, W); see `layout`."""

    def evaluate_level(
        self,
        m: Words,
        lam: Words,
        shares: Words,
        blinds: Words,
        ones: bool,
        public: bool,
        out: Words,
    ) -> None:
        """Write one evaluator's masked summands of a level's fresh wires, (fresh wires, W).

        m (wires, W) are the masked values, lam its shares of the masks, shares (monomials, W) those of their products.
        """


def load(which: Literal["auto", "native", "plain"] = "auto", level: str | None = None) -> Kernels:
    """Return the kernels: native code where it was built ("auto"), only that ("native"), or the twin ("plain").

    `level` picks a SIMD level by name instead of the fastest that this processor has; it is for tests and
    measurements, and for native code only. Raises ImportError where "native" is asked for and was not built, ValueError
    for a level that this processor does not have.
    """
    from enigma.algebra.kernels import plain

    if which == "plain":
        return plain
    from enigma.algebra.kernels.native import NativeKernels, NotBuilt

    try:
        return NativeKernels(level)
    except NotBuilt:
        if which == "native" or level is not None:
            raise
        return plain
