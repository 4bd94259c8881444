"""The protocols' kernels in C: every array's type and size is checked, then one call runs without the GIL.

Taking an array's address already refuses what is not contiguous, or not writable where it is written; the C side
refuses words that do not lie at multiples of 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from enigma.algebra.kernels import layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from enigma.algebra.kernels import Octets, Words

_WORD = np.dtype(np.uint64)
_OCTET = np.dtype(np.uint8)
_BYTES = "char[]"


class ProtocolKernels:
    """The local steps of the protocols; a subclass sets the attributes. See `Kernels` for what each one computes.

    All raise ValueError for arrays that do not fit.
    """

    __slots__ = ()

    _address: Any
    _lib: Any
    _null: Any
    _row: Any

    def cross(
        self, x0: Words, x1: Words, y0: Words, y1: Words, plus: Words | None, minus: Words | None, out: Words
    ) -> None:
        """See `Kernels.cross`."""
        n, at = x0.size, self._address
        _check(_WORD, n, x0, x1, y0, y1, out)
        added = subtracted = self._null
        if plus is not None:
            _check(_WORD, n, plus)
            added = at(plus)
        if minus is not None:
            _check(_WORD, n, minus)
            subtracted = at(minus)
        if self._lib.enigma_cross(
            self._row, at(x0), at(x1), at(y0), at(y1), added, subtracted, at(_BYTES, out, True), n
        ):  # fmt: skip
            raise _misaligned()

    def cross_bits(self, x0: Octets, x1: Octets, y0: Octets, y1: Octets, mask: Octets, out: Octets) -> None:
        """See `Kernels.cross_bits`."""
        n, at = x0.size, self._address
        _check(_OCTET, n, x0, x1, y0, y1)
        _check(_OCTET, (n + 7) // 8, mask, out)
        if self._lib.enigma_cross_bits(
            self._row, at(x0), at(x1), at(y0), at(y1), at(mask), at(_BYTES, out, True), n
        ):  # fmt: skip
            raise _misaligned()

    def truncate_deal(
        self, z: Words, blinds: tuple[Words, Words] | None, wa: Words, wb: Words, low: Words, shares: Octets,
        shift: int, message: Words, hints: Octets,
    ) -> None:  # fmt: skip
        """See `Kernels.truncate_deal`."""
        n, k, at = z.size, shares.shape[-1], self._address
        _check(_WORD, n, z, wa, wb, low, message)
        _check(_OCTET, 2 * n * k, shares, hints)
        _check_number(k, shift)
        blind0, blind1 = self._pair(blinds, n)
        if self._lib.enigma_truncate_deal(
            self._row, at(z), blind0, blind1, at(wa), at(wb), at(low), at(shares),
            shift, at(_BYTES, message, True), at(_BYTES, hints, True), n, k,
        ):  # fmt: skip
            raise _misaligned()

    def truncate_pick(
        self, ma: Words, mb: Words | None, md: Words, shares: Octets, opened: Words, picked: Octets
    ) -> None:
        """See `Kernels.truncate_pick`."""
        n, k, at = ma.size, shares.shape[-1], self._address
        _check(_WORD, n, ma, md, opened)
        _check(_OCTET, 2 * n * k, shares)
        _check(_OCTET, n * k, picked)
        _check_number(k, 1)
        if mb is not None:
            _check(_WORD, n, mb)
        other = self._null if mb is None else at(mb)
        if self._lib.enigma_truncate_pick(
            self._row, at(ma), other, at(md), at(shares), at(_BYTES, opened, True),
            at(_BYTES, picked, True), n, k,
        ):  # fmt: skip
            raise _misaligned()

    def truncate_close(self, opened: Words, mine: Octets, theirs: Octets, shift: int, out: Words) -> None:
        """See `Kernels.truncate_close`."""
        n, k, at = opened.size, mine.shape[-1], self._address
        _check(_WORD, n, opened, out)
        _check(_OCTET, n * k, mine, theirs)
        _check_number(k, shift)
        if self._lib.enigma_truncate_close(
            self._row, at(opened), at(mine), at(theirs), shift, at(_BYTES, out, True), n, k
        ):  # fmt: skip
            raise _misaligned()

    def convert_deal(
        self, l0: Octets, l1: Octets, rest: tuple[Words, Words] | None, shares: Words, message: Words
    ) -> None:
        """See `Kernels.convert_deal`."""
        n, at = l0.size, self._address
        _check(_OCTET, n, l0, l1)
        _check(_WORD, n if rest is None else 2 * n, shares, message)
        rest0, rest1 = self._pair(rest, n)
        if self._lib.enigma_convert_deal(
            self._row, at(l0), at(l1), rest0, rest1, at(shares),
            at(_BYTES, message, True), n,
        ):  # fmt: skip
            raise _misaligned()

    def convert_evaluate(
        self, m: Octets, numbers: tuple[Words, Words] | None, dealt: Words, mask: Words, first: bool, out: Words
    ) -> None:
        """See `Kernels.convert_evaluate`."""
        n, at = m.size, self._address
        _check(_OCTET, n, m)
        _check(_WORD, n, mask, out)
        _check(_WORD, n if numbers is None else 2 * n, dealt)
        common, mine = self._pair(numbers, n)
        if self._lib.enigma_convert_evaluate(
            self._row, at(m), common, mine, at(dealt), at(mask), first,
            at(_BYTES, out, True), n,
        ):  # fmt: skip
            raise _misaligned()

    def to_planes(self, x: Words, planes: Words) -> None:
        """See `Kernels.to_planes`."""
        n, count, at = x.size, len(planes), self._address
        _check(_WORD, n, x)
        _check_planes(planes, n, count)
        if self._lib.enigma_to_planes(self._row, at(x), at(_BYTES, planes, True), n, count):
            raise _misaligned()

    def from_planes(self, planes: Words, x: Words) -> None:
        """See `Kernels.from_planes`."""
        n, count, at = x.size, len(planes), self._address
        _check(_WORD, n, x)
        _check_planes(planes, n, count)
        if self._lib.enigma_from_planes(self._row, at(planes), at(_BYTES, x, True), n, count):
            raise _misaligned()

    def pack(self, bits: Octets, words: Words) -> None:
        """See `Kernels.pack`."""
        n, at = bits.size, self._address
        _check(_OCTET, n, bits)
        _check(_WORD, (n + 63) // 64, words)
        if self._lib.enigma_pack(self._row, at(bits), at(_BYTES, words, True), n):
            raise _misaligned()

    def unpack(self, words: Words, bits: Octets) -> None:
        """See `Kernels.unpack`."""
        n, at = bits.size, self._address
        _check(_OCTET, n, bits)
        _check(_WORD, (n + 63) // 64, words)
        if self._lib.enigma_unpack(self._row, at(words), at(_BYTES, bits, True), n):
            raise _misaligned()

    def deal_leaves(self, s: Words, shares: Words, out: Words) -> None:
        """See `Kernels.deal_leaves`."""
        (bits, width), at = s.shape, self._address
        _check(_WORD, bits * width, s)
        _check(_WORD, layout.leaf_monomials(bits) * width, shares, out)
        if self._lib.enigma_deal_leaves(self._row, at(s), at(shares), at(_BYTES, out, True), bits, width):
            raise _misaligned()

    def evaluate_leaves(self, x: Words, shares: Words, blinds: Words, ones: bool, public: bool, out: Words) -> None:
        """See `Kernels.evaluate_leaves`."""
        (bits, width), at = x.shape, self._address
        _check(_WORD, bits * width, x)
        _check(_WORD, layout.leaf_monomials(bits) * width, shares)
        _check(_WORD, layout.wires((bits + 2) // 3, ones) * width if bits else 0, blinds, out)
        if self._lib.enigma_evaluate_leaves(
            self._row, at(x), at(shares), at(blinds), ones, public, at(_BYTES, out, True), bits, width
        ):  # fmt: skip
            raise _misaligned()

    def deal_level(self, lam: Words, shares: Words, ones: bool, out: Words) -> None:
        """See `Kernels.deal_level`."""
        (count, width), at = lam.shape, self._address
        blocks = _blocks(count, ones)
        _check(_WORD, count * width, lam)
        _check(_WORD, layout.level_monomials(blocks, ones) * width, shares, out)
        if self._lib.enigma_deal_level(self._row, at(lam), at(shares), ones, at(_BYTES, out, True), blocks, width):
            raise _misaligned()

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
        """See `Kernels.evaluate_level`."""
        (count, width), at = m.shape, self._address
        blocks = _blocks(count, ones)
        _check(_WORD, count * width, m, lam)
        _check(_WORD, layout.level_monomials(blocks, ones) * width, shares)
        _check(_WORD, layout.fresh_wires(blocks, ones) * width, blinds, out)
        if self._lib.enigma_evaluate_level(
            self._row, at(m), at(lam), at(shares), at(blinds), ones, public, at(_BYTES, out, True), blocks, width
        ):  # fmt: skip
            raise _misaligned()

    def permutation(self, random: Words, order: Words) -> None:
        """See `Kernels.permutation`."""
        _check(_WORD, random.size, random)
        _check(_WORD, order.size, order)
        at = self._address
        if self._lib.enigma_permutation(self._row, at(random), at(_BYTES, order, True), order.size, random.size):
            raise _misaligned()
        if order.size and order[0] == order.size:
            raise ValueError(layout.NO_ORDER)

    def _pair(self, words: tuple[Words, Words] | None, n: int) -> tuple[Any, Any]:
        if words is None:
            return self._null, self._null
        _check(_WORD, n, *words)
        return self._address(words[0]), self._address(words[1])


def _check(kind: np.dtype[Any], size: int, *arrays: NDArray[Any]) -> None:
    for array in arrays:
        if array.dtype is not kind and array.dtype != kind:
            raise ValueError(f"a kernel takes contiguous arrays of {kind} here, not {array.dtype}")
        if array.size != size:
            raise ValueError(f"a kernel takes {size} elements of {kind} here, not {array.size}")


def _check_number(k: int, shift: int) -> None:
    if not (0 < k <= 8 and 0 < shift < 63):
        raise ValueError(f"a truncation takes numbers of 1 to 8 bytes and 1 to 62 bits, not {k} and {shift}")


def _check_planes(planes: Words, n: int, count: int) -> None:
    if not 0 < count <= 64:
        raise ValueError(f"a word has 1 to 64 bit planes, not {count}")
    _check(_WORD, count * ((n + 63) // 64), planes)


def _blocks(count: int, ones: bool) -> int:
    """The blocks that have so many wires."""
    if count == 0 or not (ones or count % 2):
        raise ValueError(f"no number of blocks has {count} wires")
    return count if ones else (count + 1) // 2


def _misaligned() -> ValueError:
    return ValueError("a kernel takes words that lie at multiples of 8 bytes")
