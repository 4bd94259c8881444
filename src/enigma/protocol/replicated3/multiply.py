"""Products and dot products without truncation.

Araki, Furukawa, Lindell, Nof, Ohara, "High-throughput semi-honest secure three-party computation", CCS 2016, section 2:
z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i + F_i - F_{i+1} sums to xy over the seats, where F_j is drawn from the key of
piece j; seat i sends z_i to seat i - 1, to whom F_{i+1} is unknown. A matrix product sums before it sends.

Cost: 1 round, 8 bytes per result and seat. AND, packed: 1 round, 1 bit.
"""

from __future__ import annotations

import numpy as np

from enigma.algebra.prg import words_for_bytes
from enigma.protocol.replicated3.roles import SEATS, OctetPair, Pair, chunks, next_, own
from enigma.protocol.session import Joint, Octets, Session, Words


def multiply(session: Session, x: Pair, y: Pair) -> Joint[Words]:
    """The product of two shared arrays of (2, n) pieces."""
    count = len(x[0])
    plus, minus = own(session, count), next_(session, count)
    out = np.empty((2, count), np.uint64)
    for start, stop in chunks(count):
        here = slice(start, stop)
        blind, mask = plus.words(stop - start), minus.words(stop - start)
        session.kernels.cross(x[0][here], x[1][here], y[0][here], y[1][here], blind, mask, out[0, here])
        session.send((session.seat - 1) % SEATS, out[0, here], (mask,))
    yield
    for start, stop in chunks(count):
        session.receive((session.seat + 1) % SEATS, out[1, start:stop])
    return out


def dot(session: Session, x: Words, y: Words) -> Joint[Words]:
    """The matrix product of shared (2, batch, m, k) and (2, batch, k, n) pieces."""
    out = np.empty((2, x.shape[1], x.shape[2], y.shape[3]), np.uint64)
    local_dot(session, x, y, out[0])
    flat = out.reshape(2, -1)
    count = flat.shape[1]
    plus, minus = own(session, count), next_(session, count)
    for start, stop in chunks(count):
        mask = minus.words(stop - start)
        flat[0, start:stop] += plus.words(stop - start)
        flat[0, start:stop] -= mask
        session.send((session.seat - 1) % SEATS, flat[0, start:stop], (mask,))
    yield
    for start, stop in chunks(count):
        session.receive((session.seat + 1) % SEATS, flat[1, start:stop])
    return out


def local_dot(session: Session, x: Words, y: Words, out: Words) -> None:
    """This seat's summand of the matrix product, not yet masked: x_i (y_i + y_{i+1}) + x_{i+1} y_i."""
    if x.size < y.size:
        both = x[0] + x[1]
        for i in range(x.shape[1]):
            session.kernels.matmul(both[i], y[0][i], out[i], False)
            session.kernels.matmul(x[0][i], y[1][i], out[i], True)
    else:
        both = y[0] + y[1]
        for i in range(x.shape[1]):
            session.kernels.matmul(x[0][i], both[i], out[i], False)
            session.kernels.matmul(x[1][i], y[0][i], out[i], True)


def conjunction(session: Session, x: OctetPair, y: OctetPair) -> Joint[Octets]:
    """The AND of two shared arrays of (2, n) bits, one to an octet."""
    count = len(x[0])
    size = (count + 7) // 8
    plus, minus = own(session, words_for_bytes(size)), next_(session, words_for_bytes(size))
    mask = minus.bytes(size)
    packed = np.empty((2, size), np.uint8)
    session.kernels.cross_bits(x[0], x[1], y[0], y[1], plus.bytes(size) ^ mask, packed[0])
    if count % 8:
        packed[0, -1] &= (1 << (count % 8)) - 1
    session.send((session.seat - 1) % SEATS, packed[0], (mask,))
    yield
    session.receive((session.seat + 1) % SEATS, packed[1])
    return np.unpackbits(packed, axis=1, count=count, bitorder="little")


def multiply_cost(count: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    return [(8 * count,) * SEATS] if count else []


def conjunction_cost(count: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    return [((count + 7) // 8,) * SEATS] if count else []
