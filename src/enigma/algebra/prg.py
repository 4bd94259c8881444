"""The pseudorandom generator: AES-128 in counter mode, at positions that are spent before use.

A `Prg` belongs to one key; the key belongs to one set of seats, one job and one epoch. Every seat of the set reserves
the same blocks in the same order, so all draw the same words; a block is never handed out twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from enigma.errors import ProtocolError

KEY_BYTES = 16
BLOCK_WORDS = 2
_ZEROS = memoryview(bytes(1 << 18))

Words = npt.NDArray[np.uint64]


class Prg:
    """A keyed stream of uniform 64-bit words, addressed by word position."""

    __slots__ = ("_encryptor", "_next", "_spent")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a PRG key has {KEY_BYTES} bytes, not {len(key)}")
        self._encryptor: Any = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        self._next = 0
        self._spent = 0

    def __repr__(self) -> str:
        return f"<Prg, {self._spent} words spent>"

    def reserve(self, words: int) -> Block:
        """A fresh block of `words` words, spent whether it is read or not."""
        start = self._spent
        self._spent = start + words + (words & 1)
        return Block(self, start, words)

    def fill(self, position: int, out: memoryview) -> None:
        """Write the keystream from word `position` on; only a `Block` calls this, for words that are its own."""
        if position != self._next:
            self._encryptor.reset_nonce((position // BLOCK_WORDS).to_bytes(16, "big"))
            if position % BLOCK_WORDS:
                self._encryptor.update(bytes(8))
        self._next = position + (len(out) + 7) // 8
        size = len(_ZEROS)
        for start in range(0, len(out), size):
            part = out[start : start + size]
            self._encryptor.update_into(_ZEROS[: len(part)], part)
        if len(out) % 8:
            self._next = -1


class Block:
    """One reserved block; every word of it is read at most once, in order."""

    __slots__ = ("_end", "_position", "_prg")

    def __init__(self, prg: Prg, start: int, words: int) -> None:
        self._prg, self._position, self._end = prg, start, start + words

    def words(self, *shape: int) -> Words:
        """The next uniform words of the block, as an array of `shape`."""
        out = np.empty(shape, np.uint64)
        self._draw(out)
        return out

    def into(self, out: Words) -> Words:
        """The next uniform words of the block, written to a contiguous array, which is returned."""
        self._draw(out)
        return out

    def bytes(self, *shape: int) -> npt.NDArray[np.uint8]:
        """The next uniform bytes, as an array of `shape`; the rest of the last word is discarded."""
        out = np.empty(shape, np.uint8)
        self._draw(out)
        return out

    def _draw(self, out: npt.NDArray[Any]) -> None:
        if out.size == 0:
            return
        position = self._position
        self._position = position + (out.nbytes + 7) // 8
        if self._position > self._end:
            raise ProtocolError("a PRG block was asked for more words than it reserved")
        self._prg.fill(position, out.reshape(-1).view(np.uint8).data)


def words_for_bytes(count: int) -> int:
    """The words that a draw of `count` bytes takes from its block."""
    return (count + 7) // 8
