"""Truncation: x / 2**f, rounded to one of its two neighbours, with no large error and no bias.

The opened-mask truncation with a known sign (Dalskov, Escudero, Keller, "Secure evaluation of quantized neural
networks", PoPETs 2020, section 4), moved to a dealer. With |x| < 2**62 and x' = x + 2**62, the evaluators A and B open
c = x' + r, whose mask r only the dealer knows. r has its top 64 - f bits from words that become the pieces of the
result, and its low f bits from the dealer alone:

    W = W_A + W_B (pieces AD and BD of the result),  r_high = -W mod 2**(64-f),  r = 2**f r_high + r_low
    result = (c >> f) - r_high + 2**(64-f) wrap - 2**(62-f),  and x' + r wraps iff r's top bit is 1 and c's is 0

so that the third piece, AB, is public to the evaluators but for a number K < 2**f at the top, which depends on c's top
bit only: the dealer shares K between them for both cases, and they open the one that occurred. Departures: the mask's
high part doubles as the result's pieces, so only f bits are opened in the second round; a product and its
truncation share the first round.

The result is floor((x' + r_low) / 2**f) - 2**(62-f), r_low uniform: its mean is x / 2**f exactly, its error below one
unit.

Cost: 2 rounds. With k = ceil(f / 8), a product sends 32 + 4k bytes in all: the dealer 16 + 2k, A and B 8 + k each; a
truncation alone has no need of the evaluators' first messages and sends 16 + 4k.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from enigma.algebra.prg import Block, words_for_bytes
from enigma.protocol.replicated3.multiply import local_dot
from enigma.protocol.replicated3.roles import SEATS, A, B, D, Pair, Part, chunks, next_, own, parts, private, shares
from enigma.protocol.session import Joint, MaskBits, Octets, Session, Words


def multiply_truncate(session: Session, x: Pair, y: Pair, shift: int) -> Joint[Words]:
    """The product of (2, n) pieces, truncated."""

    def summand(start: int, stop: int, plus: Words | None, out: Words) -> None:
        here = slice(start, stop)
        session.kernels.cross(x[0][here], x[1][here], y[0][here], y[1][here], plus, None, out)

    return (yield from _truncated(session, len(x[0]), shift, summand))


def dot_truncate(session: Session, x: Words, y: Words, shift: int) -> Joint[Words]:
    """The matrix product of (2, batch, m, k) and (2, batch, k, n) pieces, summed and then truncated."""
    shape = (x.shape[1], x.shape[2], y.shape[3])
    product = np.empty(shape, np.uint64)
    local_dot(session, x, y, product)
    flat = product.reshape(-1)

    def summand(start: int, stop: int, plus: Words | None, out: Words) -> None:
        if plus is None:
            out[...] = flat[start:stop]
        else:
            np.add(flat[start:stop], plus, out=out)

    result = yield from _truncated(session, flat.shape[0], shift, summand)
    return result.reshape(2, *shape)


def truncate(session: Session, x: Pair, shift: int) -> Joint[Words]:
    """(2, n) pieces, truncated. The evaluators know their common piece; the dealer masks the rest."""

    def rest(start: int, stop: int, _: Words | None, out: Words) -> None:
        np.add(x[0][start:stop], x[1][start:stop], out=out)

    return (yield from _truncated(session, len(x[0]), shift, rest, known=x))


def _truncated(session: Session, count: int, shift: int, summand: Any, known: Pair | None = None) -> Joint[Words]:
    """`summand` writes this seat's part of the sum to be truncated, plus a mask; `known` says that the evaluators
    hold the whole of theirs already: piece AB."""
    width = (shift + 7) // 8
    out = np.empty((2, count), np.uint64)
    its_parts = parts(session.seat, count)
    draws = [_Draws(session, part, width, known is None) for part in its_parts]
    waiting: list[Any] = []
    for part, draw in zip(its_parts, draws, strict=True):
        if part.role == D:
            _deal(session, part, draw, shift, summand, out, known is None)
        else:
            blinded = [_blind(session, part, draw, a, b, summand, out, width, known) for a, b in chunks(part.size)]
            waiting.append((part, blinded))
    yield
    waiting = [
        (part, [_pick(session, part, mine, hints, piece, shift, known is None) for mine, hints, piece in blinded])
        for part, blinded in waiting
    ]
    yield
    for part, picked in waiting:
        piece = out[1 if part.role == A else 0, part.start : part.stop]
        for (start, stop), (opened, pick) in zip(chunks(part.size), picked, strict=True):
            theirs = np.empty_like(pick)
            session.receive(part.other, theirs)
            session.kernels.truncate_close(opened, pick, theirs, shift, piece[start:stop])
    return out


class _Draws:
    """The blocks that one role needs for one part, reserved in the same order by both holders of each key."""

    __slots__ = ("blind_a", "blind_b", "low", "piece_a", "piece_b", "shares")

    def __init__(self, session: Session, part: Part, width: int, blinds: bool) -> None:
        count = part.size
        hints = sum(words_for_bytes((b - a) * 2 * width) for a, b in chunks(count))
        self.blind_a = self.blind_b = self.low = self.piece_a = self.piece_b = self.shares = _NONE
        if part.role in (A, D):
            key = own if part.role == A else next_
            if blinds:
                self.blind_a = key(session, count)
            self.piece_a, self.shares = key(session, count), key(session, hints)
        if part.role in (B, D):
            key = next_ if part.role == B else own
            if blinds:
                self.blind_b = key(session, count)
            self.piece_b = key(session, count)
        if part.role == D:
            self.low = private(session, count)


_NONE: Any = None


def _deal(session: Session, part: Part, draw: _Draws, shift: int, summand: Any, out: Words, blinds: bool) -> None:
    width = (shift + 7) // 8
    for start, stop in chunks(part.size):
        here = slice(part.start + start, part.start + stop)
        count = stop - start
        z, message = np.empty(count, np.uint64), np.empty(count, np.uint64)
        summand(here.start, here.stop, None, z)
        pair = (draw.blind_a.words(count), draw.blind_b.words(count)) if blinds else None
        wa, wb, low = draw.piece_a.into(out[1, here]), draw.piece_b.into(out[0, here]), draw.low.words(count)
        shares_, hints = draw.shares.bytes(count, 2, width), np.empty((count, 2, width), np.uint8)
        session.kernels.truncate_deal(z, pair, wa, wb, low, shares_, shift, message, hints)
        low_bits, body = MaskBits(low, 0, shift), 64 - shift
        session.send(part.a, message, (MaskBits(wb, 0, body), low_bits))
        session.send(part.b, message, (MaskBits(wa, 0, body), low_bits))
        session.send(part.b, hints, (shares_,))


def _blind(
    session: Session,
    part: Part,
    draw: _Draws,
    start: int,
    stop: int,
    summand: Any,
    out: Words,
    width: int,
    known: Pair | None,
) -> tuple[Words, Octets | None, Words]:
    """An evaluator's first step: its piece of the result, its share of the hints if it draws them, its summand."""
    here, count = slice(part.start + start, part.start + stop), stop - start
    piece: Block = draw.piece_a if part.role == A else draw.piece_b
    words = piece.into(out[0 if part.role == A else 1, here])
    hints = draw.shares.bytes(count, 2, width) if part.role == A else None
    if known is not None:
        return known[1 if part.role == A else 0][here], hints, words
    mask = (draw.blind_a if part.role == A else draw.blind_b).words(count)
    mine = np.empty(count, np.uint64)
    summand(here.start, here.stop, mask, mine)
    session.send(part.other, mine, (mask,))
    return mine, hints, words


