"""Replicated sharing of 64-bit words and of bits among three seats: on the owner's side, and at the reader.

x = x0 + x1 + x2 modulo 2**64 for numbers, by XOR for booleans; seat i holds the pieces i and i + 1. The pieces 0 and 1
are 16-byte seeds, expanded by the PRG at the seat; piece 2 is as long as the secret. So seat 0 gets two seeds, and
seats 1 and 2 a seed and the long piece each. The bytes stand in docs/spec/pieces.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.algebra.prg import KEY_BYTES, Prg
from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.sharing.piece import Form, Piece

NAME = "replicated3"
SEATS = 3
Array = npt.NDArray[Any]

_STEP = 1 << 15
"""Elements that are masked at a time, in the cache: a whole number of words, so that the PRG's place stays a word's."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one seat gets of one secret: each of its two pieces as a seed or in full. `repr` shows neither."""

    own: bytes | Array
    next: bytes | Array

    def __repr__(self) -> str:
        kinds = ["seed" if isinstance(p, bytes) else f"{p.nbytes} bytes" for p in (self.own, self.next)]
        return f"<pieces: {kinds[0]}, {kinds[1]}>"


def split(raw: Array, seeds: tuple[bytes, bytes]) -> tuple[Delivery, Delivery, Delivery]:
    """The deliveries of a raw int64 or bool array, under two fresh random seeds of 16 bytes, used for it alone."""
    last = _last(raw, seeds)
    return Delivery(*seeds), Delivery(seeds[1], last), Delivery(last, seeds[0])


def held_by(seat: int) -> tuple[int, ...]:
    """The pieces that a seat holds: its own, and the next."""
    if not 0 <= seat < SEATS:
        raise ArgumentProblem(f"there are the seats 0 to {SEATS - 1}, and no seat {seat}")
    return seat, (seat + 1) % SEATS


def full_bytes(shape: tuple[int, ...], boolean: bool) -> int:
    """The bytes of piece 2: 8 for a number, 1 bit for a boolean."""
    count = prod(shape)
    return (count + 7) // 8 if boolean else 8 * count


def pieces(raw: Array, random_bytes: Callable[[int], bytes]) -> list[Piece]:
    """The three pieces of a secret: two fresh seeds, and the rest in full."""
    seeds = random_bytes(KEY_BYTES), random_bytes(KEY_BYTES)
    last = _last(raw, seeds)
    octets = np.packbits(last.reshape(-1), bitorder="little") if last.dtype == np.uint8 else last.reshape(-1)
    # Read-only: whoever holds the piece may hash it first and send it later.
    octets.flags.writeable = False
    return [*(Piece(Form.SEED, seed) for seed in seeds), Piece(Form.FULL, octets.view(np.uint8).data)]


def share(raw: Array, random_bytes: Callable[[int], bytes]) -> list[Any]:
    """What each seat gets of a secret, by seat: the trees of its two pieces."""
    made = pieces(raw, random_bytes)
    return [[made[number].tree for number in held_by(seat)] for seat in range(SEATS)]


def accept(delivery: Any, shape: tuple[int, ...], boolean: bool) -> Array:
    """A seat's (2, *shape) pieces from what an owner sent. Raises `ProtocolError`, `WireError`."""
    if not isinstance(delivery, (list, tuple)) or len(delivery) != 2:
        raise WireError(f"not the two pieces of a secret of shape {tuple(shape)}")
    own, following = (_received(Piece.read(tree), shape, boolean) for tree in delivery)
    return receive(Delivery(own, following), shape, boolean)


def _last(raw: Array, seeds: tuple[bytes, bytes]) -> Array:
    """Piece 2: what the two seeds' pieces leave of the secret."""
    for seed in seeds:
        _want_seed(seed)
    boolean = raw.dtype == np.bool_
    if boolean:
        first, second = (expand(seed, raw.shape, boolean) for seed in seeds)
        return raw.astype(np.uint8) ^ first ^ second
    last = np.array(raw, np.int64, order="C").view(np.uint64).reshape(raw.shape)
    flat = last.reshape(-1)
    blocks = [Prg(seed).reserve(flat.size) for seed in seeds]
    mask = np.empty(min(_STEP, flat.size), np.uint64)
    for start in range(0, flat.size, _STEP):
        part = flat[start : start + _STEP]
        for block in blocks:
            part -= block.into(mask[: part.size])
    return last


