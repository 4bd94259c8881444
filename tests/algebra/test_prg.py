"""The generator: AES in counter mode to the letter, every position once, uniform words and permutations."""

from __future__ import annotations

import secrets
from itertools import permutations

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tests.engine.checking import secure

from enigma.algebra.prg import Prg, words_for_bytes
from enigma.errors import ProtocolError
from enigma.program import build
from enigma.program.types import number

KEY = bytes(range(16))


def stream(start: int, count: int, key: bytes = KEY) -> bytes:
    """`count` bytes of the key's stream from byte `start`, computed in one piece from the beginning."""
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(start + count))[start:]


def test_is_aes_in_counter_mode() -> None:
    assert Prg(KEY).reserve(1000).words(10, 100).tobytes() == stream(0, 8000)


@pytest.mark.parametrize("sizes", [[1, 1, 1], [3, 4, 5], [2, 40_000, 7], [0, 1, 0, 2]])
def test_blocks_follow_each_other_on_even_words(sizes: list[int]) -> None:
    prg = Prg(KEY)
    blocks, start = [], 0
    for size in sizes:
        blocks.append((prg.reserve(size), start, size))
        start += size + size % 2
    for block, first, size in reversed(blocks):  # in any order, and word by word: seeks at odd words too
        if size:
            assert block.words(1).tobytes() == stream(8 * first, 8)
            assert block.words(size - 1).tobytes() == stream(8 * first + 8, 8 * size - 8)


def test_interleaved_blocks_do_not_disturb_each_other() -> None:
    prg = Prg(KEY)
    one, other = prg.reserve(9), prg.reserve(9)
    found = [[block.words(1).tobytes() for block in (one, other)] for _ in range(9)]
    assert b"".join(a for a, _ in found) == stream(0, 72)
    assert b"".join(b for _, b in found) == stream(80, 72)


def test_octets_discard_the_rest_of_their_word() -> None:
    block = Prg(KEY).reserve(words_for_bytes(13) + 1)
    assert block.bytes(13).tobytes() == stream(0, 13)
    assert block.words(1).tobytes() == stream(16, 8)


def test_a_block_ends() -> None:
    block = Prg(KEY).reserve(3)
    block.words(2)
    with pytest.raises(ProtocolError, match="more words than it reserved"):
        block.words(2)
    with pytest.raises(ProtocolError, match="more words than it reserved"):
        Prg(KEY).reserve(1).bytes(9)


def test_nothing_prints_a_key_or_a_word() -> None:
    assert repr(Prg(KEY)) == "<Prg, 0 words spent>"
    with pytest.raises(ValueError, match="16 bytes, not 15"):
        Prg(KEY[1:])


def chi_square(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """In standard deviations (Wilson and Hilferty, 1931)."""
    expected, freedom = counts.sum() / counts.size, counts.size - 1
    statistic = float(((counts - expected) ** 2).sum() / expected)
    ninth = 2 / (9 * freedom)
    return float(((statistic / freedom) ** (1 / 3) - (1 - ninth)) / ninth**0.5)


def test_octets_are_uniform() -> None:
    """False alarm: beyond 5.5 deviations, below once in 10 million runs."""
    key = secrets.token_bytes(16)
    assert abs(chi_square(np.bincount(Prg(key).reserve(1 << 17).bytes(1 << 20), minlength=256))) < 5.5, (
        f"key {key.hex()}"
    )


def test_shuffles_are_uniform_over_all_orders_of_four_rows() -> None:
    """False alarm: beyond 5.5 deviations, below once in 10 million runs."""
    seed = secrets.token_bytes(8)
    rows = build.input_(0, (4, 1), number(0, 3))
    raw = np.arange(4).reshape(4, 1)
    place = {order: i for i, order in enumerate(permutations(range(4)))}
    found, _ = secure([build.shuffle(rows) for _ in range(4800)], [raw], seed=seed)
    counts = np.bincount([place[tuple(int(v) for v in one[:, 0])] for one in found], minlength=24)
    assert counts.min() > 0
    assert abs(chi_square(counts)) < 5.5, f"seed {seed.hex()}: {counts.tolist()}"
