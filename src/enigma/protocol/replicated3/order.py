"""Shuffling and sorting of rows.

Shuffle: each pair of seats in turn permutes by an order that the third does not know. The pair holds all three pieces
and so a sum of two; it permutes that and shares it anew (the resharing shuffle of Laur, Willemson, Zhang,
"Round-efficient oblivious database manipulation", ISC 2011). 3 rounds, 16 bytes per element and seat.

Sort: radix sort by digits of two bits, lowest first. From the digit's bits come the row's 0/1 indicator of each value,
from their running sums its position in the stable order; positions and rows are shuffled together, the positions
opened, and the rows put there (Hamada, Ikarashi, Chida, Takahashi, "Oblivious radix sort", ePrint 2014/121; Asharov et
al., CCS 2022). Departures: the key travels as one XOR-shared word of bits, whatever its width; two bits a pass.

Cost for w-bit keys and c columns: the bits once; then for each digit 8 rounds and 24 + 8 + 16 (c + 2) + 8 bytes per
row and seat (the last pass leaves the word behind).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from enigma.protocol.replicated3.bits import bits, bits_cost
from enigma.protocol.replicated3.convert import convert_cost, to_int
from enigma.protocol.replicated3.multiply import conjunction, conjunction_cost, multiply_cost
from enigma.protocol.replicated3.opening import ShuffledPositions, open_cost, open_masked
from enigma.protocol.replicated3.roles import SEATS, chunks, next_, own
from enigma.protocol.session import Joint, Octets, Session, Words

DIGIT = 2
SPARE = 64
"""Random words beyond one for each row, for those that rejection sampling discards."""


def shuffle(session: Session, rows: Words) -> Joint[Words]:
    """(2, n, c) pieces of rows in a uniformly random order that no seat knows."""
    columns = np.ascontiguousarray(rows.transpose(0, 2, 1))
    sums, _ = yield from _shuffle(session, columns, np.empty((2, 0, rows.shape[1]), np.uint64))
    return np.ascontiguousarray(sums.transpose(0, 2, 1))


def _shuffle(session: Session, sums: Words, xors: Words) -> Joint[tuple[Words, Words]]:
    """Columns (2, c, n) shared by sum and columns (2, x, n) shared by XOR, in one common random order."""
    additive, binary, count = sums.shape[1], xors.shape[1], sums.shape[2]
    for outsider in range(SEATS):
        role = (session.seat - outsider) % SEATS
        fresh = np.empty((2, additive + binary, count), np.uint64)
        if role == 0:
            fresh[0] = own(session, fresh[0].size).words(*fresh[0].shape)
            fresh[1] = next_(session, fresh[1].size).words(*fresh[1].shape)
            yield
        else:
            first = role == 1
            piece, common = (0, 1) if first else (1, 0)
            mask = (own if first else next_)(session, fresh[0].size).words(*fresh[0].shape)
            order = _permutation(session, count, first)
            held = np.concatenate((sums[piece], xors[piece]))
            if first:
                held[:additive] += sums[common]
                held[additive:] ^= xors[common]
            held = np.take(held, order, axis=1)
            held[:additive] -= mask[:additive]
            held[additive:] ^= mask[additive:]
            other = (outsider + (2 if first else 1)) % SEATS
            session.send(other, held, (mask,))
            yield
            theirs = np.empty_like(held)
            session.receive(other, theirs)
            theirs[:additive] += held[:additive]
            theirs[additive:] ^= held[additive:]
            fresh[piece], fresh[common] = mask, theirs
        sums, xors = fresh[:, :additive], fresh[:, additive:]
    return sums, xors


def _permutation(session: Session, count: int, first: bool) -> npt.NDArray[np.int64]:
    """A uniformly random order that this seat and the other of the pair draw."""
    words = (next_ if first else own)(session, count + SPARE).words(count + SPARE)
    order = np.empty(count, np.uint64)
    session.kernels.permutation(words, order)
    return order.view(np.int64)


def sort(session: Session, rows: Words, width: int, descending: bool) -> Joint[Words]:
    """(2, n, c) pieces of rows, ordered by their first column of `width`-bit numbers; equal keys keep their order."""
    columns = np.ascontiguousarray(rows.transpose(0, 2, 1))
    words = yield from bits(session, np.ascontiguousarray(columns[:, 0]), width)
    flip = ((1 << (width - 1)) - 1) if descending else (1 << (width - 1))
    row = {0: 0, 2: 1}.get(session.seat)
    if row is not None:
        words[row] ^= np.uint64(flip)
    word_columns = words[:, None, :]
    for low in range(0, width, DIGIT):
        digit_width = min(DIGIT, width - low)
        digit = [
            ((word_columns[:, 0] >> np.uint64(low + i)) & np.uint64(1)).astype(np.uint8) for i in range(digit_width)
        ]
        positions = yield from _positions(session, digit)
        last = low + DIGIT >= width
        sums, words_left = yield from _shuffle(
            session,
            np.concatenate((positions[:, None], columns), axis=1),
            word_columns[:, :0] if last else word_columns,
        )
        opened = yield from open_masked(session, ShuffledPositions(sums[:, 0]))
        place = np.empty(len(opened), np.int64)
        place[opened.astype(np.int64)] = np.arange(len(opened))
        columns = np.take(sums[:, 1:], place, axis=2)
        word_columns = np.take(words_left, place, axis=2)
    return np.ascontiguousarray(columns.transpose(0, 2, 1))


def _positions(session: Session, digit: list[Octets]) -> Joint[Words]:
    """The position of each row in the stable order by one digit of one or two bits; (2, n) pieces."""
    count = digit[0].shape[1]
    if len(digit) == 2:
        both = yield from conjunction(session, digit[0], digit[1])
        number = yield from to_int(session, np.concatenate((digit[0], digit[1], both), axis=1))
        low, high, top = number[:, :count], number[:, count : 2 * count], number[:, 2 * count :]
        indicators = [low - top, high - top, top]
    else:
        indicators = [(yield from to_int(session, digit[0]))]
    zero = np.zeros((2, count), np.uint64)
    row = {0: 0, 2: 1}.get(session.seat)
    if row is not None:
        zero[row] = 1
    for indicator in indicators:
        zero -= indicator
    before = np.zeros((2, 1), np.uint64)
    targets = []
    for indicator in [zero, *indicators]:
        running = np.cumsum(indicator, axis=1, dtype=np.uint64)
        targets.append(running - indicator + before)
        before = before + running[:, -1:]
    return (yield from _select(session, targets, indicators))


def _select(session: Session, targets: list[Words], indicators: list[Words]) -> Joint[Words]:
    """targets[0] + sum of indicators[d] (targets[d + 1] - targets[0]): a dot product per row, sent once."""
    count = targets[0].shape[1]
    plus, minus = own(session, count), next_(session, count)
    out = np.zeros((2, count), np.uint64)
    term = np.empty(count, np.uint64)
    for indicator, target in zip(indicators, targets[1:], strict=True):
        step = target - targets[0]
        session.kernels.cross(indicator[0], indicator[1], step[0], step[1], None, None, term)
        out[0] += term
    for start, stop in chunks(count):
        mask = minus.words(stop - start)
        out[0, start:stop] += plus.words(stop - start)
        out[0, start:stop] -= mask
        session.send((session.seat - 1) % SEATS, out[0, start:stop], (mask,))
    yield
    for start, stop in chunks(count):
        session.receive((session.seat + 1) % SEATS, out[1, start:stop])
    return out + targets[0]


def shuffle_cost(count: int, columns: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    return [tuple(0 if seat == outsider else 8 * columns * count for seat in range(SEATS)) for outsider in range(SEATS)]


def sort_cost(count: int, columns: int, width: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    found = bits_cost(count, width)
    for low in range(0, width, DIGIT):
        pair = min(DIGIT, width - low) == 2
        if pair:
            found += conjunction_cost(count)
        found += convert_cost(3 * count if pair else count, 1)
        found += multiply_cost(count)
        found += shuffle_cost(count, columns + (1 if low + DIGIT >= width else 2))
        found.append(open_cost(count))
    return found
