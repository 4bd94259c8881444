"""Replicated sharing of 64-bit words and of bits among three seats: on the owner's side, and at the reader.

x = x0 + x1 + x2 modulo 2**64 for numbers, by XOR for booleans; seat i holds the pieces i and i + 1. The pieces 0 and 1
are 16-byte seeds, expanded by the PRG at the seat; piece 2 is as long as the secret. So seat 0 gets two seeds, and
seats 1 and 2 a seed and the long piece each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.algebra.prg import KEY_BYTES, Prg
from enigma.errors import ProtocolError, WireError

SEATS = 3
Array = npt.NDArray[Any]


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
    boolean = raw.dtype == np.bool_
    first, second = (expand(seed, raw.shape, boolean) for seed in seeds)
    if boolean:
        last: Array = raw.astype(np.uint8) ^ first ^ second
    else:
        last = np.ascontiguousarray(raw, np.int64).view(np.uint64).reshape(raw.shape) - first - second
    return Delivery(*seeds), Delivery(seeds[1], last), Delivery(last, seeds[0])


def share(raw: Array, random_bytes: Callable[[int], bytes]) -> list[Any]:
    """What each seat gets of a secret, by seat: its two pieces, each ["seed", bytes] or ["full", bytes]."""
    return [
        [_sent(delivery.own), _sent(delivery.next)]
        for delivery in split(raw, (random_bytes(KEY_BYTES), random_bytes(KEY_BYTES)))
    ]


def accept(delivery: Any, shape: tuple[int, ...], boolean: bool) -> Array:
    """A seat's (2, *shape) pieces from what an owner sent. Raises `ProtocolError`, `WireError`."""
    try:
        own, following = (_received(piece, shape, boolean) for piece in delivery)
    except (TypeError, ValueError) as error:
        raise WireError(f"not the two pieces of a secret of shape {tuple(shape)}: {error}") from error
    return receive(Delivery(own, following), shape, boolean)


def _sent(piece: bytes | Array) -> list[Any]:
    if isinstance(piece, bytes):
        return ["seed", piece]
    return ["full", np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data]


def _received(piece: Any, shape: tuple[int, ...], boolean: bool) -> bytes | Array:
    kind, content = piece
    if kind == "seed":
        return bytes(content)
    return np.frombuffer(content, np.uint8 if boolean else np.uint64).reshape(shape)


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
    if len(seed) != KEY_BYTES:
        raise ProtocolError(f"a piece's seed has {KEY_BYTES} bytes, not {len(seed)}")
    count = int(np.prod(shape, dtype=np.int64))
    block = Prg(seed).reserve(count)
    if not boolean:
        return block.words(count).reshape(shape)
    octets = block.bytes((count + 7) // 8)
    return np.unpackbits(octets, count=count, bitorder="little").reshape(shape)


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
