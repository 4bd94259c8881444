"""All two's complement bits of a number, as one XOR-shared word per element.

As in `carry`, x = x_AB + s with s the dealer's, on bit planes in masked form; here every prefix of the carry chain is
needed, so the tree is Sklansky's parallel prefix (J. Sklansky, "Conditional-sum addition logic", 1960): at level l,
position i with bit l set takes in the block that ends below it, G_i ^= P_i G_k, P_i &= P_k.

Cost for w bits: 2 + ceil(log2(w - 1)) rounds; about 2 w log2(w) bits per seat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from enigma.protocol.replicated3.roles import SEATS, A, B, D, Part, chunks, next_, own, parts, shares
from enigma.protocol.session import Joint, Octets, Session, Words


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the prefix: positions that take in another block, and that block's last position."""

    targets: tuple[int, ...]
    sources: tuple[int, ...]
    propagates: tuple[int, ...]
    propagate_sources: tuple[int, ...]

    @property
    def planes(self) -> int:
        """Fresh wires, and as many monomials."""
        return len(self.targets) + len(self.propagates)


def levels(carries: int) -> list[Level]:
    """The prefix over so many generate/propagate pairs."""
    found, reach = [], 1
    while reach < carries:
        targets = tuple(i for i in range(carries) if i & reach)
        propagates = tuple(i for i in targets if i >= 2 * reach)

        def source(i: int, reach: int = reach) -> int:
            return i // reach * reach - 1

        found.append(Level(targets, tuple(map(source, targets)), propagates, tuple(map(source, propagates))))
        reach *= 2
    return found


def bits(session: Session, x: Words, width: int) -> Joint[Words]:
    """The low `width` bits of (2, n) pieces, as XOR-shared (2, n) words; higher bits are 0."""
    out = np.empty_like(x)
    work: list[Joint[None]] = []
    tiers = levels(width - 1)
    for part in parts(session.seat, x.shape[1]):
        blocks = _blocks(session, part, width, tiers)
        for start, stop in chunks(part.size):
            here = slice(part.start + start, part.start + stop)
            if part.role == D:
                _deal(session, part, width, tiers, blocks, x[:, here], out[:, here])
            else:
                work.append(_evaluate(session, part, width, tiers, blocks, x[:, here], out[:, here]))
    for _ in bits_rounds(width):
        for step in work:
            next(step)
        yield
    for step in work:
        next(step, None)
    return out


def expand(words: Words, width: int) -> Octets:
    """(2, n) words as (2, width, n) octets of 0 and 1."""
    return np.stack([((words >> np.uint64(i)) & np.uint64(1)).astype(np.uint8) for i in range(width)], axis=1)


def bits_rounds(width: int) -> list[int]:
    """Planes that an evaluator sends in each round."""
    return [0, width - 1] + [level.planes for level in levels(width - 1)] if width > 1 else [0]


