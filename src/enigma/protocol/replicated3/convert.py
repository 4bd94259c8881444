"""Booleans into numbers: a bit as 0 or 1, and a bit times a number.

A shared bit is m ^ l, m known to the evaluators and l to the dealer (`roles`); as a number it is m + (1 - 2m) l. The
dealer shares l (for the product with x = x_AB + s also l s) between the evaluators, who form their summands and
exchange them under the masks that become the other two pieces. ABY2.0 (Patra et al., 2021), section 4, gives the same
cost for two seats with preprocessing.

Cost: 2 rounds; 24 bytes per bit in all (8 per seat) as a number, 32 for the product.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from enigma.protocol.replicated3.roles import SEATS, A, B, D, OctetPair, Pair, Part, chunks, next_, own, parts, shares
from enigma.protocol.session import Joint, Session, Words


def to_int(session: Session, bit: OctetPair) -> Joint[Words]:
    """(2, n) shared bits as shared numbers 0 or 1."""
    return (yield from _convert(session, bit, None))


def choose(session: Session, bit: OctetPair, x: Pair) -> Joint[Words]:
    """(2, n) shared bits times (2, n) shared numbers."""
    return (yield from _convert(session, bit, x))


def _convert(session: Session, bit: OctetPair, x: Pair | None) -> Joint[Words]:
    out = np.empty((2, len(bit[0])), np.uint64)
    waiting: list[Any] = []
    for part in parts(session.seat, len(bit[0])):
        block, piece_a, piece_b = _blocks(session, part, 1 if x is None else 2)
        for start, stop in chunks(part.size):
            here, count = slice(part.start + start, part.start + stop), stop - start
            rows = 1 if x is None else 2
            mine: Any = block.words(rows, count) if part.role != B else None
            if part.role == D:
                piece_b.into(out[0, here])
                piece_a.into(out[1, here])
                message = np.empty((rows, count), np.uint64)
                rest = None if x is None else (x[0][here], x[1][here])
                session.kernels.convert_deal(bit[0][here], bit[1][here], rest, mine, message)
                session.send(part.b, message, (mine,))
                continue
            first = part.role == A
            mask = (piece_a if first else piece_b).into(out[0 if first else 1, here])
            waiting.append((part, here, mine, mask))
    yield
    ready: list[Any] = []
    for part, here, mine, mask in waiting:
        dealt = mine
        if dealt is None:
            dealt = np.empty((1 if x is None else 2, len(mask)), np.uint64)
            session.receive(part.dealer, dealt)
        ready.append((part, here, _summand(session, part, here, dealt, mask, bit, x)))
    yield
    for part, here, summand in ready:
        piece = out[1 if part.role == A else 0, here]
        session.receive(part.other, piece)
        piece += summand
    return out


def _blocks(session: Session, part: Part, rows: int) -> tuple[Any, Any, Any]:
    """(shares of the dealer's products, piece AD, piece BD) as far as this role may draw them."""
    dealt = piece_a = piece_b = None
    if part.role in (A, D):
        key = own if part.role == A else next_
        dealt, piece_a = key(session, rows * part.size), key(session, part.size)
    if part.role in (B, D):
        piece_b = (next_ if part.role == B else own)(session, part.size)
    return dealt, piece_a, piece_b


def _summand(
    session: Session, part: Part, here: slice, dealt: Words, mask: Words, bit: OctetPair, x: Pair | None
) -> Words:
    """This evaluator's summand of piece AB, sent to the other under the mask that is its own piece."""
    first = part.role == A
    common, mine = (1, 0) if first else (0, 1)
    summand = np.empty(len(mask), np.uint64)
    numbers = None if x is None else (x[common][here], x[mine][here])
    session.kernels.convert_evaluate(bit[common][here], numbers, dealt, mask, first, summand)
    session.send(part.other, summand, (mask,))
    return summand


def convert_cost(count: int, rows: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat; `rows` is 1 for a number, 2 for a product."""
    first, second = [0] * SEATS, [0] * SEATS
    for dealer, start, stop in shares(count):
        first[dealer] += 8 * rows * (stop - start)
        for evaluator in ((dealer + 1) % SEATS, (dealer + 2) % SEATS):
            second[evaluator] += 8 * (stop - start)
    return [tuple(first), tuple(second)] if count else []
