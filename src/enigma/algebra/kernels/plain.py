"""The NumPy twin of the native kernels: the definition, and what runs where no compiler was at hand.

Every array is contiguous; `Words` are uint64 modulo 2**64, `Octets` are uint8. Outputs are written in place and never
alias an input, unless said otherwise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from enigma.algebra.kernels import layout, plain_carry

Words = npt.NDArray[np.uint64]
Octets = npt.NDArray[np.uint8]

deal_leaves, evaluate_leaves = plain_carry.deal_leaves, plain_carry.evaluate_leaves
deal_level, evaluate_level = plain_carry.deal_level, plain_carry.evaluate_level


def level() -> str:
    """The name of the instruction set in use."""
    return "numpy"


def matmul(a: Words, b: Words, out: Words, accumulate: bool) -> None:
    """out (m, n) = [out +] a (m, k) @ b (k, n)."""
    if accumulate:
        out += a @ b
    else:
        np.matmul(a, b, out=out)


def cross(x0: Words, x1: Words, y0: Words, y1: Words, plus: Words | None, minus: Words | None, out: Words) -> None:
    """One seat's summand of a replicated product: out = x0 (y0 + y1) + x1 y0 [+ plus] [- minus]; all of shape (n,)."""
    np.add(y0, y1, out=out)
    out *= x0
    out += x1 * y0
    if plus is not None:
        out += plus
    if minus is not None:
        out -= minus


def cross_bits(x0: Octets, x1: Octets, y0: Octets, y1: Octets, mask: Octets, out: Octets) -> None:
    """One seat's summand of a replicated AND, packed: inputs (n,) of 0 or 1, mask and out (ceil(n / 8),)."""
    np.bitwise_xor(np.packbits((x0 & (y0 ^ y1)) ^ (x1 & y0), bitorder="little"), mask, out=out)


def truncate_deal(
    z: Words, blinds: tuple[Words, Words] | None, wa: Words, wb: Words, low: Words, shares: Octets, shift: int,
    message: Words, hints: Octets, *, ring: int = 64,
) -> None:  # fmt: skip
    """The dealer's part of a truncation of (n,) words by 0 < shift < 64 bits (protocol/replicated3/truncate).

    With W = wa + wb: the mask is r = 2**shift * (-W mod 2**(64 - shift)) + (low mod 2**shift); message = z - blinds + r
    + 2**62. hints (n, 2, k) holds, for an opened top bit of 0 and of 1, the little-endian low k bytes of what is to be
    added above bit 64 - shift, less the evaluator's share of it, `shares` (n, 2, k). A `ring` of fewer bits
    than 64 makes this the same protocol over Z_2^ring, small enough for all masks to be tried.
    """
    body = np.uint64(ring - shift)
    total = (wa + wb) & _modulus(ring)
    below = total & ((np.uint64(1) << body) - np.uint64(1))
    mask = (((np.uint64(0) - below) << np.uint64(shift)) & _modulus(ring)) | (
        low & ((np.uint64(1) << np.uint64(shift)) - np.uint64(1))
    )
    np.add(z, mask, out=message)
    if blinds is not None:
        message -= blinds[0]
        message -= blinds[1]
    message += np.uint64(1 << (ring - 2))
    message &= _modulus(ring)
    high = np.uint64(0) - (total >> body) - (below != 0).astype(np.uint64)
    kept = (np.uint64(1) << np.uint64(shift)) - np.uint64(1)  # what lies above would tell the evaluators of a wrap
    width = shares.shape[2]
    _store(((high + (mask >> np.uint64(ring - 1))) & kept) - _load(shares[:, 0]), hints[:, 0], width)
    _store((high & kept) - _load(shares[:, 1]), hints[:, 1], width)


def truncate_pick(
    ma: Words, mb: Words | None, md: Words, shares: Octets, opened: Words, picked: Octets, *, ring: int = 64
) -> None:
    """opened = ma [+ mb] + md; picked (n, k) = this evaluator's share for the opened top bit."""
    np.add(ma, md, out=opened)
    if mb is not None:
        opened += mb
    opened &= _modulus(ring)
    top = (opened >> np.uint64(ring - 1)).astype(np.int64)
    picked[...] = shares[np.arange(len(opened)), top]


def truncate_close(opened: Words, mine: Octets, theirs: Octets, shift: int, out: Words, *, ring: int = 64) -> None:
    """The evaluators' common piece: (opened >> shift) - 2**(62 - shift) + (mine + theirs) 2**(64 - shift)."""
    np.right_shift(opened, np.uint64(shift), out=out)
    out -= np.uint64(1 << (ring - 2 - shift))
    out += (_load(mine) + _load(theirs)) << np.uint64(ring - shift)
    out &= _modulus(ring)


