"""The committee in one process: deterministic, in lock step, strict about what is sent and read, and tamperable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.engine.checking import FAMILY, loaded, pieces, secure

from enigma.errors import ProtocolError
from enigma.program import build
from enigma.program.types import number
from enigma.protocol.session import Joint, Message, Session
from enigma.testing.world import Sent, World

X = build.input_(0, (100,), number(-50, 50))
RAW = [np.arange(100) - 50]
OUTPUTS = [build.mul(X, X), build.negative(X)]


def wire(world: World) -> list[tuple[int, int, int, bytes]]:
    return [(s.round, s.sender, s.receiver, s.message.tobytes()) for s in world.traffic.sent]


def test_a_run_repeats_bit_for_bit_and_another_seed_does_not() -> None:
    first, again, other = (secure(OUTPUTS, RAW, seed=s)[1] for s in (b"a", b"a", b"b"))
    assert wire(first) == wire(again)
    assert wire(first) != wire(other)


def test_messages_carry_round_sender_and_receiver() -> None:
    _, world = secure(OUTPUTS, RAW)
    assert {s.round for s in world.traffic.sent} == set(range(world.traffic.rounds))
    assert all(s.sender != s.receiver for s in world.traffic.sent)
    assert sum(world.traffic.seat_bytes(3)) == sum(s.message.nbytes for s in world.traffic.sent)


def test_an_adversary_changes_what_arrives() -> None:
    """The control of every attack: what is altered on the wire is what the receiver computes with."""
    altered: list[Sent] = []

    def tamper(sent: Sent) -> Message:
        if sent.sender != 1 or altered:
            return sent.message
        altered.append(sent)
        changed = sent.message.copy()
        changed.reshape(-1)[0] += 1
        return changed

    product = [build.mul(X, X)]
    honest = World(FAMILY, loaded()).evaluate(product, pieces(RAW))
    world = World(FAMILY, loaded(), tamper=tamper)
    found = world.evaluate(product, pieces(RAW))
    assert len(altered) == 1
    apart = [int((a[0] != b[0]).sum()) for a, b in zip(found, honest, strict=True)]
    assert apart[altered[0].receiver] == 1
    assert sum(apart) == 1


def fails(protocol: Callable[[Session], Joint[None]], words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        World(FAMILY, loaded()).run(protocol)


def test_what_nobody_sent_is_an_error() -> None:
    def protocol(session: Session) -> Joint[None]:
        yield
        session.receive((session.seat + 1) % 3, np.empty(1, np.uint64))

    fails(protocol, "did not send")


def test_what_nobody_reads_is_an_error() -> None:
    def protocol(session: Session) -> Joint[None]:
        session.send((session.seat + 1) % 3, np.zeros(1, np.uint64), ())
        yield

    fails(protocol, "never read")


def test_another_length_is_an_error() -> None:
    def protocol(session: Session) -> Joint[None]:
        session.send((session.seat + 1) % 3, np.zeros(2, np.uint64), ())
        yield
        session.receive((session.seat - 1) % 3, np.empty(1, np.uint64))

    fails(protocol, "expects 8 bytes from seat 2, not 16")


def test_a_round_late_is_an_error() -> None:
    def protocol(session: Session) -> Joint[None]:
        session.send((session.seat + 1) % 3, np.zeros(1, np.uint64), ())
        yield
        yield
        session.receive((session.seat - 1) % 3, np.empty(1, np.uint64))

    fails(protocol, "reads in round 2 what was sent in 0")


def test_seats_end_together() -> None:
    def protocol(session: Session) -> Joint[None]:
        for _ in range(session.seat):
            yield

    fails(protocol, r"seats \[0\] finished before the others")


def test_messages_with_gaps_are_refused() -> None:
    def protocol(session: Session) -> Joint[None]:
        session.send((session.seat + 1) % 3, np.zeros((4, 2), np.uint64)[:, 0], ())
        yield

    fails(protocol, "contiguous")
