"""Pieces as they are sent: the vectors, the two forms, and what no seat takes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sharing.vectors import Vector, named, raw_of, vectors

from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.sharing import replicated3
from enigma.sharing.piece import Form, Piece
from enigma.wire import decode, encode

VECTORS = vectors("pieces")


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
def test_good_vectors(vector: Vector) -> None:
    """The seeds give the third piece, and any seat's two pieces of three give back the secret."""
    raw = raw_of(vector["kind"], vector["shape"], vector["raw"])
    trees = [[form, bytes.fromhex(content)] for form, content in vector["pieces"]]
    seeds = iter([trees[0][1], trees[1][1]])
    made = replicated3.pieces(raw, lambda size: next(seeds)[:size])
    assert [[each.form.value, bytes(each.content)] for each in made] == trees
    boolean = raw.dtype == np.bool_
    assert len(made[2].content) == replicated3.full_bytes(raw.shape, boolean)
    held = [
        replicated3.accept([trees[number] for number in replicated3.held_by(seat)], raw.shape, boolean)
        for seat in range(3)
    ]
    found = replicated3.reconstruct(held)
    assert found.dtype == raw.dtype
    assert np.array_equal(found, raw)


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
def test_bad_vectors(vector: Vector) -> None:
    delivery = [[form, bytes.fromhex(content)] for form, content in vector["delivery"]]
    with pytest.raises((ProtocolError, WireError)):
        replicated3.accept(delivery, tuple(vector["shape"]), vector["kind"] == "bool")


@pytest.mark.parametrize("raw", [np.arange(70_000), np.arange(70_001) % 3 == 0, np.arange(12).reshape(3, 4).T])
def test_what_is_shared_is_the_pieces_that_a_seat_holds(raw: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    """Longer than what is masked at a time, and with gaps between the values."""
    deliveries = replicated3.share(raw, lambda size: bytes(range(size)))
    made = replicated3.pieces(raw, lambda size: bytes(range(size)))
    assert deliveries == [[made[seat].tree, made[(seat + 1) % 3].tree] for seat in range(3)]
    sent = [decode(encode(delivery), limit=1 << 20, views=True) for delivery in deliveries]
    held = [replicated3.accept(each, raw.shape, raw.dtype == np.bool_) for each in sent]
    assert np.array_equal(replicated3.reconstruct(held), raw)


def test_a_piece_in_full_is_apart_from_the_owners_array_and_cannot_be_written() -> None:
    raw = np.arange(5)
    piece = replicated3.pieces(raw, bytes)[2]
    before = bytes(piece.content)
    raw[:] = 7
    assert bytes(piece.content) == before
    with pytest.raises(TypeError, match="read-only"):
        memoryview(piece.content)[0] = 1


def test_booleans_are_sent_as_bits() -> None:
    for count in (0, 1, 8, 9, 1000):
        piece = replicated3.pieces(np.ones(count, np.bool_), bytes)[2]
        assert len(piece.content) == (count + 7) // 8


@pytest.mark.parametrize("seat", [-1, 3])
def test_a_seat_that_there_is_not(seat: int) -> None:
    with pytest.raises(ArgumentProblem, match=f"no seat {seat}"):
        replicated3.held_by(seat)


@pytest.mark.parametrize(
    "tree", [None, "seed", [], ["seed"], ["seed", b"", b""], ["none", b""], ["full", "text"], [b"seed", b""], [1, b""]]
)
def test_trees_that_are_no_piece(tree: object) -> None:
    with pytest.raises(WireError, match="seed or full"):
        Piece.read(tree)
    with pytest.raises(WireError, match="seed or full"):
        replicated3.accept([["seed", bytes(16)], tree], (2,), boolean=False)


@pytest.mark.parametrize("delivery", [None, b"ab", [], {"own": 1, "next": 2}])
def test_deliveries_that_are_none(delivery: object) -> None:
    with pytest.raises(WireError, match="two pieces"):
        replicated3.accept(delivery, (2,), boolean=False)


def test_a_piece_does_not_print() -> None:
    assert repr(Piece(Form.SEED, b"secret")) == "<piece: seed of 6 bytes>"