def convert_deal(l0: Octets, l1: Octets, rest: tuple[Words, Words] | None, shares: Words, message: Words) -> None:
    """The dealer's part of a conversion: with l = l0 ^ l1 and s = sum of `rest`, message = (l[, l s]) - shares."""
    bit = (l0 ^ l1).astype(np.uint64)
    np.subtract(bit, shares[0], out=message[0])
    if rest is not None:
        np.subtract(bit * (rest[0] + rest[1]), shares[1], out=message[1])


def convert_evaluate(
    m: Octets, numbers: tuple[Words, Words] | None, dealt: Words, mask: Words, first: bool, out: Words
) -> None:
    """An evaluator's summand, with t = 1 - 2m and `dealt` its shares of l (and l s).

    Of a bit: t l [+ m if first] - mask. Of a bit times x, `numbers` being x's common piece c and its own piece o:
    m o + t (l c + l s) [+ m c if first] - mask.
    """
    bit = m.astype(np.uint64)
    sign = np.uint64(1) - (bit << np.uint64(1))
    if numbers is None:
        np.multiply(sign, dealt[0], out=out)
        if first:
            out += bit
    else:
        common, mine = numbers
        np.multiply(sign, dealt[0] * common + dealt[1], out=out)
        out += bit * (mine + common if first else mine)
    out -= mask


def permutation(random: Words, order: Words) -> None:
    """order becomes a uniformly random permutation of 0 .. n - 1, made from more than n random words.

    Fisher and Yates' shuffle from the top, each index by multiplication with rejection (D. Lemire, "Fast random integer
    generation in an interval", ACM TOMACS 2019), so that every order is equally likely. Raises `ValueError` when the
    words run out, which random ones do not.
    """
    places = list(range(len(order)))
    supply = iter(random.tolist())
    for i in range(len(order) - 1, 0, -1):
        for word in supply:
            scaled = word * (i + 1)
            if scaled % 2**64 >= (2**64 - i - 1) % (i + 1):
                break
        else:
            raise ValueError(layout.NO_ORDER)
        j = scaled >> 64
        places[i], places[j] = places[j], places[i]
    order[...] = places


def to_planes(x: Words, planes: Words) -> None:
    """Bit i of element j becomes bit j % 64 of planes[i, j // 64]; missing elements read as 0."""
    count, width = planes.shape
    padded = np.zeros(64 * width, np.uint64)
    padded[: len(x)] = x
    octets = padded.view(np.uint8).reshape(-1, 8)
    columns = np.unpackbits(octets, axis=1, count=None, bitorder="little")[:, :count]
    planes[...] = np.packbits(columns.T.copy(), axis=1, bitorder="little").view(np.uint64).reshape(count, width)


def from_planes(planes: Words, x: Words) -> None:
    """The inverse of `to_planes`; bits beyond the planes given are 0."""
    count, width = planes.shape
    columns = np.unpackbits(
        np.ascontiguousarray(planes).view(np.uint8).reshape(count, 8 * width), axis=1, bitorder="little"
    )
    rows = np.zeros((len(x), 64), np.uint8)
    rows[:, :count] = columns[:, : len(x)].T
    x[...] = np.packbits(rows, axis=1, bitorder="little").view(np.uint64).reshape(-1)


def pack(bits: Octets, words: Words) -> None:
    """(n,) values 0 or 1 become bits, lowest first, of (ceil(n / 64),) words; the rest is 0."""
    octets = np.zeros(8 * len(words), np.uint8)
    packed = np.packbits(bits, bitorder="little")
    octets[: len(packed)] = packed
    words[...] = octets.view(np.uint64)


def unpack(words: Words, bits: Octets) -> None:
    """The inverse of `pack`, for (n,) bits."""
    bits[...] = np.unpackbits(words.view(np.uint8), count=len(bits), bitorder="little")


def _modulus(ring: int) -> np.uint64:
    """All bits of a ring element."""
    return np.uint64((1 << ring) - 1)


def _load(octets: Octets) -> Words:
    """(n, k) little-endian bytes as words."""
    padded = np.zeros((octets.shape[0], 8), np.uint8)
    padded[:, : octets.shape[1]] = octets
    return padded.view(np.uint64).reshape(-1)


def _store(values: Words, octets: Octets, width: int) -> None:
    octets[...] = np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)[:, :width]
