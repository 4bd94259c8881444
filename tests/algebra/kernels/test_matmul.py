"""The matrix product has the same bits at every SIMD level, for every shape and alignment."""

from __future__ import annotations

import threading
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.algebra.kernels import Kernels, Words, load
from enigma.algebra.kernels.native import NotBuilt, levels

CORNERS = np.array([0, 1, 2**63, 2**64 - 1, 2**32, 2**32 - 1, 0x1_0000_0001], np.uint64)


def every_level() -> list[str | None]:
    """None stands for the twin, which must agree with the definition in Python's own integers."""
    try:
        return [None, *levels()]
    except NotBuilt:
        return [None]


@pytest.fixture(params=every_level(), ids=lambda level: level or "plain")
def kernels(request: pytest.FixtureRequest) -> Kernels:
    return load("plain") if request.param is None else load("native", level=request.param)


def draw(shape: tuple[int, ...], seed: int, offset: int = 0) -> Words:
    """Return random words, a third of them corner values, `offset` words past the start of their buffer."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**64, shape, dtype=np.uint64)
    words = np.where(rng.random(shape) < 1 / 3, rng.choice(CORNERS, shape), words)
    buffer = np.zeros(words.size + offset, np.uint64)
    view = buffer[offset:].reshape(shape)
    view[...] = words
    return view


def by_definition(a: Words, b: Words) -> Words:
    exact = a.astype(object) @ b.astype(object) if a.shape[1] else np.zeros((a.shape[0], b.shape[1]), object)
    return (exact % 2**64).astype(np.uint64)


@pytest.mark.parametrize("m", [0, 1, 2, 3, 5, 6, 7, 13, 25])
def test_small_shapes(kernels: Kernels, m: int) -> None:
    for k, n in product([0, 1, 2, 7, 8, 9, 63, 64, 65], [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 47]):
        a, b, start = draw((m, k), 1), draw((k, n), 2), draw((m, n), 3)
        out = np.full((m, n), 77, np.uint64)
        kernels.matmul(a, b, out, False)
        expected = a @ b
        np.testing.assert_array_equal(out, expected, err_msg=f"k={k}, n={n}")
        out[...] = start
        kernels.matmul(a, b, out, True)
        np.testing.assert_array_equal(out, start + expected, err_msg=f"k={k}, n={n}")


@pytest.mark.parametrize(
    ("m", "k", "n"),
    [
        (3, 1025, 1), (7, 2049, 3), (2, 1500, 7), (1, 10_007, 1),  # several blocks along k, vectors along k
        (13, 513, 100), (4, 300, 300), (1, 257, 520), (29, 256, 257),  # blocks along k and along the columns
        (10_001, 2, 5), (1001, 10, 1), (5, 5003, 3),  # tall and skinny
    ],
)  # fmt: skip
def test_blocks(kernels: Kernels, m: int, k: int, n: int) -> None:
    a, b, out = draw((m, k), 4), draw((k, n), 5), draw((m, n), 6)
    expected = out + a @ b
    kernels.matmul(a, b, out, True)
    np.testing.assert_array_equal(out, expected)


@given(
    m=st.integers(0, 20),
    k=st.integers(0, 80),
    n=st.integers(0, 40),
    offset=st.integers(0, 7),
    seed=st.integers(0, 2**32),
)
def test_any_shape_and_alignment(m: int, k: int, n: int, offset: int, seed: int) -> None:
    a, b = draw((m, k), seed, offset), draw((k, n), seed + 1, offset)
    expected = by_definition(a, b)
    for level in every_level():
        guarded = np.full(m * n + 16, 0xDEAD, np.uint64)
        out = guarded[offset : offset + m * n].reshape(m, n)
        load("plain" if level is None else "native", level=level).matmul(a, b, out, False)
        np.testing.assert_array_equal(out, expected, err_msg=str(level))
        assert (guarded[:offset] == 0xDEAD).all(), f"{level} wrote before the result"
        assert (guarded[offset + m * n :] == 0xDEAD).all(), f"{level} wrote past the result"


def test_threads_share_one_instance(kernels: Kernels) -> None:
    a, b = draw((60, 300), 7), draw((300, 70), 8)
    outs = [np.empty((60, 70), np.uint64) for _ in range(4)]
    threads = [threading.Thread(target=kernels.matmul, args=(a, b, out, False)) for out in outs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = a @ b
    for out in outs:
        np.testing.assert_array_equal(out, expected)


def test_a_read_only_input_is_fine(kernels: Kernels) -> None:
    a, b, out = draw((3, 4), 1), draw((4, 5), 2), np.empty((3, 5), np.uint64)
    a.flags.writeable = b.flags.writeable = False
    kernels.matmul(a, b, out, False)
    np.testing.assert_array_equal(out, a @ b)


def locked() -> Words:
    out = np.zeros((2, 2), np.uint64)
    out.flags.writeable = False
    return out


def misaligned() -> Words:
    return np.zeros(33, np.uint8)[1:].view(np.uint64).reshape(2, 2)


SQUARE = np.zeros((2, 2), np.uint64)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        (SQUARE.astype(np.int64), SQUARE, SQUARE.copy()),
        (SQUARE, SQUARE.astype(np.float64), SQUARE.copy()),
        (SQUARE, SQUARE, np.zeros((2, 2), np.int64)),
        (SQUARE, SQUARE.astype(">u8"), SQUARE.copy()),
        (np.zeros((2, 4), np.uint64)[:, ::2], SQUARE, SQUARE.copy()),
        (np.zeros((3, 2), np.uint64).T, np.zeros((3, 2), np.uint64), SQUARE.copy()),
        (misaligned(), SQUARE, SQUARE.copy()),
        (SQUARE, SQUARE, misaligned()),
        (SQUARE, SQUARE, locked()),
        (SQUARE, np.zeros((3, 2), np.uint64), SQUARE.copy()),
        (SQUARE, SQUARE, np.zeros((2, 3), np.uint64)),
        (SQUARE, SQUARE, np.zeros(4, np.uint64)),
        (np.zeros(2, np.uint64), SQUARE, SQUARE.copy()),
        (SQUARE, np.zeros((2, 2, 2), np.uint64), SQUARE.copy()),
    ],
)
def test_native_refuses_what_it_cannot_address(a: Words, b: Words, out: Words) -> None:
    for level in every_level():
        if level is not None:
            with pytest.raises(ValueError, match=r"kernel|matmul"):
                load("native", level=level).matmul(a, b, out, False)
