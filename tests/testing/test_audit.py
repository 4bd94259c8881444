"""The audit lets every protocol of ours pass, and none of the leaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.engine.checking import FAMILY, loaded, secure
from tests.protocol.replicated3 import leaks
from tests.protocol.replicated3.views import pieces_for

from enigma.errors import ProtocolError
from enigma.program import build
from enigma.program.types import number
from enigma.protocol.session import Joint, MaskBits, Session
from enigma.testing.world import World


def run(kind: str, *, audit: bool = True) -> World:
    world = World(FAMILY, loaded(), b"wire", audit=audit)
    held = pieces_for(1, leaks.OTHERS)
    protocol = leaks.product(kind)
    world.run(lambda session: protocol(session, held[session.seat]))
    return world


def test_an_honest_protocol_passes() -> None:
    audit = run("honest").audit
    assert audit is not None
    assert (audit.messages, audit.openings) == (6, 0)


@pytest.mark.parametrize(
    ("leak", "words"),
    [
        ("no mask is registered", "without a mask"),
        ("mask is the receiver's", "draws as well"),
        ("mask is used twice", "mask two messages"),
        ("mask is too short", "with 12224 random ones"),
        ("mask is a copy", "did not draw"),
    ],
)
def test_a_leak_is_refused(leak: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        run(leak)


@pytest.mark.parametrize("leak", ["mask is used twice", "mask is the receiver's"])
def test_the_leak_reaches_the_wire_where_nobody_looks(leak: str) -> None:
    leaking, honest = run(leak, audit=False), run("honest", audit=False)
    apart = [
        not np.array_equal(a.message, b.message) for a, b in zip(leaking.traffic.sent, honest.traffic.sent, strict=True)
    ]
    assert any(apart)


def test_a_broken_generator_is_refused() -> None:
    world = leaks.with_zero_key(World(FAMILY, loaded(), b"wire", audit=True), (0, 1))
    held = pieces_for(1, leaks.OTHERS)
    with pytest.raises(ProtocolError, match="not the stream of the key"):
        world.run(lambda session: leaks.product("honest")(session, held[session.seat]))


def test_a_changed_mask_is_refused() -> None:
    def protocol(session: Session) -> Joint[None]:
        words = session.block((0, 1), 4).words(4)
        words[0] ^= np.uint64(1)
        session.send(2, words, (words,))
        yield

    with pytest.raises(ProtocolError, match="changed a mask"):
        next(protocol(World(FAMILY, loaded(), audit=True).sessions[0]))


def test_bits_of_words_count_one_by_one() -> None:
    """Two messages may share words, not bits; octets that are filled in part count in whole octets."""
    session = World(FAMILY, loaded(), audit=True).sessions[0]
    words = session.block((0, 1), 8).words(8)
    octets = np.zeros((8, 2), np.uint8)
    session.send(2, octets, (MaskBits(words, 51, 64),))
    session.send(2, octets, (MaskBits(words, 0, 16),))
    with pytest.raises(ProtocolError, match="mask two messages"):
        session.send(2, octets, (MaskBits(words, 15, 31),))
    with pytest.raises(ProtocolError, match="128 bits to seat 2 with 64"):
        session.send(2, octets, (MaskBits(words, 20, 28),))


def test_a_stream_is_drawn_once() -> None:
    session = World(FAMILY, loaded(), audit=True).sessions[0]
    session.block((0, 1), 4).words(4)
    session._prgs[0, 1]._spent = 2
    with pytest.raises(ProtocolError, match=r"drew words .* twice"):
        session.block((0, 1), 4).words(4)


def test_only_openings_have_no_mask() -> None:
    rows = build.input_(0, (70, 2), number(-8, 7))
    raw = (np.arange(140).reshape(70, 2) % 16) - 8
    _, world = secure([build.sort(rows)], [raw], audit=True)
    assert world.audit is not None
    bare = [sent for sent in world.traffic.sent if not sent.masks]
    # Two digits of two bits, each opened once: by every seat its piece to one peer, its digest to the other.
    assert world.audit.openings == len(bare) == 2 * 6


def test_repr_shows_no_randomness() -> None:
    block: Any = World(FAMILY, loaded(), audit=True).sessions[0].block((0, 1), 4)
    assert "0x" not in repr(World(FAMILY, loaded()).sessions[0]._prgs[0, 1])
    assert block.words(2).shape == (2,)