def _received(piece: Piece, shape: tuple[int, ...], boolean: bool) -> bytes | Array:
    if piece.form is Form.SEED:
        return bytes(piece.content)
    if len(piece.content) != full_bytes(shape, boolean):
        raise WireError(f"{len(piece.content)} bytes are not a piece of a secret of shape {tuple(shape)}")
    if not boolean:
        return np.frombuffer(piece.content, np.uint64).reshape(shape)
    packed = np.frombuffer(piece.content, np.uint8)
    count = prod(shape)
    if count % 8 and int(packed[-1]) >> count % 8:
        raise WireError("bits are left over after a piece of booleans")
    return np.unpackbits(packed, count=count, bitorder="little").reshape(shape)


def output(pieces: Array) -> bytes:
    """A seat's pieces of an output on their way to the reader: words as they are, booleans packed piece by piece."""
    if pieces.dtype == np.uint8:
        pieces = np.packbits(pieces.reshape(2, -1), axis=1, bitorder="little")
    return np.ascontiguousarray(pieces).tobytes()


def read_output(data: bytes, shape: tuple[int, ...], boolean: bool) -> Array:
    """The (2, *shape) pieces that a seat sent. Raises `WireError` where their number does not fit."""
    count = int(np.prod(shape, dtype=np.int64))
    if len(data) != 2 * ((count + 7) // 8 if boolean else 8 * count):
        raise WireError(f"{len(data)} bytes are not the two pieces of an output of shape {tuple(shape)}")
    if not boolean:
        return np.frombuffer(data, np.uint64).reshape(2, *shape)
    packed = np.frombuffer(data, np.uint8).reshape(2, -1)
    return np.unpackbits(packed, axis=1, count=count, bitorder="little").reshape(2, *shape)


def expand(seed: bytes, shape: tuple[int, ...], boolean: bool) -> Array:
    """The piece that a seed stands for."""
    _want_seed(seed)
    count = int(np.prod(shape, dtype=np.int64))
    block = Prg(seed).reserve(count)
    if not boolean:
        return block.words(count).reshape(shape)
    octets = block.bytes((count + 7) // 8)
    return np.unpackbits(octets, count=count, bitorder="little").reshape(shape)


def _want_seed(seed: bytes) -> None:
    if len(seed) != KEY_BYTES:
        raise ProtocolError(f"a piece's seed has {KEY_BYTES} bytes, not {len(seed)}")


def receive(delivery: Delivery, shape: tuple[int, ...], boolean: bool) -> Array:
    """A seat's (2, *shape) pieces from its delivery; raises `ProtocolError` when a full piece has another shape."""
    dtype = np.uint8 if boolean else np.uint64
    pieces = np.empty((2, *shape), dtype)
    for row, piece in enumerate((delivery.own, delivery.next)):
        if isinstance(piece, bytes):
            pieces[row] = expand(piece, shape, boolean)
        elif piece.shape != tuple(shape) or piece.dtype != dtype:
            raise ProtocolError(f"a piece of shape {piece.shape} was delivered for a secret of shape {tuple(shape)}")
        else:
            pieces[row] = piece
    return pieces


def reconstruct(held: Sequence[Array]) -> Array:
    """The raw secret from all three seats' (2, ...) pieces.

    Raises `ProtocolError` when the two copies of a piece differ: then some seat departed from the protocol.
    """
    for seat in range(SEATS):
        after = (seat + 1) % SEATS
        if not np.array_equal(held[seat][1], held[after][0]):
            raise ProtocolError(f"seats {seat} and {after} hold different copies of piece {after}")
    # Flat, because NumPy warns of the ring's overflow in scalars.
    first, second, third = (held[seat][0].reshape(-1) for seat in range(SEATS))
    if first.dtype == np.uint8:
        boolean: Array = (first ^ second ^ third).astype(np.bool_)
        return boolean.reshape(held[0][0].shape)
    total: Array = (first + second + third).view(np.int64)
    return total.reshape(held[0][0].shape)
