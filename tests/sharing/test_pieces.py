"""What a seat holds says nothing: sizes follow from shapes, and each seat's pieces are uniform."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from enigma.errors import ProtocolError
from enigma.sharing.replicated3 import receive, reconstruct, split

Raw = npt.NDArray[Any]
COUNT = 20_000

SECRETS: list[Raw] = [
    np.zeros(COUNT, np.int64),
    np.full(COUNT, -1),
    np.full(COUNT, -(1 << 63)),
    np.full(COUNT, (1 << 63) - 1),
    np.arange(COUNT),
    np.zeros(COUNT, np.bool_),
    np.ones(COUNT, np.bool_),
]


def fresh_seeds(random: np.random.Generator) -> tuple[bytes, bytes]:
    return random.bytes(16), random.bytes(16)


def share(raw: Raw, seeds: tuple[bytes, bytes]) -> list[Raw]:
    return [receive(delivery, raw.shape, raw.dtype == np.bool_) for delivery in split(raw, seeds)]


@pytest.mark.parametrize(
    "raw", [np.array(7), np.array(-(1 << 63)), np.array(True), np.zeros((0, 3), np.int64), np.zeros((2, 0), np.bool_)]
)
def test_scalars_and_empty_arrays_under_many_seeds(raw: Raw) -> None:
    """Scalars wrap in the ring as arrays do, without a warning."""
    random = np.random.default_rng(1)
    for _ in range(50):
        found = reconstruct(share(raw, fresh_seeds(random)))
        assert (found.shape, found.dtype) == (raw.shape, raw.dtype)
        assert np.array_equal(found, raw)


def test_random_arrays_of_both_kinds_in_any_layout() -> None:
    random = np.random.default_rng(2)
    for shape in ((1,), (7,), (64,), (3, 5), (2, 3, 4)):
        words = random.integers(-(1 << 63), (1 << 63) - 1, shape, dtype=np.int64, endpoint=True)
        for raw in (words, words.T, words[::-1], words > 0, (words > 0).T):
            assert np.array_equal(reconstruct(share(raw, fresh_seeds(random))), raw)


@pytest.mark.parametrize("raw", [np.arange(33), np.ones(33, np.bool_)])
def test_the_size_of_a_delivery_depends_on_the_shape_alone(raw: Raw) -> None:
    words = 33 if raw.dtype == np.bool_ else 33 * 8
    sizes = [
        tuple(len(p) if isinstance(p, bytes) else p.nbytes for p in (delivery.own, delivery.next))
        for delivery in split(raw, fresh_seeds(np.random.default_rng(3)))
    ]
    assert sizes == [(16, 16), (16, words), (words, 16)]


def test_neighbours_hold_the_same_piece() -> None:
    pieces = share(np.arange(9), fresh_seeds(np.random.default_rng(4)))
    for seat in range(3):
        assert np.array_equal(pieces[seat][1], pieces[(seat + 1) % 3][0])


@pytest.mark.parametrize("secret", range(len(SECRETS)))
@pytest.mark.parametrize("seat", [0, 1, 2])
def test_each_piece_of_a_seat_is_uniform_whatever_the_secret(secret: int, seat: int) -> None:
    """Every bit of both pieces is set half the time, within five standard deviations, and so is their XOR."""
    raw = SECRETS[secret]
    own, other = share(raw, fresh_seeds(np.random.default_rng(100 + secret)))[seat]
    for piece in (own, other, own ^ other):
        if raw.dtype == np.bool_:
            rates = np.array([piece.mean()])
        else:
            rates = np.array([((piece >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)])
        assert np.abs(rates - 0.5).max() < 5 * 0.5 / np.sqrt(COUNT)


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_a_seat_sees_the_same_distribution_for_two_secrets(seat: int) -> None:
    """Chi-square over the top nibbles of both pieces (256 cells) of two secrets: 400 is beyond 5 deviations of 255."""
    random = np.random.default_rng(7 + seat)
    counts = []
    for raw in (np.zeros(COUNT, np.int64), np.full(COUNT, 1 << 62)):
        own, other = share(raw, fresh_seeds(random))[seat]
        cells = (own >> np.uint64(60)) * np.uint64(16) + (other >> np.uint64(60))
        counts.append(np.bincount(cells.astype(np.int64), minlength=256))
    first, second = counts
    assert ((first - second) ** 2 / (first + second)).sum() < 400


def test_two_seeds_give_two_sharings() -> None:
    random = np.random.default_rng(5)
    first, second = (share(np.arange(8), fresh_seeds(random)) for _ in range(2))
    for seat in range(3):
        assert not (first[seat] == second[seat]).any()


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_seeds_of_another_length_are_refused(length: int) -> None:
    for seeds in ((bytes(length), bytes(16)), (bytes(16), bytes(length))):
        with pytest.raises(ProtocolError, match=f"16 bytes, not {length}"):
            split(np.arange(3), seeds)


@pytest.mark.parametrize("raw", [np.arange(6), np.array([True, False] * 3)])
def test_no_representation_shows_a_value(raw: Raw) -> None:
    seeds = fresh_seeds(np.random.default_rng(6))
    for delivery in split(raw, seeds):
        shown = f"{delivery!r} {delivery}"
        assert shown.count("<pieces: ") == 2
        for piece in (delivery.own, delivery.next):
            assert (repr(piece) if isinstance(piece, bytes) else str(piece)) not in shown


def test_every_altered_copy_of_a_boolean_names_its_holders() -> None:
    raw = np.array([True, False, True, True])
    for seat in range(3):
        for row in range(2):
            for place in range(4):
                pieces = share(raw, fresh_seeds(np.random.default_rng(8)))
                pieces[seat][row, place] ^= 1
                first = seat if row else (seat - 1) % 3
                with pytest.raises(ProtocolError, match=f"seats {first} and {(first + 1) % 3} hold different copies"):
                    reconstruct(pieces)