def _blocks(session: Session, part: Part, width: int, tiers: list[Level]) -> tuple[Any, Any, Any]:
    words = sum((b - a + 63) // 64 for a, b in chunks(part.size))
    fresh = width - 1 + sum(level.planes for level in tiers)
    dealt = width + sum(level.planes for level in tiers)
    shares_ = masks_a = masks_b = None
    if part.role in (A, D):
        key = own if part.role == A else next_
        shares_, masks_a = key(session, dealt * words), key(session, fresh * words)
    if part.role in (B, D):
        masks_b = (next_ if part.role == B else own)(session, fresh * words)
    return shares_, masks_a, masks_b


def _deal(
    session: Session, part: Part, width: int, tiers: list[Level], blocks: tuple[Any, Any, Any], x: Words, out: Words
) -> None:
    words = (x.shape[1] + 63) // 64
    s = np.empty((width, words), np.uint64)
    session.kernels.to_planes(x[0] + x[1], s)
    fresh = width - 1 + sum(level.planes for level in tiers)
    shares_ = blocks[0].words(width + sum(level.planes for level in tiers), words)
    masks_a, masks_b = blocks[1].words(fresh, words), blocks[2].words(fresh, words)
    found = [s]
    generate, propagate = masks_a[: width - 1] ^ masks_b[: width - 1], s[: width - 1].copy()
    ends_a, ends_b = masks_a[: width - 1].copy(), masks_b[: width - 1].copy()
    used = width - 1
    for level in tiers:
        t, k, pt, pk = (list(v) for v in (level.targets, level.sources, level.propagates, level.propagate_sources))
        found += [propagate[t] & generate[k], propagate[pt] & propagate[pk]]
        middle = used + len(t)
        ends_a[t], ends_b[t] = masks_a[used:middle], masks_b[used:middle]
        generate[t] = ends_a[t] ^ ends_b[t]
        used += level.planes
        propagate[pt] = masks_a[middle:used] ^ masks_b[middle:used]
    message = np.concatenate(found) ^ shares_
    session.send(part.b, message, (shares_,))
    piece_a, piece_b = shares_[:width].copy(), message[:width].copy()
    piece_a[1:] ^= ends_a
    piece_b[1:] ^= ends_b
    session.kernels.from_planes(piece_b, out[0])
    session.kernels.from_planes(piece_a, out[1])


def _evaluate(
    session: Session, part: Part, width: int, tiers: list[Level], blocks: tuple[Any, Any, Any], x: Words, out: Words
) -> Joint[None]:
    first = part.role == A
    words = (x.shape[1] + 63) // 64
    planes = np.empty((width, words), np.uint64)
    session.kernels.to_planes(x[1 if first else 0], planes)
    fresh = width - 1 + sum(level.planes for level in tiers)
    dealt = width + sum(level.planes for level in tiers)
    masks = (blocks[1] if first else blocks[2]).words(fresh, words)
    yield
    if first:
        shares_ = blocks[0].words(dealt, words)
    else:
        shares_ = np.empty((dealt, words), np.uint64)
        session.receive(part.dealer, shares_)
    carries = width - 1
    ends = np.zeros((carries, words), np.uint64)
    values = np.zeros((carries, words), np.uint64)
    if carries:
        g_mask, p_mask = masks[:carries].copy(), shares_[:carries].copy()
        propagate = planes[:carries].copy()
        values = yield from _exchange(session, part, (planes[:carries] & shares_[:carries]) ^ g_mask, masks[:carries])
        row, used = width, carries
        for level in tiers:
            t, k, pt, pk = (list(v) for v in (level.targets, level.sources, level.propagates, level.propagate_sources))
            count = len(t)
            blinds = masks[used : used + level.planes]
            mine = shares_[row : row + level.planes] ^ blinds
            mine[:count] ^= g_mask[t] ^ (propagate[t] & g_mask[k]) ^ (values[k] & p_mask[t])
            mine[count:] ^= (propagate[pt] & p_mask[pk]) ^ (propagate[pk] & p_mask[pt])
            if first:
                mine[:count] ^= values[t] ^ (propagate[t] & values[k])
                mine[count:] ^= propagate[pt] & propagate[pk]
            opened = yield from _exchange(session, part, mine, blinds)
            values[t], g_mask[t] = opened[:count], blinds[:count]
            propagate[pt], p_mask[pt] = opened[count:], blinds[count:]
            row, used = row + level.planes, used + level.planes
        ends = g_mask
    own_piece = shares_[:width].copy()
    own_piece[1:] ^= ends
    planes[1:] ^= values
    session.kernels.from_planes(own_piece, out[0 if first else 1])
    session.kernels.from_planes(planes, out[1 if first else 0])


def _exchange(session: Session, part: Part, mine: Words, mask: Words) -> Joint[Words]:
    """Both evaluators' summands of fresh wires, added."""
    mine = np.ascontiguousarray(mine)
    session.send(part.other, mine, (mask,))
    yield
    theirs = np.empty_like(mine)
    session.receive(part.other, theirs)
    theirs ^= mine
    return theirs


def bits_cost(count: int, width: int) -> list[tuple[int, ...]]:
    """Bytes by round and seat."""
    rounds = [[0] * SEATS for _ in bits_rounds(width)]
    dealt = width + sum(level.planes for level in levels(width - 1))
    for dealer, start, stop in shares(count):
        words = sum((b - a + 63) // 64 for a, b in chunks(stop - start))
        rounds[0][dealer] += 8 * dealt * words
        for i, planes in enumerate(bits_rounds(width)):
            for evaluator in ((dealer + 1) % SEATS, (dealer + 2) % SEATS):
                rounds[i][evaluator] += 8 * planes * words
    return [tuple(r) for r in rounds] if count else []