def _pick(
    session: Session, part: Part, mine: Words, hints: Octets | None, piece: Words, shift: int, blinds: bool
) -> tuple[Words, Octets]:
    """An evaluator's second step: c, and its share of K for c's top bit, sent to the other.

    What the other learns is K, which the top bits of this evaluator's own piece of the result mask.
    """
    count, width = len(mine), (shift + 7) // 8
    theirs, dealt = (np.empty(count, np.uint64) if blinds else None), np.empty(count, np.uint64)
    if theirs is not None:
        session.receive(part.other, theirs)
    session.receive(part.dealer, dealt)
    if hints is None:
        hints = np.empty((count, 2, width), np.uint8)
        session.receive(part.dealer, hints)
    opened, picked = np.empty(count, np.uint64), np.empty((count, width), np.uint8)
    session.kernels.truncate_pick(mine, theirs, dealt, hints, opened, picked)
    session.send(part.other, picked, (MaskBits(piece, 64 - shift, 64),))
    return opened, picked


def truncate_cost(count: int, shift: int, summed: bool) -> list[tuple[int, ...]]:
    """Bytes by round and seat; `summed` is False for a truncation alone."""
    width = (shift + 7) // 8
    first, second = [0] * SEATS, [0] * SEATS
    for dealer, start, stop in shares(count):
        size = stop - start
        first[dealer] += (16 + 2 * width) * size
        for evaluator in ((dealer + 1) % SEATS, (dealer + 2) % SEATS):
            first[evaluator] += 8 * size if summed else 0
            second[evaluator] += width * size
    return [tuple(first), tuple(second)] if count else []
