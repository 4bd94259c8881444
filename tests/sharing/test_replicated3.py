"""Pieces: any two seats know the secret, one knows nothing; copies are compared; nothing prints."""

from __future__ import annotations

import numpy as np
import pytest

from enigma.errors import ProtocolError
from enigma.sharing.replicated3 import Delivery, expand, receive, reconstruct, split

SEEDS = (bytes(range(16)), bytes(range(16, 32)))
NUMBERS = np.array([[0, 1, -1], [-(1 << 63), (1 << 63) - 1, 42]])
BITS = np.array([True, False, True] * 7)


def held(
    raw: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    return [receive(delivery, raw.shape, raw.dtype == np.bool_) for delivery in split(raw, SEEDS)]


@pytest.mark.parametrize("raw", [NUMBERS, BITS, np.zeros((0, 3), np.int64), np.zeros(0, np.bool_), np.array(7)])
def test_back_and_forth(raw: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    found = reconstruct(held(raw))
    assert found.dtype == raw.dtype
    assert np.array_equal(found, raw)


@pytest.mark.parametrize("raw", [NUMBERS, BITS])
def test_seat_zero_gets_two_seeds_and_each_other_one(raw: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    kinds = [(isinstance(d.own, bytes), isinstance(d.next, bytes)) for d in split(raw, SEEDS)]
    assert kinds == [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize("seat", [0, 1, 2])
@pytest.mark.parametrize("row", [0, 1])
def test_an_altered_copy_names_both_its_holders(seat: int, row: int) -> None:
    pieces = held(NUMBERS)
    pieces[seat][row, 0, 1] ^= np.uint64(1)
    assert not np.array_equal(pieces[seat], held(NUMBERS)[seat])
    first = seat if row else (seat - 1) % 3
    with pytest.raises(ProtocolError, match=f"seats {first} and {(first + 1) % 3} hold different copies"):
        reconstruct(pieces)


def test_a_piece_of_another_shape_or_kind_is_refused() -> None:
    _, delivery, _ = split(NUMBERS, SEEDS)
    for shape, boolean in (((2, 2), False), ((3, 2), False), ((2, 3), True)):
        with pytest.raises(ProtocolError, match="was delivered"):
            receive(delivery, shape, boolean)


def test_a_seed_has_16_bytes() -> None:
    with pytest.raises(ProtocolError, match="16 bytes, not 8"):
        expand(bytes(8), (4,), False)


def test_pieces_do_not_print() -> None:
    assert repr(Delivery(SEEDS[0], NUMBERS.view(np.uint64))) == "<pieces: seed, 48 bytes>"
