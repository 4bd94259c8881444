"""Products that leak, each in its own way, to prove that the audit and the statistics would notice."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from tests.engine.checking import FAMILY, loaded
from tests.protocol.replicated3.views import MakeWorld, Outside, Protocol, bias, difference, pieces_for, views

from enigma.algebra.prg import Prg
from enigma.protocol.replicated3.roles import SEATS, next_, own
from enigma.protocol.session import Joint, Session, Words
from enigma.testing.world import World

COUNT = 192
ZEROS = [np.zeros(COUNT, np.int64)] * 2
OTHERS = [np.full(COUNT, 5), np.full(COUNT, -7)]
AnyWorld = TypeVar("AnyWorld", bound=World)


def product(kind: str) -> Protocol:
    """Two products, sent at once by each seat, as in `multiply` but for the leak."""

    def protocol(session: Session, held: list[Any]) -> Joint[Any]:
        x, y = held
        count = x.shape[1]
        plus, minus = own(session, 2 * count), next_(session, 2 * count)
        drawn = plus.words(2, count), minus.words(2, count)
        before, after = (session.seat - 1) % SEATS, (session.seat + 1) % SEATS
        results = []
        for i in range(2):
            blind, mask = drawn[0][i], drawn[1][i]
            if kind == "mask is used twice":
                mask = drawn[1][0]
            if kind == "mask is the receiver's":
                blind, mask = mask, blind
            bare = summand(x, y)
            masked = bare + blind - mask
            if kind == "mask lacks a bit":
                masked = bare + blind - (mask | np.uint64(1))
            if kind == "no mask is added":
                masked = bare
            elif kind == "mask is the receiver's":
                masked = bare - mask
            registered: tuple[Any, ...] = (mask,)
            if kind == "no mask is registered":
                registered = ()
            elif kind == "mask is too short":
                registered = (mask[1:],)
            elif kind == "mask is a copy":
                registered = (mask.copy(),)
            session.send(before, masked, registered)
            results.append(masked)
        yield
        for masked in results:
            session.receive(after, np.empty_like(masked))
        return np.stack([results[0], results[0]])

    return protocol


def summand(x: Words, y: Words) -> Words:
    found: Words = x[0] * (y[0] + y[1]) + x[1] * y[0]
    return found


def suspicion(protocol: Protocol, make: MakeWorld = Outside) -> float:
    """What the statistics say about seat 1's view, the receiver of what seat 2 sends."""
    one, other = (views(protocol, raws, 1, b"leak/%d" % i, make) for i, raws in enumerate((ZEROS, OTHERS)))
    return max(bias(one), bias(other), difference(one, other))


def with_zero_key(world: AnyWorld, holders: tuple[int, ...]) -> AnyWorld:
    """The world, in which one key's stream is zeros."""
    for session in world.sessions:
        if session.seat in holders:
            session._prgs[holders] = ZeroPrg(bytes(16))
    return world


class ZeroPrg(Prg):
    """A broken generator."""

    def fill(self, position: int, out: memoryview) -> None:
        out[:] = bytes(len(out))


def sent_by(seat: int, protocol: Protocol, zeros: tuple[int, ...] | None = None) -> Words:
    """The first message of a seat in one run."""
    world = World(FAMILY, loaded(), b"wire")
    if zeros is not None:
        with_zero_key(world, zeros)
    held = pieces_for(1, OTHERS)
    world.run(lambda session: protocol(session, held[session.seat]))
    message: Words = next(sent.message for sent in world.traffic.sent if sent.sender == seat)
    return message


def summand_of(seat: int) -> Words:
    return summand(*pieces_for(1, OTHERS)[seat])


def plus_of(seat: int) -> Words:
    """What the seat adds from the key that it shares with the receiver."""
    before = (seat - 1) % SEATS
    holders = (before, seat) if before < seat else (seat, before)
    words: Words = Prg(World(FAMILY, loaded(), b"wire").key(holders)).reserve(2 * COUNT).words(2, COUNT)[0]
    return words
